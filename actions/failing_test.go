package actions

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestCrashLoops: two failed boots with none between, or one that the log explains.
func TestCrashLoops(t *testing.T) {
	t.Parallel()
	first, second, third := booting(mixed(3, 2), 3), booting(mixed(3, 2), 30), booting(mixed(3, 2), 31)
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
	t.Run("boots that another restart cut short are not failed ones", func(t *testing.T) {
		t.Parallel()
		try(t, Reload, nil).answers(1, first).answers(2, image(booting(clusterOf(0, 1, 4), 5))).answers(3, image(booting(clusterOf(0, 1, 4), 6))).
			waits("worker 0 boots, 0.0 s so far")
	})
}

// TestReasonArrivesLate: a log that has told no more yet than that a worker failed is waited for, and so is the place after
// the words, though not for long.
func TestReasonArrivesLate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, want string
		later      []string
		apart      time.Duration
		within     time.Duration
	}{
		{"words and place", "this release does not boot · config.ru:4", []string{"[3] this release does not boot", "[3] config.ru:4:in `block'"}, 100 * time.Millisecond, 200 * time.Millisecond},
		{"words alone", "this release does not boot", []string{"[3] this release does not boot"}, time.Second, 1500 * time.Millisecond},
		{"a place too late", "this release does not boot", []string{"[3] this release does not boot", "[3] config.ru:4:in `block'"}, time.Second, 1500 * time.Millisecond},
		{"nothing", "", nil, 0, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := try(t, Reload, nil).answers(1, booting(mixed(3, 2), 3)).log("[3] ! Unable to start worker").answers(2, booting(mixed(3, 2), 30))
			c.verdict(CrashLoop)
			lines := make(chan string, len(tc.later))
			go func() {
				for _, l := range tc.later {
					time.Sleep(tc.apart)
					lines <- l
				}
			}()
			began := time.Now()
			v := (&watching{trial: c.trial, log: lines}).explain(c.v)
			if took := time.Since(began); c.v.Reason != "" || v.Reason != tc.want || took != tc.within {
				t.Errorf("%s: %q at first, then %q after %s, want %q after %s", tc.name, c.v.Reason, v.Reason, took, tc.want, tc.within)
			}
			time.Sleep(time.Minute) // for who still writes
		})
	}
}

// TestEndlessLog: a crash loop that never stops to write has its verdict all the same.
func TestEndlessLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := try(t, Reload, nil).answers(1, booting(mixed(3, 2), 3)).log("[3] ! Unable to start worker").answers(2, booting(mixed(3, 2), 30))
		lines, over := make(chan string), make(chan struct{})
		go func() {
			for {
				time.Sleep(400 * time.Millisecond)
				select {
				case lines <- "[3] this release does not boot":
				case <-over:
					return
				}
			}
		}()
		began := time.Now()
		v := (&watching{trial: c.trial, log: lines}).explain(c.v)
		if took := time.Since(began); v.Reason != "this release does not boot" || took > time.Second {
			t.Errorf("%q after %s", v.Reason, took)
		}
		close(over)
		time.Sleep(time.Second) // for who writes
	})
}

// TestRemedyOfACrashLoop: the loop before goes on until the remedy has begun, and is not blamed on it.
func TestRemedyOfACrashLoop(t *testing.T) {
	t.Parallel()
	first, second := booting(mixed(3, 2), 3), booting(mixed(3, 2), 30)
	remedy := func(s *Step) { s.Remedy = true }
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
}

// TestMastersThatEnd before they have booted, again and again.
func TestMastersThatEnd(t *testing.T) {
	t.Parallel()
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
		try(t, Start, func(s *Step) { f := s.Before.OwnFacts(); f.PID, f.Unit.Restarts = 0, puma.Of(7) }).
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
