package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// box is an overlay ready to be drawn: a title and lines.
type box struct {
	title string
	lines []line
	width int // of the lines
}

// box is the overlay that is open; nil for none.
func (m *Model) box() *box {
	room := m.width - 6
	height := m.height - 4
	w := min(room, sheetWidth)
	var b *box
	switch m.overlay {
	case sheetOverlay:
		b = &box{title: m.sheet.title(), lines: m.sheet.lines(&m.glyphs, m.now, w, height)}
	case questionOverlay:
		b = m.questionBox(min(w, 60))
	case helpOverlay:
		b = &box{title: m.helpTitle(), lines: m.helpLines(room, height)}
	case sortOverlay:
		b = &box{title: "Sort", lines: m.sortLines(height)}
	case themeOverlay:
		b = &box{title: "Theme", lines: m.themeLines(height)}
	case columnsOverlay:
		b = &box{title: m.columnsTitle(), lines: m.columnLines(height)}
	case paletteOverlay:
		b = &box{title: m.paletteTitle(), lines: m.paletteLines(min(room, paletteWidth), height)}
	case askOverlay:
		b = &box{title: m.askTitle(), lines: m.askLines()}
	case noOverlay, filterOverlay:
		return nil
	}
	b.width = textWidth(b.title) + 2
	for _, l := range b.lines {
		b.width = max(b.width, l.width())
	}
	b.width = min(b.width, room)
	if over := len(b.lines) - max(height, 1); over > 0 {
		b.lines = b.lines[over:] // the end is what can be answered
	}
	return b
}

// lay draws a box over a frame, whose own colours fade, unless it is about those.
func (m *Model) lay(frame string, b *box) string {
	rows := strings.Split(frame, "\n")
	inner := b.width + 4
	x, y := max((m.width-inner)/2, 0), max((m.height-len(b.lines)-2)/3, 0)
	p := &pen{look: m.look, g: &m.glyphs, width: m.width, ascii: m.opts.ASCII}
	for i, row := range rows {
		behind, cover := ansi.Strip(row), func(s string) { p.put(tShade, s) }
		if m.overlay == themeOverlay {
			behind, cover = row, p.through
		}
		n := i - y
		if n < 0 || n >= len(b.lines)+2 {
			cover(behind)
			p.end()
			continue
		}
		cover(ansi.Truncate(behind, x, ""))
		p.to(x)
		p.boxLine(b, n)
		cover(after(behind, x+inner))
		p.end()
	}
	return strings.TrimSuffix(string(p.buf), "\n")
}

// after is what stands behind column x of a line; half a wide character leaves a blank.
func after(s string, x int) string {
	rest := ansi.TruncateLeft(s, x, "")
	if missing := ansi.StringWidth(s) - x - ansi.StringWidth(rest); missing > 0 && rest != "" {
		return strings.Repeat(" ", missing) + rest
	}
	return rest
}

// boxLine draws line n of a box: its upper edge, its lines, its lower edge.
func (p *pen) boxLine(b *box, n int) {
	end := p.col + b.width + 4
	switch {
	case n == 0:
		p.repeat(tAccent, p.g.corners[0], 1)
		p.space(1)
		p.cell(tTitle, b.title, min(textWidth(b.title), b.width), left)
		p.space(1)
		p.repeat(tAccent, p.g.line, end-p.col-1)
		p.repeat(tAccent, p.g.corners[1], 1)
	case n == len(b.lines)+1:
		p.repeat(tAccent, p.g.corners[2], 1)
		p.repeat(tAccent, p.g.line, end-p.col-1)
		p.repeat(tAccent, p.g.corners[3], 1)
	default:
		p.repeat(tAccent, p.g.side, 1)
		p.space(1)
		width := p.width
		p.width = min(end-2, width)
		p.spans(b.lines[n-1])
		p.to(end - 2)
		p.width = width
		p.space(1)
		p.repeat(tAccent, p.g.side, 1)
	}
}
