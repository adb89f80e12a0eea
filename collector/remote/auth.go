package remote

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pumatop/collector/clean"
)

// agentLimit bounds what an agent may take in one login: it may be waiting for a touch or a confirmation.
const agentLimit = 30 * time.Second

// credential is a key to offer, and how an error calls it.
type credential struct {
	signer ssh.Signer
	label  string
}

// login collects the keys of one handshake and remembers what became of them.
type login struct {
	endpoint *endpoint
	extra    []ssh.Signer // Options.Signers

	mu     sync.Mutex
	agent  net.Conn
	closed bool

	offered  []string
	locked   []string
	accepted string // the encrypted file that the server would have taken
	notes    []string
	methods  []string
	// begun is set when the server has been asked for a login: what fails from then on is the login.
	begun bool
}

// authMethods is what to configure the client with. Every key is in one callback, because x/crypto uses only the
// first method of each kind.
func (l *login) authMethods() []ssh.AuthMethod {
	return []ssh.AuthMethod{ssh.PublicKeysCallback(l.signers)}
}

// observe is called before each attempt and notes what the server accepts.
func (l *login) observe(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.begun = true
	l.methods = nil
	for _, m := range c.AllowedMethods {
		l.methods = append(l.methods, clean.Short(m, 40))
	}
	return nil, nil
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
	l.agent = c
	if l.closed {
		_ = c.Close()
	}
}

// failure is what a refused login amounts to.
func (l *login) failure(err error) error {
	return &AuthError{
		Host: l.endpoint.name, User: l.endpoint.user, Offered: l.offered, Locked: l.locked, Accepted: l.accepted,
		Notes: l.notes, Methods: l.methods, Err: &quiet{clean.Short(err.Error(), 300), err},
	}
}

// signers are the keys in OpenSSH's order: certificates of the configuration, keys of the agent that the
// configuration names, the agent's others unless IdentitiesOnly, files. Encrypted files come last, because x/crypto
// stops at a key that is accepted and cannot sign, and another might do.
func (l *login) signers() ([]ssh.Signer, error) {
	e := l.endpoint
	l.notes = append(l.notes, e.notes...)
	var all []credential
	for _, s := range l.extra {
		all = append(all, credential{s, s.PublicKey().Type()})
	}
	if e.publicKey {
		files := readIdentities(e.identities)
		held := l.agentKeys()
		all = append(all, l.certificates(files, held)...)
		all = append(all, l.order(files, held)...)
	}
	signers := make([]ssh.Signer, 0, len(all))
	for _, c := range all {
		s, ok := narrow(c.signer, e.publicKeyAlgorithms)
		if ok && e.tooShort(c.signer.PublicKey()) {
			l.notes = append(l.notes, c.label+" is shorter than RequiredRSASize")
			ok = false
		}
		if !ok {
			continue
		}
		signers = append(signers, s)
		if _, locked := c.signer.(*lockedSigner); !locked {
			l.offered = append(l.offered, c.label)
		}
	}
	return signers, nil
}

// order merges the agent's keys with the files.
func (l *login) order(files []identity, held []credential) []credential {
	var named, others, plain, locked []credential
	inAgent := map[string]bool{}
	configured := map[string]bool{}
	for _, f := range files {
		if f.public != nil {
			configured[string(f.public.Marshal())] = true
		}
	}
	for _, k := range held {
		id := string(k.signer.PublicKey().Marshal())
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
			l.notes = append(l.notes, f.note)
		}
		switch {
		case f.public != nil && inAgent[string(f.public.Marshal())]:
		case f.signer != nil:
			plain = append(plain, credential{f.signer, f.path})
		case f.locked:
			l.locked = append(l.locked, f.path)
			if f.public != nil {
				locked = append(locked, credential{&lockedSigner{f.public, f.path, l}, f.path})
			}
		}
	}
	return append(append(append(named, others...), plain...), locked...)
}

// agentKeys are the keys the agent has. Without an agent there are none; one that does not answer is a note.
func (l *login) agentKeys() []credential {
	if l.endpoint.agent == "" {
		return nil
	}
	c, err := net.DialTimeout("unix", l.endpoint.agent, time.Second)
	if err != nil {
		l.notes = append(l.notes, clean.Line(fmt.Sprintf("the agent cannot be reached: %v", err)))
		return nil
	}
	l.talk(c)
	_ = c.SetDeadline(time.Now().Add(agentLimit))
	signers, err := agent.NewClient(c).Signers()
	if err != nil {
		l.notes = append(l.notes, clean.Line(fmt.Sprintf("the agent does not tell its keys: %v", err)))
		return nil
	}
	keys := make([]credential, 0, len(signers))
	for _, s := range signers {
		label := "a key of the agent"
		if k, ok := s.PublicKey().(*agent.Key); ok && k.Comment != "" {
			label = clean.Short(k.Comment, 60) + " (agent)"
		}
		keys = append(keys, credential{s, label})
	}
	return keys
}

// certificates pairs CertificateFile, and the FILE-cert.pub beside each key, with a key that can sign.
func (l *login) certificates(files []identity, held []credential) []credential {
	keys := map[string]ssh.Signer{}
	for _, f := range files {
		if f.signer != nil {
			keys[string(f.public.Marshal())] = f.signer
		}
	}
	for _, k := range held {
		keys[string(k.signer.PublicKey().Marshal())] = k.signer
	}
	paths := append([]string(nil), l.endpoint.certificates...)
	for _, f := range l.endpoint.identities {
		paths = append(paths, f+"-cert.pub")
	}
	var all []credential
	for _, path := range paths {
		c, ok := readPublic(path).(*ssh.Certificate)
		if !ok {
			continue
		}
		if c.ValidBefore != ssh.CertTimeInfinity && uint64(time.Now().Unix()) >= c.ValidBefore {
			// The server would refuse it without a word of why.
			l.notes = append(l.notes, "certificate "+path+" has expired")
			continue
		}
		if key := keys[string(c.Key.Marshal())]; key != nil {
			if s, err := ssh.NewCertSigner(c, key); err == nil {
				all = append(all, credential{s, path})
			}
		}
	}
	return all
}

// identity is what a key file holds.
type identity struct {
	path   string
	public ssh.PublicKey // nil where nobody can tell
	signer ssh.Signer    // nil where the file is encrypted, or only its public half is here
	locked bool
	note   string
}

// readIdentities reads key files. Those that are not there are normal: ssh's defaults name seven. The public half
// alone is enough for a key that the agent has.
func readIdentities(paths []string) []identity {
	var found []identity
	for _, path := range paths {
		id := identity{path: path, public: readPublic(path + ".pub")}
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			if id.public != nil {
				found = append(found, id)
			}
			continue
		case err != nil:
			id.note = clean.Line("key " + err.Error())
		default:
			id.parse(text)
		}
		found = append(found, id)
	}
	return found
}

func (id *identity) parse(text []byte) {
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		id.signer, id.public = signer, signer.PublicKey()
	case errors.As(err, &encrypted):
		id.locked = true
		if encrypted.PublicKey != nil {
			id.public = encrypted.PublicKey
		}
	case readPublicText(text) != nil: // IdentityFile may name the public half
		id.public = readPublicText(text)
	case strings.Contains(err.Error(), "unhandled key type"):
		id.note = "key " + id.path + " is of a type that needs the agent (hardware?)"
	default:
		// The parser's own words may quote the file.
		id.note = "key " + id.path + " cannot be read: not a private key, or damaged"
	}
}

func readPublic(path string) ssh.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return readPublicText(text)
}

func readPublicText(text []byte) ssh.PublicKey {
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

// lockedSigner stands for an encrypted file. The server is asked whether it would accept the key; only if it would
// is anything signed, and then the login ends with the one key that is worth unlocking.
type lockedSigner struct {
	public ssh.PublicKey
	path   string
	login  *login
}

func (s *lockedSigner) PublicKey() ssh.PublicKey { return s.public }

func (s *lockedSigner) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(r, data, "")
}

func (s *lockedSigner) SignWithAlgorithm(io.Reader, []byte, string) (*ssh.Signature, error) {
	s.login.accepted = s.path
	return nil, errors.New("the key file is encrypted")
}

// narrow limits a key to what may be signed with: what the user allows, and never SHA-1 unless he names it. ok is
// false where nothing is left.
func narrow(s ssh.Signer, allowed []string) (ssh.Signer, bool) {
	keyType := s.PublicKey().Type()
	if allowed != nil && !allows(allowed, keyType) {
		return nil, false
	}
	if keyType != ssh.KeyAlgoRSA {
		return s, true
	}
	algorithms := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	if allowed != nil {
		algorithms = restrict(allowed, append(algorithms, ssh.KeyAlgoRSA))
	}
	as, ok := s.(ssh.AlgorithmSigner)
	if !ok {
		return s, true
	}
	narrowed, err := ssh.NewSignerWithAlgorithms(as, algorithms)
	if err != nil {
		return nil, false
	}
	return narrowed, true
}

func allows(allowed []string, keyType string) bool {
	for _, a := range allowed {
		if a == keyType || (keyType == ssh.KeyAlgoRSA && strings.HasPrefix(a, "rsa-sha2-") && !strings.Contains(a, "cert")) ||
			(keyType == ssh.CertAlgoRSAv01 && strings.HasPrefix(a, "rsa-sha2-") && strings.Contains(a, "cert")) {
			return true
		}
	}
	return false
}
