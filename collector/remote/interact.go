package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
)

// The methods that pumatop has, as ssh writes them.
const (
	byKey       = "publickey"
	byQuestions = "keyboard-interactive"
	byPassword  = "password"
)

const (
	questionsMost = 16 // a server may put at once
	linesMost     = 20 // of its text are shown, of so many characters
	lineMost      = 200
)

var (
	errRefused   = errors.New("refused by the server")
	errHungUp    = errors.New("the server did not wait for it")
	errPerson    = errors.New("the server wants a person")
	errQuestions = fmt.Errorf("more than %d at once", questionsMost)
)

// questions are how far a login has come with methods that need a person.
type questions struct {
	keysTried bool
	tries     map[string]int
	wants     string // the method that a person is needed for
	asked     string // what the last question was about
	answer    error  // why it has none
	release   func() // gives the place among the handshakes back
	gone      func() bool
	hungUp    context.Context // ends when the server hangs up
}

// next picks the method to try: it is asked before each one, and notes what the server accepts. The first connection
// ends where only a person can go on, the second one asks.
func (l *login) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.begun = true
	l.methods = shortened(c.AllowedMethods)
	if l.gone() || l.accepted != "" || l.unturned {
		return nil, nil // x/crypto returns the error that it has
	}
	if l.answer != nil {
		return nil, l.answer
	}
	if passed := shortened(c.PartialSuccessMethods); len(passed) > len(l.passed) {
		l.passed, l.keysTried, l.tries, l.asked = passed, false, nil, ""
	}
	for _, m := range l.endpoint.asking.methods {
		if !slices.Contains(c.AllowedMethods, m) {
			continue
		}
		if m == byKey {
			if !l.keysTried {
				l.keysTried = true
				return ssh.PublicKeysCallback(l.signers), nil
			}
			continue
		}
		if l.begins && l.tries[m] < l.endpoint.asking.tries {
			if l.tries == nil {
				l.tries = map[string]int{}
			}
			l.tries[m]++
			return l.method(m), nil
		}
		if !l.begins && l.wants == "" {
			l.wants = m
			if l.mayAsk() == nil {
				return nil, errPerson
			}
		}
	}
	return nil, nil
}

func shortened(methods []string) []string {
	short := make([]string, 0, len(methods))
	for _, m := range methods {
		short = append(short, clean.Short(m, 40))
	}
	return short
}

func (l *login) method(name string) ssh.AuthMethod {
	if name == byPassword {
		return ssh.PasswordCallback(l.password)
	}
	return ssh.KeyboardInteractive(l.challenge)
}

// password is what was typed before the connection was made, and what is typed after that was wrong.
func (l *login) password() (string, error) {
	secret := l.given
	l.given, l.asked = nil, askedPassword
	if secret == nil {
		s, err := l.put(prompt.Question{Kind: prompt.Password, Try: l.tries[byPassword]})
		if err != nil {
			return "", err
		}
		secret = &s
	}
	defer secret.Forget()
	return string(secret.Text()), nil
}

// challenge puts the server's own questions.
func (l *login) challenge(name, instruction string, texts []string, echos []bool) ([]string, error) {
	if len(texts) > questionsMost {
		l.asked, l.answer = askedQuestions, errQuestions
		return nil, errQuestions
	}
	answers := make([]string, 0, len(texts))
	for i, text := range texts {
		l.asked = askedQuestions
		s, err := l.put(prompt.Question{
			Kind: prompt.Challenge, Text: foreign(text), Instruction: foreign(name + "\n" + instruction), Echo: echos[i],
			Try: l.tries[byQuestions],
		})
		if err != nil {
			return nil, err
		}
		answers = append(answers, string(s.Text()))
		s.Forget()
	}
	return answers, nil
}

// foreign is a server's text, fit to be shown. It may be a list to choose from, so its lines stay lines.
func foreign(text string) string {
	lines := clean.Lines(strings.Trim(text, "\r\n"))
	if len(lines) > linesMost {
		lines = append(lines[:linesMost-1], "…")
	}
	for i, l := range lines {
		lines[i] = clean.Short(strings.TrimRight(l, " "), lineMost)
	}
	return strings.Join(lines, "\n")
}

// put asks while the server waits: its clock stands still, and the place among the handshakes is for others. The
// question is taken back when the server hangs up.
func (l *login) put(q prompt.Question) (prompt.Secret, error) {
	l.release()
	defer l.clock.pause()()
	s, err := l.ask(l.hungUp, q)
	if err != nil {
		l.answer = err
		return prompt.Secret{}, fmt.Errorf("ask for the login: %w", err)
	}
	return s, nil
}
