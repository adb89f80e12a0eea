package tui

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// chart is one series over time.
type chart struct {
	title  string
	points []float64
	// floor is the least value that the top of the chart stands for.
	floor  float64
	format func(float64) string
}

// drawCharts draws the target's history in height lines with their hairline, as many charts side by side as fit.
func (m *Model) drawCharts(p *pen, s *collector.Snapshot, height int) {
	p.hairline(nil, nil)
	charts := []chart{
		{title: "utilisation", points: s.History.Utilisation, floor: 1, format: percent},
		{title: "backlog", points: s.History.Backlog, floor: 4, format: whole},
		{title: "req/s", points: s.History.Requests, floor: 1, format: perSecond},
		{title: "memory", points: s.History.Memory, floor: 1, format: bytesOf},
	}
	const least = 24
	shown := charts[:0]
	for _, c := range charts {
		if anyKnown(c.points) && (len(shown)+1)*(least+3) <= m.width {
			shown = append(shown, c)
		}
	}
	if len(shown) == 0 {
		for range height - 1 {
			p.end()
		}
		return
	}
	w := (m.width-2*margin+3)/len(shown) - 3
	for y := range height - 1 {
		p.space(margin)
		for i := range shown {
			if i > 0 {
				p.space(3)
			}
			p.chartLine(&shown[i], s.History.Step, y, height-1, w)
		}
		p.end()
	}
}

func whole(v float64) string     { return strconv.Itoa(int(math.Round(v))) }
func perSecond(v float64) string { return rate(collector.Rate{PerSecond: v, Known: true}) }
func bytesOf(v float64) string   { return memory(puma.Of(int64(v))) }

func anyKnown(points []float64) bool {
	for _, v := range points {
		if !math.IsNaN(v) {
			return true
		}
	}
	return false
}

// axisWidth is the room for the figures at a chart's left.
const axisWidth = 6

// chartLine draws line y of a chart of h lines and w cells: its heading, its columns, and at the foot how far back it
// goes.
func (p *pen) chartLine(c *chart, step time.Duration, y, h, w int) {
	start := p.col
	defer func() { p.to(start + w) }()
	columns := w - axisWidth - 1
	points := bucket(c.points, columns)
	top := peak(points, c.floor)
	switch y {
	case 0:
		p.space(axisWidth + 1)
		p.put(tText, c.title)
		if now := lastKnown(c.points); !math.IsNaN(now) {
			p.put(tFigure, " "+c.format(now))
		}
		return
	case h - 1:
		p.chartFoot(start+axisWidth+1+columns-len(points), start+w, duration(step*time.Duration(len(c.points)))+" ago")
		return
	}
	rows := h - 2
	label := ""
	switch y {
	case 1:
		label = c.format(top)
	case rows:
		label = "0"
	}
	p.cell(tDim, label, axisWidth, right)
	p.repeat(tFaint, p.g.axis, 1)
	p.space(columns - len(points))
	for _, v := range points {
		p.chartCell(v/top, rows-y, rows)
	}
}

// chartFoot draws how far back a chart goes, under its first column where there is room, and now under its last.
func (p *pen) chartFoot(first, end int, ago string) {
	const now = "now"
	at := end - len(now)
	if first = min(first, at-1-len(ago)); first > p.col {
		p.to(first)
		p.put(tDim, ago)
	}
	p.to(at)
	p.put(tDim, now)
}

// chartCell draws the cell of a column that is v of the chart high, on level level from the bottom.
func (p *pen) chartCell(v float64, level, rows int) {
	if math.IsNaN(v) {
		p.space(1)
		return
	}
	eighths := int(math.Round(min(max(v, 0), 1) * float64(rows*eighthsIn)))
	if level == 0 {
		eighths = max(eighths, 1) // a known nought is a line, an unknown is nothing
	}
	switch n := eighths - level*eighthsIn; {
	case n <= 0:
		p.space(1)
	case n >= eighthsIn:
		p.ink(tFill, p.g.full)
	default:
		p.ink(tFill, p.g.chart[n-1])
	}
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

// bucket brings points down to at most columns, each the highest of those it stands for: a short peak must not
// vanish because the terminal is narrow.
func bucket(points []float64, columns int) []float64 {
	n := len(points)
	if columns < 1 || n <= columns {
		return points[:min(n, max(columns, 0))]
	}
	out := make([]float64, columns)
	for i := range out {
		high := math.NaN()
		for _, v := range points[i*n/columns : (i+1)*n/columns] {
			if math.IsNaN(high) || v > high {
				high = v
			}
		}
		out[i] = high
	}
	return out
}

// peak is the value that the top of a chart stands for: the highest point, rounded up to a figure that people read.
func peak(points []float64, floor float64) float64 {
	top := floor
	for _, v := range points {
		if v > top {
			top = v
		}
	}
	if top <= floor {
		return floor
	}
	unit := math.Pow(10, math.Floor(math.Log10(top)))
	for _, nice := range [...]float64{1, 1.5, 2, 3, 4, 5, 6, 8} {
		if top <= nice*unit {
			return nice * unit
		}
	}
	return 10 * unit
}

func lastKnown(points []float64) float64 {
	for i := len(points) - 1; i >= 0; i-- {
		if !math.IsNaN(points[i]) {
			return points[i]
		}
	}
	return math.NaN()
}
