package tui

import (
	"cmp"
	"time"

	"pumatop/actions"
	"pumatop/collector"
)

// timelineDetail is how many lines the event under the cursor gets in full, where there is room for them.
const timelineDetail = 4

// eventWord is the room for the kind of an event.
const eventWord = 8

// drawTimeline draws the newest events, or those around the cursor where it is held, and below them the cursor's in full.
func (m *Model) drawTimeline(p *pen) {
	found, t := m.timelineFound(), &m.timeline
	where := line{{tDim, " › "}, {tTitle, "events"}}
	if t.only != "" {
		where = append(where, span{tDim, " of "}, span{tTitle, string(t.only)})
	}
	m.drawHeader(p, where)
	p.hairline(m.timelineStand(), m.timelineCount())
	detail := 0
	if m.height >= 16 {
		detail = timelineDetail
	}
	rows, chosen := max(m.height-3-detail, 0), t.cursor()
	m.scroll = max(min(m.scroll, chosen), chosen-rows+1)
	if !t.held {
		m.scroll = len(found) - rows
	}
	m.scroll = max(min(m.scroll, len(found)-rows), 0)
	if len(found) == 0 {
		m.drawLines(p, m.timelineNotes(), rows)
	} else {
		m.drawTimelineRows(p, found, rows, chosen)
	}
	if detail > 0 {
		p.hairline(nil, nil)
		var lines []line
		if e := m.currentEvent(); e != nil {
			lines = m.eventDetail(e)
		}
		m.drawLines(p, fit(lines, detail-1), detail-1)
	}
	m.drawFooter(p)
}

// drawTimelineRows draws the events in sight. Where one of them is of another day, their times have dates.
func (m *Model) drawTimelineRows(p *pen, found []int, rows, chosen int) {
	last := min(m.scroll+rows, len(found))
	when := len(time.TimeOnly)
	for i := m.scroll; i < last; i++ {
		when = max(when, len(m.when(m.eventNumbered(found[i]).At)))
	}
	for i := m.scroll; i < m.scroll+rows; i++ {
		if i < last {
			m.drawTimelineRow(p, m.eventNumbered(found[i]), when, i == chosen)
		}
		p.end()
	}
}

// drawTimelineRow draws one event: when, whose, of which kind, and what.
func (m *Model) drawTimelineRow(p *pen, e *collector.Event, when int, chosen bool) {
	m.leadLine(p, chosen)
	p.cell(tDim, m.when(e.At), when, left)
	p.space(2)
	if m.timeline.only == "" {
		p.cell(tText, string(e.Target), min(m.timeline.names, mostLogName, m.width/4), left)
		p.space(2)
	}
	glyph, t := m.glyphs.event(e)
	p.cell(t, glyph, 1, left)
	p.space(1)
	p.cell(tDim, e.Word(), eventWord, left)
	p.space(2)
	text := eventText(e)
	p.cell(text, e.Text, min(textWidth(e.Text), max(p.room()-margin, 0)), left)
}

// eventText is how the text of an event looks: what needs a person stands out, and what was done from here.
func eventText(e *collector.Event) token {
	switch t := eventToken(e); {
	case e.Problem(), e.Kind == collector.ActionEvent, e.Kind == collector.StateChanged:
		return t
	}
	return tText
}

// event is the sign of an event and what it looks like.
func (g *glyphs) event(e *collector.Event) (string, token) {
	t := eventToken(e)
	switch e.Kind {
	case collector.StateChanged:
		return cmp.Or(g.states[e.State], g.dot), t
	case collector.ActionEvent:
		if e.Verdict == "" {
			return g.arrow, t
		}
		glyph, _ := g.verdict(actions.Word(e.Verdict))
		return glyph, t
	case collector.WorkerDied, collector.HostLost:
		return g.bad, t
	case collector.HostBack:
		return g.good, t
	case collector.WorkerReplaced:
		return string(g.done), t
	case collector.PhaseChanged:
		return g.up, t
	case collector.ImageChanged:
		return g.states[collector.Restarting], t
	case collector.VersionChanged, collector.ReleaseChanged:
		return g.differs, t
	case collector.ConfigRead:
		if e.Failed {
			return g.caution, t
		}
	}
	return g.dot, t
}

// eventToken is how an event looks: what was lost in red, a verdict in its colour, the rest calm.
func eventToken(e *collector.Event) token {
	switch e.Kind {
	case collector.WorkerDied, collector.HostLost:
		return tBad
	case collector.ActionEvent:
		if e.Verdict == "" {
			return tAccent
		}
		_, t := (&glyphs{}).verdict(actions.Word(e.Verdict))
		return t
	case collector.HostBack:
		return tGood
	case collector.StateChanged:
		return stateToken(e.State)
	case collector.ImageChanged, collector.PhaseChanged, collector.WorkerReplaced, collector.VersionChanged, collector.ReleaseChanged:
		return tInfo
	case collector.ConfigRead:
		if e.Failed {
			return tWarn
		}
	}
	return tDim
}

// timelineStand says whether new events are followed, and what narrows them.
func (m *Model) timelineStand() line {
	t := &m.timeline
	var stand line
	switch {
	case !m.pausedAt.IsZero():
		stand = line{{tWarn, "paused"}}
	case !t.held:
		stand = line{{tGood, "following"}}
	case t.newer() > 0:
		stand = line{{tWarn, "held"}, {tDim, " " + m.glyphs.dot + " "}, {tFigure, thousands(int64(t.newer()))}, {tDim, " newer below, G follows"}}
	default:
		stand = line{{tWarn, "held"}, {tDim, " " + m.glyphs.dot + " G follows"}}
	}
	if t.problems {
		stand = append(stand, span{tDim, " " + m.glyphs.dot + " "}, span{tWarn, "problems only"})
	}
	if text := t.filter.String(); text != "" && m.overlay != filterOverlay {
		stand = append(stand, span{tDim, " " + m.glyphs.dot + " filter "}, span{tAccent, text})
		if t.misread != nil {
			stand = append(stand, span{tText, "  "}, span{tWarn, t.misread.Problem})
		}
	}
	return stand
}

// timelineCount is how many events are shown, of how many.
func (m *Model) timelineCount() line {
	n, all := len(m.timeline.found), len(m.fleet.shown.Events)
	count := line{{tFigure, thousands(int64(n))}}
	if n != all {
		count = append(count, span{tDim, " of " + thousands(int64(all))})
	}
	count = append(count, span{tDim, " event" + ending(all)})
	if m.fleet.shown.Earlier > 0 {
		count = append(count, span{tDim, ", older ones dropped"})
	}
	return count
}

// timelineNotes say why there is nothing to show.
func (m *Model) timelineNotes() []line {
	all := len(m.fleet.shown.Events)
	back := line{{tKey, "esc"}, {tDim, " shows all again"}}
	switch t := &m.timeline; {
	case t.filter.String() != "":
		return []line{nil, {{tText, "no event matches "}, {tAccent, t.filter.String()}}, back}
	case t.problems && all > 0:
		return []line{nil, {{tGood, m.glyphs.good}, {tText, " nothing has gone wrong in " + plural(all, "event")}}, back}
	case t.only != "":
		return []line{nil, {{tText, "nothing has happened to " + string(t.only)}, {tDim, " since pumatop looks"}}}
	}
	return []line{nil, {{tText, "nothing has happened"}, {tDim, " since pumatop looks"}},
		{{tDim, "here stands what changes: states, workers, releases, hosts, and what was asked for and by whom"}}}
}

// eventDetail is an event in full.
func (m *Model) eventDetail(e *collector.Event) []line {
	glyph, t := m.glyphs.event(e)
	head := line{{tTitle, string(e.Target)}, {tDim, "  " + e.At.In(m.now.Location()).Format(time.DateTime)},
		{tDim, ", " + duration(max(m.now.Sub(e.At), 0)) + " ago  "}, {t, glyph + " " + eventKind(e)}}
	return append([]line{head}, wrapped(tText, e.Text, 0, m.width-2*margin)...)
}

// eventKind says what an event is in words.
func eventKind(e *collector.Event) string {
	switch e.Kind {
	case collector.ActionEvent:
		who := "asked for here"
		if e.Observed {
			who = "begun by others"
		}
		if e.Verdict != "" {
			return actions.Word(e.Verdict).String() + ", " + who
		}
		return who
	case collector.StateChanged:
		if e.State != "" {
			return "became " + e.State.String()
		}
	case collector.WorkerReplaced:
		return "a worker was replaced"
	case collector.WorkerDied:
		return "a worker died"
	case collector.WorkerCount:
		return "other workers"
	case collector.PhaseChanged:
		return "another phase"
	case collector.ImageChanged:
		return "full restart"
	case collector.HostLost:
		return "the host was lost"
	case collector.HostBack:
		return "the host is back"
	case collector.VersionChanged:
		return "another Puma"
	case collector.ReleaseChanged:
		return "another release"
	}
	return e.Word()
}
