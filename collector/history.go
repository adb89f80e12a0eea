package collector

import (
	"math"
	"time"
)

const (
	// historyStep is the time between two points, historyPoints how many are kept: ten minutes.
	historyStep   = 2 * time.Second
	historyPoints = 300
)

// historyWatch collects points. What it has handed out is never written again: new points go behind the published
// part of the array, and a full array is left to its readers.
type historyWatch struct {
	history History
	last    time.Time
}

// observe adds a point if a step has passed since the last one. Steps in which nothing was observed become
// unknown, so that the charts show a gap rather than a straight line.
func (h *historyWatch) observe(l Load, known bool, now time.Time) History {
	if h.last.IsZero() {
		h.last = now.Add(-historyStep)
		h.history.Step = historyStep
	}
	steps := int(now.Sub(h.last) / historyStep)
	if steps < 1 {
		return h.history
	}
	h.last = h.last.Add(time.Duration(steps) * historyStep)
	for range min(steps-1, historyPoints) {
		h.add(math.NaN(), math.NaN(), math.NaN(), math.NaN())
	}
	if !known {
		h.add(math.NaN(), math.NaN(), math.NaN(), math.NaN())
		return h.history
	}
	utilisation := math.NaN()
	if u, ok := l.Utilisation(); ok {
		utilisation = u
	}
	h.add(utilisation, queue(l), rateOrNaN(l.Requests), countOrNaN(l.Memory.N, l.Memory.Known))
	return h.history
}

func (h *historyWatch) add(utilisation, backlog, requests, memory float64) {
	push(&h.history.Utilisation, utilisation)
	push(&h.history.Backlog, backlog)
	push(&h.history.Requests, requests)
	push(&h.history.Memory, memory)
}

// push appends to a window of historyPoints that moves through an array of twice the size.
func push(window *[]float64, v float64) {
	w := *window
	if len(w) == historyPoints {
		w = w[1:]
	}
	if len(w) == cap(w) {
		grown := make([]float64, len(w), 2*historyPoints)
		copy(grown, w)
		w = grown
	}
	*window = append(w, v)
}

// queue is everything that waits: inside Puma and in the kernel.
func queue(l Load) float64 {
	sum := l.Backlog.Plus(l.ListenQueue)
	return countOrNaN(sum.N, sum.Known)
}

func rateOrNaN(r Rate) float64 {
	if !r.Known {
		return math.NaN()
	}
	return r.PerSecond
}

func countOrNaN(n int64, known bool) float64 {
	if !known {
		return math.NaN()
	}
	return float64(n)
}
