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

// TestFollowing: the next moment is never the present one, and never more than an interval away.
func TestFollowing(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	const share, interval = 300 * time.Millisecond, 2 * time.Second
	for _, tc := range []struct{ at, following time.Duration }{
		{-2000, -1700}, {-1700, 300}, {0, 300}, {299, 300}, {300, 2300}, {301, 2300}, {2299, 2300}, {60_301, 62_300},
	} {
		got := beat{start}.following(start.Add(tc.at*time.Millisecond), share, interval).Sub(start)
		if got != tc.following*time.Millisecond {
			t.Errorf("after %d ms comes %s", tc.at, got)
		}
	}
}
