package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

func TestGarbage(t *testing.T) {
	for _, tc := range []struct {
		name            string
		live, other, is int // megabytes, percent
	}{
		{"nothing yet", 0, 4, mostGarbage},
		{"a few hosts", 6, 8, mostGarbage},
		{"all that fits", 39, 30, mostGarbage},
		{"less than that", 60, 30, 30},
		{"hardly any room", 90, 30, leastGarbage},
		{"more than the budget", 300, 60, leastGarbage},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if is := garbageFor(uint64(tc.live)<<20, uint64(tc.other)<<20); is != tc.is {
				t.Errorf("%d %%, want %d %%", is, tc.is)
			}
		})
	}
}

// TestAfterCollection: every round is followed by another call.
func TestAfterCollection(t *testing.T) {
	called := make(chan bool)
	done := make(chan struct{})
	afterCollection(func() {
		select {
		case called <- true:
		case <-done:
		}
	})
	defer close(done)
	for range 3 {
		again := time.NewTicker(time.Millisecond) // what the next round is to find may come after this one
		for late, was := time.After(10*time.Second), false; !was; {
			runtime.GC()
			select {
			case was = <-called:
			case <-again.C:
			case <-late:
				t.Fatal("a round has not been followed by a call")
			}
		}
		again.Stop()
	}
}

// TestTunerReads: this Go has the figures, and they are plausible.
func TestTunerReads(t *testing.T) {
	runtime.GC()
	x := newTuner()
	x.tune()
	for _, s := range x.samples {
		if s.Value.Kind() != metrics.KindUint64 {
			t.Errorf("%s is unknown", s.Name)
		}
	}
	if live := x.samples[0].Value.Uint64(); live == 0 || x.percent != garbageFor(live, x.other()) {
		t.Errorf("%d bytes in use, %d %%", live, x.percent)
	}
}
