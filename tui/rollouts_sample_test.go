package tui

import (
	"fmt"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// witness subscribes as Init does, and lets the witness tell of a progress.
func (s *screen) witness(p actions.Progress) {
	s.opts.Witness = noRun{new(int)}
	s.subscribe()
	s.send(progressMsg{witnessRun, p})
}

// batched is a rollout over twelve targets in batches: five are done, the next batch waits.
func batched() actions.Progress {
	f := many(12, 2)
	p := actions.Progress{Version: 9, At: noon, Batch: 2, PausedUntil: noon.Add(12 * time.Second)}
	p.Plan = actions.Plan{At: noon, Intent: actions.Intent{Kind: actions.Reload, OrRestart: true,
		Pace: actions.Pace{Canary: 1, Batch: actions.Size{N: 2}, Pause: 30 * time.Second}}}
	for i := range f.Targets {
		id := f.Targets[i].ID
		p.Plan.Steps = append(p.Plan.Steps, reloadStep(f, id, "phased: one worker at a time, 1 of 2 serve meanwhile"))
		step := actions.StepProgress{Target: id, State: actions.Waiting, Wanted: 2}
		if i < 5 {
			v := verified()
			v.Target = id
			step.State, step.Replaced, step.Verdict = actions.Judged, 2, v
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// awaited is a rollout that has ended with a lost target, which is still waited for.
func awaited() actions.Progress {
	p := halfway()
	p.Done, p.Awaited, p.Stopped = true, 1, "left out: web2/puma ended with lost"
	p.Steps[1] = actions.StepProgress{Target: "web2/puma", State: actions.Judged, Since: noon.Add(-18 * time.Second), Wanted: 3, Verdict: &actions.Verdict{
		Target: "web2/puma", Word: actions.Lost, Action: actions.Reload, At: noon, Exit: 5, Summary: "no answer since 19:31:30: what became of it is not known",
		Remedy: "look at it once the host is back",
	}}
	p.Steps[2] = actions.StepProgress{Target: "web3/puma", State: actions.Judged, Wanted: 4, Verdict: &actions.Verdict{
		Target: "web3/puma", Word: actions.Untouched, At: noon, Summary: p.Stopped,
	}}
	return p
}

func observedStep(id collector.TargetID) actions.Step {
	return actions.Step{Target: id, Kind: actions.Reload, Observed: true, Before: before()}
}

// others are restarts that somebody else began: one is judged, one under way.
func others() actions.Progress {
	v := verified()
	v.Observed, v.Via, v.At = true, "", noon.Add(-40*time.Second)
	return actions.Progress{Version: 4, At: noon, Plan: actions.Plan{Observed: true, Steps: []actions.Step{observedStep("web1/puma"), observedStep("web2/puma")}},
		Steps: []actions.StepProgress{
			{Target: "web1/puma", State: actions.Judged, Replaced: 2, Wanted: 2, Verdict: v},
			{Target: "web2/puma", State: actions.Watching, Since: noon.Add(-18 * time.Second), Replaced: 2, Wanted: 3, Text: "worker 2 drains, 8 s so far",
				Capacity: actions.Capacity{Serving: 2, Wanted: 3, Free: puma.Of(0), Max: puma.Of(15), Queue: puma.Of(4)}},
		},
		Log: []actions.Line{{At: noon.Add(-18 * time.Second), Target: "web2/puma", Text: "a phased restart was noticed that was not asked for here"}},
	}
}

// othersBad is one of them that went wrong.
func othersBad() actions.Progress {
	p := others()
	v := *judged().Steps[1].Verdict
	v.Observed, v.Via = true, ""
	p.Version++
	p.Steps = []actions.StepProgress{p.Steps[0], {Target: "web2/puma", State: actions.Judged, Wanted: 3, Verdict: &v}}
	return p
}

// manyOthers are a deploy tool's: more than fit anywhere.
func manyOthers(n int) actions.Progress {
	p := actions.Progress{Version: 2, At: noon, Plan: actions.Plan{Observed: true}}
	for i := range n {
		id := collector.TargetID(fmt.Sprintf("web-%04d.eu-west-1/puma", i))
		p.Plan.Steps = append(p.Plan.Steps, observedStep(id))
		p.Steps = append(p.Steps, actions.StepProgress{Target: id, State: actions.Watching, Since: noon, Wanted: 2, Text: "noticed"})
	}
	return p
}
