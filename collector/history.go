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

// observe adds a point if a step has passed since the last one. Figures hold for the time since the observation before
// where that was no longer ago than `regular`; longer ago, and where nothing is known, the steps between become unknown,
// so that the charts show a gap rather than a straight line.
func (h *historyWatch) observe(l Load, known bool, now time.Time, regular time.Duration) History {
	if h.last.IsZero() {
		h.last = now.Add(-historyStep)
		h.history.Step = historyStep
	}
	steps := int(now.Sub(h.last) / historyStep)
	if steps < 1 || !known && now.Sub(h.last) < regular+historyStep {
		return h.history
	}
	late := now.Sub(h.last) >= regular+historyStep
	h.last = h.last.Add(time.Duration(steps) * historyStep)
	nan := math.NaN()
	utilisation, waiting, requests, memory := nan, nan, nan, nan
	if known {
		utilisation, waiting, requests, memory = figures(l)
	}
	for range min(steps, historyPoints) - 1 {
		if late {
			h.add(nan, nan, nan, nan)
			continue
		}
		h.add(utilisation, waiting, requests, memory)
	}
	h.add(utilisation, waiting, requests, memory)
	return h.history
}

// figures are those of a load as points.
func figures(l Load) (utilisation, waiting, requests, memory float64) {
	utilisation = math.NaN()
	if u, ok := l.Utilisation(); ok {
		utilisation = u
	}
	return utilisation, queue(l), rateOrNaN(l.Requests), countOrNaN(l.Memory.N, l.Memory.Known)
}

func (h *historyWatch) add(utilisation, backlog, requests, memory float64) {
	push(&h.history.Utilisation, utilisation)
	push(&h.history.Backlog, backlog)
	push(&h.history.Requests, requests)
	push(&h.history.Memory, memory)
}

// historyArray is how long the array is that a window moves through. A thousand targets have four each.
const historyArray = historyPoints * 5 / 4

// push appends to a window of historyPoints that moves through a somewhat longer array.
func push(window *[]float64, v float64) {
	w := *window
	if len(w) == historyPoints {
		w = w[1:]
	}
	if len(w) == cap(w) {
		grown := make([]float64, len(w), min(2*len(w)+8, historyArray))
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
