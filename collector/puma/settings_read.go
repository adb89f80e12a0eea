package puma

import (
	"path"
	"strings"
)

// maxSettings bounds a configuration; longer ones are not read at all, since one that was cut at 64 KiB on its way here
// must not be taken for whole.
const maxSettings = 64<<10 - 1

// ReadSettings reads the text of a puma.rb without running it; see [ReadSettingsAt].
func ReadSettings(text []byte) Settings { return ReadSettingsAt(text, "") }

// ReadSettingsAt reads the text of the puma.rb at an absolute path without running it. It tells code from comments and
// strings, follows variables that are assigned plain values, knows the fallbacks of environment variables, and
// marks what it cannot decide; what the file derives from its own place is read as if Puma was given that path.
func ReadSettingsAt(text []byte, file string) Settings {
	if len(text) > maxSettings {
		return Settings{}
	}
	r := reader{evaluator: evaluator{variables: map[string]value{}, path: file}}
	if dir := path.Dir(file); path.Base(dir) == "config" {
		r.here = path.Dir(dir)
	} else if path.Base(path.Dir(dir)) == "config" { // config/puma/production.rb
		r.here = path.Dir(path.Dir(dir))
	}
	for _, s := range statements(tokenize(strings.TrimPrefix(string(text), "\ufeff"), 1)) {
		r.statement(s)
	}
	r.settings.Lines = strings.Count(string(text), "\n")
	if n := len(text); n > 0 && text[n-1] != '\n' {
		r.settings.Lines++
	}
	return r.settings
}

// reader collects the settings.
type reader struct {
	evaluator
	settings Settings
}

func (r *reader) statement(s statement) {
	if len(s.tokens) > 0 && !r.assign(s) {
		r.call(s)
	}
	r.suspect(s.tokens, 1)
	r.suspect(s.aside, 0)
}

// assign notes what a statement does to variables; it reports whether the statement was no more than that.
func (r *reader) assign(s statement) bool {
	name := s.tokens[0]
	if name.kind != tokenWord || len(s.tokens) < 2 || s.tokens[1].kind != tokenOp {
		return false
	}
	old, exists := r.variables[name.text]
	v := unread
	switch s.tokens[1].text {
	case "=":
		v = r.expression(s.tokens[2:])
	case "||=":
		v = r.expression(s.tokens[2:])
		if exists {
			v = either(old, v)
		}
	case ",": // a, b = 1, 5
		for _, t := range s.tokens {
			if t.is(tokenOp, "=") {
				break
			}
			r.variables[t.text] = unread
		}
		return true
	default: // x << "y", x += "y", x.concat("y")
		if !exists {
			return false
		}
	}
	if s.conditional && !v.known && exists {
		v = old
	}
	if s.conditional {
		v = v.likely()
	}
	r.variables[name.text] = v
	return true
}

// call applies the statement if it is a call of one of Puma's settings.
func (r *reader) call(s statement) {
	name, rest := s.tokens[0], s.tokens[1:]
	if name.kind != tokenWord {
		return
	}
	if len(rest) > 0 && rest[0].is(tokenOp, "(") && !rest[0].space {
		inside, behind := group(rest)
		if len(behind) > 0 {
			s.conditional = true // workers(2) or something: no more than likely
		}
		rest = inside
	}
	c := call{line: name.line, conditional: s.conditional}
	for _, a := range arguments(rest) {
		a = trimNewlines(a)
		if len(a) > 1 && a[0].kind == tokenSymbol && !a[1].is(tokenOp, ".") { // auth_token: "x" without braces
			c.values = append(c.values, value{hash: r.pairs(rest)})
			break
		}
		c.values = append(c.values, r.expression(a))
	}
	r.apply(name.text, c)
}

// call is a setting with the values of its arguments.
type call struct {
	values      []value
	line        int
	conditional bool
}

// argument is the setting from the nth argument, or from fallback where there are not so many.
func (c call) argument(n int, fallback value) Setting {
	v := fallback
	if n >= 0 && n < len(c.values) {
		v = c.values[n]
	}
	return Setting{Text: v.text, Literal: v.literal, Conditional: c.conditional, Line: c.line}
}

// set replaces a setting by a later one, unless that only repeats under a condition what is certain already.
func set(s *Setting, later Setting) {
	if s.Certain() && later.Literal && later.Text == s.Text {
		return
	}
	*s = later
}

// suspect looks for settings where they have no certain effect: behind &&, in a block in braces, in a condition. They
// are noted as set without a value, so that nothing is concluded from their absence.
func (r *reader) suspect(tokens []token, from int) {
	for i := from; i < len(tokens); i++ {
		t := tokens[i]
		if t.kind != tokenWord || i > 0 && isMethodName(tokens[i-1]) {
			continue
		}
		if _, local := r.variables[t.text]; local {
			continue
		}
		c := call{values: []value{unread}, line: t.line, conditional: true}
		switch t.text {
		case "preload_app!", "prune_bundler", "fork_worker", "activate_control_app",
			"eval", "instance_eval", "instance_exec", "send", "public_send", "__send__", "@options", "@config":
			r.apply(t.text, c)
		}
	}
}
