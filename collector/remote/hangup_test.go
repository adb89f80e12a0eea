package remote_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

const hungUp = "web1: no login as deploy: the server hung up during the login"

// A server that hangs up with a signature or an answer in its hands has refused the login, as sshd does for an account
// that PAM denies: nobody is asked again, and nothing counts against the address, before somebody says so.
func TestServerHangsUpOnTheLogin(t *testing.T) {
	t.Parallel()
	identity := writeKey(t, t.TempDir(), "id", false)
	for name, shape := range map[string]func(o *sshtest.Options, kill func()){
		"signature": func(o *sshtest.Options, kill func()) {
			o.Authorize = func(string, ssh.PublicKey) bool { return true }
			o.Config = func(c *ssh.ServerConfig) {
				c.VerifiedPublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey, *ssh.Permissions, string) (*ssh.Permissions, error) {
					kill()
					return nil, errors.New("denied")
				}
			}
		},
		"password": func(o *sshtest.Options, kill func()) {
			o.Password = func(string, string) bool { kill(); return false }
		},
		"answer": func(o *sshtest.Options, kill func()) {
			o.Interact = func(_ string, ask sshtest.Ask) bool {
				_, _ = ask("", "", []string{"Code: "}, []bool{true})
				kill()
				return false
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var f *fleet
				var o sshtest.Options
				shape(&o, func() { f.Kill() })
				f = newFleet(t, o)
				f.config["identityfile"] = []string{identity.path}
				f.asks(t, &person{answer: func(context.Context, prompt.Question) (string, error) { return "something", nil }})
				h := f.host(t, "web1")
				err := h.Connect(t.Context())
				var auth *remote.AuthError
				if !errors.As(err, &auth) || err.Error() != hungUp || !strings.HasPrefix(remote.Remedy(err), "see the server's log") {
					t.Errorf("got %T %v, %q", err, err, remote.Remedy(err))
				}
				if _, again := h.RetryAfter(err, 0); again {
					t.Error("it is tried again by itself")
				}
			})
		})
	}
}

// A connection that breaks before anything was sent is the network's matter.
func TestServerHangsUpBeforeTheLogin(t *testing.T) {
	t.Parallel()
	identity := writeKey(t, t.TempDir(), "id", false)
	synctest.Test(t, func(t *testing.T) {
		var f *fleet
		f = newFleet(t, sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { f.Kill(); return false }})
		f.config["identityfile"] = []string{identity.path}
		h := f.host(t, "web1")
		err := h.Connect(t.Context())
		var dial *remote.DialError
		if _, again := h.RetryAfter(err, 0); !errors.As(err, &dial) || !again {
			t.Errorf("got %T %v, tried again: %v", err, err, again)
		}
	})
}

// A server that is content with each answer and wants another one does not keep a person for ever.
func TestServerWantsMoreAndMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		more := ssh.ServerAuthCallbacks{}
		more.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
			return nil, &ssh.PartialSuccessError{Next: more}
		}
		f := newFleet(t, sshtest.Options{Password: func(string, string) bool { return false }, Config: func(c *ssh.ServerConfig) {
			c.PasswordCallback, c.MaxAuthTries = more.PasswordCallback, -1
		}})
		who := &person{}
		who.answer = func(context.Context, prompt.Question) (string, error) {
			if len(who.questions()) > 50 {
				return "", prompt.ErrDeclined
			}
			return "something", nil
		}
		f.asks(t, who)
		if err := f.host(t, "web1").Connect(t.Context()); err == nil || len(who.questions()) != 9 {
			t.Errorf("asked %d times: %v", len(who.questions()), err)
		}
	})
}

// A shell that never comes, because sudo waits for its directory or a command for its container, has a limit as all has.
func TestShellThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int { <-s.Context.Done(); return 1 }})
		h, err := f.pool.HostBy("web1", remote.HostOptions{Become: "deploy"})
		if err != nil {
			t.Fatal(err)
		}
		took, err := within(t, time.Hour, h.Connect)
		if _, again := h.RetryAfter(err, 0); !errors.Is(err, context.DeadlineExceeded) || took > time.Minute || !again {
			t.Errorf("%v after %s", err, took)
		}
		synctest.Wait()
		if f.Connections() != 0 {
			t.Error("the connection is kept")
		}
	})
}

// The key is judged once: a later exchange wants the same one, whatever has become of the files, and adds nothing to them.
func TestKeysAreExchangedAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	known := filepath.Join(dir, "known_hosts")
	s := sshtest.New(sshtest.Options{
		Config: func(c *ssh.ServerConfig) { c.RekeyThreshold = 1 },
		Exec: sshtest.Shell(func(s *sshtest.Session) int {
			for range 20 {
				_, _ = io.WriteString(s.Stdout, strings.Repeat("x", 4095)+"\n")
			}
			return 0
		}),
	})
	for _, c := range []sshconfig.Config{
		{"stricthostkeychecking": {"accept-new"}, "userknownhostsfile": {known}},
		{"stricthostkeychecking": {"yes"}, "knownhostscommand": {"/bin/cat " + known}},
	} {
		h := configuredAs(t, s, c)
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if out, err := h.Run(t.Context(), "x"); err != nil || len(out) != 20*4096 {
				t.Errorf("%v: %d bytes, %v", c, len(out), err)
			}
		}
		text, err := os.ReadFile(known)
		if err != nil || strings.Count(string(text), "\n") != 1 {
			t.Errorf("%v: known_hosts has %q, %v", c, text, err)
		}
	}
}
