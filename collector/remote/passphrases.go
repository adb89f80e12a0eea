package remote

import (
	"bytes"
	"crypto/x509"
	"errors"
	"sync"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
)

// passphrases are those that have opened a file of this run. Each ssh of OpenSSH's reads its keys itself, so that what the
// keyring holds is of no use to it. They are in memory alone, and are overwritten when the pool ends.
type passphrases struct {
	mu    sync.Mutex
	kept  map[fileID]prompt.Secret
	ended bool
}

// of is a copy of the passphrase of a file, for the caller to forget.
func (p *passphrases) of(id fileID) (prompt.Secret, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.kept[id]
	return prompt.NewSecret(bytes.Clone(s.Text())), ok
}

func (p *passphrases) keep(id fileID, s prompt.Secret) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if p.kept == nil {
		p.kept = map[fileID]prompt.Secret{}
	}
	p.kept[id] = prompt.NewSecret(bytes.Clone(s.Text()))
}

func (p *passphrases) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.kept {
		s.Forget()
	}
	p.kept, p.ended = nil, true
}

// opens reports whether a passphrase opens the text of a key file, and whether it certainly does not. Of a key that only
// OpenSSH has, and of a damaged one, neither is known.
func opens(text []byte, s prompt.Secret) (yes, no bool) {
	_, err := ssh.ParseRawPrivateKeyWithPassphrase(text, s.Text())
	return err == nil, errors.Is(err, x509.IncorrectPasswordError)
}
