package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ErrDeclined means that the person does not want to answer. The login it was for is given up and not tried again by
// itself.
var ErrDeclined = errors.New("not answered")

// ErrNobody means that there is nobody to ask: no terminal, no askpass, or BatchMode.
var ErrNobody = errors.New("there is nobody to ask")

// Kind is what is asked for.
type Kind uint8

// The kinds of questions.
const (
	// Passphrase opens an encrypted key file, which the server has said it would accept.
	Passphrase Kind = iota
	// Password is of the login.
	Password
	// Begin is the leave to log in where the server asks its own questions (keyboard-interactive): they come as Challenge
	// right after it, while the server waits. The answer's text is of no meaning. A front end answers it by itself as soon
	// as a person attends to the queue, because one-time codes and the server's patience (LoginGraceTime) run out.
	Begin
	// Challenge is a server's own question, within a login that Begin began.
	Challenge
	// HostKey is whether the key of an unknown host is the right one. The answer is "yes", "no", or the fingerprint
	// that the person has compared with, as ssh takes them.
	HostKey
	// KeepKey is whether the key that was just unlocked goes to the agent, too (AddKeysToAgent ask). The answer is "yes",
	// anything else is no.
	KeepKey
	// PIN is of the hardware that a key's file stands for. OpenSSH asks for it.
	PIN
)

// Question is what a person is asked. Every text in it is fit to be shown.
type Question struct {
	Kind Kind
	// Host is who asks, as the user named it; User is the login there.
	Host, User string
	// Key is the file of a Passphrase, a PIN or a KeepKey.
	Key string
	// Text is the server's own question of a Challenge, Instruction what it says above. They are foreign words, perhaps of
	// several lines: show them as quoted.
	Text, Instruction string
	// Echo is whether what is typed may be seen.
	Echo bool
	// Try counts from 1; above that the answer before was wrong.
	Try int
	// HostKey has what is to be compared, File where ssh keeps what was agreed to.
	KeyType, Fingerprint, File string
}

// Asker puts a question to a person and waits for the answer. The errors are ErrDeclined, ErrNobody, and that of ctx.
// Askers are called from many goroutines and put one question at a time, those of one login in their order.
type Asker interface {
	Ask(ctx context.Context, q Question) (Secret, error)
}

// Secret is what a person typed. It has no way of being printed.
type Secret struct{ text []byte }

// NewSecret takes text over; the caller keeps no copy.
func NewSecret(text []byte) Secret { return Secret{text} }

// Text is the secret itself, to be handed to what asked for it.
func (s Secret) Text() []byte { return s.text }

// Forget overwrites the secret.
func (s Secret) Forget() { clear(s.text) }

// Format prints that there is one, whatever the verb: %d would print its bytes.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(secret)") }

// MarshalText is not the secret either.
func (Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }
