package actions

import (
	"slices"
	"testing"
	"time"
)

// TestBatches: a canary, then batches, and nobody is left out.
func TestBatches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pace Pace
		n    int
		want []int
		says string // for a first target named web1
	}{
		{Pace{}, 0, nil, "all at a time"},
		{Pace{}, 1, []int{1}, "all at a time"},
		{Pace{}, 3, []int{1, 1, 1}, "web1 first, then one after another"},
		{Pace{Batch: Size{N: 2}}, 5, []int{2, 2, 1}, "web1 and 1 more first, then 2 at a time"},
		{Pace{Canary: 1, Batch: Size{N: 2}}, 6, []int{1, 2, 2, 1}, "web1 first, then 2 at a time"},
		{Pace{Canary: 1, Batch: Size{Percent: 25}, Pause: 30 * time.Second}, 9, []int{1, 3, 3, 2}, "web1 first, then 3 at a time, 30s apart"},
		{Pace{Canary: 2}, 1, []int{1}, "all at a time"},
		{Pace{Batch: Size{Percent: 100}}, 4, []int{4}, "all at a time"},
		{Pace{Canary: 1, Batch: Size{N: 9}, MaxUnavailable: Size{Percent: 50}}, 4, []int{1, 3}, "web1 first, then 3 at a time, at most 2 not serving"},
	} {
		if got := tc.pace.Batches(tc.n); !slices.Equal(got, tc.want) {
			t.Errorf("%+v of %d: %v, want %v", tc.pace, tc.n, got, tc.want)
		}
		if got := tc.pace.Words("web1", tc.n); got != tc.says {
			t.Errorf("%+v of %d: %q, want %q", tc.pace, tc.n, got, tc.says)
		}
	}
}

// TestSize reads what it writes, and nothing else.
func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Size{"1": {N: 1}, "25%": {Percent: 25}, "100%": {Percent: 100}} {
		var s Size
		if err := s.Set(text); err != nil || s != want || s.String() != text {
			t.Errorf("%q: %+v, %q, %v", text, s, s.String(), err)
		}
	}
	for _, text := range []string{"", "0", "-1", "0%", "101%", "%", "two", "2.5", "25 %"} {
		var s Size
		if err := s.Set(text); err == nil || !s.IsZero() {
			t.Errorf("%q is %+v", text, s)
		}
	}
	for _, tc := range []struct{ percent, n, want int }{{25, 1, 1}, {25, 4, 1}, {25, 5, 2}, {1, 1000, 10}, {100, 7, 7}} {
		if got := (Size{Percent: tc.percent}).Of(tc.n); got != tc.want {
			t.Errorf("%d%% of %d is %d, want %d", tc.percent, tc.n, got, tc.want)
		}
	}
}
