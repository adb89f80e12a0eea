package actions

import (
	"io"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// three is a cluster of three workers in phase 0, which these tests begin with.
func three(s *Step) {
	s.Before.Stats = clusterOf(0, 1, 2, 3)
	s.Before.Wanted, s.Before.OwnFacts().Current = 3, "/r/1"
	s.Before.Workers = nil
	for _, w := range s.Before.Stats.Workers {
		s.Before.Workers = append(s.Before.Workers, collector.Worker{Worker: &w, Release: "/r/1"})
	}
}

// unfinished makes the worker at an index one that has not booted.
func unfinished(s puma.Stats, index int) puma.Stats {
	s.Workers[index].Booted, s.Workers[index].CheckedIn = false, false
	return s
}

// TestWorkerActions: each of the actions on single workers is done when its own sign is there, and only then.
func TestWorkerActions(t *testing.T) {
	t.Parallel()
	reforkedStats := func(pids ...int) puma.Stats { return clusterOf(1, pids...) }
	for _, tc := range []struct {
		name   string
		kind   Kind
		change func(*Step)
		polls  []puma.Stats // what is not done yet
		done   puma.Stats
		says   []string
	}{
		{"refork", Refork, nil, []puma.Stats{
			clusterOf(0, 1, 2, 3),
			func() puma.Stats {
				s := clusterOf(1, 1, 22, 3)
				s.Workers[2].Phase, s.OldWorkers = 0, puma.Of(1)
				return s
			}(),
			unfinished(reforkedStats(1, 22, 33), 2),
			reforkedStats(1, 22, 3), // an old pid that claims the new phase
			reforkedStats(1, 22),
		}, reforkedStats(1, 22, 33), []string{"2 of 2 workers forked anew from worker 0", "phase 0→1, the master is the same image"}},
		{"one more", AddWorker, nil, []puma.Stats{clusterOf(0, 1, 2, 3), unfinished(clusterOf(0, 1, 2, 3, 4), 3)},
			clusterOf(0, 1, 2, 3, 4), []string{"3→4 workers, the new one booted", "phase 0 before and 0 after"}},
		{"one less", RemoveWorker, nil, []puma.Stats{clusterOf(0, 1, 2, 3), unfinished(clusterOf(0, 1, 2), 1)},
			clusterOf(0, 1, 2), []string{"3→2 workers"}},
		{"recycle", Recycle, func(s *Step) { s.Worker, s.PID = 1, 2 }, []puma.Stats{
			clusterOf(0, 1, 2, 3), unfinished(clusterOf(0, 1, 22, 3), 1), clusterOf(0, 1, 3), clusterOf(0, 11, 2, 3),
		}, clusterOf(0, 1, 22, 3), []string{"worker 1 replaced", "pid 2→22"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := try(t, tc.kind, func(s *Step) {
				three(s)
				if tc.change != nil {
					tc.change(s)
				}
			})
			at := 0.25
			for _, s := range tc.polls {
				c.answers(at, s).answers(at+0.25, s).answers(at+0.5, s).probed(at+0.6, "/r/1", nil)
				if c.ended {
					t.Fatalf("%s after %+v", c.v.Word, s.Workers)
				}
				at += 1
			}
			c.answers(at, tc.done).answers(at+0.25, tc.done).probed(at+1, "/r/1", nil).answers(at+1.25, tc.done)
			c.verdict(Verified, tc.says...)
		})
	}
}

// TestAnotherImageIsNoWorkerAction: what renews everybody is not what was asked for.
func TestAnotherImageIsNoWorkerAction(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{Refork, AddWorker, RemoveWorker, Recycle} {
		done := image(clusterOf(0, 11, 12, 13))
		if kind == AddWorker {
			done = image(clusterOf(0, 11, 12, 13, 14))
		}
		c := try(t, kind, func(s *Step) { three(s); s.Worker, s.PID = 1, 2 })
		c.answers(2, done).answers(2.25, done).probed(3, "/r/1", nil).answers(3.25, done)
		c.verdict(RestartedInstead, "nobody asked that here")
		if !c.v.ImageChanged {
			t.Errorf("%s: %+v", kind, c.v)
		}
	}
}

// TestWorkerActionThatDoesNotBoot is a crash loop, whatever was asked.
func TestWorkerActionThatDoesNotBoot(t *testing.T) {
	t.Parallel()
	c := try(t, AddWorker, three)
	for i := range 4 {
		c.answers(float64(i)/4+0.25, unfinished(clusterOf(0, 1, 2, 3, 40+i), 3))
	}
	c.verdict(CrashLoop, "worker 3", "capacity 3 of 4")
}

// TestStop is done when no process is left and nobody starts another.
func TestStop(t *testing.T) {
	t.Parallel()
	c := try(t, Stop, three)
	gone := func(active string) func(*probe.Puma) {
		return func(f *probe.Puma) { f.PID, f.Unit.Active = 0, active }
	}
	c.answers(0.25, clusterOf(0, 1, 2)).silent(0.5, collector.ErrNoListener)
	c.probed(0.6, "", gone("deactivating"))
	if c.ended {
		t.Fatalf("%s while the unit still ends", c.v.Word)
	}
	c.probed(2, "", gone("inactive")).verdict(Verified, "no process left", "unit puma.service is inactive")

	c = try(t, Stop, three)
	again := image(clusterOf(0, 11, 12, 13))
	c.answers(2, again).answers(2.25, again).probed(3, "/r/1", nil).answers(3.25, again).verdict(RestartedInstead)
}

// TestClosedSocket counts for how long nothing listened, also where the first poll was broken off by the end of the process.
func TestClosedSocket(t *testing.T) {
	t.Parallel()
	again := image(clusterOf(0, 11, 12))
	for _, first := range []error{collector.ErrNoListener, io.ErrUnexpectedEOF} {
		try(t, Restart, nil).silent(1, first).silent(2, collector.ErrNoListener).answers(5, again).answers(5.25, again).probed(6, "/r/2", nil).
			verdict(Verified, "control socket closed for 4.0 s meanwhile")
	}
	try(t, Restart, nil).silent(1, io.ErrUnexpectedEOF).silent(20, io.ErrUnexpectedEOF).silent(21, collector.ErrNoListener).answers(22, again).answers(22.25, again).
		probed(23, "/r/2", nil).verdict(Verified, "control socket closed for 2.0 s meanwhile")
	c := try(t, Restart, nil).silent(1, io.ErrUnexpectedEOF).silent(2, io.ErrUnexpectedEOF).answers(5, again).answers(5.25, again).probed(6, "/r/2", nil)
	if c.verdict(Verified); strings.Contains(c.v.Summary, "closed") {
		t.Errorf("it broke answers off, and is said to have been closed: %s", c.v.Summary)
	}
}

// TestEndedAgain: an image that answered and ended before it was seen whole was no restart as asked, if who keeps it says so.
func TestEndedAgain(t *testing.T) {
	t.Parallel()
	later := image(clusterOf(0, 21, 22))
	later.StartedAt = later.StartedAt.Add(4 * time.Second)
	for restarts, want := range map[int64]Word{0: Verified, 1: RestartedInstead} {
		try(t, Restart, nil).answers(1, image(clusterOf(0, 11, 12))).silent(2, collector.ErrNoListener).answers(5, later).answers(5.25, later).
			probed(6, "/r/2", func(f *probe.Puma) { f.Unit.Restarts = puma.Of(restarts) }).verdict(want, "and another image after that")
	}
}

// TestRefusedRefork: what the log says that Puma did not do.
func TestRefusedRefork(t *testing.T) {
	t.Parallel()
	c := try(t, Refork, three)
	c.log("[9] * refork called but not available.").answers(0.25, clusterOf(0, 1, 2, 3)).verdict(Refused, "not available", "fork_worker")
}

// TestPlanOfWorkerActions: what they need, and what they say.
func TestPlanOfWorkerActions(t *testing.T) {
	t.Parallel()
	forks := func(conditional bool) func(*collector.Snapshot) {
		return func(s *collector.Snapshot) {
			s.OwnFacts().Settings.ForkWorker = puma.Setting{Text: "1000", Literal: true, Line: 3, Conditional: conditional}
			s.OwnFacts().ConfigPath = "/srv/shop/shared/config/puma.rb"
			version("8.0.2")(s)
		}
	}
	for _, tc := range []struct {
		name    string
		in      Intent
		change  func(*collector.Snapshot)
		says    string
		warns   string
		refused string
	}{
		{name: "refork", in: Intent{Kind: Refork}, change: forks(false), says: "1 of 2 workers are forked anew from worker 0"},
		{name: "refork, perhaps", in: Intent{Kind: Refork}, change: forks(true), says: "refork", warns: "under a condition in /srv/shop/shared/config/puma.rb"},
		{name: "refork without fork_worker", in: Intent{Kind: Refork}, refused: "fork_worker is not set in its configuration, which was not found"},
		{name: "one more", in: Intent{Kind: AddWorker}, says: "2→3"},
		{name: "one less", in: Intent{Kind: RemoveWorker}, says: "2→1"},
		{name: "one less of one", in: Intent{Kind: RemoveWorker}, change: func(s *collector.Snapshot) { s.Stats = clusterOf(0, 1) }, refused: "Puma keeps"},
		{name: "recycle", in: Intent{Kind: Recycle, Worker: 1}, change: version("6.6.1"), says: "worker 1, pid 2, ends after its requests"},
		{name: "recycle under an old Puma", in: Intent{Kind: Recycle, Worker: 1}, change: version("3.12.6"), says: "worker 1", warns: "before 4.2"},
		{name: "recycle worker 0 of a refork", in: Intent{Kind: Recycle}, change: forks(false), says: "worker 0", warns: "puma#3596"},
		{name: "recycle nobody", in: Intent{Kind: Recycle, Worker: 7}, refused: "it has no worker 7"},
		{name: "garbage", in: Intent{Kind: Collect}, says: "in the master alone"},
		{name: "garbage of single mode", in: Intent{Kind: Collect}, change: func(s *collector.Snapshot) { s.Stats.Mode = puma.Single }, says: "in the process that serves"},
		{name: "workers of single mode", in: Intent{Kind: AddWorker}, change: func(s *collector.Snapshot) { s.Stats.Mode = puma.Single }, refused: "single mode"},
		{name: "workers of a crash loop", in: Intent{Kind: AddWorker}, change: func(s *collector.Snapshot) { s.State, s.Reason = collector.CrashLoop, "worker 1 does not boot" },
			refused: "crash loop: worker 1 does not boot"},
		{name: "stop", in: Intent{Kind: Stop}, refused: "stopping is not allowed here"},
		{name: "stop, allowed", in: Intent{Kind: Stop, Policy: Policy{AllowStop: true}}, says: "then nothing serves until somebody starts it"},
		{name: "stop past systemd", in: Intent{Kind: Stop, Via: ViaControl, Policy: Policy{AllowStop: true}}, says: "stop", warns: "may start it again by itself"},
		{name: "stop what loops", in: Intent{Kind: Stop, Policy: Policy{AllowStop: true}}, says: "stop",
			change: func(s *collector.Snapshot) { s.State, s.OwnFacts().PID = collector.CrashLoop, 0 }},
		{name: "start what runs", in: Intent{Kind: Start}, refused: "it runs already"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := whole(func(s *collector.Snapshot) {
				if tc.change != nil {
					tc.change(s)
				}
			})
			p := NewPlan(tc.in, []collector.Snapshot{s}, recordedAt)
			if tc.refused != "" {
				if len(p.Refused) != 1 || !strings.Contains(p.Refused[0].Reason, tc.refused) || p.Exit() != ExitUnhealthy {
					t.Errorf("%d steps, refused %+v", len(p.Steps), p.Refused)
				}
				return
			}
			if len(p.Steps) != 1 {
				t.Fatalf("refused: %+v", p.Refused)
			}
			step := p.Steps[0]
			if warns := strings.Join(step.Warnings, " "); !strings.Contains(step.Says, tc.says) || !strings.Contains(warns, tc.warns) || tc.warns == "" && warns != "" {
				t.Errorf("says %q, warns %q", step.Says, warns)
			}
		})
	}
}

// TestProtected asks for the name of the environment, however small the action.
func TestProtected(t *testing.T) {
	t.Parallel()
	in := Intent{Kind: Collect, Policy: Policy{Environment: "production", Protected: true}}
	if got := NewPlan(in, []collector.Snapshot{whole(func(*collector.Snapshot) {})}, recordedAt).Confirmation(); got != "production" {
		t.Errorf("type %q", got)
	}
}
