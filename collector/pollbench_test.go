package collector

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

const benchWorkers = 16

// answers writes what a Puma 8.0 with sixteen workers answers, poll for poll: each worker reports every fifth second, and has
// other figures then.
type answers struct{ body []byte }

func (a *answers) at(poll int) []byte {
	b := append(a.body[:0], `{"started_at":"2026-11-21T11:00:00Z","workers":16,"phase":0,"booted_workers":16,"old_workers":0,"worker_status":[`...)
	for i := range benchWorkers {
		reported := poll - (poll+i)%5
		if i > 0 {
			b = append(b, ',')
		}
		number := func(name string, n int) {
			b = append(append(append(b, '"'), name...), `":`...)
			b = append(strconv.AppendInt(b, int64(n), 10), ',')
		}
		b = append(b, `{"started_at":"2026-11-21T11:00:01Z",`...)
		number("pid", 100+i)
		number("index", i)
		number("phase", 0)
		b = append(b, `"booted":true,"last_checkin":"`...)
		b = after(float64(reported)).AppendFormat(b, time.RFC3339)
		b = append(b, `","last_status":{`...)
		number("backlog", 0)
		number("running", 5)
		number("pool_capacity", reported%6)
		number("busy_threads", 5-reported%6)
		number("backlog_max", reported%3)
		number("reactor_max", reported%4)
		number("io_threads", 0)
		number("max_threads", 5)
		b = append(strconv.AppendInt(append(b, `"requests_count":`...), int64(40*(poll+10)+i), 10), "}}"...)
	}
	a.body = append(b, `],"versions":{"puma":"8.0.2","ruby":{"engine":"ruby","version":"3.4.7","patchlevel":58}}}`...)
	return a.body
}

// usageAt is a sample of the master and the workers.
func (a *answers) usageAt(s probe.Sample, poll int) {
	s.Processes[9] = probe.Usage{RSS: puma.Of(90 << 20), CPU: time.Second}
	for i := range benchWorkers {
		u := probe.Usage{RSS: puma.Of(int64(200<<20 + poll<<12)), CPU: time.Duration(poll) * 200 * time.Millisecond}
		if poll%30 == 0 {
			u.PSS = puma.Of(int64(150<<20 + poll<<12))
		}
		s.Processes[100+i] = u
	}
}

// pollOnce is what an actor does with an answer.
func pollOnce(tb testing.TB, s *store, t *tracked, body []byte, at time.Time) {
	stats, err := puma.Decode(body)
	if err != nil {
		tb.Fatal(err)
	}
	t.answer(stats, at, time.Millisecond)
	if t.unread() {
		tb.Fatal("a worker was not looked at")
	}
	snap := t.snapshot(at, time.Second)
	if snap.State != Serving {
		tb.Fatal(snap.State, snap.Reason)
	}
	events := changes(t.shown, snap)
	marks := marksOf(t.shown, snap, events)
	snap.History = t.history.mark(marks...)
	s.mark(marks...)
	t.shown = snap
	s.put(HostStatus{Name: t.host, Connected: true, Asked: true, Pumas: 1}, []*Snapshot{snap}, events)
}

// benchTrack is a target that a probe has found.
func benchTrack(n int) *tracked {
	k := newTrack(fmt.Sprintf("web%d", n), "puma")
	k.up(true, nil, time.Time{})
	p := facts(1)
	for i := range benchWorkers {
		p.Workers = append(p.Workers, probe.Process{PID: 100 + i, Index: i, Release: "/srv/shop/releases/20261121", Revision: "abcdef"})
	}
	k.probe(p, after(-1), after(-1), 0)
	return &tracked{track: k, shown: k.last}
}

// BenchmarkPoll is one poll of a target of sixteen workers, from the text of the answer to the store.
func BenchmarkPoll(b *testing.B) {
	s, t := newStore(time.Second), benchTrack(0)
	var a answers
	sample := probe.Sample{Processes: map[int]probe.Usage{}, Queues: map[string]int64{"unix:///s": 0}}
	a.at(0)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		at := after(float64(n))
		if n%5 == 0 {
			a.usageAt(sample, n)
			t.sample(sample, nil, at)
		}
		pollOnce(b, s, t, a.at(n), at)
	}
}

// BenchmarkKept is what is kept of a target after an hour.
func BenchmarkKept(b *testing.B) {
	const targets = 60
	for b.Loop() {
		before := heap()
		s := newStore(time.Second)
		tracks := make([]*tracked, targets)
		for n := range tracks {
			tracks[n] = benchTrack(n)
		}
		anHour(b, s, tracks)
		b.ReportMetric(float64(heap()-before)/targets, "bytes/target")
		runtime.KeepAlive(tracks)
		runtime.KeepAlive(s)
	}
}

func anHour(tb testing.TB, s *store, tracks []*tracked) {
	var a answers
	sample := probe.Sample{Processes: map[int]probe.Usage{}, Queues: map[string]int64{"unix:///s": 0}}
	for n := range 3600 {
		at := after(float64(n))
		body := a.at(n)
		a.usageAt(sample, n)
		for _, t := range tracks {
			if n%5 == 0 {
				t.sample(sample, nil, at)
			}
			pollOnce(tb, s, t, body, at)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkFleetAfterPolls is a fleet of a thousand targets of which a fifth was polled since the one before, and has another
// host's figures in each twentieth of them.
func BenchmarkFleetAfterPolls(b *testing.B) {
	s := newStore(time.Second)
	var made [2][]*Snapshot
	var a answers
	for n := range 1000 {
		t := benchTrack(n)
		for i := range made {
			pollOnce(b, s, t, a.at(i), after(float64(i)))
			made[i] = append(made[i], t.shown)
		}
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := range 200 {
			snap := made[n/5%2][(n*200+i)%1000]
			s.put(HostStatus{Name: snap.Host, Connected: true, Asked: true, Pumas: 1}, []*Snapshot{snap}, nil)
		}
		if f := s.now(); f.Totals.Serving != 1000 {
			b.Fatal(f.Totals.Serving)
		}
	}
}
