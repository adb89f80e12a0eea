package actions

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// AwaitOptions say what to wait for.
type AwaitOptions struct {
	// Within is how long a restart may take to begin.
	Within time.Duration
	// Since is how far back a restart counts that has ended already. Where it is 0 that is the moment at which `current`
	// was moved, if that was lately, else a minute ago.
	Since time.Duration
	// Current waits until every worker runs what `current` points to, with or without a restart.
	Current bool
}

// recentDeploy is how long ago `current` may have been moved for what happened since to belong to that deploy.
const recentDeploy = 15 * time.Minute

// Await sends nothing: for each target it waits for the restart that is in flight, or for one to begin, looks back at
// one that has just ended, and judges it.
func (r *Runner) Await(targets []collector.Snapshot, o AwaitOptions) *Run {
	p := Plan{Intent: Intent{Kind: Reload}, At: time.Now(), Observed: true}
	for _, s := range targets {
		p.Steps = append(p.Steps, Step{Target: s.ID, Kind: Reload, Before: s, Observed: true})
	}
	run := newRun(p, time.Now())
	run.number = r.rollout.Add(1)
	r.running.Go(func() {
		defer r.guard()
		var all sync.WaitGroup
		for i, s := range targets {
			all.Go(func() {
				defer r.guard()
				r.conclude(run, i, r.await(run, i, s, o))
			})
		}
		all.Wait()
		run.change(time.Now(), func(p *Progress) { p.Done = true })
	})
	return run
}

// waiter waits for the restart of one target.
type waiter struct {
	r     *Runner
	run   *Run
	i     int
	o     AwaitOptions
	began time.Time
	now   collector.Snapshot
	look  *lookout
	log   pastLog
	// agreed are the pids of the newest snapshot that had all that was waited for, agreedAt when they were first seen, and
	// turns how many snapshots in a row had the same.
	agreed   map[int]bool
	agreedAt time.Time
	turns    int
	// unexplained means that the workers are new and nothing tells why.
	unexplained bool
	// waits means that systemd's watchdog may yet end what is seen.
	waits bool
}

// await returns the verdict of one target.
func (r *Runner) await(run *Run, i int, first collector.Snapshot, o AwaitOptions) Verdict {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	watch, err := r.fleet.Watch(first.ID)
	if err != nil {
		return refused(Step{Target: first.ID, Kind: Reload, Observed: true}, ExitUnreachable, err.Error(), "")
	}
	defer watch.Close()
	w := &waiter{r: r, run: run, i: i, o: o, began: time.Now(), now: first, look: newLookout()}
	w.log.lines = r.follow(ctx, first, w.since(first).Add(-time.Second), pastLines)
	r.fleet.Probe(first.ID)
	run.step(w.began, i, func(p *StepProgress) { p.State, p.Text = Watching, "waits for a restart" })
	ended, late := time.After(w.patience()), false
	snapshots := w.r.snapshots(ctx, watch)
	for {
		select {
		case line, open := <-w.log.lines:
			if !open {
				w.log.lines = nil
				continue
			}
			w.log.add(line)
		case s, open := <-snapshots:
			switch {
			case !open && watch.Over():
				return w.verdict(Lost, collector.ErrUnwatched.Error())
			case !open:
				return w.verdict(Interrupted, "pumatop ended while it waited")
			}
			if v, over := w.take(ctx, s); over {
				return v
			}
		case <-ended:
			if rest := r.options.Timeout - w.patience(); w.underWay() && rest > 0 && !late {
				late, ended = true, time.After(rest)
				continue
			}
			return w.nothing()
		}
	}
}

// patience is how long there may be nothing to judge.
func (w *waiter) patience() time.Duration {
	if w.o.Current {
		return w.r.options.Timeout
	}
	return w.o.Within
}

// underWay reports a restart that cannot be judged yet. Until the last worker has ended, a full one shows in the log
// alone, or by the workers that are missing.
func (w *waiter) underWay() bool {
	return w.waits || w.now.State == collector.Restarting || readPast(w.log.read).newest == puma.LogNotPhased
}

// take looks at a snapshot: for a restart that has begun, and for one that is over.
func (w *waiter) take(ctx context.Context, s collector.Snapshot) (Verdict, bool) {
	w.now, w.waits = s, false
	if s.State == collector.NoControl && s.Facts().PID != 0 {
		return w.blind(ctx, s)
	}
	if sighting, noticed := w.look.notice(&s); noticed {
		return w.judge(ctx, sighting, s)
	}
	if !w.settled(s) {
		w.turns = 0
		return Verdict{}, false
	}
	if pids := s.Stats.PIDs(); !samePIDs(pids, w.agreed) || w.turns == 0 {
		w.agreed, w.agreedAt, w.turns = pids, s.At, 1
		return Verdict{}, false
	}
	if w.turns++; !w.readSince(s) {
		w.r.fleet.Probe(s.ID)
		return Verdict{}, false
	}
	return w.already(s)
}

// judge hands a restart that was noticed to its trial.
func (w *waiter) judge(ctx context.Context, sighting sighting, s collector.Snapshot) (Verdict, bool) {
	w.run.change(s.At, func(p *Progress) {
		p.Plan.Steps = slices.Clone(p.Plan.Steps)
		p.Plan.Steps[w.i] = sighting.step
		p.Steps[w.i].Since, p.Steps[w.i].Text = s.At, "noticed"
	})
	v, err := w.r.observe(ctx, w.run, w.i, sighting, s, &w.log)
	if err != nil {
		return w.verdict(Lost, err.Error()), true
	}
	return v, true
}

// nothing is the verdict where no restart began in time.
func (w *waiter) nothing() Verdict {
	s := w.now
	waited := "no restart began within " + w.patience().String()
	switch {
	case !s.Linked || s.State == collector.Unreachable || s.State == collector.Stale || s.State == collector.Connecting:
		v := w.verdict(Lost, "it could not be seen: "+s.Reason)
		v.Remedy = s.Remedy
		return v
	case w.waits:
		v := w.verdict(TimedOut, "a full restart is over, and systemd's watchdog may yet end what it started")
		v.Remedy = "wait again, for at least half of WatchdogSec, which is " + s.Facts().Unit.Watchdog.String()
		return v
	case w.underWay():
		v := w.verdict(TimedOut, "a restart has begun, and has not come to its end within "+max(w.r.options.Timeout, w.patience()).String())
		v.Remedy = "what Puma has begun goes on: wait again"
		return v
	case s.State == collector.NotRunning:
		v := w.verdict(NotRunning, waited+": "+s.Reason)
		v.Remedy = s.Remedy
		return v
	case s.State == collector.CrashLoop:
		v := w.verdict(CrashLoop, s.Reason)
		past := readPast(w.log.read)
		v.Log = past.all()
		if e, ok := puma.FindBootError(v.Log); ok {
			v.Reason = bootWords(e)
		}
		v.Remedy = s.Remedy
		return v
	case s.Facts().Current != "" && len(s.Releases()) > 0 && !runsCurrent(s):
		v := w.verdict(OldCode, waited)
		v.Reason = fmt.Sprintf("workers run %s, current is %s", baseNames(s.Releases()), path.Base(s.Facts().Current))
		v.Remedy = "nobody has reloaded it since the deploy: pumatop reload " + string(s.ID)
		return v
	}
	v := w.verdict(TimedOut, waited+", and none ended "+w.sinceWords(s))
	if w.unexplained {
		v.Reason = "its workers are new, and no restart is known to have made them: they may have died"
	}
	v.Remedy = "reload it, or look further back with --since"
	return v
}

func (w *waiter) sinceWords(s collector.Snapshot) string {
	if at := w.since(s); w.o.Since == 0 && at.Equal(s.Facts().CurrentMoved) {
		return "since current was moved at " + clock(at, s)
	}
	return "since " + clock(w.since(s), s)
}

// verdict fills in what every verdict of a waiter has.
func (w *waiter) verdict(word Word, summary string) Verdict {
	s := w.now
	v := Verdict{Target: s.ID, Word: word, Action: Reload, Observed: true, At: time.Now(), Exit: word.Exit(), Summary: summary,
		PhaseAfter: s.Stats.Phase, Release: Release{After: s.Releases(), Current: s.Facts().Current, Revision: revisions(s)}}
	for _, k := range s.Stats.Workers {
		v.Workers = append(v.Workers, Replacement{Index: k.Index, NewPID: k.PID})
	}
	if word != Verified {
		v.Workers, v.Evidence = nil, []string{strings.TrimSpace(fmt.Sprintf("%s %s", s.State, s.Reason))}
	}
	return v
}
