package tui

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// align is where a text stands in a cell that is wider than it.
type align uint8

const (
	left align = iota
	right
)

// pen writes one frame from left to right, line by line. It never writes past the width of the line it is on, so
// that no screen has to prove it, and it emits a style only where the style changes.
//
// Cells are padded by hand and styled with prefixes that were computed once per theme: a Lip Gloss style rendered
// per cell costs fifteen times as much.
type pen struct {
	buf   []byte
	look  *look
	g     *glyphs
	back  backdrop // background of the line being written
	width int      // of every line
	col   int      // cells written on this line
	now   token
	inked bool // whether now has been emitted on this line
	ascii bool

	points []float64 // scratch of what draws points
}

// reset ends every style.
const reset = "\x1b[m"

// style makes what follows look like t.
func (p *pen) style(t token) {
	if p.inked && p.now == t {
		return
	}
	if p.inked {
		p.buf = append(p.buf, reset...)
	}
	p.buf = append(p.buf, p.look.prefix[p.back][t]...)
	p.now, p.inked = t, true
}

// room is how many cells are left on the line.
func (p *pen) room() int { return p.width - p.col }

// put writes s, cut at the end of the line, and returns how many cells it took.
func (p *pen) put(t token, s string) int {
	s = p.plain(s)
	w := textWidth(s)
	if w > p.room() {
		s = ansi.Truncate(s, p.room(), "")
		w = textWidth(s)
	}
	if w == 0 {
		return 0
	}
	p.style(t)
	p.buf = append(p.buf, s...)
	p.col += w
	return w
}

// through writes what has been drawn already, in the styles that it has.
func (p *pen) through(s string) {
	if p.inked {
		p.buf = append(p.buf, reset...)
	}
	p.buf = append(append(p.buf, s...), reset...)
	p.col, p.inked = p.col+ansi.StringWidth(s), false
}

// cell writes s into w cells: padded where it is shorter, cut with an ellipsis where it is longer.
func (p *pen) cell(t token, s string, w int, a align) {
	w = min(w, p.room())
	if w <= 0 {
		return
	}
	s = p.plain(s)
	n := textWidth(s)
	if n > w {
		s = cut(s, w, p.ascii)
		n = textWidth(s)
	}
	if a == right {
		p.space(w - n)
	}
	p.put(t, s)
	if a == left {
		p.space(w - n)
	}
}

// space writes n blanks.
func (p *pen) space(n int) {
	n = min(n, p.room())
	if n <= 0 {
		return
	}
	p.style(tText)
	for range n {
		p.buf = append(p.buf, ' ')
	}
	p.col += n
}

// to writes blanks up to column col.
func (p *pen) to(col int) { p.space(col - p.col) }

// repeat writes n cells of r, which is one cell wide.
func (p *pen) repeat(t token, r rune, n int) {
	n = min(n, p.room())
	if n <= 0 {
		return
	}
	p.style(t)
	for range n {
		p.buf = utf8.AppendRune(p.buf, r)
	}
	p.col += n
}

// end finishes the line. A line with a backdrop is filled to the edge.
func (p *pen) end() {
	if p.back != noBackdrop {
		p.space(p.room())
	}
	if p.inked {
		p.buf = append(p.buf, reset...)
	}
	p.buf = append(p.buf, '\n')
	p.col, p.inked, p.back = 0, false, noBackdrop
}

// plain is s as this terminal can show it.
func (p *pen) plain(s string) string {
	if p.ascii {
		return toASCII(s)
	}
	return s
}

// textWidth is the number of cells s takes. Nearly everything drawn is ASCII, for which that is its length.
func textWidth(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return ansi.StringWidth(s)
		}
	}
	return len(s)
}

// cut shortens s to w cells and says so with an ellipsis.
func cut(s string, w int, ascii bool) string {
	if textWidth(s) <= w {
		return s
	}
	if w <= 0 {
		return ""
	}
	tail := "…"
	if ascii {
		tail = "."
	}
	return ansi.Truncate(s, w, tail)
}
