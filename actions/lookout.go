package actions

import (
	"errors"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// lookout notices from one snapshot after another that a restart has begun which nobody here asked for. It remembers
// what the target was when it last was whole: that is what the restart is judged against.
type lookout struct {
	whole *collector.Snapshot // newest that was whole; one without an ID before there was one
	down  *collector.Snapshot // newest that showed no process, where nothing was seen to serve since; likewise
	// deaf is set after an action of our own: what it left behind is not somebody else's restart.
	deaf bool
	// steady is whether two looks in a row had the same processes: in a crash loop every look has others.
	steady bool
	// doubted is since when all workers are others and the master may be; zero where no such doubt is open.
	doubted time.Time
	acted   time.Time // when our last action that is known here left the target
}

func newLookout() *lookout { return &lookout{whole: &nothing, down: &nothing} }

// nothing is a snapshot that was never taken.
var nothing = collector.Snapshot{}

// sighting is a restart that was noticed.
type sighting struct {
	step   Step
	before collector.Snapshot
	// underWay means that it had begun before anybody looked.
	underWay bool
}

// since is from when on the log tells of it, by the host's clock: from the last look at the whole target on. It is zero
// where nobody looked before.
func (s sighting) since() time.Time {
	if s.underWay {
		return time.Time{}
	}
	at := s.before.Answered
	if s.before.State == collector.NoControl {
		at = s.before.Probed
	}
	return at.Add(s.before.Offset - time.Second)
}

// notice takes a snapshot and reports a restart that it shows to have begun.
func (l *lookout) notice(s *collector.Snapshot) (sighting, bool) {
	switch {
	case l.deaf:
		l.listen(s)
		return sighting{}, false
	case s.State == collector.NoControl && s.Facts().PID != 0:
		return l.blind(s)
	case !s.Fresh():
		return l.unanswered(s)
	case isWhole(s) && l.whole.ID == "" && l.down.ID == "":
		l.whole = s
		return sighting{}, false
	case l.whole.ID == "":
		return l.firstSight(s)
	}
	kind, begun := restartBetween(l.whole, s)
	switch {
	case begun && l.doubts(s):
	case begun:
		return l.seen(kind, l.whole, false), true
	case isWhole(s), l.whole.State != collector.Serving:
		l.whole = s
	}
	return sighting{}, false
}

// listen ends the deafness with the first answer from after the action, whole or not: what it left behind is where the
// next restart begins.
func (l *lookout) listen(s *collector.Snapshot) {
	l.whole, l.down = &nothing, &nothing
	if s.Fresh() || s.State == collector.NoControl && s.Probed.After(l.acted) {
		l.whole, l.deaf = s, false
	}
}

// doubts reports a restart that only the workers speak for, all of which are others: up to Puma 4.0 no answer names its
// image. A look from after that decides, and where it shows the same master they have just died.
func (l *lookout) doubts(s *collector.Snapshot) bool {
	was := l.whole
	if !was.Stats.StartedAt.IsZero() || !s.Stats.StartedAt.IsZero() || s.Stats.Phase.N > was.Stats.Phase.N ||
		s.Facts().PID != was.Facts().PID || s.Facts().StateStamp != was.Facts().StateStamp {
		l.doubted = time.Time{}
		return false
	}
	switch {
	case l.doubted.IsZero():
		l.doubted = s.At
	case s.Probed.After(l.doubted) && isWhole(s):
		l.whole, l.doubted = s, time.Time{}
	}
	return true
}

// blind takes a look at a target without a control app. A single worker that is another may just have died: a phased
// restart is noticed when all of them are others.
func (l *lookout) blind(s *collector.Snapshot) (sighting, bool) {
	was := l.whole
	switch {
	case was.ID == "":
		l.whole = s
	case was.State != collector.NoControl || !s.Probed.After(was.Probed): // it has figures, and is silent for a moment
	case otherMaster(was, s):
		return l.seen(Restart, was, false), true
	case l.steady && allOthers(was, s):
		return l.seen(Reload, was, false), true
	case len(s.Facts().Workers) >= len(was.Facts().Workers):
		l.steady = !anyGone(was, s)
		l.whole = s // with those that have died and were replaced meanwhile
	}
	return sighting{}, false
}

// otherMaster reports signs of another image, as the host shows them.
func otherMaster(was, is *collector.Snapshot) bool {
	return is.Facts().PID != was.Facts().PID || is.Facts().StateStamp != was.Facts().StateStamp
}

// allOthers reports that of several worker processes none from before is there any more.
func allOthers(was, is *collector.Snapshot) bool {
	return len(was.Facts().Workers) > 1 && len(is.Facts().Workers) > 0 && !slices.ContainsFunc(was.Facts().Workers, func(p probe.Process) bool { return processOf(is, p.PID) })
}

// anyGone reports whether a worker process from before is there no more.
func anyGone(was, is *collector.Snapshot) bool {
	return slices.ContainsFunc(was.Facts().Workers, func(p probe.Process) bool { return !processOf(is, p.PID) })
}

func processOf(s *collector.Snapshot, pid int) bool {
	return slices.ContainsFunc(s.Facts().Workers, func(p probe.Process) bool { return p.PID == pid })
}

// seen makes a sighting, and forgets what it was made from: the trial takes over.
func (l *lookout) seen(kind Kind, before *collector.Snapshot, underWay bool) sighting {
	l.whole, l.down, l.steady = &nothing, &nothing, false
	step := Step{Target: before.ID, Kind: kind, Before: *before, Observed: true, UnderWay: underWay}
	step.Says = "not asked for here"
	return sighting{step, *before, underWay}
}

// isWhole reports whether a snapshot shows all that a target is meant to have, at rest.
func isWhole(s *collector.Snapshot) bool {
	return s.Fresh() && s.State == collector.Serving && s.Stats.AllServing()
}

// restartBetween names the restart that lies between a whole target and a later answer of it. A worker that keeps its
// pid in a new phase is worker 0 in a refork.
func restartBetween(was, is *collector.Snapshot) (Kind, bool) {
	a, b := was.Stats.StartedAt, is.Stats.StartedAt
	switch {
	case is.Restarts > was.Restarts, !a.IsZero() && !b.IsZero() && !a.Equal(b), was.Stats.Mode != is.Stats.Mode:
		return Restart, true
	case is.Stats.Phase.N <= was.Stats.Phase.N:
		return "", false
	case reforked(was.Stats, is.Stats):
		return Refork, true
	}
	return Reload, true
}

// reforked reports whether a worker from before stands in the new phase.
func reforked(was, is puma.Stats) bool {
	pids := was.PIDs()
	for _, w := range is.Workers {
		if pids[w.PID] && int64(w.Phase) > was.Phase.N {
			return true
		}
	}
	return false
}

// unanswered takes a poll that failed: a full restart closes the socket until the application has booted, and a master
// that does not boot never opens it.
func (l *lookout) unanswered(s *collector.Snapshot) (sighting, bool) {
	switch {
	case s.State == collector.NotRunning:
		l.whole, l.down = &nothing, s
	case l.down.ID != "" && s.Facts().PID != 0, l.down.ID != "" && s.State == collector.CrashLoop:
		return l.seen(Start, l.down, false), true
	case l.whole.State == collector.Serving && s.State == collector.CrashLoop,
		l.whole.ID != "" && s.State == collector.Restarting && errors.Is(s.Err, collector.ErrNoListener):
		return l.seen(Restart, l.whole, false), true
	case l.whole.ID == "" && s.State == collector.CrashLoop:
		return l.seen(Start, s, true), true
	}
	return sighting{}, false
}

// firstSight takes the first answer of a target that is not whole, or that was down.
func (l *lookout) firstSight(s *collector.Snapshot) (sighting, bool) {
	switch {
	case l.down.ID != "":
		return l.seen(Start, l.down, false), true
	case s.Stats.OldWorkers.Or(0) > 0, s.State == collector.CrashLoop && s.Stats.Phase.N > 0:
		return l.seen(Reload, halfDone(s), true), true
	case s.Stats.Booted() == 0, s.State == collector.CrashLoop:
		before := *s
		before.Stats, before.Workers = puma.Stats{Mode: s.Stats.Mode}, nil
		return l.seen(Start, &before, true), true
	}
	return sighting{}, false
}

// halfDone is what a target was before the phased restart that it is in the middle of, as far as that can be told: the
// workers of the older phase. What the others replaced is not known.
func halfDone(s *collector.Snapshot) *collector.Snapshot {
	half := *s
	before := &half
	before.Stats.Phase = puma.Of(s.Stats.Phase.N - 1)
	before.Stats.Workers, before.Workers = nil, nil
	before.Wanted = max(s.Wanted, len(s.Stats.Workers))
	for i, w := range s.Stats.Workers {
		if int64(w.Phase) < s.Stats.Phase.N {
			before.Stats.Workers = append(before.Stats.Workers, w)
			before.Workers = append(before.Workers, s.Workers[i])
		}
	}
	return before
}
