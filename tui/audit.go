package tui

import (
	"errors"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// auditTrail is what was last read of the audit.
type auditTrail struct {
	trail actions.Trail
	err   error
	read  bool   // whether it ever was
	on    string // the id of the record that the cursor is on; empty for the newest
}

func (a *auditTrail) take(msg auditMsg) { a.trail, a.err, a.read = msg.trail, msg.err, true }

// openAudit shows the audit's screen and reads it.
func (m *Model) openAudit() tea.Cmd {
	m.screen, m.scroll, m.audit.on = auditScreen, 0, ""
	return readTrail(m.opts.Audit)
}

// readAudit reads it again, and repaints the terminal, as refresh does elsewhere.
func (m *Model) readAudit() tea.Cmd {
	return tea.Batch(readTrail(m.opts.Audit), tea.ClearScreen)
}

// entry is the i-th entry, the newest first.
func (a *auditTrail) entry(i int) *actions.Entry {
	all := a.trail.Entries
	return &all[len(all)-1-i]
}

// at is the line that the cursor is on: the newest until somebody moves it, and then the same entry whatever comes.
func (a *auditTrail) at() int {
	for i := range a.trail.Entries {
		if r := a.entry(i).About(); a.on != "" && r.ID == a.on {
			return i
		}
	}
	return 0
}

// move moves the cursor by n entries.
func (a *auditTrail) move(n int) {
	if last := len(a.trail.Entries) - 1; last >= 0 {
		a.on = a.entry(min(max(a.at()+n, 0), last)).About().ID
	}
}

// drawAudit draws the entries, newest first, and below them all that was recorded of the chosen one.
func (m *Model) drawAudit(p *pen) {
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, "audit"}})
	a := &m.audit
	n := len(a.trail.Entries)
	if m.height < 4 || n == 0 || a.err != nil {
		p.hairline(nil, nil)
		m.drawLines(p, m.auditNotes(), max(m.height-3, 0))
		m.drawFooter(p)
		return
	}
	detail := 0
	if m.height >= 16 {
		detail = m.height / 3
	}
	rows, chosen := m.height-4-detail, a.at() // without header, hairline, heading and footer
	m.scroll = max(min(m.scroll, chosen), chosen-rows+1)
	m.scroll = max(min(m.scroll, n-rows), 0)
	var end line
	if n > rows {
		end = line{{tDim, strconv.Itoa(m.scroll+1) + "–" + strconv.Itoa(m.scroll+rows) + " of "}, {tFigure, thousands(int64(n))}}
	}
	p.hairline(line{{tDim, a.trail.Path}}, end)
	widths := m.auditWidths()
	m.drawAuditLine(p, auditTitles, [len(auditTitles)]token{tDim, tDim, tDim, tDim, tDim, tDim, tDim, tDim}, widths, false)
	for i := range rows {
		if at := m.scroll + i; at < n {
			cells, tokens := m.auditCells(a.entry(at))
			m.drawAuditLine(p, cells, tokens, widths, at == chosen)
			continue
		}
		p.end()
	}
	if detail > 0 {
		p.hairline(nil, nil)
		m.drawLines(p, m.auditDetail(a.entry(chosen), m.width-2*margin), detail-1)
	}
	m.drawFooter(p)
}

// auditDetail is all that was recorded of an entry.
func (m *Model) auditDetail(e *actions.Entry, w int) []line {
	r := e.About()
	_, t := m.glyphs.verdict(e.Word())
	if e.Word() == actions.Unrecorded {
		t = tWarn
	}
	lines := wrapped(t, e.Word().String()+": "+e.Summary(), 0, w)
	if e.Ended != nil {
		lines = append(lines, wrapped(tText, e.Ended.Reason, 0, w)...)
	}
	who := r.User
	if r.From != "" {
		who += " on " + r.From
	}
	lines = append(lines, line{{tDim, "asked by "}, {tText, who}, {tDim, ", " + r.At.In(m.now.Location()).Format(time.DateTime) + ": "}, {tText, r.Request}})
	seen := r.Evidence
	if e.Ended != nil {
		seen = e.Ended.Evidence
	}
	for _, text := range seen {
		lines = append(lines, wrapped(tDim, "seen  "+text, 0, w)...)
	}
	return lines
}

// auditNotes say why there is nothing to show.
func (m *Model) auditNotes() []line {
	w := m.width - 2*margin
	a := &m.audit
	var remedied interface{ Remedy() string }
	switch {
	case !a.read:
		return []line{{{tDim, "reading"}}}
	case errors.As(a.err, &remedied):
		return append(wrapped(tBad, m.glyphs.bad+" "+a.err.Error(), 0, w), wrapped(tDim, remedied.Remedy(), 2, w)...)
	case a.err != nil:
		return wrapped(tBad, m.glyphs.bad+" "+a.err.Error(), 0, w)
	}
	return []line{{{tDim, "nothing has been done from here yet"}}}
}

// auditTitles are the columns of the audit.
var auditTitles = [...]string{"TIME", "USER", "TARGET", "ACTION", "VIA", "VERDICT", "TOOK", "SUMMARY"}

// auditTook is the column of seconds.
const auditTook = 6

// auditWidths are the columns' widths: as wide as their widest text, within reason. On a narrow terminal the way goes
// first, then who it was, which the lines below say too.
func (m *Model) auditWidths() [len(auditTitles)]int {
	const summary = 24
	most := [len(auditTitles)]int{16, 16, 30, 15, 7, 19, 6}
	var widths [len(auditTitles)]int
	for i := range m.audit.trail.Entries {
		cells, _ := m.auditCells(&m.audit.trail.Entries[i])
		for c := range most {
			widths[c] = min(max(widths[c], textWidth(cells[c]), len(auditTitles[c])), most[c])
		}
	}
	for _, c := range []int{4, 1} {
		if sum(widths)+summary > m.width {
			widths[c] = 0
		}
	}
	return widths
}

func sum(widths [len(auditTitles)]int) int {
	n := 0
	for _, w := range widths {
		n += w + gap
	}
	return n
}

// auditCells are the texts of an entry and what stands out of them.
func (m *Model) auditCells(e *actions.Entry) (cells [len(auditTitles)]string, tokens [len(auditTitles)]token) {
	r := e.About()
	glyph, t := m.glyphs.verdict(e.Word())
	if e.Word() == actions.Unrecorded {
		glyph, t = m.glyphs.waiting, tWarn
	}
	summary := e.Summary()
	if e.Was != "" {
		summary += " (" + e.Was.String() + " before)"
	}
	if e.Ended != nil && e.Ended.Reason != "" && !e.Word().Good() {
		summary += "; " + e.Ended.Reason
	}
	took := unknown
	if e.Ended != nil && e.Ended.Seconds > 0 {
		took = tenths(time.Duration(e.Ended.Seconds * float64(time.Second)))
	}
	cells = [...]string{m.when(r.At), r.User, r.Target, actions.Kind(r.Action).String(), r.Via, glyph + " " + e.Word().String(), took, summary}
	tokens = [...]token{tDim, tText, tFigure, tText, tDim, t, tFigure, tText}
	return cells, tokens
}

// when is a moment of the past: the time of today, else with its date.
func (m *Model) when(at time.Time) string {
	at = at.In(m.now.Location())
	if y, d := at.Year(), at.YearDay(); y == m.now.Year() && d == m.now.YearDay() {
		return at.Format(time.TimeOnly)
	}
	if at.Year() == m.now.Year() {
		return at.Format("01-02 15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// drawAuditLine draws a line of the table, or its heading.
func (m *Model) drawAuditLine(p *pen, cells [len(auditTitles)]string, tokens [len(auditTitles)]token, widths [len(auditTitles)]int, chosen bool) {
	m.leadLine(p, chosen)
	for c, text := range cells {
		a := left
		if c == auditTook {
			a = right
		}
		switch {
		case c == len(cells)-1:
			p.cell(tokens[c], text, max(p.room()-margin, 0), left)
		case widths[c] > 0:
			p.cell(tokens[c], text, widths[c], a)
			p.space(gap)
		}
	}
	p.end()
}
