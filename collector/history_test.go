package collector

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
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

// recent are all points of two seconds.
func recent(h History, which Series) []float64 { return h.Recent(nil, which, 1<<20) }

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
		{"nothing is left after more than it reaches", 4 * time.Second, []seen{{0, 1, true}, {2, 1, true}, {1e6, 2, true}}, []float64{2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var h historyWatch
			var got History
			for _, s := range tc.seen {
				got = h.observe(queued(s.n), s.known, after(s.at), tc.regular)
			}
			for s := range seriesCount {
				points := recent(got, s)
				if s == WaitingSeries && !same(points, tc.want) {
					t.Errorf("%v, want %v", points, tc.want)
				}
				if len(points) != len(tc.want) || got.Known(s) != (s == WaitingSeries) {
					t.Errorf("series %d has %d points; known: %v", s, len(points), got.Known(s))
				}
			}
		})
	}
}

// TestHistoryUnknownFigures: a figure that a Puma does not give is unknown in the chart too, not 0.
func TestHistoryUnknownFigures(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	h := HistoryOf(historyStep, after(2), Load{InUse: puma.Of(3), Max: puma.Of(4), ListenQueue: puma.Of(2)}, Load{Backlog: puma.Of(1), ListenQueue: puma.Of(2), Requests: Rate{7, true}, Memory: puma.Of(9)})
	for which, want := range map[Series][]float64{
		UtilisationSeries: {0.75, nan}, WaitingSeries: {2, 3}, ListenSeries: {2, 2}, RequestsSeries: {nan, 7}, MemorySeries: {nan, 9},
	} {
		if got := recent(h, which); !same(got, want) {
			t.Errorf("series %d: %v, want %v", which, got, want)
		}
	}
	if h := (History{}); !h.Empty() || h.Known(MemorySeries) || len(recent(h, MemorySeries)) != 0 || len(h.Over(MemorySeries, time.Hour).Values) != 0 || !h.Since().IsZero() {
		t.Error("the history of nothing has something")
	}
}

// TestCoarserPoints: a coarser point keeps the peak, or the mean of the requests, of what is known of its time; the newest is as
// it has come so far.
func TestCoarserPoints(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	var loads []Load
	add := func(n int, l Load) {
		for range n {
			loads = append(loads, l)
		}
	}
	add(9, Load{Backlog: puma.Of(0), Requests: Rate{10, true}})
	add(1, Load{Backlog: puma.Of(7), Requests: Rate{20, true}}) // the first twenty seconds: a peak of two
	add(10, Load{})                                             // nothing is known
	add(5, Load{})
	add(5, Load{Backlog: puma.Of(3), Requests: Rate{4, true}}) // half of it is known
	add(30, Load{Backlog: puma.Of(1), Requests: Rate{4, true}})
	add(3, Load{Backlog: puma.Of(2), Requests: Rate{1, true}}) // six seconds of the next
	end := after(1000)
	h := HistoryOf(historyStep, end, loads...)
	for _, tc := range []struct {
		which Series
		span  time.Duration
		step  time.Duration
		start time.Duration // before the end
		want  []float64
	}{
		{WaitingSeries, 20 * time.Minute, 20 * time.Second, 126 * time.Second, []float64{7, nan, 3, 1, 1, 1, 2}},
		{RequestsSeries, 20 * time.Minute, 20 * time.Second, 126 * time.Second, []float64{11, nan, 4, 4, 4, 4, 1}},
		{MemorySeries, 20 * time.Minute, 20 * time.Second, 126 * time.Second, []float64{nan, nan, nan, nan, nan, nan, nan}},
		{WaitingSeries, 24 * time.Hour, 2 * time.Minute, 126 * time.Second, []float64{7, 2}},
		{RequestsSeries, 24 * time.Hour, 2 * time.Minute, 126 * time.Second, []float64{250.0 / 45, 1}},
		{WaitingSeries, 4 * time.Second, 2 * time.Second, 4 * time.Second, []float64{2, 2}},
		{WaitingSeries, 8 * time.Second, 2 * time.Second, 8 * time.Second, []float64{1, 2, 2, 2}},
	} {
		got := h.Over(tc.which, tc.span)
		near := slices.EqualFunc(got.Values, tc.want, func(x, y float64) bool { return math.Abs(x-y) <= y/1000 || math.IsNaN(x) && math.IsNaN(y) })
		if !near || got.Step != tc.step || end.Sub(got.Start) != tc.start {
			t.Errorf("series %d over %s: %v from %s on by %s, want %v", tc.which, tc.span, got.Values, end.Sub(got.Start), got.Step, tc.want)
		}
	}
}

// TestHistoryOfADay lets a day and a half pass, with a host that is lost for two hours: each span has its steps, and none more
// than it is to keep.
func TestHistoryOfADay(t *testing.T) {
	t.Parallel()
	var w historyWatch
	var h History
	const day = 36 * time.Hour
	lost := func(at time.Duration) bool { return at >= 30*time.Hour && at < 32*time.Hour }
	for at := time.Duration(0); at <= day; at += historyStep {
		h = w.observe(Load{InUse: puma.Of(int64(at/time.Minute) % 10), Max: puma.Of(10)}, !lost(at), noon.Add(at), 4*time.Second)
	}
	for _, tc := range []struct {
		span, step time.Duration
		points     int
	}{
		{2 * time.Minute, 2 * time.Second, 60},
		{10 * time.Minute, 2 * time.Second, 300},
		{time.Hour, 20 * time.Second, 180},
		{6 * time.Hour, 2 * time.Minute, 180},
		{24 * time.Hour, 2 * time.Minute, 720},
	} {
		got := h.Over(UtilisationSeries, tc.span)
		if got.Step != tc.step || len(got.Values) < tc.points || len(got.Values) > tc.points+1 {
			t.Errorf("%s: %d points of %s", tc.span, len(got.Values), got.Step)
		}
		for i, v := range got.Values {
			first := got.Start.Add(time.Duration(i)*got.Step + historyStep).Sub(noon)
			last := min(first+got.Step-historyStep, day)
			want := math.NaN() // the peak of what was known
			for at := first; at <= last; at += historyStep {
				if u := float64(int64(at/time.Minute)%10) / 10; !lost(at) && !(u <= want) {
					want = u
				}
			}
			if math.IsNaN(v) != math.IsNaN(want) || math.Abs(v-want) > 0.005 {
				t.Fatalf("%s: %v from %s to %s, want %v", tc.span, v, first, last, want)
			}
		}
	}
	if since := h.End().Sub(h.Since()); since < 25*time.Hour || since > 28*time.Hour {
		t.Errorf("it reaches %s back", since)
	}
}

// TestPublishedHistoryNeverChanges: readers hold on to what they were given while the rings turn.
func TestPublishedHistoryNeverChanges(t *testing.T) {
	t.Parallel()
	var w historyWatch
	type held struct {
		given  History
		copied [][]float64
	}
	all := func(h History) [][]float64 {
		var out [][]float64
		for _, span := range []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour} {
			out = append(out, h.Over(WaitingSeries, span).Values)
		}
		return out
	}
	var kept []held
	for i := range 50_000 {
		got := w.observe(queued(int64(i)), true, after(float64(2*i)), 4*time.Second)
		if i%1237 == 0 {
			kept = append(kept, held{got, all(got)})
		}
	}
	for _, x := range kept {
		for i, now := range all(x.given) {
			if !same(now, x.copied[i]) {
				t.Errorf("the history that ended at %s has changed", x.given.End())
			}
		}
	}
}

// TestCodes: what is kept is what was observed, to a thousandth; nought and whole numbers are kept as they are.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{0, 1, 2, 7, 0.5, 0.75, 100, 1999, 2048, 1 << 40} {
		if got := codeOf(float32(v)).value(); got != v {
			t.Errorf("%v became %v", v, got)
		}
	}
	for _, v := range []float64{0.9, 0.123, 96.4, 131.7, 12_345.6, 137 << 20, 7.77e12} {
		if got := codeOf(float32(v)).value(); math.Abs(got-v) > v/1000 {
			t.Errorf("%v became %v", v, got)
		}
	}
	for v, want := range map[float64]float64{-3: 0, 1e-9: 0, 1e300: 1<<48 - 1<<38, math.Inf(1): 1<<48 - 1<<38} {
		if got := codeOf(float32(v)).value(); got != want {
			t.Errorf("%v became %v, want %v", v, got, want)
		}
	}
	if got := codeOf(nan32()).value(); !math.IsNaN(got) {
		t.Errorf("unknown became %v", got)
	}
}

// TestPackedBlocks: packing keeps nought, the unknown and the order of values; a series that does not vary takes nothing.
func TestPackedBlocks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		value func(i int) float64
		bytes int
	}{
		{"nought", func(int) float64 { return 0 }, 0},
		{"one figure", func(int) float64 { return 137 << 20 }, 0},
		{"unknown", func(int) float64 { return math.NaN() }, 0},
		{"a single request among noughts", func(i int) float64 { return float64(i / 63) }, blockPoints},
		{"one beside thousands", func(i int) float64 { return []float64{0, 1, 9000}[i%3] }, blockPoints},
		{"a gap", func(i int) float64 { return []float64{math.NaN(), 3}[i/20%2] }, blockPoints},
		{"a slope", func(i int) float64 { return 1e9 + 1e7*float64(i) }, blockPoints},
	} {
		cells := make([]cell, blockPoints)
		for i := range cells {
			p := nothing()
			p[ListenSeries] = float32(tc.value(i))
			cells[i] = p.cell()
		}
		b := pack(cells)
		if b != nil && len(b.codes) != tc.bytes {
			t.Errorf("%s takes %d bytes", tc.name, len(b.codes))
		}
		got := b.append(nil, ListenSeries, 0)
		high := slices.Max(append(slices.DeleteFunc(slices.Clone(got), math.IsNaN), 0))
		for i, v := range got {
			was := cells[i][ListenSeries].value()
			if math.IsNaN(was) != math.IsNaN(v) || math.Abs(v-was) > high/250 || (v > 0) != (was > 0) {
				t.Errorf("%s: point %d was %v and is %v", tc.name, i, was, v)
			}
		}
		if tail := b.append(nil, ListenSeries, 60); !same(tail, got[60:]) {
			t.Errorf("%s: the last ones are %v", tc.name, tail)
		}
	}
}

// busyLoads is a target's load as it may be: figures that vary, a backlog now and then, no listen queue.
func busyLoads() func() Load {
	random := rand.New(rand.NewPCG(1, 2))
	memory := int64(600 << 20)
	return func() Load {
		l := Load{InUse: puma.Of(random.Int64N(80)), Max: puma.Of(80), Backlog: puma.Of(0), ListenQueue: puma.Of(0)}
		if random.IntN(200) == 0 {
			l.Backlog = puma.Of(random.Int64N(40))
		}
		memory += random.Int64N(1<<20) - 1<<19
		l.Requests, l.Memory = Rate{100 + random.Float64()*50, true}, puma.Of(memory)
		return l
	}
}

// BenchmarkObserve is what a snapshot costs in points, once all rings are full.
func BenchmarkObserve(b *testing.B) {
	next := busyLoads()
	var w historyWatch
	at := noon
	turn := func() {
		at = at.Add(historyStep)
		w.observe(next(), true, at, 4*time.Second)
	}
	for range 50_000 {
		turn()
	}
	b.ReportAllocs()
	for b.Loop() {
		turn()
	}
}

// BenchmarkHistoryMemory is what the history of a target takes after some time, of a thousand of them.
func BenchmarkHistoryMemory(b *testing.B) {
	for _, long := range []time.Duration{10 * time.Minute, time.Hour, 25 * time.Hour} {
		b.Run(fmt.Sprint(long), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(heldBy(100, long)), "B/target")
			}
		})
	}
}

// heldBy is how many bytes the histories of n targets take each after some time.
func heldBy(n int, long time.Duration) uint64 {
	watches := make([]historyWatch, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range watches {
		next := busyLoads()
		for at := time.Duration(0); at < long; at += historyStep {
			watches[i].observe(next(), true, noon.Add(at), 4*time.Second)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(watches)
	return (after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)) / uint64(n)
}
