package collector

import (
	"math"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// reporting is a worker that has checked in with a request count.
func reporting(pid int, at time.Time, requests int64) puma.Worker {
	w := serving(0, pid)
	w.LastCheckin, w.Pool.RequestsCount = puma.MomentOf(at), puma.Of(requests)
	return w
}

func TestRates(t *testing.T) {
	t.Parallel()
	type poll struct {
		at, checkin float64
		pid         int
		requests    int64
	}
	for _, tc := range []struct {
		name  string
		polls []poll
		want  Rate
	}{
		{"one report is no rate", []poll{{0, 0, 1, 100}}, Rate{}},
		{"two are", []poll{{0, 0, 1, 100}, {5, 5, 1, 200}}, Rate{20, true}},
		{"polls between say nothing new", []poll{{0, 0, 1, 100}, {2, 0, 1, 100}, {4, 0, 1, 100}, {6, 5, 1, 200}}, Rate{20, true}},
		{"none came", []poll{{0, 0, 1, 100}, {5, 5, 1, 100}}, Rate{0, true}},
		{"over a window", []poll{{0, 0, 1, 0}, {5, 5, 1, 1000}, {10, 10, 1, 1050}, {15, 15, 1, 1100}, {20, 20, 1, 1150}}, Rate{10, true}},
		{"another pid starts anew", []poll{{0, 0, 1, 100}, {5, 5, 2, 900}}, Rate{}},
		{"a count that fell is another process", []poll{{0, 0, 1, 100}, {5, 5, 1, 20}}, Rate{}},
		{"and goes on from there", []poll{{0, 0, 1, 100}, {5, 5, 1, 20}, {10, 10, 1, 70}}, Rate{10, true}},
		{"a report too old is no rate", []poll{{0, 0, 1, 100}, {5, 5, 1, 200}, {26, 5, 1, 200}}, Rate{}},
		{"less than a second apart", []poll{{0, 0, 1, 100}, {0.5, 0.5, 1, 200}}, Rate{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var r rateWatch
			var got Rate
			for _, p := range tc.polls {
				r.observe(cluster(reporting(p.pid, after(p.checkin), p.requests)), after(p.at), after(p.at))
				got = r.of(0)
			}
			if got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if got.PerSecond < 0 || math.IsInf(got.PerSecond, 0) || math.IsNaN(got.PerSecond) {
				t.Errorf("%v", got.PerSecond)
			}
		})
	}
}

// TestRateOfAWorkerThatSaysNothing: a worker that has not checked in, or a Puma without requests_count.
func TestRateOfAWorkerThatSaysNothing(t *testing.T) {
	t.Parallel()
	var r rateWatch
	silent := reporting(1, noon, 10)
	silent.CheckedIn = false
	old := reporting(2, noon, 0)
	old.Pool.RequestsCount = puma.Count{}
	r.observe(cluster(silent, old), noon, noon)
	if a, b := r.of(0), r.of(1); a.Known || b.Known || len(r.slots[0].samples)+len(r.slots[1].samples) > 0 {
		t.Errorf("%v, %v", a, b)
	}
}

// TestRateInSingleMode: its figures are of the moment of the answer, whatever the host's clock says.
func TestRateInSingleMode(t *testing.T) {
	t.Parallel()
	var r rateWatch
	single := func(n int64) puma.Stats {
		w := reporting(0, time.Time{}, n)
		return puma.Stats{Mode: puma.Single, Workers: []puma.Worker{w}}
	}
	r.observe(single(100), after(0), after(-3600))
	r.observe(single(130), after(2), after(-3598))
	if got := r.of(0); got != (Rate{15, true}) {
		t.Errorf("%+v", got)
	}
}

// TestUsage: memory and CPU of processes, as long as they go with the polls.
func TestUsage(t *testing.T) {
	t.Parallel()
	sample := func(rss, pss int64, cpu time.Duration) probe.Sample {
		u := probe.Usage{RSS: puma.Of(rss), CPU: cpu}
		if pss > 0 {
			u.PSS = puma.Of(pss)
		}
		return probe.Sample{Processes: map[int]probe.Usage{1: u}}
	}
	for _, tc := range []struct {
		name    string
		samples map[float64]probe.Sample
		polled  float64
		memory  puma.Count
		shared  bool
		cpu     Rate
	}{
		{"never sampled", nil, 1, puma.Count{}, false, Rate{}},
		{"resident where that is all", map[float64]probe.Sample{0: sample(100, 0, 0)}, 1, puma.Of(100), true, Rate{}},
		{"proportional where it was read", map[float64]probe.Sample{0: sample(100, 60, 0)}, 1, puma.Of(60), false, Rate{}},
		{"and kept for a while", map[float64]probe.Sample{0: sample(100, 60, 0), 85: sample(100, 0, 0)}, 86, puma.Of(60), false, Rate{0, true}},
		{"but not for long", map[float64]probe.Sample{0: sample(100, 60, 0), 91: sample(100, 0, 0)}, 92, puma.Of(100), true, Rate{0, true}},
		{"half a core", map[float64]probe.Sample{0: sample(100, 0, time.Second), 4: sample(100, 0, 3*time.Second)}, 5, puma.Of(100), true, Rate{50, true}},
		{"less CPU than before is another process", map[float64]probe.Sample{0: sample(100, 60, 9*time.Second), 4: sample(70, 0, time.Second)}, 5, puma.Of(70), true, Rate{}},
		{"a sampler that died", map[float64]probe.Sample{0: sample(100, 60, 0)}, 21, puma.Count{}, false, Rate{}},
		{"gone", map[float64]probe.Sample{0: sample(100, 60, 0), 4: {}}, 5, puma.Count{}, false, Rate{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var u usageWatch
			for _, at := range sortedKeys(tc.samples) {
				u.observe(tc.samples[at], after(at))
			}
			memory, shared, cpu := u.of(1, after(tc.polled))
			if memory != tc.memory || shared != tc.shared || cpu != tc.cpu {
				t.Errorf("%v, shared %v, %v; want %v, %v, %v", memory, shared, cpu, tc.memory, tc.shared, tc.cpu)
			}
		})
	}
}
