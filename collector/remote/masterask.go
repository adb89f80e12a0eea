package remote

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
)

// AskpassVariable names the private socket of a pumatop that an ssh asks through: a program that finds it set is that
// ssh's askpass, and is to call [Askpass] before anything else.
const AskpassVariable = "PUMATOP_ASKPASS"

// askpassLimit bounds what an askpass is asked and answers, in bytes.
const askpassLimit = 16 << 10

// inquiry is what an askpass passes on: ssh's own text, and SSH_ASKPASS_PROMPT.
type inquiry struct{ Text, Mode string }

// Askpass is ssh's askpass: it passes the question on to the pumatop that started the ssh and prints the answer. It
// returns the exit status. The secret takes no other way than that private socket and out.
func Askpass(socket, text, mode string, out io.Writer) int {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return 1
	}
	defer func() { _ = c.Close() }()
	if err := json.NewEncoder(c).Encode(inquiry{text, mode}); err != nil {
		return 1
	}
	answer, err := io.ReadAll(io.LimitReader(c, askpassLimit))
	if err != nil || len(answer) == 0 || answer[0] != answered {
		return 1
	}
	answer = append(answer, '\n')
	_, err = out.Write(answer[1:])
	clear(answer)
	if err != nil {
		return 1
	}
	return 0
}

// answered begins an answer; nothing else comes where there is none.
const answered = 'y'

// inquiries are the questions of one ssh, on their way to a person. Its methods do nothing where it is nil.
type inquiries struct {
	endpoint *endpoint
	pool     *Pool
	first    func() // called before a question is asked
	listener net.Listener

	ctx    context.Context
	cancel context.CancelFunc
	open   atomic.Int32
	failed chan error

	mu      sync.Mutex
	tries   map[string]int
	hostKey *prompt.Question // the last about one
	spent   time.Duration    // of personLimit
}

// listen takes the questions of an ssh whose directory is dir, until close.
func listen(ctx context.Context, dir string, ep *endpoint, p *Pool, first func()) (*inquiries, error) {
	l, err := net.Listen("unix", filepath.Join(dir, askpassName))
	if err != nil {
		return nil, err
	}
	q := &inquiries{endpoint: ep, pool: p, first: first, listener: l, failed: make(chan error, 1), tries: map[string]int{}}
	q.ctx, q.cancel = context.WithCancel(ctx)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go q.serve(c)
		}
	}()
	return q, nil
}

func (q *inquiries) close() {
	q.cancel()
	_ = q.listener.Close()
}

// environment is what ssh has to find to ask us, or nothing where nobody may be asked.
func (q *inquiries) environment(env []string) []string {
	kept := make([]string, 0, len(env)+3)
	display := false
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", AskpassVariable:
			continue
		case "DISPLAY":
			display = true
		}
		kept = append(kept, v)
	}
	self, err := os.Executable()
	if q == nil || err != nil {
		return append(kept, "SSH_ASKPASS_REQUIRE=never", "SSH_ASKPASS=false") // before 8.4, ssh does not know the first
	}
	if !display { // before 8.4, ssh asks only where it sees one
		kept = append(kept, "DISPLAY=:")
	}
	return append(kept, "SSH_ASKPASS="+self, "SSH_ASKPASS_REQUIRE=force", AskpassVariable+"="+q.listener.Addr().String())
}

// busy reports whether a person is being waited for.
func (q *inquiries) busy() bool { return q != nil && q.open.Load() > 0 }

// refused yields the error that ends the login, because a question was not answered.
func (q *inquiries) refused() <-chan error {
	if q == nil {
		return nil
	}
	return q.failed
}

// explain adds what was learned from a question to an error.
func (q *inquiries) explain(err error) error {
	unknown, ok := err.(*HostKeyUnknownError) //nolint:errorlint // made a moment ago
	if q == nil || !ok {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.hostKey != nil {
		unknown.Host, unknown.File = q.hostKey.Host, q.hostKey.File
		unknown.Type, unknown.Fingerprint = q.hostKey.KeyType, q.hostKey.Fingerprint
	}
	return unknown
}

// serve answers one question, or withdraws it when the askpass goes away.
func (q *inquiries) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithCancel(q.ctx)
	defer cancel()
	stop := context.AfterFunc(q.ctx, func() { _ = c.Close() })
	defer stop()
	var in inquiry
	r := bufio.NewReader(c)
	if err := json.NewDecoder(io.LimitReader(r, askpassLimit)).Decode(&in); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, c) // ends with the askpass
		cancel()
	}()
	q.first()
	question := q.question(in)
	q.open.Add(1)
	defer q.open.Add(-1)
	ctx, done := q.bounded(ctx)
	defer done()
	secret, err := q.ask(ctx, question)
	defer secret.Forget()
	if in.Mode == "none" {
		<-ctx.Done() // a notice: ssh ends its askpass when it has what it waits for
		err = context.Cause(ctx)
	}
	switch {
	case errors.Is(context.Cause(ctx), errUnanswered):
		q.fail(question, errUnanswered)
		return
	case err != nil && ctx.Err() != nil:
		return
	case err != nil:
		q.fail(question, err)
		return
	case in.Mode == "confirm" && !strings.EqualFold(strings.TrimSpace(string(secret.Text())), "yes"):
		return
	}
	answer := append([]byte{answered}, secret.Text()...)
	_, _ = c.Write(answer)
	clear(answer)
}

// bounded is ctx as far as the server waits for a person: all questions of one ssh have personLimit together.
func (q *inquiries) bounded(ctx context.Context) (limited context.Context, done func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	began := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, max(personLimit-q.spent, 0), errUnanswered)
	return limited, func() {
		cancel()
		q.mu.Lock()
		defer q.mu.Unlock()
		q.spent += time.Since(began)
	}
}

// ask puts a question. That for a key's passphrase is put for one ssh at a time, and what was declined for a
// file is declined for all of them: of three hundred hosts with one key the first one asks.
func (q *inquiries) ask(ctx context.Context, question prompt.Question) (prompt.Secret, error) {
	if question.Kind != prompt.Passphrase {
		return q.pool.options.Ask.Ask(ctx, question)
	}
	about := question.Key
	if text, err := os.ReadFile(question.Key); err == nil { // as the keyring knows it
		id := sha256.Sum256(text)
		about = string(id[:])
	}
	turn := q.pool.turnFor(about)
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return prompt.Secret{}, context.Cause(ctx)
	}
	if err := q.pool.declines.of(about); err != nil {
		return prompt.Secret{}, err
	}
	s, err := q.pool.options.Ask.Ask(ctx, question)
	if errors.Is(err, prompt.ErrDeclined) {
		err = q.pool.declines.add(about, err)
	}
	return s, err
}

// turnFor is held by the one that asks about something.
func (p *Pool) turnFor(about string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn := p.turns[about]
	if turn == nil {
		turn = make(chan struct{}, 1)
		p.turns[about] = turn
	}
	return turn
}

// fail ends the login: ssh would ask the next question.
func (q *inquiries) fail(question prompt.Question, err error) {
	var why error
	if question.Kind == prompt.HostKey {
		why = q.explain(&HostKeyUnknownError{Host: q.endpoint.name, File: question.File})
	} else {
		a := &AuthError{Host: q.endpoint.name, User: q.endpoint.user, Err: err}
		if a.Said = "a question was " + err.Error(); question.Key != "" {
			a.Said = "the passphrase of " + question.Key + ": " + err.Error()
		}
		why = a
	}
	select {
	case q.failed <- why:
	default:
	}
}

var (
	askPassphrase  = regexp.MustCompile(`^Enter passphrase for (?:RSA key|key) ['"]?(.+?)['"]?: ?$`)
	askPIN         = regexp.MustCompile(`^Enter PIN(?: and confirm user presence)? for \S+ key (.+): ?$`)
	askPassword    = regexp.MustCompile(`^(\S+)@(\S+)'s password: ?$`)
	askChallenge   = regexp.MustCompile(`(?s)^\((\S+)@([^\s)]+)\) (.*)$`)
	askHostKey     = regexp.MustCompile(`(?s)^The authenticity of host '\[?([^'\s\]]+)[^']*' can't be established`)
	askFingerprint = regexp.MustCompile(`(\S+) key fingerprint is[:\s]+(SHA256:[A-Za-z0-9+/]+)`)
	askYesAgain    = regexp.MustCompile(`^Please type 'yes'`)
)

// question says what kind of question an ssh asks, by its words. Whatever it does not know is shown as it stands.
func (q *inquiries) question(in inquiry) prompt.Question {
	text := strings.TrimSpace(in.Text)
	out := prompt.Question{Kind: prompt.Challenge, Host: q.endpoint.name, User: q.endpoint.user, Text: clean.Short(text, 300)}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tries[text]++
	out.Try = q.tries[text]
	challenge, passphrase, password := askChallenge.FindStringSubmatch(text), askPassphrase.FindStringSubmatch(text), askPassword.FindStringSubmatch(text)
	hostKey, pin := askHostKey.FindStringSubmatch(text), askPIN.FindStringSubmatch(text)
	switch {
	case in.Mode == "none" || in.Mode == "confirm":
		out.Echo = true
	case challenge != nil: // first: what follows are the server's own words
		q.toWhom(&out, challenge[1], challenge[2])
		out.Text = clean.Short(challenge[3], 300)
	case passphrase != nil && q.endpoint.hasIdentity(passphrase[1]): // a server must never get one that it has asked for
		out.Kind, out.Key, out.Text = prompt.Passphrase, clean.Line(passphrase[1]), ""
	case pin != nil && q.endpoint.hasIdentity(pin[1]):
		out.Kind, out.Key, out.Text = prompt.PIN, clean.Line(pin[1]), ""
	case password != nil:
		out.Kind, out.Text = prompt.Password, ""
		q.toWhom(&out, password[1], password[2])
	case hostKey != nil:
		out.Kind, out.Text, out.Echo = prompt.HostKey, "", true
		q.toWhom(&out, "", hostKey[1])
		if m := askFingerprint.FindStringSubmatch(text); m != nil {
			out.KeyType, out.Fingerprint = keyName(m[1]), m[2]
		}
		q.endpoint.onWay(func(e *endpoint) bool {
			known := e.isCalled(hostKey[1])
			if known && len(e.userKnownHosts) > 0 {
				out.File = e.userKnownHosts[0]
			}
			return known
		})
		kept := out
		q.hostKey = &kept
	case askYesAgain.MatchString(text) && q.hostKey != nil:
		try := out.Try + 1
		out = *q.hostKey
		out.Try = try
	}
	return out
}

// hasIdentity reports whether a file is one that the configuration names as a key, for the host or for one on the way.
func (e *endpoint) hasIdentity(path string) bool {
	return e.onWay(func(e *endpoint) bool { return slices.Contains(e.identities, path) })
}

// isCalled reports whether ssh may mean the host by a name.
func (e *endpoint) isCalled(name string) bool {
	return name == e.host || name == e.keyAlias || name == e.query.Host
}

// onWay reports whether something is so for the host or for one on the way.
func (e *endpoint) onWay(so func(*endpoint) bool) bool {
	return so(e) || slices.ContainsFunc(e.way, so)
}

// toWhom names who asks, where that is not the host itself but one on the way to it.
func (q *inquiries) toWhom(out *prompt.Question, user, host string) {
	if !q.endpoint.isCalled(host) {
		out.Host, out.User = clean.Short(host, 100), clean.Short(user, 100)
	}
}
