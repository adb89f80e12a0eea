package collector

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pumatop/collector/puma"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func queued(n int64) Load { return Load{Backlog: puma.Of(n)} }

// same compares points; two unknown ones are the same.
func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

func TestHistory(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	type seen struct {
		at    float64
		n     int64
		known bool
	}
	for _, tc := range []struct {
		name    string
		regular time.Duration
		seen    []seen
		want    []float64
	}{
		{"a point every two seconds", 4 * time.Second, []seen{{0, 1, true}, {2, 2, true}, {4, 3, true}}, []float64{1, 2, 3}},
		{"faster polls share one", 4 * time.Second, []seen{{0, 1, true}, {0.25, 9, true}, {0.5, 9, true}, {2, 2, true}}, []float64{1, 2}},
		{"a snapshot that is no poll takes no point from the next", 4 * time.Second, []seen{{0, 1, true}, {2.01, 9, false}, {2.02, 2, true}}, []float64{1, 2}},
		{"slow polls are no gaps", 20 * time.Second, []seen{{0, 1, true}, {10, 2, true}}, []float64{1, 2, 2, 2, 2, 2}},
		{"a gap is unknown", 4 * time.Second, []seen{{0, 1, true}, {10, 2, true}}, []float64{1, nan, nan, nan, nan, 2}},
		{"and grows while it lasts", 4 * time.Second, []seen{{0, 1, true}, {2, 9, false}, {4, 9, false}, {6, 9, false}, {8, 9, false}}, []float64{1, nan, nan, nan}},
		{"time that runs backwards", 4 * time.Second, []seen{{0, 1, true}, {-5, 2, true}, {2, 3, true}}, []float64{1, 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var h historyWatch
			var got History
			for _, s := range tc.seen {
				got = h.observe(queued(s.n), s.known, after(s.at), tc.regular)
			}
			if !same(got.Backlog, tc.want) {
				t.Errorf("%v, want %v", got.Backlog, tc.want)
			}
			if len(got.Memory) != len(got.Backlog) || len(got.Requests) != len(got.Backlog) || len(got.Utilisation) != len(got.Backlog) || got.Step != historyStep {
				t.Errorf("%d, %d, %d and %d points of %s", len(got.Memory), len(got.Requests), len(got.Utilisation), len(got.Backlog), got.Step)
			}
		})
	}
}

// TestHistoryUnknownFigures: a figure that a Puma does not give is unknown in the chart too, not 0.
func TestHistoryUnknownFigures(t *testing.T) {
	t.Parallel()
	var h historyWatch
	got := h.observe(Load{InUse: puma.Of(3), Max: puma.Of(4), ListenQueue: puma.Of(2)}, true, noon, time.Second)
	if got.Utilisation[0] != 0.75 || got.Backlog[0] != 2 || !math.IsNaN(got.Requests[0]) || !math.IsNaN(got.Memory[0]) {
		t.Errorf("%+v", got)
	}
	got = h.observe(Load{Requests: Rate{7, true}, Memory: puma.Of(9)}, true, after(2), time.Second)
	if !math.IsNaN(got.Utilisation[1]) || !math.IsNaN(got.Backlog[1]) || got.Requests[1] != 7 || got.Memory[1] != 9 {
		t.Errorf("%+v", got)
	}
}

// TestPublishedHistoryNeverChanges: readers hold on to what they were given while the window moves on.
func TestPublishedHistoryNeverChanges(t *testing.T) {
	t.Parallel()
	var h historyWatch
	type held struct{ given, copied []float64 }
	var all []held
	for i := range 5 * historyPoints {
		got := h.observe(queued(int64(i)), true, after(float64(2*i)), 4*time.Second).Backlog
		if len(got) != min(i+1, historyPoints) {
			t.Fatalf("%d points after %d", len(got), i+1)
		}
		if i%37 == 0 {
			all = append(all, held{got, slices.Clone(got)})
		}
	}
	for i, x := range all {
		if !same(x.given, x.copied) {
			t.Errorf("the history given at %d has changed", 37*i)
		}
	}
	// A gap longer than the window leaves nothing of what was before.
	got := h.observe(queued(1), true, after(1e6), 4*time.Second).Backlog
	if len(got) != historyPoints || !math.IsNaN(got[0]) || got[historyPoints-1] != 1 {
		t.Errorf("after a long gap: %d points from %v to %v", len(got), got[0], got[len(got)-1])
	}
}
