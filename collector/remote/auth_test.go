package remote_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// userKey is a key with its file, as ssh-keygen makes them.
type userKey struct {
	path   string
	raw    *ecdsa.PrivateKey
	signer ssh.Signer
}

const passphrase = "SECRET-f00d"

// writeKey makes a key file, encrypted if asked.
func writeKey(t *testing.T, dir, name string, encrypted bool) userKey {
	t.Helper()
	raw, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(raw, name)
	if encrypted {
		block = lockedBlock(signer.PublicKey())
	}
	if err != nil {
		t.Fatal(err)
	}
	k := userKey{path: filepath.Join(dir, name), raw: raw, signer: signer}
	write(t, k.path, pem.EncodeToMemory(block))
	return k
}

// lockedBlock is a file of ssh-keygen's whose private half nobody can decrypt. Real encryption is slow on purpose: 16
// rounds of bcrypt_pbkdf take seconds under the race detector.
func lockedBlock(public ssh.PublicKey) *pem.Block {
	file := ssh.Marshal(struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
	}{"aes256-ctr", "bcrypt", "\x00\x00\x00\x04salt\x00\x00\x00\x10", 1, public.Marshal(), make([]byte, 64)})
	return &pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: append([]byte("openssh-key-v1\x00"), file...)}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// filled is a text with a directory for its @.
func filled(text, dir string) string { return strings.ReplaceAll(text, "@/", dir+"/") }

func (k userKey) public() string { return string(k.signer.PublicKey().Marshal()) }

// lock is a server that notes what is offered and lets one key in.
type lock struct {
	mu      sync.Mutex
	offered []string
	accepts map[string]bool
}

func (l *lock) authorize(_ string, key ssh.PublicKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := string(key.Marshal())
	if len(l.offered) == 0 || l.offered[len(l.offered)-1] != id { // a key is asked for, then used
		l.offered = append(l.offered, id)
	}
	return l.accepts[id]
}

// serveAgent runs an agent that holds keys, and returns its socket.
func serveAgent(t *testing.T, keys ...agent.AddedKey) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(k); err != nil {
			t.Fatal(err)
		}
	}
	return serve(t, ring)
}

// The order is OpenSSH's: certificates, the agent's keys that are configured, its others, files. Encrypted files come
// last, since a key that is accepted and cannot sign is the end of a login.
func TestKeyOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	locked := writeKey(t, dir, "locked", true)
	plain := writeKey(t, dir, "plain", false)
	configured := writeKey(t, dir, "configured", true)
	public := writeKey(t, dir, "public", true)
	certified := writeKey(t, dir, "certified", false)
	other := writeKey(t, t.TempDir(), "other", false)

	// Of this one only the public half is on the machine: a hardware key.
	write(t, public.path+".pub", ssh.MarshalAuthorizedKey(public.signer.PublicKey()))
	if err := os.Remove(public.path); err != nil {
		t.Fatal(err)
	}
	authority := sshtest.NewKey()
	cert := &ssh.Certificate{Key: certified.signer.PublicKey(), CertType: ssh.UserCert, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	write(t, certified.path+"-cert.pub", ssh.MarshalAuthorizedKey(cert))
	socket := serveAgent(t,
		agent.AddedKey{PrivateKey: other.raw, Comment: "other"},
		agent.AddedKey{PrivateKey: public.raw, Comment: "public"},
		agent.AddedKey{PrivateKey: configured.raw, Comment: "configured"})

	names := map[string]string{
		locked.public(): "locked", plain.public(): "plain", configured.public(): "configured", other.public(): "other",
		certified.public(): "certified", string(cert.Marshal()): "certificate", public.public(): "public",
	}
	for _, c := range []struct {
		only string
		want []string
	}{
		{"no", []string{"certificate", "public", "configured", "other", "plain", "certified", "locked"}},
		{"yes", []string{"certificate", "public", "configured", "plain", "certified", "locked"}},
	} {
		l := &lock{}
		f := newFleet(t, sshtest.Options{Authorize: l.authorize, Config: func(c *ssh.ServerConfig) { c.MaxAuthTries = -1 }})
		f.config["identityagent"] = []string{socket}
		f.config["identitiesonly"] = []string{c.only}
		f.config["identityfile"] = []string{
			locked.path, filepath.Join(dir, "missing"), plain.path, public.path, configured.path, certified.path,
		}
		err := f.host(t, "web1").Connect(t.Context())
		var auth *remote.AuthError
		if !errors.As(err, &auth) {
			t.Fatalf("got %v", err)
		}
		var got []string
		for _, id := range l.offered {
			got = append(got, names[id])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("IdentitiesOnly %s: offered %q, want %q", c.only, got, c.want)
		}
		if !slices.Equal(auth.Locked, []string{locked.path}) || len(auth.Offered) != len(c.want)-1 {
			t.Errorf("the error has %q locked, %q offered", auth.Locked, auth.Offered)
		}
	}
}

func TestLoginWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, inAgent := writeKey(t, dir, "plain", false), writeKey(t, dir, "agent", true)
	socket := serveAgent(t, agent.AddedKey{PrivateKey: inAgent.raw})
	for name, key := range map[string]userKey{"a file": plain, "the agent": inAgent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lock{accepts: map[string]bool{key.public(): true}}
			f := newFleet(t, sshtest.Options{Authorize: l.authorize})
			f.config["identityagent"] = []string{socket}
			f.config["identityfile"] = []string{plain.path, inAgent.path}
			if err := f.host(t, "web1").Connect(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAuthErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, locked := writeKey(t, dir, "plain", false), writeKey(t, dir, "locked", true)
	legacy := filepath.Join(dir, "legacy") // its public half is not readable
	write(t, legacy, []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	damaged := filepath.Join(dir, "damaged")
	write(t, damaged, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\n"+passphrase+"\n"))
	for _, c := range []struct {
		name         string
		files        []string
		config       string
		value        string
		server       sshtest.Options
		text, remedy string
	}{
		{name: "nothing accepted", files: []string{plain.path},
			text:   "web1: no login as deploy: no key accepted, offered " + plain.path,
			remedy: "check that `ssh web1` logs in without a question, and that the key is in the host's authorized_keys"},
		{name: "encrypted and wanted", files: []string{locked.path, plain.path},
			server: sshtest.Options{Authorize: func(_ string, k ssh.PublicKey) bool {
				return string(k.Marshal()) == locked.public()
			}},
			text:   "web1: no login as deploy: the server takes " + locked.path + ", but the file is encrypted and no agent has its key",
			remedy: "run `ssh-add " + locked.path + "`"},
		{name: "encrypted, nobody knows whether wanted", files: []string{legacy},
			text:   "web1: no login as deploy: there is no key to offer; encrypted and in no agent: " + legacy,
			remedy: "run `ssh-add " + legacy + "` if that key is the one"},
		{name: "damaged", files: []string{damaged},
			text: "web1: no login as deploy: there is no key to offer; key " + damaged +
				" cannot be read: not a private key, or damaged",
			remedy: "name a key (IdentityFile) or load one into the agent (`ssh-add`)"},
		{name: "agent gone", files: nil, config: "identityagent", value: filepath.Join(dir, "no-agent"),
			text: "web1: no login as deploy: there is no key to offer; the agent cannot be reached: dial unix " +
				filepath.Join(dir, "no-agent") + ": connect: no such file or directory",
			remedy: "name a key (IdentityFile) or load one into the agent (`ssh-add`)"},
		{name: "keys switched off", files: []string{plain.path}, config: "pubkeyauthentication", value: "no",
			text:   "web1: no login as deploy: there is no key to offer",
			remedy: "name a key (IdentityFile) or load one into the agent (`ssh-add`)"},
		{name: "key's algorithm excluded", files: []string{plain.path}, config: "pubkeyacceptedalgorithms", value: "ssh-ed25519",
			text:   "web1: no login as deploy: there is no key to offer",
			remedy: "name a key (IdentityFile) or load one into the agent (`ssh-add`)"},
		{name: "a server without keys", files: []string{plain.path},
			server: sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return true }, Config: func(c *ssh.ServerConfig) {
				c.PublicKeyCallback = nil
				c.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, errors.New("no") }
			}},
			text:   "web1: no login as deploy: the server takes no keys, only password; password: there is nobody to ask",
			remedy: "run it in a terminal, or set SSH_ASKPASS"},
		{name: "token that cannot be expanded", files: []string{"/keys/%Z"},
			text:   "web1: no login as deploy: there is no key to offer; expand \"/keys/%Z\": token %Z is not known",
			remedy: "name a key (IdentityFile) or load one into the agent (`ssh-add`)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if c.server.Authorize == nil {
					c.server.Authorize = func(string, ssh.PublicKey) bool { return false }
				}
				f := newFleet(t, c.server)
				f.config["identityfile"] = c.files
				f.config["identityagent"] = []string{"none"}
				if c.config != "" {
					f.config[c.config] = []string{c.value}
				}
				h := f.host(t, "web1")
				err := h.Connect(t.Context())
				if err == nil || err.Error() != c.text {
					t.Errorf("says\n%v, want\n%s", err, c.text)
				}
				if got := remote.Remedy(err); got != c.remedy {
					t.Errorf("advises %q, want %q", got, c.remedy)
				}
				if strings.Contains(err.Error()+remote.Remedy(err), passphrase) {
					t.Error("the error quotes the file")
				}
				if _, ok := h.RetryAfter(err, 0); ok || f.dials.Load() != 1 {
					t.Errorf("retry %v after %d dials", ok, f.dials.Load())
				}
			})
		})
	}
}

// agentPatience is less than what an agent may take, and more than any machine needs to close a socket.
const agentPatience = 20 * time.Second

// An agent that waits for a touch does not hold a caller who has gone.
func TestAgentThatWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c, err := listener.Accept()
		if err != nil {
			return
		}
		close(asked)
		buf := make([]byte, 64)
		for err == nil { // reads the question, never answers
			_, err = c.Read(buf)
		}
		_ = c.Close()
	}()
	t.Cleanup(func() { _ = listener.Close() })
	f := newFleet(t, sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return true }})
	f.config["identityagent"] = []string{path}
	h := f.host(t, "web1")
	failed := make(chan error)
	go func() { failed <- h.Connect(t.Context()) }()
	<-asked
	go f.pool.Close()
	select {
	case <-ended:
	case <-time.After(agentPatience):
		t.Fatal("the agent is still asked")
	}
	if err := <-failed; err == nil {
		t.Error("connected")
	}
}
