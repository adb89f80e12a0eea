package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
	"pumatop/collector/remote/knownhosts"
)

// HostKeyUnknownError means that no key of the host is known yet.
type HostKeyUnknownError struct {
	Host        string
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…"
	File        string // where ssh would write it
	Err         error  // why nobody agreed to it, where somebody was asked

	key ssh.PublicKey
}

func (e *HostKeyUnknownError) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("%s: host key not known: %s %s", e.Host, e.Type, e.Fingerprint))
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *HostKeyUnknownError) Unwrap() error { return e.Err }

// Remedy says how to make it known, with a comparison.
func (e *HostKeyUnknownError) Remedy() string {
	if e.Err != nil && !errors.Is(e.Err, prompt.ErrNobody) {
		return askAgain
	}
	return fmt.Sprintf("run `ssh %s` once, compare the fingerprint and answer yes", e.Host)
}

// HostKeyChangedError means that the host proves another key than the one that is known: it was set up anew, or
// somebody stands in between.
type HostKeyChangedError struct {
	Host        string
	Name        string // as known_hosts writes it
	Type        string
	Fingerprint string // of the key that it has now
	Known       []KnownKey
}

// KnownKey is a key in a known_hosts file; without a file it is the one that a person has just agreed to.
type KnownKey struct {
	File        string
	Line        int
	Type        string
	Fingerprint string
}

func (e *HostKeyChangedError) Error() string {
	known := make([]string, 0, len(e.Known))
	for _, k := range e.Known {
		where := "agreed to just now"
		if k.File != "" {
			where = fmt.Sprintf("%s:%d", k.File, k.Line)
		}
		known = append(known, fmt.Sprintf("%s %s (%s)", k.Type, k.Fingerprint, where))
	}
	return fmt.Sprintf("%s: HOST KEY HAS CHANGED: it is %s %s, known is %s",
		e.Host, e.Type, e.Fingerprint, strings.Join(known, ", "))
}

// Remedy is the command that forgets the old keys, for those who know why it changed.
func (e *HostKeyChangedError) Remedy() string {
	var commands []string
	seen := map[string]bool{}
	for _, k := range e.Known {
		if k.File != "" && !seen[k.File] {
			seen[k.File] = true
			commands = append(commands, fmt.Sprintf("ssh-keygen -R %s -f %s", quote(e.Name), quote(k.File)))
		}
	}
	if len(commands) == 0 {
		return "find out why before anything else: two servers may answer at that address, or somebody stands in between"
	}
	return "find out why before anything else; if the host was set up anew: " + strings.Join(commands, "; ")
}

// HostKeyRevokedError means that the host proves a key that somebody marked as stolen.
type HostKeyRevokedError struct {
	Host, Type, Fingerprint string
	File                    string
	Line                    int
}

func (e *HostKeyRevokedError) Error() string {
	return fmt.Sprintf("%s: HOST KEY IS REVOKED (%s:%d): %s %s", e.Host, e.File, e.Line, e.Type, e.Fingerprint)
}

// Remedy asks for caution; there is no command to it.
func (e *HostKeyRevokedError) Remedy() string {
	return "do not connect; ask who revoked the key, and give the host a new one"
}

// HostCertificateError means that the host's certificate does not hold.
type HostCertificateError struct{ Host, Reason string }

func (e *HostCertificateError) Error() string {
	return fmt.Sprintf("%s: host certificate refused: %s", e.Host, e.Reason)
}

// Remedy says who can help.
func (e *HostCertificateError) Remedy() string {
	return "have the host's certificate renewed for this name, or correct the @cert-authority line"
}

// knownHosts are the known_hosts files in use. Parsed files are kept and read again when they change, because a
// thousand hosts share them.
type knownHosts struct {
	extra []byte // Options.KnownHosts

	mu     sync.Mutex
	parsed map[string]parsedFiles
}

type parsedFiles struct {
	stamp string
	files *knownhosts.Files
}

// stampOf is another one when one of the files has changed.
func stampOf(paths []string) string {
	var stamp strings.Builder
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			fmt.Fprintf(&stamp, "%d %d;", info.Size(), info.ModTime().UnixNano())
		} else {
			stamp.WriteString("-;")
		}
	}
	return stamp.String()
}

// knownHosts are the files that the host's key is looked up in.
func (e *endpoint) knownHosts() []string { return slices.Concat(e.userKnownHosts, e.globalKnownHosts) }

func (k *knownHosts) load(paths []string) (*knownhosts.Files, error) {
	key, stamp := strings.Join(paths, "\x00"), stampOf(paths)
	k.mu.Lock()
	defer k.mu.Unlock()
	if p, ok := k.parsed[key]; ok && p.stamp == stamp {
		return p.files, nil
	}
	files, err := knownhosts.Load(paths...)
	if err != nil {
		return nil, err
	}
	files.Add("pumatop", k.extra)
	if k.parsed == nil {
		k.parsed = map[string]parsedFiles{}
	}
	k.parsed[key] = parsedFiles{stamp, files}
	return files, nil
}

// verifier judges the key of one connection.
type verifier struct {
	endpoint *endpoint
	known    *knownhosts.Host
	store    *knownHosts
	// again looks the host up anew, for a KnownHostsCommand with the key that has come.
	again func(key ssh.PublicKey) (*knownhosts.Host, error)
	// verified is set once the server has proved a key that may be trusted, refused to the error where it has not.
	verified bool
	refused  error
	proved   []byte        // the key that verified stands for; the server proves it again at each new exchange of keys
	agreed   ssh.PublicKey // what a person has just agreed to: it, and no other
}

func (k *knownHosts) verifier(ctx context.Context, e *endpoint) (*verifier, error) {
	files, err := k.load(e.knownHosts())
	if err != nil {
		return nil, &ConfigError{Host: e.name, Text: clean.Line(err.Error()), Fix: "make the file readable"}
	}
	v := &verifier{endpoint: e, store: k, again: func(key ssh.PublicKey) (*knownhosts.Host, error) {
		files, err := e.withCommand(ctx, files, key)
		if err != nil {
			return nil, err
		}
		return files.Lookup(e.keyName()), nil
	}}
	v.known, err = v.again(nil)
	return v, err
}

// algorithms is what to ask the server for, within what the user's configuration allows.
func (v *verifier) algorithms() []string {
	all := v.known.Algorithms()
	if v.endpoint.hostKeyAlgorithms == nil {
		return all
	}
	kept := restrict(all, v.endpoint.hostKeyAlgorithms)
	for _, a := range v.endpoint.hostKeyAlgorithms {
		// What the user names beyond the usual (ssh-rsa) comes last; certificates only where an authority is known.
		if !slices.Contains(all, a) && !strings.Contains(a, "-cert-") {
			kept = append(kept, a)
		}
	}
	return kept
}

func (v *verifier) check(_ string, addr net.Addr, key ssh.PublicKey) (err error) {
	if v.verified {
		return v.same(key)
	}
	defer func() {
		if v.verified {
			v.proved = key.Marshal()
		}
	}()
	switch {
	case v.endpoint.tooShort(key):
		v.refused = &KeySizeError{Host: v.endpoint.name, Bits: rsaBits(key), Required: v.endpoint.rsaSize}
		return v.refused
	case v.endpoint.exempt(addr):
		v.verified = true
		return nil
	case v.endpoint.keysCommand != nil:
		if v.known, err = v.again(key); err != nil {
			v.refused = err
			return err
		}
	}
	err = v.known.Check(key, knownhosts.Policy{CASignatures: v.endpoint.caSignatures})
	var refused *knownhosts.Error
	if errors.As(err, &refused) && refused.Verdict == knownhosts.Unknown && v.endpoint.acceptNew() {
		err = v.store.accept(v.endpoint, v.known.Name, key)
	}
	if v.agreed != nil {
		err = v.compare(key, err)
	}
	if err == nil {
		v.verified = true
		return nil
	}
	if errors.As(err, &refused) {
		err = v.refusal(refused)
	}
	v.refused = err
	return err
}

// same holds the key of a later exchange to that of the first, which alone is judged: the files, and whoever was asked,
// may be gone by then.
func (v *verifier) same(key ssh.PublicKey) error {
	if bytes.Equal(key.Marshal(), v.proved) {
		return nil
	}
	return fmt.Errorf("%s: the server has proved another host key in the middle of the connection: %s %s",
		v.endpoint.name, key.Type(), ssh.FingerprintSHA256(key))
}

// compare holds the key to the one that was agreed to. Where the user keeps no file that is all that is known of it.
func (v *verifier) compare(key ssh.PublicKey, judged error) error {
	var refused *knownhosts.Error
	same := bytes.Equal(key.Marshal(), v.agreed.Marshal())
	switch {
	case errors.As(judged, &refused) && refused.Verdict == knownhosts.Revoked:
		return judged
	case same && refused != nil && refused.Verdict == knownhosts.Unknown:
		return nil
	case same:
		return judged
	}
	return &HostKeyChangedError{
		Host: v.endpoint.name, Name: v.known.Name, Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key),
		Known: []KnownKey{{Type: v.agreed.Type(), Fingerprint: ssh.FingerprintSHA256(v.agreed)}},
	}
}

// agree keeps a key that a person agreed to, unless that has been done meanwhile for another login at the host.
func (k *knownHosts) agree(ctx context.Context, e *endpoint, key ssh.PublicKey) error {
	v, err := k.verifier(ctx, e)
	if err != nil {
		return err
	}
	if v.known.Check(key, knownhosts.Policy{CASignatures: e.caSignatures}) == nil {
		return nil
	}
	return k.accept(e, v.known.Name, key)
}

func (k *knownHosts) accept(e *endpoint, name string, key ssh.PublicKey) error {
	if len(e.userKnownHosts) == 0 { // UserKnownHostsFile none: the user wants nothing kept
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	err := knownhosts.Append(e.userKnownHosts[0], name, key, e.hashKnownHosts)
	if err != nil {
		return &ConfigError{Host: e.name, Text: clean.Line(err.Error()), Fix: "make the file writable"}
	}
	return nil
}

func (v *verifier) refusal(e *knownhosts.Error) error {
	host, key := v.endpoint.name, e.Key
	fingerprint := ssh.FingerprintSHA256(key)
	switch e.Verdict {
	case knownhosts.Changed:
		changed := &HostKeyChangedError{Host: host, Name: e.Name, Type: key.Type(), Fingerprint: fingerprint}
		for _, k := range e.Known {
			changed.Known = append(changed.Known, KnownKey{
				File: k.File, Line: k.Line, Type: k.Key.Type(), Fingerprint: ssh.FingerprintSHA256(k.Key),
			})
		}
		return changed
	case knownhosts.Revoked:
		return &HostKeyRevokedError{Host: host, Type: key.Type(), Fingerprint: fingerprint,
			File: e.Known[0].File, Line: e.Known[0].Line}
	case knownhosts.Untrusted:
		return &HostCertificateError{Host: host, Reason: clean.Line(e.Reason)}
	}
	unknown := &HostKeyUnknownError{Host: host, Type: key.Type(), Fingerprint: fingerprint, key: key}
	if len(v.endpoint.userKnownHosts) > 0 {
		unknown.File = v.endpoint.userKnownHosts[0]
	}
	return unknown
}
