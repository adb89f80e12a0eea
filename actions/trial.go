package actions

import (
	"errors"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// silence is how long a live link may stay without an answer of a control socket that accepts.
const silence = 30 * time.Second

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
	moved     time.Time // when signature last changed
	silent    time.Time // since when the control socket has not answered; zero while it does

	replaced bool // another image was seen
	boots    collector.BootWatch
	restarts int64 // of the unit, since the request
	doneAt   time.Time
	donePIDs map[int]bool
	doneFor  int // polls in a row with donePIDs

	slots  map[int]*slot
	lowest int
	queue  puma.Count
	killed []Killed
	log    logWatch
	notes  []string // evidence as it is found
}

// NewTrial begins the trial of a step whose request was sent at `asked`; before is the target right before it.
func NewTrial(step Step, before collector.Snapshot, asked, deadline time.Time) *Trial {
	t := &Trial{step: step, kind: step.Kind, before: before, asked: asked, deadline: deadline, moved: asked,
		now: before, lowest: before.Stats.Booted(), slots: map[int]*slot{}, expected: workersOf(before)}
	for _, w := range before.Stats.Workers {
		t.slots[w.Index] = &slot{old: w, drainFrom: asked, lastSeen: asked}
	}
	return t
}

// Observe takes a snapshot and returns a verdict once there is one; it is the last. Snapshots older than the request
// say nothing and are passed over.
func (t *Trial) Observe(s collector.Snapshot) (Verdict, bool) {
	if s.At.Before(t.asked) {
		return Verdict{}, false
	}
	t.now = s
	t.silence(s)
	t.systemd(s)
	if s.Fresh() && s.Answered.After(t.asked) {
		t.answer(s)
	}
	return t.judge()
}

// Log takes a line of the target's log from after the request. Until a reload out of a crash loop is seen to have
// begun, the lines are still those of the loop before it.
func (t *Trial) Log(line string) {
	if t.step.Remedy && !t.replaced && t.fresh.Stats.Phase.N <= t.before.Stats.Phase.N {
		return
	}
	t.log.add(line)
}

// WantsProbe reports whether the verdict waits for the releases to be read again.
func (t *Trial) WantsProbe() bool { return t.doneFor >= 2 && !t.now.Probed.After(t.doneAt) }

func (t *Trial) silence(s collector.Snapshot) {
	switch {
	case s.Fresh():
		t.silent = time.Time{}
	case t.silent.IsZero() && s.Err != nil:
		t.silent = s.At
	}
}

// systemd counts starts of the unit that nobody asked for: the master ended before its workers had booted.
func (t *Trial) systemd(s collector.Snapshot) {
	if !s.Probed.After(t.asked) {
		return
	}
	was, is := t.before.Facts.Unit.Restarts, s.Facts.Unit.Restarts
	if was.Known && is.Known && is.N > was.N {
		t.restarts = is.N - was.N
	}
	if t.before.Facts.PID != 0 && s.Facts.PID != 0 && s.Facts.PID != t.before.Facts.PID {
		t.newImage("the master's pid is another: %d, before %d", s.Facts.PID, t.before.Facts.PID)
	}
	if stamp := t.before.Facts.StateStamp; stamp != "" && s.Facts.StateStamp != "" && s.Facts.StateStamp != stamp {
		t.newImage("the state file was written again")
	}
}

func (t *Trial) newImage(format string, args ...any) {
	if !t.replaced && t.kind != Start {
		t.note(format, args...)
	}
	t.replaced = true
}

func (t *Trial) answer(s collector.Snapshot) {
	t.fresh = s
	if a, b := t.before.Stats.StartedAt, s.Stats.StartedAt; !a.IsZero() && !b.IsZero() && !a.Equal(b) {
		t.newImage("another image of the master: started at %s, before %s", clock(b, s), clock(a, t.before))
	}
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
	if t.replaced || t.kind != Reload || s.Mode == puma.Single {
		return s
	}
	s.Workers = slices.DeleteFunc(slices.Clone(s.Workers), func(w puma.Worker) bool {
		return int64(w.Phase) <= t.before.Stats.Phase.N
	})
	return s
}

// settle counts polls in which the restart is done.
func (t *Trial) settle(s collector.Snapshot) {
	pids := s.Stats.PIDs()
	switch {
	case !t.complete(s):
		t.doneFor, t.doneAt = 0, time.Time{}
	case t.doneFor > 0 && samePIDs(pids, t.donePIDs):
		t.doneFor++
	default:
		t.doneFor, t.doneAt = 1, s.At
	}
	t.donePIDs = pids
}

// complete reports whether the answer shows a whole target that has done what a restart of either kind does. Which
// kind it was is another question.
func (t *Trial) complete(s collector.Snapshot) bool {
	if !s.Stats.AllServing() {
		return false
	}
	if s.Stats.Mode == puma.Single {
		return t.replaced || t.kind == Start
	}
	if len(s.Stats.Workers) < t.expected-t.log.culled {
		return false
	}
	if t.replaced || t.kind == Start {
		return true
	}
	return t.kind == Reload && s.Stats.Phase.N > t.before.Stats.Phase.N && !anyOf(s.Stats.PIDs(), t.before.Stats.PIDs())
}

// judge returns the first verdict of the table that holds.
func (t *Trial) judge() (Verdict, bool) {
	switch {
	case t.looping():
		return t.crashLoop(), true
	case t.down():
		return t.notRunning(), true
	case t.doneFor >= 2 && (!t.WantsProbe() || t.now.At.Sub(t.doneAt) > probePatience):
		return t.done(), true
	case t.stuck() != "":
		return t.isStuck(t.stuck()), true
	case !t.now.At.Before(t.deadline):
		return t.late(), true
	}
	return Verdict{}, false
}

// looping reports a crash loop: two failed boots with none between, or one that the log names as such.
func (t *Trial) looping() bool {
	failed := int64(t.boots.Boots().Failed)
	if t.doneFor == 0 {
		failed = max(failed, t.restarts)
	}
	return failed >= 2 || t.log.failedBoot && (failed == 1 || t.down())
}

// down reports a unit that runs no more and will not be started by systemd.
func (t *Trial) down() bool {
	s := t.now
	if !s.Probed.After(t.asked.Add(time.Second)) || s.Facts.PID != 0 || s.Probed.Before(t.fresh.Answered) || s.Facts.Unit.Name == "" {
		return false
	}
	active := s.Facts.Unit.Active
	return active == "inactive" || active == "failed"
}

// stuck says for how long what has not moved, or nothing.
func (t *Trial) stuck() string {
	limits := collector.LimitsOf(t.before.Facts)
	now := t.now.At
	if !t.now.Linked {
		return ""
	}
	if !t.silent.IsZero() {
		limit := silence
		if errors.Is(t.now.Err, collector.ErrNoListener) || t.now.Facts.PID == 0 {
			limit = limits.Drain + limits.Boot // a full restart closes the socket until the application has booted
		}
		if now.Sub(t.silent) >= limit {
			return "no answer from the control socket for " + seconds(now.Sub(t.silent))
		}
		return ""
	}
	limit := limits.Drain
	if t.booting() >= 0 {
		limit = limits.Boot
	}
	if still := now.Sub(t.moved); t.fresh.ID != "" && still >= limit && t.doneFor == 0 {
		return "nothing has changed for " + seconds(still) + ": " + t.Waiting()
	}
	return ""
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
