package actions

import (
	"fmt"
	"slices"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// planWorkers plans what concerns single workers, or the master's memory. All of it is for a whole target: a signal
// that finds a master whose handlers are not in place yet kills or freezes it.
func planWorkers(in Intent, s collector.Snapshot) (Step, *Refusal) {
	switch {
	case s.State != collector.Serving:
		return Step{}, refusal(ExitUnhealthy, fmt.Sprintf("%s: %s", s.State, s.Reason), "this is for a target that serves")
	case in.Kind != Collect && s.Stats.Mode == puma.Single:
		return Step{}, refusal(ExitUnhealthy, "it runs in single mode, which has no workers", "")
	}
	worker := puma.Worker{}
	switch in.Kind {
	case Refork:
		if v := s.Facts().Version; !v.IsZero() && !v.AtLeast(5, 0, 0) {
			return Step{}, refusal(ExitUnhealthy, "Puma "+s.Version()+" has no refork: it came with 5.0", "")
		}
		if fork := s.Facts().Settings.ForkWorker; !fork.IsSet() {
			return Step{}, refusal(ExitUnhealthy, "fork_worker is not set in "+configName(s)+": there is nothing to refork from", "")
		}
	case RemoveWorker:
		if len(s.Stats.Workers) < 2 {
			return Step{}, refusal(ExitUnhealthy, "it has one worker, which Puma keeps", "")
		}
	case Recycle:
		i := slices.IndexFunc(s.Stats.Workers, func(w puma.Worker) bool { return w.Index == in.Worker && w.PID != 0 })
		if i < 0 {
			return Step{}, refusal(ExitUnhealthy, fmt.Sprintf("it has no worker %d", in.Worker), "")
		}
		worker = s.Stats.Workers[i]
	}
	via, no := wayTo(in.Kind, in.Via, s)
	if no.closed() {
		return Step{}, refusal(no.exit, no.reason, no.remedy)
	}
	step := Step{Target: s.ID, Kind: in.Kind, Via: via, Before: s, Worker: worker.Index, PID: worker.PID}
	step.Request = requestOf(step)
	step.describe(s)
	return step, nil
}

// describe says what a step of planWorkers does.
func (step *Step) describe(s collector.Snapshot) {
	n := workersOf(s)
	warn := func(text string) { step.Warnings = append(step.Warnings, text) }
	switch step.Kind {
	case Refork:
		step.Says = fmt.Sprintf("refork: %d of %d workers are forked anew from worker 0, which keeps its pid and its release", n-1, n)
		if s.Facts().Settings.ForkWorker.Conditional {
			warn("fork_worker stands under a condition in " + configName(s) + ": where it is off Puma refuses")
		}
	case AddWorker:
		step.Says = fmt.Sprintf("one worker more: %d→%d, until the next full restart", n, n+1)
	case RemoveWorker:
		step.Says = fmt.Sprintf("one worker less: %d→%d, after its requests, until the next full restart", n, n-1)
	case Recycle:
		step.Says = fmt.Sprintf("worker %d, pid %d, ends after its requests and is replaced in the same phase, %d of %d serve meanwhile",
			step.Worker, step.PID, n-1, n)
		if n == 1 {
			warn("its only worker is replaced: nothing serves while the new one boots")
		}
		if !s.Facts().Version.AtLeast(4, 2, 0) {
			warn("Puma before 4.2 does not always replace a worker that was ended")
		}
		if s.Facts().Settings.ForkWorker.IsSet() && step.Worker == 0 && s.Facts().Version.AtLeast(5, 0, 0) {
			warn("worker 0 is what the others were forked from: Puma may lose workers (puma#3596)")
		}
	case Collect:
		step.Says = "garbage collection in the master alone, which holds its requests to the control app up meanwhile"
		if s.Stats.Mode == puma.Single {
			step.Says = "garbage collection in the process that serves: requests wait meanwhile"
		}
	}
}

// configName is the configuration as it may be named to the operator.
func configName(s collector.Snapshot) string {
	if s.Facts().ConfigPath == "" {
		return "its configuration, which was not found"
	}
	return s.Facts().ConfigPath
}
