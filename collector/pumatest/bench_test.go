package pumatest

import (
	"testing"
	"time"
)

// BenchmarkFleetPoll is one look at each of 1,000 targets of 16 workers, a second after the last: what the simulation
// itself adds to a demo of that size.
func BenchmarkFleetPoll(b *testing.B) {
	f := NewFleet(1, 1000, 16)
	now := time.Now()
	for b.Loop() {
		now = now.Add(time.Second)
		for _, h := range f.Hosts() {
			h.t.mu.Lock()
			h.t.advance(now)
			for _, p := range h.pumas {
				if p.control {
					_ = p.stats()
				}
			}
			h.t.mu.Unlock()
		}
	}
}

// BenchmarkNewFleet is what a demo of 1,000 hosts waits for before its first frame.
func BenchmarkNewFleet(b *testing.B) {
	for b.Loop() {
		NewFleet(1, 1000, 16)
	}
}
