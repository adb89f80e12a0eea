package collector_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// marked are the kinds of a history's marks, in their order.
func marked(h collector.History) []collector.MarkKind {
	var out []collector.MarkKind
	for _, m := range h.Marks() {
		out = append(out, m.Kind)
	}
	return out
}

// TestRestartsAreMarked: what happens to a Puma is marked in its history and in that of the fleet, and the points go on beneath.
func TestRestartsAreMarked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
			Workers: 2, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 3 * time.Second}}}))
		c := collect(t, fleet.Options(), nil, "web1")
		await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		p := fleet.Host("web1").Puma(0)
		phase := func(n int64) func(collector.Snapshot) bool {
			return func(s collector.Snapshot) bool { return s.State == collector.Serving && s.Stats.Phase.N == n }
		}
		p.Signal("USR1")
		await(t, c, "web1/shop", time.Minute, phase(1))
		time.Sleep(time.Minute)
		p.Signal("USR2")
		s := await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool { return s.Restarts == 1 && s.State == collector.Serving })
		for _, verdict := range []string{"", "refused", "verified", "crash-loop"} {
			c.Note(collector.Event{At: time.Now(), Target: "web1/shop", Kind: collector.ActionEvent, Verdict: verdict})
			time.Sleep(5 * time.Second)
		}
		s, _ = c.Fleet().Target("web1/shop")
		want := []collector.MarkKind{collector.PhasedBegan, collector.RestartEnded, collector.FullRestart, collector.RestartEnded, collector.ActionGood, collector.ActionBad}
		if got := marked(s.History); !slices.Equal(got, want) {
			t.Errorf("the target's marks are %v, want %v", got, want)
		}
		if got := marked(c.Fleet().Totals.History); !slices.Equal(got, want) {
			t.Errorf("the fleet's marks are %v, want %v", got, want)
		}
		if n := len(s.History.Recent(nil, collector.UtilisationSeries, 1000)); n < 30 {
			t.Errorf("%d points", n)
		}
	})
}
