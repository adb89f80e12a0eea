package actions

import (
	"time"

	"pumatop/collector"
)

// AwaitOptions say what to wait for.
type AwaitOptions struct {
	// Within is how long a restart may take to begin.
	Within time.Duration
	// Since is how far back a restart counts that has ended already. Where it is 0 that is the moment at which `current`
	// was moved, if that was lately, else a minute ago.
	Since time.Duration
	// Current waits until every worker runs what `current` points to, with or without a restart.
	Current bool
}

// Await sends nothing: for each target it waits for the restart that is in flight, or for one to begin, looks back at
// one that has just ended, and judges it.
func (r *Runner) Await(targets []collector.Snapshot, o AwaitOptions) *Run {
	panic("not written yet")
}
