package knownhosts

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Host is what the files say of one host. It is the result of one pass and is kept for the whole connection.
type Host struct {
	// Name is the host as known_hosts writes it.
	Name string

	host    string // without brackets and port, for a certificate's principals
	exact   []*Entry
	bare    []*Entry // under the name without a port, where the port is not 22
	revoked map[string]*Entry
}

// Lookup collects what the files say of a host: host is HostKeyAlias or the resolved name, never the address.
func (f *Files) Lookup(host, port string) *Host {
	h := &Host{Name: Name(host, port), host: strings.ToLower(host), revoked: map[string]*Entry{}}
	for i := range f.entries {
		e := &f.entries[i]
		exact := e.matches(h.Name)
		bare := exact || (h.host != h.Name && e.matches(h.host))
		switch {
		case e.revoked && bare:
			h.revoked[string(e.Key.Marshal())] = e
		case e.revoked:
		case exact:
			h.exact = append(h.exact, e)
		case bare:
			h.bare = append(h.bare, e)
		}
	}
	return h
}

// preferred is OpenSSH's order of host key algorithms as far as x/crypto has them, without SHA-1.
var preferred = [...]struct{ plain, certificate string }{
	{ssh.KeyAlgoED25519, ssh.CertAlgoED25519v01},
	{ssh.KeyAlgoECDSA256, ssh.CertAlgoECDSA256v01},
	{ssh.KeyAlgoECDSA384, ssh.CertAlgoECDSA384v01},
	{ssh.KeyAlgoECDSA521, ssh.CertAlgoECDSA521v01},
	{ssh.KeyAlgoRSASHA512, ssh.CertAlgoRSASHA512v01},
	{ssh.KeyAlgoRSASHA256, ssh.CertAlgoRSASHA256v01},
}

// Algorithms is what to ask the server for, in order: certificates where an authority is trusted for the host (of
// every type, since the authority's own says nothing of the host's), the types of known keys, the rest.
func (h *Host) Algorithms() []string {
	authority := false
	types := map[string]bool{}
	for _, e := range h.entries() {
		if e.authority {
			authority = true
			continue
		}
		types[e.Key.Type()] = true
	}
	var certificates, known, rest []string
	for _, a := range preferred {
		if authority {
			certificates = append(certificates, a.certificate)
		}
		isRSA := a.plain == ssh.KeyAlgoRSASHA512 || a.plain == ssh.KeyAlgoRSASHA256
		if types[a.plain] || (isRSA && types[ssh.KeyAlgoRSA]) {
			known = append(known, a.plain)
		} else {
			rest = append(rest, a.plain)
		}
	}
	return append(append(certificates, known...), rest...)
}

func (h *Host) entries() []*Entry { return append(append([]*Entry(nil), h.exact...), h.bare...) }

// Verdict is what a host's key turned out to be.
type Verdict int

// The verdicts that refuse a key.
const (
	Unknown   Verdict = iota // no key of the host is known
	Changed                  // others are known, not this one
	Revoked                  // the key, the key in a certificate, or its authority is marked @revoked
	Untrusted                // a certificate that does not hold: authority, name, time or signature
)

// Error refuses a host key.
type Error struct {
	Verdict Verdict
	Name    string // as known_hosts writes it
	Key     ssh.PublicKey
	Known   []*Entry // Changed: the keys that were expected; Revoked: the line that revokes
	Reason  string   // Untrusted: why
}

func (e *Error) Error() string {
	what := [...]string{"is not known", "has changed", "is revoked", "has a certificate that does not hold"}[e.Verdict]
	text := fmt.Sprintf("host key of %s %s: %s %s", e.Name, what, e.Key.Type(), ssh.FingerprintSHA256(e.Key))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Policy is what the configuration adds to the files.
type Policy struct {
	// CASignatures are the algorithms an authority may sign with; empty means all but SHA-1.
	CASignatures []string
	// Now is the time that a certificate is judged at; nil is time.Now.
	Now func() time.Time
}

// Check judges the key that the server proved to have. A refusal is an *[Error].
func (h *Host) Check(key ssh.PublicKey, policy Policy) error {
	if c, ok := key.(*ssh.Certificate); ok {
		return h.checkCertificate(c, policy)
	}
	if e := h.revoked[string(key.Marshal())]; e != nil {
		return &Error{Verdict: Revoked, Name: h.Name, Key: key, Known: []*Entry{e}}
	}
	var others []*Entry
	for _, e := range h.exact {
		if e.authority {
			continue
		}
		if sameKey(e.Key, key) {
			return nil
		}
		others = append(others, e)
	}
	// Keys of another type count, as for ssh: those types were asked for first, and a host that no longer has them
	// has changed.
	if len(others) > 0 {
		return &Error{Verdict: Changed, Name: h.Name, Key: key, Known: others}
	}
	// ssh accepts a key that is stored without the port. Another key there proves nothing: it may be another sshd.
	for _, e := range h.bare {
		if !e.authority && sameKey(e.Key, key) {
			return nil
		}
	}
	return &Error{Verdict: Unknown, Name: h.Name, Key: key}
}

func (h *Host) checkCertificate(c *ssh.Certificate, policy Policy) error {
	for _, key := range []ssh.PublicKey{c.Key, c.SignatureKey} {
		if e := h.revoked[string(key.Marshal())]; e != nil {
			return &Error{Verdict: Revoked, Name: h.Name, Key: c, Known: []*Entry{e}}
		}
	}
	if err := h.trust(c, policy); err != nil {
		return &Error{Verdict: Untrusted, Name: h.Name, Key: c, Reason: err.Error()}
	}
	return nil
}

func (h *Host) trust(c *ssh.Certificate, policy Policy) error {
	if c.CertType != ssh.HostCert {
		return errors.New("it is a user's, not a host's")
	}
	if !h.isAuthority(c.SignatureKey) {
		return errors.New("its authority is not known: " + ssh.FingerprintSHA256(c.SignatureKey))
	}
	if !maySign(c.Signature.Format, policy.CASignatures) {
		return errors.New("its authority signed with " + c.Signature.Format)
	}
	// Principals are names, without a port and without wildcards (OpenSSH 9.2 refuses those, too).
	checker := ssh.CertChecker{Clock: policy.Now}
	if err := checker.CheckCert(h.host, c); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "ssh: "))
	}
	return nil
}

func (h *Host) isAuthority(key ssh.PublicKey) bool {
	for _, e := range h.entries() {
		if e.authority && sameKey(e.Key, key) {
			return true
		}
	}
	return false
}

func maySign(format string, allowed []string) bool {
	if len(allowed) == 0 {
		return format != ssh.KeyAlgoRSA
	}
	for _, a := range allowed {
		if a == format {
			return true
		}
	}
	return false
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }
