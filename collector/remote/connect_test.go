package remote_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// Two names of one login are one connection, and callers at the same time are one attempt.
func TestConnectIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.config["hostname"] = []string{"web1.example"}
		a, b := f.host(t, "web1"), f.host(t, "web2")
		var all sync.WaitGroup
		for range 10 {
			for _, h := range []*remote.Host{a, b} {
				all.Go(func() {
					if err := h.Connect(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		synctest.Wait()
		if f.Logins() != 1 {
			t.Errorf("%d logins", f.Logins())
		}
		// The connection lives as long as somebody holds it.
		_ = a.Close()
		synctest.Wait()
		if err := b.Err(); err != nil {
			t.Errorf("closed under the other: %v", err)
		}
		if err := a.Connect(t.Context()); !errors.Is(err, remote.ErrLost) {
			t.Errorf("a closed host connects: %v", err)
		}
		done := b.Done()
		_ = b.Close()
		<-done
		synctest.Wait()
		if f.Connections() != 0 {
			t.Errorf("%d connections are left", f.Connections())
		}
	})
}

// Another key may lead to another forced command, so that it is another connection.
func TestConnectWithOtherKeyIsNotShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.config["hostname"] = []string{"web1.example"}
		f.connected(t, "web1")
		f.config["identityfile"] = []string{"/nonexistent/restricted"}
		f.connected(t, "web2")
		synctest.Wait()
		if f.Logins() != 2 {
			t.Errorf("%d logins", f.Logins())
		}
	})
}

// A lost connection that another host still holds is not handed out again, not even in the moment of its loss.
func TestConnectAfterLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.config["hostname"] = []string{"web1.example"}
		a, b := f.connected(t, "web1"), f.connected(t, "web2")
		for range 100 {
			f.Kill()
			<-a.Done()
			if err := a.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := a.Err(); err != nil {
				t.Fatalf("connected to what is gone: %v", err)
			}
			if err := b.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
	})
}

// A caller that gives up does not end the attempt for the others; the last one does.
func TestConnectGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.config["hostname"] = []string{"web1.example"}
		f.Hold(true)
		a, b := f.host(t, "web1"), f.host(t, "web2")
		var both sync.WaitGroup
		for h, limit := range map[*remote.Host]time.Duration{a: time.Second, b: 2 * time.Second} {
			both.Go(func() {
				took, err := within(t, limit, h.Connect)
				if !errors.Is(err, context.DeadlineExceeded) || took != limit {
					t.Errorf("%v after %v", err, took)
				}
				synctest.Wait()
				if n := f.Connections(); (n == 1) != (h == a) {
					t.Errorf("%d connections when %s had given up", n, h.Name())
				}
			})
		}
		both.Wait()
	})
}

// At most four handshakes at one address: a stock sshd drops some of ten. Each has its own 10 s, handshake included.
func TestHandshakesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.config["hostname"] = []string{"bastion"}
		f.Hold(true)
		var most atomic.Int64
		var all sync.WaitGroup
		for i := range 12 {
			f.config["hostkeyalias"] = []string{"web" + string(rune('a'+i))}
			h := f.host(t, "web1")
			resolved := make(chan struct{})
			all.Go(func() {
				close(resolved)
				err := h.Connect(t.Context())
				most.Store(max(most.Load(), int64(f.Connections())))
				var dial *remote.DialError
				if !errors.As(err, &dial) || dial.Stage != "handshake" || dial.Busy {
					t.Errorf("got %v", err)
				} else if want := "web1: no SSH handshake within 10s (bastion:22)"; err.Error() != want {
					t.Errorf("says %q, want %q", err, want)
				}
			})
			<-resolved
			synctest.Wait()
		}
		began := time.Now()
		if n := f.Connections(); n != 4 {
			t.Errorf("%d handshakes at once", n)
		}
		all.Wait()
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("three rounds took %v", took)
		}
	})
}

func TestConnectErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(f *fleet)
		dial  error
		want  string
		retry bool
	}{
		{name: "unknown name", dial: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "web1.example", IsNotFound: true}},
			want: "web1: the name web1.example is not known", retry: true},
		{name: "refused", dial: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
			want: "web1: connection refused (port 22)", retry: true},
		{name: "dead", dial: context.DeadlineExceeded, want: "web1: no answer in time (port 22)", retry: true},
		{name: "busy", spoil: func(f *fleet) { f.Refuse("") },
			want: "web1: the server hung up before it said a word (port 22)", retry: true},
		{name: "busy and says so", spoil: func(f *fleet) { f.Refuse("Exceeded MaxStartups\r\n") },
			want: "web1: the server hung up (port 22): Exceeded MaxStartups", retry: true},
		{name: "a file descriptor from the proxy", spoil: func(f *fleet) {
			f.config["proxycommand"], f.config["proxyusefdpass"] = []string{"nc -F %h %p"}, []string{"yes"}
		}, want: "web1: ProxyUseFdpass yes is not supported by pumatop's own SSH, and there is no ssh of OpenSSH's here"},
		{name: "a jump host that is none", spoil: func(f *fleet) { f.config["proxyjump"] = []string{"bastion,$(id)"} },
			want: "web1: ProxyJump bastion,$(id): $(id): not a host name: it contains '$'"},
		{name: "only strange algorithms", spoil: func(f *fleet) { f.config["kexalgorithms"] = []string{"sntrup761x25519-sha512"} },
			want: "web1: KexAlgorithms sntrup761x25519-sha512 is not supported by pumatop's own SSH, and there is no ssh of OpenSSH's here"},
		{name: "no common algorithm", spoil: func(f *fleet) { f.config["kexalgorithms"] = []string{"diffie-hellman-group16-sha512"} },
			want: "web1: no common algorithm for key exchange: the server offers mlkem768x25519-sha256, curve25519-sha256, " +
				"curve25519-sha256@libssh.org, ecdh-sha2-nistp256, ecdh-sha2-nistp384, ecdh-sha2-nistp521, " +
				"diffie-hellman-group14-sha256, diffie-hellman-group14-sha1"},
		{name: "hostile HostName", spoil: func(f *fleet) { f.config["hostname"] = []string{"-oProxyCommand=x"} },
			want: "web1: HostName or User: it begins with -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{})
				if c.spoil != nil {
					c.spoil(f)
				}
				f.dialError = c.dial
				h := f.host(t, "web1")
				err := h.Connect(t.Context())
				if err == nil || err.Error() != c.want {
					t.Fatalf("says %q, want %q", err, c.want)
				}
				if remote.Remedy(err) == "" {
					t.Error("has no remedy")
				}
				if _, ok := h.RetryAfter(err, 0); ok != c.retry {
					t.Errorf("retry is %v", ok)
				}
				if h.Err() != err {
					t.Errorf("the host says %v", h.Err())
				}
				if _, err := h.Run(t.Context(), "x"); !errors.Is(err, remote.ErrLost) {
					t.Errorf("a script: %v", err)
				}
			})
		})
	}
}

// A refused login is one attempt with every key in it, and is never repeated by itself: OpenSSH locks out addresses.
func TestAuthFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return false }})
		h := f.host(t, "web1")
		err := h.Connect(t.Context())
		var auth *remote.AuthError
		if !errors.As(err, &auth) || f.dials.Load() != 1 {
			t.Fatalf("%v after %d dials", err, f.dials.Load())
		}
		if want := "web1: no login as deploy: there is no key to offer"; err.Error() != want {
			t.Errorf("says %q, want %q", err, want)
		}
		if _, ok := h.RetryAfter(err, 3); ok {
			t.Error("it would be tried again")
		}
	})
}

// The pool's end takes connections, attempts and everything on them with it.
func TestPoolClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{DialUnix: hung, Exec: sshtest.Shell(func(s *sshtest.Session) int {
			<-s.Context.Done()
			return 0
		})})
		h, other := f.connected(t, "web1"), f.host(t, "web2")
		f.Hold(true)
		var blocked sync.WaitGroup
		for _, call := range []func() error{
			func() error { _, err := ask(t.Context(), h); return err },
			func() error { _, err := h.Run(t.Context(), "x"); return err },
			func() error { return other.Connect(t.Context()) },
		} {
			blocked.Go(func() {
				if err := call(); err == nil {
					t.Error("a call succeeded")
				}
			})
		}
		synctest.Wait()
		f.pool.Close()
		if err := h.Err(); !errors.Is(err, remote.ErrLost) {
			t.Errorf("the host says %v", err)
		}
		blocked.Wait()
		if err := h.Connect(t.Context()); !errors.Is(err, remote.ErrLost) {
			t.Errorf("connected after the end: %v", err)
		}
		if _, retry := h.RetryAfter(h.Err(), 0); retry {
			t.Errorf("it would be tried again after %v", h.Err())
		}
	})
}

// What a script carries reaches no error, whatever goes wrong.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const secret = "SECRET-f00d"
		mode := make(chan int, 100)
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int {
			if strings.Contains(s.Command, secret) {
				t.Error("the secret is in a command line")
			}
			switch <-mode {
			case 0:
				return 1
			case 1:
				return sshtest.Shell(func(*sshtest.Session) int { return 2 })(s)
			}
			<-s.Context.Done()
			return 0
		}})
		h := f.connected(t, "web1")
		for m := range 3 {
			mode <- m
			_, err := within(t, time.Second, func(ctx context.Context) error {
				_, err := h.Run(ctx, "curl "+secret)
				return err
			})
			mode <- m
			_, err2 := within(t, time.Second, func(ctx context.Context) error {
				s, err := h.Stream(ctx, "curl "+secret)
				if err != nil {
					return err
				}
				_, _ = io.Copy(io.Discard, s.Stdout)
				return s.Err()
			})
			for _, err := range []error{err, err2} {
				if err == nil || strings.Contains(err.Error(), secret) {
					t.Errorf("mode %d: %v", m, err)
				}
			}
		}
	})
}

func TestResolverErrorsAreTyped(t *testing.T) {
	t.Parallel()
	refusal := &remote.ConfigError{Host: "web1", Text: "line 3: Bad configuration option: tag"}
	pool := remote.NewPool(remote.Options{
		Resolve: func(context.Context, sshconfig.Query) (sshconfig.Config, error) { return nil, refusal },
	})
	t.Cleanup(pool.Close)
	h, err := pool.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	err = h.Connect(t.Context())
	if !errors.Is(err, refusal) || remote.Remedy(err) == "" {
		t.Errorf("got %v", err)
	}
}
