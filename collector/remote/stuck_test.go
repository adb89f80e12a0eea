package remote_test

import (
	"context"
	"io"
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

// TestFloodedWhileItIsDoubted: who waits for a sign of life goes on to take what the server asks. Behind that may stand the
// sign itself, and the answers to all polls.
func TestFloodedWhileItIsDoubted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{DialUnix: puma, Forwarded: func(c ssh.Channel) { flood(c, 200) }, Exec: script(nil)})
		h := f.connected(t, "web1")
		f.Ignore(true)
		h.Suspect()
		for range 5 {
			took, err := within(t, 30*time.Second, func(ctx context.Context) error { _, err := ask(ctx, h); return err })
			if took > 2*time.Second || err != nil {
				t.Errorf("a poll took %v: %v", took, err)
			}
		}
	})
}

// TestAskedWhileItIsDoubted: a server that leaves our questions unanswered has answers to its own all the same.
func TestAskedWhileItIsDoubted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			for range 10 {
				time.Sleep(time.Second)
				_, _ = io.WriteString(s.Stdout, "line\n")
			}
			began := time.Now()
			_, _ = s.Stdout.(ssh.Channel).SendRequest("keepalive@openssh.com", true, nil)
			took <- time.Since(began)
			return 0
		})})
		h := f.connected(t, "web1")
		s, err := h.Stream(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		f.Ignore(true)
		h.Suspect()
		_, _ = io.Copy(io.Discard, s.Stdout)
		if after := <-took; after > time.Second {
			t.Errorf("answered after %v", after)
		}
	})
}
