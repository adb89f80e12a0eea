package tui

import (
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// chart is one of the figures over time.
type chart struct {
	title  string
	series collector.Series
	// part is a series that is a part of it and has a look and a name of its own; it is the series itself where none is.
	part     collector.Series
	partName string
	// floor is the least value that the top of the chart stands for, base that of its units.
	floor, base float64
	mean        bool
	format      func(float64) string // of a figure
	axis        func(float64) string // of a figure at the axis
	now         func(*collector.Load) string
	tone        func(float64) token
}

func charts() []chart {
	return []chart{
		{title: "utilisation", series: collector.UtilisationSeries, part: collector.UtilisationSeries, floor: 1, base: 1000,
			format: percent, axis: percent, tone: busyToken,
			now: func(l *collector.Load) string {
				if u, known := l.Utilisation(); known {
					return percent(u)
				}
				return unknown
			}},
		{title: "backlog", series: collector.WaitingSeries, part: collector.ListenSeries, partName: "listen queue", floor: 4, base: 1000,
			format: whole, axis: number, tone: waitingToken, now: queue},
		{title: "req/s", series: collector.RequestsSeries, part: collector.RequestsSeries, floor: 1, base: 1000, mean: true,
			format: perSecond, axis: number, tone: plainToken, now: func(l *collector.Load) string { return rate(l.Requests) }},
		{title: "memory", series: collector.MemorySeries, part: collector.MemorySeries, floor: 1, base: 1024,
			format: bytesOf, axis: bytesOf, tone: plainToken, now: func(l *collector.Load) string { return memory(l.Memory) }},
	}
}

func whole(v float64) string     { return strconv.Itoa(int(math.Round(v))) }
func perSecond(v float64) string { return rate(collector.Rate{PerSecond: v, Known: true}) }
func bytesOf(v float64) string   { return memory(puma.Of(int64(v))) }

// latestOf is the figure of a series right now; NaN where it is not known.
func latestOf(which collector.Series, l *collector.Load) float64 {
	switch which {
	case collector.UtilisationSeries:
		if u, known := l.Utilisation(); known {
			return u
		}
	case collector.WaitingSeries:
		if l.Backlog.Known || l.ListenQueue.Known {
			return float64(waiting(*l))
		}
	case collector.RequestsSeries:
		if l.Requests.Known {
			return l.Requests.PerSecond
		}
	case collector.MemorySeries:
		if l.Memory.Known {
			return float64(l.Memory.N)
		}
	default:
	}
	return math.NaN()
}

func plainToken(float64) token { return tFill }

// busyToken is how a utilisation looks in a chart; what reads 90% is 90%.
func busyToken(u float64) token {
	switch u = math.Round(u*100) / 100; {
	case u >= busyCritical:
		return tFillBad
	case u >= busyWarn:
		return tFillWarn
	}
	return tFill
}

// waitingToken is how many that wait look in a chart.
func waitingToken(n float64) token {
	if n > 0 {
		return tFillWarn
	}
	return tFill
}

// plot is a chart made ready to be drawn.
type plot struct {
	*chart
	w, h    int // with its heading and its foot
	axis    axis
	columns []float64
	parts   []float64 // how much of each column is the part
	top     float64
	marks   []int8 // of each column the kind of its mark and 1, 0 for none
	now     string
	latest  float64 // the same as a figure, which the points have less exactly; NaN where it is not known
	ends    string
}

// axisWidth is the room for the figures at a chart's left.
const axisWidth = 5

// leastPlot is how wide and how high a chart is at least.
const (
	leastPlotWidth  = 24
	leastPlotHeight = 3
	easyPlotHeight  = 7 // from twice as much on, two rows of charts are better than one
	plotGap         = 3
)

// plots are the charts of a history that fit into w cells and h lines, in rows of as many as stand side by side. A chart of
// nothing but unknowns is left out: an empty one would look like nought.
func (m *Model) plots(history collector.History, load *collector.Load, w, h int) [][]plot {
	var known []chart
	for _, c := range charts() {
		if history.Known(c.series) {
			known = append(known, c)
		}
	}
	across := min((w+plotGap)/(leastPlotWidth+plotGap), len(known))
	if across < 1 || h < leastPlotHeight {
		return nil
	}
	down := 1
	if len(known) > 2 && h >= 2*easyPlotHeight {
		down, across = 2, min((len(known)+1)/2, across)
	}
	known = known[:min(len(known), across*down)]
	var out [][]plot
	for row := range slices.Chunk(known, across) {
		var plots []plot
		for i := range row {
			plots = append(plots, m.plot(&row[i], history, load, (w+plotGap)/across-plotGap, h/down))
		}
		out = append(out, plots)
	}
	return out
}

func (m *Model) plot(c *chart, history collector.History, load *collector.Load, w, h int) plot {
	span := reaches()[m.zoom.reachOf(history)]
	cells := w - axisWidth - 1
	p := plot{chart: c, w: w, h: h, axis: axisOf(history.End().Add(-time.Second), span.long, cells), now: c.now(load), latest: latestOf(c.series, load), ends: "now"}
	if m.now.Sub(history.End()) > time.Minute {
		p.ends = p.clock(history.End())
	}
	p.columns = p.axis.resample(history.Over(c.series, span.long), c.mean)
	if c.part != c.series && history.Known(c.part) {
		p.parts = p.axis.resample(history.Over(c.part, span.long), c.mean)
	}
	p.top = peak(p.columns, c.floor, c.base)
	p.marks = make([]int8, cells)
	for _, mark := range history.Marks() {
		if at := p.axis.column(mark.At); at >= 0 && at < cells {
			p.marks[at] = max(p.marks[at], int8(mark.Kind)+1)
		}
	}
	return p
}

// drawCharts draws a history in height lines, the first of which is a hairline that says of which time.
func (m *Model) drawCharts(p *pen, history collector.History, load *collector.Load, height int) {
	start := line{{tDim, "last "}, {tText, reaches()[m.zoom.reachOf(history)].name}, {tText, "  "}, {tKey, "[ ]"}, {tDim, " zoom"}}
	rows := m.plots(history, load, m.width-2*margin, height-1)
	p.hairline(start, m.legend(rows))
	drawn := 1
	for _, row := range rows {
		for y := range row[0].h {
			p.space(margin)
			for i := range row {
				if i > 0 {
					p.space(plotGap)
				}
				p.plotLine(&row[i], y)
			}
			p.end()
			drawn++
		}
	}
	for range height - drawn {
		p.end()
	}
}

// legend says what the marks in the charts mean.
func (m *Model) legend(rows [][]plot) line {
	if len(rows) == 0 {
		return nil
	}
	var l line
	for _, k := range markLooks() {
		if slices.Contains(rows[0][0].marks, int8(k.kind)+1) {
			if len(l) > 0 {
				l = append(l, span{tText, "  "})
			}
			l = append(l, span{k.look, string(m.glyphs.marks[k.kind])}, span{tDim, " " + k.name})
		}
	}
	return l
}

// markLook is what a kind of mark means.
type markLook struct {
	kind collector.MarkKind
	look token
	name string
}

func markLooks() []markLook {
	return []markLook{
		{collector.PhasedBegan, tInfo, "phased"}, {collector.FullRestart, tInfo, "restart"}, {collector.RestartEnded, tGood, "serves again"},
		{collector.ActionGood, tGood, "verified"}, {collector.ActionBad, tBad, "bad verdict"}, {collector.WorkerLeft, tBad, "worker died"},
		{collector.Broke, tBad, "broken"},
	}
}

func markToken(k collector.MarkKind) token {
	for _, l := range markLooks() {
		if l.kind == k {
			return l.look
		}
	}
	return tDim
}

// plotLine draws line y of a chart: its heading, its columns with their marks, and at the foot the time.
func (p *pen) plotLine(c *plot, y int) {
	start := p.col
	defer func() { p.to(start + c.w) }()
	rows := c.h - 2
	switch {
	case y == 0:
		p.plotHead(c, start)
		return
	case y == c.h-1:
		p.plotFoot(c, start+axisWidth+1)
		return
	}
	label := ""
	switch {
	case y == 1:
		label = c.chart.axis(c.top)
	case y == rows:
		label = "0"
	case rows >= 5 && y == rows/2+1: // in an even number of rows that is the one whose upper edge is the middle
		label = c.chart.axis(c.top / 2)
	}
	p.cell(tDim, label, axisWidth, right)
	p.repeat(tFaint, p.g.axis, 1)
	for i := range c.marks {
		p.plotCell(c, i, rows-y, rows)
	}
}

// plotHead is what the chart shows, the newest figure, and the highest at the right end.
func (p *pen) plotHead(c *plot, start int) {
	p.space(axisWidth + 1)
	p.put(tText, c.title)
	p.put(tFigure, " "+c.now)
	if name := " " + string(p.g.shades[1]) + " " + c.partName; highest(c.parts) > 0 && len(name)+p.col < start+c.w {
		p.put(tFillWarn, name[:len(name)-len(c.partName)])
		p.put(tDim, c.partName)
	}
	if high := highest(append([]float64{c.latest}, c.columns...)); !math.IsNaN(high) {
		text := "peak " + c.format(high)
		if at := start + c.w - len(text); at > p.col+1 {
			p.to(at)
			p.put(tDim, text)
		}
	}
}

// plotFoot is when the chart begins and ends, and its middle where there is room.
func (p *pen) plotFoot(c *plot, first int) {
	cells := len(c.marks)
	from := c.clock(c.axis.from)
	if cells >= len(from)+len(c.ends)+1 {
		p.to(first)
		p.put(tDim, from)
	}
	if middle := c.clock(c.axis.from.Add(time.Duration(c.axis.n) * c.axis.each / 2)); cells >= 4*len(middle) {
		p.to(first + (cells-len(middle))/2)
		p.put(tDim, middle)
	}
	p.to(first + cells - len(c.ends))
	p.put(tDim, c.ends)
}

// clock is a time of day as exact as the chart.
func (c *plot) clock(at time.Time) string {
	if c.axis.each*time.Duration(c.axis.n) < 5*time.Minute {
		return at.Format("15:04:05")
	}
	return at.Format("15:04")
}

// plotCell draws the cell of column i on level level from the bottom. A mark is its sign on top and a line down to where
// something else stands. The part of a column is shaded, the lighter where that cell is less than half full.
func (p *pen) plotCell(c *plot, i, level, rows int) {
	kind, marked := collector.MarkKind(max(c.marks[i], 1)-1), c.marks[i] > 0
	v := c.columns[i]
	n := eighthsOf(v/c.top, level, rows)
	part := c.parts != nil && c.parts[i] > 0 && float64(level)+0.5 > (v-c.parts[i])/c.top*float64(rows)
	switch {
	case marked && level == rows-1:
		p.ink(markToken(kind), p.g.marks[kind])
	case marked && n <= 0:
		p.ink(markToken(kind), p.g.markLine)
	case n <= 0:
		p.space(1)
	case part && n >= eighthsIn/2:
		p.ink(c.tone(v), p.g.shades[1])
	case part:
		p.ink(c.tone(v), p.g.shades[0])
	case n >= eighthsIn:
		p.ink(c.tone(v), p.g.full)
	default:
		p.ink(c.tone(v), p.g.chart[n-1])
	}
}

// eighthsOf is how many eighths of a cell, and of those above it, are filled in a column that is v of rows cells high. A known
// nought is a line, an unknown is nothing.
func eighthsOf(v float64, level, rows int) int {
	if math.IsNaN(v) {
		return 0
	}
	n := int(math.Round(min(max(v, 0), 1) * float64(rows*eighthsIn)))
	if level == 0 {
		n = max(n, 1)
	}
	return n - level*eighthsIn
}

// ink writes one cell.
func (p *pen) ink(t token, r rune) {
	if p.room() < 1 {
		return
	}
	p.style(t)
	p.buf = utf8.AppendRune(p.buf, r)
	p.col++
}
