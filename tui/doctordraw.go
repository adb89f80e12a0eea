package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/doctor"
	"pumatop/collector/query"
)

// drawDoctor draws the findings, each with the targets that have it, and below them what the chosen one is about.
func (m *Model) drawDoctor(p *pen) {
	place := line{{tDim, " › "}}
	if m.open != "" {
		place = append(place, span{tTitle, string(m.open)}, span{tDim, " › "})
	}
	m.drawHeader(p, append(place, span{tTitle, "doctor"}))
	rows := m.doctorRows()
	p.hairline(m.doctorTally(rows), m.doctorAge())
	height := max(m.height-3, 0)
	switch {
	case len(rows) == 0:
		m.drawLines(p, m.doctorWaits(), height)
	case m.doctor.opened:
		lines := m.doctorDetail(&rows[m.doctorCursor(rows)], m.width-2*margin)
		m.doctor.detail = max(min(m.doctor.detail, len(lines)-height), 0)
		m.drawLines(p, lines[m.doctor.detail:], height)
	default:
		m.drawMatrix(p, rows, height)
	}
	m.drawFooter(p)
}

// doctorWaits says why there is nothing to show.
func (m *Model) doctorWaits() []line {
	if !m.doctor.busy.IsZero() {
		return []line{{{tDim, "reading configurations, units and web servers of " + plural(len(m.patients()), "target")}}}
	}
	return []line{{{tDim, "nothing has been examined"}}}
}

// doctorTally is how many findings there are of each severity.
func (m *Model) doctorTally(rows []doctorRow) line {
	counts, unknown := map[doctor.Severity]int{}, 0
	for _, r := range rows {
		switch {
		case r.findings != nil:
			counts[r.findings[0].Severity]++
		case r.unknown != nil:
			unknown += len(r.unknown.IDs)
		}
	}
	var l line
	add := func(n int, t token, word string) {
		if n == 0 {
			return
		}
		if len(l) > 0 {
			l = append(l, span{tDim, " " + m.glyphs.dot + " "})
		}
		l = append(l, span{t, strconv.Itoa(n)}, span{tDim, " " + word})
	}
	for _, s := range doctor.Severities() {
		_, t := m.glyphs.severity(s)
		word := severityWord(s, counts[s])
		if m.width < 100 {
			word, _, _ = strings.Cut(word, " ")
		}
		add(counts[s], t, word)
	}
	add(unknown, tDim, "unknown")
	if len(l) == 0 && len(rows) > 0 {
		l = line{{tGood, "nothing found"}}
	}
	return l
}

// severityWord is what n findings of a severity do, in a word or two.
func severityWord(s doctor.Severity, n int) string {
	third := "s"
	if n > 1 {
		third = ""
	}
	switch s {
	case doctor.Blocks:
		return "block" + third + " phased restarts"
	case doctor.Risks:
		return "risk" + third + " requests"
	case doctor.Security:
		return "security"
	case doctor.Advice:
	}
	return "advice"
}

// severity is the sign of a severity and what it looks like.
func (g *glyphs) severity(s doctor.Severity) (string, token) {
	switch s {
	case doctor.Blocks:
		return g.bad, tBad
	case doctor.Risks:
		return g.caution, tWarn
	case doctor.Security:
		return "$", tWarn
	case doctor.Advice:
	}
	return "i", tText
}

// doctorAge is how old the oldest examination is of what is shown.
func (m *Model) doctorAge() line {
	if !m.doctor.busy.IsZero() {
		return line{{tInfo, "examining for " + duration(m.now.Sub(m.doctor.busy))}}
	}
	var oldest time.Time
	for _, id := range m.patients() {
		if at := m.doctor.at[id]; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	if oldest.IsZero() {
		return nil
	}
	return line{{tDim, "examined " + duration(max(m.now.Sub(oldest), 0)) + " ago"}}
}

// matrix is which targets have a column, and how wide that is.
type matrix struct {
	names []string
	// initials and numbers are the headings, in two lines; initials are nil where they are all the same.
	initials, numbers []string
	cell              int
	more              int // targets without a column
}

// matrixOf orders the targets, the one with the worst findings first. A single target needs no matrix.
func (m *Model) matrixOf(rows []doctorRow) matrix {
	if m.open != "" {
		return matrix{}
	}
	var x matrix
	worst := map[string]int{}
	weight := func(name string, w int) {
		if _, known := worst[name]; !known {
			x.names = append(x.names, name)
		}
		worst[name] += w
	}
	for _, c := range m.doctor.report.Checks {
		weight(c.Target, 0)
	}
	for _, r := range rows {
		for _, name := range r.targets {
			w := 0
			switch {
			case r.findings != nil:
				w = []int{100_000_000, 100_000, 1000, 100}[slices.Index(doctor.Severities(), r.findings[0].Severity)]
			case r.unknown != nil:
				w = 1
			}
			weight(name, w)
		}
	}
	slices.SortFunc(x.names, func(a, b string) int {
		if n := worst[b] - worst[a]; n != 0 {
			return n
		}
		return query.Natural(a, b)
	})
	if len(x.names) < 2 {
		return matrix{}
	}
	x.cell = 2
	room := max(m.width*3/10, 8)
	if len(x.names)*x.cell > room {
		x.cell = 1
	}
	if most := room / x.cell; len(x.names) > most {
		x.more = len(x.names) - most
		x.names = x.names[:most]
	}
	for _, name := range x.names {
		initial, number := columnLabel(name, x.cell)
		x.initials, x.numbers = append(x.initials, initial), append(x.numbers, number)
	}
	if len(slices.Compact(slices.Clone(x.initials))) < 2 {
		x.initials = nil // they tell nobody apart
	}
	return x
}

// columnLabel is what tells a target from others in a column: how its host's name begins, and the end of the number in it.
func columnLabel(name string, cells int) (initial, number string) {
	host, _, _ := strings.Cut(name, "/")
	host, _, _ = strings.Cut(host, ".")
	for i := len(host) - 1; i >= 0 && len(number) < cells && host[i] >= '0' && host[i] <= '9'; i-- {
		number = string(host[i]) + number
	}
	for _, r := range host {
		return string(r), number
	}
	return "", number
}

func (x matrix) width() int {
	n := len(x.names) * x.cell
	if x.more > 0 {
		n += 1 + len(strconv.Itoa(x.more))
	}
	return n
}

// drawMatrix draws the rows, and below them what the chosen one is about where there is room.
func (m *Model) drawMatrix(p *pen, rows []doctorRow, height int) {
	detail := 0
	if m.height >= 16 {
		detail = max(m.height*2/5, m.height-6-len(rows))
	}
	x := m.matrixOf(rows)
	n := max(height-1-detail, 0)
	if x.initials != nil {
		n = max(n-1, 0)
	}
	chosen := m.doctorCursor(rows)
	m.scroll = max(min(m.scroll, chosen), chosen-n+1)
	m.scroll = max(min(m.scroll, len(rows)-n), 0)
	ids := len("CHECK")
	for i := range rows {
		ids = max(ids, textWidth(rows[i].title()))
	}
	ids = min(ids, max(m.width/3, 12))
	if x.initials != nil {
		p.to(margin + 3 + ids + gap)
		for _, initial := range x.initials {
			p.cell(tDim, initial, x.cell, right)
		}
		p.end()
	}
	p.space(margin + 3)
	p.cell(tDim, "CHECK", ids, left)
	p.space(gap)
	for _, number := range x.numbers {
		p.cell(tDim, number, x.cell, right)
	}
	if x.width() > 0 {
		p.to(margin + 3 + ids + gap + x.width() + gap)
	}
	p.put(tDim, "FINDING")
	p.end()
	for i := range n {
		if at := m.scroll + i; at < len(rows) {
			m.drawDoctorRow(p, &rows[at], x, ids, at == chosen)
		}
		p.end()
	}
	if detail > 0 {
		p.hairline(nil, nil)
		lines := m.doctorDetail(&rows[chosen], m.width-2*margin)
		if over := len(lines) - detail + 1; over > 0 && detail > 2 {
			lines = append(lines[:detail-2], line{{tDim, "enter shows " + plural(over+1, "line") + " more"}})
		}
		m.drawLines(p, lines, detail-1)
	}
}

// title is the first cell of a row.
func (r *doctorRow) title() string {
	switch {
	case r.findings != nil:
		return r.findings[0].ID
	case r.unknown != nil && len(r.unknown.IDs) == 1:
		return r.unknown.IDs[0]
	case r.unknown != nil:
		return plural(len(r.unknown.IDs), "check")
	}
	return plural(len(r.fine), "check")
}

// sign is the sign of a row, what it looks like, and what the row says.
func (r *doctorRow) sign(g *glyphs) (sign string, t token, says string) {
	switch {
	case r.findings != nil:
		sign, t = g.severity(r.findings[0].Severity)
		says = r.findings[0].Says
		for _, f := range r.findings {
			if f.Says != says {
				return sign, t, says + " " + g.dot + " and others"
			}
		}
		return sign, t, says
	case r.unknown != nil:
		return "?", tDim, "unknown: " + r.unknown.Reason
	}
	return g.good, tGood, "nothing found"
}

func (m *Model) drawDoctorRow(p *pen, r *doctorRow, x matrix, ids int, chosen bool) {
	m.leadLine(p, chosen)
	sign, t, says := r.sign(&m.glyphs)
	p.space(1)
	p.put(t, sign)
	p.space(1)
	titles := tFigure
	if r.findings == nil {
		titles = tDim
	}
	p.cell(titles, r.title(), ids, left)
	p.space(gap)
	for _, name := range x.names {
		if slices.Contains(r.targets, name) {
			p.cell(t, sign, x.cell, right)
			continue
		}
		p.cell(tFaint, m.glyphs.dot, x.cell, right)
	}
	if hidden := r.beyond(x); hidden > 0 {
		p.put(tDim, "+"+strconv.Itoa(hidden))
	}
	if x.width() > 0 {
		p.to(margin + 3 + ids + gap + x.width() + gap)
	}
	text := tText
	if r.findings == nil {
		text = tDim
	}
	p.cell(text, says, max(p.room()-margin, 0), left)
}

// beyond is how many targets of a row have no column.
func (r *doctorRow) beyond(x matrix) int {
	if x.more == 0 {
		return 0
	}
	n := 0
	for _, name := range r.targets {
		if !slices.Contains(x.names, name) {
			n++
		}
	}
	return n
}
