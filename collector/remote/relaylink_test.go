package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"
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
		if notes := h.Notes(); len(notes) != 1 || notes[0] != "the server forbids forwarding: polls go through a relay (ruby) in one session" {
			t.Errorf("notes %q", notes)
		}
		for path, want := range map[string]string{
			"/run/none.sock":   "web1: no control socket at /run/none.sock",
			"/run/stale.sock":  "web1: nobody listens at /run/stale.sock",
			"/run/secret.sock": "web1: open /run/secret.sock: permission denied",
		} {
			if _, err := h.DialUnix(t.Context(), path); err == nil || err.Error() != want {
				t.Errorf("%s: %v", path, err)
			}
		}
		f.Kill()
		<-h.Done()
		if _, err := ask(t.Context(), h); !errors.Is(err, remote.ErrLost) {
			t.Errorf("a lost host: %v", err)
		}
		// A new connection finds out anew.
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
		host.forwards.Store(true)
		if _, err := ask(t.Context(), h); err != nil {
			t.Error(err)
		}
		// A connection that has forwarded is asked by Explain alone.
		host.forwards.Store(false)
		time.Sleep(time.Hour)
		if _, err := ask(t.Context(), h); errors.As(err, &refused) || host.looks.Load() != 2 || host.relays.Load() != 0 {
			t.Errorf("says %v after %d looks, %d relays", err, host.looks.Load(), host.relays.Load())
		}
		// And Explain's verdict counts too.
		host.word = "forbidden"
		_, err := ask(t.Context(), h)
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
			"unix": "web1: open /run/puma.sock: the server refused: open failed; why cannot be asked, and there is no relay: the login did not run /bin/sh",
			"tcp":  "web1: open 127.0.0.1:9293: the server refused: administratively prohibited; no relay: the login did not run /bin/sh",
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

// A relay that says nothing, or nonsense, or more than it may, is no relay.
func TestRelayThatIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ says, want string }{
		"nothing":      {"", "web1: start a relay: it ended"},
		"a greeting":   {"Welcome to \x1b[31mweb1\n", "what answers is no relay: Welcome to web1"},
		"no end":       {strings.Repeat("x", 1000), "web1: start a relay: a line is too long"},
		"nonsense":     {"relay 1 ruby streams 3.3.0\nopened one\n", "the relay (ruby) ended: what it says is not of a relay"},
		"not base64":   {"relay 1 ruby streams 3.3.0\ndata 1 %\n", "the relay (ruby) ended: what it says is not of a relay"},
		"opened twice": {"relay 1 ruby streams 3.3.0\nopened 1\nopened 1\n", ""},
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

// Sockets of another user's are opened as that user, scripts run as that user, and TCP is as ever.
func TestBecome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		host := &hardened{user: "puma"}
		host.forwards.Store(true)
		options := host.options()
		options.Exec = sshtest.Shell(func(s *sshtest.Session) int {
			if s.Command == "id -un\n" {
				_, _ = io.WriteString(s.Stdout, s.User)
			}
			return host.exec(s)
		})
		options.DialTCP = puma
		f := newFleet(t, options)
		h, err := f.pool.HostBy("web1", remote.HostOptions{Become: "puma"})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out, err := h.Run(t.Context(), "id -un"); string(out) != "puma" || err != nil {
			t.Errorf("%q, %v", out, err)
		}
		if _, err := ask(t.Context(), h); err != nil || f.Opens() != 0 {
			t.Errorf("%v, %d channels", err, f.Opens())
		}
		if notes := h.Notes(); len(notes) != 1 || notes[0] != "sockets are opened as puma: polls go through a relay (ruby) in one session" {
			t.Errorf("notes %q", notes)
		}
		if c, err := h.DialTCP(t.Context(), "127.0.0.1:9293"); err != nil || f.Opens() != 1 {
			t.Errorf("tcp: %v", err)
		} else {
			_ = c.Close()
		}
		// The same login without is another host on the same connection.
		plain := f.connected(t, "web1")
		if out, err := plain.Run(t.Context(), "id -un"); string(out) != "deploy" || err != nil || f.Logins() != 1 {
			t.Errorf("%q, %v, %d logins", out, err, f.Logins())
		}
		if _, err := f.pool.HostBy("web1", remote.HostOptions{Become: "a b; reboot"}); err == nil || remote.Remedy(err) == "" {
			t.Errorf("a user that is none: %v", err)
		}
	})
}

// sudo that refuses is asked once, since it mails root each time.
func TestBecomeRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int {
			asked++
			_, _ = io.WriteString(s.Stderr, "sudo: a password is required\n")
			return 1
		}})
		h, err := f.pool.HostBy("web1", remote.HostOptions{Become: "puma"})
		if err != nil {
			t.Fatal(err)
		}
		err = h.Connect(t.Context())
		var become *remote.BecomeError
		if !errors.As(err, &become) || err.Error() != "web1: sudo -n -u puma: sudo: a password is required" {
			t.Errorf("says %v", err)
		}
		if want := "add to a file in /etc/sudoers.d (visudo): deploy ALL=(puma) NOPASSWD: /bin/sh -s"; remote.Remedy(err) != want {
			t.Errorf("remedy %q", remote.Remedy(err))
		}
		if _, again := h.RetryAfter(err, 0); again || asked != 1 {
			t.Errorf("again %v after %d", again, asked)
		}
		if h.Err() != err {
			t.Errorf("the host says %v", h.Err())
		}
	})
}
