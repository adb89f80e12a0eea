package actions

import (
	"time"

	"pumatop/collector"
)

// Kind is what is done to a target.
type Kind string

// The kinds. What Puma makes of a request may be another kind than what was asked: that is for the verdict to say.
const (
	Reload       Kind = "reload"        // phased: one worker at a time
	Restart      Kind = "restart"       // full: every worker at once, a new image of the master
	Start        Kind = "start"         // of a unit that is not running
	Refork       Kind = "refork"        // every worker but worker 0 is forked from it anew, where fork_worker is set
	AddWorker    Kind = "add-worker"    // TTIN
	RemoveWorker Kind = "remove-worker" // TTOU
	Recycle      Kind = "recycle"       // TERM to one worker, which the master replaces in the same phase
	Collect      Kind = "gc"            // garbage collection in the master alone
	Stop         Kind = "stop"
)

// String is the kind as the screen writes it: a space stands for the hyphen.
func (k Kind) String() string {
	switch k {
	case AddWorker:
		return "add worker"
	case RemoveWorker:
		return "remove worker"
	case Recycle:
		return "recycle worker"
	case Collect:
		return "collect garbage"
	}
	return string(k)
}

// renews reports whether an action is there to bring new code in, so that its verdict asks what the workers run.
func (k Kind) renews() bool { return k == Reload || k == Restart || k == Start }

// Via is the way a request takes.
type Via string

// The ways. AnyWay leaves the choice to the plan: the control socket, else systemd, else a signal, as far as each can
// carry the action.
const (
	AnyWay     Via = ""
	ViaControl Via = "control" // the control socket
	ViaSystemd Via = "systemd" // systemctl [--user] --no-block
	ViaSignal  Via = "signal"  // kill, as the login that pumatop has on the host
)

// Intent is what somebody wants done, before any target has been looked at.
type Intent struct {
	Kind Kind
	// OrRestart accepts what fits a target that cannot reload phased or does not run: a full restart, a start.
	OrRestart bool
	// Via allows one way only.
	Via Via
	// Worker is the index that Recycle is about.
	Worker int
	Pace   Pace
	Policy Policy
	// Manners say how the targets of each host are acted on where nothing else was asked for, and Taken what a plan has
	// from there.
	Manners Manners
	Taken   []Taken
	settled settlement // what the manners say is in Pace
}

// Policy is what the environment of the targets allows.
type Policy struct {
	// Environment is its name; where it is Protected, that name has to be typed before anything is done.
	Environment string
	Protected   bool
	// AllowStop lets a target be stopped at all.
	AllowStop bool
}

// Plan is an action before it is confirmed: which targets, in which order, and what Puma will do to each. It is
// frozen by target id and holds the snapshots that it was made from.
type Plan struct {
	Intent Intent
	At     time.Time
	// Steps run in batches as Intent.Pace says; the first bad verdict ends the rollout.
	Steps []Step
	// Refused are targets that were asked for and will not be touched.
	Refused []Refusal
	// Observed marks a rollout that somebody else began: pumatop sends nothing and judges what it sees.
	Observed bool
}

// Step is what will happen to one target.
type Step struct {
	Target collector.TargetID
	// Kind is what Puma will do, as far as is known; Reload with unknown Phased may turn out a Restart.
	Kind Kind
	Via  Via
	// Request is what will be sent, as an operator would type it, without any secret: "systemctl reload shop.service".
	Request string
	// Worker and PID name the worker that a Recycle ends.
	Worker, PID int
	Before      collector.Snapshot
	// Says is one sentence for the sheet: "phased: one worker at a time, 2 of 3 serve meanwhile".
	Says string
	// Warnings are what the operator should know before they say yes.
	Warnings []string
	// Remedy marks a reload or restart that is the way out of a crash loop or a stalled restart.
	Remedy bool
	// Observed marks what somebody else asked for, and UnderWay what had begun before pumatop looked.
	Observed, UnderWay bool
}

// blind reports whether the target has no control app that answers: it is then followed by its processes and its log.
func (s Step) blind() bool { return s.Kind != Start && s.Before.State == collector.NoControl }

// Refusal is why a target will not be touched. Exit is the exit code of a headless run that ends with it.
type Refusal struct {
	Target         collector.TargetID
	Reason, Remedy string
	Exit           int
}
