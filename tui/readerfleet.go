package tui

import (
	"strconv"
	"strings"

	"pumatop/collector/query"
)

// fleetLines are the fleet screen: where we are, its sums, each line, and what runs.
func (r *Reader) fleetLines() []string {
	m := r.m
	rows := strings.SplitN(m.drawFleetHead(), "\n", 3)
	lines := r.add([]string{"Fleet."}, rows[0])
	if !m.fleet.any {
		return append(lines, "Waiting for the first figures.")
	}
	lines = r.add(lines, rows[1])
	if text := m.filter.String(); text != "" {
		lines = append(lines, "Filter "+text+": "+plural(m.projected.hidden, "line")+" hidden.")
	}
	if m.problems {
		lines = append(lines, "Only problems are shown.")
	}
	for i := range m.projected.count() {
		if i == mostRows && m.projected.count() > mostRows+1 {
			lines = append(lines, "and "+plural(m.projected.count()-i, "line")+" more: down goes from one to the next")
			break
		}
		lines = append(lines, m.sentence(i))
	}
	if d := m.dock(); d != nil {
		lines = append(lines, "Rollout.")
		for _, l := range m.dockLines(d) {
			lines = r.add(lines, l.text())
		}
	}
	return lines
}

// drawFleetHead draws the header and the sums.
func (m *Model) drawFleetHead() string {
	p := &pen{look: m.look, g: &m.glyphs, width: 2 * readerWidth}
	width := m.width
	m.width = p.width
	m.drawHeader(p, nil)
	m.drawTotals(p)
	m.width = width
	return string(p.buf)
}

// lineHere is the line at the cursor, and which one it is.
func (r *Reader) lineHere() string {
	m := r.m
	if m.screen != fleetScreen || m.overlay != noOverlay && m.overlay != filterOverlay {
		for _, l := range r.page() {
			if strings.HasSuffix(l, chosenSuffix) {
				return l
			}
		}
		return r.place()
	}
	n := m.projected.count()
	if n == 0 {
		return "No line is shown."
	}
	at := m.projected.where(m.cursor)
	if at < 0 {
		return "No line is chosen."
	}
	return m.sentence(at) + ", line " + strconv.Itoa(at+1) + " of " + strconv.Itoa(n)
}

// sentence is a line of the fleet in words.
func (m *Model) sentence(at int) string {
	row, section := m.projected.at(at)
	if row == nil {
		says := "Group " + section.name + ", " + plural(section.all, "line")
		if section.folded {
			says += ", folded"
		}
		return plainly(says)
	}
	parts := []string{string(row.id), row.state.String()}
	if row.target == nil {
		parts = append(parts, row.host.Waiting, row.host.Err, row.host.Remedy)
	} else {
		parts = append(parts, m.figures(row)...)
	}
	if m.marks[row.id] {
		parts = append(parts, "marked")
	}
	var says []string
	for _, part := range parts {
		if part != "" {
			says = append(says, part)
		}
	}
	return plainly(strings.Join(says, ", "))
}

// figures are what a target's line says of it; what is not known is left out.
func (m *Model) figures(r *row) []string {
	s := r.target
	parts := []string{s.Reason, s.Remedy}
	if !answered(r) {
		return parts
	}
	l := &s.Load
	if l.InUse.Known && l.Max.Known {
		parts = append(parts, strconv.FormatInt(l.InUse.N, 10)+" of "+strconv.FormatInt(l.Max.N, 10)+" threads busy")
	}
	if l.Backlog.Known {
		parts = append(parts, "backlog "+strconv.FormatInt(l.Backlog.N, 10))
	}
	if l.ListenQueue.Or(0) > 0 {
		parts = append(parts, "listen queue "+strconv.FormatInt(l.ListenQueue.N, 10))
	}
	if r.old >= 0 {
		parts = append(parts, strconv.Itoa(r.fresh)+" of "+plural(r.wanted, "worker")+" replaced")
	} else if r.short() {
		parts = append(parts, plural(r.missing, "worker")+" missing")
	}
	if s.Stats.Phase.Known {
		parts = append(parts, "phase "+strconv.FormatInt(s.Stats.Phase.N, 10))
	}
	switch {
	case r.oldCode():
		parts = append(parts, "old code: release "+r.running+", current is "+r.current)
	case r.running != "":
		parts = append(parts, "release "+r.running)
	}
	if u, known := l.Utilisation(); known && u >= query.Busy {
		parts = append(parts, "busy")
	}
	return parts
}
