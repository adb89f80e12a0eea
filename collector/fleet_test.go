package collector_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote/sshtest"
)

// TestDemoFleetIsSeenAsItIs reads every preset through the real code.
func TestDemoFleetIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, pumatest.DefaultHosts, 3)
		c := collect(t, fleet.Options(), nil, fleet.Names()...)
		time.Sleep(20 * time.Second)
		f := c.Fleet()
		for id, want := range map[collector.TargetID]struct {
			state  collector.State
			phased puma.Answer
			mode   puma.Mode
		}{
			"web1.shop/shop": {collector.Serving, puma.Yes, puma.Cluster}, "web2.shop/shop": {collector.Serving, puma.Yes, puma.Cluster},
			"web3.shop/shop": {collector.NotRunning, puma.Unknown, ""}, "api1.shop/api": {collector.Serving, puma.No, puma.Cluster},
			"pay1.shop/payments": {collector.Serving, puma.Unknown, puma.Cluster}, "tools1.shop/admin": {collector.Serving, puma.No, puma.Single},
			"tools1.shop/reports": {collector.Serving, puma.Yes, puma.Cluster}, "media1.shop/media": {collector.Serving, puma.Yes, puma.Cluster},
			"search1.shop/search": {collector.Serving, puma.Yes, puma.Cluster}, "cms1.shop/cms": {collector.Serving, puma.Yes, puma.Cluster},
			"cms1.shop/blog": {collector.Serving, puma.Yes, puma.Cluster}, "edge1.shop/edge": {collector.Serving, puma.Yes, puma.Cluster},
			"edge1.shop/status": {collector.NotRunning, puma.Unknown, ""},
		} {
			s, ok := f.Target(id)
			if !ok || s.State != want.state || s.Phased.Answer != want.phased || s.Stats.Mode != want.mode {
				t.Errorf("%s: %s (%s), phased %s, mode %q", id, s.State, s.Reason, s.Phased.Answer, s.Stats.Mode)
			}
			if s.State == collector.Serving && (len(s.Releases()) != 1 || !s.Load.Memory.Known || !s.Load.InUse.Known) {
				t.Errorf("%s: releases %v, load %+v", id, s.Releases(), s.Load)
			}
		}
		if len(f.Targets) != 13 || f.Totals.Targets != 13 || f.Totals.Serving != 11 || f.Totals.ByState[collector.NotRunning] != 2 {
			t.Errorf("%d targets, totals %+v", len(f.Targets), f.Totals)
		}
		if f.Targets[0].State != collector.NotRunning {
			t.Errorf("the worst is not on top: %s", f.Targets[0].State)
		}
	})
}

// TestDroppedHostDelaysNobody: the others are polled as ever; it goes stale, then unreachable, keeps its figures with
// their age, and comes back by itself.
func TestDroppedHostDelaysNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 14, 3)
		c := collect(t, fleet.Options(), nil, fleet.Names()...)
		const id, other = "web1.shop/shop", "web4.shop/shop"
		await(t, c, id, time.Minute, is(collector.Serving))
		await(t, c, other, time.Minute, is(collector.Serving))
		fleet.Host("web1.shop").DropNetwork()
		dropped := time.Now()
		if states, want := fade(t, c, id, other, dropped), []collector.State{collector.Serving, collector.Stale, collector.Unreachable}; !slices.Equal(states, want) {
			t.Errorf("it went through %v, want %v", states, want)
		}
		fleet.Host("web1.shop").Restore()
		await(t, c, id, 90*time.Second, is(collector.Serving))
		if all := texts(c, "web1.shop"); !strings.Contains(all, "connected again") {
			t.Errorf("events of the host:\n%s", all)
		}
		if all := texts(c, id); !strings.Contains(all, "unreachable") || !strings.Contains(all, "serving again after") {
			t.Errorf("events of the target:\n%s", all)
		}
	})
}

// fade watches a dropped target for a minute and returns the states that it goes through. It keeps its figures; the other
// target is polled as ever.
func fade(t *testing.T, c *collector.Collector, id, other collector.TargetID, dropped time.Time) (states []collector.State) {
	t.Helper()
	for last := (time.Time{}); time.Since(dropped) < time.Minute; time.Sleep(50 * time.Millisecond) {
		s, _ := c.Fleet().Target(id)
		if len(states) == 0 || states[len(states)-1] != s.State {
			states = append(states, s.State)
		}
		if s.State != collector.Serving {
			old(t, s, dropped)
		}
		o, _ := c.Fleet().Target(other)
		if !last.IsZero() && o.Answered.Sub(last) > 2100*time.Millisecond {
			t.Errorf("another host waited %s for its poll", o.Answered.Sub(last))
		}
		last = o.Answered
	}
	return states
}

// old expects the figures from before a moment, with their age and a reason.
func old(t *testing.T, s collector.Snapshot, dropped time.Time) {
	t.Helper()
	if s.Answered.After(dropped.Add(100*time.Millisecond)) || len(s.Workers) != 3 || s.Age(time.Now()) <= 0 || s.Reason == "" {
		t.Fatalf("%s (%s): answered %s, %d workers, age %s", s.State, s.Reason, s.Answered, len(s.Workers), s.Age(time.Now()))
	}
}

// TestRefusedLoginWaitsForAPerson: it is tried once, and again when somebody asks.
func TestRefusedLoginWaitsForAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 1, 3)
		options := fleet.Options()
		options.Signers = nil
		var attempts atomic.Int32
		c := collect(t, options, &attempts, "web1.shop")
		time.Sleep(10 * time.Minute)
		if n := attempts.Load(); n != 1 {
			t.Errorf("%d attempts in ten minutes, want 1", n)
		}
		h := c.Fleet().Hosts[0]
		if h.Connected || !h.Asked || h.Err == "" || !h.Retry.IsZero() {
			t.Errorf("host %+v", h)
		}
		c.Refresh()
		time.Sleep(time.Minute)
		if n := attempts.Load(); n != 2 {
			t.Errorf("%d attempts after a refresh, want 2", n)
		}
	})
}

// TestUnknownHostIsTriedAgain with pauses that grow.
func TestUnknownHostIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 1, 3)
		options := fleet.Options()
		options.Signers = []ssh.Signer{sshtest.NewKey()}
		var attempts atomic.Int32
		c := collect(t, options, &attempts, "nowhere.shop")
		time.Sleep(time.Hour)
		if n := attempts.Load(); n < 60 || n > 400 {
			t.Errorf("%d attempts in an hour", n)
		}
		if h := c.Fleet().Hosts[0]; h.Err == "" || h.Retry.IsZero() {
			t.Errorf("host %+v", h)
		}
	})
}

// TestFullRestartBySomebodyElse: what was known of the image is forgotten with it, and read anew.
func TestFullRestartBySomebodyElse(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.12.6", "4.3.12", "6.6.1", "8.0.2"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
					Version: version, Workers: 3, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 4 * time.Second}}}))
				c := collect(t, fleet.Options(), nil, "web1")
				before := await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool {
					return s.State == collector.Serving && s.Image.Stamp != ""
				})
				fleet.Host("web1").Puma(0).Signal("USR2")
				s := await(t, c, "web1/shop", time.Minute, func(s collector.Snapshot) bool {
					return s.State == collector.Serving && s.Image.Stamp != "" && s.Image.Stamp != before.Image.Stamp
				})
				if s.Restarts != 1 {
					t.Errorf("%d full restarts seen, want 1", s.Restarts)
				}
				if s.Image.PID != before.Image.PID || s.Image.Same(before.Image) {
					t.Errorf("image %+v, before %+v", s.Image, before.Image)
				}
				all := texts(c, "web1/shop")
				if strings.Count(all, "full restart seen") != 1 || strings.Contains(all, "outside a restart") {
					t.Errorf("events:\n%s", all)
				}
			})
		})
	}
}

// TestSlowFullRestartIsRestarting: a closed socket with its process there is no dead Puma, until a boot's time is over.
func TestSlowFullRestartIsRestarting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
			Workers: 3, Preload: pumatest.PreloadConfig, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 40 * time.Second}}}))
		c := collect(t, fleet.Options(), nil, "web1")
		await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		time.Sleep(10 * time.Minute)
		fleet.Host("web1").Puma(0).Signal("USR2")
		began := time.Now()
		time.Sleep(5 * time.Second)
		for time.Since(began) < 38*time.Second {
			if s, _ := c.Fleet().Target("web1/shop"); s.State != collector.Restarting {
				t.Fatalf("after %s it is %s: %s", time.Since(began), s.State, s.Reason)
			}
			time.Sleep(time.Second)
		}
		await(t, c, "web1/shop", 20*time.Second, is(collector.Serving))
	})
}

// TestFrozenMasterIsSilent: it accepts and does not answer.
func TestFrozenMasterIsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 1, 3)
		c := collect(t, fleet.Options(), nil, "web1.shop")
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Serving))
		fleet.Host("web1.shop").Puma(0).Freeze()
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Stale))
		s := await(t, c, "web1.shop/shop", time.Minute, func(s collector.Snapshot) bool { return s.Err != nil })
		if !s.Linked || s.State != collector.Stale || errors.Is(s.Err, collector.ErrNoListener) {
			t.Errorf("linked %v, %s, err %v", s.Linked, s.State, s.Err)
		}
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Unreachable))
		fleet.Host("web1.shop").Puma(0).Thaw()
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Serving))
	})
}

// TestMasterKilled: systemd starts it anew. That is one master that ended, not a crash loop.
func TestMasterKilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
			Workers: 3, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 8 * time.Second}}}))
		c := collect(t, fleet.Options(), nil, "web1")
		old := await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		fleet.Host("web1").Puma(0).Signal("KILL")
		for began := time.Now(); time.Since(began) < 40*time.Second; time.Sleep(100 * time.Millisecond) {
			if s, _ := c.Fleet().Target("web1/shop"); s.State == collector.CrashLoop || s.Boots.Failed > 0 {
				t.Fatalf("%s: %s, boots %+v", s.State, s.Reason, s.Boots)
			}
		}
		s := await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		if s.Image.PID == old.Image.PID || s.Restarts != 1 {
			t.Errorf("pid %d, before %d; %d restarts", s.Image.PID, old.Image.PID, s.Restarts)
		}
	})
}

// TestWatchIsFastAndLosesNothing: polls come every 250 ms while a target is watched.
func TestWatchIsFastAndLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 1, 3)
		c := collect(t, fleet.Options(), nil, "web1.shop")
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Serving))
		w, err := c.Watch("web1.shop/shop")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		w.Close()
		w.Close()
		time.Sleep(10 * time.Second)
		fresh := 0
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for {
			s, err := w.Next(ctx)
			if err != nil {
				break
			}
			if s.Fresh() {
				fresh++
			}
		}
		if fresh < 38 || fresh > 42 {
			t.Errorf("%d polls in 10 s, want 40", fresh)
		}
	})
}

// TestAskingWithoutAConnection: nothing was sent, and the error says so.
func TestAskingWithoutAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 1, 3)
		c := collect(t, fleet.Options(), nil, "web1.shop")
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Serving))
		fleet.Host("web1.shop").DropNetwork()
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Unreachable))
		accept := func(puma.Stats) error { return nil }
		if _, err := c.Command(t.Context(), "web1.shop/shop", puma.PhasedRestart, accept); !errors.Is(err, collector.ErrNotConnected) {
			t.Errorf("command: %v", err)
		}
		if _, err := c.RunOn(t.Context(), "web1.shop/shop", "true"); !errors.Is(err, collector.ErrNotConnected) {
			t.Errorf("script: %v", err)
		}
		if _, err := c.Command(t.Context(), "web9/shop", puma.PhasedRestart, accept); err == nil {
			t.Error("a target that does not exist was asked")
		}
	})
}

// TestLogOfATarget follows it from the past on until the reader leaves.
func TestLogOfATarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, 1, 3)
		c := collect(t, fleet.Options(), nil, "web1.shop")
		await(t, c, "web1.shop/shop", time.Minute, is(collector.Serving))
		ctx, cancel := context.WithCancel(t.Context())
		lines, err := c.Log(ctx, "web1.shop/shop", 1, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		<-lines
		fleet.Host("web1.shop").Puma(0).Signal("USR1")
		for line := range lines {
			if strings.Contains(line, "Starting phased worker restart") {
				break
			}
		}
		cancel()
		synctest.Wait()
		for range lines {
		}
	})
}

// TestUnitThatDoesNotComeUp: a preloading master ends at a broken release, and systemd tries again and again.
func TestUnitThatDoesNotComeUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
			Workers: 2, Preload: pumatest.PreloadConfig, Uptime: time.Hour,
			Releases: []pumatest.Release{{Name: "1", Boot: time.Second}}}))
		c := collect(t, fleet.Options(), nil, "web1")
		await(t, c, "web1/shop", time.Minute, is(collector.Serving))
		p := fleet.Host("web1").Puma(0)
		p.Deploy(pumatest.Release{Name: "2", Boot: time.Second, Failure: &pumatest.Failure{Class: "RuntimeError", Message: "no", Where: "config.ru:1"}})
		p.Signal("USR2")
		s := await(t, c, "web1/shop", 2*time.Minute, is(collector.CrashLoop))
		if !strings.Contains(s.Reason, "shop.service ends before it has booted and systemd starts it again") {
			t.Errorf("reason %s", s.Reason)
		}
	})
}
