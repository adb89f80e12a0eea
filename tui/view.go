package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// View returns the frame. Bubble Tea calls it after every message, so it is drawn anew only when something that it
// shows has changed.
func (m *Model) View() tea.View {
	if !m.dirty {
		return m.frame
	}
	m.dirty, m.drawnAt = false, m.now
	m.frame = tea.View{
		AltScreen:   true,
		WindowTitle: m.title(),
		ReportFocus: m.opts.Alerts.Notify != nil,
		ProgressBar: m.progressBar(),
	}
	m.frame.BackgroundColor, m.frame.ForegroundColor = m.look.paper, m.look.ink
	if !m.noMouse {
		m.frame.MouseMode = tea.MouseModeCellMotion
	}
	if m.width <= 0 || m.height <= 0 {
		return m.frame
	}
	m.frame.Content = m.draw()
	if m.overlay == filterOverlay && !m.tiny() {
		x := min(margin+1+textWidth(m.typing.text), m.width-1)
		m.frame.Cursor = tea.NewCursor(x, m.height-1)
		m.frame.Cursor.Blink = !m.opts.Still
	}
	return m.frame
}

// title is the window's title: what matters most now, for when the window is in the background, and where that is.
func (m *Model) title() string {
	parts := []string{"pumatop"}
	if env := m.environment(); env != "" {
		parts = append(parts, env)
	}
	if tidings := m.tidings(); tidings != "" {
		parts = append([]string{tidings}, parts...)
	}
	title := strings.Join(parts, " "+m.glyphs.dot+" ")
	if m.opts.ASCII {
		title = toASCII(title)
	}
	return inSequence(title)
}

// draw draws the whole frame: as many lines as the terminal has, none of them wider than it.
func (m *Model) draw() string {
	m.docked.of = nil
	p := &m.pen
	*p = pen{buf: p.buf[:0], points: p.points, look: m.look, g: &m.glyphs, width: m.width, ascii: m.opts.ASCII}
	switch {
	case m.tiny():
		m.drawTiny(p)
	default:
		m.onScreen().draw(m, p)
	}
	frame := strings.TrimSuffix(string(p.buf), "\n")
	if box := m.box(); box != nil && !m.tiny() {
		frame = m.lay(frame, box)
	}
	return frame
}

// drawTiny says what is missing, and the one thing that matters most meanwhile.
func (m *Model) drawTiny(p *pen) {
	lines := m.tinyLines()
	for i := range m.height {
		if i < len(lines) {
			p.spans(lines[i])
		}
		p.end()
	}
}

// drawFleet draws the first screen.
func (m *Model) drawFleet(p *pen) {
	l := m.fleetLayout()
	m.drawHeader(p, nil)
	if l.totals {
		m.drawTotals(p)
	}
	if l.strip > 0 {
		t := &m.fleet.shown.Totals
		m.drawCharts(p, t.History, &t.Load, l.strip)
	}
	m.drawTable(p, l.rows)
	if l.dock > 0 {
		m.drawDock(p, m.dock(), l.dock)
	}
	if l.events > 0 {
		m.drawEvents(p, l.events, "")
	}
	m.drawFooter(p)
}

// hairline draws a line across the screen with a caption at either end.
func (p *pen) hairline(start, end line) {
	p.style(tFaint)
	if len(start) > 0 {
		p.repeat(tFaint, p.g.line, 2)
		p.space(1)
		p.spans(start)
		p.space(1)
	}
	tail := 0
	if len(end) > 0 {
		tail = end.width() + 3
	}
	if tail > p.room() {
		tail, end = 0, nil
	}
	p.repeat(tFaint, p.g.line, p.room()-tail)
	if len(end) > 0 {
		p.space(1)
		p.spans(end)
		p.space(1)
		p.repeat(tFaint, p.g.line, 1)
	}
	p.end()
}
