package remote_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// hardened is a host whose SSH server forbids forwarding, or does not. Its one control socket is /run/puma.sock.
type hardened struct {
	forwards atomic.Bool
	word     string // what a look at a socket says where it is refused
	relays   atomic.Int64
	looks    atomic.Int64
	dies     atomic.Bool // the relay, after its first line
	// user is who the socket is of; empty means everybody.
	user string
}

func (h *hardened) dialUnix(path string) (net.Conn, error) {
	if !h.forwards.Load() || h.user != "" {
		return nil, errors.New("forbidden")
	}
	return h.dial("unix", path)
}

func (h *hardened) dial(network, name string) (net.Conn, error) {
	switch network + " " + name {
	case "unix /run/puma.sock", "abstract puma":
		return puma(name)
	case "unix /run/stale.sock":
		return nil, syscall.ECONNREFUSED
	case "unix /run/secret.sock":
		return nil, fs.ErrPermission
	}
	return nil, fs.ErrNotExist
}

func (h *hardened) exec(s *sshtest.Session) int {
	switch {
	case sshtest.IsRelay(s.Command):
		h.relays.Add(1)
		if h.user != "" && s.User != h.user {
			return sshtest.Relay(s, func(string, string) (net.Conn, error) { return nil, fs.ErrPermission })
		}
		if h.dies.Load() {
			_, _ = io.WriteString(s.Stdout, "relay 1 ruby streams 3.3.0\n")
			_, _ = io.WriteString(s.Stderr, "killed\n")
			return 1
		}
		return sshtest.Relay(s, h.dial)
	case strings.HasPrefix(s.Command, "p='"):
		h.looks.Add(1)
		_, _ = fmt.Fprintf(s.Stdout, "%s\n%s\n", h.word, s.User)
	}
	return 0
}

func (h *hardened) options() sshtest.Options {
	return sshtest.Options{Exec: sshtest.Shell(h.exec), DialUnix: h.dialUnix}
}

// A server that forbids forwarding is found out once: from then on polls go through one relay, and no channel is asked
// for any more.
func TestForbiddenForwarding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "forbidden"}
		f := newFleet(t, host.options())
		h := f.connected(t, "web1")
		for range 10 {
			if got, err := ask(t.Context(), h); err != nil || got != "/run/puma.sock got GET\n" {
				t.Fatalf("%q, %v", got, err)
			}
		}
		if f.Opens() != 1 || host.relays.Load() != 1 || host.looks.Load() != 1 {
			t.Errorf("%d channels, %d relays, %d looks", f.Opens(), host.relays.Load(), host.looks.Load())
		}
		if got := h.Notes(); !slices.Equal(got, []string{"the server forbids forwarding: polls go through a relay (ruby) in one session"}) {
			t.Errorf("notes %q", got)
		}
		for path, want := range map[string]string{
			"/run/none.sock":   "web1: no control socket at /run/none.sock",
			"/run/stale.sock":  "web1: nobody listens at /run/stale.sock",
			"/run/secret.sock": "web1: no connection to /run/secret.sock: permission denied",
		} {
			if _, err := h.DialUnix(t.Context(), path); err == nil || err.Error() != want {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

// A new connection finds out anew.
func TestForwardingThatIsAllowedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "forbidden"}
		f := newFleet(t, host.options())
		h := f.connected(t, "web1")
		if _, err := ask(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		f.Kill()
		<-h.Done()
		if _, err := ask(t.Context(), h); !errors.Is(err, remote.ErrLost) {
			t.Errorf("a lost host: %v", err)
		}
		host.forwards.Store(true)
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := ask(t.Context(), h); err != nil || host.relays.Load() != 1 {
			t.Errorf("%v, %d relays", err, host.relays.Load())
		}
	})
}

// A key that may forward to the control socket alone (permitopen) is not sent around by a socket that is missing for the
// moment, nor by another one that is looked for.
func TestMissingSocketIsNotForbidden(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "missing"}
		f := newFleet(t, host.options())
		h := f.connected(t, "web1")
		var refused *remote.RefusedError
		if _, err := ask(t.Context(), h); !errors.As(err, &refused) || !refused.NoListener() {
			t.Errorf("says %v", err)
		}
		// Asking once a minute is enough.
		var open *remote.OpenError
		if _, err := ask(t.Context(), h); !errors.As(err, &open) || errors.As(err, &refused) || host.looks.Load() != 1 {
			t.Errorf("says %v after %d looks", err, host.looks.Load())
		}
		time.Sleep(time.Minute)
		if _, err := ask(t.Context(), h); !errors.As(err, &refused) || host.looks.Load() != 2 {
			t.Errorf("says %v after %d looks", err, host.looks.Load())
		}
	})
}

// Where the host has nothing to look with the relay looks: a socket that opens that way was forbidden, one that is missing
// there is missing.
func TestNothingToLookWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "unknown"}
		f := newFleet(t, host.options())
		h := f.connected(t, "web1")
		var refused *remote.RefusedError
		if _, err := h.DialUnix(t.Context(), "/run/none.sock"); !errors.As(err, &refused) || refused.Refusal.Reason != remote.Missing {
			t.Errorf("says %v", err)
		}
		if _, err := ask(t.Context(), h); err != nil {
			t.Error(err)
		}
		if _, err := ask(t.Context(), h); err != nil || f.Opens() != 2 || len(h.Notes()) != 1 {
			t.Errorf("%v, %d channels, notes %q", err, f.Opens(), h.Notes())
		}
	})
}

// A connection that has forwarded is looked into by Explain alone, whose verdict counts as well.
func TestForbiddenLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "missing"}
		host.forwards.Store(true)
		f := newFleet(t, host.options())
		h := f.connected(t, "web1")
		if _, err := ask(t.Context(), h); err != nil {
			t.Error(err)
		}
		host.forwards.Store(false)
		var refused *remote.RefusedError
		_, err := ask(t.Context(), h)
		if errors.As(err, &refused) || host.looks.Load() != 0 || host.relays.Load() != 0 {
			t.Errorf("says %v after %d looks, %d relays", err, host.looks.Load(), host.relays.Load())
		}
		host.word = "forbidden"
		if err := h.Explain(t.Context(), "/run/puma.sock", err); !errors.As(err, &refused) || refused.Refusal.Reason != remote.Forbidden {
			t.Errorf("explained as %v", err)
		}
		if _, err := ask(t.Context(), h); err != nil || host.relays.Load() != 1 {
			t.Errorf("%v, %d relays", err, host.relays.Load())
		}
	})
}

// TCP that is prohibited says so, and unix sockets stay as they are.
func TestProhibitedTCP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{}
		host.forwards.Store(true)
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			host.relays.Add(1)
			return sshtest.Relay(s, func(network, name string) (net.Conn, error) { return puma(network + " " + name) })
		}), DialUnix: host.dialUnix})
		h := f.connected(t, "web1")
		for range 2 {
			c, err := h.DialTCP(t.Context(), "127.0.0.1:9293")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(c, "GET\n")
			if got, err := io.ReadAll(c); string(got) != "tcp 127.0.0.1:9293 got GET\n" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			_ = c.Close()
			if _, err := ask(t.Context(), h); err != nil {
				t.Error(err)
			}
		}
		if host.relays.Load() != 1 || f.Opens() != 3 {
			t.Errorf("%d relays, %d channels", host.relays.Load(), f.Opens())
		}
	})
}

// Neither forwarding nor commands: the error says both, and what to do about either.
func TestNoWayToTheSocket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: func(*sshtest.Session) int { return 1 }})
		h := f.connected(t, "web1")
		for dial, want := range map[string]string{
			"unix": "web1: no connection to /run/puma.sock: open failed; why cannot be asked, and there is no relay: the login runs no commands",
			"tcp":  "web1: the SSH server forbids forwarding to 127.0.0.1:9293; no relay: the login runs no commands",
		} {
			var err error
			if dial == "unix" {
				_, err = h.DialUnix(t.Context(), "/run/puma.sock")
			} else {
				_, err = h.DialTCP(t.Context(), "127.0.0.1:9293")
			}
			var open *remote.OpenError
			var shell *remote.NoShellError
			if err == nil || err.Error() != want || !errors.As(err, &open) || !errors.As(err, &shell) {
				t.Errorf("%s: %v", dial, err)
			}
			if r := remote.Remedy(err); !strings.Contains(r, "AllowStreamLocalForwarding") || !strings.Contains(r, "run commands") {
				t.Errorf("remedy %q", r)
			}
		}
	})
}

// Relay, sampler, log and probe run at once, however many logs are followed: the relay has a place of its own.
func TestRelayHasItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{word: "forbidden"}
		options := host.options()
		options.Exec = sshtest.Shell(func(s *sshtest.Session) int {
			if s.Command == "log\n" {
				_, _ = io.Copy(io.Discard, s.Stdin)
				return 0
			}
			return host.exec(s)
		})
		f := newFleet(t, options)
		h := f.connected(t, "web1")
		_, _ = h.DialUnix(t.Context(), "/run/none.sock") // looks, while there is a place
		for range 6 {
			s, err := h.Stream(t.Context(), "log")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
		}
		if _, err := ask(t.Context(), h); err != nil {
			t.Error(err)
		}
	})
}
