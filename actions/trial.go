package actions

import (
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// probePatience is how long a restart that is done waits for the releases to be read, before the verdict says that
// they were not seen.
const probePatience = 15 * time.Second

// Trial judges one step of a plan. It takes every snapshot from the request on and is nothing but a fold over them:
// no I/O, no clock.
type Trial struct {
	step     Step
	kind     Kind // what has to be proved
	before   collector.Snapshot
	asked    time.Time
	deadline time.Time
	expected int // workers that have to serve in the end

	now       collector.Snapshot // newest
	fresh     collector.Snapshot // newest that answered since the request; ID empty before
	signature string
	moved     time.Time     // when signature last changed
	silent    time.Time     // since when the control socket has not answered; zero while it does
	away      bool          // the link is down
	byUnit    bool          // without figures: a worker counts as booted by the unit alone
	looped    bool          // without figures: its workers were others with every look before the request
	closed    bool          // silent because nothing listens on the control socket
	closedAt  time.Time     // since when at most
	failed    time.Time     // when the newest poll failed
	gap       time.Duration // how long nothing listened, all in all

	elsewhere    string    // the container that has taken the place of the one before
	other        bool      // an answer of another image was seen
	imageUp      time.Time // when the newest of other images first answered
	imageStarted time.Time // its started_at
	furtherImage bool      // it is not the first of them
	imageServed  bool      // one of them was seen to serve, by a look too
	restartsThen int64     // restarts at that time
	hinted       time.Time // when the newest probe began that found signs of another image
	sameAt       time.Time // when the newest answer came that proves the image of before
	began        time.Time // when the restart that was asked for was first seen to have begun
	phased       bool      // ... and that it was in a new phase of the same image
	boots        collector.BootWatch
	floor        puma.Count // fewest of startedBy that were seen: a start by hand sets the count to 0
	restarts     int64      // of startedBy, since the request
	doneAt       time.Time
	donePIDs     map[int]bool
	doneFor      int // polls in a row with donePIDs

	slots  map[int]*slot
	lowest int
	queue  puma.Count
	killed []Killed
	log    logWatch
	// bootPhases are the phases in which pids booted, as far as they were logged, before the restart too.
	bootPhases map[int]int
	notes      []string // evidence as it is found
}

// NewTrial begins the trial of a step whose request was sent at `asked`; before is the target right before it.
func NewTrial(step Step, before collector.Snapshot, asked, deadline time.Time) *Trial {
	looped := false
	if step.blind() {
		looped = !samePIDs(processes(step.Before), processes(before))
		before = sightless(before)
	}
	t := &Trial{step: step, kind: step.Kind, before: before, asked: asked, deadline: deadline, moved: asked,
		now: before, lowest: before.Stats.Booted(), slots: map[int]*slot{}, expected: workersOf(before), floor: startedBy(before)}
	t.looped = looped
	switch step.Kind {
	case AddWorker:
		t.expected++
	case RemoveWorker:
		t.expected--
	}
	for _, w := range before.Stats.Workers {
		t.slots[w.Index] = &slot{old: w, drainFrom: asked, lastSeen: asked}
	}
	return t
}

// Observe takes a snapshot and returns a verdict once there is one; it is the last. Snapshots older than the request
// say nothing and are passed over, and so are answers to polls that began before it.
func (t *Trial) Observe(s collector.Snapshot) (Verdict, bool) {
	if s.At.Before(t.asked) {
		return Verdict{}, false
	}
	if t.step.blind() {
		s = t.infer(s)
	}
	t.now = s
	t.silence(s)
	t.container(s)
	t.keeper(s)
	if s.Fresh() && s.Answered.Add(-s.Latency).After(t.asked) {
		t.answer(s)
	}
	return t.judge()
}

// extend moves the deadline, for a target that was lost and may come back.
func (t *Trial) extend(deadline time.Time) { t.deadline = deadline }

// WantsProbe reports whether the host is to be looked at again: for what only a look shows, or for the releases, and
// after a start for the unit.
func (t *Trial) WantsProbe() bool { return t.kind == Stop || t.step.blind() || t.wantsReleases() }

// wantsReleases reports whether the verdict waits for a look from after the end.
func (t *Trial) wantsReleases() bool {
	return !t.now.Unseen && t.doneFor >= 2 && (!t.now.Probed.After(t.doneAt) || t.kind == Start && !t.unitRuns())
}

// unitRuns reports whether the unit that was to be started has the process that answers.
func (t *Trial) unitRuns() bool {
	u := t.now.Facts().Unit
	if t.before.Facts().Unit.Name == "" {
		return t.now.Facts().PID != 0
	}
	return t.now.Facts().PID != 0 && u.Name == t.before.Facts().Unit.Name && (u.Active == "active" || u.Active == "reloading")
}

func (t *Trial) hint(s collector.Snapshot, format string, args ...any) {
	t.hinted = s.Probed
	if t.kind != Start {
		t.note(format, args...)
	}
}

// replaced reports whether another image runs: an answer said so, or the host shows it and no later answer denies it.
func (t *Trial) replaced() bool { return t.other || t.hinted.After(t.sameAt) }

// doubtful reports signs of another image that the next answer will settle.
func (t *Trial) doubtful() bool {
	return !t.other && t.hinted.After(t.sameAt) && t.fresh.ID != "" &&
		!t.before.Stats.StartedAt.IsZero() && !t.fresh.Stats.StartedAt.IsZero()
}

// image compares started_at, from 4.1 on the one proof.
func (t *Trial) image(s collector.Snapshot) {
	was, is := t.before.Stats.StartedAt, s.Stats.StartedAt
	switch {
	case was.IsZero() && is.IsZero():
		if s.Unseen && s.Restarts > t.before.Restarts && !t.other { // up to Puma 4.0, and no look at the host will tell
			t.other = true
			t.note("another image of the master: every worker is another, and no phase was begun")
		}
	case was.IsZero() || is.IsZero():
	case was.Equal(is):
		t.sameAt = s.At
	case t.other && is.Equal(t.imageStarted):
	case t.other && t.imageStarted.IsZero(): // another container was seen before it answered
		t.imageStarted = is
	case t.other:
		t.furtherImage, t.imageUp, t.imageStarted = true, s.At, is
		t.note("and another image after that: started at %s", clock(is, s))
	default:
		t.other, t.imageUp, t.imageStarted = true, s.At, is
		t.boots = collector.BootWatch{} // boots that the old image did not live to see end
		t.note("another image of the master: started at %s, before %s", clock(is, s), clock(was, t.before))
	}
}

func (t *Trial) answer(s collector.Snapshot) {
	t.fresh = s
	t.image(s)
	if t.kind == Start { // how many there will be was not known, or long ago
		t.expected = max(t.expected, len(s.Stats.Workers))
	}
	t.begin(s)
	if sig := signature(s); sig != t.signature {
		t.signature, t.moved = sig, s.At
	}
	t.boots.Observe(t.ours(s.Stats), s.At)
	for _, pid := range s.Dead {
		t.boots.Dead(pid, s.At)
	}
	t.cost(s)
	t.follow(s)
	t.settle(s)
}

// ours is the part of an answer that belongs to what was asked: in a crash loop the pids of the restart before go on
// failing until this one has begun, and say nothing of it.
func (t *Trial) ours(s puma.Stats) puma.Stats {
	switch {
	case t.replaced() || s.Mode == puma.Single:
	case t.raisesPhase():
		s.Workers = slices.DeleteFunc(slices.Clone(s.Workers), func(w puma.Worker) bool {
			return int64(w.Phase) <= t.before.Stats.Phase.N
		})
	case t.step.Remedy:
		s.Workers = nil
	}
	return s
}

// settle counts polls in which the restart is done.
func (t *Trial) settle(s collector.Snapshot) {
	pids := s.Stats.PIDs()
	switch {
	case !t.complete(s):
		t.unsettle()
	case t.doneFor > 0 && samePIDs(pids, t.donePIDs):
		t.doneFor++
	default:
		t.doneFor, t.doneAt = 1, s.At
	}
	t.donePIDs = pids
}

// judge returns the first verdict of the table that holds.
func (t *Trial) judge() (Verdict, bool) {
	t.served()
	switch {
	case t.kind == Stop && t.gone():
		return t.stopped(), true
	case t.lockedOut():
		return t.shutOut(), true
	case t.looping():
		return t.crashLoop(), true
	case t.down() && t.kind != Stop:
		return t.notRunning(), true
	case t.log.noRefork && t.kind == Refork:
		return t.noRefork(), true
	case t.proven():
		return t.done(), true
	case t.stuck() != "":
		return t.isStuck(t.stuck()), true
	case !t.now.At.Before(t.deadline) && !t.awaitsPing():
		return t.late(), true
	}
	return Verdict{}, false
}

// proven reports whether there is nothing left to wait for. Releases that nobody can read are waited for in vain; a
// unit that is not active is not.
func (t *Trial) proven() bool {
	if t.doneFor < 2 || t.doubtful() || t.kind == Start && !t.unitRuns() {
		return false
	}
	if t.byUnit && t.doneFor < 3 {
		return false // Puma tells the unit once a second: what a look finds there may be of before it
	}
	if t.step.Observed && t.replaced() && !t.log.begun && t.now.At.Sub(t.doneAt) < logTimeout {
		return false // the log tells a phased restart that became a full one
	}
	if t.unknownToTheKernel() {
		t.unsettle()
		return false
	}
	return t.read() && (!t.threatened() || t.notAsAsked())
}

// read reports that the releases were, or that no look will show them.
func (t *Trial) read() bool {
	return !t.wantsReleases() || t.now.At.Sub(t.doneAt) > probePatience && !t.mayBeElsewhere()
}

// unknownToTheKernel reports a worker that Puma lists and a look from after that did not find: up to Puma 4 a dead one
// stays listed for seconds.
func (t *Trial) unknownToTheKernel() bool {
	f := t.now.Facts()
	switch {
	case !t.now.Probed.After(t.doneAt):
		return false
	case f.PID == 0:
		return true
	case len(f.Workers) == 0: // where workers are never seen, as in a container, that says nothing
		return t.fresh.Stats.Mode == puma.Cluster && len(t.before.Facts().Workers) > 0
	}
	alive := map[int]bool{}
	for _, p := range f.Workers {
		alive[p.PID] = true
	}
	return t.fresh.Stats.Mode == puma.Cluster && anyMissing(t.donePIDs, alive)
}

// unsettle begins the count of whole polls anew: what is proved has to hold until it is said.
func (t *Trial) unsettle() { t.doneFor, t.doneAt = 0, time.Time{} }

// looping reports a crash loop: two failed boots with none between, or one that the log names as such.
func (t *Trial) looping() bool {
	failed := t.failedBoots()
	if t.looped {
		failed -= int64(t.expected) // each index may have a child of the loop before that still has to end
	}
	return failed >= 2 || t.log.failedBoot && (failed == 1 || t.down())
}

// failedBoots are those at the worst index, or of the master.
func (t *Trial) failedBoots() int64 {
	masters := t.restarts
	if t.phased {
		masters-- // the first that ended had booted long ago
	}
	if t.doneFor > 0 {
		masters = 0
	}
	if t.step.blind() { // two looks at the processes may see none of them
		masters = max(masters, int64(t.log.ended))
	}
	return max(int64(t.boots.Boots().Failed), masters)
}

// down reports a unit that runs no more and will not be started by systemd.
func (t *Trial) down() bool {
	s := t.now
	if !s.Probed.After(t.asked.Add(time.Second)) || s.Facts().PID != 0 || s.Probed.Before(t.fresh.Answered) || s.Facts().Unit.Name == "" {
		return false
	}
	active := s.Facts().Unit.Active
	return active == "inactive" || active == "failed"
}

// booting is the index of a worker that has not booted, -1 for none.
func (t *Trial) booting() int {
	for _, w := range t.fresh.Stats.Workers {
		if !w.Booted {
			return w.Index
		}
	}
	return -1
}

func samePIDs(a, b map[int]bool) bool { return len(a) == len(b) && !anyMissing(a, b) }

func anyMissing(a, b map[int]bool) bool {
	for pid := range a {
		if !b[pid] {
			return true
		}
	}
	return false
}

func anyOf(a, b map[int]bool) bool {
	for pid := range a {
		if b[pid] {
			return true
		}
	}
	return false
}
