package actions

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// court is a trial with a hand on everything that it sees.
type court struct {
	t     *testing.T
	trial *Trial
	now   collector.Snapshot
	v     Verdict
	ended bool
}

// asked is the moment of the request in these tests.
var asked = recordedAt

// try begins the trial of a target of two workers in phase 0, pids 1 and 2.
func try(t *testing.T, kind Kind, change func(*Step)) *court {
	t.Helper()
	step := Step{Target: "web1/puma", Kind: kind, Via: ViaControl, Before: whole(func(s *collector.Snapshot) { s.Facts.Current = "/r/2" })}
	if change != nil {
		change(&step)
	}
	return &court{t: t, trial: NewTrial(step, step.Before, asked, asked.Add(5*time.Minute)), now: step.Before}
}

// at moves the clock; what is not renewed stays as it was.
func (c *court) at(seconds float64, change func(*collector.Snapshot)) *court {
	c.t.Helper()
	if c.ended {
		return c
	}
	c.now.At = asked.Add(time.Duration(seconds * float64(time.Second)))
	change(&c.now)
	c.v, c.ended = c.trial.Observe(c.now)
	return c
}

// answers is a poll.
func (c *court) answers(seconds float64, s puma.Stats) *court {
	c.t.Helper()
	return c.at(seconds, func(now *collector.Snapshot) {
		releases := map[int]string{}
		for _, w := range now.Workers {
			releases[w.PID] = w.Release
		}
		now.Stats, now.Answered, now.Err, now.Linked, now.Workers = s, now.At, nil, true, nil
		for _, w := range s.Workers {
			now.Workers = append(now.Workers, collector.Worker{Worker: w, Release: releases[w.PID]})
		}
	})
}

// silent is a poll that failed.
func (c *court) silent(seconds float64, err error) *court {
	c.t.Helper()
	return c.at(seconds, func(now *collector.Snapshot) { now.Err = err })
}

// probed is a probe that read the same release of every worker.
func (c *court) probed(seconds float64, release string, change func(*probe.Puma)) *court {
	c.t.Helper()
	return c.at(seconds, func(now *collector.Snapshot) {
		now.Probed = now.At.Add(-10 * time.Millisecond)
		now.Workers = slices.Clone(now.Workers)
		for i := range now.Workers {
			now.Workers[i].Release = release
		}
		if change != nil {
			change(&now.Facts)
		}
	})
}

func (c *court) log(lines ...string) *court {
	for _, l := range lines {
		c.trial.Log(l)
	}
	return c
}

// verdict expects one, with those words somewhere in it.
func (c *court) verdict(want Word, says ...string) {
	c.t.Helper()
	if !c.ended || c.v.Word != want {
		c.t.Fatalf("verdict %q (%s), want %q; it waits: %s", c.v.Word, c.v.Summary, want, c.trial.Waiting())
	}
	all := strings.Join(append([]string{c.v.Summary, c.v.Reason, c.v.Remedy}, c.v.Evidence...), "\n")
	for _, words := range says {
		if !strings.Contains(all, words) {
			c.t.Errorf("it does not say %q:\n%s", words, all)
		}
	}
}

// waits expects no verdict yet, and what for.
func (c *court) waits(want string) *court {
	c.t.Helper()
	if c.ended {
		c.t.Fatalf("verdict %s: %s", c.v.Word, c.v.Summary)
	}
	if got := c.trial.Waiting(); got != want {
		c.t.Errorf("waits: %s, want %s", got, want)
	}
	return c
}

// mixed is a cluster in phase 1 with one worker of phase 0 left.
func mixed(newPID, oldPID int) puma.Stats {
	s := clusterOf(1, newPID, oldPID)
	s.Workers[1].Phase, s.OldWorkers = 0, puma.Of(1)
	return s
}

// booting makes the first worker a new one that boots.
func booting(s puma.Stats, pid int) puma.Stats {
	s.Workers = slices.Clone(s.Workers)
	w := &s.Workers[0]
	w.PID, w.Booted, w.CheckedIn = pid, false, false
	return s
}

// image gives a cluster another start.
func image(s puma.Stats) puma.Stats {
	s.StartedAt = asked.Add(time.Second)
	return s
}

// unnamed takes started_at away, as up to Puma 4.0.
func unnamed(s puma.Stats) puma.Stats {
	s.StartedAt = time.Time{}
	return s
}

func stamped(f *probe.Puma) { f.StateStamp = "2" }

func TestReloadThatVerifies(t *testing.T) {
	t.Parallel()
	try(t, Reload, nil).
		waits("no answer since the request yet").
		answers(0.2, clusterOf(0, 1, 2)).waits("Puma has not begun yet").
		answers(0.5, func() puma.Stats { s := clusterOf(0, 1, 2); s.Phase, s.OldWorkers = puma.Of(1), puma.Of(2); return s }()).waits("one of 2 old workers drains, 0.5 s so far").
		answers(1, booting(mixed(3, 2), 3)).waits("worker 0 boots, 0.0 s so far").
		answers(3, mixed(3, 2)).waits("worker 1 drains, 0.0 s so far, – of – threads in use").
		answers(4, clusterOf(1, 3, 4)).waits("a second poll has to show the same").
		answers(4.2, clusterOf(1, 3, 4)).waits("reading the releases again").
		probed(5, "/r/2", nil).
		verdict(Verified, "2 of 2 workers replaced in 4.0s, runs 2", "phase 0→1, the master is the same image", "worker 0: pid 1→3, booted and checked in",
			"workers run 2, current is 2")
}

// TestNotVerified: one thing is amiss each time, and nothing else.
func TestNotVerified(t *testing.T) {
	t.Parallel()
	done := clusterOf(1, 3, 4)
	with := func(change func(*puma.Stats)) puma.Stats {
		s := done
		s.Workers = slices.Clone(done.Workers)
		change(&s)
		return s
	}
	for name, s := range map[string]puma.Stats{
		"a worker has not booted":     with(func(s *puma.Stats) { s.Workers[1].Booted = false }),
		"a worker has not checked in": with(func(s *puma.Stats) { s.Workers[1].CheckedIn = false }),
		"a worker has no pid":         with(func(s *puma.Stats) { s.Workers[1].PID = 0 }),
		"an old pid in a new phase":   with(func(s *puma.Stats) { s.Workers[1].PID = 2 }),
		"a worker of the old phase":   with(func(s *puma.Stats) { s.Workers[1].Phase = 0 }),
		"old workers":                 with(func(s *puma.Stats) { s.OldWorkers = puma.Of(1) }),
		"a worker missing":            with(func(s *puma.Stats) { s.Workers = s.Workers[:1] }),
		"the phase of before":         clusterOf(0, 3, 4),
		"no phase":                    with(func(s *puma.Stats) { s.Phase = puma.Count{} }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := try(t, Reload, nil)
			for i := range 400 {
				at := float64(i+1) / 4
				c.answers(at, s).probed(at+0.1, "/r/2", nil)
			}
			if c.v.Word == Verified || !c.ended {
				t.Errorf("verdict %q: %s", c.v.Word, c.v.Summary)
			}
		})
	}
	t.Run("pids that change from poll to poll", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil)
		for i := range 40 {
			c.answers(float64(i+1)/4, clusterOf(1, 10+i, 100+i))
		}
		c.waits("a second poll has to show the same")
	})
	t.Run("a dead pid that is listed", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil)
		c.now.Dead = []int{4}
		c.answers(1, done).answers(2, done).probed(3, "/r/2", nil).waits("2 of 2 workers are listed")
	})
	t.Run("a poll that began before the request", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil)
		c.now.Latency = 2 * time.Second
		c.answers(1, done).answers(1.5, done).probed(1.7, "/r/2", nil).waits("no answer since the request yet")
	})
	t.Run("a snapshot from before the request", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(-2, done).answers(-1, done).waits("no answer since the request yet")
	})
}

// TestReleases: what the workers run decides, once it was read after the restart.
func TestReleases(t *testing.T) {
	t.Parallel()
	done := clusterOf(1, 3, 4)
	t.Run("the probe never comes", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil).answers(1, done).answers(2, done).answers(15.9, done).waits("reading the releases again")
		if !c.trial.WantsProbe() {
			t.Error("it does not ask for a probe")
		}
		c.answers(16.1, done).verdict(Verified, "release not seen", "what they run was not seen")
		if len(c.v.Release.After) != 0 {
			t.Errorf("releases after: %v", c.v.Release.After)
		}
	})
	t.Run("a probe from before the end does not count", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).probed(0.5, "/r/2", nil).answers(1, done).answers(2, done).waits("reading the releases again")
	})
	t.Run("one that may be read is old", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, done).answers(2, done).at(3, func(s *collector.Snapshot) {
			s.Probed, s.Workers[0].Release, s.Workers[1].Release = s.At, "", "/r/1"
		}).verdict(OldCode, "workers run 1, current is 2")
	})
	t.Run("current is not known", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, done).answers(2, done).probed(3, "/r/2", func(f *probe.Puma) { f.Current = "" }).
			verdict(Verified, "runs 2", "what current points to is not known")
	})
	t.Run("current moved, by a clock that is an hour ahead", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil)
		c.now.Offset = time.Hour
		c.answers(1, done).answers(2, done).probed(3, "/r/1", func(f *probe.Puma) { f.CurrentMoved = asked.Add(time.Hour + time.Second) }).
			verdict(OldCode, "current moved during the restart", "reload again")
	})
	t.Run("current had moved right before, and the clocks differ by a second", func(t *testing.T) {
		t.Parallel()
		moved := asked.Add(200 * time.Millisecond)
		try(t, Reload, func(s *Step) { s.Before.Facts.CurrentMoved = moved }).answers(1, done).answers(2, done).
			probed(3, "/r/1", func(f *probe.Puma) { f.CurrentMoved = moved }).verdict(OldCode, "set directory to the current link in puma.rb")
	})
	t.Run("current had moved before, by that clock", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil)
		c.now.Offset = time.Hour
		c.answers(1, done).answers(2, done).probed(3, "/r/1", func(f *probe.Puma) { f.CurrentMoved = asked.Add(time.Hour - time.Second) }).
			verdict(OldCode, "set directory to the current link in puma.rb")
	})
}

// TestAnotherImage: an answer's started_at decides, and without it what the host shows.
func TestAnotherImage(t *testing.T) {
	t.Parallel()
	t.Run("restarted instead", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).silent(0.5, collector.ErrNoListener).answers(1, image(clusterOf(0, 3, 4))).answers(2, image(clusterOf(0, 3, 4))).
			probed(3, "/r/2", stamped).verdict(RestartedInstead, "another image of the master: started at", "Puma restarted in full where a phased restart was asked", "the state file was written again")
	})
	t.Run("by the stamp alone", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, func(s *Step) { s.Before.Stats = unnamed(s.Before.Stats) }).probed(0.5, "", stamped).
			answers(1, unnamed(clusterOf(0, 3, 4))).answers(2, unnamed(clusterOf(0, 3, 4))).probed(3, "/r/2", stamped).verdict(RestartedInstead)
	})
	t.Run("a stamp that somebody touched", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).probed(0.5, "", stamped).answers(1, clusterOf(1, 3, 4)).answers(2, clusterOf(1, 3, 4)).
			probed(3, "/r/2", stamped).answers(3.2, clusterOf(1, 3, 4)).verdict(Verified)
	})
	t.Run("a full restart that has not begun, and a touched stamp", func(t *testing.T) {
		t.Parallel()
		try(t, Restart, nil).probed(0.5, "", stamped).answers(1, clusterOf(0, 1, 2)).answers(2, clusterOf(0, 1, 2)).probed(3, "/r/2", stamped).answers(4, clusterOf(0, 1, 2)).
			waits("the image of before still answers: its workers drain, or Puma has not begun")
	})
	t.Run("the same without started_at: old pids are no other image", func(t *testing.T) {
		t.Parallel()
		try(t, Restart, func(s *Step) { s.Before.Stats = unnamed(s.Before.Stats) }).probed(0.5, "", stamped).answers(1, unnamed(clusterOf(0, 1, 2))).
			answers(2, unnamed(clusterOf(0, 1, 2))).probed(3, "/r/2", stamped).waits("2 of 2 workers are listed")
	})
	t.Run("full restart into fewer workers, as puma.rb says", func(t *testing.T) {
		t.Parallel()
		fewer := func(f *probe.Puma) { f.StateStamp, f.Settings = "2", puma.ReadSettings([]byte("workers 1\n")) }
		try(t, Restart, nil).answers(1, image(clusterOf(0, 3))).waits("1 of 2 workers are listed").probed(2, "/r/2", fewer).
			answers(3, image(clusterOf(0, 3))).answers(4, image(clusterOf(0, 3))).probed(5, "/r/2", fewer).verdict(Verified, "puma.rb now says 1 workers, before there were 2")
	})
	t.Run("the master ended", func(t *testing.T) {
		t.Parallel()
		again := func(f *probe.Puma) { f.PID, f.Unit.Restarts = 10, puma.Of(1) }
		try(t, Reload, nil).answers(0.5, mixed(3, 2)).probed(1, "", again).answers(2, image(clusterOf(0, 5, 6))).answers(3, image(clusterOf(0, 5, 6))).
			probed(4, "/r/2", again).verdict(RestartedInstead, "the master ended and was started anew", "the master's pid is another: 10, before 9")
	})
}

// TestCrashLoops: two failed boots with none between, or one that the log explains.
func TestCrashLoops(t *testing.T) {
	t.Parallel()
	first, second, third := booting(mixed(3, 2), 3), booting(mixed(3, 2), 30), booting(mixed(3, 2), 31)
	remedy := func(s *Step) { s.Remedy = true }
	t.Run("two", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, first).answers(2, second).answers(3, third).
			verdict(CrashLoop, "worker 0: at least 2 failed boots in 3.0 s, none booted; capacity 1 of 2", "the other workers still serve 1")
	})
	t.Run("one, and the log", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, first).log("[3] ! Unable to start worker", "[3] this release does not boot", "[3] config.ru:4:in `block'").answers(2, second).
			verdict(CrashLoop, "at least 1 failed boot in", "this release does not boot")
	})
	t.Run("the log alone", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).log("[3] ! Unable to start worker").answers(1, first).answers(2, first).waits("worker 0 boots, 1.0 s so far")
	})
	t.Run("a boot between", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, first).answers(2, second).answers(3, mixed(30, 2)).answers(4, third).waits("worker 0 boots, 0.0 s so far")
	})
	t.Run("dead and listed", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil)
		c.now.Dead = []int{3, 30}
		c.answers(1, first).answers(11, second).verdict(CrashLoop, "at least 2 failed boots")
	})
	t.Run("the loop before is not blamed on its remedy", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, remedy).log("[30] ! Unable to start worker")
		old := func(pid int) puma.Stats { return booting(clusterOf(0, 1, 2), pid) }
		c.answers(0.2, old(30)).answers(0.4, old(31)).answers(0.6, old(32)).answers(0.8, old(33)).waits("worker 0 boots, 0.0 s so far")
		c.log("[9] - Starting phased worker restart, phase: 1").answers(1, first).answers(2, clusterOf(1, 3, 4)).answers(3, clusterOf(1, 3, 4)).probed(4, "/r/2", nil).verdict(Verified)
		if slices.ContainsFunc(c.trial.log.all(), func(l string) bool { return strings.Contains(l, "Unable") }) {
			t.Errorf("lines of the loop before: %q", c.trial.log.all())
		}
	})
	t.Run("nor on a full restart", func(t *testing.T) {
		t.Parallel()
		old := func(pid int) puma.Stats { return booting(clusterOf(0, 1, 2), pid) }
		try(t, Restart, remedy).answers(0.2, old(30)).answers(0.4, old(31)).answers(0.6, old(32)).silent(1, collector.ErrNoListener).
			log("[9] * Restarting...").answers(2, image(clusterOf(0, 3, 4))).answers(3, image(clusterOf(0, 3, 4))).probed(4, "/r/2", stamped).verdict(Verified)
	})
	t.Run("the remedy fails too, and no line says that it began", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, remedy).answers(1, first).log("[30] ! Unable to start worker").answers(1.5, first).answers(3.5, first).
			log("[3] ! Unable to start worker").answers(4, second).verdict(CrashLoop, "at least 1 failed boot")
	})
	t.Run("boots that another restart cut short are not failed ones", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, first).answers(2, image(booting(clusterOf(0, 1, 4), 5))).answers(3, image(booting(clusterOf(0, 1, 4), 6))).
			waits("worker 0 boots, 0.0 s so far")
	})
	t.Run("masters", func(t *testing.T) {
		t.Parallel()
		gone := func(n int) func(*probe.Puma) {
			return func(f *probe.Puma) {
				f.PID, f.Unit.Active, f.Unit.Sub, f.Unit.Restarts = 0, "activating", "auto-restart", puma.Of(n)
			}
		}
		try(t, Restart, nil).silent(0.5, collector.ErrNoListener).probed(2, "", gone(1)).probed(8, "", gone(2)).
			verdict(CrashLoop, "the master: at least 2 failed boots", "capacity 0 of 2", "nothing serves")
	})
	t.Run("masters of a unit whose count begins anew", func(t *testing.T) {
		t.Parallel()
		again := func(n int) func(*probe.Puma) {
			return func(f *probe.Puma) {
				f.PID, f.Unit.Active, f.Unit.Sub, f.Unit.Restarts = 0, "activating", "auto-restart", puma.Of(n)
			}
		}
		try(t, Start, func(s *Step) { s.Before.Facts.PID, s.Before.Facts.Unit.Restarts = 0, puma.Of(7) }).
			probed(1, "", again(0)).probed(7, "", again(1)).probed(13, "", again(2)).verdict(CrashLoop, "the master: at least 2 failed boots")
	})
	t.Run("capacity that nobody knows", func(t *testing.T) {
		t.Parallel()
		try(t, Restart, nil).silent(1, collector.ErrNoListener).probed(2, "", func(f *probe.Puma) { f.Unit.Restarts = puma.Of(2) }).
			verdict(CrashLoop, "capacity – of 2", "roll back or deploy a release that boots, then reload")
	})
}

// TestStuck: nothing changes for longer than Puma itself grants.
func TestStuck(t *testing.T) {
	t.Parallel()
	timeout := errors.New("no answer within 5s")
	draining := func() puma.Stats { s := clusterOf(0, 1, 2); s.Phase, s.OldWorkers = puma.Of(1), puma.Of(2); return s }()
	t.Run("a drain", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, draining).answers(45.9, draining).waits("one of 2 old workers drains, 46 s so far").answers(46, draining).
			verdict(Stuck, "nothing has changed for 45 s: one of 2 old workers drains, 46 s so far; 0 of 2 workers replaced")
	})
	t.Run("a drain that the log names", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).log("[9] - Stopping 2 for phased upgrade...").answers(1, draining).waits("worker 1 drains, 1.0 s so far, – of – threads in use")
	})
	t.Run("a boot has more time", func(t *testing.T) {
		t.Parallel()
		boots := booting(mixed(3, 2), 3)
		try(t, Reload, nil).answers(1, boots).answers(75.9, boots).waits("worker 0 boots, 75 s so far").answers(76, boots).verdict(Stuck, "nothing has changed for 75 s")
	})
	t.Run("it never began", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, clusterOf(0, 1, 2)).answers(46, clusterOf(0, 1, 2)).verdict(Stuck, "Puma has not begun yet")
	})
	t.Run("a worker less, and no log tells why", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, clusterOf(1, 3)).answers(46, clusterOf(1, 3)).verdict(Stuck, "1 of 2 workers are listed")
	})
	t.Run("a worker less, and the log tells", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).log("[9] - Worker 1 (PID: 4) terminating", "[9] - Worker 1 (PID: 4) terminating").answers(1, clusterOf(1, 3)).answers(2, clusterOf(1, 3)).
			probed(3, "/r/2", nil).verdict(Verified, "1 worker was removed meanwhile")
	})
	t.Run("a worker more", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, clusterOf(1, 3, 4, 5)).answers(2, clusterOf(1, 3, 4, 5)).probed(3, "/r/2", nil).
			verdict(Verified, "worker 2 was added meanwhile", "worker 2: pid 5, booted and checked in")
	})
	t.Run("silence on a live link", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, draining).silent(2, timeout).silent(31.9, timeout).waits("the control socket does not answer, 30 s so far").
			silent(32, timeout).verdict(Stuck, "no answer from the control socket for 30 s")
	})
	t.Run("a closed socket has the time of a drain and a boot", func(t *testing.T) {
		t.Parallel()
		try(t, Restart, nil).silent(1, collector.ErrNoListener).silent(120, collector.ErrNoListener).waits("the control socket does not answer, 119 s so far").
			silent(121, collector.ErrNoListener).verdict(Stuck, "no answer from the control socket for 120 s")
	})
}

// TestDeadline: late is not lost.
func TestDeadline(t *testing.T) {
	t.Parallel()
	away := func(s *collector.Snapshot) { s.Linked, s.Reason = false, "no route to host" }
	slow := func(c *court) *court { // something changes all the time
		for i := range 29 {
			c.answers(float64(10*i+1), booting(mixed(3, 2), 3)).answers(float64(10*i+5), mixed(3, 2))
		}
		return c
	}
	t.Run("timed out", func(t *testing.T) {
		t.Parallel()
		slow(try(t, Reload, nil)).answers(299.9, mixed(3, 2)).waits("worker 1 drains, 295 s so far, – of – threads in use").answers(300, mixed(3, 2)).
			verdict(TimedOut, "1 of 2 workers replaced after 300 s: worker 1 drains", "what Puma has begun goes on")
	})
	t.Run("a closed socket is not a lost host", func(t *testing.T) {
		t.Parallel()
		slow(try(t, Reload, nil)).silent(295, collector.ErrNoListener).silent(300, collector.ErrNoListener).verdict(TimedOut)
	})
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, mixed(3, 2)).at(10, away).at(299, away).waits("the host does not answer: no route to host").at(300, away).
			verdict(Lost, "no answer for 299 s: what became of it is not known", "do not ask again before it answers")
	})
	t.Run("never answered", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).at(1, away).at(300, away).verdict(Lost, "no answer for 300 s")
	})
	t.Run("lost and back is judged by what is found", func(t *testing.T) {
		t.Parallel()
		c := try(t, Reload, nil).answers(1, mixed(3, 2)).silent(5, errors.New("no answer within 5s")).at(10, away).at(200, away)
		c.at(201, func(s *collector.Snapshot) { s.Linked = true }).waits("the control socket does not answer, 0.0 s so far")
		c.answers(202, clusterOf(1, 3, 4)).answers(203, clusterOf(1, 3, 4)).probed(204, "/r/2", nil).verdict(Verified)
		if len(c.v.Cost.Killed) != 0 {
			t.Errorf("killed %+v, when nobody looked", c.v.Cost.Killed)
		}
	})
}

// TestStart: the unit is active, the process is its own, and all workers have booted.
func TestStart(t *testing.T) {
	t.Parallel()
	down := func(s *Step) {
		s.Via, s.Before.Wanted, s.Before.Stats, s.Before.Workers, s.Before.Facts.PID = ViaSystemd, 0, puma.Stats{}, nil, 0
	}
	unit := func(active string, pid int) func(*probe.Puma) {
		return func(f *probe.Puma) { f.Unit.Active, f.PID = active, pid }
	}
	up := clusterOf(0, 3, 4)
	t.Run("verified", func(t *testing.T) {
		t.Parallel()
		c := try(t, Start, down).probed(0.5, "", unit("activating", 9)).answers(1, up).answers(2, up).probed(3, "/r/2", unit("active", 9))
		c.verdict(Verified, "2 workers booted in 1.0s, runs 2", "2 of 2 workers serve")
		if c.v.ImageChanged || c.v.Cost.Of != 2 {
			t.Errorf("image changed %v, of %d", c.v.ImageChanged, c.v.Cost.Of)
		}
	})
	t.Run("the unit is not up", func(t *testing.T) {
		t.Parallel()
		c := try(t, Start, down).answers(1, up).answers(2, up).probed(3, "/r/2", unit("activating", 9)).answers(30, up)
		if c.ended || !c.trial.WantsProbe() {
			t.Errorf("verdict %q: %s", c.v.Word, c.v.Summary)
		}
	})
	t.Run("not running", func(t *testing.T) {
		t.Parallel()
		try(t, Start, down).probed(0.9, "", unit("inactive", 0)).probed(2, "", unit("inactive", 0)).verdict(NotRunning, "unit puma.service is inactive")
	})
	t.Run("failed, and the log says why", func(t *testing.T) {
		t.Parallel()
		try(t, Start, down).log("! Unable to load application: RuntimeError: no").probed(2, "", unit("failed", 0)).verdict(CrashLoop)
	})
}

// TestCost keeps the worst that was seen, and says whose requests were cut.
func TestCost(t *testing.T) {
	t.Parallel()
	busy := func(s puma.Stats) puma.Stats {
		s.Workers = slices.Clone(s.Workers)
		for i := range s.Workers {
			s.Workers[i].Pool = puma.Pool{MaxThreads: puma.Of(5), PoolCapacity: puma.Of(3)}
		}
		return s
	}
	begun := busy(clusterOf(0, 1, 2))
	begun.Phase, begun.OldWorkers = puma.Of(1), puma.Of(2)
	play := func(every float64) *court {
		c := try(t, Reload, nil)
		c.now.Load.ListenQueue = puma.Of(7)
		for at := 0.25; at < 30; at += every {
			c.answers(at, begun)
		}
		c.now.Load.ListenQueue = puma.Of(2)
		return c.answers(30, booting(mixed(3, 2), 3)).answers(31, clusterOf(1, 3, 4)).answers(31.5, clusterOf(1, 3, 4)).probed(32, "/r/2", nil)
	}
	c := play(0.25)
	c.verdict(Verified, "worker 0 killed at the end of its drain with 2 requests in flight", "left only when worker_shutdown_timeout (30s) ran out")
	if c.v.Cost.LowestCapacity != 1 || c.v.Cost.Of != 2 || c.v.Cost.HighestQueue != puma.Of(7) || c.v.Cost.Seconds != 31 {
		t.Errorf("%+v", c.v.Cost)
	}
	if w := c.v.Workers[0]; w.OldPID != 1 || w.NewPID != 3 || w.Seconds != 31 {
		t.Errorf("%+v", w)
	}
	if len(c.v.Cost.Killed) != 1 {
		t.Errorf("killed %+v", c.v.Cost.Killed)
	}
	if c := play(10); len(c.v.Cost.Killed) != 0 {
		t.Errorf("killed %+v, seen every ten seconds", c.v.Cost.Killed)
	}
}

// TestLogEnds keeps the first and the last lines of many.
func TestLogEnds(t *testing.T) {
	t.Parallel()
	var l logWatch
	for i := range 1000 {
		l.add(fmt.Sprint(i))
	}
	all := l.all()
	if len(all) != 2*logEnds+1 || all[0] != "0" || all[logEnds] != "… 600 lines not kept …" || all[2*logEnds] != "999" {
		t.Errorf("%d lines: %s, %s, %s", len(all), all[0], all[logEnds], all[len(all)-1])
	}
}
