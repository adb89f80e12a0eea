package actions

import (
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// Word is a verdict in one word, as JSON has it; String is for the screen.
type Word string

// The verdicts. The reasons for each are in the package documentation.
const (
	Verified         Word = "verified"
	OldCode          Word = "old-code"
	RestartedInstead Word = "restarted-instead"
	CrashLoop        Word = "crash-loop"
	NotRunning       Word = "not-running"
	Stuck            Word = "stuck"
	Lost             Word = "lost"
	TimedOut         Word = "timed-out"
	Refused          Word = "refused"     // nothing was sent
	Untouched        Word = "untouched"   // the rollout ended before its turn
	Interrupted      Word = "interrupted" // pumatop ended while it watched
	// Done and Failed are of what an operator ran by hand through pumatop: a command that ended with status 0, or
	// with another. What it did to a Puma is not judged.
	Done   Word = "done"
	Failed Word = "failed"
)

// Verdict is what an action turned out to be, from observation alone, with what it cost and what proves it.
type Verdict struct {
	Target collector.TargetID
	Word   Word
	// Action is what was asked of Puma and Via how; Via is empty where somebody else asked, which Observed says.
	Action   Kind
	Via      Via
	Observed bool
	At       time.Time
	// Exit is the exit code that this verdict stands for.
	Exit int
	// Summary is the verdict in a line without target and word: "2 of 2 workers replaced in 3.1s, runs 2026…".
	Summary string
	// Reason is why it is bad, in the application's own words where it said any; Remedy what to do next.
	Reason, Remedy string

	PhaseBefore, PhaseAfter puma.Count
	// ImageChanged is whether the master was executed anew since the request.
	ImageChanged bool
	Workers      []Replacement
	Release      Release
	Cost         Cost
	// Evidence is what was observed, a line each; Log what the target logged that explains it.
	Evidence, Log []string
}

// Replacement is one worker index over a restart. NewPID is 0 where none had booted when the verdict was reached.
type Replacement struct {
	Index          int
	OldPID, NewPID int
	// Seconds from when the old worker could begin to drain to the new one's boot, as far as the polls tell; 0 for an
	// index that was added.
	Seconds float64
}

// Release is the code that ran and runs. Before and After are the distinct releases of the workers; After is
// empty where they could not be read.
type Release struct {
	Before, After []string
	Current       string
	// Revision is what the REVISION files of After say, distinct ones joined; empty where Capistrano wrote none.
	Revision string
}

// Cost is what a restart took, as far as it was seen: between two polls worse may have passed.
type Cost struct {
	Seconds float64
	// PerWorker is the mean of the workers' Seconds, 0 where none is known.
	PerWorker float64
	// LowestCapacity is the fewest booted workers seen, Of how many there were.
	LowestCapacity, Of int
	// HighestQueue is the most requests seen waiting: backlog and listen queue together.
	// QueueBefore is what waited right before the request.
	HighestQueue, QueueBefore puma.Count
	// Killed are workers that left only when worker_shutdown_timeout ran out.
	Killed []Killed
}

// Killed is a worker that was killed at the end of its drain, with the requests it last reported in flight.
type Killed struct {
	Index, PID int
	InFlight   puma.Count
}
