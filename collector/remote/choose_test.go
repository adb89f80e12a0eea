package remote

import (
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

// hardwareKey writes a file as `ssh-keygen -t ed25519-sk` leaves it: the public half in the clear, a handle behind it.
func hardwareKey(t *testing.T) string {
	t.Helper()
	public := ssh.Marshal(struct {
		Type, Key, Application string
	}{ssh.KeyAlgoSKED25519, string(make([]byte, 32)), "ssh:"})
	body := ssh.Marshal(struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
	}{"none", "none", "", 1, public, []byte("handle")})
	path := filepath.Join(t.TempDir(), "id_ed25519_sk")
	text := pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: append([]byte("openssh-key-v1\x00"), body...)})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A login is tried through OpenSSH after the own one only where the attempt has shown that OpenSSH can do more: a
// refused login is not repeated for anything else.
func TestOtherWay(t *testing.T) {
	t.Setenv("KRB5CCNAME", "FILE:/nonexistent/ticket")
	key := hardwareKey(t)
	refused := errors.New("ssh: unable to authenticate")
	for _, c := range []struct {
		name      string
		transport Transport
		ssh       string
		endpoint  endpoint
		err       error
		want      reason
	}{
		{"algorithms", Auto, "/bin/sh", endpoint{}, &AlgorithmError{What: "cipher"}, "pumatop has none of the algorithms for cipher"},
		{"a bound key", Auto, "/bin/sh", endpoint{}, &AuthError{Err: errors.New("agent: failed to sign challenge")},
			"the agent signs only for it (a key that is bound to a host?)"},
		{"a key on hardware", Auto, "/bin/sh", endpoint{identities: []string{"/nonexistent", key}}, &AuthError{Err: refused},
			reason("the key " + key + " is on hardware and in no agent")},
		{"one that was offered", Auto, "/bin/sh", endpoint{identities: []string{key}}, &AuthError{Err: refused, Offered: []string{key}}, ""},
		{"Kerberos", Auto, "/bin/sh", endpoint{gssapi: true}, &AuthError{Err: refused, Methods: []string{"publickey", "gssapi-with-mic"}},
			"the server takes a Kerberos ticket"},
		{"Kerberos that nobody asked for", Auto, "/bin/sh", endpoint{}, &AuthError{Err: refused, Methods: []string{"gssapi-with-mic"}}, ""},
		{"refused", Auto, "/bin/sh", endpoint{}, &AuthError{Err: refused}, ""},
		{"refused on the way", Auto, "/bin/sh", endpoint{}, &JumpError{Err: &AlgorithmError{What: "cipher"}}, ""},
		{"changed key", Auto, "/bin/sh", endpoint{}, &HostKeyChangedError{}, ""},
		{"through OpenSSH already", Auto, "/bin/sh", endpoint{openSSH: true}, &AlgorithmError{What: "cipher"}, ""},
		{"native alone", Native, "/bin/sh", endpoint{}, &AlgorithmError{What: "cipher"}, ""},
		{"no ssh", Auto, "/nonexistent/ssh", endpoint{}, &AlgorithmError{What: "cipher"}, ""},
	} {
		p := NewPool(Options{SSH: c.ssh, Transport: c.transport})
		h, err := p.Host("web1")
		if err != nil {
			t.Fatal(err)
		}
		if got := h.otherWay(&c.endpoint, c.err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		p.Close()
	}
}
