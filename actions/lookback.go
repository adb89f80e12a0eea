package actions

import (
	"fmt"
	"path"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// settled reports whether a snapshot shows the target as it is after what is waited for.
func (w *waiter) settled(s collector.Snapshot) bool {
	if !isWhole(&s) || len(s.Stats.Workers) < s.Wanted {
		return false
	}
	start, since := oldestStart(s), w.since(s).Truncate(time.Second)
	switch {
	case w.o.Current, start.After(since):
		return true
	case start.Equal(since): // within one second, who was first is told by what runs
		return runsCurrent(s)
	}
	return false
}

// since is from when on a restart counts, by the host's clock.
func (w *waiter) since(s collector.Snapshot) time.Time {
	now := w.began.Add(s.Offset)
	moved := s.Facts().CurrentMoved
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
	if s.Unseen {
		return true // nobody can
	}
	if w.log.lines != nil && len(w.log.read) == 0 && s.At.Sub(w.began) < logTimeout {
		return false // the log tells a phased restart that became a full one
	}
	unread := slices.ContainsFunc(s.Workers, func(k collector.Worker) bool { return k.Release == "" }) && s.At.Sub(w.agreedAt) < probePatience
	return s.Probed.After(w.began) && s.Probed.After(youngest(s).Add(-s.Offset)) && !unread
}

// inFull reports that the newest restart was a full one: the image is of that time, and no phased one has come since.
// An image from the very second at which that time begins may be older, and with a phase it is.
func (w *waiter) inFull(s collector.Snapshot) bool {
	past, since := readPast(w.log.read), w.since(s).Truncate(time.Second)
	switch at := s.Stats.StartedAt; {
	case s.Stats.Mode == puma.Single:
		return !at.IsZero() && !at.Before(since)
	case hasJournal(s) && past.phased && int64(past.phase) == s.Stats.Phase.N:
		return false
	case at.Equal(since):
		return s.Stats.Phase.N == 0
	default:
		return at.After(since)
	}
}

// restarted is the sign that workers are new because of a restart, and have not just died: another image, a phased
// restart in the log, or, where the log cannot tell, the release that a deploy has brought since.
func (w *waiter) restarted(s collector.Snapshot, full bool) (sign string, ok bool) {
	past := readPast(w.log.read)
	switch {
	case full:
		return "another image of the master since then", true
	case hasJournal(s) && past.phased && int64(past.phase) == s.Stats.Phase.N:
		return fmt.Sprintf("its log has a phased restart since then, phase %d", past.phase), true
	case (len(w.log.read) == 0 || !hasJournal(s)) && w.deployed(s):
		return "its log does not tell; its workers run what current has pointed to since " + clock(s.Facts().CurrentMoved, s), true
	}
	return "", false
}

// deployed reports that the workers run what was deployed within the time that is looked back at.
func (w *waiter) deployed(s collector.Snapshot) bool {
	return runsCurrent(s) && !s.Facts().CurrentMoved.Before(w.since(s).Truncate(time.Second))
}

// ended reports a master that ended by itself within that time: its process is new, and systemd or its engine has counted it.
func (w *waiter) ended(s collector.Snapshot) bool {
	return startedBy(s).Or(0) > 0 && !s.Facts().Started.IsZero() && !s.Facts().Started.Before(w.since(s))
}

// already is the verdict on a restart that was over before it could be seen.
func (w *waiter) already(s collector.Snapshot) (Verdict, bool) {
	if w.o.Current && !runsCurrent(s) {
		return Verdict{}, false
	}
	v := w.verdict(Verified, "")
	full := w.inFull(s)
	if full {
		v.Action, v.ImageChanged = Restart, true
	}
	if w.waits = full && w.threatened(s, s.Answered); w.waits {
		return Verdict{}, false
	}
	sign, restarted := w.restarted(s, full)
	if !restarted && !w.o.Current {
		w.unexplained = true
		return Verdict{}, false
	}
	if sign != "" {
		v.Evidence = append(v.Evidence, sign)
	}
	v.Summary = "already done"
	if at := youngest(s); !at.IsZero() {
		v.Summary += fmt.Sprintf(" %s ago", seconds(max(s.At.Sub(at.Add(-s.Offset)), 0)))
		v.Evidence = append(v.Evidence, fmt.Sprintf("its workers started between %s and %s", clock(oldestStart(s), s), clock(at, s)))
	}
	runs := "release not seen"
	if names := baseNames(s.Releases()); names != "" {
		runs = "run " + withRevision(names, revisions(s))
	}
	v.Summary += fmt.Sprintf(": all of %s serve, %s", plural(int64(len(s.Stats.Workers)), "worker"), runs)
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
	case s.Facts().Current != "" && len(s.Releases()) > 0 && !runsCurrent(s):
		v.Word = OldCode
		v.Reason = fmt.Sprintf("workers run %s, current is %s", baseNames(s.Releases()), path.Base(s.Facts().Current))
		v.Remedy = "set directory to the current link in puma.rb, or reload again"
	case full && w.ended(s):
		v.Word, v.Action = RestartedInstead, Reload
		v.Reason, v.Remedy = endedAnd(s)
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

// runsCurrent reports whether every worker runs what `current` points to, as far as both are known.
func runsCurrent(s collector.Snapshot) bool {
	running := s.Releases()
	return s.Facts().Current != "" && len(running) == 1 && running[0] == s.Facts().Current
}

// starts are when the processes that serve were made, by the host's clock, to the second; a moment that is not known is
// zero.
func starts(s collector.Snapshot) []time.Time {
	if s.Stats.Mode == puma.Single {
		return []time.Time{s.Stats.StartedAt}
	}
	created := map[int]time.Time{}
	for _, p := range s.Facts().Workers {
		created[p.PID] = p.Started.Truncate(time.Second)
	}
	var out []time.Time
	for _, w := range s.Stats.Workers {
		at := w.StartedAt.Time()
		if at.IsZero() { // up to Puma 4.0 only the kernel knows
			at = created[w.PID]
		}
		out = append(out, at)
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
