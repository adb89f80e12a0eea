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
	tries   map[string]int
	turns   int    // of a person, in all: a server that keeps wanting more gets no more of them
	wants   string // the method that a person is needed for
	asked   string // what the last question was about
	answer  error  // why it has none
	release func() // gives the place among the handshakes back
	gone    func() bool
	hungUp  context.Context // ends when the server hangs up
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
		l.passed, l.tries, l.asked = passed, map[string]int{}, ""
	}
	for _, m := range l.endpoint.asking.methods {
		switch {
		case !slices.Contains(c.AllowedMethods, m), l.tries[m] >= l.most(m):
		case m != byKey && l.turns >= l.endpoint.asking.tries*len(l.endpoint.asking.methods):
		case l.begins || m == byKey:
			l.tries[m]++
			if m != byKey {
				l.turns++
			}
			return l.method(m), nil
		case l.wants == "":
			l.wants = m
			if l.mayAsk() == nil {
				return nil, errPerson
			}
		}
	}
	return nil, nil
}

// most is how often a method is tried.
func (l *login) most(method string) int {
	if method == byKey {
		return 1
	}
	return l.endpoint.asking.tries
}

func shortened(methods []string) []string {
	short := make([]string, 0, len(methods))
	for _, m := range methods {
		short = append(short, clean.Short(m, 40))
	}
	return short
}

func (l *login) method(name string) ssh.AuthMethod {
	switch name {
	case byKey:
		return ssh.PublicKeysCallback(l.signers)
	case byPassword:
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
	l.sent = true
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
		l.sent = true
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
