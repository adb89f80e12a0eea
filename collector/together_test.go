package collector_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// TestHostsThatConnectTogether are asked at once. Then few are polled at the same moments for ever, however far away they
// are, and of many each at its own.
func TestHostsThatConnectTogether(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ hosts, moments, together int }{{10, 1, 10}, {16, 1, 16}, {20, 2, 15}, {100, 7, 25}} {
		t.Run(fmt.Sprint(tc.hosts, " hosts"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := pumatest.NewFleet(3, pumatest.DefaultHosts+tc.hosts, 2)
				polled := timePolls(fleet)
				c := collect(t, fleet.Options(), nil, fleet.Names()[pumatest.DefaultHosts:]...)
				time.Sleep(2 * time.Second)
				for _, s := range c.Fleet().Targets {
					if s.Answered.IsZero() || s.State != collector.Serving {
						t.Errorf("%s is %s after a moment", s.ID, s.State)
					}
				}
				const rounds = 40
				for _, interval := range []time.Duration{collector.DefaultInterval, time.Second} {
					c.SetInterval(interval)
					time.Sleep(10 * time.Second)
					polled()
					time.Sleep(rounds * interval)
					sizes := polled()
					if extra := len(sizes) - rounds*tc.moments; extra < -1 || extra > tc.moments || slices.Max(sizes) > tc.together {
						t.Errorf("every %s: %d moments with %d targets at most, want %d with %d", interval, len(sizes), slices.Max(sizes), rounds*tc.moments, tc.together)
					}
				}
			})
		})
	}
}

// timePolls puts the hosts of a fleet some milliseconds away, and returns how many of them were polled at each moment
// since it was last asked.
func timePolls(fleet *pumatest.Fleet) func() (sizes []int) {
	var mu sync.Mutex
	var polls []time.Time
	for i, h := range fleet.Hosts() {
		away := time.Duration(i%10) * time.Millisecond
		h.SetLatency(away)
		h.OnAsked(func() {
			mu.Lock()
			defer mu.Unlock()
			polls = append(polls, time.Now().Add(-away))
		})
	}
	return func() (sizes []int) {
		mu.Lock()
		defer mu.Unlock()
		slices.SortFunc(polls, time.Time.Compare)
		var began time.Time
		for _, at := range polls {
			if at.Sub(began) > 20*time.Millisecond {
				began, sizes = at, append(sizes, 0)
			}
			sizes[len(sizes)-1]++
		}
		polls = nil
		return sizes
	}
}
