package actions

import (
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
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
	// Batch counts the batches that have begun, from 0, and PausedUntil is when the next one begins; zero where no pause
	// is under way.
	Batch       int
	PausedUntil time.Time
	// Awaited is how many lost targets are still waited for: their verdicts change when they are back, after Done too.
	Awaited int
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
	Capacity         Capacity
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

// Capacity is what a target can take while it is restarted, against what waited before.
type Capacity struct {
	// Serving workers of Wanted have booted, whatever their phase.
	Serving, Wanted int
	// Free of Max threads have nothing to do.
	Free, Max puma.Count
	// Queue is what waits, in Puma and in the kernel, and QueueBefore what did right before the request.
	Queue, QueueBefore puma.Count
}

func (t *Trial) capacity() Capacity {
	s := t.now
	if t.fresh.ID == "" || t.step.blind() {
		return Capacity{Wanted: t.expected}
	}
	c := Capacity{Serving: t.fresh.Stats.Booted(), Wanted: t.expected, Max: s.Load.Max, Queue: waiting(s), QueueBefore: waiting(t.before)}
	if s.Load.Max.Known && s.Load.InUse.Known {
		c.Free = puma.Of(max(s.Load.Max.N-s.Load.InUse.N, 0))
	}
	return c
}
