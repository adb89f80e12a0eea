package sshtest

import (
	"errors"

	"golang.org/x/crypto/ssh"
)

// Ask puts questions to the client that logs in.
type Ask = ssh.KeyboardInteractiveChallenge

var errNo = errors.New("not accepted")

// offer sets up what the server lets in with.
func (s *Server) offer(o Options) {
	if o.Authorize != nil {
		s.config.PublicKeyCallback = func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if !o.Authorize(c.User(), key) {
				return nil, errNo
			}
			return nil, nil
		}
	}
	person := ssh.ServerAuthCallbacks{}
	if o.Password != nil {
		person.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if !o.Password(c.User(), string(password)) {
				return nil, errNo
			}
			return nil, nil
		}
	}
	if o.Interact != nil {
		person.KeyboardInteractiveCallback = func(c ssh.ConnMetadata, ask Ask) (*ssh.Permissions, error) {
			if !o.Interact(c.User(), ask) {
				return nil, errNo
			}
			return nil, nil
		}
	}
	if o.Besides {
		s.config.VerifiedPublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey, *ssh.Permissions, string) (*ssh.Permissions, error) {
			return nil, &ssh.PartialSuccessError{Next: person}
		}
	} else {
		s.config.PasswordCallback, s.config.KeyboardInteractiveCallback = person.PasswordCallback, person.KeyboardInteractiveCallback
	}
	s.config.AuthLogCallback = func(_ ssh.ConnMetadata, method string, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tries[method]++
	}
}

// Tries is how often clients have tried a method so far ("publickey", "password", "none"): a key that is asked for and
// not accepted counts, one that is accepted counts when it has signed.
func (s *Server) Tries(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries[method]
}
