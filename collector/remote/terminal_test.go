package remote

import (
	"strings"
	"testing"
)

// How a terminal is opened: by ssh with what is set for the host, as the user to become, or by what leads there in its place.
func TestTerminal(t *testing.T) {
	t.Parallel()
	pool := NewPool(Options{ConfigFile: "none"})
	defer pool.Close()
	tests := []struct {
		name  string
		o     HostOptions
		want  string // the command without its name
		whole bool
	}{
		{"deploy@web1:2222", HostOptions{Set: []string{"ServerAliveInterval=5"}},
			"-F none -l deploy -p 2222 -o ServerAliveInterval=5 -t -- web1 exec /bin/sh -c 'pwd'", true},
		{"web1", HostOptions{Become: "shop"},
			`-F none -t -- web1 exec /bin/sh -c 'exec sudo -n -u '\''shop'\'' -- /bin/sh -c '\''pwd'\'''`, true},
		{"box", HostOptions{Command: []string{"docker", "exec", "-i", "web", "sh"}}, "exec -i web sh", false},
		{"local", HostOptions{}, "-c pwd", true},
		{"local", HostOptions{Become: "shop"}, "-n -u shop -- /bin/sh -c pwd", true},
	}
	for _, test := range tests {
		h, err := pool.HostBy(test.name, test.o)
		if err != nil {
			t.Fatal(err)
		}
		argv, whole, err := h.Terminal("pwd")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(argv[1:], " "); got != test.want || whole != test.whole {
			t.Errorf("%s: %s, %v, want %s, %v", test.name, got, whole, test.want, test.whole)
		}
	}
}
