package collector

import (
	"slices"
	"time"

	"pumatop/collector/puma"
)

// Workers report every worker_check_interval (5 s unless configured), to the second: over one interval the rounding
// alone would make a fifth of the rate. So rates are taken over a window of several reports.
const (
	rateWindow  = 15 * time.Second
	rateSamples = 8
	// rateLongest is how old the newest report may be for a rate to be called current.
	rateLongest = 20 * time.Second
)

// countSample is what a worker reported at one moment, in nanoseconds since 1970: a fleet has a hundred thousand.
type countSample struct{ at, count int64 }

// rateWatch derives requests per second for each worker process. A replaced worker starts anew: its counter does.
type rateWatch struct{ slots []rateSlot } // of the workers of the newest poll, in their order

type rateSlot struct {
	pid     int
	samples []countSample
	rate    Rate
}

// of is the rate of worker i of the newest poll.
func (r *rateWatch) of(i int) Rate { return r.slots[i].rate }

// restart begins anew with the next poll; the rates that were derived stand until then.
func (r *rateWatch) restart() {
	for i := range r.slots {
		r.slots[i].samples = nil
	}
}

// observe takes the workers of a poll. Single mode reports at the moment of the request, so that fetched is the time of its
// figures; cluster workers say when they reported.
func (r *rateWatch) observe(s puma.Stats, fetched, hostNow time.Time) {
	r.arrange(s.Workers)
	for i := range s.Workers {
		w, slot := &s.Workers[i], &r.slots[i]
		at, now := w.LastCheckin, hostNow
		if s.Mode == puma.Single {
			at, now = puma.MomentOf(fetched), fetched
		}
		if !w.CheckedIn || !w.Pool.RequestsCount.Known || at.IsZero() {
			slot.samples, slot.rate = nil, Rate{}
			continue
		}
		slot.samples = keepRecent(slot.samples, countSample{int64(at), w.Pool.RequestsCount.N})
		slot.rate = rateOver(slot.samples, now.UnixNano())
	}
}

// arrange gives each worker the slot of its pid, or a new one. Between most polls that changes nothing.
func (r *rateWatch) arrange(workers []puma.Worker) {
	if slices.EqualFunc(r.slots, workers, func(s rateSlot, w puma.Worker) bool { return s.pid == w.PID }) {
		return
	}
	slots := make([]rateSlot, len(workers))
	for i := range workers {
		slots[i].pid = workers[i].PID
		for j := range r.slots {
			if r.slots[j].pid == slots[i].pid {
				slots[i], r.slots[j].pid = r.slots[j], -1 // two may have none yet
				break
			}
		}
	}
	r.slots = slots
}

// keepRecent appends a sample if it is newer than the last one, and drops those that the window no longer needs. A
// counter that fell back belongs to another process that got the pid again.
func keepRecent(samples []countSample, s countSample) []countSample {
	if n := len(samples); n > 0 {
		last := samples[n-1]
		if s.count < last.count {
			return []countSample{s}
		}
		if s.at <= last.at {
			return samples
		}
	}
	old := 0
	for n := len(samples) + 1; n-old > 2 && (s.at-samples[old+1].at >= int64(rateWindow) || n-old > rateSamples); {
		old++
	}
	return append(samples[:copy(samples, samples[old:])], s)
}

func rateOver(samples []countSample, now int64) Rate {
	if len(samples) < 2 {
		return Rate{}
	}
	first, last := samples[0], samples[len(samples)-1]
	seconds := time.Duration(last.at - first.at).Seconds()
	if seconds < 1 || time.Duration(now-last.at) > rateLongest {
		return Rate{}
	}
	return Rate{PerSecond: float64(last.count-first.count) / seconds, Known: true}
}
