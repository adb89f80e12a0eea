package collector

import (
	"slices"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// TestMarks: what is drawn into the charts follows from what the events tell.
func TestMarks(t *testing.T) {
	t.Parallel()
	in := func(state State, s Snapshot) Snapshot { s.State = state; return s }
	two := cluster(serving(0, 1), serving(1, 2))
	again := polled(2, two)
	again.Restarts, again.statsOf = 1, 1
	for _, tc := range []struct {
		name        string
		before, now Snapshot
		want        []MarkKind
	}{
		{"nothing", polled(0, two), polled(2, two), nil},
		{"the first answer", Snapshot{State: Connecting}, polled(2, two), nil},
		{"a phased restart begins", polled(0, phased(3, serving(0, 1))), in(Restarting, polled(2, phased(4, serving(0, 1)))), []MarkKind{PhasedBegan}},
		{"a restart has ended", in(Restarting, polled(0, two)), polled(2, two), []MarkKind{RestartEnded}},
		{"another image", polled(0, two), in(Restarting, again), []MarkKind{FullRestart}},
		{"a worker died", polled(0, two), polled(2, cluster(unbooted(0, 7), serving(1, 2))), []MarkKind{WorkerLeft}},
		{"a crash loop", in(Restarting, polled(0, two)), in(CrashLoop, polled(2, two)), []MarkKind{Broke}},
		{"a stuck restart", in(Restarting, polled(0, two)), in(Stuck, polled(2, two)), []MarkKind{Broke}},
		{"no process", polled(0, two), in(NotRunning, polled(0, two)), []MarkKind{Broke}},
		{"out of a crash loop", in(CrashLoop, polled(0, two)), polled(2, two), []MarkKind{RestartEnded}},
		{"a network that is back", in(Unreachable, polled(0, two)), polled(2, two), nil},
		{"figures that grow old", polled(0, two), in(Stale, polled(0, two)), nil},
	} {
		var got []MarkKind
		for _, m := range marksOf(&tc.before, &tc.now, changes(&tc.before, &tc.now)) {
			got = append(got, m.Kind)
			if !m.At.Equal(tc.now.At) {
				t.Errorf("%s: marked at %s", tc.name, m.At)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestMarksAreBounded: of a day of trouble there are few marks, and some of each hour; what is older than the points is gone.
func TestMarksAreBounded(t *testing.T) {
	t.Parallel()
	var w historyWatch
	w.observe(Load{Backlog: puma.Of(1)}, true, noon, time.Second)
	given := w.mark(Mark{noon, PhasedBegan})
	for at := time.Duration(0); at < 60*time.Hour; at += 2 * time.Second {
		w.mark(Mark{noon.Add(at), WorkerLeft})
	}
	w.mark(Mark{noon.Add(60 * time.Hour), FullRestart})
	marks := w.history.Marks()
	last := marks[len(marks)-1]
	if len(marks) > keptMarks || last.Kind != FullRestart {
		t.Errorf("%d marks, the last is %v", len(marks), last)
	}
	hours := map[int]bool{}
	for i, m := range marks {
		if i > 0 && m.At.Before(marks[i-1].At) {
			t.Fatalf("%v comes before %v", marks[i-1], m)
		}
		hours[int(m.At.Sub(noon)/time.Hour)] = true
	}
	for hour := 36; hour < 60; hour++ {
		if !hours[hour] {
			t.Errorf("nothing is told of hour %d", hour)
		}
	}
	if oldest := marks[0].At.Sub(noon); oldest < 34*time.Hour {
		t.Errorf("the oldest mark is of %s, before all points", oldest)
	}
	if got := given.Marks(); len(got) != 1 || got[0].Kind != PhasedBegan {
		t.Errorf("what was given has changed: %v", got)
	}
}

// TestMarksApart: what comes several times in a moment is one mark; another kind is another mark.
func TestMarksApart(t *testing.T) {
	t.Parallel()
	h := HistoryOf(historyStep, noon, queued(1)).With(Mark{noon, WorkerLeft}, Mark{after(3), WorkerLeft}, Mark{after(4), FullRestart}, Mark{after(10), WorkerLeft}).With()
	want := []Mark{{noon, WorkerLeft}, {after(4), FullRestart}, {after(10), WorkerLeft}}
	if got := h.Marks(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if h := (History{}).With(Mark{noon, FullRestart}); !h.Empty() || len(h.Marks()) != 1 || len((History{}).Marks()) != 0 {
		t.Errorf("marks of a history without points: %v", h.Marks())
	}
}
