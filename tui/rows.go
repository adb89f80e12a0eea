package tui

import (
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// Thresholds of what a figure looks like. Peers draw the line at 70 to 75 and at 90 percent; a backlog at all means
// that somebody waits.
const (
	busyWarn     = 0.75
	busyCritical = query.Busy
)

// row is one line of the fleet: a target, or a host that has none. What sorting, filtering and drawing share is
// worked out once per snapshot; texts are made for the lines in sight only. It is never written once it is among the lines of a
// fleet: those of the next share it.
type row struct {
	id     collector.TargetID
	target *collector.Snapshot   // nil for a host without targets
	host   *collector.HostStatus // nil for a target
	state  collector.State
	// running is a release that workers run, an old one if there is one; releases is how many distinct ones there
	// are, and current what the deploy's link points to. They are names, not directories.
	running, current string
	releases         int
	// fresh and wanted are workers of the newest phase that serve, and how many there are to be; old is the phase
	// that is being left, -1 where none is.
	fresh, wanted, old int
	// missing is how many workers fewer have booted than the target had when it was whole.
	missing int
	// odd says how what it runs stands out from the rest of its app.
	odd oddities
	// tails are set where the line is what several targets come to, which has no history of its own.
	tails *tails

	measures
}

// measures are what the lines of a fleet sum up of a row.
type measures struct {
	problem bool
	// weight and much are how bad it is, see heft.
	weight int8
	// kept is whether the lens of that number leaves it.
	kept bool
	lens int32
	much int64
	// has are columns that have something to say of it, of those that it was looked at for.
	has, looked columnSet
	// How wide its texts are, wide those in the written columns that were wanted when it was made, 0 in others.
	idWidth, releaseFull, releaseShort uint16
	wide                               [columnCount - firstWritten]uint8
}

func targetRow(s *collector.Snapshot) row {
	r := row{id: s.ID, target: s, state: s.State, current: releaseName(s.Facts().Current), old: -1}
	running, distinct := r.query().Running()
	r.running, r.releases = releaseName(running), distinct
	r.countPhases(s)
	return r
}

// hostRow is the line of a host that yielded no target: down, or without any Puma.
func hostRow(h *collector.HostStatus) row {
	r := row{id: collector.TargetID(h.Name), host: h, state: query.Row{Host: h}.State(), old: -1}
	if r.query().NoPuma() {
		r.state = collector.NoControl
	}
	return r
}

// query is the row as columns, filters and sorting take it.
func (r *row) query() query.Row { return query.Row{Target: r.target, Host: r.host} }

// asks is what a host without targets waits for a person to do; empty where it does not.
func (r *row) asks() string {
	if r.host == nil {
		return ""
	}
	return r.host.Waiting
}

// forAnswer begins what a host waits for where that can be typed.
const forAnswer = "waits for an answer: "

func (r *row) countPhases(s *collector.Snapshot) {
	r.wanted = max(s.Wanted, len(s.Workers))
	for i := range s.Workers {
		w := &s.Workers[i]
		switch {
		case s.Stats.Phase.Known && int64(w.Phase) != s.Stats.Phase.N:
			if r.old < 0 || w.Phase < r.old {
				r.old = w.Phase
			}
		case w.Booted && w.CheckedIn:
			r.fresh++
		}
	}
	if s.Wanted > 0 {
		r.wanted = s.Wanted
	}
	if s.Stats.Mode == puma.Cluster {
		r.missing = max(r.wanted-s.Stats.Booted(), 0)
	}
}

// isProblem is what query.Row.Problem says, from what has been worked out already.
func (r *row) isProblem() bool {
	if r.target == nil || r.state != collector.Serving {
		return true
	}
	u, known := r.target.Load.Utilisation()
	return known && u >= query.Busy || waiting(r.target.Load) > 0 || r.oldCode() || answered(r) && r.short()
}

// oldCode reports whether a worker runs another release than the deploy's link points to.
func (r *row) oldCode() bool {
	return r.current != "" && r.releases > 0 && r.running != r.current
}

// short reports whether fewer workers serve than the target had when it was whole.
func (r *row) short() bool { return r.missing > 0 }

// waiting is the requests that wait for a thread, in Puma and in the kernel.
func waiting(l collector.Load) int64 { return l.Backlog.Or(0) + l.ListenQueue.Or(0) }

// linked reports whether the connection to the host stands.
func (r *row) linked() bool {
	if r.target != nil {
		return r.target.Linked
	}
	return r.host.Connected
}

// retry is when the host is tried again; zero where none is due.
func (r *row) retry() time.Time {
	if r.target != nil {
		return r.target.Retry
	}
	return r.host.Retry
}
