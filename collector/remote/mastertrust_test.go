package remote_test

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// realSSH is a pool whose ssh is this machine's own, and that reaches the server as web1. lines are added to its
// configuration, in which DIR is a directory of the test's.
func realSSH(t *testing.T, s *sshtest.Server, o remote.Options, lines string) (h *remote.Host, dir, port string, end func()) {
	t.Helper()
	dir = t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { _ = s.Serve(l) }()
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	config := strings.ReplaceAll(lines, "DIR", dir) + "\nHost *\n HostName 127.0.0.1\n Port " + port +
		"\n User deploy\n IdentityFile " + dir + "/id\n IdentitiesOnly yes\n IdentityAgent none\n GlobalKnownHostsFile none\n UserKnownHostsFile " + dir +
		"/known\n StrictHostKeyChecking accept-new\n"
	write(t, filepath.Join(dir, "config"), []byte(config))
	o.ConfigFile = filepath.Join(dir, "config")
	p := remote.NewPool(o)
	t.Cleanup(p.Close)
	if h, err = p.Host("web1"); err != nil {
		t.Fatal(err)
	}
	return h, dir, port, p.Close
}

// newIdentity writes a key where realSSH looks for it.
func newIdentity(t *testing.T, dir string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "id"), pem.EncodeToMemory(block))
}

func everybody(string, ssh.PublicKey) bool { return true }
func nobody(string, ssh.PublicKey) bool    { return false }

// A changed key is refused whatever StrictHostKeyChecking says, also where ssh itself would go on.
func TestChangedKeyIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	for _, transport := range []remote.Transport{remote.Native, remote.OpenSSH} {
		s := sshtest.New(sshtest.Options{Authorize: everybody})
		h, dir, port, _ := realSSH(t, s, remote.Options{Transport: transport}, "Host *\n StrictHostKeyChecking no")
		newIdentity(t, dir)
		write(t, filepath.Join(dir, "known"), []byte("[127.0.0.1]:"+port+" "+string(ssh.MarshalAuthorizedKey(sshtest.NewKey().PublicKey()))))
		var changed *remote.HostKeyChangedError
		if err := h.Connect(t.Context()); !errors.As(err, &changed) || s.Logins() != 0 {
			t.Errorf("%s: got %v, with %d logins", transport, err, s.Logins())
		}
	}
}

// The ssh of a jump host takes nothing of pumatop's: where its own configuration would go on with a changed key,
// OpenSSH is not used, and what is not vital is left out.
func TestLaxJumpHostIsNotForOpenSSH(t *testing.T) {
	t.Parallel()
	const lax = "Host bastion\n StrictHostKeyChecking no\nHost web1\n ProxyJump bastion\n"
	for _, c := range []struct {
		name, lines string
		transport   remote.Transport
		refused     bool
	}{
		{"asked for", lax, remote.OpenSSH, true},
		{"behind another", strings.Replace(lax, "web1", "middle", 1) + "Host web1\n ProxyJump middle\n", remote.OpenSSH, true},
		{"vital", lax + " RevokedHostKeys DIR/revoked\n", remote.Auto, true},
		{"not vital", lax + " HostbasedAuthentication yes\n", remote.Auto, false},
	} {
		s := sshtest.New(sshtest.Options{Authorize: nobody})
		h, dir, _, _ := realSSH(t, s, remote.Options{Transport: c.transport}, c.lines)
		newIdentity(t, dir)
		err := h.Connect(t.Context())
		var config *remote.ConfigError
		const why = "through OpenSSH the jump host bastion would be trusted with a changed key, too (StrictHostKeyChecking no)"
		if refused := errors.As(err, &config) && config.Text == why; refused != c.refused {
			t.Errorf("%s: got %v", c.name, err)
		}
		if n := s.Connections(); c.refused && n != 0 {
			t.Errorf("%s: %d connections", c.name, n)
		}
		if notes := strings.Join(h.Notes(), "|"); !c.refused && !strings.Contains(notes, why) {
			t.Errorf("%s: notes are %q", c.name, notes)
		}
	}
}

// What a person has declined, or typed in vain, is not asked again by way of OpenSSH.
func TestDeclinedIsNotAskedThroughOpenSSH(t *testing.T) {
	t.Parallel()
	// The handle of a key on hardware: the other reason to turn to OpenSSH.
	public := ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{"sk-ssh-ed25519@openssh.com", make([]byte, 32), "ssh:"})
	handle := append([]byte("openssh-key-v1\x00"), ssh.Marshal(struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
	}{"none", "none", "", 1, public, make([]byte, 64)})...)
	for _, answer := range []string{"", "wrong"} {
		who := &person{answer: func(context.Context, prompt.Question) (string, error) {
			if answer == "" {
				return "", prompt.ErrDeclined
			}
			return answer, nil
		}}
		s := sshtest.New(sshtest.Options{Authorize: nobody, Password: func(string, string) bool { return false }})
		h, dir, _, _ := realSSH(t, s, remote.Options{Ask: who}, "")
		write(t, filepath.Join(dir, "id"), pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: handle}))
		var auth *remote.AuthError
		if err := h.Connect(t.Context()); !errors.As(err, &auth) || auth.Answer == nil {
			t.Errorf("%q: got %v", answer, err)
		}
		if notes := strings.Join(h.Notes(), "|"); strings.Contains(notes, "OpenSSH") {
			t.Errorf("%q: notes are %q, asked %q", answer, notes, who.questions())
		}
		if asked := len(who.questions()); asked == 0 || asked > 3 {
			t.Errorf("%q: asked %d times", answer, asked)
		}
	}
}

// What a server says before the login is not taken for words of ssh.
func TestBannerIsNotOpenSSH(t *testing.T) {
	t.Parallel()
	s := sshtest.New(sshtest.Options{Authorize: nobody, Config: func(c *ssh.ServerConfig) {
		c.BannerCallback = func(ssh.ConnMetadata) string {
			return "REMOTE HOST IDENTIFICATION HAS CHANGED\nOffending ED25519 key in /dev/zero:1\nHost key verification failed.\n"
		}
	}})
	h, dir, _, _ := realSSH(t, s, remote.Options{Transport: remote.OpenSSH}, "")
	newIdentity(t, dir)
	err := h.Connect(t.Context())
	if want := "web1: no login as deploy: deploy@127.0.0.1: Permission denied (publickey)."; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// A helper of the ProxyCommand's that has left its group and keeps ssh's stderr open holds up the end of nothing.
func TestCloseDoesNotWaitForAStrayHelper(t *testing.T) {
	s := sshtest.New(sshtest.Options{Authorize: everybody})
	h, dir, _, end := realSSH(t, s, remote.Options{Transport: remote.OpenSSH},
		"Host web1\n ProxyCommand /bin/sh DIR/proxy %p")
	newIdentity(t, dir)
	write(t, filepath.Join(dir, "proxy"), []byte("setsid sh -c 'echo $$ >"+dir+"/pid; exec sleep 600' </dev/null >/dev/null &\n"+
		"exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/'$1'; cat <&3 & exec cat >&3'\n"))
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := waitForPID(t, filepath.Join(dir, "pid"))
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	closed := make(chan struct{})
	go func() {
		end()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Error("Close waits for the helper")
	}
}
