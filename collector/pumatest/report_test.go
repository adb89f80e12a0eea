package pumatest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// found is what the probe finds on a host of one Puma.
func found(t *testing.T, h *Host) probe.Host {
	t.Helper()
	out, err := connect(t, h).Run(t.Context(), probe.Script(probe.Want{}))
	if err != nil {
		t.Fatal(err)
	}
	host, err := probe.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// TestPumaWithoutControlApp shows all that others show, but for its figures.
func TestPumaWithoutControlApp(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.12.6", "4.3.12", "5.0.4", "5.6.9", "6.6.1", "8.0.2"} {
		synctest.Test(t, func(t *testing.T) {
			h := NewHost("web1", 1, Config{Version: version, Workers: 2, NoControl: true, Uptime: time.Hour,
				Releases: []Release{{Name: "1", Revision: "abc", Boot: time.Second}}})
			p := found(t, h).Pumas[0]
			if !p.Control.IsZero() || p.StateStamp == "" || len(p.Workers) != 2 || p.Unit.Name != "shop.service" || p.Phased.Answer != puma.Yes {
				t.Errorf("%s: %+v", version, p)
			}
			if p.Release != "/srv/shop/releases/1" || p.Workers[0].Revision != "abc" || p.RunningRevision != "abc" || !p.MaySignal {
				t.Errorf("%s: release %q, workers %+v, revision %q, may signal %v", version, p.Release, p.Workers, p.RunningRevision, p.MaySignal)
			}
			if len(p.Notes) != 1 || p.Notes[0].Text != "/srv/shop/shared/config/puma.rb has no activate_control_app" {
				t.Errorf("%s: notes %q", version, p.Notes)
			}
		})
	}
}

// TestRestartsShowInProbes alone: a full restart writes the state file anew, a phased one does not.
func TestRestartsShowInProbes(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.12.6", "4.3.12", "8.0.2"} {
		synctest.Test(t, func(t *testing.T) {
			h := NewHost("web1", 1, Config{Version: version, Workers: 2, NoControl: true, Uptime: time.Hour})
			before := found(t, h).Pumas[0]
			h.Puma(0).Signal("USR1")
			time.Sleep(40 * time.Second)
			phased := found(t, h).Pumas[0]
			h.Puma(0).Signal("USR2")
			time.Sleep(20 * time.Second)
			full := found(t, h).Pumas[0]
			if phased.StateStamp != before.StateStamp || phased.Workers[0].PID == before.Workers[0].PID {
				t.Errorf("%s: phased %q after %q, %+v", version, phased.StateStamp, before.StateStamp, phased.Workers)
			}
			if full.StateStamp == before.StateStamp || full.PID != before.PID {
				t.Errorf("%s: full %q after %q, pid %d", version, full.StateStamp, before.StateStamp, full.PID)
			}
			text := ""
			for _, e := range h.Puma(0).log.entries {
				text += e.Text + "\n"
			}
			if strings.Contains(text, "control server") || !strings.Contains(text, "- Starting phased worker restart, phase: 1") {
				t.Errorf("%s: its log is\n%s", version, text)
			}
		})
	}
}

// TestUnitTellsHowLongItsStartTook: no restart of Puma's own moves that.
func TestUnitTellsHowLongItsStartTook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour, Watchdog: 90 * time.Second,
			Releases: []Release{{Name: "1", Boot: 8 * time.Second}}})
		p := h.Puma(0)
		took := func() time.Duration {
			host := found(t, h)
			if len(host.Pumas) == 0 {
				return host.Idle[0].BootTime
			}
			if u := host.Pumas[0].Unit; u.Watchdog != 90*time.Second {
				t.Errorf("watchdog %s", u.Watchdog)
			}
			return host.Pumas[0].Unit.BootTime
		}
		first := took()
		if first < 6*time.Second || first > 10*time.Second {
			t.Errorf("its start took %s", first)
		}
		p.Deploy(Release{Name: "2", Boot: 2 * time.Second})
		for _, signal := range []string{"USR1", "USR2"} {
			p.Signal(signal)
			time.Sleep(time.Second)
			during := took()
			time.Sleep(30 * time.Second)
			if after := took(); during != first || after != first {
				t.Errorf("%s: %s, then %s during it and %s after", signal, first, during, after)
			}
		}
		if err := p.Systemctl("restart"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		if during := took(); during != 0 {
			t.Errorf("while it is started: %s", during)
		}
		time.Sleep(10 * time.Second)
		if again := took(); again < time.Second || again > 4*time.Second {
			t.Errorf("its second start took %s", again)
		}
	})
}

// TestWhatTheLoginMayAndLingeringAre reported as on a real host.
func TestWhatTheLoginMayAndLingeringAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := found(t, NewHost("web1", 1, Config{Workers: 2, UserUnit: true, NoLinger: true, Uptime: time.Hour})).Pumas[0]
		if own.Unit.Lingering != puma.No || !own.MaySignal || own.Login != login {
			t.Errorf("lingering %q, may signal %v, login %q", own.Unit.Lingering, own.MaySignal, own.Login)
		}
		idle := found(t, NewHost("web1", 1, Config{Workers: 2, UserUnit: true, Stopped: true})).Idle[0]
		if idle.Lingering != puma.Yes {
			t.Errorf("lingering %q", idle.Lingering)
		}
		foreign := found(t, NewHost("web1", 1, Config{Workers: 2, ForeignUser: true, Uptime: time.Hour})).Pumas[0]
		if foreign.Mine || foreign.MaySignal || foreign.User != "puma" || foreign.Unit.User != "puma" || foreign.Unit.Lingering != "" {
			t.Errorf("mine %v, may signal %v, user %q, of the unit %q, lingering %q",
				foreign.Mine, foreign.MaySignal, foreign.User, foreign.Unit.User, foreign.Unit.Lingering)
		}
	})
}

// TestRevisionsOfEachRelease: the workers' own, not that of `current`.
func TestRevisionsOfEachRelease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour, Running: "1", ForkWorker: true,
			Releases: []Release{{Name: "1", Revision: "old"}, {Name: "2", Revision: "new"}}})
		p := found(t, h).Pumas[0]
		if p.Revision != "new" || p.RunningRevision != "old" || p.Workers[1].Revision != "old" || p.Settings.ForkWorker.Text == "" {
			t.Errorf("%q, running %q, workers %+v, fork_worker %+v", p.Revision, p.RunningRevision, p.Workers, p.Settings.ForkWorker)
		}
		h.Puma(0).Signal("USR1")
		time.Sleep(20 * time.Second)
		p = found(t, h).Pumas[0]
		if p.RunningRevision != "new" || p.Workers[0].Revision != "new" || p.Workers[1].Revision != "new" {
			t.Errorf("running %q, workers %+v", p.RunningRevision, p.Workers)
		}
	})
}

// TestGarbageIsCollected in the master, and counted.
func TestGarbageIsCollected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour})
		c := controlOf(loginTo(t, h), h.Puma(0))
		before, err := c.GCStats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CommandIf(t.Context(), puma.GC, func(puma.Stats) error { return nil }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		after, err := c.GCStats(t.Context())
		if err != nil || after["count"] != before["count"]+1 || after["major_gc_count"] != before["major_gc_count"]+1 ||
			after["minor_gc_count"] != before["minor_gc_count"] {
			t.Errorf("%v, then %v, %v", before, after, err)
		}
	})
}

// TestWhenProcessesWereCreated is by the host's clock. An exec keeps the master's time, every fork has its own.
func TestWhenProcessesWereCreated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour})
		h.skew = -time.Minute
		near := func(what string, got time.Time, age time.Duration) {
			t.Helper()
			if late := got.Sub(time.Now().Add(h.skew - age)); late < -2*time.Second || late > 2*time.Second {
				t.Errorf("%s was created %v late", what, late)
			}
		}
		before := found(t, h).Pumas[0]
		near("the master", before.Started, time.Hour)
		near("a worker", before.Workers[0].Started, time.Hour)
		asked := time.Now().Add(h.skew)
		h.Puma(0).Signal("USR2")
		time.Sleep(time.Minute)
		after := found(t, h).Pumas[0]
		if d := after.Started.Sub(before.Started); d < -20*time.Millisecond || d > 20*time.Millisecond {
			t.Errorf("the full restart moved the master's time by %v", d)
		}
		for _, w := range after.Workers {
			if w.Started.Before(asked) || w.Started.After(asked.Add(time.Minute)) {
				t.Errorf("worker %d was created at %v, asked at %v", w.Index, w.Started, asked)
			}
		}
	})
}
