package tui

import (
	"strconv"
	"strings"
	"time"

	"pumatop/collector"
)

// drawHeader draws the first line: where we are at the left, how the fleet and the polling stand at the right. What
// does not fit is left out from the middle, the clock last.
func (m *Model) drawHeader(p *pen, place line) {
	start := m.whereabouts(place)
	p.space(margin)
	parts := []line{m.counts(), m.pace(), {{tDim, clock(m.now)}}}
	for len(parts) > 0 {
		if w := joined(parts).width(); start.width()+w+2 <= p.room()-margin {
			break
		}
		parts = parts[1:]
	}
	p.spans(start)
	end := joined(parts)
	p.to(m.width - margin - end.width())
	p.spans(end)
	p.end()
}

// whereabouts is the program, the environment, what makes this screen special, and the place within it.
func (m *Model) whereabouts(place line) line {
	l := line{{tTitle, "pumatop"}}
	if env := m.opts.Environment; env != "" {
		badge := tEnvironment
		if strings.HasPrefix(strings.ToLower(env), "prod") {
			badge = tProduction
		}
		l = append(l, span{tText, "  "}, span{badge, " " + env + " "})
	}
	if m.opts.ReadOnly {
		l = append(l, span{tText, "  "}, span{tWarn, "READ-ONLY"})
	}
	if !m.pausedAt.IsZero() {
		l = append(l, span{tText, "  "}, span{tWarn, "PAUSED " + duration(m.now.Sub(m.pausedAt))})
	}
	if text := m.silence(); text != "" {
		l = append(l, span{tText, "  "}, span{tWarn, text})
	}
	return append(l, place...)
}

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
	f := &m.fleet.shown
	if !m.fleet.any {
		return line{{tDim, "waiting for the first figures"}}
	}
	by := map[collector.State]int{}
	for i := range f.Targets {
		by[f.Targets[i].State]++
	}
	for i := range f.Hosts {
		if f.Hosts[i].Pumas == 0 {
			by[hostRow(&f.Hosts[i]).state]++
		}
	}
	l := line{{tFigure, thousands(int64(len(f.Targets)))}, {tDim, " target" + ending(len(f.Targets))}}
	for _, s := range allStates() {
		if by[s] == 0 {
			continue
		}
		t, word := stateToken(s), tText
		if s == collector.Serving || s == collector.Connecting {
			t, word = tFigure, tDim
		} else {
			word = t
		}
		l = append(l, span{tDim, " " + m.glyphs.dot + " "}, span{t, strconv.Itoa(by[s])}, span{word, " " + s.String()})
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

// drawTotals draws the sums of the fleet; what does not fit on the line is left out from the end.
func (m *Model) drawTotals(p *pen) {
	p.space(margin)
	if !m.fleet.any {
		p.end()
		return
	}
	t := &m.fleet.shown.Totals
	m.totalThreads(p, t)
	wide := m.width >= 110
	spark := 0
	if wide {
		spark = min(totalsSpark+(m.width-110)/6, 40)
	}
	type part struct {
		width int
		draw  func()
	}
	queued, perSecond := queue(&t.Load), rate(t.Load.Requests)
	parts := []part{
		{8 + len(queued) + spark, func() {
			tone := tFigure
			if waiting(t.Load) > 0 {
				tone = tWarn
			}
			p.put(tDim, "backlog ")
			p.put(tone, queued)
			p.sparkAfter(tSpark, t.History.Backlog, spark, backlogFloor)
		}},
		{len(perSecond) + 6 + spark, func() {
			p.put(tFigure, perSecond)
			p.put(tDim, " req/s")
			p.sparkAfter(tSpark, t.History.Requests, spark, 1)
		}},
		{12, func() { m.totalMemory(p, t) }},
		{12, func() { m.totalReleases(p, t) }},
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

func (m *Model) totalThreads(p *pen, t *collector.Totals) {
	u, known := t.Load.Utilisation()
	p.put(tDim, "threads ")
	if !known {
		p.put(tDim, unknown)
		return
	}
	p.bar(u, min(totalsBar, m.width/5), false)
	p.space(1)
	p.put(tFigure, t.Load.InUse.String()+"/"+t.Load.Max.String())
	p.put(tDim, " "+percent(u))
}

func (m *Model) totalMemory(p *pen, t *collector.Totals) {
	text := memory(t.Load.Memory)
	if t.Load.Shared && t.Load.Memory.Known {
		text = m.glyphs.atMost + text
	}
	p.put(tDim, "memory ")
	p.put(tFigure, text)
}

func (m *Model) totalReleases(p *pen, t *collector.Totals) {
	p.put(tDim, "releases ")
	tone := tFigure
	if t.Releases > 1 {
		tone = tWarn
	}
	if t.Releases == 0 {
		p.put(tDim, unknown)
		return
	}
	p.put(tone, strconv.Itoa(t.Releases))
}

// sparkAfter draws a sparkline of n cells behind a figure, or nothing where n is 0.
func (p *pen) sparkAfter(t token, points []float64, n int, floor float64) {
	if n > 1 {
		p.space(1)
		p.spark(t, points, n-1, floor)
	}
}
