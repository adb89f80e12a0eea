package collector

import (
	"math"
	"time"
)

// Series is one of the figures that a History keeps.
type Series uint8

// The series, and what a point stands for where it is made of several: their peak, so that a short one is not lost, but
// the mean of the requests, so that a chart's area is what was served.
const (
	UtilisationSeries Series = iota // threads in use over threads, 0 to 1
	WaitingSeries                   // requests that wait: in Puma's backlog and in the kernel's listen queue
	ListenSeries                    // those of them in the listen queue
	RequestsSeries                  // per second
	MemorySeries                    // bytes
	seriesCount
)

// History is what a target or the fleet did: every two seconds of the last ten minutes, every twenty of the last hour, every
// two minutes of the last day. It is immutable, shared between snapshots and small to copy; the zero value is one of nothing.
//
// The newest points are exact to a thousandth, older ones to a 250th of the range that a series had about that time. Nought
// stays nought, and unknown unknown.
type History struct{ kept *kept }

// kept is a history as it was published. What it refers to is never written again but behind the ends that it knows.
type kept struct {
	rings [ringCount]ring
	end   time.Time // zero before the first point
	marks []Mark
	// begun is the next point of each ring but the first, as far as it has come, and since of how many steps that is made.
	begun [ringCount - 1]cell
	since [ringCount - 1]uint8
}

// Points are a series over some time, oldest first. Value i is of the Step from Start+i*Step on, and NaN where unknown; the
// last step may not be over.
type Points struct {
	Start  time.Time
	Step   time.Duration
	Values []float64
}

func (h History) copied() kept {
	if h.kept == nil {
		return kept{}
	}
	return *h.kept
}

// Empty reports whether nothing was ever observed.
func (h History) Empty() bool { return h.kept == nil || h.kept.end.IsZero() }

// End is when the newest point ends; zero where there is none.
func (h History) End() time.Time {
	if h.Empty() {
		return time.Time{}
	}
	return h.kept.end
}

// Since is when the oldest point began; zero where there is none.
func (h History) Since() time.Time {
	first := h.End()
	for n := range ringCount {
		if h.Empty() {
			break
		}
		if begin := h.kept.start(n); begin.Before(first) {
			first = begin
		}
	}
	return first
}

// begunOf is the newest point of ring n, where that is not over, and how long it is as yet.
func (k *kept) begunOf(n int) (c cell, long time.Duration) {
	if n == 0 {
		return c, 0
	}
	return k.begun[n-1], time.Duration(k.since[n-1]) * historyStep
}

// start is when the oldest point of ring n began.
func (k *kept) start(n int) time.Time {
	_, long := k.begunOf(n)
	return k.end.Add(-long - time.Duration(k.rings[n].len())*steps[n])
}

// Over is a series over the last span, in the finest steps that are kept for so long.
func (h History) Over(which Series, span time.Duration) Points {
	if h.Empty() {
		return Points{}
	}
	n := 0
	for n < ringCount-1 && steps[n]*time.Duration(ringBlocks[n]*blockPoints) < span {
		n++
	}
	r := &h.kept.rings[n]
	p := Points{Start: h.kept.start(n), Step: steps[n]}
	skip := max(int(h.kept.end.Add(-span).Sub(p.Start)/p.Step), 0)
	p.Start = p.Start.Add(time.Duration(skip) * p.Step)
	p.Values = r.append(make([]float64, 0, r.len()-skip+1), which, skip)
	if c, long := h.kept.begunOf(n); long > 0 {
		p.Values = append(p.Values, c[which].value())
	}
	return p
}

// Recent appends to into the newest n points of a series, two seconds apart; fewer where there are not so many.
func (h History) Recent(into []float64, which Series, n int) []float64 {
	if h.kept == nil {
		return into
	}
	r := &h.kept.rings[0]
	return r.append(into, which, max(r.len()-n, 0))
}

// Known reports whether anything is known of a series.
func (h History) Known(which Series) bool {
	if h.Empty() {
		return false
	}
	for n := range h.kept.rings {
		if h.kept.rings[n].known(which) {
			return true
		}
	}
	return false
}

// HistoryOf is the history of loads that were step apart, the newest of them at end: for who has no collector. A Load of
// nothing is one of which nothing is known.
func HistoryOf(step time.Duration, end time.Time, loads ...Load) History {
	var w historyWatch
	var h History
	at := end.Add(-step * time.Duration(len(loads)-1))
	for i := range loads {
		h = w.observe(loads[i], true, at, 2*max(step, historyStep))
		at = at.Add(step)
	}
	return h
}

// historyWatch collects points.
type historyWatch struct {
	history History
	gathers [ringCount - 1]gather // the next points of all rings but the first
}

// observe adds a point if a step has passed since the last one. Figures hold for the time since the observation before
// where that was no longer ago than `regular`; longer ago, and where nothing is known, the steps between become unknown,
// so that the charts show a gap rather than a straight line.
func (h *historyWatch) observe(l Load, known bool, now time.Time, regular time.Duration) History {
	next := h.history.copied()
	if next.end.IsZero() {
		next.end = now.Add(-historyStep)
	}
	since := now.Sub(next.end)
	passed := int(since / historyStep)
	if passed < 1 || !known && since < regular+historyStep {
		return h.history
	}
	next.end = next.end.Add(time.Duration(passed) * historyStep)
	if passed > historyReach { // nothing of what was is left
		next.rings, h.gathers = [ringCount]ring{}, [ringCount - 1]gather{}
		passed = 1
	}
	point := nothing()
	if known {
		point = figures(l)
	}
	before := point
	if since >= regular+historyStep {
		before = nothing()
	}
	for range passed - 1 {
		h.add(&next.rings, &before)
	}
	h.add(&next.rings, &point)
	for i := range h.gathers {
		next.since[i], next.begun[i] = uint8(h.gathers[i].steps), h.gathers[i].cell()
	}
	h.history = History{&next}
	return h.history
}

// add takes one step into all rings.
func (h *historyWatch) add(rings *[ringCount]ring, p *point) {
	rings[0].push(p.cell(), ringBlocks[0])
	for i := range h.gathers {
		g := &h.gathers[i]
		g.take(p)
		if time.Duration(g.steps)*historyStep == steps[i+1] {
			rings[i+1].push(g.cell(), ringBlocks[i+1])
			*g = gather{}
		}
	}
}

// figures are those of a load as points.
func figures(l Load) point {
	u := math.NaN()
	if v, ok := l.Utilisation(); ok {
		u = v
	}
	waiting := l.Backlog.Plus(l.ListenQueue)
	return point{
		UtilisationSeries: float32(u),
		WaitingSeries:     countOrNaN(waiting.N, waiting.Known),
		ListenSeries:      countOrNaN(l.ListenQueue.N, l.ListenQueue.Known),
		RequestsSeries:    rateOrNaN(l.Requests),
		MemorySeries:      countOrNaN(l.Memory.N, l.Memory.Known),
	}
}

func rateOrNaN(r Rate) float32 {
	if !r.Known {
		return nan32()
	}
	return float32(r.PerSecond)
}

func countOrNaN(n int64, known bool) float32 {
	if !known {
		return nan32()
	}
	return float32(n)
}
