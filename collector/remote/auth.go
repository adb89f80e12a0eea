package remote

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pumatop/collector/clean"
)

// agentLimit bounds what an agent may take to tell its keys, and then for each signature: it may be waiting for a touch
// or a confirmation.
const agentLimit = 30 * time.Second

// credential is a key to offer, and how an error calls it.
type credential struct {
	signer ssh.Signer // nil where the file is encrypted
	public ssh.PublicKey
	label  string
	held   net.Conn // the agent that has it, nil for a file
	locked string   // the encrypted file that it comes from
}

func fileKey(s ssh.Signer, label string) credential {
	return credential{signer: s, public: s.PublicKey(), label: label}
}

// login collects the keys of one handshake and remembers what became of them.
type login struct {
	*dialogue
	clock *patience

	mu     sync.Mutex
	agent  net.Conn
	closed bool

	offered  []string
	locked   []string
	blind    []string // those of locked that cannot be offered, because nobody knows their public half
	accepted string   // the encrypted file that the server would have taken
	unsigned string   // what became of a key that the server takes and the agent did not sign with
	unturned bool     // a hardware key is wanted while another host waits for its touch
	notes    []string
	methods  []string
	passed   []string // methods that the server was content with, and wants more
	// begun is set when the server has been asked for a login: what fails from then on is the login.
	begun bool
	sent  bool // a signature, a password or an answer, or one is about to be
	questions
}

// close ends the conversation with the agent, whatever it is waiting for.
func (l *login) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.agent != nil {
		_ = l.agent.Close()
	}
}

// talk makes c the conversation that close ends.
func (l *login) talk(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.agent != nil {
		_ = l.agent.Close()
	}
	l.agent = c
	if l.closed {
		_ = c.Close()
	}
}

// note says something once.
func (l *login) note(text string) {
	if text = clean.Line(text); !slices.Contains(l.notes, text) {
		l.notes = append(l.notes, text)
	}
}

// failure is what a refused login amounts to.
func (l *login) failure(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "ssh: handshake failed: ssh: disconnect, reason 2: "); ok {
		if words, err := strconv.Unquote(text); err == nil { // as x/crypto writes them
			text = words
		}
		l.note("the server ended it: " + clean.Short(text, 100))
	}
	e := &AuthError{
		Host: l.endpoint.name, User: l.endpoint.user, Offered: l.offered, Locked: l.locked, Accepted: l.accepted,
		Notes: l.notes, Methods: l.methods, Passed: l.passed, Unsigned: l.unsigned, Question: l.asked, Answer: l.answer,
		Err: &quiet{clean.Short(err.Error(), 300), err},
	}
	if e.HungUp = hungUp(err); e.Question != "" && e.Answer == nil && !e.HungUp {
		e.Answer = errRefused
	}
	return e
}

// signers are the keys in OpenSSH's order: certificates of the configuration, keys of the agent that the
// configuration names, the agent's others unless IdentitiesOnly, files. Encrypted files come last, because x/crypto
// stops at a key that is accepted and cannot sign, and another might do. Where a person is asked as well, only those are
// offered again that the server has been content with: the others would use up its patience (MaxAuthTries).
func (l *login) signers() ([]ssh.Signer, error) {
	l.offered, l.locked, l.blind = nil, nil, nil
	e := l.endpoint
	for _, n := range e.notes {
		l.note(n)
	}
	var all []credential
	for _, s := range l.pool.options.Signers {
		all = append(all, fileKey(s, s.PublicKey().Type()))
	}
	if e.publicKey {
		files := readIdentities(e.identities, &l.pool.keys)
		held := l.agentKeys()
		ready, locked := l.order(files, held)
		certified, lockedCerts := l.certificates(files, held)
		all = slices.Concat(all, certified, ready, lockedCerts, locked)
	}
	signers := make([]ssh.Signer, 0, len(all))
	for _, c := range all {
		if l.begins && !l.proved[string(c.public.Marshal())] {
			continue
		}
		s, ok := narrow(&watched{c, l}, e.publicKeyAlgorithms)
		if ok && e.tooShort(c.public) {
			l.note(c.label + " is shorter than RequiredRSASize")
			ok = false
		}
		if !ok {
			continue
		}
		signers = append(signers, s)
		if c.locked == "" {
			l.offered = append(l.offered, c.label)
		}
	}
	return signers, nil
}

// order merges the agent's keys with the files. Those that are encrypted stand apart.
func (l *login) order(files []identity, held []credential) (ready, locked []credential) {
	var named, others, plain []credential
	inAgent := map[string]bool{}
	configured := map[string]bool{}
	for _, f := range files {
		if f.public != nil {
			configured[string(f.public.Marshal())] = true
		}
	}
	for _, k := range held {
		id := string(k.public.Marshal())
		inAgent[id] = true
		switch {
		case configured[id]:
			named = append(named, k)
		case !l.endpoint.identitiesOnly:
			others = append(others, k)
		}
	}
	for _, f := range files {
		if f.note != "" {
			l.note(f.note)
		}
		switch {
		case f.public != nil && inAgent[string(f.public.Marshal())]:
		case f.signer != nil:
			plain = append(plain, fileKey(f.signer, f.path))
		case f.locked && f.public == nil:
			l.locked, l.blind = append(l.locked, f.path), append(l.blind, f.path)
		case f.locked:
			l.locked = append(l.locked, f.path)
			locked = append(locked, credential{public: f.public, label: f.path, locked: f.path})
		}
	}
	return slices.Concat(named, others, plain), locked
}

// agentKeys are the keys the agent has. Without an agent there are none; one that does not answer is a note.
func (l *login) agentKeys() []credential {
	if l.endpoint.agent == "" {
		return nil
	}
	c, err := net.DialTimeout("unix", l.endpoint.agent, time.Second)
	if err != nil {
		l.note(fmt.Sprintf("the agent cannot be reached: %v", err))
		return nil
	}
	l.talk(c)
	_ = c.SetDeadline(time.Now().Add(agentLimit))
	signers, err := agent.NewClient(c).Signers()
	if err != nil {
		l.note(fmt.Sprintf("the agent does not tell its keys: %v", err))
		return nil
	}
	keys := make([]credential, 0, len(signers))
	for _, s := range signers {
		label := "a key of the agent"
		if k, ok := s.PublicKey().(*agent.Key); ok && k.Comment != "" {
			label = clean.Short(k.Comment, 60) + " (agent)"
		}
		keys = append(keys, credential{signer: s, public: s.PublicKey(), label: label, held: c})
	}
	return keys
}

// certificates pairs CertificateFile, and the FILE-cert.pub beside each key, with a key that can sign, or with an
// encrypted file.
func (l *login) certificates(files []identity, held []credential) (ready, locked []credential) {
	keys := map[string]credential{}
	for _, f := range files {
		switch {
		case f.signer != nil:
			keys[string(f.public.Marshal())] = fileKey(f.signer, f.path)
		case f.locked && f.public != nil:
			keys[string(f.public.Marshal())] = credential{public: f.public, locked: f.path}
		}
	}
	for _, k := range held {
		keys[string(k.public.Marshal())] = k
	}
	paths := slices.Clone(l.endpoint.certificates)
	for _, f := range l.endpoint.identities {
		paths = append(paths, f+"-cert.pub")
	}
	for _, path := range paths {
		c, ok := readPublic(path).(*ssh.Certificate)
		if !ok {
			continue
		}
		if c.ValidBefore != ssh.CertTimeInfinity && uint64(time.Now().Unix()) >= c.ValidBefore {
			// The server would refuse it without a word of why.
			l.note("certificate " + path + " has expired")
			continue
		}
		key, ok := keys[string(c.Key.Marshal())]
		switch {
		case !ok:
		case key.locked != "":
			locked = append(locked, credential{public: c, label: path, locked: key.locked})
		default:
			if s, err := ssh.NewCertSigner(c, key.signer); err == nil {
				ready = append(ready, credential{signer: s, public: c, label: path, held: key.held})
			}
		}
	}
	return ready, locked
}
