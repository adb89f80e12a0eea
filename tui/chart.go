package tui

import (
	"math"
	"unicode/utf8"

	"pumatop/collector"
)

// eighthsIn is how many steps a cell of a bar or chart has.
const eighthsIn = 8

// barToken is the colour of a bar that is u full.
func barToken(u float64, old bool) token {
	switch {
	case old:
		return tBarOld
	case u >= busyCritical:
		return tBarBad
	case u >= busyWarn:
		return tBarWarn
	}
	return tBar
}

// bar draws u, 0 to 1, in w cells, to an eighth of a cell.
func (p *pen) bar(u float64, w int, old bool) {
	w = min(w, p.room())
	if w <= 0 {
		return
	}
	if math.IsNaN(u) {
		p.space(w)
		return
	}
	fill := int(math.Round(min(max(u, 0), 1) * float64(w*eighthsIn)))
	if u > 0 && fill == 0 {
		fill = 1
	}
	p.style(barToken(u, old))
	for range fill / eighthsIn {
		p.buf = utf8.AppendRune(p.buf, p.g.full)
	}
	n := fill / eighthsIn
	if rest := fill % eighthsIn; rest > 0 {
		p.buf = utf8.AppendRune(p.buf, p.g.eighths[rest])
		n++
	}
	p.col += n
	if n == w {
		return
	}
	if p.look.track {
		for range w - n {
			p.buf = append(p.buf, ' ')
		}
		p.col += w - n
		return
	}
	p.repeat(tFaint, p.g.empty, w-n)
}

// recent are the newest n points of a series. They hold until it is called again.
func (p *pen) recent(h collector.History, which collector.Series, n int) []float64 {
	p.points = h.Recent(p.points[:0], which, n)
	return p.points
}

// spark draws the newest w points, one a cell, the newest at the right edge. The highest of them fills its cell,
// unless it is below floor; a point that is not known leaves its cell blank.
func (p *pen) spark(t token, points []float64, w int, floor float64) {
	w = min(w, p.room())
	if w <= 0 {
		return
	}
	if len(points) > w {
		points = points[len(points)-w:]
	}
	top := floor
	flat := true
	for _, v := range points {
		if v > 0 {
			top, flat = max(top, v), false
		}
	}
	if flat {
		t = tFaint
	}
	p.space(w - len(points))
	p.style(t)
	for _, v := range points {
		if math.IsNaN(v) {
			p.buf = append(p.buf, ' ')
			continue
		}
		level := int(math.Round(max(v, 0) / top * (eighthsIn - 1)))
		if v > 0 && level == 0 {
			level = 1
		}
		p.buf = utf8.AppendRune(p.buf, p.g.levels[min(level, eighthsIn-1)])
	}
	p.col += len(points)
}
