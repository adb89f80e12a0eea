package remote_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// A relay that dies takes its connections with it and is started by the next poll, but not again and again.
func TestRelayThatDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "forbidden"}
		f := newFleet(t, host.options())
		h := f.connected(t, "web1")
		c, err := h.DialUnix(t.Context(), "/run/puma.sock")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		host.dies.Store(true)
		f.Kill()
		<-h.Done()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, remote.ErrLost) {
			t.Errorf("a connection says %v", err)
		}
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := host.relays.Load()
		for range 60 {
			_, err = ask(t.Context(), h)
			time.Sleep(time.Second)
		}
		if n := host.relays.Load() - before; n < 8 || n > 13 {
			t.Errorf("%d starts in a minute", n)
		}
		var relay *remote.RelayError
		if !errors.As(err, &relay) || err.Error() != "web1: the relay (ruby) ended: script ended with status 1: killed" {
			t.Errorf("says %v", err)
		}
		host.dies.Store(false)
		time.Sleep(5 * time.Second)
		if _, err = ask(t.Context(), h); err != nil {
			t.Error(err)
		}
	})
}

// A relay that opens and then is silent is given up when the exchange is over and its margin too.
func TestRelayThatFallsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			_, _ = io.WriteString(s.Stdout, "relay 1 ruby streams 3.3.0\n")
			_, _ = s.Stdin.Read(make([]byte, 100))
			_, _ = io.WriteString(s.Stdout, "opened 1\n")
			_, _ = io.Copy(io.Discard, s.Stdin)
			return 0
		})})
		h := f.connected(t, "web1")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		c, err := h.DialAbstract(ctx, "puma")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(c)
		if took := time.Since(began); err == nil || err.Error() != "web1: the relay (ruby) ended: it did not answer" || took != 7*time.Second {
			t.Errorf("says %v after %s", err, took)
		}
	})
}

// A relay that says nothing, or nonsense, or more than it may, is no relay.
func TestRelayThatIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ says, want string }{
		"nothing":      {"", "web1: start a relay: it ended"},
		"a greeting":   {"Welcome to \x1b[31mweb1\n", "what answers is no relay: Welcome to web1"},
		"no end":       {strings.Repeat("x", 1000), "web1: start a relay: a line is too long"},
		"nonsense":     {"relay 1 ruby streams 3.3.0\nopened one\n", "the relay (ruby) ended: what it says is not of a relay"},
		"not base64":   {"relay 1 ruby streams 3.3.0\ndata 1 %\n", "the relay (ruby) ended: what it says is not of a relay"},
		"opened twice": {"relay 1 ruby streams 3.3.0\nopened 1\nopened 1\n", "the relay (ruby) ended: what it says is not of a relay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
					first, rest, _ := strings.Cut(c.says, "\n")
					if c.says != "" {
						_, _ = io.WriteString(s.Stdout, first)
					}
					if strings.Contains(c.says, "\n") {
						_, _ = io.WriteString(s.Stdout, "\n")
						_, _ = s.Stdin.Read(make([]byte, 100))
						_, _ = io.WriteString(s.Stdout, rest)
						_, _ = io.Copy(io.Discard, s.Stdin)
					}
					return 0
				})})
				h := f.connected(t, "web1")
				conn, err := h.DialAbstract(t.Context(), "puma")
				if err == nil {
					_, err = io.ReadAll(conn)
					_ = conn.Close()
				}
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("says %v, want %s", err, c.want)
				}
			})
		})
	}
}

// Sixty polls at once, of which every other is given up, leave nothing behind.
func TestRelayOfManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			return sshtest.Relay(s, func(_, name string) (net.Conn, error) {
				if name == "hung" {
					return hung(name)
				}
				return puma(name)
			})
		})})
		h := f.connected(t, "web1")
		var polls sync.WaitGroup
		for i := range 60 {
			polls.Go(func() {
				name := "puma"
				if i%2 == 0 {
					name = "hung"
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c, err := h.DialAbstract(ctx, name)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				defer func() { _ = c.Close() }()
				defer context.AfterFunc(ctx, func() { _ = c.Close() })()
				_, _ = io.WriteString(c, "GET\n")
				got, _ := io.ReadAll(c)
				if want := "puma got GET\n"; name == "puma" && string(got) != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
		polls.Wait()
	})
}
