package tui

import (
	"testing"
	"time"

	"pumatop/collector/query"
)

// The fleet that the budgets are about.
const (
	benchTargets = 1000
	benchWorkers = 16
)

// BenchmarkView draws a frame of 200×60 over a thousand targets, other figures each time. The budget is 1 ms.
func BenchmarkView(b *testing.B) {
	s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
	fleets := [...]projection{s.projected, project(ptr(many(benchTargets, benchWorkers)), query.Filter{}, false, ordering{by: query.Threads})}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.projected = fleets[i%len(fleets)]
		s.now = s.now.Add(time.Second)
		s.dirty = true
		s.View()
	}
}

// BenchmarkProject makes a fleet's lines, filters and sorts them, beside the loop that takes keys.
func BenchmarkProject(b *testing.B) {
	f := many(benchTargets, benchWorkers)
	s := newScreen(b, 200, 60, f)
	l := s.lens()
	b.ReportAllocs()
	for b.Loop() {
		l.of(&f)
	}
}

// BenchmarkFleet is what a fleet costs that loop: a key that comes with it waits so long.
func BenchmarkFleet(b *testing.B) {
	f := many(benchTargets, benchWorkers)
	s := newScreen(b, 200, 60, f)
	made := s.lens().of(&f)
	b.ReportAllocs()
	for b.Loop() {
		s.onFleet(fleetMsg{fleet: f, projected: made, lens: s.lenses})
	}
}

// BenchmarkSheet draws a frame with an overlay.
func BenchmarkSheet(b *testing.B) {
	s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
	s.openReload(sheetOfTwo())
	b.ReportAllocs()
	for b.Loop() {
		s.dirty = true
		s.View()
	}
}

// BenchmarkCached is what a message costs that changes nothing.
func BenchmarkCached(b *testing.B) {
	s := newScreen(b, 200, 60, many(benchTargets, benchWorkers))
	b.ReportAllocs()
	for b.Loop() {
		s.View()
	}
}

func ptr[T any](v T) *T { return &v }

// TestFrameAllocations bounds what a frame leaves to the collector of garbage: about a dozen strings a line.
func TestFrameAllocations(t *testing.T) {
	s := newScreen(t, 200, 60, many(benchTargets, benchWorkers))
	s.View()
	const limit = 1200
	if n := testing.AllocsPerRun(20, func() {
		s.dirty = true
		s.View()
	}); n > limit {
		t.Errorf("%.0f allocations a frame, at most %d", n, limit)
	}
	if n := testing.AllocsPerRun(20, func() { s.View() }); n != 0 {
		t.Errorf("%.0f allocations for a frame that has not changed", n)
	}
}
