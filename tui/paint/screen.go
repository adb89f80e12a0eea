package paint

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Screen is what a terminal shows, as far as it is known. The zero Screen knows nothing.
type Screen struct {
	known         bool // that the terminal shows it
	width, height int
	rows          []row
	cursor        *Position // as of the newest frame
	inks          inks
	scratch       []cell // of the line that is being drawn
}

// row is one row of it.
type row struct {
	text  string // what it was read from
	cells []cell // always as many as the screen is wide
	odd   bool   // some are not as wide as they look to every terminal
}

// Forget says that somebody else has written to the terminal: the next frame is drawn whole.
func (s *Screen) Forget() { s.known = false }

// Draw appends to b what makes the terminal show f: nothing where it does.
func (s *Screen) Draw(b []byte, f *Frame) []byte {
	s.fit(f)
	begun := len(b)
	if f.Synchronized {
		b = append(b, ansi.SetModeSynchronizedOutput...)
	}
	if s.cursor != nil {
		b = append(b, ansi.HideCursor...)
	}
	b = append(b, ansi.ResetModeAutoWrap...) // a text that the terminal takes for wider than it is must not reach another row
	body := len(b)
	b = s.drawRows(b, f.Content)
	if len(b) == body && s.sameCursor(f.Cursor) {
		return b[:begun]
	}
	b = append(b, ansi.SetModeAutoWrap...)
	switch {
	case f.Cursor != nil:
		b = append(moveTo(b, f.Cursor.X, f.Cursor.Y), ansi.ShowCursor...)
	case !s.known:
		b = append(b, ansi.HideCursor...)
	}
	if f.Synchronized {
		b = append(b, ansi.ResetModeSynchronizedOutput...)
	}
	s.cursor, s.known = f.Cursor, true
	return b
}

// fit makes the screen one on which f can be drawn.
func (s *Screen) fit(f *Frame) {
	if s.inks.turn(f.Profile) || s.width != f.Width || s.height != f.Height {
		s.width, s.height, s.known = f.Width, f.Height, false
		s.rows = nil
		if s.width > 0 {
			s.rows = make([]row, s.height)
		}
	}
}

func (s *Screen) sameCursor(c *Position) bool {
	if c == nil || s.cursor == nil {
		return c == s.cursor
	}
	return *c == *s.cursor
}

// drawRows appends what makes the rows those of content, and leaves the terminal without a style.
func (s *Screen) drawRows(b []byte, content string) []byte {
	w := writer{b: b, inks: &s.inks}
	if !s.known {
		w.b = append(w.b, ansi.ResetStyle...)
	}
	for y := range s.rows {
		var line string
		line, content, _ = strings.Cut(content, "\n")
		s.drawRow(&w, y, line)
	}
	w.ink(plain)
	return w.b
}

func (s *Screen) drawRow(w *writer, y int, line string) {
	r := &s.rows[y]
	same := r.cells != nil && r.text == line
	r.text = line // also where it is the same: the old one would hold on to all of its frame
	if same && s.known {
		return
	}
	was, odd := r.cells, r.odd
	if !same {
		s.scratch, r.odd = s.inks.read(s.scratch[:0], line, s.width)
		r.cells, s.scratch = s.scratch, was
	}
	if !s.known || was == nil || odd || r.odd {
		if r.odd {
			w.erase(y) // what the terminal does not write on stays, where it takes a text for narrower than it is
		}
		w.run(r.cells, 0, s.width, y)
		return
	}
	for from := 0; ; {
		start, end := difference(was, r.cells, from)
		if start == len(r.cells) {
			return
		}
		w.run(r.cells, start, end, y)
		from = end
	}
}

// leap is how many cells that are the same are written once more rather than jumped over: to jump takes as many bytes.
const leap = 6

// difference is the first stretch from a cell on in which two rows differ. Both have the same length, at which it begins where
// there is none.
func difference(a, b []cell, from int) (start, end int) {
	for start = from; start < len(b) && a[start] == b[start]; start++ {
	}
	end = start
	for x := start; x < len(b) && x-end <= leap; x++ {
		if a[x] != b[x] {
			end = x + 1
		}
	}
	if start < end && b[end-1] == blank && following(b[end:], blank) == len(b)-end {
		end = len(b) // erased at once
	}
	return start, end
}

// writer writes cells.
type writer struct {
	b    []byte
	inks *inks
	now  inkID
}

// ink makes what follows look so.
func (w *writer) ink(i inkID) {
	if w.now == i {
		return
	}
	if w.now != plain {
		w.b = append(w.b, ansi.ResetStyle...)
	}
	w.b = append(w.b, w.inks.sequence(i)...)
	w.now = i
}

// run writes the cells from start up to end of row y. Blanks at the end of the line are erased; never right after its last
// column, on which the cursor still stands then.
func (w *writer) run(cells []cell, start, end, y int) {
	last := end
	if end == len(cells) {
		for last > start && cells[last-1] == blank {
			last--
		}
	}
	w.b = moveTo(w.b, start, y)
	for x := start; x < last; x++ {
		c := cells[x]
		if c.text == covered {
			continue
		}
		w.ink(c.ink)
		w.b = w.inks.text(w.b, c.text)
		next := x + 1
		for next < len(cells) && cells[next].text == covered {
			next++
		}
		if (c.text&cluster != 0 || next > x+1) && next < len(cells) { // terminals disagree on how far this one goes
			w.b = moveTo(w.b, next, y)
		}
	}
	if last < end {
		w.ink(plain)
		w.b = append(w.b, ansi.EraseLineRight...)
	}
}

// erase makes row y one of blanks.
func (w *writer) erase(y int) {
	w.ink(plain)
	w.b = append(moveTo(w.b, 0, y), ansi.EraseLineRight...)
}

// following is how many cells at the beginning are c.
func following(cells []cell, c cell) (n int) {
	for n < len(cells) && cells[n] == c {
		n++
	}
	return n
}

// moveTo moves the cursor.
func moveTo(b []byte, x, y int) []byte {
	b = append(b, "\x1b["...)
	b = strconv.AppendInt(b, int64(y+1), 10)
	b = append(b, ';')
	b = strconv.AppendInt(b, int64(x+1), 10)
	return append(b, 'H')
}
