package collector

import (
	"context"
	"slices"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TokenSource reads a token from where the operator keeps it. refused is what it returned before and the control app did
// not take, the zero Token where there is none. A note says what is wrong about the source though it can be read.
type TokenSource func(ctx context.Context, refused puma.Token) (token puma.Token, note string, err error)

// tokenRetry is how long a token that could not be read is done without before its source is asked again.
const tokenRetry = time.Minute

// secret is how a control's token was read the last time.
type secret struct {
	at   time.Time
	note string
	err  error
	// second is whether that was because the one before was refused, and no token of it was taken since.
	second bool
}

// reading is the reading of one token.
type reading struct {
	index   int
	from    TokenSource
	refused puma.Token

	token puma.Token
	secret
}

// missingTokens are those to be read: those that never were, those that could not be a while ago, and those that turned out
// wrong since, each once.
func (a *actor) missingTokens() []*reading {
	if len(a.secrets) != len(a.source.Controls) {
		a.secrets = make([]secret, len(a.source.Controls))
	}
	var out []*reading
	now := time.Now()
	for i, c := range a.source.Controls {
		s := a.secrets[i]
		switch {
		case c.From == nil:
		case s.at.IsZero(), s.err != nil && now.Sub(s.at) >= tokenRetry, s.err == nil && !s.second && a.denied(c.Token):
			out = append(out, &reading{index: i, from: c.From, refused: c.Token})
		}
	}
	return out
}

// denied reports whether a token is refused.
func (a *actor) denied(token puma.Token) bool {
	for _, t := range a.tracks {
		if t.token == token && !t.deniedAt.IsZero() {
			return true
		}
	}
	return false
}

// gives reports whether a token is from a source of the operator's.
func (a *actor) gives(token puma.Token) bool {
	return slices.ContainsFunc(a.source.Controls, func(c Control) bool { return c.From != nil && c.Token.IsSet() && c.Token == token })
}

// accepted keeps in mind that a token was right: when it no longer is, its source is worth another look.
func (a *actor) accepted(token puma.Token) {
	for i := range a.secrets {
		if a.secrets[i].second && a.source.Controls[i].Token == token {
			a.secrets[i].second = false
		}
	}
}

// readTokens reads them, each for itself.
func readTokens(ctx context.Context, all []*reading) []*reading {
	for _, r := range all {
		r.token, r.note, r.err = r.from(ctx, r.refused)
		r.at, r.second = time.Now(), r.refused.IsSet()
	}
	return all
}

// learn takes tokens that were read, unless the source has changed meanwhile. One that can no longer be read stays.
func (a *actor) learn(all []*reading) {
	for _, r := range all {
		if r.index >= len(a.secrets) || len(a.secrets) != len(a.source.Controls) || a.source.Controls[r.index].Token != r.refused {
			continue
		}
		a.secrets[r.index] = r.secret
		if r.err == nil {
			a.source.Controls = slices.Clone(a.source.Controls) // whoever gave them has them too
			a.source.Controls[r.index].Token = r.token
		}
	}
}

// tokenNotes say which tokens could not be read, and what is wrong about where they are kept.
func (a *actor) tokenNotes() []probe.Note {
	var out []probe.Note
	for _, s := range a.secrets {
		var n probe.Note
		switch {
		case s.err != nil:
			c := cause.Of(s.err)
			n = probe.Note{Text: "the token could not be read: " + c.Text, Remedy: c.Remedy}
		case s.note != "":
			n = probe.Note{Text: s.note}
		default:
			continue
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
