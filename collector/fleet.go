package collector

import (
	"strings"
	"time"
)

// Fleet is the newest snapshot of every target at one moment. It is immutable.
type Fleet struct {
	At      time.Time
	Targets []*Snapshot  // severity first, then id; shared with other fleets
	Hosts   []HostStatus // by name; shared with other fleets, and never to be written
	Totals  Totals
	// Events are the newest of the fleet's events, oldest first, and Earlier how many came before them: an event's place
	// beyond those names it in every later fleet. They are shared with other fleets, and never to be written.
	Events  []Event
	Earlier int
	// Interval is the pause between two polls of a target.
	Interval time.Duration
}

// Totals sums a fleet. Figures of targets that do not answer are left out of Load.
type Totals struct {
	Targets, Serving int
	ByState          map[State]int // shared with other fleets, and never to be written
	Load             Load
	Releases         int // distinct releases that workers run
	History          History

	counting, rated int // targets that count requests, and those whose rate is known
}

// HostStatus is how pumatop stands with one host.
type HostStatus struct {
	Name string
	// Groups are those of the host's Source.
	Groups []string
	// Connected is whether the connection is up; Err why not, sanitised, with Remedy.
	Connected bool
	// Asked is whether the first attempt has failed or the first probe has ended: before, nothing is known.
	Asked       bool
	Err, Remedy string
	// Stage is how far it came, see package cause.
	Stage string
	// Retry is when it is tried again by itself; zero where that would do harm, or where it is connected.
	Retry time.Time
	// Waiting is what the attempt to connect waits for a person to do: "waits for an answer: passphrase of ~/.ssh/id_rsa".
	// It is empty where it waits for none.
	Waiting string
	// Notes are what the probe could not read there.
	Notes []Note
	// Pumas is how many targets the host has; a reachable host without one is said so.
	Pumas int
}

// Note is something that could not be read, and what to do about it.
type Note struct{ Text, Remedy string }

// Target finds a snapshot by id.
func (f Fleet) Target(id TargetID) (Snapshot, bool) {
	for _, s := range f.Targets {
		if s.ID == id {
			return *s, true
		}
	}
	return Snapshot{}, false
}

// Of is the fleet of some of its targets and hosts, with sums of their own. They have no history unless they are all of it.
func (f Fleet) Of(targets []*Snapshot, hosts []HostStatus) Fleet {
	whole := len(targets) == len(f.Targets)
	f.Targets, f.Hosts = targets, hosts
	if whole {
		return f
	}
	f.Totals = sum(targets)
	return f
}

// Event is something that happened to a target, as pumatop saw it.
type Event struct {
	At     time.Time
	Target TargetID // or the host's name where it concerns the host
	Kind   EventKind
	Text   string // sanitised, one line, without the target's name
	// State is what a StateChanged led to.
	State State
	// Verdict is the word of an ActionEvent's verdict, empty where the action has only begun; Observed is whether others
	// began it. Failed marks a ConfigRead that could not be.
	Verdict          string
	Observed, Failed bool
}

// EventKind groups events for filtering and marks. The words are those of a JSON; String is for the screen.
type EventKind string

// String is the kind in one short word.
func (k EventKind) String() string {
	switch k {
	case WorkerReplaced:
		return "replaced"
	case WorkerDied:
		return "died"
	case WorkerCount:
		return "workers"
	case HostLost:
		return "lost"
	case HostBack:
		return "back"
	case HostAdded:
		return "added"
	case HostRemoved:
		return "removed"
	}
	return string(k)
}

// EventKinds are all of them.
func EventKinds() []EventKind {
	return []EventKind{WorkerReplaced, WorkerDied, WorkerCount, PhaseChanged, ImageChanged, StateChanged, HostLost, HostBack,
		HostAdded, HostRemoved, VersionChanged, ReleaseChanged, ConfigRead, ActionEvent}
}

// Word is what happened in one word: of an action whether it was asked, noticed, or has its verdict.
func (e *Event) Word() string {
	switch {
	case e.Kind != ActionEvent:
		return e.Kind.String()
	case e.Verdict != "":
		return "verdict"
	case e.Observed:
		return "noticed"
	}
	return "asked"
}

// Host is the name of the event's host.
func (e *Event) Host() string {
	host, _, _ := strings.Cut(string(e.Target), "/")
	return host
}

// Problem reports whether the event needs a person: what was lost, died or does not serve, and verdicts other than verified.
func (e *Event) Problem() bool {
	switch e.Kind {
	case WorkerDied, HostLost:
		return true
	case StateChanged:
		return e.State.Severity() <= Stale.Severity()
	case ActionEvent:
		return e.Verdict != "" && e.Verdict != "verified"
	case ConfigRead:
		return e.Failed
	}
	return false
}

// The kinds of events.
const (
	WorkerReplaced EventKind = "worker-replaced"
	WorkerDied     EventKind = "worker-died"
	WorkerCount    EventKind = "worker-count"
	PhaseChanged   EventKind = "phase"
	ImageChanged   EventKind = "restart"
	StateChanged   EventKind = "state"
	HostLost       EventKind = "host-lost"
	HostBack       EventKind = "host-back"
	HostAdded      EventKind = "host-added"
	HostRemoved    EventKind = "host-removed" // or a target of it
	VersionChanged EventKind = "version"
	ReleaseChanged EventKind = "release"
	ConfigRead     EventKind = "config" // the configuration was read again, or could not be
	ActionEvent    EventKind = "action" // what actions reports: asked, verdict
)

// Boots counts boots that failed since the last one that succeeded.
type Boots struct {
	// Index is the worker index that fails most, -1 for the master itself.
	Index int
	// Failed is how many boots were seen to fail there. Polls skip pids, so it is a lower bound.
	Failed int
	// Since is when the first of them was seen.
	Since time.Time
}

// Looping reports whether two boots failed in a row at one place: that is a crash loop.
func (b Boots) Looping() bool { return b.Failed >= 2 }
