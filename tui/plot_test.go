package tui

import (
	"math"
	"slices"
	"testing"
	"time"

	"pumatop/collector"
)

// hour is a moment with which columns of any whole seconds begin that the tests have.
var hour = noon.Truncate(24 * time.Hour)

// points are values a step apart, the last of which ends at that hour.
func points(step time.Duration, values ...float64) collector.Points {
	return collector.Points{Start: hour.Add(-step * time.Duration(len(values))), Step: step, Values: values}
}

// sameValues compares columns to within as much; two unknown ones are the same.
func sameValues(a, b []float64, within float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= within || math.IsNaN(x) && math.IsNaN(y) })
}

func TestResample(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		name    string
		points  collector.Points
		span    time.Duration
		columns int
		mean    bool
		want    []float64
	}{
		{"a column for each point", points(time.Second, 1, 2, 3), 3 * time.Second, 3, false, []float64{1, 2, 3}},
		{"less than the span", points(time.Second, 1, 2), 4 * time.Second, 4, false, []float64{nan, nan, 1, 2}},
		{"more than the span", points(time.Second, 9, 9, 1, 2), 2 * time.Second, 2, false, []float64{1, 2}},
		{"the highest of several", points(time.Second, 1, 9, 2, 3), 4 * time.Second, 2, false, []float64{9, 3}},
		{"the mean of several", points(time.Second, 1, 9, 2, 3), 4 * time.Second, 2, true, []float64{5, 2.5}},
		{"what is known of several", points(time.Second, nan, 4, nan, nan), 4 * time.Second, 2, true, []float64{4, nan}},
		{"nought is known", points(time.Second, 0, nan), 2 * time.Second, 2, false, []float64{0, nan}},
		{"points longer than a column", points(4*time.Second, 1, 2), 8 * time.Second, 8, false, []float64{1, 1, 1, 1, 2, 2, 2, 2}},
		{"a gap of them", points(2*time.Second, nan, 2), 6 * time.Second, 6, false, []float64{nan, nan, nan, nan, 2, 2}},
		{"one column", points(time.Second, 1, 7, 2), 3 * time.Second, 1, false, []float64{7}},
		{"no points", collector.Points{}, time.Second, 2, false, []float64{nan, nan}},
		{"no columns", points(time.Second, 1), time.Second, 0, false, nil},
	} {
		if got := axisOf(hour, c.span, c.columns).resample(c.points, c.mean); !sameValues(got, c.want, 1e-9) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestColumnsKeepTheirShape: what stands in a column stays in it while time passes, and moves to the left as a whole.
func TestColumnsKeepTheirShape(t *testing.T) {
	t.Parallel()
	var loads []collector.Load
	for i := range 600 {
		loads = append(loads, collector.Load{Requests: collector.Rate{PerSecond: float64(i * 37 % 101), Known: true}})
	}
	of := func(n int) (axis, []float64) {
		h := collector.HistoryOf(2*time.Second, noon.Add(time.Duration(n)*2*time.Second), loads[:n]...)
		a := axisOf(h.End(), 10*time.Minute, 43)
		return a, a.resample(h.Over(collector.RequestsSeries, 10*time.Minute), false)
	}
	for n := 400; n < 420; n++ {
		before, was := of(n)
		after, is := of(n + 1)
		moved := int(after.from.Sub(before.from) / before.each)
		if moved > 1 || !sameValues(was[1+moved:42], is[1:42-moved], 0.4) {
			t.Fatalf("after %d points the columns, moved by %d, are another picture:\n%v\n%v", n, moved, was, is)
		}
	}
}

// TestEveryPointStandsSomewhere: a peak is seen in every width, but for the part of the first column that is not to be seen.
func TestEveryPointStandsSomewhere(t *testing.T) {
	t.Parallel()
	for columns := 1; columns <= 150; columns++ {
		for at := range 100 {
			values := make([]float64, 100)
			values[at] = 9
			p := points(2*time.Second, values...)
			a := axisOf(hour, 200*time.Second, columns)
			seen := !p.Start.Add(time.Duration(at)*p.Step + p.Step/2).Before(a.from)
			if got := highest(a.resample(p, false)); seen && got != 9 || !seen && 200*time.Second%a.each == 0 {
				t.Fatalf("%d columns, point %d: the highest is %v", columns, at, got)
			}
		}
	}
}

func TestPeakIsReadable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		top, floor, base, want float64
		says                   string
	}{
		{0, 4, 1000, 4, "4"}, {4, 4, 1000, 4, "4"}, {4.1, 4, 1000, 6, "6"}, {12, 1, 1000, 20, "20"}, {99, 1, 1000, 100, "100"},
		{123, 1, 1000, 200, "200"}, {0.3, 1, 1000, 1, "1"}, {810, 1, 1000, 1000, "1000"}, {12_345, 1, 1000, 20_000, "20k"}, {2.2e6, 1, 1000, 3e6, "3M"},
		{0.012, 0.001, 1000, 0.02, "0.02"}, {math.NaN(), 4, 1000, 4, "4"}, {1.001, 1, 1000, 1, "1"}, {400.5, 1, 1000, 400, "400"}, {1.2, 1, 1000, 2, "2"},
	} {
		got := peak([]float64{c.top}, c.floor, c.base)
		if math.Abs(got-c.want) > 1e-9 || number(got) != c.says {
			t.Errorf("peak of %v: %v, want %v, written %s", c.top, got, c.want, number(got))
		}
	}
	for _, c := range []struct {
		mega float64
		says string
	}{{137, "200M"}, {512, "600M"}, {999, "1.0G"}, {1023, "1.0G"}, {1500, "2.0G"}, {2900, "3.0G"}, {70 * 1024, "80G"}} {
		if got := bytesOf(peak([]float64{c.mega * (1 << 20)}, 1, 1024)); got != c.says {
			t.Errorf("peak of %vM is written %s, want %s", c.mega, got, c.says)
		}
	}
}
