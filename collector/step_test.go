package collector

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/puma"
)

// alone is an actor whose host does not let anybody in, and the end of its life.
func alone(t *testing.T) (a *actor, end func()) {
	h := &scripted{connect: func(int) error { return errors.New("nobody there") }}
	a = newActor(New(nil, Options{}), Source{Host: h}, DefaultInterval)
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(ctx, a.finish)
	t.Cleanup(func() { cancel(); a.c.crew.Close() })
	return a, func() { a.begin(ctx); synctest.Wait() }
}

// TestStepsWaitForTheBeginning and are then taken in their order; after the end there are none.
func TestStepsWaitForTheBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, begin := alone(t)
		var taken []int
		for i := range 3 {
			a.take(func() { taken = append(taken, i) })
		}
		if len(taken) > 0 {
			t.Errorf("steps %v before the beginning", taken)
		}
		begin()
		a.take(func() { taken = append(taken, 3) })
		a.finish()
		a.take(func() { taken = append(taken, 4) })
		if want := []int{0, 1, 2, 3}; !slices.Equal(taken, want) {
			t.Errorf("steps %v, want %v", taken, want)
		}
	})
}

// TestFinishWaitsForWork that is under way, whose outcome is then dropped.
func TestFinishWaitsForWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, begin := alone(t)
		begin()
		var done atomic.Int32
		for range 3 {
			a.post(func() {
				for range 2 {
					a.spawn(func() func() {
						time.Sleep(time.Minute)
						done.Add(1)
						return func() { t.Error("a step after the end") }
					})
				}
			})
			time.Sleep(time.Second)
		}
		began := time.Now()
		a.finish()
		if took := time.Since(began); took != 59*time.Second || done.Load() != 6 {
			t.Errorf("finished after %s, %d of 6 done", took, done.Load())
		}
	})
}

// TestIntervals that are set one after the other: the last one holds, in whatever order the actor hears of them.
func TestIntervals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, begin := alone(t)
		a.c.actors = []*actor{a}
		begin()
		for n := range 100 {
			a.c.SetInterval(time.Second)
			a.c.SetInterval(time.Minute)
			synctest.Wait()
			if a.interval != time.Minute {
				t.Fatalf("round %d: polled every %s", n, a.interval)
			}
		}
	})
}

// bursting is a stream whose end is a bug.
type bursting struct{ io.ReadWriteCloser }

func (bursting) Close() error { panic("oh") }

// TestPanicAtTheEnd of an actor keeps nobody waiting: neither who asks it for something, nor the one that takes its place.
func TestPanicAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		nobody := func() *scripted { return &scripted{connect: func(int) error { return errors.New("nobody there") }} }
		var said atomic.Value
		c := New([]Source{{Host: nobody()}}, Options{OnPanic: func(v any, _ []byte) { said.Store(v) }})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { defer close(over); _ = c.Run(ctx) }()
		synctest.Wait()
		a := c.actors[0]
		a.take(func() { a.sampler = &sampler{stream: bursting{}, cancel: func() {}} })
		c.SetSources([]Source{{Host: nobody()}})
		synctest.Wait()
		if said.Load() != "oh" {
			t.Fatalf("said %v", said.Load())
		}
		if up, _ := a.clientOf("web1/shop"); up {
			t.Error("it is up")
		}
		cancel()
		<-over
	})
}

// TestWorkInARow does not make one call within the other: a poll that takes as long as its interval would otherwise go
// deeper for ever.
func TestWorkInARow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, begin := alone(t)
		begin()
		depth, rounds := 0, 0
		var again func()
		again = func() {
			a.spawn(func() func() {
				if rounds++; rounds == 1 {
					depth = runtime.Callers(0, make([]uintptr, 1000))
				}
				if now := runtime.Callers(0, make([]uintptr, 1000)); now != depth {
					t.Fatalf("round %d is %d calls deep, the first was %d", rounds, now, depth)
				}
				if rounds == 100 {
					return nil
				}
				return again
			})
		}
		a.take(again)
		if rounds != 100 {
			t.Errorf("%d rounds", rounds)
		}
	})
}

// TestWellHostsAreLeftAlone: between its polls nothing wakes an actor whose targets answer, and silence is noticed in time.
func TestWellHostsAreLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a := &actor{up: true, interval: 10 * time.Second, agedAt: now, tracks: map[string]*tracked{}}
	well := func() *tracked { return &tracked{track: &track{answered: now}, client: &puma.Client{}} }
	for _, tc := range []struct {
		name   string
		target *tracked
		want   time.Duration
	}{
		{"it answers", well(), 20*time.Second + 1},
		{"it failed", func() *tracked { t := well(); t.pollErr = errors.New("refused"); return t }(), agingTick},
		{"never polled", &tracked{track: &track{}}, agingTick},
		{"silent", &tracked{track: &track{answered: now.Add(-time.Minute)}, client: &puma.Client{}}, agingTick},
	} {
		a.tracks["one"], a.tracks["other"] = well(), tc.target
		if got := a.agesAt(now).Sub(now); got != tc.want {
			t.Errorf("%s: looked at again after %s, want %s", tc.name, got, tc.want)
		}
	}
	clear(a.tracks)
	if got := a.agesAt(now).Sub(now); got != idleProbe {
		t.Errorf("no target: after %s", got)
	}
	a.up = false
	if got := a.agesAt(now).Sub(now); got != agingTick {
		t.Errorf("disconnected: after %s", got)
	}
}

// TestHostsWithoutPumasAreHeardOf: between two looks at them, too, or the screen says that no data come any more.
func TestHostsWithoutPumasAreHeardOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New([]Source{{Host: &scripted{connect: func(int) error { return nil }}}}, Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		over := make(chan struct{})
		go func() { defer close(over); _ = c.Run(ctx) }()
		for last := time.Now(); ; {
			f, err := c.Next(ctx)
			if err != nil {
				break
			}
			if pause := f.At.Sub(last); pause > 6*time.Second {
				t.Errorf("nothing for %s", pause)
			}
			last = f.At
		}
		<-over
	})
}
