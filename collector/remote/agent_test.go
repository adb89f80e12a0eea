package remote_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// serve runs an agent and returns its socket.
func serve(t *testing.T, a agent.Agent) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(a, c)
				_ = c.Close()
			}()
		}
	}()
	return path
}

// notebook is an agent that keeps what it is given.
type notebook struct {
	agent.Agent
	added chan agent.AddedKey
	full  bool
}

func (n *notebook) Add(k agent.AddedKey) error {
	if n.full {
		return errors.New("no room")
	}
	n.added <- k
	return nil
}

func TestAddKeysToAgent(t *testing.T) {
	t.Parallel()
	const passphraseFirst, keep = "deploy@web1, passphrase, id, try 1", "deploy@web1, keep, id, try 1, echo"
	for _, c := range []struct {
		value   string
		answers []string
		full    bool
		asked   []string
		want    string // comment, lifetime, confirm
		note    string
	}{
		{value: "false", answers: []string{passphrase}, asked: []string{passphraseFirst}},
		{value: "true", answers: []string{passphrase}, asked: []string{passphraseFirst}, want: "id 0 false"},
		{value: "300", answers: []string{passphrase}, asked: []string{passphraseFirst}, want: "id 300 false"},
		{value: "5m", answers: []string{passphrase}, asked: []string{passphraseFirst}, want: "id 300 false"},
		{value: "confirm", answers: []string{passphrase}, asked: []string{passphraseFirst}, want: "id 0 true"},
		{value: "confirm 3600", answers: []string{passphrase}, asked: []string{passphraseFirst}, want: "id 3600 true"},
		{value: "ask", answers: []string{passphrase, "yes"}, asked: []string{passphraseFirst, keep}, want: "id 0 false"},
		{value: "ask", answers: []string{passphrase, "no"}, asked: []string{passphraseFirst, keep}},
		{value: "ask", answers: []string{passphrase}, asked: []string{passphraseFirst, keep}},
		{value: "perhaps", answers: []string{passphrase}, asked: []string{passphraseFirst},
			note: "AddKeysToAgent perhaps is not understood: unlocked keys stay in pumatop alone"},
		{value: "yes", answers: []string{passphrase}, full: true, asked: []string{passphraseFirst},
			note: "AddKeysToAgent: the agent did not take the key"},
	} {
		t.Run(c.value, func(t *testing.T) {
			t.Parallel()
			key := sealed(t, t.TempDir(), "id", true)
			book := &notebook{agent.NewKeyring(), make(chan agent.AddedKey, 9), c.full}
			f := newFleet(t, sshtest.Options{Authorize: takes(key)})
			who := says(c.answers...)
			f.asks(t, who)
			f.config["identityfile"], f.config["identityagent"] = []string{key.path}, []string{serve(t, book)}
			f.config["addkeystoagent"] = []string{c.value}
			h := f.connected(t, "web1")
			f.pool.Close() // it waits for what is under way
			got := ""
			select {
			case k := <-book.added:
				got = fmt.Sprintf("%s %d %t", filepath.Base(k.Comment), k.LifetimeSecs, k.ConfirmBeforeUse)
				if s, err := ssh.NewSignerFromKey(k.PrivateKey); err != nil || string(s.PublicKey().Marshal()) != key.public() {
					t.Errorf("the agent has another key: %v", err)
				}
			default:
			}
			if got != c.want {
				t.Errorf("added %q, want %q", got, c.want)
			}
			if got := who.questions(); !slices.Equal(got, c.asked) {
				t.Errorf("asked %q, want %q", got, c.asked)
			}
			if notes := h.Notes(); c.note != "" && !slices.Contains(notes, c.note) || c.note == "" && len(notes) > 0 {
				t.Errorf("notes are %q, want %q", notes, c.note)
			}
			secretFree(t, h, nil)
		})
	}
}

// fido is an agent with a key in hardware: it signs when it is touched.
type fido struct {
	agent.Agent
	key     ed25519.PrivateKey
	touched chan bool // a touch each, false for none in time

	mu            sync.Mutex
	waiting, most int
}

const application = "ssh:"

func newFido(t *testing.T) *fido {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &fido{Agent: agent.NewKeyring(), key: key, touched: make(chan bool)}
}

func (f *fido) public() ssh.PublicKey {
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type string
		Key  []byte
		App  string
	}{ssh.KeyAlgoSKED25519, f.key.Public().(ed25519.PublicKey), application}))
	if err != nil {
		panic(err)
	}
	return key
}

func (f *fido) List() ([]*agent.Key, error) {
	k := f.public()
	return []*agent.Key{{Format: k.Type(), Blob: k.Marshal(), Comment: "yubi"}}, nil
}

func (f *fido) Sign(_ ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	f.mu.Lock()
	f.waiting++
	f.most = max(f.most, f.waiting)
	f.mu.Unlock()
	touched := <-f.touched
	f.mu.Lock()
	f.waiting--
	f.mu.Unlock()
	if !touched {
		return nil, errors.New("not touched")
	}
	app, message := sha256.Sum256([]byte(application)), sha256.Sum256(data)
	rest := append([]byte{1}, binary.BigEndian.AppendUint32(nil, 7)...)
	signed := slices.Concat(app[:], rest, message[:])
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(f.key, signed), Rest: rest}, nil
}

// until waits for something that another goroutine does outside of a bubble.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 2000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not so: %s", what)
}

// Keys in hardware are touched one at a time, and each host says when it is its turn. Those that wait keep no server
// waiting.
func TestHardwareKeys(t *testing.T) {
	t.Parallel()
	key := newFido(t)
	f := newFleet(t, sshtest.Options{Authorize: func(_ string, k ssh.PublicKey) bool {
		return string(k.Marshal()) == string(key.public().Marshal())
	}})
	f.config["identityagent"] = []string{serve(t, key)}
	var hosts []*remote.Host
	failed := make(chan error, 3)
	for i := range 3 {
		h := f.host(t, fmt.Sprintf("web%d", i))
		hosts = append(hosts, h)
		go func() { failed <- h.Connect(t.Context()) }()
	}
	says := func(text func(h *remote.Host) string) func() bool {
		return func() bool {
			return slices.ContainsFunc(hosts, func(h *remote.Host) bool { return h.Waiting() == text(h) })
		}
	}
	for left := 3; left > 0; left-- {
		until(t, "one asks for a touch", says(func(h *remote.Host) string { return "touch your key for " + h.Name() }))
		if left > 1 {
			until(t, "another waits", says(func(*remote.Host) string { return "waits for its turn: another host wants a touch" }))
		}
		until(t, "no server waits for another's touch", func() bool { return f.Connections() == 1+3-left })
		key.touched <- true
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	until(t, "three logins", func() bool { return f.Logins() == 3 })
	if key.most != 1 {
		t.Errorf("%d touches at once", key.most)
	}
	h := f.host(t, "late")
	go func() { failed <- h.Connect(t.Context()) }()
	key.touched <- false
	check(t, h, <-failed, "late: no login as deploy: "+
		"the server takes yubi (agent), but the agent did not sign: agent: failed to sign challenge",
		"touch or confirm the key in time; if it was not asked for, it may be limited to other hosts (ssh-add -h)", "")
}
