package actions

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// settled reports whether a snapshot shows the target as it is after what is waited for.
func (w *waiter) settled(s collector.Snapshot) bool {
	if !isWhole(s) || len(s.Stats.Workers) < s.Wanted {
		return false
	}
	start, since := oldestStart(s), w.since(s).Truncate(time.Second)
	switch {
	case w.o.Current, start.After(since):
		return true
	case start.Equal(since): // within one second, who was first is told by what runs
		return runsCurrent(s)
	}
	return start.IsZero() && runsCurrent(s) && !s.Facts.CurrentMoved.Before(since)
}

// since is from when on a restart counts, by the host's clock.
func (w *waiter) since(s collector.Snapshot) time.Time {
	now := w.began.Add(s.Offset)
	moved := s.Facts.CurrentMoved
	switch {
	case w.o.Since > 0:
		return now.Add(-w.o.Since)
	case !moved.IsZero() && now.Sub(moved) < recentDeploy:
		return moved
	}
	return now.Add(-time.Minute)
}

// readSince reports whether host and log were read since the newest worker started, so that its release is known.
func (w *waiter) readSince(s collector.Snapshot) bool {
	if w.log.lines != nil && len(w.log.read) == 0 && s.At.Sub(w.began) < logTimeout {
		return false // the log tells a phased restart that became a full one
	}
	return s.Probed.After(w.began) && s.Probed.After(youngest(s).Add(-s.Offset)) &&
		!slices.ContainsFunc(s.Workers, func(k collector.Worker) bool { return k.Release == "" && s.Facts.Current != "" })
}

// already is the verdict on a restart that was over before it could be seen.
func (w *waiter) already(s collector.Snapshot) (Verdict, bool) {
	if w.o.Current && !runsCurrent(s) {
		return Verdict{}, false
	}
	v := w.verdict(Verified, "")
	full := s.Stats.Mode == puma.Single || !s.Stats.StartedAt.IsZero() && !s.Stats.StartedAt.Before(w.since(s).Truncate(time.Second))
	if full {
		v.Action, v.ImageChanged = Restart, true
	}
	v.Summary = "already done"
	if at := youngest(s); !at.IsZero() {
		v.Summary += fmt.Sprintf(" %s ago", seconds(max(s.At.Sub(at.Add(-s.Offset)), 0)))
		v.Evidence = append(v.Evidence, fmt.Sprintf("its workers started between %s and %s", clock(oldestStart(s), s), clock(at, s)))
	}
	v.Summary += fmt.Sprintf(": all of %s serve, run %s", plural(int64(len(s.Stats.Workers)), "worker"), withRevision(baseNames(s.Releases()), revisions(s)))
	v.Evidence = append(v.Evidence, fmt.Sprintf("%d of %d workers booted and checked in, none of an older phase, in %d polls with the same pids",
		s.Stats.Booted(), len(s.Stats.Workers), w.turns))
	w.blame(&v, s, full)
	v.Exit = v.Word.Exit()
	return v, true
}

// blame finds what is wrong with a restart that is over.
func (w *waiter) blame(v *Verdict, s collector.Snapshot, full bool) {
	past := readPast(w.log.read)
	switch {
	case s.Facts.Current != "" && !runsCurrent(s):
		v.Word = OldCode
		v.Reason = fmt.Sprintf("workers run %s, current is %s", baseNames(s.Releases()), path.Base(s.Facts.Current))
		v.Remedy = "set directory to the current link in puma.rb, or reload again"
	case full && past.fellBack != "":
		v.Word, v.Action = RestartedInstead, Reload
		v.Reason, v.Remedy = "Puma restarted in full where a phased restart was asked: every worker at once", restartedRemedy
		v.Evidence = append(v.Evidence, "its log says: "+past.fellBack)
	}
}

// readPast reads what a log says of its last restart.
func readPast(lines []string) logWatch {
	var l logWatch
	for _, line := range lines {
		switch p := puma.ParseLogLine(line); p.Kind {
		case puma.LogNotPhased, puma.LogRestarting, puma.LogStarting, puma.LogPhasedStarted, puma.LogReforkStarted:
			l.restart(p)
		}
		l.add(line)
	}
	return l
}

// blind waits for a target without a control app: its processes, its log and its releases are all there is.
func (w *waiter) blind(ctx context.Context, s collector.Snapshot) (Verdict, bool) {
	w.r.fleet.Probe(s.ID)
	if !s.Probed.After(w.began) {
		return Verdict{}, false
	}
	before, past := w.look.whole, readPast(w.log.read)
	switch {
	case past.looping():
		return w.judge(ctx, w.look.seen(Reload, s, true), s)
	case w.doneBlindly(s, past):
		if w.turns++; w.turns < 2 {
			return Verdict{}, false
		}
		v := w.verdict(Verified, fmt.Sprintf("already done: all of %s run %s", plural(int64(len(s.Facts.Workers)), "worker"),
			withRevision(path.Base(s.Facts.Current), s.Facts.Revision)))
		v.Release.After = []string{s.Facts.Current}
		w.blame(&v, s, past.image)
		v.Exit = v.Word.Exit()
		v.Evidence = append(v.Evidence, "no control app: its processes run what current has pointed to since "+clock(s.Facts.CurrentMoved, s)+
			", and its log or its unit says that they have booted")
		return v, true
	case before.ID == "":
		w.look.whole = s
	case s.Facts.PID != before.Facts.PID, s.Facts.StateStamp != before.Facts.StateStamp:
		return w.judge(ctx, w.look.seen(Restart, before, false), s)
	case anyGone(before, s):
		return w.judge(ctx, w.look.seen(Reload, before, false), s)
	}
	return Verdict{}, false
}

// doneBlindly reports whether every process runs what a recent deploy brought: it was started since then.
func (w *waiter) doneBlindly(s collector.Snapshot, past logWatch) bool {
	moved := s.Facts.CurrentMoved
	if s.Facts.Current == "" || moved.IsZero() || !w.o.Current && moved.Before(w.since(s)) || len(s.Facts.Workers) == 0 {
		return false
	}
	for _, p := range s.Facts.Workers {
		if p.Release != s.Facts.Current || !past.booted[p.PID] && !notified(s.Facts) {
			return false
		}
	}
	return true
}

// runsCurrent reports whether every worker runs what `current` points to, as far as both are known.
func runsCurrent(s collector.Snapshot) bool {
	running := s.Releases()
	return s.Facts.Current != "" && len(running) == 1 && running[0] == s.Facts.Current
}

// starts are when the processes that serve were made, by the host's clock, to the second; a moment that is not known is
// zero.
func starts(s collector.Snapshot) []time.Time {
	if s.Stats.Mode == puma.Single {
		return []time.Time{s.Stats.StartedAt}
	}
	var out []time.Time
	for _, w := range s.Stats.Workers {
		out = append(out, w.StartedAt)
	}
	return out
}

func oldestStart(s collector.Snapshot) time.Time {
	all := starts(s)
	if len(all) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(all, time.Time.Compare)
}

func youngest(s collector.Snapshot) time.Time {
	all := starts(s)
	if len(all) == 0 {
		return time.Time{}
	}
	return slices.MaxFunc(all, time.Time.Compare)
}
