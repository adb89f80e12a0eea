package actions

import (
	"time"

	"pumatop/collector"
)

// Progress is the whole of a rollout at one moment, immutable. Newer ones replace older ones: nothing is lost by
// missing one, since the log and the verdicts only grow.
type Progress struct {
	// Version grows by one with every change.
	Version int
	Plan    Plan
	At      time.Time
	Steps   []StepProgress // one for each of Plan.Steps, in order
	// Done is true once nothing more will happen; Stopped why steps were left out, empty where none were.
	Done    bool
	Stopped string
	Log     []Line
}

// StepState is how far a step is.
type StepState string

// The states of a step.
const (
	Waiting  StepState = "waiting"
	Asking   StepState = "asking"   // reading fresh figures and sending the request
	Watching StepState = "watching" // the request is out; every poll is judged
	Judged   StepState = "judged"
)

// StepProgress is one target of a rollout.
type StepProgress struct {
	Target collector.TargetID
	State  StepState
	// Since is when the request was sent; zero before.
	Since time.Time
	// Replaced of Wanted workers are new, booted and checked in.
	Replaced, Wanted int
	// Text says what it waits for: "draining 22 s, 1 of 5 threads in use".
	Text string
	// Verdict is set when State is Judged.
	Verdict *Verdict
}

// Line is one line of a rollout's log.
type Line struct {
	At     time.Time
	Target collector.TargetID
	Text   string
}
