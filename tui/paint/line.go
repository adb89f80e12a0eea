package paint

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// read appends the cells of a line, as many as width, and reports whether it has some that are not one wide or whose width
// terminals disagree on. Of sequences only those for styles count.
func (s *inks) read(cells []cell, line string, width int) (_ []cell, odd bool) {
	s.met = s.met[:0]
	now := plain
	for line != "" && len(cells) < width {
		switch c := line[0]; {
		case c == '\x1b':
			n := sequence(line)
			if isRendition(line[:n]) {
				now = s.rendition(line[:n])
			}
			line = line[n:]
		case c < ' ' || c == '\x7f':
			line = line[1:]
		case c < utf8.RuneSelf && (len(line) == 1 || line[1] < utf8.RuneSelf): // nearly everything
			cells = append(cells, cell{uint32(c), now})
			line = line[1:]
		default:
			text, wide := first(line)
			line = line[len(text):]
			var unsure bool
			cells, unsure = s.put(cells, text, wide, now, width)
			odd = odd || unsure
		}
	}
	for len(cells) < width {
		cells = append(cells, blank)
	}
	return cells, odd
}

// put appends the cells of a cluster: a blank where it does not fit. It reports whether they are odd.
func (s *inks) put(cells []cell, text string, wide int, now inkID, width int) (_ []cell, odd bool) {
	r, n := utf8.DecodeRuneInString(text)
	number := uint32(r)
	if n < len(text) {
		number = s.number(text)
	}
	switch {
	case wide == 0:
		return cells, false
	case wide == 2 && len(cells)+2 > width:
		return append(cells, cell{' ', now}), false
	case wide == 2:
		return append(cells, cell{number, now}, cell{covered, now}), true
	}
	return append(cells, cell{number, now}), n < len(text)
}

// first is the cluster at the beginning of s, and how many cells it takes.
func first(s string) (text string, wide int) {
	if drawn(s) && (len(s) == drawnLength || s[drawnLength] < utf8.RuneSelf || drawn(s[drawnLength:])) {
		return s[:drawnLength], 1
	}
	text, wide = ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	if !utf8.ValidString(text) { // a byte that begins no rune would take what follows into its cluster, also an escape
		_, n := utf8.DecodeRuneInString(s)
		text, wide = s[:n], ansi.StringWidth(string([]rune(s[:n])))
	}
	return text, min(wide, 2)
}

// drawnLength is the length of those for which drawn holds.
const drawnLength = len("█")

// drawn reports whether s begins with a line, block or dots, of which charts are made: a rune that is one wide to every
// terminal and combines with nothing.
func drawn(s string) bool {
	return len(s) >= drawnLength && s[0] == 0xe2 && s[2]&0xc0 == 0x80 && (0x94 <= s[1] && s[1] <= 0x95 || s[1] == 0x96 && s[2] < 0xa0 || 0xa0 <= s[1] && s[1] <= 0xa3)
}

// sequence is the length of the sequence at the beginning of s.
func sequence(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		n := 2
		for n < len(s) && ' ' <= s[n] && s[n] < '@' {
			n++
		}
		if n < len(s) && '@' <= s[n] && s[n] <= '~' {
			n++
		}
		return n
	case ']', 'P', 'X', '^', '_':
		for n := 2; n < len(s); n++ {
			if s[n] == '\a' {
				return n + 1
			}
			if strings.HasPrefix(s[n:], "\x1b\\") {
				return n + 2
			}
		}
		return len(s)
	}
	if s[1] < ' ' || s[1] >= '\x7f' {
		return 1
	}
	return 2
}

// isRendition reports whether a sequence is a whole Select Graphic Rendition.
func isRendition(s string) bool {
	return len(s) > 2 && s[1] == '[' && s[len(s)-1] == 'm' && strings.Trim(s[2:len(s)-1], "0123456789;:") == ""
}
