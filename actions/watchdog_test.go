package actions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// preloading is a host whose systemd wants to hear of its Puma every ten seconds. A full restart takes two and a half of
// them, and is ended where it began later than that after a ping, of which there is one every five.
func preloading(control bool) *pumatest.Fleet {
	return preloadingIn(control, 10*time.Second, 2*time.Second)
}

func preloadingIn(control bool, watchdog, boot time.Duration) *pumatest.Fleet {
	return shop(func(c *pumatest.Config) {
		c.Preload, c.Watchdog, c.NoControl = pumatest.PreloadConfig, watchdog, !control
		c.Releases[0].Boot = boot
	})
}

// What can become of a full restart where systemd has a watchdog.
const (
	waited = "verified after the watchdog's time"
	atOnce = "verified at once"
	ended  = "restarted instead"
)

// TestWatchdogAfterRestart restarts in full at every moment between two pings: what is verified is not ended afterwards.
func TestWatchdogAfterRestart(t *testing.T) {
	t.Parallel()
	for control, state := range map[bool]collector.State{true: collector.Serving, false: collector.NoControl} {
		became := map[string]int{}
		for step := range 20 {
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, preloading(control), 2*time.Minute, "web1")
				s := o.target(t, "web1/shop", state)
				time.Sleep(time.Duration(step) * 250 * time.Millisecond)
				asked := time.Now()
				v := *o.outcome(t, actions.NewPlan(actions.Intent{Kind: actions.Restart, Via: actions.ViaSignal}, []collector.Snapshot{s}, asked)).Steps[0].Verdict
				took, pid := time.Since(asked), o.fleet.Host("web1").Puma(0).PID()
				what := watchdogOutcome(v, took)
				became[what]++
				time.Sleep(20 * time.Second)
				if now := o.fleet.Host("web1").Puma(0).PID(); now != pid || pid == 0 || what == "" {
					t.Errorf("control app %v, step %d: %s after %s, then pid %d became %d\n%+v", control, step, v.Word, took, pid, now, v)
				}
			})
		}
		// Without figures three looks take so long that the next of them sees the ping.
		if became[ended] == 0 || became[atOnce] == 0 || control && became[waited] == 0 {
			t.Errorf("control app %v: %v: the test has nothing to find", control, became)
		}
	}
}

// watchdogOutcome is which of the three it was; empty for what says something else, or waited for nothing.
func watchdogOutcome(v actions.Verdict, took time.Duration) string {
	outlived := slices.ContainsFunc(v.Evidence, func(e string) bool { return strings.Contains(e, "has outlived the time") })
	switch {
	case v.Word == actions.Verified && outlived && took > 7*time.Second && took < 13*time.Second && v.Cost.Seconds < 7:
		return waited
	case v.Word == actions.Verified && !outlived && took < 9*time.Second:
		return atOnce
	case v.Word == actions.RestartedInstead && !outlived && strings.Contains(v.Reason, "it answered, then the master ended") && strings.Contains(v.Remedy, "watchdog (WatchdogSec 10s)"):
		return ended
	}
	return ""
}

// TestWatchdogMeanwhile has something happen to a full restart at every moment between two pings: what is verified is not ended
// afterwards, and was not before.
func TestWatchdogMeanwhile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		boot    time.Duration // of the release that is restarted into; the one before took two seconds
		another bool          // somebody restarts in full once more, as soon as it serves
		state   collector.State
	}{
		{"somebody restarts once more", 2 * time.Second, true, collector.Serving},
		{"a slower release", 6500 * time.Millisecond, false, collector.Serving},
		{"a slower release without control app", 6500 * time.Millisecond, false, collector.NoControl},
	} {
		became := map[actions.Word]int{}
		for step := range 20 {
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, preloading(tc.state == collector.Serving), 2*time.Minute, "web1")
				s := o.target(t, "web1/shop", tc.state)
				puma := o.fleet.Host("web1").Puma(0)
				puma.Deploy(pumatest.Release{Name: "2", Boot: tc.boot})
				time.Sleep(time.Duration(step) * 250 * time.Millisecond)
				was := puma.PID()
				run := o.runner.Start(actions.NewPlan(actions.Intent{Kind: actions.Restart, Via: actions.ViaSignal}, []collector.Snapshot{s}, time.Now()))
				if tc.another {
					o.otherImage(s)
					puma.Signal("USR2")
				}
				v := *finish(t, run).Steps[0].Verdict
				pid := puma.PID()
				became[v.Word]++
				time.Sleep(20 * time.Second)
				if now := puma.PID(); v.Word == actions.Verified && (now != was || pid != was) {
					t.Errorf("%s, step %d: pid %d became %d, then %d\n%s: %s\n%s", tc.name, step, was, pid, now, v.Word, v.Summary, strings.Join(v.Evidence, "\n"))
				}
			})
		}
		if became[actions.RestartedInstead] == 0 || len(became) > 2 {
			t.Errorf("%s: %v", tc.name, became)
		}
	}
}

// otherImage waits until a later image answers than that of a snapshot.
func (o *ops) otherImage(was collector.Snapshot) {
	for {
		if now, _ := o.collector.Fleet().Target(was.ID); now.Fresh() && now.Stats.StartedAt.After(was.Stats.StartedAt) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestWatchdogAfterAnothers looks back at a full restart of somebody's that is over, at every moment between two pings. Who sees
// processes alone looks at them for longer than a short watchdog waits.
func TestWatchdogAfterAnothers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		control                      bool
		watchdog, boot, over, within time.Duration
	}{
		{true, 10 * time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second},
		{false, 40 * time.Second, 8 * time.Second, 10 * time.Second, time.Minute},
	} {
		became := map[actions.Word]int{}
		for step := range 20 {
			synctest.Test(t, func(t *testing.T) {
				fleet := preloadingIn(tc.control, tc.watchdog, tc.boot)
				puma := fleet.Host("web1").Puma(0)
				puma.Deploy(pumatest.Release{Name: "2", Boot: tc.boot})
				time.Sleep(time.Duration(step) * tc.watchdog / 40)
				v, _ := awaited(t, fleet, tc.control, tc.over, tc.within)
				pid := puma.PID()
				became[v.Word]++
				time.Sleep(2 * tc.watchdog)
				if now := puma.PID(); v.Word == actions.Verified && now != pid {
					t.Errorf("control app %v, step %d: %s, then pid %d became %d\n%s", tc.control, step, v.Summary, pid, now, strings.Join(v.Evidence, "\n"))
				}
			})
		}
		if became[actions.Verified] == 0 || became[actions.RestartedInstead] == 0 || len(became) > 2 {
			t.Errorf("control app %v: %v", tc.control, became)
		}
	}
}

// TestWatchdogOutlivesAwait: a look-back that ends before the watchdog's time has no verdict on the restart, and says why.
func TestWatchdogOutlivesAwait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := preloadingIn(true, 20*time.Minute, 5*time.Second)
		time.Sleep(9*time.Minute + 58*time.Second) // ten minutes after the last ping it is still to come
		v, _ := awaited(t, fleet, true, 8*time.Second, time.Minute)
		if v.Word != actions.TimedOut || !strings.Contains(v.Summary, "systemd's watchdog may yet end") || !strings.Contains(v.Remedy, "20m0s") {
			t.Errorf("%s: %s; %s", v.Word, v.Summary, v.Remedy)
		}
	})
}

// awaited has somebody restart in full, and looks back at it when it has been over for a while.
func awaited(t *testing.T, fleet *pumatest.Fleet, control bool, over, within time.Duration) (v actions.Verdict, took time.Duration) {
	t.Helper()
	fleet.Host("web1").Puma(0).Signal("USR2")
	time.Sleep(over)
	o := watchOver(t, fleet, 2*time.Minute, "web1")
	state := collector.Serving
	if !control {
		state = collector.NoControl
	}
	s := o.target(t, "web1/shop", state)
	began := time.Now()
	v = *finish(t, o.runner.Await([]collector.Snapshot{s}, actions.AwaitOptions{Within: within, Since: 2 * time.Minute})).Steps[0].Verdict
	return v, time.Since(began)
}

// TestWatchdogLongAfter waits for no ping of what has been up for longer than that takes.
func TestWatchdogLongAfter(t *testing.T) {
	t.Parallel()
	for step := range 10 {
		synctest.Test(t, func(t *testing.T) {
			fleet := preloading(true)
			time.Sleep(3500 * time.Millisecond) // a ping is near after that, and the boot within what is left
			v, took := awaited(t, fleet, true, 30*time.Second+time.Duration(step)*500*time.Millisecond, time.Minute)
			if v.Word != actions.Verified || took > 3*time.Second {
				t.Errorf("step %d: %s after %s: %s", step, v.Word, took, v.Summary)
			}
		})
	}
}

// TestWatchdogIsSaid shows what a restart that is done still waits for, and that a start by systemd waits for nothing.
func TestWatchdogIsSaid(t *testing.T) {
	t.Parallel()
	for via, want := range map[actions.Via]bool{actions.ViaSignal: true, actions.ViaSystemd: false} {
		synctest.Test(t, func(t *testing.T) {
			o := watchOver(t, preloading(true), 2*time.Minute, "web1")
			s := o.target(t, "web1/shop", collector.Serving)
			run := o.runner.Start(actions.NewPlan(actions.Intent{Kind: actions.Restart, Via: via}, []collector.Snapshot{s}, time.Now()))
			said := ""
			for version := 0; ; {
				p, err := run.Next(t.Context(), version)
				if err != nil || p.Done {
					break
				}
				version = p.Version
				said += fmt.Sprintln(p.Steps[0].Text)
			}
			if strings.Contains(said, "systemd's watchdog has not heard of the new image") != want {
				t.Errorf("by %s it said\n%s", via, said)
			}
		})
	}
}

// TestRestartedTwice has somebody restart in full as soon as our own restart serves: nothing ended, and the figures are whole.
func TestRestartedTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, shop(nil), 2*time.Minute, "web1")
		s := o.target(t, "web1/shop", collector.Serving)
		run := o.runner.Start(actions.NewPlan(actions.Intent{Kind: actions.Restart}, []collector.Snapshot{s}, time.Now()))
		o.otherImage(s)
		o.fleet.Host("web1").Puma(0).Signal("USR2")
		v := *finish(t, run).Steps[0].Verdict
		if v.Word != actions.Verified || !slices.ContainsFunc(v.Evidence, func(e string) bool { return strings.Contains(e, "and another image after that") }) {
			t.Errorf("%s, %s: %s\n%s", v.Word, v.Reason, v.Summary, strings.Join(v.Evidence, "\n"))
		}
	})
}
