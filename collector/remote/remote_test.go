package remote_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// fleet is one simulated server that every name leads to, and a pool that reaches it.
type fleet struct {
	*sshtest.Server
	pool *remote.Pool
	// config is changed by tests before they connect.
	config    sshconfig.Config
	person    prompt.Asker
	dials     atomic.Int64
	dialError error
	wrap      func(net.Conn) net.Conn // what is dialled; nil for nothing
}

// newFleet is called in a bubble, at whose end the pool must leave nothing running.
func newFleet(t *testing.T, o sshtest.Options) *fleet {
	t.Helper()
	f := &fleet{Server: sshtest.New(o), config: sshconfig.Config{"stricthostkeychecking": {"yes"}}}
	f.open(t, "*")
	return f
}

// open makes the pool anew, in which the server's key is known under the given names.
func (f *fleet) open(t *testing.T, names string) {
	t.Helper()
	f.pool = remote.NewPool(remote.Options{
		Resolve: func(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
			c := sshconfig.Config{"hostname": {q.Host}, "user": {cmp.Or(q.User, "deploy")}, "port": {"22"}}
			for k, v := range f.config {
				c[k] = v
			}
			return c, nil
		},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			f.dials.Add(1)
			if f.dialError != nil {
				return nil, f.dialError
			}
			c, err := f.Server.Dial(ctx)
			if err == nil && f.wrap != nil {
				c = f.wrap(c)
			}
			return c, err
		},
		KnownHosts: []byte(f.KnownHosts(names)),
		Ask:        f.person,
	})
	t.Cleanup(f.pool.Close)
}

func (f *fleet) host(t *testing.T, name string) *remote.Host {
	t.Helper()
	h, err := f.pool.Host(name)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// connected is a host that is up.
func (f *fleet) connected(t *testing.T, name string) *remote.Host {
	t.Helper()
	h := f.host(t, name)
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// within runs f with a limit and returns how long it took, and its error.
func within(t *testing.T, limit time.Duration, f func(ctx context.Context) error) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	began := time.Now()
	err := f(ctx)
	return time.Since(began), err
}

// script answers scripts by their text.
func script(answers map[string]string) func(*sshtest.Session) int {
	return sshtest.Shell(func(s *sshtest.Session) int {
		answer, ok := answers[strings.TrimSpace(s.Command)]
		if !ok {
			_, _ = fmt.Fprintf(s.Stderr, "\x1b[31mno such\tscript\n")
			return 3
		}
		_, _ = io.WriteString(s.Stdout, answer)
		return 0
	})
}

// puma is a control socket that answers one request.
func puma(path string) (net.Conn, error) {
	client, server := sshtest.Pipe()
	go func() {
		defer func() { _ = server.Close() }()
		line, err := bufio.NewReader(server).ReadString('\n')
		if err == nil {
			_, _ = io.WriteString(server, path+" got "+line)
		}
	}()
	return client, nil
}

func ask(ctx context.Context, h *remote.Host) (string, error) {
	c, err := h.DialUnix(ctx, "/run/puma.sock")
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if _, err := io.WriteString(c, "GET\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return string(answer), err
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: script(map[string]string{"uptime": "up\x00 42 days\n"})})
		h := f.connected(t, "web1")
		out, err := h.Run(t.Context(), "uptime\n")
		if string(out) != "up\x00 42 days\n" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		_, err = h.Run(t.Context(), "other")
		var exit *remote.ExitError
		if !errors.As(err, &exit) || exit.Status != 3 {
			t.Fatalf("got %v", err)
		}
		if want := "web1: script ended with status 3: no such script"; err.Error() != want {
			t.Errorf("says %q, want %q", err, want)
		}
	})
}

// What the login's start-up files print, to either output, is no part of an answer.
func TestRunBehindBanner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shell := script(map[string]string{"uptime": "up"})
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int {
			_, _ = io.WriteString(s.Stdout, "Welcome!\n\nYou have mail")
			_, _ = io.WriteString(s.Stderr, "nvm: command not found\n")
			return shell(s)
		}})
		out, err := f.connected(t, "web1").Run(t.Context(), "uptime")
		if string(out) != "up" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
	})
}

func TestRunWithoutShell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		exec func(*sshtest.Session) int
		want string
	}{
		{"commands are refused", nil, "web1: the login runs no commands: the server refuses them"},
		{"a forced command", func(s *sshtest.Session) int {
			_, _ = io.WriteString(s.Stdout, "This account is \x1b[1mgit only.\n")
			return 1
		}, "web1: the login runs no commands: This account is git only."},
		{"a silent one", func(*sshtest.Session) int { return 0 }, "web1: the login runs no commands"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{Exec: c.exec, DialUnix: puma})
				h := f.connected(t, "web1")
				_, err := h.Run(t.Context(), "uptime")
				var none *remote.NoShellError
				if !errors.As(err, &none) || err.Error() != c.want || remote.Remedy(err) == "" {
					t.Errorf("run says %q, want %q", err, c.want)
				}
				_, err = h.Stream(t.Context(), "uptime")
				if !errors.As(err, &none) {
					t.Errorf("stream says %v", err)
				}
				// Such a login still has its sockets.
				if answer, err := ask(t.Context(), h); err != nil || answer != "/run/puma.sock got GET\n" {
					t.Errorf("got %q, %v", answer, err)
				}
			})
		})
	}
}

func TestRunLimitsOutput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			chunk := make([]byte, 64<<10)
			for s.Context.Err() == nil {
				if _, err := s.Stdout.Write(chunk); err != nil {
					break
				}
			}
			return 0
		})})
		_, err := f.connected(t, "web1").Run(t.Context(), "yes")
		if !errors.Is(err, remote.ErrOutput) {
			t.Errorf("got %v", err)
		}
	})
}

// sshd before 10.1 leaves Nagle's algorithm on until a session starts: every poll would take 44 ms. Whatever a caller
// does first, a session comes before any forwarded channel.
func TestSessionComesFirst(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(context.Context, *remote.Host) error{
		"a poll":   func(ctx context.Context, h *remote.Host) error { _, err := ask(ctx, h); return err },
		"a script": func(ctx context.Context, h *remote.Host) error { _, err := h.Run(ctx, "x"); return err },
		"many at once": func(ctx context.Context, h *remote.Host) error {
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() { _, _ = ask(ctx, h) })
				all.Go(func() { _, _ = h.Run(ctx, "x") })
			}
			all.Wait()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var order []string
				note := func(what string) {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, what)
				}
				shell := script(map[string]string{"x": "y"})
				f := newFleet(t, sshtest.Options{
					Exec: func(s *sshtest.Session) int { note("session"); return shell(s) },
					DialUnix: func(path string) (net.Conn, error) {
						note("socket")
						return puma(path)
					},
				})
				h := f.connected(t, "web1")
				if err := first(t.Context(), h); err != nil {
					t.Fatal(err)
				}
				if _, err := ask(t.Context(), h); err != nil {
					t.Fatal(err)
				}
				if order[0] != "session" {
					t.Errorf("the order was %q", order)
				}
				if name == "a poll" && !slices.Equal(order, []string{"session", "socket", "socket"}) {
					t.Errorf("a session was started again: %q", order)
				}
			})
		})
	}
}

// Puma's control server has one thread, and a client that says nothing has it for 30 s. A channel that opens after
// its caller has gone is closed at once.
func TestNoSilentControlConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan time.Duration, 1)
		f := newFleet(t, sshtest.Options{
			Exec: script(nil),
			DialUnix: func(string) (net.Conn, error) {
				time.Sleep(3 * time.Second) // a full backlog
				client, server := sshtest.Pipe()
				go func() {
					began := time.Now()
					_, _ = io.Copy(io.Discard, server)
					closed <- time.Since(began)
					_ = server.Close()
				}()
				return client, nil
			},
		})
		h := f.connected(t, "web1")
		took, err := within(t, time.Second, func(ctx context.Context) error {
			_, err := h.DialUnix(ctx, "/run/puma.sock")
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
			t.Errorf("got %v after %v", err, took)
		}
		if held := <-closed; f.Opens() != 1 || held > 0 {
			t.Errorf("%d opens, the connection was held for %v", f.Opens(), held)
		}
		if err := h.Err(); err != nil {
			t.Errorf("the host says %v", err)
		}
	})
}

func TestDialRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: script(nil)})
		h := f.connected(t, "web1")
		_, err := h.DialUnix(t.Context(), "/run/\x1b[2Jpuma.sock")
		var refused *remote.OpenError
		if !errors.As(err, &refused) || refused.Forbidden {
			t.Fatalf("got %v", err)
		}
		if want := "web1: no connection to /run/puma.sock: open failed"; err.Error() != want {
			t.Errorf("says %q, want %q", err, want)
		}
		_, err = h.DialTCP(t.Context(), "127.0.0.1:9293")
		if !errors.As(err, &refused) || !refused.Forbidden {
			t.Errorf("got %v", err)
		}
		for _, addr := range []string{"127.0.0.1", "h:x", "h:70000"} {
			if _, err := h.DialTCP(t.Context(), addr); !errors.As(err, &refused) {
				t.Errorf("%s: got %v", addr, err)
			}
		}
	})
}

func TestDialTCP(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: script(nil), DialTCP: puma})
		c, err := f.connected(t, "web1").DialTCP(t.Context(), "puma.internal:9293")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "GET\n")
		if got, err := io.ReadAll(c); string(got) != "puma.internal:9293 got GET\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if err := c.SetDeadline(time.Now()); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("deadlines: %v", err)
		}
		_ = c.Close()
		if _, err := c.Write([]byte("x")); err == nil {
			t.Error("wrote to a closed connection")
		}
	})
}
