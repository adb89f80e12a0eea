// Package clean makes foreign text safe to draw: host names, log lines, error bodies, process titles, whatever a
// server or a file can say. It is called once, where such text enters, so that nothing behind it has to think of it.
//
// Terminals give meaning to some characters: an unterminated escape sequence swallows the rest of a frame, a
// direction override turns a line around, and joiners and variation selectors make a character as wide as the
// terminal's author thinks right. None of them survives.
package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tabWidth is how far apart tab stops are.
const tabWidth = 8

// Line returns s as one line without anything that a terminal would act on. Line breaks become spaces, tabs are
// expanded, escape sequences and format characters vanish, and what cannot be shown is U+FFFD.
func Line(s string) string {
	if isPlain(s) {
		return s
	}
	s = stripEscapes(s)
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch {
		case r == '\t':
			n := tabWidth - column%tabWidth
			b.WriteString("        "[:n])
			column += n
			continue
		case r == '\n', r == '\r':
			r = ' '
		case r == utf8.RuneError, unicode.Is(unicode.Cc, r):
			r = utf8.RuneError
		case vanishes(r):
			continue
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}

// Lines splits s at its line breaks and cleans each line; a trailing break makes no empty line.
func Lines(s string) []string {
	s = strings.TrimRight(s, "\r\n")
	if s == "" {
		return nil
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Line(strings.TrimSuffix(l, "\r"))
	}
	return lines
}

// Short is Line cut to at most n characters, with an ellipsis where something is missing.
func Short(s string, n int) string {
	s = Line(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(n-1, 0)]) + "…"
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// vanishes reports whether r has no place of its own on a screen or one that terminals disagree on.
func vanishes(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector) ||
		r == '\u20e3' || (r >= 0x1f3fb && r <= 0x1f3ff)
}

const escape = 0x1b

// stripEscapes removes escape sequences: CSI with its parameters, the string types up to their end or the end of
// the line, and the two-character rest.
func stripEscapes(s string) string {
	if strings.IndexByte(s, escape) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != escape {
			b.WriteByte(s[i])
			i++
			continue
		}
		i += sequenceLength(s[i:])
	}
	return b.String()
}

// sequenceLength is how many bytes of s, which begins with ESC, belong to its escape sequence.
func sequenceLength(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		return controlLength(s)
	case ']', 'P', 'X', '^', '_':
		return stringLength(s)
	}
	if s[1] >= utf8.RuneSelf || s[1] < 0x20 {
		return 1
	}
	return 2
}

// controlLength ends a CSI with its final byte, or before what cannot be part of it.
func controlLength(s string) int {
	for i := 2; i < len(s); i++ {
		switch {
		case s[i] < 0x20, s[i] > 0x7e:
			return i
		case s[i] >= 0x40:
			return i + 1
		}
	}
	return len(s)
}

// stringLength ends a title, a device string and the like with their terminator, or with the line: a terminal would
// swallow everything behind one that is not terminated.
func stringLength(s string) int {
	for i := 2; i < len(s); i++ {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == escape && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case s[i] == '\n':
			return i
		}
	}
	return len(s)
}
