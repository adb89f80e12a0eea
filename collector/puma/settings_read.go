package puma

import (
	"path"
	"strings"

	"pumatop/collector/ruby"
)

// maxSettings bounds a configuration; longer ones are not read at all, since one that was cut at 64 KiB on its way here
// must not be taken for whole.
const maxSettings = 64<<10 - 1

// ReadSettings reads the text of a puma.rb without running it; see [ReadSettingsAt].
func ReadSettings(text []byte) Settings { return ReadSettingsAt(text, "") }

// ReadSettingsAt reads the text of the puma.rb at an absolute path without running it. It tells code from comments and
// strings, follows variables that are assigned plain values, knows the fallbacks of environment variables, and
// marks what it cannot decide; what the file derives from its own place is read as if Puma was given that path.
func ReadSettingsAt(text []byte, file string) Settings { return ReadSettingsWith(text, file, nil) }

// ReadSettingsWith is ReadSettingsAt, and follows files that this one evaluates, instance_eval File.read("common.rb"), with a
// function that knows their texts by absolute path.
func ReadSettingsWith(text []byte, file string, texts func(string) ([]byte, bool)) Settings {
	if len(text) > maxSettings {
		return Settings{}
	}
	r := reader{Reader: ruby.Reader{Variables: map[string]ruby.Value{}, File: file}, texts: texts}
	if dir := path.Dir(file); path.Base(dir) == "config" {
		r.Here = path.Dir(dir)
	} else if path.Base(path.Dir(dir)) == "config" { // config/puma/production.rb
		r.Here = path.Dir(path.Dir(dir))
	}
	r.text(text, false)
	r.settings.Lines = strings.Count(string(text), "\n")
	if n := len(text); n > 0 && text[n-1] != '\n' {
		r.settings.Lines++
	}
	return r.settings
}

// reader collects the settings.
type reader struct {
	ruby.Reader
	settings Settings
	texts    func(string) ([]byte, bool)
	// within are the files that are being evaluated, the innermost last.
	within   []string
	includes int
}

// text follows a text; conditional is whether something decides that it is evaluated at all.
func (r *reader) text(text []byte, conditional bool) {
	for _, s := range ruby.Statements(ruby.Tokenize(strings.TrimPrefix(string(text), "\ufeff"), 1)) {
		s.Conditional = s.Conditional || conditional
		r.statement(s)
	}
}

// file is the file that is read now where it is not the first.
func (r *reader) file() string {
	if len(r.within) == 0 {
		return ""
	}
	return r.within[len(r.within)-1]
}

func (r *reader) statement(s ruby.Statement) {
	if len(s.Tokens) > 0 && !r.assign(s) {
		r.call(s)
	}
	r.suspect(s.Tokens, 1)
	r.suspect(s.Aside, 0)
}

// assign notes what a statement does to variables; it reports whether the statement was no more than that.
func (r *reader) assign(s ruby.Statement) bool {
	name := s.Tokens[0]
	if name.Kind != ruby.TokenWord || len(s.Tokens) < 2 || s.Tokens[1].Kind != ruby.TokenOp {
		return false
	}
	old, exists := r.Variables[name.Text]
	v := unread
	switch s.Tokens[1].Text {
	case "=":
		v = r.Expression(s.Tokens[2:])
	case "||=":
		v = r.Expression(s.Tokens[2:])
		if exists {
			v = ruby.Either(old, v)
		}
	case ",": // a, b = 1, 5
		for _, t := range s.Tokens {
			if t.Is(ruby.TokenOp, "=") {
				break
			}
			r.Variables[t.Text] = unread
		}
		return true
	default: // x << "y", x += "y", x.concat("y")
		if !exists {
			return false
		}
	}
	if s.Conditional && !v.Known() && exists {
		v = old
	}
	if s.Conditional {
		v.Literal = false
	}
	r.Variables[name.Text] = v
	return true
}

// call applies the statement if it is a call of one of Puma's settings.
func (r *reader) call(s ruby.Statement) {
	name, rest := s.Tokens[0], s.Tokens[1:]
	if name.Kind != ruby.TokenWord {
		return
	}
	if len(rest) > 0 && rest[0].Is(ruby.TokenOp, "(") && !rest[0].Space {
		inside, behind := ruby.Group(rest)
		if len(behind) > 0 {
			s.Conditional = true // workers(2) or something: no more than likely
		}
		rest = inside
	}
	if (name.Text == "eval" || name.Text == "instance_eval") && r.include(s, rest) {
		return
	}
	r.apply(name.Text, call{values: r.Values(rest), line: name.Line, conditional: s.Conditional, file: r.file()})
}

// call is a setting with the values of its arguments.
type call struct {
	values      []ruby.Value
	line        int
	conditional bool
	file        string
}

// unread is the value of everything that cannot be told from the text.
var unread = ruby.Value{}

// argument is the setting from the nth argument, or from fallback where there are not so many.
func (c call) argument(n int, fallback ruby.Value) Setting {
	v := fallback
	if n >= 0 && n < len(c.values) {
		v = c.values[n]
	}
	if !v.IsText() {
		v = unread
	}
	return Setting{Text: v.Text, Literal: v.Literal, Conditional: c.conditional, Line: c.line, File: c.file}
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
func (r *reader) suspect(tokens []ruby.Token, from int) {
	for i := from; i < len(tokens); i++ {
		t := tokens[i]
		if t.Kind != ruby.TokenWord || i > 0 && ruby.IsMethodName(tokens[i-1]) {
			continue
		}
		if _, local := r.Variables[t.Text]; local {
			continue
		}
		c := call{values: []ruby.Value{unread}, line: t.Line, conditional: true, file: r.file()}
		switch t.Text {
		case "preload_app!", "prune_bundler", "fork_worker", "activate_control_app",
			"eval", "instance_eval", "instance_exec", "send", "public_send", "__send__", "@options", "@config":
			r.apply(t.Text, c)
		}
	}
}
