package collector

import (
	"fmt"
	"testing"
	"time"
)

// TestShare: a small fleet has one moment, a large one more, and a target always the same one of them.
func TestShare(t *testing.T) {
	t.Parallel()
	const interval = 2 * time.Second
	for _, tc := range []struct{ hosts, moments int }{{0, 1}, {1, 1}, {16, 1}, {17, 2}, {100, 7}, {1000, 63}} {
		seen := map[time.Duration]int{}
		for i := range 2000 {
			id := TargetID(fmt.Sprintf("web%d/puma", i))
			d := share(id, interval, tc.hosts)
			if d < 0 || d >= interval || d != share(id, interval, tc.hosts) {
				t.Errorf("%s after %s", id, d)
			}
			seen[d]++
		}
		if len(seen) != tc.moments {
			t.Errorf("%d hosts have %d moments, want %d", tc.hosts, len(seen), tc.moments)
		}
	}
}

func TestBeat(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	const share, interval = 300 * time.Millisecond, 2 * time.Second
	for _, tc := range []struct{ at, nearest, following time.Duration }{
		{0, 300, 300},
		{300, 300, 2300},
		{1299, 300, 2300},
		{1301, 2300, 2300},
		{60_301, 60_300, 62_300},
	} {
		at := start.Add(tc.at * time.Millisecond)
		if got := (beat{start}).nearest(at, share, interval).Sub(start); got != tc.nearest*time.Millisecond {
			t.Errorf("%d ms: the nearest is %s", tc.at, got)
		}
		if got := (beat{start}).following(at, share, interval).Sub(start); got != tc.following*time.Millisecond {
			t.Errorf("%d ms: the one after is %s", tc.at, got)
		}
	}
}
