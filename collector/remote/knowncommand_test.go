package remote_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// configuredAs is a host whose configuration is given, and which trusts nobody beyond it.
func configuredAs(t *testing.T, s *sshtest.Server, c sshconfig.Config) *remote.Host {
	t.Helper()
	config := sshconfig.Config{"hostname": {"10.0.0.1"}, "port": {"22"}, "user": {"deploy"}}
	for k, v := range c {
		config[k] = v
	}
	p := remote.NewPool(remote.Options{
		Resolve: func(context.Context, sshconfig.Query) (sshconfig.Config, error) { return config, nil },
		Dial:    func(ctx context.Context, _, _ string) (net.Conn, error) { return s.Dial(ctx) },
	})
	t.Cleanup(p.Close)
	h, err := p.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The command gets ssh's tokens, word by word and without a shell, and its lines count as known_hosts does.
func TestKnownHostsCommand(t *testing.T) {
	t.Parallel()
	s := sshtest.New(sshtest.Options{})
	dir := t.TempDir()
	program, told := filepath.Join(dir, "script"), filepath.Join(dir, "told")
	write(t, program, []byte(`for a in "$@"; do printf '%s|' "$a"; done >>`+told+"; echo >>"+told+"\nprintf '%s\\n' '"+strings.TrimSpace(s.KnownHosts("10.0.0.1"))+"'\n"))
	h := configuredAs(t, s, sshconfig.Config{"knownhostscommand": {"/bin/sh " + program + ` %I %H %t "%n $HOME" %f`}})
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	want := "ORDER|10.0.0.1|NONE|web1 $HOME|NONE|\nHOSTNAME|10.0.0.1|ssh-ed25519|web1 $HOME|" + ssh.FingerprintSHA256(s.HostKey()) + "|\n"
	if string(text) != want {
		t.Errorf("told %q, want %q", text, want)
	}
}

func TestKnownHostsCommandFails(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"/bin/sh -c 'echo \"no ldap\" >&2; exit 3'": "web1: KnownHostsCommand: exit status 3: no ldap",
		"keys %H":           "web1: KnownHostsCommand: not a command that begins with an absolute path",
		`/bin/sh "`:         "web1: KnownHostsCommand: not a command that begins with an absolute path",
		"/bin/sh %Z":        `web1: KnownHostsCommand: expand "%Z": token %Z is not known`,
		"/bin/sh -c 'true'": "web1: host key not known: ssh-ed25519 ",
	} {
		err := configuredAs(t, sshtest.New(sshtest.Options{}), sshconfig.Config{"knownhostscommand": {command}}).Connect(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: says %v, want %s", command, err, want)
		}
		if _, again := remote.RetryAfter(err, 0, 0.5); again {
			t.Errorf("%s: is tried again", command)
		}
	}
}

func TestRequiredRSASize(t *testing.T) {
	t.Parallel()
	signer := sshtest.NewRSA()
	s := sshtest.New(sshtest.Options{HostKeys: []ssh.Signer{signer}})
	known := filepath.Join(t.TempDir(), "known_hosts")
	write(t, known, []byte(s.KnownHosts("10.0.0.1")))
	config := sshconfig.Config{"userknownhostsfile": {known}, "requiredrsasize": {"2048"}}
	if err := configuredAs(t, s, config).Connect(t.Context()); err != nil {
		t.Error(err)
	}
	config["requiredrsasize"] = []string{"3072"}
	h := configuredAs(t, s, config)
	err := h.Connect(t.Context())
	var size *remote.KeySizeError
	if !errors.As(err, &size) || err.Error() != "web1: the host's RSA key has 2048 bits, required are 3072" || remote.Remedy(err) == "" {
		t.Errorf("got %v", err)
	}
	if _, again := h.RetryAfter(err, 0); again {
		t.Error("is tried again")
	}
}

// A key of the user's that is too short is not offered.
func TestRequiredRSASizeOfTheUser(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "id_rsa")
	write(t, key, pem.EncodeToMemory(block))
	s := sshtest.New(sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return true }})
	known := filepath.Join(t.TempDir(), "known_hosts")
	write(t, known, []byte(s.KnownHosts("10.0.0.1")))
	err = configuredAs(t, s, sshconfig.Config{"userknownhostsfile": {known}, "identityfile": {key}, "identityagent": {"none"},
		"requiredrsasize": {"3072"}}).Connect(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "id_rsa is shorter than RequiredRSASize") {
		t.Errorf("got %v", err)
	}
}

// NoHostAuthenticationForLocalhost trusts this machine's own address, and no other.
func TestNoHostAuthenticationForLocalhost(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := sshtest.New(sshtest.Options{})
	go func() { _ = s.Serve(l) }()
	for value, want := range map[string]bool{"yes": true, "no": false} {
		p := remote.NewPool(remote.Options{
			Resolve: func(context.Context, sshconfig.Query) (sshconfig.Config, error) {
				host, port, _ := net.SplitHostPort(l.Addr().String())
				return sshconfig.Config{"hostname": {host}, "port": {port}, "user": {"deploy"}, "nohostauthenticationforlocalhost": {value}}, nil
			},
		})
		t.Cleanup(p.Close)
		h, err := p.Host("web1")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Connect(t.Context()); (err == nil) != want {
			t.Errorf("%s: %v", value, err)
		}
	}
	yes := sshconfig.Config{"nohostauthenticationforlocalhost": {"yes"}}
	if err := configuredAs(t, s, yes).Connect(t.Context()); err == nil {
		t.Error("trusts a host that is not this machine")
	}
}

// A host that knows nothing but SHA-1 is reached where the user says so, and refused otherwise.
func TestHostKeyAlgorithmsBeyondTheUsual(t *testing.T) {
	t.Parallel()
	signer := sshtest.NewRSA()
	old, err := ssh.NewSignerWithAlgorithms(signer.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	s := sshtest.New(sshtest.Options{HostKeys: []ssh.Signer{old}})
	known := filepath.Join(t.TempDir(), "known_hosts")
	write(t, known, []byte(s.KnownHosts("10.0.0.1")))
	config := sshconfig.Config{"userknownhostsfile": {known}}
	var none *remote.AlgorithmError
	if err := configuredAs(t, s, config).Connect(t.Context()); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
	config["hostkeyalgorithms"] = []string{"+ssh-rsa"}
	if err := configuredAs(t, s, config).Connect(t.Context()); err != nil {
		t.Error(err)
	}
}
