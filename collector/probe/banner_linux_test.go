package probe

import "testing"

// TestBanner: of a start come the lines that tell something of its image, and whether it has ended, however many workers
// have booted since.
func TestBanner(t *testing.T) {
	t.Parallel()
	const log = `[6] Puma starting in cluster mode...
[7] Puma starting in cluster mode...
[7] * Puma version: 8.0.2
[7] - Worker 0 (PID: 8) booted in 1.31s, phase: 0
[7] - Worker 1 (pid: 9) booted, phase: 0
my own [7] - Worker 5
[7] * Restarting...
`
	const want = "|[7] Puma starting in cluster mode...\n|[7] * Puma version: 8.0.2\n|my own [7] - Worker 5\n|[7] * Restarting...\n"
	for name, command := range shells(t) {
		out, err := shell(t, command, load("script/6-release.sh")+"banner <<'LOG'\n"+log+"LOG\n").Output()
		if string(out) != want || err != nil {
			t.Errorf("%s: %v\n%s, want\n%s", name, err, out, want)
		}
	}
}
