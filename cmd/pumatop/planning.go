package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"pumatop/actions"
	"pumatop/collector"
)

const (
	// planTimeout is how long the figures for the plan may take.
	planTimeout = time.Minute
	// slowProgressTime is progressTime for Puma up to 4, which tries a release that does not boot once in ten seconds.
	slowProgressTime = 25 * time.Second
)

// plan looks at the targets and plans. A restart that is found in flight is watched until it shows what it is: a crash
// loop may be reloaded out of, one that makes progress may not be reloaded into, even where it ends meanwhile.
func (s *session) plan(ctx context.Context, hosts []wanted, in actions.Intent) (actions.Plan, error) {
	inFlight := map[collector.TargetID]bool{} // at some time: one without an answer is waited for until it has one
	note := func(f collector.Fleet) {
		for _, t := range f.Targets {
			inFlight[t.ID] = inFlight[t.ID] || t.State == collector.Restarting
		}
	}
	fleet, err := s.settle(ctx, patience{answers: planTimeout, each: note})
	if err != nil {
		return actions.Plan{}, err
	}
	watch := time.Duration(0)
	for _, t := range fleet.Targets {
		if t.State == collector.Restarting {
			watch = max(watch, progressOf(*t))
		}
	}
	if watch > 0 {
		if fleet, err = s.settle(ctx, patience{answers: planTimeout, progress: watch, each: note}); err != nil {
			return actions.Plan{}, err
		}
	}
	p := actions.NewPlan(in, inOrder(fleet, hosts), fleet.At)
	p.Refused = append(p.Refused, refusedHosts(fleet)...)
	p.Refused = append(p.Refused, missingTargets(fleet, hosts)...)
	p.Steps = slices.DeleteFunc(p.Steps, func(step actions.Step) bool {
		ended := inFlight[step.Target] && step.Before.State == collector.Serving
		if ended {
			p.Refused = append(p.Refused, actions.Refusal{Target: step.Target, Exit: actions.ExitUnhealthy,
				Reason: "another restart was in flight when this one was asked for, and has just ended", Remedy: "look whether that one did it, else ask again"})
		}
		return ended
	})
	return p, nil
}

// progressOf is how long a restart is watched before it counts as one that makes progress.
func progressOf(t collector.Snapshot) time.Duration {
	if t.Facts().Version.AtLeast(5, 0, 0) {
		return progressTime
	}
	return slowProgressTime
}

// inOrder are the fleet's targets in the order of the command line, those of one host by name.
func inOrder(f collector.Fleet, hosts []wanted) []collector.Snapshot {
	var out []collector.Snapshot
	for _, h := range hosts {
		for _, t := range f.Targets {
			if t.Host == h.name {
				out = append(out, *t)
			}
		}
	}
	return out
}

// refusedHosts are the hosts that have nothing to act on.
func refusedHosts(f collector.Fleet) []actions.Refusal {
	var out []actions.Refusal
	for _, h := range f.Hosts {
		if h.Pumas > 0 {
			continue
		}
		code := actions.ExitUnhealthy
		if !h.Connected || !h.Asked {
			code = actions.ExitUnreachable
		}
		out = append(out, actions.Refusal{Target: collector.TargetID(h.Name), Reason: hostReason(h), Remedy: h.Remedy, Exit: code})
	}
	return out
}

// leftOut are the steps of a plan that was not begun because one of its targets was refused: a rollout that can be
// seen to end badly does not begin.
func leftOut(p actions.Plan) []actions.StepProgress {
	var out []actions.StepProgress
	for _, step := range p.Steps {
		out = append(out, actions.StepProgress{Target: step.Target, State: actions.Judged, Verdict: &actions.Verdict{
			Target: step.Target, Word: actions.Untouched, Action: step.Kind, Via: step.Via, At: p.At, Exit: actions.Untouched.Exit(),
			Summary: "left out: " + string(p.Refused[0].Target) + " is refused"}})
	}
	return out
}

// batchesOf are the numbers of the batches, from 1, of the steps of a plan.
func batchesOf(p actions.Plan) []int {
	var out []int
	for b, size := range p.Intent.Pace.Batches(len(p.Steps)) {
		for range size {
			out = append(out, b+1)
		}
	}
	return out
}

// missingTargets are those that were named and are not on a host that has others: a script that names them must not
// end as if they had been acted on.
func missingTargets(f collector.Fleet, hosts []wanted) []actions.Refusal {
	var out []actions.Refusal
	for _, h := range hosts {
		var found []string
		stateFiles := map[string]bool{}
		for _, t := range f.Targets {
			if t.Host == h.name {
				found = append(found, t.App)
				stateFiles[t.Facts().StatePath] = true
			}
		}
		if len(found) == 0 {
			continue // refusedHosts has it
		}
		missing := func(name, reason string) {
			out = append(out, actions.Refusal{Target: collector.TargetID(name), Exit: actions.ExitUnhealthy,
				Reason: reason + ": found " + strings.Join(found, ", "), Remedy: "name one that is there"})
		}
		for _, app := range h.apps {
			if !slices.Contains(found, app) {
				missing(h.name+"/"+app, "no Puma of that name here")
			}
		}
		for _, file := range h.statePaths {
			if !stateFiles[file] {
				missing(h.name+":"+file, "no running Puma wrote that state file")
			}
		}
	}
	return out
}
