package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
)

// blind waits for a target without a control app: its processes, when they were created, its log and its releases are
// all there is.
func (w *waiter) blind(ctx context.Context, s collector.Snapshot) (Verdict, bool) {
	w.r.fleet.Probe(s.ID)
	if !s.Probed.After(w.began) {
		return Verdict{}, false
	}
	past := readPast(w.log.read)
	if sighting, seen := w.sightBlindly(s, past); seen {
		return w.judge(ctx, sighting, s)
	}
	if w.newBlindly(s, past) {
		return w.confirm(s, past)
	}
	if w.turns = 0; w.look.whole.ID == "" && len(s.Facts().Workers) == w.count(s, past) {
		w.look.whole = &s
	}
	return Verdict{}, false
}

// sightBlindly notices a restart that has begun, or one that does not boot.
func (w *waiter) sightBlindly(s collector.Snapshot, past logWatch) (sighting, bool) {
	before := w.look.whole
	switch {
	case past.looping():
		return w.look.seen(Reload, &s, true), true
	case before.ID != "" && otherMaster(before, &s):
		return w.look.seen(Restart, before, false), true
	case before.ID != "" && allOthers(before, &s) && !w.died(s, past):
		return w.look.seen(Reload, before, false), true
	case hasJournal(s) && past.phased && !w.newBlindly(s, past) && w.count(s, past) > 0 && len(w.old(s)) > 0:
		return w.look.seen(Reload, w.halfDoneBlindly(s, past), true), true
	}
	return sighting{}, false
}

// died reports that the log has been read and knows of no restart: workers that are others have died.
func (w *waiter) died(s collector.Snapshot, past logWatch) bool {
	return hasJournal(s) && len(w.log.read) > 0 && !past.phased && !past.image
}

// blindTick is how long the processes have to stay the same: up to Puma 4 there are ten seconds between the end of a
// worker and its successor, later up to five.
func blindTick(s collector.Snapshot) time.Duration {
	if s.Facts().Version.AtLeast(5, 0, 0) {
		return 6 * time.Second
	}
	return 11 * time.Second
}

// confirm waits until the same processes have been there for a tick.
func (w *waiter) confirm(s collector.Snapshot, past logWatch) (Verdict, bool) {
	if pids := processes(s); w.turns == 0 || !samePIDs(pids, w.agreed) {
		w.agreed, w.agreedAt, w.turns = pids, s.Probed, 1
		return Verdict{}, false
	}
	if w.turns++; s.Probed.Sub(w.agreedAt) < blindTick(s) { // by looks: a snapshot may rest on the look before
		return Verdict{}, false
	}
	if w.waits = past.image && w.threatened(s, s.Probed); w.waits {
		return Verdict{}, false
	}
	n := len(s.Facts().Workers)
	v := w.verdict(Verified, fmt.Sprintf("already done: all of %s run %s", plural(int64(n), "worker"), withRevision(baseNames(s.Releases()), revisions(s))))
	if n == 0 {
		v.Summary = "already done: it serves again, runs " + baseNames(s.Releases())
	}
	if past.image {
		v.Action, v.ImageChanged = Restart, true
	}
	made := "its processes were created since " + clock(w.since(s), s)
	if len(w.old(s)) > 0 {
		made = "its processes run what current points to"
	}
	v.Evidence = append(v.Evidence, "no control app: "+made+", and have booted as its log, its unit or their age says")
	w.blame(&v, s, past.image)
	v.Exit = v.Word.Exit()
	return v, true
}

// newBlindly reports whether the whole target was made since the time that is looked back at, and by a restart.
func (w *waiter) newBlindly(s collector.Snapshot, past logWatch) bool {
	if len(s.Facts().Workers) == 0 { // single mode
		return past.image && past.ready && hasJournal(s)
	}
	switch {
	case len(s.Facts().Workers) != w.count(s, past):
		return false
	case slices.ContainsFunc(s.Facts().Workers, func(p probe.Process) bool { return !bootedBlindly(s, past, p) }):
		return false
	case w.o.Current:
		return runsCurrent(s)
	case len(w.old(s)) > 0:
		return false
	}
	return hasJournal(s) && (past.phased || past.image) || w.deployed(s) && notified(s.Facts())
}

// bootedBlindly reports a worker that has booted: the log or the unit says so, or it is older than the master lets one be
// that has not.
func bootedBlindly(s collector.Snapshot, past logWatch, p probe.Process) bool {
	age := s.Probed.Add(s.Offset).Sub(p.Started)
	return past.booted[p.PID] || notified(s.Facts()) || !p.Started.IsZero() && age > collector.LimitsOf(s.Facts()).Boot
}

// old are the workers from before that time, or whose time is not known.
func (w *waiter) old(s collector.Snapshot) (out []probe.Process) {
	since := w.since(s)
	for _, p := range s.Facts().Workers {
		if p.Started.IsZero() || p.Started.Before(since) {
			out = append(out, p)
		}
	}
	return out
}

// count is how many workers there have to be, as far as configuration, log and unit tell; 0 where none of them does.
// Between the end of a worker and its successor it is not to be seen from the processes.
func (w *waiter) count(s collector.Snapshot, past logWatch) int {
	n := int(s.Facts().Settings.Workers.Count().Or(0))
	if m := bootedOf.FindStringSubmatch(s.Facts().Unit.Status); m != nil {
		n = max(n, atoi(m[2]))
	}
	for _, p := range slices.Concat(w.look.whole.Facts().Workers, s.Facts().Workers) {
		n = max(n, p.Index+1)
	}
	for index := range past.indexes {
		n = max(n, index+1)
	}
	return n
}

// halfDoneBlindly is what the target was before the restart that it is in the middle of: the workers that are left.
func (w *waiter) halfDoneBlindly(s collector.Snapshot, past logWatch) *collector.Snapshot {
	before := s
	before.Wanted = w.count(s, past)
	before.OwnFacts().Workers = w.old(s)
	return &before
}
