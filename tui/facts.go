package tui

import (
	"strconv"
	"strings"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// fact is a label and what is known.
type fact struct {
	label string
	value line
}

// factLabel is the room for a label.
const factLabel = 9

// factLines are what the target is, how it is reached and whether it can be reloaded, in one column or two.
func (m *Model) factLines(s *collector.Snapshot, r *row) []line {
	w := m.width - 2*margin
	lines := m.stateLines(s, r, w)
	facts := m.facts(s, r)
	if w < 110 {
		for _, f := range facts {
			lines = append(lines, append(line{{tDim, pad(f.label, factLabel)}}, f.value...))
		}
	} else {
		half := w / 2
		for i := 0; i < len(facts); i += 2 {
			l := append(line{{tDim, pad(facts[i].label, factLabel)}}, clipped(facts[i].value, half-factLabel-2)...)
			if i+1 < len(facts) {
				l = append(l, span{tText, strings.Repeat(" ", max(half-l.width(), 2))}, span{tDim, pad(facts[i+1].label, factLabel)})
				l = append(l, facts[i+1].value...)
			}
			lines = append(lines, l)
		}
	}
	return append(lines, m.missing(s, w)...)
}

// clipped is a line of at most w cells.
func clipped(l line, w int) line {
	for l.width() > w && len(l) > 0 {
		last := &l[len(l)-1]
		rest := l[:len(l)-1].width()
		if rest >= w {
			l = l[:len(l)-1]
			continue
		}
		out := append(line(nil), l...)
		out[len(out)-1] = span{last.t, cut(last.s, w-rest, false)}
		return out
	}
	return l
}

// stateLines are the state with its reason and remedy in full.
func (m *Model) stateLines(s *collector.Snapshot, r *row, w int) []line {
	glyph, t := m.glyphs.state(s.State)
	head := line{{t, glyph + " " + s.State.String()}}
	if !s.Since.IsZero() {
		head = append(head, span{tDim, " seen for "}, span{tText, duration(m.now.Sub(s.Since))})
	}
	if !s.Answered.IsZero() && !s.Fresh() || s.State == collector.Stale {
		head = append(head, span{tWarn, "   figures " + duration(s.Age(m.now)) + " old"})
	}
	if next := m.nextTry(r); next != "" {
		head = append(head, span{tDim, "   " + next})
	}
	switch {
	case r.old >= 0:
		head = append(head, span{tDim, "   phase "}, span{tFigure, strconv.Itoa(r.old) + m.glyphs.arrow + s.Stats.Phase.String()})
	case s.Stats.Phase.Known:
		head = append(head, span{tDim, "   phase "}, span{tText, s.Stats.Phase.String()})
	}
	if up := query.Uptime(s, m.now); up >= 0 {
		head = append(head, span{tDim, "   up "}, span{tText, duration(up)})
	}
	lines := []line{head}
	lines = append(lines, wrapped(reasonOf(s.State), s.Reason, 2, w)...)
	if enable := m.enableLines(s, w); enable != nil {
		return append(lines, enable...)
	}
	return append(lines, wrapped(tDim, s.Remedy, 2, w)...)
}

func reasonOf(s collector.State) token {
	switch s {
	case collector.Serving, collector.Connecting, collector.Restarting:
		return tDim
	case collector.CrashLoop, collector.Stuck, collector.NotRunning, collector.Unreachable, collector.NoControl, collector.Stale:
	}
	return tText
}

// facts are in the order in which they fill two columns from left to right.
func (m *Model) facts(s *collector.Snapshot, r *row) []fact {
	var facts []fact
	add := func(label string, value line) {
		if len(value) > 0 {
			facts = append(facts, fact{label, value})
		}
	}
	add("puma", m.versions(s, r))
	add("unit", m.unitFact(s))
	add("in", m.containerFact(s))
	add("release", m.releaseFact(s, r))
	add("phased", phasedFact(s))
	add("socket", m.socketFact(s))
	add("listens", m.listenFact(s))
	return facts
}

func (m *Model) versions(s *collector.Snapshot, r *row) line {
	if s.Facts().PID == 0 && s.Answered.IsZero() {
		return nil
	}
	l := line{{tFigure, orUnknown(versionOf(r))}}
	if s.Stats.Ruby != "" {
		l = append(l, span{tDim, " " + m.glyphs.dot + " " + s.Stats.Ruby})
	}
	if s.Stats.Mode != "" {
		l = append(l, span{tDim, " " + m.glyphs.dot + " " + string(s.Stats.Mode)})
	}
	if s.Facts().PID != 0 {
		l = append(l, span{tDim, " " + m.glyphs.dot + " pid "}, span{tText, pidText(s.Facts().PID)})
	}
	return l
}

func (m *Model) unitFact(s *collector.Snapshot) line {
	u := &s.Facts().Unit
	if u.Name == "" {
		return nil
	}
	l := line{{tText, u.Name}}
	if u.Scope != "" {
		l = append(l, span{tDim, " " + string(u.Scope)})
	}
	if u.Active != "" {
		l = append(l, span{tDim, " " + m.glyphs.dot + " " + u.Active})
	}
	if u.Restarts.Or(0) > 0 {
		l = append(l, span{tWarn, " " + m.glyphs.dot + " restarted " + u.Restarts.String() + "×"})
	}
	return l
}

// containerFact is what it runs in, and what Kamal calls that.
func (m *Model) containerFact(s *collector.Snapshot) line {
	c := &s.Facts().Container
	if c.ID == "" {
		return nil
	}
	l := line{{tDim, c.Engine + " "}, {tText, c.Short()}, {tDim, " " + m.glyphs.dot + " image "}, {tText, c.Image}}
	for _, of := range [...]struct{ label, value string }{{"role", c.Role}, {"destination", c.Destination}} {
		if of.value != "" {
			l = append(l, span{tDim, " " + m.glyphs.dot + " " + of.label + " "}, span{tText, of.value})
		}
	}
	if c.Older {
		l = append(l, span{tWarn, " " + m.glyphs.dot + " a newer one runs"})
	}
	if c.Restarts.Or(0) > 0 {
		l = append(l, span{tWarn, " " + m.glyphs.dot + " restarted " + c.Restarts.String() + "×"})
	}
	return l
}

func (m *Model) releaseFact(s *collector.Snapshot, r *row) line {
	switch {
	case r.running == "" && r.current == "":
		return nil
	case r.oldCode():
		l := line{{tWarn, r.running}, {tDim, " " + m.glyphs.arrow + " "}, {tFigure, r.current}}
		return append(l, span{tDim, ", run by " + strconv.Itoa(runningCount(s, r.current)) + " of " + strconv.Itoa(len(s.Workers))})
	case r.running == "":
		return line{{tDim, "not seen, current is "}, {tText, r.current}}
	}
	l := line{{tText, r.running}}
	if r.current != "" {
		l = append(l, span{tDim, " is current"})
	}
	if rev := shortRevision(s.Facts().Revision); rev != "" && rev != r.running {
		l = append(l, span{tDim, " " + m.glyphs.dot + " "}, span{tText, rev})
	}
	return l
}

// shortRevision is a commit as people write it; what is no commit stays as it is.
func shortRevision(rev string) string {
	const whole, short = 40, 8
	if len(rev) == whole && strings.Trim(rev, "0123456789abcdef") == "" {
		return rev[:short]
	}
	return rev
}

func phasedFact(s *collector.Snapshot) line {
	if s.Phased.Answer == "" {
		return nil
	}
	t := tText
	if s.Phased.Answer != puma.Yes {
		t = tWarn
	}
	l := line{{t, string(s.Phased.Answer)}}
	if s.Phased.Evidence != "" {
		l = append(l, span{tDim, ": " + s.Phased.Evidence})
	}
	return l
}

func (m *Model) socketFact(s *collector.Snapshot) line {
	a := s.Facts().Control
	if a.IsZero() {
		return nil
	}
	var l line
	if s.Latency > 0 {
		l = line{{tDim, "answers in "}, {tText, latency(s.Latency)}, {tDim, " " + m.glyphs.dot + " "}}
	}
	return append(l, span{tText, a.String()})
}

func (m *Model) listenFact(s *collector.Snapshot) line {
	if len(s.Facts().Listeners) == 0 {
		return nil
	}
	var l line
	if q := s.Load.ListenQueue; q.Known {
		t := tText
		if q.N > 0 {
			t = tWarn
		}
		l = line{{t, q.String()}, {tDim, " in the listen queue " + m.glyphs.dot + " "}}
	}
	return append(l, span{tText, strings.Join(s.Facts().Listeners, " ")})
}

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

// runningCount is how many workers run a release.
func runningCount(s *collector.Snapshot, release string) int {
	n := 0
	for i := range s.Workers {
		if releaseName(s.Workers[i].Release) == release {
			n++
		}
	}
	return n
}
