package collector

import (
	"slices"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestMemoryPast: a point a minute, an hour of them, and none of another process or another measure.
func TestMemoryPast(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	at := time.Unix(1000, 0)
	var u usageWatch
	see := func(after time.Duration, rss, pss int64, cpu time.Duration) []float32 {
		at = at.Add(after)
		p := probe.Usage{RSS: puma.Of(rss * mib), CPU: cpu}
		if pss > 0 {
			p.PSS = puma.Of(pss * mib)
		}
		u.observe(probe.Sample{Processes: map[int]probe.Usage{7: p}}, at)
		return u.past(7)
	}
	check := func(what string, got []float32, want ...float32) {
		t.Helper()
		for i := range want {
			want[i] *= mib
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("the first sample", see(0, 300, 100, 1), 100)
	check("five seconds later", see(5*time.Second, 300, 0, 2), 100)
	first := see(55*time.Second, 300, 110, 3)
	check("a minute later", first, 100, 110)
	check("another", see(time.Minute, 300, 120, 4), 100, 110, 120)
	check("what was handed out", first, 100, 110)
	check("after an absence", see(10*time.Minute, 300, 130, 5), 100, 110, 120, 130)
	check("no sooner than a minute after it", see(30*time.Second, 300, 140, 6), 100, 110, 120, 130)
	check("RSS alone", see(3*time.Minute, 310, 0, 7), 310)
	check("another process of that pid", see(time.Minute, 90, 0, 1), 90)
	for i := range 100 {
		see(time.Minute, int64(91+i), 0, 9)
	}
	if past := u.past(7); len(past) != memoryPoints || past[0] != (90+100-memoryPoints+1)*mib || past[memoryPoints-1] != 190*mib {
		t.Errorf("%d points, from %v to %v", len(past), past[0]/mib, past[len(past)-1]/mib)
	}
	u.observe(probe.Sample{}, at)
	if u.past(7) != nil {
		t.Error("a process that is gone has a past")
	}
}
