package remote_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshtest"
)

// flood asks n times for what is no request, of which x/crypto keeps sixteen before it reads no further.
func flood(c ssh.Channel, n int) {
	for range n {
		_, _ = c.SendRequest("keepalive@openssh.com", false, nil)
	}
}

// flooding is a stream that is asked n times once it has been written to.
func flooding(n int) func(*sshtest.Session) int {
	return sshtest.Shell(func(s *sshtest.Session) int {
		_, _ = io.ReadFull(s.Stdin, make([]byte, 1))
		flood(s.Stdout.(ssh.Channel), n)
		<-s.Context.Done()
		return 0
	})
}

// TestFloodedStreamEnds: whatever x/crypto has still to get rid of, the end of a connection is told.
func TestFloodedStreamEnds(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 60, 300} {
		for _, how := range []string{"lost", "closed"} {
			t.Run(fmt.Sprint(how, n), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f := newFleet(t, sshtest.Options{DialUnix: puma, Exec: flooding(n)})
					h := f.connected(t, "web1")
					s, err := h.Stream(t.Context(), "x")
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(2 * time.Second)
					_, _ = io.WriteString(s.Stdin, "x")
					time.Sleep(time.Millisecond)
					began, done := time.Now(), h.Done()
					if how == "lost" {
						f.Kill()
					} else {
						_ = h.Close()
					}
					select {
					case <-done:
						if took := time.Since(began); took > 2*time.Second {
							t.Errorf("told after %v", took)
						}
					case <-time.After(time.Hour):
						t.Error("never told")
					}
				})
			})
		}
	}
}

// TestFloodedGoesOn: a poll is held up until the next look, and not for longer, whatever was asked of a stream or of the
// forwarded connection before.
func TestFloodedGoesOn(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]sshtest.Options{
		"stream":  {DialUnix: puma, Exec: flooding(200)},
		"forward": {DialUnix: puma, Exec: flooding(0), Forwarded: func(c ssh.Channel) { go flood(c, 200) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newFleet(t, options).connected(t, "web1")
				s, err := h.Stream(t.Context(), "x")
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				_, _ = io.WriteString(s.Stdin, "x")
				time.Sleep(time.Millisecond)
				for range 3 {
					took, err := within(t, 30*time.Second, func(ctx context.Context) error { _, err := ask(ctx, h); return err })
					if took > 2*time.Second || err != nil {
						t.Errorf("a poll took %v: %v", took, err)
					}
				}
			})
		})
	}
}

// TestAskedOfAStream: a server that wants an answer has one by the next look.
func TestAskedOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		f := newFleet(t, sshtest.Options{DialUnix: puma, Exec: sshtest.Shell(func(s *sshtest.Session) int {
			time.Sleep(1500 * time.Millisecond)
			began := time.Now()
			_, _ = s.Stdout.(ssh.Channel).SendRequest("keepalive@openssh.com", true, nil)
			took <- time.Since(began)
			<-s.Context.Done()
			return 0
		})})
		if _, err := f.connected(t, "web1").Stream(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if after := <-took; after > time.Second {
			t.Errorf("answered after %v", after)
		}
	})
}
