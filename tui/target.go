package tui

import (
	"cmp"
	"strings"

	"pumatop/collector"
)

// drawTarget draws everything that is known of one target: facts, workers, charts and its events.
func (m *Model) drawTarget(p *pen) {
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, string(m.open)}})
	s := find(&m.fleet.shown, m.open)
	if s == nil {
		m.drawGone(p)
		m.drawFooter(p)
		return
	}
	r := targetRow(s)
	facts := m.factLines(s, &r)
	l := m.targetLayout(s, len(facts))
	if l.totals {
		m.drawLoad(p, &s.Load, s.History, nil)
	}
	p.hairline(nil, nil)
	m.drawLines(p, facts, l.facts)
	if l.workers > 0 {
		m.drawWorkers(p, s, l.workers)
	}
	if l.charts > 0 {
		load := &s.Load
		if !s.Current() { // a chart ends now
			load = &collector.Load{}
		}
		m.drawCharts(p, s.History, load, l.charts)
	}
	if l.dock > 0 {
		m.drawDock(p, m.targetDock(), l.dock)
	}
	if l.events > 0 {
		m.drawEvents(p, l.events, s.ID)
	}
	for range l.blank {
		p.end()
	}
	m.drawFooter(p)
}

// targetLayout says how many lines each part of the target screen gets.
type targetLayout struct {
	totals                                      bool
	facts, workers, charts, dock, events, blank int
}

// Heights of the charts, with their heading.
const (
	leastChart = 4
	mostChart  = 18 // or nearly half of the terminal
)

// targetLayout divides the terminal: facts first, then the workers, of which at least a few are always in sight, then
// the rollout, the events and the charts with what is left.
func (m *Model) targetLayout(s *collector.Snapshot, facts int) targetLayout {
	free := max(m.height-3, 0) // header, hairline, footer
	l := targetLayout{totals: m.height >= 12 && s.Load.Max.Known}
	if l.totals {
		free--
	}
	l.facts = min(facts, factRoom(s, free))
	free -= l.facts
	if n := len(s.Workers); n > 0 {
		least := min(n+2, max(free/2, 3))
		l.workers = min(least, free)
		free -= l.workers
	}
	if r := m.targetDock(); r != nil {
		l.dock = min(m.dockHeight(r), free)
		if l.dock < 2 {
			l.dock = 0
		}
		free -= l.dock
	}
	if n := len(m.events(8, s.ID)); n > 0 && free >= 2 {
		l.events = min(n+1, max(2, free/4))
		free -= l.events
	}
	if free > leastChart && !s.History.Empty() {
		l.charts = min(free, max(mostChart, m.height*9/20))
		free -= l.charts
	}
	if l.workers > 0 {
		more := max(min(len(s.Workers)+2-l.workers, free), 0)
		l.workers += more
		free -= more
	}
	if n := len(m.events(l.events-1+free, s.ID)) + 1; l.events > 0 && n > l.events {
		free -= n - l.events
		l.events = n
	}
	if l.charts > 0 { // what is left makes them higher
		more := min(free, max(2*mostChart-l.charts, 0))
		l.charts += more
		free -= more
	}
	l.blank = free
	return l
}

// factRoom is how many lines the facts may take: all of them where nothing else wants the room.
func factRoom(s *collector.Snapshot, free int) int {
	if len(s.Workers) == 0 && s.History.Empty() {
		return max(free, 1)
	}
	return max(free*2/5, 1)
}

// drawGone says that the target is not in the fleet any more, or what is wrong with a host that has none.
func (m *Model) drawGone(p *pen) {
	p.hairline(nil, nil)
	lines := []line{{{tWarn, string(m.open) + " is gone"}}, {{tDim, "it was not found when its host was read last"}}}
	for i := range m.fleet.shown.Hosts {
		h := &m.fleet.shown.Hosts[i]
		if h.Pumas == 0 && collector.TargetID(h.Name) == m.open {
			lines = m.hostLines(h)
		}
	}
	m.drawLines(p, lines, max(m.height-3, 0))
}

// hostLines are what is known of a host without targets.
func (m *Model) hostLines(h *collector.HostStatus) []line {
	w := m.width - 2*margin
	r := hostRow(h)
	lines := []line{nil}
	switch {
	case r.query().NoPuma():
		lines = append(lines, line{{tWarn, m.glyphs.states[r.state] + " " + noPuma}})
		why := strings.TrimPrefix(cmp.Or(h.Err, "no process with Puma's title and no Puma unit that this login can see"), noPuma+": ")
		lines = append(lines, wrapped(tText, why, 2, w)...)
		lines = append(lines, wrapped(tDim, h.Remedy, 2, w)...)
	case h.Waiting != "":
		lines = append(lines, append(line{{tWarn, m.glyphs.asks + " "}}, m.asksLine(r.asks())...))
	case h.Err == "":
		lines = append(lines, line{{tDim, m.glyphs.states[collector.Connecting] + " connecting"}})
	default:
		head := line{{tBad, m.glyphs.states[collector.Unreachable] + " unreachable"}}
		if next := m.nextTry(&r); next != "" {
			head = append(head, span{tDim, "   " + next})
		}
		lines = append(lines, head)
		lines = append(lines, wrapped(tText, h.Err, 2, w)...)
		lines = append(lines, wrapped(tDim, h.Remedy, 2, w)...)
	}
	if notes := noteLines(saidAlready(h.Notes, h.Err), w); len(notes) > 0 {
		lines = append(append(lines, nil), notes...)
	}
	return lines
}
