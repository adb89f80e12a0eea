package collector

import (
	"slices"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TargetID names one Puma master on one host, "web1/puma". It never changes while pumatop runs.
type TargetID string

// State is what a target is doing, in one word. The words are those of the JSON; String is for the screen.
type State string

// The states, worst first: the order in which the fleet is drawn.
const (
	CrashLoop   State = "crash-loop"  // workers or the master are started again and again and do not boot
	Stuck       State = "stuck"       // a restart that has not moved for longer than a drain or a boot may take
	NotRunning  State = "not-running" // the unit is inactive or failed, no process
	Unreachable State = "unreachable" // the host, or the control socket of a running process, does not answer
	NoControl   State = "no-control"  // the process runs but its figures may not or cannot be read
	Stale       State = "stale"       // it answered before; the newest figures are too old to act on
	Restarting  State = "restarting"  // workers are being replaced or an image is coming up, and it makes progress
	Connecting  State = "connecting"  // not asked yet
	Serving     State = "serving"     // every worker booted and checked in
)

// Severity orders states: 0 is the worst.
func (s State) Severity() int {
	for i, t := range [...]State{CrashLoop, Stuck, NotRunning, Unreachable, NoControl, Stale, Restarting, Connecting} {
		if s == t {
			return i
		}
	}
	return 8
}

// String is the state as the screen writes it: a space stands for the hyphen.
func (s State) String() string {
	switch s {
	case CrashLoop:
		return "crash loop"
	case NotRunning:
		return "not running"
	case NoControl:
		return "no control app"
	}
	return string(s)
}

// Snapshot is everything known of one target at one moment. It is immutable: a failed poll yields a new snapshot
// too, which keeps the older figures and says how old they are.
type Snapshot struct {
	ID        TargetID
	Host, App string
	// Groups are those of the host's Source.
	Groups []string
	// At is when this snapshot was made, by our clock, and Interval the pause between two polls then.
	At       time.Time
	Interval time.Duration
	State    State
	// Reason says in one line why the state is not Serving, and Remedy what to do about it; both may be empty.
	Reason, Remedy string
	// Stage is how far the way to its figures led, where the state follows from a failure: see package cause.
	Stage string
	// Retry is when the next try is due while the host does not answer; zero otherwise.
	Retry time.Time
	// Linked is whether the connection to the host stands, and Err why the newest poll failed: nil where it did not.
	// An Err that is ErrNoListener means a closed socket, as in a full restart; another one on a standing connection
	// means a Puma that accepts and does not answer.
	Linked bool
	Err    error

	// Stats is the newest answer of the control app and Answered when it came, by our clock. Answered is zero
	// where there never was one, and older than At where the newest poll failed.
	Stats    puma.Stats
	Answered time.Time
	// Latency is how long the newest answer took.
	Latency time.Duration

	// facts is what the newest probe found, see Facts, and Probed when that probe began, by our clock.
	facts  *probe.Puma
	Probed time.Time
	// Offset is the host's clock minus ours, to within the probe's round trip and a second.
	Offset time.Duration

	// Unseen means that its control socket was named by the operator and the host shows nothing of its process: Facts has the
	// address alone, and there will be no probe of it.
	Unseen bool

	// Image is the execution of the master that Stats is of, and Restarts how many full restarts were seen since
	// pumatop looks.
	Image    Image
	Restarts int
	// statsOf is what Restarts was when Stats came: workers of two images cannot be compared.
	statsOf int
	// Phased holds only for Image.
	Phased puma.Phased
	// Boots are the failed boots seen since the last one that succeeded, and Dead the pids that Puma lists although
	// the kernel no longer knows them.
	Boots Boots
	Dead  []int
	// Wanted is how many workers the target had when it last was whole; 0 while unknown.
	Wanted int
	// Since is when the target entered its State, as far as we saw it.
	Since time.Time
	// Still is how long nothing that belongs to a restart has changed: no pid, phase, boot, check-in or image.
	Still time.Duration

	Load    Load
	Workers []Worker
	// History is shared between snapshots of a target and never changes once published.
	History History
}

// Image identifies one execution of a master. A full restart begins a new one under the same pid; a phased one
// does not. Two images are the same only if nothing known of them differs.
type Image struct {
	PID       int
	StartedAt time.Time // from Puma 4.1
	Stamp     string    // inode and mtime of the state file
}

// Same reports whether a and b may be the same image: no field known of both differs.
func (a Image) Same(b Image) bool {
	switch {
	case a.PID != 0 && b.PID != 0 && a.PID != b.PID:
		return false
	case !a.StartedAt.IsZero() && !b.StartedAt.IsZero() && !a.StartedAt.Equal(b.StartedAt):
		return false
	case a.Stamp != "" && b.Stamp != "" && a.Stamp != b.Stamp:
		return false
	}
	return true
}

// Rate is an amount per second; the zero value is unknown.
type Rate struct {
	PerSecond float64
	Known     bool
}

// Load is the sum over the workers of a target, or over the targets of a fleet.
type Load struct {
	InUse, Max puma.Count
	Backlog    puma.Count
	// ListenQueue is connections that the kernel holds for the application's sockets: up to Puma 6 that is where
	// requests wait.
	ListenQueue puma.Count
	Requests    Rate
	// Memory is bytes of the master and its workers; Shared is whether it is RSS, in which pages that processes
	// share count once for each of them.
	Memory puma.Count
	Shared bool
}

// Utilisation is threads in use over threads, 0 to 1 and above; ok is false where either is unknown.
func (l Load) Utilisation() (u float64, ok bool) {
	if !l.InUse.Known || !l.Max.Known || l.Max.N == 0 {
		return 0, false
	}
	return float64(l.InUse.N) / float64(l.Max.N), true
}

// Worker is one worker of a snapshot: Puma's own entry with what was derived or read beside it. The entry is the one in
// Stats but where more is known of it: a fleet has sixteen thousand at any moment.
type Worker struct {
	*puma.Worker
	// Age is how old the figures are at the worker, by the host's clock; negative where unknown.
	Age time.Duration
	// Requests is the rate since an earlier check-in of the same pid.
	Requests Rate
	// Memory is bytes (PSS, or RSS where Shared), CPU percent of one core.
	Memory puma.Count
	Shared bool
	CPU    Rate
	// MemoryPast is what it took in bytes, in steps of MemoryStep, from when it was first seen or an hour ago. It is shared
	// between snapshots and never written.
	MemoryPast []float32
	// Release is the directory the process runs in, resolved; empty where it may not be read.
	Release string
	// Revision is the REVISION file of that directory; empty where there is none.
	Revision string
	// Uptime is since the handle was made, by the host's clock; negative where unknown.
	Uptime time.Duration
}

// Facts is what the newest probe found. PID is 0 where no process was found: then only Unit and App say something. It is
// never nil and not to be written: all snapshots between two probes share it.
func (s *Snapshot) Facts() *probe.Puma {
	if s.facts == nil {
		return &probe.Puma{}
	}
	return s.facts
}

// OwnFacts gives s facts of its own, which start as those it had, and may be written through the pointer until the next call.
func (s *Snapshot) OwnFacts() *probe.Puma {
	own := *s.Facts()
	s.facts = &own
	return s.facts
}

// WithFacts is s with other facts.
func (s Snapshot) WithFacts(p probe.Puma) Snapshot {
	s.facts = &p
	return s
}

// Version is Puma's own: of the image that answers, which only Puma 6 and later tell in their figures, else as the
// probe found it. It is empty where neither tells.
func (s *Snapshot) Version() string {
	if s.Stats.Puma != "" {
		return s.Stats.Puma
	}
	return s.Facts().Version.String()
}

// Age is how old the newest figures are at now, by when we fetched them; negative where there are none.
func (s *Snapshot) Age(now time.Time) time.Duration {
	if s.Answered.IsZero() {
		return -1
	}
	return now.Sub(s.Answered)
}

// Fresh reports whether the snapshot's figures come from its own poll, not from an earlier one.
func (s *Snapshot) Fresh() bool { return !s.Answered.IsZero() && s.Answered.Equal(s.At) }

// Releases are the distinct directories that the workers run in (single mode: the master), sorted; empty where
// none may be read.
func (s *Snapshot) Releases() []string {
	var out []string
	s.eachRelease(func(r string) {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	})
	slices.Sort(out)
	return out
}

// eachRelease calls f with the directories, each at least once.
func (s *Snapshot) eachRelease(f func(release string)) {
	last := ""
	seen := func(r string) {
		if r != "" && r != last {
			last = r
			f(r)
		}
	}
	for i := range s.Workers {
		seen(s.Workers[i].Release)
	}
	if len(s.Workers) > 0 {
		return
	}
	for i := range s.Facts().Workers {
		seen(s.Facts().Workers[i].Release)
	}
	if last == "" {
		seen(s.Facts().Release)
	}
}
