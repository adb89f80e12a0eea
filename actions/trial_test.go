package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

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
		try(t, Reload, func(s *Step) { s.Before.OwnFacts().CurrentMoved = moved }).answers(1, done).answers(2, done).
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

// TestStart: the unit is active, the process is its own, and all workers have booted.
func TestStart(t *testing.T) {
	t.Parallel()
	down := func(s *Step) {
		s.Via, s.Before.Wanted, s.Before.Stats, s.Before.Workers, s.Before.OwnFacts().PID = ViaSystemd, 0, puma.Stats{}, nil, 0
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
			s.Workers[i].Pool = puma.Pool{MaxThreads: puma.FigureOf(5), PoolCapacity: puma.FigureOf(3)}
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

// TestPhaseThatWentUpTwice: the restart verifies, and the verdict does not take somebody else's, or Puma's own refork,
// for its own.
func TestPhaseThatWentUpTwice(t *testing.T) {
	t.Parallel()
	r := loadRecording(t, "8.0.2", "phased-restart")
	for i := range r.polls {
		if p := &r.polls[i]; p.at > r.asked && p.err == nil {
			p.stats.Phase.N++
			p.stats.Workers = slices.Clone(p.stats.Workers)
			for w := range p.stats.Workers {
				if p.stats.Workers[w].Phase > 0 {
					p.stats.Workers[w].Phase++
				}
			}
		}
	}
	v, _, ok := stage{kind: Reload}.try(t, r, time.Minute)
	if !ok || v.Word != Verified || !strings.Contains(v.Summary, "the phase went up by 2: not ours alone") ||
		!slices.ContainsFunc(v.Evidence, func(e string) bool { return strings.Contains(e, "1 restart, phased or a refork, beside ours") }) {
		t.Errorf("verdict %q: %s\n%s", v.Word, v.Summary, strings.Join(v.Evidence, "\n"))
	}
	if v, _, _ := (stage{kind: Reload}).try(t, loadRecording(t, "8.0.2", "phased-restart"), time.Minute); strings.Contains(v.Summary, "not ours alone") {
		t.Errorf("one restart passes for two: %s", v.Summary)
	}
}
