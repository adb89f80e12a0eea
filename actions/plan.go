package actions

import (
	"time"

	"pumatop/collector"
)

// Kind is what is done to a target.
type Kind string

// The kinds. What Puma makes of a request may be another kind than what was asked: that is for the verdict to say.
const (
	Reload  Kind = "reload"  // phased: one worker at a time
	Restart Kind = "restart" // full: every worker at once, a new image of the master
	Start   Kind = "start"   // of a unit that is not running
)

// Via is the way a request takes.
type Via string

// The ways.
const (
	ViaControl Via = "control" // the control socket
	ViaSystemd Via = "systemd" // systemctl [--user] reload-or-restart --no-block
)

// Plan is an action before it is confirmed: which targets, in which order, and what Puma will do to each. It is
// frozen by target id and holds the snapshots that it was made from.
type Plan struct {
	Asked Kind
	At    time.Time
	// Steps run one after another; the first bad verdict ends the rollout.
	Steps []Step
	// Refused are targets that were asked for and will not be touched.
	Refused []Refusal
}

// Step is what will happen to one target.
type Step struct {
	Target collector.TargetID
	// Kind is what Puma will do, as far as is known; Reload with unknown Phased may turn out a Restart.
	Kind   Kind
	Via    Via
	Before collector.Snapshot
	// Says is one sentence for the sheet: "phased: one worker at a time, 2 of 3 serve meanwhile".
	Says string
	// Warnings are what the operator should know before they say yes.
	Warnings []string
	// Remedy marks a reload or restart that is the way out of a crash loop or a stalled restart.
	Remedy bool
}

// Refusal is why a target will not be touched. Exit is the exit code of a headless run that ends with it.
type Refusal struct {
	Target         collector.TargetID
	Reason, Remedy string
	Exit           int
}
