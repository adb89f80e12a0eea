package remote_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshtest"
)

// TestFloodedBeforeItRuns: a session may be asked more than x/crypto keeps before its command has been answered. The
// command runs all the same, and whatever it is held up by, the end of the connection is told.
func TestFloodedBeforeItRuns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 17, 300} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, sshtest.Options{Exec: script(map[string]string{"": "out"}), Opened: func(c ssh.Channel) { flood(c, n) }})
			h := f.connected(t, "web1")
			took, err := within(t, 20*time.Second, func(ctx context.Context) error { _, err := h.Run(ctx, ""); return err })
			if took > 2*time.Second || err != nil {
				t.Errorf("asked %d times: %v after %v", n, err, took)
			}
			f.Kill()
			select {
			case <-h.Done():
			case <-time.After(time.Minute):
				t.Fatalf("asked %d times: the end is not told", n)
			}
		})
	}
}
