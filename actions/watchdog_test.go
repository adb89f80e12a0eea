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
	return shop(func(c *pumatest.Config) {
		c.Preload, c.Watchdog, c.NoControl = pumatest.PreloadConfig, 10*time.Second, !control
		c.Releases[0].Boot = 2 * time.Second
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
	case v.Word == actions.RestartedInstead && !outlived && strings.Contains(v.Reason, "it served, then the master ended") && strings.Contains(v.Remedy, "watchdog (WatchdogSec 10s)"):
		return ended
	}
	return ""
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
		for again := false; !again; time.Sleep(10 * time.Millisecond) {
			now, _ := o.collector.Fleet().Target(s.ID)
			if again = now.Fresh() && now.Stats.StartedAt.After(s.Stats.StartedAt); again {
				o.fleet.Host("web1").Puma(0).Signal("USR2")
			}
		}
		v := *finish(t, run).Steps[0].Verdict
		if v.Word != actions.Verified || !slices.ContainsFunc(v.Evidence, func(e string) bool { return strings.Contains(e, "and another image after that") }) {
			t.Errorf("%s, %s: %s\n%s", v.Word, v.Reason, v.Summary, strings.Join(v.Evidence, "\n"))
		}
	})
}
