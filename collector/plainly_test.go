package collector

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// plainRates derives rates as plainly as can be said: a map of what each pid reported.
type plainRates map[int][]countSample

func (p *plainRates) observe(s puma.Stats, fetched, hostNow time.Time) map[int]Rate {
	rates, next := map[int]Rate{}, plainRates{}
	for _, w := range s.Workers {
		at, now := w.LastCheckin.Time(), hostNow
		if s.Mode == puma.Single {
			at, now = fetched, fetched
		}
		if !w.CheckedIn || !w.Pool.RequestsCount.Known || at.IsZero() {
			continue
		}
		samples := slices.Clone((*p)[w.PID])
		one := countSample{at.UnixNano(), w.Pool.RequestsCount.N}
		switch n := len(samples); {
		case n > 0 && one.count < samples[n-1].count:
			samples = []countSample{one}
		case n == 0 || one.at > samples[n-1].at:
			samples = append(samples, one)
		}
		for len(samples) > 2 && (one.at-samples[1].at >= int64(rateWindow) || len(samples) > rateSamples) && samples[len(samples)-1] == one {
			samples = samples[1:]
		}
		next[w.PID], rates[w.PID] = samples, rateOver(samples, now.UnixNano())
	}
	*p = next
	return rates
}

// plainUsage is what was sampled of a process, by pid.
type plainUsage struct {
	first, newest time.Time
	byPID         map[int]plainProcess
}

type plainProcess struct {
	rss, pss puma.Count
	pssAt    time.Duration
	cpu      time.Duration
	percent  Rate
	past     memoryPast
}

func (u *plainUsage) observe(s probe.Sample, at time.Time) {
	if u.byPID == nil {
		u.first = at
	}
	since, seconds := at.Sub(u.first), at.Sub(u.newest).Seconds()
	next := map[int]plainProcess{}
	for pid, p := range s.Processes {
		before, known := u.byPID[pid]
		now := plainProcess{rss: p.RSS, pss: p.PSS, pssAt: since, cpu: p.CPU}
		if known && p.CPU < before.cpu {
			before, known = plainProcess{}, false
		}
		if known && !p.PSS.Known && since-before.pssAt < pssFor {
			now.pss, now.pssAt = before.pss, before.pssAt
		}
		if known && seconds > 0 {
			now.percent = Rate{100 * (p.CPU - before.cpu).Seconds() / seconds, true}
		}
		memory, shared := now.memory()
		now.past = before.past.grown(memory, shared, since)
		next[pid] = now
	}
	u.newest, u.byPID = at, next
}

func (p *plainProcess) memory() (puma.Count, bool) {
	if p.pss.Known {
		return p.pss, false
	}
	return p.rss, p.rss.Known
}

// anyPoll is the next poll of workers, with a new one of that pid perhaps.
func anyPoll(random *rand.Rand, workers []puma.Worker, pid int, at time.Time) []puma.Worker {
	workers = slices.Clone(workers)
	switch random.IntN(20) {
	case 0:
		workers = append(workers, reporting(pid, at, 0))
	case 1:
		random.Shuffle(len(workers), func(i, j int) { workers[i], workers[j] = workers[j], workers[i] })
	case 2:
		workers = workers[:len(workers)*random.IntN(4)/4]
	}
	for i := range workers {
		switch w := &workers[i]; random.IntN(8) {
		case 0, 1:
			w.LastCheckin, w.Pool.RequestsCount.N = puma.MomentOf(at), w.Pool.RequestsCount.N+random.Int64N(50)
		case 2:
			w.CheckedIn = !w.CheckedIn || random.IntN(9) > 0
		case 3:
			if random.IntN(30) == 0 {
				w.Pool.RequestsCount.N /= 2
			}
		}
	}
	return workers
}

// TestRatesOfAnyPolls: whatever workers come, go, stay silent and change places, their rates are those of their own reports.
func TestRatesOfAnyPolls(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		var watch rateWatch
		var plain plainRates
		var workers []puma.Worker
		known := 0
		for poll := range 200 {
			at := after(float64(poll))
			workers = anyPoll(random, workers, 100+int(seed)*1000+poll, at)
			s := cluster(workers...)
			watch.observe(s, at, at.Add(time.Second))
			want := plain.observe(s, at, at.Add(time.Second))
			for i := range workers {
				if got := watch.of(i); got != want[workers[i].PID] {
					t.Fatalf("seed %d, poll %d, worker %d: %v, want %v", seed, poll, i, got, want[workers[i].PID])
				} else if got.Known {
					known++
				}
			}
		}
		if known < 20 {
			t.Fatalf("seed %d has %d rates", seed, known)
		}
	}
}

// TestUsageOfAnySamples: whatever processes come, go and are started anew under the same pid, each has its own figures.
func TestUsageOfAnySamples(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 2))
		var watch usageWatch
		plain, at := plainUsage{}, noon
		live := map[int]probe.Usage{}
		for sample := range 200 {
			at = at.Add(time.Duration(random.IntN(12)) * time.Second)
			for pid := range 12 {
				u := live[pid]
				u.CPU += time.Duration(random.IntN(300)) * time.Millisecond
				u.RSS, u.PSS = puma.Of(random.Int64N(1<<30)), puma.Count{}
				if random.IntN(4) == 0 {
					u.PSS = puma.Of(random.Int64N(1 << 29))
				}
				switch random.IntN(40) {
				case 0:
					delete(live, pid)
					continue
				case 1:
					u.CPU = 0
				case 2:
					u.RSS = puma.Count{}
				}
				live[pid] = u
			}
			s := probe.Sample{Processes: live}
			watch.observe(s, at)
			plain.observe(s, at)
			for pid := range 13 {
				want := plain.byPID[pid]
				memory, shared := want.memory()
				gotMemory, gotShared, gotCPU := watch.of(pid, at)
				if gotMemory != memory || gotShared != shared || gotCPU != want.percent || fmt.Sprint(watch.past(pid)) != fmt.Sprint(want.past.points) {
					t.Fatalf("seed %d, sample %d, pid %d: %v %v %v %v, want %+v", seed, sample, pid, gotMemory, gotShared, gotCPU, watch.past(pid), want)
				}
			}
		}
	}
}

// signature is what a restart changes, in one text.
func signature(s puma.Stats, p *probe.Puma) string {
	b := fmt.Append(nil, s.Phase, s.StartedAt.Unix(), p.PID, p.Unit.Active, p.Unit.Sub)
	for _, w := range s.Workers {
		b = fmt.Append(b, " ", w.Index, " ", w.PID, " ", w.Phase, " ", w.Booted, w.CheckedIn)
	}
	if p.Control.IsZero() {
		b = append(b, p.StateStamp...)
		for _, w := range p.Workers {
			b = fmt.Append(b, " ", w.PID)
		}
	}
	return string(b)
}

// anyMove changes one thing of a target or none.
func anyMove(random *rand.Rand, n int, s *puma.Stats, p *probe.Puma) {
	w := &s.Workers[random.IntN(len(s.Workers))]
	changes := []func(){
		func() { w.PID++ },
		func() { w.Phase++ },
		func() { w.Booted = !w.Booted },
		func() { w.CheckedIn = !w.CheckedIn },
		func() { w.Index += 3 },
		func() { s.Workers = s.Workers[min(1, len(s.Workers)-1):] },
		func() { s.Workers = append(s.Workers, serving(7, 1000+n)) },
		func() { s.Phase = puma.Of(random.IntN(3)) },
		func() { s.StartedAt = after(float64(n)) },
		func() { p.Unit.Active = fmt.Sprint(n % 2) },
		func() { p.Unit.Sub = fmt.Sprint(n % 2) },
		func() { p.Control = puma.Address{} },
		func() { p.Control = puma.Address{Network: "unix", Name: "/c"} },
		func() { p.StateStamp = fmt.Sprint(n) },
		func() { p.PID++ },
		func() { p.Workers = append(p.Workers, probe.Process{PID: n}) },
		func() { w.Pool.RequestsCount = puma.Of(n) },
	}
	if i := random.IntN(2 * len(changes)); i < len(changes) {
		changes[i]()
	}
}

// TestWhatMoves: a restart has moved whenever anything that it changes is another, and then only.
func TestWhatMoves(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	k := found()
	k.answer(cluster(serving(0, 10), serving(1, 11), serving(2, 12)), noon, 0)
	last, moves := signature(k.stats, k.facts), 0
	for n := range 4000 {
		at := after(float64(n + 1))
		s, p := k.stats, *k.facts
		s.Workers, p.Workers = slices.Clone(s.Workers), slices.Clone(p.Workers)
		anyMove(random, n, &s, &p)
		k.stats, k.facts = s, &p
		k.move(at)
		now := signature(s, &p)
		if moved := k.movedAt.Equal(at); moved != (now != last) {
			t.Fatalf("moved %v from %s to %s", moved, last, now)
		} else if moved {
			moves++
		}
		last = now
	}
	if moves < 500 {
		t.Errorf("%d moves", moves)
	}
}
