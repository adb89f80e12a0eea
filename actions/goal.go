package actions

import (
	"slices"
	"strings"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// raisesPhase reports whether what was asked makes Puma count a phase more.
func (t *Trial) raisesPhase() bool { return t.kind == Reload || t.kind == Refork }

// drainEnds reports whether Puma ends the drain of a worker when worker_shutdown_timeout runs out. In a full restart it
// waits for as long as the requests take.
func (t *Trial) drainEnds() bool { return t.kind != Restart && t.kind != Start && t.kind != Stop }

// stays reports whether a worker from before is to go on: worker 0 in a refork.
func (t *Trial) stays(w puma.Worker) bool { return t.kind == Refork && w.Index == 0 }

// due is how many workers have to be new in the end.
func (t *Trial) due() int {
	switch t.kind {
	case AddWorker, RemoveWorker, Recycle:
		return 1
	case Refork:
		return max(t.expected-1, 0)
	}
	return t.expected
}

// isNew reports whether a worker was made by what was asked: one that died meanwhile may come back in the old phase.
func (t *Trial) isNew(w puma.Worker) bool {
	switch {
	case t.kind == Start || t.replaced():
		return true
	case t.raisesPhase():
		return int64(w.Phase) > t.before.Stats.Phase.N
	case t.kind == Recycle:
		return w.Index == t.step.Worker && w.PID != t.step.PID
	}
	return t.kind == AddWorker && !t.before.Stats.PIDs()[w.PID]
}

// begin notes when what was asked was first seen to have begun.
func (t *Trial) begin(s collector.Snapshot) {
	if t.step.Observed && t.replaced() && t.kind != Start {
		t.kind = Restart // whatever it was taken for while there was only a phase to see
	}
	if t.step.Observed && t.kind == Reload && reforked(t.before.Stats, s.Stats) {
		t.kind = Refork
	}
	if !t.began.IsZero() {
		return
	}
	switch {
	case t.replaced(), t.raisesPhase() && s.Stats.Phase.N > t.before.Stats.Phase.N:
		t.began, t.phased = s.At, !t.replaced()
	case !t.raisesPhase() && t.drainEnds() && !samePIDs(s.Stats.PIDs(), t.before.Stats.PIDs()):
		t.began = s.At
	}
}

// complete reports whether the answer shows a whole target that has done what was asked, or restarted in either way
// where a restart was. Which way it was is another question. An old pid that should have gone rules it out, whatever
// else the answer says.
func (t *Trial) complete(s collector.Snapshot) bool {
	is := s.Stats
	switch {
	case !is.AllServing(), slices.ContainsFunc(s.Dead, func(pid int) bool { return is.PIDs()[pid] }):
		return false // up to Puma 4 a dead worker stays listed as a serving one
	case t.kind == Start:
		return len(is.Workers) >= t.needed()
	case is.Mode == puma.Single:
		return t.replaced()
	case !t.replaced() && !t.renewing():
		return t.workersDone(is)
	case len(is.Workers) < t.needed() || anyOf(is.PIDs(), t.before.Stats.PIDs()):
		return false
	}
	return t.replaced() || t.kind == Reload && is.Phase.N > t.before.Stats.Phase.N
}

// renewing reports whether every worker is to be replaced.
func (t *Trial) renewing() bool { return t.kind.renews() || t.kind == Stop }

// workersDone is complete for what is about single workers. In the new phase of a refork worker 0 has the pid that it
// had, and its last_status proves nothing: it is that of before.
func (t *Trial) workersDone(is puma.Stats) bool {
	was := t.before.Stats.PIDs()
	switch t.kind {
	case Refork:
		return is.Phase.N > t.before.Stats.Phase.N && len(is.Workers) >= t.needed() &&
			!slices.ContainsFunc(is.Workers, func(w puma.Worker) bool { return was[w.PID] != (w.Index == 0) })
	case Recycle:
		return len(is.Workers) >= t.needed() && !is.PIDs()[t.step.PID] &&
			slices.ContainsFunc(is.Workers, func(w puma.Worker) bool { return w.Index == t.step.Worker })
	case AddWorker: // somebody else may have asked for another one
		return len(is.Workers) >= t.expected
	case RemoveWorker:
		return len(is.Workers) <= t.expected || len(t.log.culled) > 0
	}
	return false
}

// needed is how many workers have to serve: as many as before, or what the configuration says now where a new image has
// read it, less what a TTOU took away.
func (t *Trial) needed() int {
	n := t.expected
	if c := t.configured(); c.Known {
		n = int(c.N)
	}
	if t.kind != RemoveWorker {
		n -= len(t.log.culled)
	}
	return max(n, 1)
}

// configured is the number of workers of the configuration that the image of now has read; missing where puma.rb alone
// does not decide it, or a phased restart has not read it.
func (t *Trial) configured() puma.Count {
	if t.kind != Start && !t.replaced() || !t.now.Probed.After(t.asked) || commandSetsWorkers(t.now.Facts().Unit.ExecStart) {
		return puma.Count{}
	}
	return t.now.Facts().Settings.Workers.Count()
}

// commandSetsWorkers reports a command line that overrules the configuration.
func commandSetsWorkers(command string) bool {
	return strings.Contains(command, " -w") || strings.Contains(command, " --workers")
}

// gone reports that no process is left and none will come: what a stop is for.
func (t *Trial) gone() bool {
	s := t.now
	if !s.Probed.After(t.asked) || s.Facts().PID != 0 || s.Probed.Before(t.fresh.Answered) {
		return false
	}
	active := s.Facts().Unit.Active
	return s.Facts().Unit.Name == "" || active == "inactive" || active == "failed"
}
