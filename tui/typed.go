package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector/prompt"
)

// typedLimit bounds what is typed as an answer, in bytes: as much as ssh reads.
const typedLimit = 1024

// typed is an answer being typed. It is bytes and no string, so that it can be overwritten, and its memory never moves,
// because what an append leaves behind could not be. Bubble Tea's own messages hold each key and each paste until they
// are collected; that is not in our hands.
type typed struct{ text []byte }

// String is not what was typed.
func (*typed) String() string { return "(typed)" }

// GoString is not what was typed either.
func (*typed) GoString() string { return "tui.typed{}" }

func (t *typed) empty() bool { return len(t.text) == 0 }

// insert appends all of s, or nothing, and says why: half of a password would be a wrong one.
func (t *typed) insert(s string) (refused string) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "it has characters that nobody can type"
	}
	if len(t.text)+len(s) > typedLimit {
		return "it is too long"
	}
	if t.text == nil {
		t.text = make([]byte, 0, typedLimit)
	}
	t.text = append(t.text, s...)
	return ""
}

// paste is insert of what was copied with the end of its line. What has several lines is no answer.
func (t *typed) paste(s string) (refused string) {
	s = strings.Trim(s, "\r\n")
	if strings.ContainsAny(s, "\r\n") {
		return "it has several lines"
	}
	return t.insert(s)
}

// key takes an editing key and says what it refused.
func (t *typed) key(msg tea.KeyPressMsg) (refused string) {
	switch msg.Keystroke() {
	case "backspace", "ctrl+h":
		_, n := utf8.DecodeLastRune(t.text)
		t.shorten(len(t.text) - n)
	case "ctrl+u", "ctrl+w":
		t.shorten(0)
	default:
		return t.insert(msg.Text)
	}
	return ""
}

// shorten overwrites all but the first n bytes.
func (t *typed) shorten(n int) {
	clear(t.text[n:])
	t.text = t.text[:n]
}

// forget overwrites everything.
func (t *typed) forget() { t.shorten(0) }

// hand gives the answer away and keeps nothing of it.
func (t *typed) hand() prompt.Secret {
	s := prompt.NewSecret(t.text)
	t.text = nil
	return s
}

// dots stand for what was typed, the last n of them.
func (t *typed) dots(g *glyphs, n int) string {
	count := utf8.RuneCount(t.text)
	if count > n {
		return g.cut + strings.Repeat(g.mark, max(n-1, 0))
	}
	return strings.Repeat(g.mark, count)
}

// inClear is the end of what was typed, in n cells, for what need not be hidden.
func (t *typed) inClear(g *glyphs, n int) string {
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, string(t.text))
	if textWidth(s) <= n {
		return s
	}
	for s != "" && textWidth(s) > n-1 {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return g.cut + s
}
