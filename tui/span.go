package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// span is a piece of text in one style.
type span struct {
	t token
	s string
}

// line is what stands on one line of a panel or overlay, from the left.
type line []span

// width is the number of cells of the line.
func (l line) width() int {
	n := 0
	for _, s := range l {
		n += textWidth(s.s)
	}
	return n
}

// text is the line without its styles.
func (l line) text() string {
	if len(l) == 1 {
		return l[0].s
	}
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.s)
	}
	return b.String()
}

// spans writes a line; what does not fit is cut with an ellipsis.
func (p *pen) spans(l line) {
	for i, s := range l {
		rest := line(l[i+1:]).width()
		if w := textWidth(p.plain(s.s)); w > p.room() || w == p.room() && rest > 0 {
			p.cell(s.t, s.s+strings.Repeat(" ", min(rest, 1)), p.room(), left)
			return
		}
		p.put(s.t, s.s)
	}
}

// wrap breaks a sentence into lines of at most w cells.
func wrap(s string, w int) []string {
	if s == "" || w <= 0 {
		return nil
	}
	lines := strings.Split(ansi.Wrap(s, w, ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// wrapped is a sentence as lines of one style, each begun by indent blanks.
func wrapped(t token, s string, indent, w int) []line {
	var lines []line
	for _, part := range wrap(s, w-indent) {
		lines = append(lines, line{{t, strings.Repeat(" ", indent) + part}})
	}
	return lines
}
