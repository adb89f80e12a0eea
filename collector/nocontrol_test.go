package collector_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// withoutControl is a fleet of one Puma that has no control app, and its collector.
func withoutControl(t *testing.T, version string) (*collector.Collector, *pumatest.Puma) {
	t.Helper()
	fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
		Version: version, Workers: 3, NoControl: true, Uptime: time.Hour,
		Releases: []pumatest.Release{{Name: "1", Boot: 2 * time.Second}}}))
	c := collect(t, fleet.Options(), nil, "web1")
	await(t, c, "web1/shop", time.Minute, is(collector.NoControl))
	return c, fleet.Host("web1").Puma(0)
}

// drain takes all that a watch has.
func drain(t *testing.T, w *collector.Watch) (out []collector.Snapshot) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		s, err := w.Next(ctx)
		if err != nil {
			return out
		}
		out = append(out, s)
	}
}

// TestWatchWithoutControlApp: probes take the place of polls, once a second, and only while somebody watches.
func TestWatchWithoutControlApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, p := withoutControl(t, "6.6.1")
		probes := func(list []collector.Snapshot) int {
			seen := map[time.Time]bool{}
			for _, s := range list {
				seen[s.Probed] = true
			}
			return len(seen)
		}
		w, err := c.Watch("web1/shop")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		p.Signal("USR1")
		time.Sleep(20 * time.Second)
		w.Close()
		list := drain(t, w)
		last := began
		for _, s := range list {
			if gap := s.At.Sub(last); gap > 1100*time.Millisecond {
				t.Errorf("no snapshot for %s", gap)
			}
			last = s.At
		}
		if n := probes(list); n < 15 || n > 22 || len(list) > 60 {
			t.Errorf("%d probes and %d snapshots in 20 s", n, len(list))
		}
		pids := map[int]bool{}
		for _, s := range list {
			for _, worker := range s.Facts().Workers {
				pids[worker.PID] = true
			}
		}
		if len(pids) != 6 {
			t.Errorf("%d workers were seen, want three and three that replaced them", len(pids))
		}

		before := c.Fleet().Targets[0].Probed
		time.Sleep(29 * time.Second)
		if after := c.Fleet().Targets[0].Probed; after.Sub(before) > 2*time.Second {
			t.Errorf("nobody watches, and it is probed at %s and at %s", before, after)
		}
	})
}

// TestRestartWithoutControlApp is told by the state file, which a full restart alone writes anew.
func TestRestartWithoutControlApp(t *testing.T) {
	t.Parallel()
	for signal, restarts := range map[string]int{"USR1": 0, "USR2": 1, "KILL": 1} {
		synctest.Test(t, func(t *testing.T) {
			c, p := withoutControl(t, "5.6.9")
			before := c.Fleet().Targets[0]
			w, err := c.Watch("web1/shop")
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			p.Signal(signal)
			time.Sleep(30 * time.Second)
			s := c.Fleet().Targets[0]
			if s.Restarts != restarts || s.Image.Same(before.Image) != (restarts == 0) || s.State != collector.NoControl || s.Still > 30*time.Second || s.Still < time.Second {
				t.Errorf("%s: %d restarts, image %+v after %+v, %s, still %s", signal, s.Restarts, s.Image, before.Image, s.State, s.Still)
			}
			if r := s.Releases(); len(r) != 1 || r[0] != "/srv/shop/releases/1" {
				t.Errorf("releases %q", r)
			}
			if all := texts(c, "web1/shop"); strings.Count(all, "full restart seen") != restarts {
				t.Errorf("%s: events:\n%s", signal, all)
			}
		})
	}
}

// TestAsking a control app beside the polls, and where there is none.
func TestAsking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 3, 3)
		c := collect(t, fleet.Options(), nil, fleet.Names()...)
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Serving))
		await(t, c, "web3.shop/shop", time.Minute, is(collector.NotRunning))
		s, err := c.Ask(t.Context(), "web1.shop/shop")
		if err != nil || !s.AllServing() {
			t.Errorf("%+v, %v", s, err)
		}
		raw, err := c.Raw(t.Context(), "web1.shop/shop")
		if err != nil || raw.Wrong != nil || raw.Lines[0] != "{" || raw.Bytes == 0 || !raw.At.Equal(time.Now()) {
			t.Errorf("%+v, %v", raw, err)
		}
		if _, err := c.Raw(t.Context(), "web3.shop/shop"); !errors.Is(err, collector.ErrNoListener) {
			t.Errorf("raw without a control app: %v", err)
		}
		figures, err := c.GCStats(t.Context(), "web1.shop/shop")
		if err != nil || figures["count"] == 0 {
			t.Errorf("%v, %v", figures, err)
		}
		if _, err := c.Ask(t.Context(), "web3.shop/shop"); !errors.Is(err, collector.ErrNoListener) {
			t.Errorf("not running: %v", err)
		}
		if _, err := c.GCStats(t.Context(), "web3.shop/shop"); !errors.Is(err, collector.ErrNoListener) {
			t.Errorf("not running: %v", err)
		}
		if _, err := c.Ask(t.Context(), "web9/shop"); err == nil {
			t.Error("a target that does not exist answers")
		}
		fleet.Host("web2.shop").DropNetwork()
		await(t, c, "web2.shop/shop", time.Minute, is(collector.Unreachable))
		if _, err := c.Ask(t.Context(), "web2.shop/shop"); !errors.Is(err, collector.ErrNotConnected) {
			t.Errorf("off the network: %v", err)
		}
	})
}

// TestLogWithoutFigures: a Puma without a control app has a log like any other, and a unit that does not run has one too.
func TestLogWithoutFigures(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]pumatest.Config{
		"no control app":      {Workers: 2, NoControl: true, Uptime: time.Hour},
		"not running":         {Workers: 2, Stopped: true},
		"user's, not started": {Workers: 2, Stopped: true, UserUnit: true},
		"was killed":          {Workers: 2, Uptime: time.Hour, RestartSec: time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, config))
			p := fleet.Host("web1").Puma(0)
			c := collect(t, fleet.Options(), nil, "web1")
			await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool { return !s.Probed.IsZero() })
			if config.RestartSec > 0 {
				p.Signal("KILL")
				await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool { return s.Facts().PID == 0 })
			}
			ctx, cancel := context.WithCancel(t.Context())
			lines, err := c.Log(ctx, "web1/shop", 0, time.Time{})
			if err != nil {
				t.Fatal(name, err)
			}
			time.Sleep(time.Second)
			if err := p.Systemctl("reload-or-restart"); err != nil {
				t.Fatal(name, err)
			}
			said := false
			for line := range lines {
				if said = strings.Contains(line, "Starting phased worker restart") || strings.Contains(line, "Puma starting in cluster mode"); said {
					break
				}
			}
			if !said {
				t.Errorf("%s: the log ended", name)
			}
			cancel()
			for range lines {
			}
		})
	}
}

// TestRevisionsOfWorkers are those that the probe read in their own directories.
func TestRevisionsOfWorkers(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{2, 0} {
		synctest.Test(t, func(t *testing.T) {
			fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{Workers: workers, Uptime: time.Hour, Running: "1",
				Releases: []pumatest.Release{{Name: "1", Revision: "old"}, {Name: "2", Revision: "new"}}}))
			c := collect(t, fleet.Options(), nil, "web1")
			s := await(t, c, "web1/shop", time.Minute, is(collector.Serving))
			if w := s.Workers[0]; w.Revision != "old" || w.Release != "/srv/shop/releases/1" || s.Facts().Revision != "new" {
				t.Errorf("%d workers: %+v, current %q", workers, w, s.Facts().Revision)
			}
		})
	}
}
