package remote_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

func TestEncryptedKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, locked, other := writeKey(t, dir, "plain", false), sealed(t, dir, "locked", true), sealed(t, dir, "other", true)
	blind, blind2 := sealed(t, dir, "blind", false), sealed(t, dir, "blind2", false)
	first := "deploy@web1, passphrase, locked, try 1"
	for _, c := range []struct {
		name    string
		files   []userKey
		accepts userKey
		answers []string
		batch   bool
		asked   []string
		dials   int64
		text    string // of the error; @ is the directory
		remedy  string
	}{
		{name: "typed right", files: []userKey{plain, locked}, accepts: locked, answers: []string{passphrase},
			asked: []string{first}, dials: 2},
		{name: "wrong at first", files: []userKey{locked}, accepts: locked, answers: []string{"no", passphrase},
			asked: []string{first, "deploy@web1, passphrase, locked, try 2"}, dials: 2},
		{name: "never right", files: []userKey{locked}, accepts: locked, answers: []string{"a", "b", "c", passphrase},
			asked: []string{first, "deploy@web1, passphrase, locked, try 2", "deploy@web1, passphrase, locked, try 3"}, dials: 1,
			text: "web1: no login as deploy: passphrase of @/locked: wrong passphrase", remedy: "press F5 to be asked again, or run pumatop again"},
		{name: "declined", files: []userKey{locked}, accepts: locked, asked: []string{first}, dials: 1,
			text: "web1: no login as deploy: passphrase of @/locked: not answered", remedy: "press F5 to be asked again, or run pumatop again"},
		{name: "empty is a no, as with ssh", files: []userKey{locked}, accepts: locked, answers: []string{"", passphrase}, asked: []string{first}, dials: 1,
			text: "web1: no login as deploy: passphrase of @/locked: not answered", remedy: "press F5 to be asked again, or run pumatop again"},
		{name: "BatchMode", files: []userKey{locked}, accepts: locked, batch: true, dials: 1,
			text:   "web1: no login as deploy: the server takes @/locked, but the file is encrypted and no agent has its key",
			remedy: "run `ssh-add @/locked`"},
		{name: "a key that the server would not take is never asked for", files: []userKey{locked, other}, accepts: plain, dials: 1,
			text:   "web1: no login as deploy: there is no key to offer; encrypted and in no agent: @/locked, @/other",
			remedy: "run `ssh-add @/locked` if that key is the one"},
		{name: "another key does", files: []userKey{locked, blind, plain}, accepts: plain, dials: 1},
		{name: "of two that are locked the right one", files: []userKey{other, locked}, accepts: locked, answers: []string{passphrase},
			asked: []string{first}, dials: 2},
		{name: "nobody can tell whether it is taken", files: []userKey{blind}, accepts: blind, answers: []string{passphrase},
			asked: []string{"deploy@web1, passphrase, blind, try 1"}, dials: 2},
		{name: "two of those, the first declined", files: []userKey{blind, blind2}, accepts: blind2, answers: []string{"", passphrase},
			asked: []string{"deploy@web1, passphrase, blind, try 1", "deploy@web1, passphrase, blind2, try 1"}, dials: 2},
		{name: "opened in vain", files: []userKey{blind}, accepts: plain, answers: []string{passphrase},
			asked: []string{"deploy@web1, passphrase, blind, try 1"}, dials: 2,
			text:   "web1: no login as deploy: no key accepted, offered @/blind",
			remedy: "check that `ssh web1` logs in without a question, and that the key is in the host's authorized_keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{Authorize: takes(c.accepts)})
				who := says(c.answers...)
				answer := who.answer
				who.answer = func(ctx context.Context, q prompt.Question) (string, error) {
					time.Sleep(time.Hour) // a person at lunch
					if n := f.Connections(); n != 0 {
						t.Errorf("%d connections stand while somebody thinks", n)
					}
					return answer(ctx, q)
				}
				f.asks(t, who)
				var paths []string
				for _, k := range c.files {
					paths = append(paths, k.path)
				}
				f.config["identityfile"], f.config["identityagent"] = paths, []string{"none"}
				f.config["batchmode"] = []string{map[bool]string{true: "yes", false: "no"}[c.batch]}
				h := f.host(t, "web1")
				err := h.Connect(t.Context())
				check(t, h, err, c.text, c.remedy, dir)
				if got := who.questions(); !slices.Equal(got, c.asked) {
					t.Errorf("asked %q, want %q", got, c.asked)
				}
				if n := f.dials.Load(); n != c.dials {
					t.Errorf("%d connections, want %d", n, c.dials)
				}
			})
		})
	}
}

// check compares an error with its words, in which @ is a directory; a refused login is not repeated by itself.
func check(t *testing.T, h *remote.Host, err error, text, remedy, dir string) {
	t.Helper()
	secretFree(t, h, err)
	if text == "" {
		if err != nil {
			t.Errorf("got %v", err)
		}
		return
	}
	if err == nil || err.Error() != filled(text, dir) {
		t.Errorf("says\n%v, want\n%s", err, filled(text, dir))
	}
	if got := remote.Remedy(err); got != filled(remedy, dir) {
		t.Errorf("advises\n%s, want\n%s", got, filled(remedy, dir))
	}
	if _, again := h.RetryAfter(err, 0); again {
		t.Error("it would be repeated by itself")
	}
}

// TestOnePassphraseForAll: three hundred hosts that share a key ask once, whatever the answer.
func TestOnePassphraseForAll(t *testing.T) {
	t.Parallel()
	const many = 20
	key := sealed(t, t.TempDir(), "shared", true)
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Authorize: takes(key)})
		who := says("", "wrong", passphrase)
		answer := who.answer
		who.answer = func(ctx context.Context, q prompt.Question) (string, error) {
			time.Sleep(time.Minute)
			return answer(ctx, q)
		}
		f.asks(t, who)
		f.config["identityfile"], f.config["identityagent"] = []string{key.path}, []string{"none"}
		var hosts []*remote.Host
		for i := range many {
			hosts = append(hosts, f.host(t, fmt.Sprintf("web%d", i)))
		}
		connect := func() (failed int) {
			var mu sync.Mutex
			var all sync.WaitGroup
			for i, h := range hosts {
				all.Go(func() {
					time.Sleep(time.Duration(i) * 6 * time.Second) // some come after the answer
					if err := h.Connect(t.Context()); err != nil {
						secretFree(t, h, err)
						if !errors.Is(err, prompt.ErrDeclined) {
							t.Errorf("%s: %v", h, err)
						}
						mu.Lock()
						defer mu.Unlock()
						failed++
					}
				})
			}
			all.Wait()
			return failed
		}
		if failed := connect(); failed != many || len(who.questions()) != 1 || f.Logins() != 0 {
			t.Fatalf("declined: %d failed, asked %q", failed, who.questions())
		}
		// a host that is tried by itself later, such as one that was down, has its answer already
		late := f.host(t, "late")
		if err := late.Connect(t.Context()); !errors.Is(err, prompt.ErrDeclined) || len(who.questions()) != 1 {
			t.Errorf("asked again: %v, %q", err, who.questions())
		}
		// F5
		if failed := connect(); failed != 0 || len(who.questions()) != 3 || f.Logins() != many {
			t.Errorf("%d failed, %d logins, asked %q", failed, f.Logins(), who.questions())
		}
	})
}

// A question that was put for a host that has gone meanwhile stays for the others, and goes with the last of them.
func TestPassphraseIsWaitedForByOthers(t *testing.T) {
	t.Parallel()
	key := sealed(t, t.TempDir(), "shared", true)
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Authorize: takes(key)})
		type waiter struct {
			ctx    context.Context
			answer chan string
		}
		asked := make(chan waiter, 9)
		f.asks(t, &person{answer: func(ctx context.Context, _ prompt.Question) (string, error) {
			w := waiter{ctx, make(chan string)}
			asked <- w
			select {
			case text := <-w.answer:
				return text, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}})
		f.config["identityfile"], f.config["identityagent"] = []string{key.path}, []string{"none"}
		connect := func(name string) (context.CancelFunc, chan error) {
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			h := f.host(t, name)
			go func() { failed <- h.Connect(ctx) }()
			synctest.Wait()
			return cancel, failed
		}
		leave1, failed1 := connect("web1")
		leave2, failed2 := connect("web2")
		leave1()
		<-failed1
		synctest.Wait()
		w := <-asked
		if w.ctx.Err() != nil {
			t.Fatal("the question went with the first host")
		}
		leave2()
		<-failed2
		synctest.Wait()
		if w.ctx.Err() == nil {
			t.Error("the question is still there, for nobody")
		}
		_, failed3 := connect("web3")
		(<-asked).answer <- passphrase
		if err := <-failed3; err != nil {
			t.Error(err)
		}
	})
}

// A certificate whose key is encrypted is what the server is asked about; its key's file is what is opened.
func TestEncryptedCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := sealed(t, dir, "id", true)
	authority := sshtest.NewKey()
	cert := certify(t, authority, key.signer.PublicKey(), ssh.CertTimeInfinity)
	path := filepath.Join(dir, "signed-cert.pub")
	write(t, path, ssh.MarshalAuthorizedKey(cert))
	f := newFleet(t, sshtest.Options{Authorize: func(_ string, k ssh.PublicKey) bool { return string(k.Marshal()) == string(cert.Marshal()) }})
	who := says(passphrase)
	f.asks(t, who)
	f.config["identityfile"], f.config["identityagent"], f.config["certificatefile"] = []string{key.path}, []string{"none"}, []string{path}
	if err := f.host(t, "web1").Connect(t.Context()); err != nil {
		t.Error(err)
	}
	if got := who.questions(); !slices.Equal(got, []string{"deploy@web1, passphrase, id, try 1"}) {
		t.Errorf("asked %q", got)
	}
}

func certify(t *testing.T, authority ssh.Signer, key ssh.PublicKey, until uint64) *ssh.Certificate {
	t.Helper()
	cert := &ssh.Certificate{Key: key, CertType: ssh.UserCert, ValidPrincipals: []string{"deploy"}, ValidBefore: until}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return cert
}

// A certificate of the configuration signs with the agent's key or with a file; an agent offers its own; one that has
// expired is named, because the server would not.
func TestCertificates(t *testing.T) {
	t.Parallel()
	authority := sshtest.NewKey()
	checker := ssh.CertChecker{IsUserAuthority: func(k ssh.PublicKey) bool {
		return string(k.Marshal()) == string(authority.PublicKey().Marshal())
	}}
	server := sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return false }, Config: func(c *ssh.ServerConfig) {
		c.PublicKeyCallback = func(m ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
			if _, ok := k.(*ssh.Certificate); !ok {
				return nil, errors.New("certificates alone")
			}
			_, err := checker.Authenticate(m, k)
			return nil, err
		}
	}}
	past := uint64(time.Now().Add(-time.Hour).Unix())
	for _, c := range []struct {
		name                 string
		inAgent, inFile, own bool
		until                uint64
		text                 string
	}{
		{name: "key in the agent", inAgent: true, until: ssh.CertTimeInfinity},
		{name: "key in a file", inFile: true, until: ssh.CertTimeInfinity},
		{name: "certificate in the agent", inAgent: true, own: true, until: ssh.CertTimeInfinity},
		{name: "expired", inFile: true, until: past,
			text: "web1: no login as deploy: no key accepted, offered @/id; certificate @/id-cert.pub has expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			key := writeKey(t, dir, "id", !c.inFile)
			cert := certify(t, authority, key.signer.PublicKey(), c.until)
			f := newFleet(t, server)
			f.config["identityfile"], f.config["identityagent"] = []string{key.path}, []string{"none"}
			added := agent.AddedKey{PrivateKey: key.raw}
			if c.own {
				added.Certificate = cert
			} else {
				write(t, key.path+"-cert.pub", ssh.MarshalAuthorizedKey(cert))
			}
			if c.inAgent {
				f.config["identityagent"] = []string{serveAgent(t, added)}
			}
			h := f.host(t, "web1")
			err := h.Connect(t.Context())
			check(t, h, err, c.text, "check that `ssh web1` logs in without a question, and that the key is in the host's authorized_keys", dir)
		})
	}
}

// The format that ssh-keygen writes today, with its public half inside; with one round of what makes it slow to open.
func TestEncryptedKeyOfOpenSSH(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "id_ed25519")
	cmd := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-f", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Remove(path + ".pub"); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return true }})
	f.asks(t, says(passphrase))
	f.config["identityfile"], f.config["identityagent"] = []string{path}, []string{"none"}
	if err := f.host(t, "web1").Connect(t.Context()); err != nil {
		t.Error(err)
	}
}
