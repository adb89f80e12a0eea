package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/query"
)

// drawTable draws the caption, the heading and the lines in sight.
func (m *Model) drawTable(p *pen, height int) {
	m.drawCaption(p, height)
	columns := m.columnsInSight()
	m.drawHeading(p, columns)
	if m.projected.count() == 0 {
		m.drawEmpty(p, height)
		return
	}
	c := cells{pen: p, now: m.now, step: m.stepOf, marks: m.marks}
	cursor := m.projected.where(m.cursor)
	for i := range height {
		line := m.top + i
		if line < m.projected.count() {
			if line == cursor {
				p.back = selection
				p.put(tAccent, m.glyphs.cursor)
			}
			c.figure = tFigure
			if r, s := m.projected.at(line); r != nil {
				m.drawRow(&c, r, columns)
			} else {
				m.drawSection(&c, s, columns)
			}
		}
		p.end()
	}
}

// columnsInSight are the columns of the fleet at their places.
func (m *Model) columnsInSight() []placed {
	return place(lead, m.width-lead-margin, &m.projected, m.chosen)
}

// drawCaption is the hairline over the table: what narrows or orders it, the target that is worst, and which lines are in sight.
func (m *Model) drawCaption(p *pen, height int) {
	pr := &m.projected
	var end line
	if n := pr.count(); n > height && height > 0 {
		last := min(m.top+height, n)
		end = line{
			{tDim, thousands(int64(m.top+1)) + "–" + thousands(int64(last))},
			{tDim, " of "}, {tFigure, thousands(int64(n))},
		}
	}
	start := m.narrowed()
	if worst := m.worstLine(); worst != nil {
		if len(start) > 0 {
			start = append(start, span{tFaint, "  "})
		}
		start = append(start, worst...)
		room := m.width - 8 - end.width()
		if others := m.othersLine(); len(others) > 0 && start.width()+1+others.width() <= room {
			start = append(append(start, span{tText, " "}), others...)
		}
		start = clipped(start, room)
	}
	p.hairline(start, end)
}

// narrowed is what narrows, orders and groups the table, and what is marked in it.
func (m *Model) narrowed() line {
	var start line
	add := func(l ...span) {
		if len(start) > 0 {
			start = append(start, span{tFaint, "  "})
		}
		start = append(start, l...)
	}
	pr := &m.projected
	if text := m.filter.String(); text != "" {
		add(span{tDim, "filter "}, span{tAccent, text})
	}
	if m.misread != nil && m.overlay != filterOverlay {
		add(span{tWarn, m.misread.Problem})
	}
	if m.problems {
		add(span{tAccent, "problems only"})
	}
	if pr.hidden > 0 {
		add(span{tFigure, strconv.Itoa(pr.hidden)}, span{tDim, " hidden"})
	}
	if m.order.by != query.State || m.order.reverse {
		arrow := m.glyphs.down
		if m.order.reverse {
			arrow = m.glyphs.up
		}
		add(span{tDim, "by "}, span{tAccent, named(m.order.by).Title() + " " + arrow})
	}
	if m.folds.by != ungrouped {
		add(span{tDim, "grouped by "}, span{tAccent, string(m.folds.by)})
	}
	if n := len(m.marks); n > 0 {
		add(span{tAccent, strconv.Itoa(n)}, span{tDim, " marked"})
	}
	return start
}

func (m *Model) drawHeading(p *pen, columns []placed) {
	for _, c := range columns {
		p.to(c.x)
		def := &fleetColumns[c.id]
		title, t := def.Title(), tDim
		if len(title) > c.w && def.short != "" {
			title = def.short
		}
		if def.ID == m.order.by && (m.order.by != query.State || m.order.reverse) {
			t = tAccent
		}
		p.cell(t, title, headingWidth(c), def.a)
	}
	p.end()
}

// headingWidth puts the headings of right-aligned figures over the figures, not over the sparkline beside them.
func headingWidth(c placed) int {
	if c.id == colBacklog || c.id == colRequests {
		return min(c.w, 7)
	}
	return c.w
}

// drawEmpty says why there is no line.
func (m *Model) drawEmpty(p *pen, height int) {
	m.drawCentred(p, m.emptyLines(), height)
}

// drawRow draws one line of the fleet.
func (m *Model) drawRow(c *cells, r *row, columns []placed) {
	p := c.pen
	p.to(1)
	if m.marks[r.id] {
		p.put(tAccent, m.glyphs.mark)
	}
	p.to(2)
	glyph, t := m.glyphs.state(r.state)
	if r.asks() != "" {
		glyph, t = m.glyphs.asks, tWarn
	}
	p.put(t, glyph)
	if r.state == collector.Stale || r.state == collector.Unreachable {
		c.figure = tDim
	}
	last, hasState := m.lastBeforeReason(r, columns), false
	for _, col := range columns {
		if col.id > last {
			p.to(min(p.col+gap, col.x))
			m.drawReason(p, r, hasState)
			return
		}
		hasState = hasState || col.id == colState
		p.to(col.x)
		if col.id == last {
			col.w = headingWidth(col)
		}
		switch def := &fleetColumns[col.id]; {
		case def.draw == nil:
			c.written(def.Column, r, col.w, def.a)
		case r.target == nil && col.id != colTarget && col.id != colState:
			p.cell(tDim, m.glyphs.dash, col.w, def.a)
		default:
			def.draw(c, r, col.w)
		}
	}
	if last < noColumn { // no column is left for the reason to take the place of
		p.to(p.col + gap)
		m.drawReason(p, r, hasState)
	}
}

// lastBeforeReason is the last column that is drawn before the line's reason takes the rest of it. A crash loop and a
// stuck restart keep their figures: the other workers serve.
func (m *Model) lastBeforeReason(r *row, columns []placed) columnID {
	if slices.ContainsFunc(columns, func(c placed) bool { return c.id == colReason }) {
		return noColumn // it has a column of its own
	}
	switch r.state {
	case collector.NotRunning, collector.Unreachable, collector.NoControl, collector.Connecting:
		if !answered(r) && m.reason(r).width() > m.width-margin-startOf(colThreads, columns) {
			return colState // two dashes are worth less than the end of the sentence
		}
		return colWorkers
	case collector.CrashLoop, collector.Stuck:
		return colBacklog
	case collector.Stale, collector.Restarting, collector.Serving:
	}
	return noColumn
}

// startOf is where a column begins; 0 where it is not shown.
func startOf(id columnID, columns []placed) int {
	for _, c := range columns {
		if c.id == id {
			return c.x
		}
	}
	return 0
}

// drawReason says in words why a target does not serve, and what to do about it; the state itself unless it stands
// in a column of its own.
func (m *Model) drawReason(p *pen, r *row, hasState bool) {
	l := m.reason(r)
	if hasState && l[0].s == r.state.String() {
		l = l[min(2, len(l)):]
	}
	p.width -= margin
	p.spans(l)
	p.width += margin
}

// reason is the state in a word, when the next try is due, why it is so, and the remedy.
func (m *Model) reason(r *row) line {
	word := r.state.String()
	why, remedy := "", ""
	if r.target != nil {
		why, remedy = r.target.Reason, r.target.Remedy
	} else {
		why, remedy = r.host.Err, r.host.Remedy
		if r.query().NoPuma() {
			word, why = noPuma, strings.TrimPrefix(cmp.Or(why, hostNotes(r.host)), noPuma+": ")
		}
	}
	if what := r.asks(); what != "" {
		return m.asksLine(what)
	}
	l := line{{stateToken(r.state), word}}
	if m.saysInOne(r) {
		return l
	}
	if next := m.nextTry(r); next != "" { // before the cause, whose end a narrow terminal cuts off
		l = append(l, span{tDim, ", "}, span{tText, next})
	}
	if why != "" {
		l = append(l, span{tDim, ": "}, span{tText, why})
	}
	if m.canStart(r) {
		remedy = "r starts it"
	}
	if remedy != "" {
		l = append(l, span{tDim, " " + m.glyphs.dot + " " + remedy})
	}
	return l
}

// noPuma is the state of a host that has none, in words.
const noPuma = "no Puma found"

// nextTry says when a host that is not reached is tried again, or who has to ask for it.
func (m *Model) nextTry(r *row) string {
	at := r.retry()
	switch wait := at.Sub(m.now); {
	case !at.IsZero() && wait > 0:
		return "retry in " + duration(wait)
	case r.state != collector.Unreachable || r.linked():
		return ""
	case !at.IsZero():
		return "trying again"
	case m.find("f5") != nil:
		return "F5 tries again"
	}
	return ""
}

// asksLine says what a host waits for a person to do, and which key does it where one does.
func (m *Model) asksLine(what string) line {
	question, typed := strings.CutPrefix(what, forAnswer)
	if !typed { // a touch, or its turn
		return line{{tWarn, what}}
	}
	l := line{{tWarn, "waits for you"}, {tDim, ": "}, {tText, question}}
	if m.find("P") != nil {
		l = append(l, span{tDim, " " + m.glyphs.dot + " "}, span{tKey, "P"}, span{tDim, " answers"})
	}
	return l
}

// canStart reports whether r starts what does not run. The collector's remedy is worded for the command line.
func (m *Model) canStart(r *row) bool {
	return r.state == collector.NotRunning && r.target != nil && r.target.Facts().Unit.Name != "" && m.find("r") != nil
}

// hostNotes is the first of what could not be read on a host.
func hostNotes(h *collector.HostStatus) string {
	if len(h.Notes) == 0 {
		return ""
	}
	n := h.Notes[0]
	if n.Remedy == "" {
		return n.Text
	}
	return n.Text + ", " + n.Remedy
}

// stepOf is how far a target is in the rollout that is shown.
func (m *Model) stepOf(id collector.TargetID) *actions.StepProgress {
	for _, r := range [...]*rollout{m.dock(), m.sighted} {
		if r == nil {
			continue
		}
		if step := r.step(id); step != nil {
			return step
		}
	}
	return nil
}
