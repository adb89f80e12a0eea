package tui

import (
	"math"
	"strconv"
	"time"

	"pumatop/collector"
)

// axis is the time that a chart shows, in columns of the same length. Columns begin at multiples of that length, so that what
// stands in them moves to the left and does not change its shape.
type axis struct {
	from time.Time
	each time.Duration
	n    int
}

// axisOf is n columns that end with end.
func axisOf(end time.Time, span time.Duration, n int) axis {
	a := axis{each: max(span/time.Duration(max(n, 1)), 1), n: n}
	to := end.Truncate(a.each)
	if to.Before(end) {
		to = to.Add(a.each)
	}
	a.from = to.Add(-time.Duration(n) * a.each)
	return a
}

// column is where a moment stands; below 0 or from n on where it is not to be seen.
func (a axis) column(at time.Time) int {
	since := at.Sub(a.from)
	if since < 0 {
		return -1
	}
	return int(since / a.each)
}

// resample puts points into the columns of an axis: into each the highest of those it stands for, because a short peak must not
// vanish where the terminal is narrow, or their mean. A column of which nothing is known is NaN.
func (a axis) resample(p collector.Points, mean bool) []float64 {
	out := make([]float64, a.n)
	for i := range out {
		out[i] = math.NaN()
	}
	if len(p.Values) == 0 {
		return out
	}
	if p.Step > a.each {
		for i := range out {
			middle := a.from.Add(time.Duration(i)*a.each + a.each/2)
			if at := middle.Sub(p.Start); at >= 0 {
				out[i] = p.Values[min(int(at/p.Step), len(p.Values)-1)]
			}
		}
		return out
	}
	var sum float64
	n, last := 0, -1
	middle := p.Start.Sub(a.from) - p.Step/2
	for _, v := range p.Values {
		if middle += p.Step; middle < 0 || math.IsNaN(v) {
			continue
		}
		c := min(int(middle/a.each), a.n-1)
		if c != last {
			sum, n, last = 0, 0, c
		}
		sum, n = sum+v, n+1
		switch {
		case mean:
			out[c] = sum / float64(n)
		case math.IsNaN(out[c]) || v > out[c]:
			out[c] = v
		}
	}
	return out
}

// peak is the value that the top of a chart stands for: the highest point, rounded up to a figure that people read and whose
// half they read as well. Units are those of base: 1000, or 1024 for bytes.
func peak(points []float64, floor, base float64) float64 {
	const nearly = 1 + 1.0/250 // points are no more exact
	top := floor
	for _, v := range points {
		if v > top {
			top = v
		}
	}
	if top <= floor*nearly {
		return floor
	}
	unit := 1.0
	for base > 1000 && top >= 1000*unit {
		unit *= base
	}
	unit *= math.Pow(10, math.Floor(math.Log10(top/unit)))
	for _, nice := range [...]float64{1, 2, 3, 4, 6, 8} {
		if top <= nice*unit*nearly {
			return nice * unit
		}
	}
	return 10 * unit
}

// highest is the highest point, NaN where none is known.
func highest(points []float64) float64 {
	high := math.NaN()
	for _, v := range points {
		if math.IsNaN(high) || v > high {
			high = v
		}
	}
	return high
}

// number is a figure of an axis: no more decimals than it has, thousands from 10,000 on.
func number(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 64) + "M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'f', -1, 64) + "k"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
