package tui

import (
	"strconv"
	"strings"

	"pumatop/collector"
	"pumatop/collector/query"

	tea "charm.land/bubbletea/v2"
)

// complaint is what is wrong with one row, and how much; the zero value is nothing.
type complaint struct {
	of     *row // nil for nothing
	weight int
	much   int64 // orders what weighs the same
}

// Weights of complaints: those of a state are above all others, the worst state the highest.
const (
	oldCodeWeight = 1 + iota
	queueWeight
	busyWeight
	missingWeight
	lastingWeight
	stateWeight
)

// or is the worse of what is known and a row's; of two that are as bad it is the one known.
func (c complaint) or(r *row) complaint {
	if weight := int(r.weight); weight > c.weight || weight == c.weight && weight > 0 && r.much > c.much {
		return complaint{r, weight, r.much}
	}
	return c
}

// heft says how bad a row is, 0 where it needs nobody. A host without Puma or one that waits for an answer is no outage, and
// in a restart that makes progress workers are missing anyway.
func (r *row) heft() (weight int8, much int64) {
	switch {
	case r.target == nil && (r.query().NoPuma() || r.asks() != ""), r.state == collector.Connecting:
		return 0, 0
	case r.state != collector.Serving && r.state != collector.Restarting:
		if answered(r) {
			much = waiting(r.target.Load)
		}
		return int8(stateWeight + collector.Serving.Severity() - r.state.Severity()), much
	}
	l := &r.target.Load
	queued := waiting(*l)
	u, _ := l.Utilisation()
	switch {
	case queued > 0 && r.waitsOn():
		return lastingWeight, queued
	case r.state == collector.Serving && r.short():
		return missingWeight, int64(r.missing)
	case u >= query.Busy:
		return busyWeight, int64(u * 1000)
	case queued > 0:
		return queueWeight, queued
	case r.oldCode():
		return oldCodeWeight, 0
	}
	return 0, 0
}

// waitsOn reports whether requests waited two steps ago already. It is asked for each snapshot.
func (r *row) waitsOn() bool {
	var two [2]float64
	return sustained(r.target.History.Recent(two[:0], collector.WaitingSeries, len(two)))
}

// says is the complaint in words: the state where that is bad, all that is wrong with the figures, and why.
func (c *complaint) says() line {
	r := c.of
	var l line
	add := func(t token, s string) {
		if len(l) > 0 {
			l = append(l, span{tDim, ", "})
		}
		l = append(l, span{t, s})
	}
	bad := c.weight >= stateWeight
	if bad {
		add(stateToken(r.state), r.state.String())
	}
	if r.target == nil {
		return c.why(l)
	}
	if !bad || r.state == collector.CrashLoop || r.state == collector.Stuck {
		load := &r.target.Load
		if waiting(*load) > 0 {
			add(backlogToken(load, r.lately(2, collector.WaitingSeries), tFigure), "backlog "+queue(load))
		}
		if r.short() {
			add(tWarn, strconv.Itoa(r.target.Stats.Booted())+" of "+plural(r.wanted, "worker"))
		}
		if u, known := load.Utilisation(); known && u >= query.Busy {
			add(tWarn, percent(u)+" busy")
		}
		if !bad && r.oldCode() {
			add(tWarn, "runs old code")
		}
	}
	return c.why(l)
}

// why adds the reason that the collector gives.
func (c *complaint) why(l line) line {
	reason, _ := c.of.query().Reason()
	if c.weight < stateWeight || reason == "" {
		return l
	}
	return append(l, span{tDim, ": "}, span{tText, strings.TrimPrefix(reason, c.of.state.String()+": ")})
}

// worstLine names the one target that is worst right now, and why; nil while nothing needs a person.
func (m *Model) worstLine() line {
	c := &m.projected.worst
	if c.weight == 0 || m.outage != nil { // of which the line of totals tells
		return nil
	}
	l := line{{tDim, "worst "}}
	if c.weight >= stateWeight {
		glyph, t := m.glyphs.state(c.of.state)
		l = append(l, span{t, glyph + " "})
	}
	return append(append(l, span{tTitle, string(c.of.id)}, span{tDim, ": "}), c.says()...)
}

// othersLine says how many more need a person, and the key that shows them.
func (m *Model) othersLine() line {
	n := m.projected.problems
	if b := m.find("x"); b != nil && n > 1 && !m.problems {
		return line{{tDim, m.glyphs.dot + " "}, {tKey, b.shown()}, {tDim, " shows all " + thousands(int64(n))}}
	}
	return nil
}

// toWorst puts the cursor on the worst target, and unfolds its group where it has to.
func (m *Model) toWorst() tea.Cmd {
	if m.projected.worst.of == nil {
		return nil
	}
	id := m.projected.worst.of.id
	at := m.projected.index(id)
	if at < 0 {
		for i := range m.projected.sections {
			s := &m.projected.sections[i]
			if s.folded && s.worst.of != nil && s.worst.of.id == id {
				m.folds = m.folds.with(s.key, false)
				m.reproject()
				at = m.projected.index(id)
				break
			}
		}
	}
	if at < 0 {
		return m.say(string(id) + " is hidden: esc shows all again")
	}
	m.moveTo(at)
	return nil
}
