package collector

import (
	"slices"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// movable is what a restart changes.
type movable struct {
	phase   puma.Count
	started int64
	workers []puma.Worker
	facts   *probe.Puma // nil before the first look
}

// move remembers when something that belongs to a restart last changed.
func (t *track) move(at time.Time) {
	now := movable{t.stats.Phase, t.stats.StartedAt.Unix(), t.stats.Workers, t.facts}
	if !now.same(&t.moved) {
		t.movedAt = at
	}
	t.moved = now
}

func (m *movable) same(o *movable) bool {
	return o.facts != nil && m.phase == o.phase && m.started == o.started && sameFacts(m.facts, o.facts) && sameRestart(m.workers, o.workers)
}

func sameFacts(a, b *probe.Puma) bool {
	if a == b {
		return true
	}
	if a.PID != b.PID || a.Unit.Active != b.Unit.Active || a.Unit.Sub != b.Unit.Sub || a.Control.IsZero() != b.Control.IsZero() {
		return false
	}
	return !a.Control.IsZero() || a.StateStamp == b.StateStamp && samePIDs(a.Workers, b.Workers) // processes are all that is seen of it
}

func samePIDs(a, b []probe.Process) bool {
	return slices.EqualFunc(a, b, func(a, b probe.Process) bool { return a.PID == b.PID })
}

// sameRestart reports that no worker has moved within a restart.
func sameRestart(a, b []puma.Worker) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		v, w := &a[i], &b[i]
		if v.Index != w.Index || v.PID != w.PID || v.Phase != w.Phase || v.Booted != w.Booted || v.CheckedIn != w.CheckedIn {
			return false
		}
	}
	return true
}
