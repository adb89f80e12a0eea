package collector_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
)

// TestThreads of what answers, in part or not at all, each with its cause and what to do.
func TestThreads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		puma := func(c pumatest.Config) pumatest.Config {
			c.Uptime, c.MinThreads, c.MaxThreads = time.Hour, 5, 5
			c.Releases = []pumatest.Release{{Name: "1"}}
			return c
		}
		fleet := pumatest.FleetOf(
			pumatest.NewHost("cluster", 1, puma(pumatest.Config{App: "shop", Version: "6.6.1", Workers: 2})),
			pumatest.NewHost("single", 2, puma(pumatest.Config{App: "shop", Version: "8.0.2", Load: pumatest.Load{Rate: 30, Service: 100 * time.Millisecond}})),
			pumatest.NewHost("old", 3, puma(pumatest.Config{App: "shop", Version: "4.3.12", Workers: 2})),
			pumatest.NewHost("mute", 4, puma(pumatest.Config{App: "shop", Version: "7.2.1", Workers: 2, DataOnly: true})),
			pumatest.NewHost("down", 5, puma(pumatest.Config{App: "shop", Version: "6.6.1", Workers: 2, Stopped: true})),
			pumatest.NewHost("away", 6, puma(pumatest.Config{App: "shop", Version: "6.6.1", Workers: 2})))
		c := collect(t, fleet.Options(), nil, fleet.Names()...)
		for _, name := range []string{"cluster", "single", "old", "mute", "away"} {
			await(t, c, collector.TargetID(name+"/shop"), time.Minute, is(collector.Serving))
		}
		await(t, c, "down/shop", time.Minute, is(collector.NotRunning))
		fleet.Host("away").DropNetwork()
		await(t, c, "away/shop", time.Minute, is(collector.Unreachable))
		for _, tc := range []struct {
			host          string
			least         int // threads
			gc            bool
			cause, remedy string // of the missing backtraces
		}{
			{"cluster", 4, true, "", ""},
			{"single", 12, true, "", ""},
			{"old", 0, true, "they came with 5.0", "update Puma"},
			{"mute", 0, true, "data_only", "take data_only out of activate_control_app"},
			{"down", 0, false, "nothing listens on the control socket", "see whether it runs"},
			{"away", 0, false, "the host is not connected", "tried again by itself"},
		} {
			r := c.Threads(t.Context(), collector.TargetID(tc.host+"/shop"))
			if len(r.Threads) < tc.least || (r.GC["count"] > 0) != tc.gc || (r.NoGC == collector.Gap{}) != tc.gc || (r.NoThreads == collector.Gap{}) != (tc.least > 0) {
				t.Errorf("%s: %+v", tc.host, r)
			}
			if !strings.Contains(r.NoThreads.Cause, tc.cause) || !strings.Contains(r.NoThreads.Remedy, tc.remedy) {
				t.Errorf("%s: %+v", tc.host, r.NoThreads)
			}
		}
		r := c.Threads(t.Context(), "single/shop")
		if at := atWork(r.Threads); at == 0 {
			t.Errorf("none of %d threads is in the application", len(r.Threads))
		}
	})
}

// atWork counts threads that stand in the application's code.
func atWork(threads []puma.Backtrace) int {
	n := 0
	for _, thread := range threads {
		for _, text := range thread.Frames {
			if puma.ParseFrame(text).Origin == puma.OfApp {
				n++
				break
			}
		}
	}
	return n
}

// TestThreadsTakeTheirTurn: a control server that takes its time answers the screen and the polls, one after the other.
func TestThreadsTakeTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{App: "shop", Version: "6.6.1", Workers: 2, Uptime: time.Hour}))
		fleet.Host("web1").Puma(0).SetPonder(300 * time.Millisecond)
		c := collect(t, fleet.Options(), nil, fleet.Names()...)
		await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		for range 10 {
			r := c.Threads(t.Context(), "web1/shop")
			if r.NoThreads != (collector.Gap{}) || r.NoGC != (collector.Gap{}) || r.Took < 600*time.Millisecond {
				t.Fatalf("%+v", r)
			}
		}
		if s, _ := c.Fleet().Target("web1/shop"); s.State != collector.Serving || s.Age(time.Now()) > 5*time.Second {
			t.Errorf("%s, figures %s old", s.State, s.Age(time.Now()))
		}
	})
}
