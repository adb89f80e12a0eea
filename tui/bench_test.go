package tui

import (
	"strconv"
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

// grouped1000 is the fleet of the budgets in groups of 25, with every column that there is.
func grouped1000(tb testing.TB, by grouping) *screen {
	f := many(benchTargets, benchWorkers)
	for i := range f.Targets {
		f.Targets[i].Groups = []string{"group-" + strconv.Itoa(i/25)}
	}
	s := newScreen(tb, 200, 60, f)
	s.groupBy(by)
	return s
}

// BenchmarkProjectGrouped is BenchmarkProject with groups.
func BenchmarkProjectGrouped(b *testing.B) {
	s := grouped1000(b, byGroup)
	l := s.lens()
	b.ReportAllocs()
	for b.Loop() {
		l.of(&s.fleet.shown)
	}
}

// TestFrameAllocations bounds what a frame leaves to the collector of garbage: about ten strings a line, a dozen where each
// line has all columns, and what a fleet costs the loop that takes keys: nothing that grows with it.
func TestFrameAllocations(t *testing.T) {
	plain := newScreen(t, 200, 60, many(benchTargets, benchWorkers))
	folded := grouped1000(t, byGroup)
	folded.press("Z")
	written := grouped1000(t, byApp)
	written.chosen = chosenColumns(query.Columns())
	written.reproject()
	for _, c := range []struct {
		name         string
		s            *screen
		frame, fleet float64
	}{
		{"targets", plain, 750, 20},
		{"groups", grouped1000(t, byGroup), 800, 20},
		{"folded groups", folded, 900, 20},
		{"all columns", written, 1200, 20},
	} {
		s := c.s
		s.View()
		if n := testing.AllocsPerRun(20, func() {
			s.dirty = true
			s.View()
		}); n > c.frame {
			t.Errorf("%s: %.0f allocations a frame, at most %.0f", c.name, n, c.frame)
		}
		f := s.fleet.shown
		made := s.lens().of(&f)
		if n := testing.AllocsPerRun(20, func() { s.onFleet(fleetMsg{fleet: f, projected: made, lens: s.lenses}) }); n > c.fleet {
			t.Errorf("%s: %.0f allocations a fleet, at most %.0f", c.name, n, c.fleet)
		}
		s.View()
		if n := testing.AllocsPerRun(20, func() { s.View() }); n != 0 {
			t.Errorf("%s: %.0f allocations for a frame that has not changed", c.name, n)
		}
	}
}

// TestLinesAllocateLittle: a fleet's lines are made in a few pieces, and one for each target that was asked again.
func TestLinesAllocateLittle(t *testing.T) {
	plain, groups := newScreen(t, 200, 60, many(benchTargets, benchWorkers)), grouped1000(t, byGroup)
	for _, c := range []struct {
		name          string
		s             *screen
		same, changed float64
	}{{"targets", plain, 20, 20}, {"forty groups", groups, 120, 800}} {
		l, next := c.s.lens(), aFifth(c.s.fleet.shown)[0]
		if n := testing.AllocsPerRun(10, func() { l.of(&c.s.fleet.shown) }); n > c.same {
			t.Errorf("%s: %.0f allocations where nothing has changed, at most %.0f", c.name, n, c.same)
		}
		if n := testing.AllocsPerRun(10, func() { l.of(&next) }) - benchTargets/5; n > c.changed {
			t.Errorf("%s: %.0f allocations beside a row for each that has, at most %.0f", c.name, n, c.changed)
		}
	}
}
