package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much garbage may lie about before it is collected, in percent of what is in use: as much as Go allows by itself
// while the whole fits into the budget, and never less than leastGarbage. A collection is work for everybody who allocates
// while it goes on, those who take keys among them, and the less garbage may lie about the more of them there are.
const (
	mostGarbage  = 100
	leastGarbage = 20
	// memoryBudget is for all that the program allocates, in bytes; what it consists of itself comes on top.
	memoryBudget = 108 << 20
)

// garbageFor is how much garbage may lie about beside so many bytes that are in use and those that are no heap: stacks
// and the runtime's own.
func garbageFor(live, other uint64) int {
	if live == 0 {
		return mostGarbage
	}
	room := float64(memoryBudget) - float64(other) - float64(live)
	return int(math.Max(leastGarbage, math.Min(mostGarbage, 100*room/float64(live))))
}

// tuneGarbage sets the collector of garbage anew after each of its rounds, unless GOGC says how it is to be.
func tuneGarbage() {
	if os.Getenv("GOGC") == "" {
		afterCollection(newTuner().tune)
	}
}

// tuner is what has been set last.
type tuner struct {
	percent int
	samples []metrics.Sample // what is in use, and then what is no heap
}

func newTuner() *tuner {
	return &tuner{percent: mostGarbage, samples: []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/memory/classes/os-stacks:bytes"},
		{Name: "/memory/classes/metadata/other:bytes"}, {Name: "/memory/classes/metadata/mspan/inuse:bytes"}, {Name: "/memory/classes/other:bytes"},
	}}
}

// step is too little to set anything for: that stops the world.
const step = 5

func (t *tuner) tune() {
	metrics.Read(t.samples)
	if p := garbageFor(t.samples[0].Value.Uint64(), t.other()); p <= t.percent-step || p >= t.percent+step {
		t.percent = p
		debug.SetGCPercent(p)
	}
}

// other is the sum of what is no heap.
func (t *tuner) other() (sum uint64) {
	for _, s := range t.samples[1:] {
		sum += s.Value.Uint64()
	}
	return sum
}

// afterCollection calls f after each round: the finalizer of a thing that nobody refers to runs then.
func afterCollection(f func()) {
	type sentinel struct{ f func() }
	runtime.SetFinalizer(&sentinel{f}, func(s *sentinel) {
		s.f()
		afterCollection(s.f)
	})
}
