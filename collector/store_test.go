package collector

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/puma"
)

func snapshotOf(id TargetID, state State) *Snapshot {
	now := time.Now()
	return &Snapshot{ID: id, App: string(id), State: state, At: now, Answered: now,
		Load: Load{InUse: puma.Of(1), Max: puma.Of(5), Requests: Rate{10, true}, Memory: puma.Of(100)}}
}

// TestNewestFleetWins: at most five fleets a second, whatever is put, and the newest is among them.
func TestNewestFleetWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(DefaultInterval)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			defer cancel()
			for i := range 1000 {
				snap := snapshotOf("web1/puma", Serving)
				snap.Reason = fmt.Sprint(i)
				s.put(HostStatus{Name: "web1"}, []*Snapshot{snap}, nil)
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Second)
		}()
		began, fleets, last := time.Now(), 0, Fleet{}
		for {
			f, err := s.next(ctx)
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				break
			}
			if f.At.Sub(last.At) < frameEvery {
				t.Errorf("two fleets within %s", f.At.Sub(last.At))
			}
			fleets, last = fleets+1, f
		}
		if fleets < 5 || fleets > 7 {
			t.Errorf("%d fleets in a second", fleets)
		}
		if last.Targets[0].Reason != "999" {
			t.Errorf("the last fleet has %s", last.Targets[0].Reason)
		}
		if time.Since(began) > 3*time.Second {
			t.Error("putting waited for the reader")
		}
	})
}

// TestPause: a large fleet comes less often, and never so seldom that it looks still.
func TestPause(t *testing.T) {
	t.Parallel()
	for targets, want := range map[int]time.Duration{0: frameEvery, 50: 215 * time.Millisecond, 900: 470 * time.Millisecond, 5000: frameLongest} {
		if got := pause(targets); got != want {
			t.Errorf("%d targets: %s, want %s", targets, got, want)
		}
	}
}

// TestWatchLosesNothing though its reader is slow, and gets only its own target.
func TestWatchLosesNothing(t *testing.T) {
	t.Parallel()
	s := newStore(DefaultInterval)
	w := &Watch{ready: make(chan struct{}, 1), release: func() {}}
	s.watchers["a"] = map[*Watch]bool{w: true}
	const n = 1000
	go func() {
		for i := range n {
			one := &Snapshot{ID: "a", Latency: time.Duration(i)}
			s.put(HostStatus{}, []*Snapshot{{ID: "b"}, one}, nil)
		}
	}()
	for i := range n {
		got, err := w.Next(t.Context())
		if err != nil || got.ID != "a" || got.Latency != time.Duration(i) {
			t.Fatalf("%d: %s %d, %v", i, got.ID, got.Latency, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("without a snapshot: %v", err)
	}
	w.Close()
}

// TestEventsAreKept, the newest ones, each under its number; what an older fleet has is not touched by what comes.
func TestEventsAreKept(t *testing.T) {
	t.Parallel()
	s := newStore(DefaultInterval)
	var early []Fleet
	for i := range 5 * keptEvents {
		s.put(HostStatus{}, nil, []Event{{Text: fmt.Sprint(i)}})
		if i%997 == 9 {
			early = append(early, s.now())
		}
	}
	for _, f := range append(early, s.now()) {
		if f.Earlier > 0 && len(f.Events) < keptEvents || len(f.Events) > keptEvents+keptEvents/4 {
			t.Errorf("%d events after %d", len(f.Events), f.Earlier)
		}
		for i, e := range f.Events {
			if e.Text != fmt.Sprint(f.Earlier+i) {
				t.Fatalf("event %d of a fleet with %d before is %s", i, f.Earlier, e.Text)
			}
		}
	}
	if f := s.now(); f.Earlier+len(f.Events) != 5*keptEvents || len(early[0].Events) != 10 {
		t.Errorf("%d and %d events in the end, %d in the beginning", f.Earlier, len(f.Events), len(early[0].Events))
	}
	before := s.now().Events
	s.put(HostStatus{}, nil, []Event{{Text: "ours"}})
	_ = append(before, Event{Text: "mine"})
	if got := s.now().Events; got[len(got)-1].Text != "ours" {
		t.Error("who appends to a fleet's events writes into the store")
	}
}

// TestEventWords: each kind has a short word of its own, and what needs a person is told from what does not.
func TestEventWords(t *testing.T) {
	t.Parallel()
	words := map[string]bool{}
	for _, k := range EventKinds() {
		e := Event{Kind: k}
		if w := e.Word(); words[w] || w == "" || len(w) > 8 {
			t.Errorf("%s is called %q", k, w)
		}
		words[e.Word()] = true
	}
	for _, test := range []struct {
		e       Event
		word    string
		problem bool
	}{
		{Event{Kind: WorkerReplaced}, "replaced", false},
		{Event{Kind: WorkerDied}, "died", true},
		{Event{Kind: HostLost}, "lost", true},
		{Event{Kind: StateChanged, State: Serving}, "state", false},
		{Event{Kind: StateChanged, State: Restarting}, "state", false},
		{Event{Kind: StateChanged, State: Stale}, "state", true},
		{Event{Kind: StateChanged, State: CrashLoop}, "state", true},
		{Event{Kind: ActionEvent}, "asked", false},
		{Event{Kind: ActionEvent, Observed: true}, "noticed", false},
		{Event{Kind: ActionEvent, Verdict: "verified", Observed: true}, "verdict", false},
		{Event{Kind: ActionEvent, Verdict: "crash-loop"}, "verdict", true},
		{Event{Kind: ConfigRead}, "config", false},
		{Event{Kind: ConfigRead, Failed: true}, "config", true},
	} {
		if test.e.Word() != test.word || test.e.Problem() != test.problem {
			t.Errorf("%+v: %s, a problem %v", test.e, test.e.Word(), test.e.Problem())
		}
	}
}

// TestTotals: figures that are not current are in no sum.
func TestTotals(t *testing.T) {
	t.Parallel()
	s := newStore(DefaultInterval)
	old := snapshotOf("e", Serving)
	old.Answered = old.At.Add(-silentAfter)
	never := snapshotOf("f", Restarting)
	never.Answered = time.Time{}
	s.put(HostStatus{Name: "h"}, []*Snapshot{snapshotOf("a", Serving), snapshotOf("b", CrashLoop), snapshotOf("c", Stale), snapshotOf("d", Unreachable), old, never}, nil)
	f := s.now()
	if l := f.Totals.Load; l.InUse != puma.Of(2) || l.Max != puma.Of(10) || l.Requests.PerSecond != 20 || l.Memory != puma.Of(200) || l.Backlog.Known {
		t.Errorf("%+v", l)
	}
	if f.Totals.Targets != 6 || f.Totals.Serving != 2 || f.Totals.ByState[Stale] != 1 {
		t.Errorf("%+v", f.Totals)
	}
	if f.Targets[0].ID != "b" || f.Targets[5].ID != "e" || f.Targets[4].ID != "a" {
		t.Errorf("order %v", f.Targets)
	}
	if _, ok := f.Target("zz"); ok {
		t.Error("a target that does not exist")
	}
}

// TestRateOfAFleetThatIsComingUp: the sum waits for nearly all of those that count, and not for Puma 4, which does not.
func TestRateOfAFleetThatIsComingUp(t *testing.T) {
	t.Parallel()
	target := func(id TargetID, counts bool, rate Rate) *Snapshot {
		w := Worker{Worker: &puma.Worker{}, Requests: rate}
		if counts {
			w.Pool.RequestsCount = puma.Of(1)
		}
		now := time.Now()
		return &Snapshot{ID: id, State: Serving, At: now, Answered: now, Workers: []Worker{w}, Load: Load{Requests: requestsOf([]Worker{w})}}
	}
	known := Rate{PerSecond: 10, Known: true}
	for _, tc := range []struct {
		name    string
		targets []*Snapshot
		want    Rate
	}{
		{"half of it is known", []*Snapshot{target("a", true, known), target("b", true, Rate{})}, Rate{}},
		{"all that count are known", []*Snapshot{target("a", true, known), target("b", false, Rate{})}, known},
		{"nothing counts", []*Snapshot{target("a", false, Rate{})}, Rate{}},
	} {
		s := newStore(time.Second)
		s.put(HostStatus{Name: "web1"}, tc.targets, nil)
		if got := s.now().Totals.Load.Requests; got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
	workers := []Worker{{Requests: known, Worker: &puma.Worker{Pool: puma.Pool{RequestsCount: puma.Of(5)}}}, {Worker: &puma.Worker{Pool: puma.Pool{RequestsCount: puma.Of(5)}}}}
	if got := requestsOf(workers); got.Known {
		t.Errorf("one worker of two passes for both: %+v", got)
	}
}
