package actions

import "pumatop/collector"

// Witness notices restarts that nobody here asked for, and judges them like our own.
type Witness struct {
	runner *Runner
	run    *Run
}

// NewWitness returns a witness whose trials end with the runner's context.
func NewWitness(r *Runner) *Witness { return &Witness{runner: r} }

// Observe takes a fleet; it returns at once.
func (w *Witness) Observe(f collector.Fleet) {}

// Run is everything that was noticed: a rollout that is never done, whose plan is marked Observed and whose steps come
// as restarts are noticed. A target has one step, the newest.
func (w *Witness) Run() *Run { return w.run }
