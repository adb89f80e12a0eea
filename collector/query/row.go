package query

import (
	"path"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// Row is one line of the fleet: a target, or a host that has none.
type Row struct {
	// Target is nil for a host without a target, Host for a row of which only the target is known.
	Target *collector.Snapshot
	Host   *collector.HostStatus
	// At is when the row is looked at, which is later than its snapshot was made; zero for the snapshot's own time.
	At time.Time
}

// at is when the row is looked at.
func (r Row) at() time.Time {
	if r.At.After(r.Target.At) {
		return r.At
	}
	return r.Target.At
}

// Busy is the share of the threads in use from which on a target is a problem. Peers draw that line at 90 percent.
const Busy = 0.90

// RowsOf are the rows of a fleet in its order: the targets, then the hosts that have none.
func RowsOf(f *collector.Fleet) []Row {
	rows := make([]Row, 0, len(f.Targets)+len(f.Hosts))
	for _, t := range f.Targets {
		rows = append(rows, Row{Target: t, At: f.At})
	}
	for i := range f.Hosts {
		if f.Hosts[i].Pumas == 0 {
			rows = append(rows, Row{Host: &f.Hosts[i], At: f.At})
		}
	}
	return rows
}

// ID is the target's, or the name of a host that has none.
func (r Row) ID() collector.TargetID {
	switch {
	case r.Target != nil:
		return r.Target.ID
	case r.Host != nil:
		return collector.TargetID(r.Host.Name)
	}
	return ""
}

// HostName is the name of the host.
func (r Row) HostName() string {
	if r.Target != nil {
		return r.Target.Host
	}
	return string(r.ID())
}

// Groups are those that the row's host is in.
func (r Row) Groups() []string {
	switch {
	case r.Target != nil:
		return r.Target.Groups
	case r.Host != nil:
		return r.Host.Groups
	}
	return nil
}

// State is the target's, or what a host without a target amounts to: not running where it was looked at in vain.
func (r Row) State() collector.State {
	h := r.Host
	switch {
	case r.Target != nil:
		return r.Target.State
	case h == nil || !h.Asked && h.Err == "" || h.Waiting != "":
		return collector.Connecting
	case h.Connected && h.Stage == "":
		return collector.NotRunning
	}
	return collector.Unreachable
}

// NoPuma reports whether the row is a host that was reached and has no Puma to show.
func (r Row) NoPuma() bool {
	return r.Target == nil && r.Host != nil && r.Host.Connected && r.Host.Asked && r.Host.Waiting == ""
}

// Severity orders rows, 0 being the worst. A host without any Puma is no outage that is known of: it comes behind those.
func (r Row) Severity() int {
	if r.NoPuma() {
		return collector.NoControl.Severity()
	}
	return r.State().Severity()
}

// is reports whether the row is in the state. A host without any Puma is not running, and what the screen draws it as.
func (r Row) is(s collector.State) bool {
	return r.State() == s || s == collector.NoControl && r.NoPuma()
}

// Reason says why the row does not serve, and remedy what to do about it.
func (r Row) Reason() (reason, remedy string) {
	h := r.Host
	switch {
	case r.Target != nil:
		return r.Target.Reason, r.Target.Remedy
	case h == nil:
		return "", ""
	case h.Err != "":
		return h.Err, h.Remedy
	case h.Connected:
		return "connected, but the probe has not answered in time", h.Remedy
	}
	return "not connected in time", h.Remedy
}

// Answered reports whether there are figures, old ones included. Those of a process that is gone are nobody's.
func (r Row) Answered() bool {
	return r.Target != nil && !r.Target.Answered.IsZero() && r.Target.State != collector.NotRunning
}

// Running is the directory of a release that the workers run, an old one if there is one, and how many distinct ones
// there are. It is Snapshot.Releases without its allocations.
func (r Row) Running() (dir string, distinct int) {
	s := r.Target
	if s == nil {
		return "", 0
	}
	for i := range s.Workers {
		release := s.Workers[i].Release
		if release == "" || release == dir || seenBefore(s.Workers[:i], release) {
			continue
		}
		distinct++
		if dir == "" || dir == s.Facts().Current {
			dir = release
		}
	}
	if dir == "" && (s.Stats.Mode == puma.Single || len(s.Workers) == 0) && s.Facts().Release != "" {
		return s.Facts().Release, 1
	}
	return dir, distinct
}

func seenBefore(workers []collector.Worker, dir string) bool {
	for i := range workers {
		if workers[i].Release == dir {
			return true
		}
	}
	return false
}

// ReleaseName is a release as people name it: the last element of its directory.
func ReleaseName(dir string) string {
	if dir == "" {
		return ""
	}
	return clean.Line(path.Base(dir))
}

// current is the name of the release that the deploy's link points to.
func (r Row) current() string {
	if r.Target == nil {
		return ""
	}
	return ReleaseName(r.Target.Facts().Current)
}

// oldCode reports whether a worker runs another release than the deploy's link points to; known is whether both are: that
// none does is not known before every worker's release is.
func (r Row) oldCode() (old, known bool) {
	running, _ := r.Running()
	current := r.current()
	old = ReleaseName(running) != current
	return old, running != "" && current != "" && (old || !r.unread())
}

// unread reports whether there is a worker whose release is not known.
func (r Row) unread() bool {
	return r.Target.Stats.Mode == puma.Cluster && slices.ContainsFunc(r.Target.Workers, func(w collector.Worker) bool { return w.Release == "" })
}

// wanted is how many workers there are to be.
func wanted(s *collector.Snapshot) int {
	if s.Wanted > 0 {
		return s.Wanted
	}
	return len(s.Workers)
}

// missing is how many workers fewer have booted than the target had when it was whole. Single mode has none to miss.
func (r Row) missing() (n int, known bool) {
	if !r.Answered() || r.Target.Stats.Mode != puma.Cluster {
		return 0, false
	}
	return max(wanted(r.Target)-r.Target.Stats.Booted(), 0), true
}

// waiting is the requests that wait for a thread, in Puma and in the kernel.
func waiting(s *collector.Snapshot) puma.Count { return s.Load.Backlog.Plus(s.Load.ListenQueue) }

// Problem reports whether the row needs a person: it does not serve, is busy, somebody waits, it runs old code or has too
// few workers.
func (r Row) Problem() bool {
	if r.Target == nil || r.Target.State != collector.Serving {
		return true
	}
	u, known := r.Target.Load.Utilisation()
	old, told := r.oldCode()
	missing, _ := r.missing()
	return known && u >= Busy || waiting(r.Target).Or(0) > 0 || old && told || missing > 0
}

// Uptime is how long the master's image runs at now, by the host's clock; negative where unknown.
func Uptime(s *collector.Snapshot, now time.Time) time.Duration {
	if s.Image.StartedAt.IsZero() || s.State == collector.NotRunning {
		return -1
	}
	return max(now.Add(s.Offset).Sub(s.Image.StartedAt), 0)
}

// CPU is what all workers take, in percent of one core; the sum of a part would pass for less than it is, and is not known.
func (r Row) CPU() (percent float64, known bool) {
	if r.Target == nil {
		return 0, false
	}
	for i := range r.Target.Workers {
		cpu := r.Target.Workers[i].CPU
		if !cpu.Known {
			return 0, false
		}
		percent += cpu.PerSecond
	}
	return percent, len(r.Target.Workers) > 0
}

// revision is the REVISION file of the release that runs.
func (r Row) revision() string {
	s := r.Target
	if s == nil {
		return ""
	}
	running, asked := "", false
	for i := range s.Workers {
		w := &s.Workers[i]
		if w.Revision == "" {
			continue
		}
		if !asked { // seldom: most hosts have no such file
			running, _ = r.Running()
			asked = true
		}
		if w.Release == running {
			return w.Revision
		}
	}
	return s.Facts().RunningRevision
}
