package collector

import (
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
type rateWatch struct {
	byPID, before map[int][]countSample // before is kept for its room
	rates         map[int]Rate
}

// observe takes the workers of a poll and returns the rate of each, by pid; what it returns holds until the next call.
// Single mode reports at the moment of the request, so that fetched is the time of its figures; cluster workers say when
// they reported.
func (r *rateWatch) observe(s puma.Stats, fetched, hostNow time.Time) map[int]Rate {
	if r.rates == nil {
		r.rates, r.byPID, r.before = map[int]Rate{}, map[int][]countSample{}, map[int][]countSample{}
	}
	rates, next := r.rates, r.before
	clear(rates)
	clear(next)
	for i := range s.Workers {
		w := &s.Workers[i]
		at, now := w.LastCheckin, hostNow
		if s.Mode == puma.Single {
			at, now = fetched, fetched
		}
		if !w.CheckedIn || !w.Pool.RequestsCount.Known || at.IsZero() {
			continue
		}
		samples := keepRecent(r.byPID[w.PID], countSample{at.UnixNano(), w.Pool.RequestsCount.N})
		next[w.PID] = samples
		rates[w.PID] = rateOver(samples, now.UnixNano())
	}
	r.byPID, r.before = next, r.byPID
	return rates
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
	samples = append(samples, s)
	old := 0
	for len(samples)-old > 2 && (s.at-samples[old+1].at >= int64(rateWindow) || len(samples)-old > rateSamples) {
		old++
	}
	return samples[:copy(samples, samples[old:])]
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
