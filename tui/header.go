package tui

import (
	"cmp"
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/query"
)

// drawHeader draws the first line: where we are at the left, how the fleet and the polling stand at the right. Where
// there is not room for all, the pace goes first, then the words of the states, then the clock.
func (m *Model) drawHeader(p *pen, place line) {
	p.space(margin)
	now := line{{tDim, clock(m.now)}}
	start := m.whereabouts(place, false)
	if m.prompts.hosts > 0 && start.width()+joined([]line{m.tally(), now}).width()+2 > p.room()-margin {
		start = m.whereabouts(place, true)
	}
	var end line
	for _, parts := range [][]line{{m.counts(), m.pace(), now}, {m.counts(), now}, {m.tally(), now}, {m.tally()}, {now}, nil} {
		end = joined(parts)
		if start.width()+end.width()+2 <= p.room()-margin {
			break
		}
	}
	p.spans(start)
	p.to(m.width - margin - end.width())
	p.spans(end)
	p.end()
}

// whereabouts is the program, the environment, what makes this screen special, and the place within it; short says less of
// hosts that wait.
func (m *Model) whereabouts(place line, short bool) line {
	l := line{{tTitle, "pumatop"}}
	if env := m.environment(); env != "" {
		badge := m.badge(env)
		if m.opts.Policy.Protected {
			env += " " + m.glyphs.dot + " protected"
		}
		l = append(l, span{tText, "  "}, span{badge, " " + env + " "})
	}
	for _, mark := range m.marksOfRollouts() {
		l = append(append(l, span{tText, "  "}), mark)
	}
	l = append(l, m.markOfPrompts(short)...)
	if m.opts.ReadOnly {
		l = append(l, span{tText, "  "}, span{tWarn, "READ-ONLY"})
	}
	if m.broken != "" {
		l = append(l, span{tText, "  "}, span{tBad, "CONFIG BROKEN"})
	}
	if !m.pausedAt.IsZero() {
		l = append(l, span{tText, "  "}, span{tWarn, "PAUSED " + duration(m.now.Sub(m.pausedAt))})
	}
	if text := m.silence(); text != "" {
		l = append(l, span{tText, "  "}, span{tWarn, text})
	}
	return append(l, place...)
}

// environment is the name of where the targets stand.
func (m *Model) environment() string { return cmp.Or(m.opts.Environment, m.opts.Policy.Environment) }

// silence says that no fleet comes any more; empty while all is well.
func (m *Model) silence() string {
	if m.fleet.ended != nil {
		return "no more data: " + m.fleet.ended.Error()
	}
	if !m.fleet.any {
		return ""
	}
	if age := m.now.Sub(m.fleet.latest.At); age > 3*m.fleet.latest.Interval+5*time.Second {
		return "no data for " + duration(age)
	}
	return ""
}

// joined puts parts behind one another, apart.
func joined(parts []line) line {
	var l line
	for _, part := range parts {
		if len(part) == 0 {
			continue
		}
		if len(l) > 0 {
			l = append(l, span{tText, "    "})
		}
		l = append(l, part...)
	}
	return l
}

// counts are the targets by state, worst first, and the hosts that have none.
func (m *Model) counts() line {
	if !m.fleet.any {
		return line{{tDim, "waiting for the first figures"}}
	}
	n := len(m.fleet.shown.Targets)
	l := line{{tFigure, thousands(int64(n))}, {tDim, " target" + ending(n)}}
	by := m.projected.by
	for _, s := range query.States() {
		if by[s] == 0 {
			continue
		}
		t, word := stateToken(s), stateToken(s)
		if s == collector.Serving || s == collector.Connecting {
			t, word = tFigure, tDim
		}
		l = append(l, span{tDim, " " + m.glyphs.dot + " "}, span{t, thousands(int64(by[s]))}, span{word, " " + s.String()})
	}
	return l
}

// tally is counts in signs; states of one sign are counted together.
func (m *Model) tally() line { return m.glyphs.tally(m.projected.by, "  ") }

// tally writes how many are in which state, worst first, with a text between them.
func (g *glyphs) tally(by map[collector.State]int, between string) line {
	var l line
	states := query.States()
	for i, s := range states {
		glyph, t := g.state(s)
		n, again := 0, false
		for j, other := range states {
			if g.states[other] == glyph {
				n += by[other]
				again = again || j < i && by[other] > 0
			}
		}
		if by[s] == 0 || again {
			continue
		}
		if len(l) > 0 {
			l = append(l, span{tText, between})
		}
		l = append(l, span{t, glyph}, span{tFigure, thousands(int64(n))})
	}
	return l
}

func ending(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// pace is the polling interval, and the one asked for until it is seen.
func (m *Model) pace() line {
	if !m.fleet.any {
		return nil
	}
	l := line{{tDim, "every "}, {tText, interval(m.fleet.latest.Interval)}}
	if m.asked != 0 {
		l = append(l, span{tDim, m.glyphs.arrow + interval(m.asked)})
	}
	return l
}

// Room in the totals line.
const (
	totalsBar   = 24
	totalsSpark = 12
)

// drawTotals draws the sums of the fleet.
func (m *Model) drawTotals(p *pen) {
	if !m.fleet.any {
		p.end()
		return
	}
	if m.outage != nil {
		m.drawLines(p, []line{m.outageLine(m.outage)}, 1)
		return
	}
	t := &m.fleet.shown.Totals
	m.drawLoad(p, &t.Load, t.History, &t.Releases)
}

// drawLoad draws a load with its history; what does not fit on the line is left out from the end.
func (m *Model) drawLoad(p *pen, load *collector.Load, history collector.History, releases *int) {
	p.space(margin)
	m.totalThreads(p, load)
	spark := 0
	if m.width >= 110 {
		spark = min(totalsSpark+(m.width-110)/6, 40)
	}
	type part struct {
		width int
		draw  func()
	}
	queued, perSecond := queue(load), rate(load.Requests)
	parts := []part{
		{8 + len(queued) + spark, func() {
			p.put(tDim, "backlog ")
			p.put(backlogToken(load, p.recent(history, collector.WaitingSeries, 2), tFigure), queued)
			p.sparkAfter(tSpark, p.recent(history, collector.WaitingSeries, spark), spark, backlogFloor)
		}},
		{len(perSecond) + 6 + spark, func() {
			p.put(tFigure, perSecond)
			p.put(tDim, " req/s")
			p.sparkAfter(tSpark, p.recent(history, collector.RequestsSeries, spark), spark, 1)
		}},
		{12, func() { m.totalMemory(p, load) }},
		{12, func() { m.totalReleases(p, releases) }},
	}
	for _, part := range parts {
		if part.width+4 > p.room() {
			break
		}
		p.space(4)
		part.draw()
	}
	p.end()
}

func (m *Model) totalThreads(p *pen, load *collector.Load) {
	u, known := load.Utilisation()
	p.put(tDim, "threads ")
	if !known {
		p.put(tDim, unknown)
		return
	}
	p.bar(u, min(totalsBar, m.width/5), false)
	p.space(1)
	p.put(tFigure, thousands(load.InUse.N)+"/"+thousands(load.Max.N))
	p.put(tDim, " "+percent(u))
}

func (m *Model) totalMemory(p *pen, load *collector.Load) {
	text := memory(load.Memory)
	if load.Shared && load.Memory.Known {
		text = m.glyphs.atMost + text
	}
	p.put(tDim, "memory ")
	p.put(tFigure, text)
}

// totalReleases is how many releases run; nothing where n is nil or unknown. Several are no warning: several
// applications have several.
func (m *Model) totalReleases(p *pen, n *int) {
	if n == nil || *n == 0 {
		return
	}
	p.put(tDim, "releases ")
	p.put(tFigure, strconv.Itoa(*n))
}

// sparkAfter draws a sparkline of n cells behind a figure, or nothing where n is 0.
func (p *pen) sparkAfter(t token, points []float64, n int, floor float64) {
	if n > 1 {
		p.space(1)
		p.spark(t, points, n-1, floor)
	}
}
