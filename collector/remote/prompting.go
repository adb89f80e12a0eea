package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote/sshconfig"
)

// promptsMost is how often a passphrase or a host key is asked for before it counts as not answered.
const promptsMost = 3

// What was asked, in the words of an AuthError.
const (
	askedPassword  = "password"
	askedQuestions = "the server's questions"
)

// errBatch is that the configuration forbids to ask.
var errBatch = fmt.Errorf("%w: BatchMode", prompt.ErrNobody)

// asking is what the configuration says of methods and questions.
type asking struct {
	methods []string // in their order
	tries   int      // NumberOfPasswordPrompts
	batch   bool
	keep    keeping // AddKeysToAgent
}

func readAsking(c sshconfig.Config) (a asking, note string) {
	allowed := map[string]bool{byKey: true, byQuestions: true, byPassword: !off(c, "passwordauthentication")}
	// Clients before 8.7 print the older name, and that alone.
	allowed[byQuestions] = !off(c, "kbdinteractiveauthentication") && !off(c, "challengeresponseauthentication")
	order := []string{byKey, byQuestions, byPassword}
	if c.Set("preferredauthentications") {
		order = strings.Split(c.Get("preferredauthentications"), ",")
	}
	for _, m := range order {
		if m = strings.TrimSpace(m); allowed[m] {
			a.methods = append(a.methods, m)
			delete(allowed, m)
		}
	}
	a.tries = 3
	if n, err := strconv.Atoi(c.Get("numberofpasswordprompts")); err == nil && n > 0 {
		a.tries = n
	}
	a.batch = c.Yes("batchmode")
	a.keep, note = readKeeping(c.Get("addkeystoagent"))
	return a, note
}

func off(c sshconfig.Config, keyword string) bool {
	v := c.Get(keyword)
	return v == "no" || v == "false"
}

// dialogue is one attempt at a host, of as many connections as it takes: whatever a person has to be asked is asked
// between two of them, so that no server waits with a half-open login (LoginGraceTime, MaxStartups), and the next one
// knows the answer. Only a server's own questions come while it waits, on a connection that is made for them.
type dialogue struct {
	pool     *Pool
	entry    *entry
	endpoint *endpoint
	jump     *Host // the last host on the way, nil without one

	agreed ssh.PublicKey   // the host key that a person agreed to
	begins bool            // this connection is the one that asks
	given  *prompt.Secret  // the password for it
	proved map[string]bool // keys that have signed
	spent  map[string]bool // encrypted files that nobody opened
	turn   bool            // this login is the one that waits for a touch
	last   *login
}

// converse makes a connection, with everything asked for that it takes. An ssh of OpenSSH's asks by itself.
func (p *Pool) converse(ctx context.Context, e *entry, ep *endpoint, jump *Host) (*link, error) {
	if ep.openSSH {
		return p.connectMaster(ctx, ep)
	}
	d := &dialogue{pool: p, entry: e, endpoint: ep, jump: jump, proved: map[string]bool{}, spent: map[string]bool{}}
	defer d.end()
	for {
		l, err := p.connect(ctx, d)
		if err == nil {
			return l, nil
		}
		if err = d.settle(ctx, err); err != nil {
			return nil, err
		}
	}
}

func (d *dialogue) end() {
	d.leaveTurn()
	if d.given != nil {
		d.given.Forget()
	}
}

// settle gets what a connection has failed for the lack of, and returns nil where another one is worth its while.
func (d *dialogue) settle(ctx context.Context, err error) error {
	var jump *JumpError
	var unknown *HostKeyUnknownError
	var auth *AuthError
	switch {
	case errors.As(err, &jump): // it has asked for itself
		return err
	case errors.As(err, &unknown):
		return d.agree(ctx, unknown)
	case errors.As(err, &auth):
		return d.persuade(ctx, auth)
	}
	return err
}

// persuade gets what a login was refused for the lack of.
func (d *dialogue) persuade(ctx context.Context, refused *AuthError) error {
	l := d.last
	switch {
	case l.unturned:
		return d.waitTurn(ctx)
	case d.begins, refused.HungUp:
		return refused
	case l.accepted != "":
		return d.unlock(ctx, refused, l.accepted)
	}
	if len(d.proved) == 0 && refused.takesKeys() {
		for _, path := range l.blind {
			if d.spent[path] {
				continue
			}
			if err := d.unlock(ctx, refused, path); err == nil || ctx.Err() != nil {
				return err
			}
			d.spent[path] = true
		}
	}
	if l.wants != "" {
		return d.begin(ctx, refused, l.wants)
	}
	return refused
}

// unlock opens an encrypted file; the next connection finds its key among those that can sign.
func (d *dialogue) unlock(ctx context.Context, refused *AuthError, path string) error {
	err := d.pool.keys.unlock(ctx, d, path)
	switch {
	case err == nil, ctx.Err() != nil:
		return err
	case !errors.Is(err, prompt.ErrNobody):
		refused.Question, refused.Answer = "passphrase of "+path, err
	}
	return refused
}

// begin asks for what the connection needs before it is made: the password, or a person who will answer the server.
func (d *dialogue) begin(ctx context.Context, refused *AuthError, method string) error {
	q, about := prompt.Question{Kind: prompt.Begin, Try: 1}, askedQuestions
	if method == byPassword {
		q.Kind, about = prompt.Password, askedPassword
	}
	s, err := d.ask(ctx, q)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		refused.Question, refused.Answer = about, err
		return refused
	case method == byPassword:
		d.given = &s
	}
	d.begins = true
	return nil
}

// agree asks whether an unknown key is the host's, and keeps it where ssh would.
func (d *dialogue) agree(ctx context.Context, unknown *HostKeyUnknownError) error {
	if d.agreed != nil || d.mayAsk() != nil || !d.endpoint.mayAgree() {
		return unknown
	}
	q := prompt.Question{Kind: prompt.HostKey, KeyType: unknown.Type, Fingerprint: unknown.Fingerprint, File: unknown.File, Echo: true}
	for q.Try = 1; q.Try <= promptsMost; q.Try++ {
		s, err := d.ask(ctx, q)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			unknown.Err = err
			return unknown
		}
		switch text := string(bytes.TrimSpace(s.Text())); {
		case strings.EqualFold(text, "yes"), text == unknown.Fingerprint:
			d.agreed = unknown.key
			return d.pool.known.agree(ctx, d.endpoint, unknown.key)
		case strings.EqualFold(text, "no"):
			q.Try = promptsMost
		}
	}
	unknown.Err = d.pool.declines.add(d.endpoint.key(), prompt.ErrDeclined)
	return unknown
}

// mayAsk is why nobody is asked for this host, nil where somebody is.
func (d *dialogue) mayAsk() error {
	switch {
	case d.endpoint.asking.batch:
		return errBatch
	case d.pool.options.Ask == nil:
		return prompt.ErrNobody
	}
	return nil
}

// ask puts a question of this login. What was declined is not asked again before somebody tries again who has been
// told so.
func (d *dialogue) ask(ctx context.Context, q prompt.Question) (prompt.Secret, error) {
	if err := d.mayAsk(); err != nil {
		return prompt.Secret{}, err
	}
	about := d.endpoint.key()
	if err := d.pool.declines.of(about); err != nil {
		return prompt.Secret{}, err
	}
	q.Host, q.User = d.endpoint.name, d.endpoint.user
	defer d.shows("waits for an answer: " + inWords(q.Kind))()
	s, err := d.pool.options.Ask.Ask(ctx, q)
	switch {
	case ctx.Err() != nil:
		s.Forget()
		return prompt.Secret{}, context.Cause(ctx)
	case errors.Is(err, prompt.ErrDeclined):
		err = d.pool.declines.add(about, err)
	}
	return s, err
}

func inWords(k prompt.Kind) string {
	switch k {
	case prompt.Password:
		return askedPassword
	case prompt.HostKey:
		return "host key"
	}
	return askedQuestions
}

// shows says on the host what the attempt waits for, until done.
func (d *dialogue) shows(text string) (done func()) {
	set := func(text string) {
		d.pool.mu.Lock()
		defer d.pool.mu.Unlock()
		d.entry.waits = text
	}
	set(text)
	return func() { set("") }
}

// tryTurn makes this login the one that may wait for a touch, if no other is: of two keys that blink nobody knows which
// one to touch.
func (d *dialogue) tryTurn() bool {
	if d.turn {
		return true
	}
	select {
	case d.pool.touch <- struct{}{}:
		d.turn = true
	default:
	}
	return d.turn
}

// waitTurn waits until it is this login's turn.
func (d *dialogue) waitTurn(ctx context.Context) error {
	defer d.shows("waits for its turn: another host wants a touch")()
	select {
	case d.pool.touch <- struct{}{}:
		d.turn = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *dialogue) leaveTurn() {
	if d.turn {
		d.turn = false
		<-d.pool.touch
	}
}
