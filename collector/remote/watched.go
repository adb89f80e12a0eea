package remote

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

// Why a key that the server accepts does not sign.
var (
	errLocked   = errors.New("the key file is encrypted")
	errUnturned = errors.New("the key is waiting for a touch for another host")
)

// watched is a key as it is offered. The server is asked first whether it would accept the key, and only then is
// anything signed: an encrypted file ends the login there, which has found the one key that is worth unlocking.
type watched struct {
	credential
	login *login
}

// PublicKey is what the server is asked about.
func (w *watched) PublicKey() ssh.PublicKey { return w.public }

// Sign is SignWithAlgorithm with the key's own.
func (w *watched) Sign(r io.Reader, data []byte) (*ssh.Signature, error) {
	return w.SignWithAlgorithm(r, data, "")
}

// Algorithms are what the key can sign with.
func (w *watched) Algorithms() []string {
	if m, ok := w.signer.(ssh.MultiAlgorithmSigner); ok {
		return m.Algorithms()
	}
	if own := plainType(w.public); own != ssh.KeyAlgoRSA {
		return []string{own}
	}
	return []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSA}
}

// SignWithAlgorithm signs, and notes what comes of it.
func (w *watched) SignWithAlgorithm(r io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	l := w.login
	if w.locked != "" {
		l.accepted = w.locked
		return nil, errLocked
	}
	l.proved[string(w.public.Marshal())] = true
	if w.held == nil {
		return w.sign(r, data, algorithm)
	}
	defer l.clock.pause()() // for as long as the agent may take
	if needsTouch(w.public) {
		if !l.tryTurn() {
			l.unturned = true
			return nil, errUnturned
		}
		defer l.leaveTurn()
		defer l.shows("touch your key for " + l.endpoint.name)()
	}
	_ = w.held.SetDeadline(time.Now().Add(agentLimit))
	s, err := w.sign(r, data, algorithm)
	if err != nil {
		l.unsigned = clean.Short(fmt.Sprintf("the server takes %s, but the agent did not sign: %v", w.label, err), 200)
	}
	return s, err
}

func (w *watched) sign(r io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	w.login.sent = true
	if s, ok := w.signer.(ssh.AlgorithmSigner); ok && algorithm != "" {
		return s.SignWithAlgorithm(r, data, algorithm)
	}
	return w.signer.Sign(r, data)
}

// plainType is the type of a key, or of the key in a certificate. An agent tells of its certificates only their type.
func plainType(key ssh.PublicKey) string {
	const certificate = "-cert-v01@openssh.com"
	plain, ok := strings.CutSuffix(key.Type(), certificate)
	if ok && strings.HasPrefix(plain, "sk-") {
		plain += "@openssh.com"
	}
	return plain
}

// needsTouch reports whether a key is in hardware that waits for its owner's finger.
func needsTouch(key ssh.PublicKey) bool { return strings.HasPrefix(plainType(key), "sk-") }
