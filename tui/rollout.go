package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
)

// rollout is the action that is under way, or the last one. What it says comes from the run alone: the screen
// writes no outcome.
type rollout struct {
	number   int
	live     Run // nil until the operator has begun it
	progress actions.Progress
	begun    time.Time
	ended    error // why no more progress comes, where it ended before it was done
	// shown is whether the fleet screen shows it; esc hides one that is over.
	shown bool
	// news is a bad verdict that has not been in sight yet.
	news bool
	// dismissed are the verdicts over restarts of others that were put away, by when they were reached.
	dismissed map[collector.TargetID]time.Time
	// stopAsked is whether it was stopped before live was known.
	stopAsked bool
}

// begin hands a plan to the operator and shows it as waiting until the first progress comes.
func (m *Model) begin(plan actions.Plan) tea.Cmd {
	number := 1
	if m.rollout != nil {
		number = m.rollout.number + 1
	}
	m.rollout = &rollout{number: number, begun: m.now, shown: true, progress: actions.Progress{Plan: plan, At: m.now}}
	for i := range plan.Steps {
		step := &plan.Steps[i]
		m.rollout.progress.Steps = append(m.rollout.progress.Steps, actions.StepProgress{
			Target: step.Target, State: actions.Waiting, Wanted: len(step.Before.Stats.Workers),
		})
	}
	m.clampTop()
	return tea.Batch(startRun(m.opts.Operator, plan, number), m.retick())
}

func (m *Model) onStarted(msg startedMsg) tea.Cmd {
	if m.rollout == nil || m.rollout.number != msg.run {
		return nil
	}
	m.rollout.live = msg.live
	next := m.nextProgress(msg.live, msg.run, 0)
	if m.rollout.stopAsked {
		return tea.Batch(stopRun(msg.live), next)
	}
	return next
}

// run is the rollout of that number; nil for one that a newer one has replaced.
func (m *Model) run(number int) *rollout {
	switch {
	case number == witnessRun:
		return m.seen
	case m.rollout != nil && m.rollout.number == number:
		return m.rollout
	}
	return nil
}

func (m *Model) onProgress(msg progressMsg) tea.Cmd {
	r := m.run(msg.run)
	if r == nil {
		return nil
	}
	r.news = r.news || r.tells(&msg.progress)
	before := r.progress
	ended := msg.progress.Done && !before.Done
	r.progress = msg.progress
	told := m.tellEnd(r, &before)
	m.advance(msg.progress.At)
	m.sift()
	m.clampTop()
	if ended {
		told = tea.Batch(told, m.onDone())
	}
	if msg.progress.Done && msg.progress.Awaited == 0 {
		return told
	}
	return tea.Batch(told, m.nextProgress(r.live, r.number, msg.progress.Version))
}

func (m *Model) onRunEnded(msg runEndedMsg) {
	if r := m.run(msg.run); r != nil && !r.progress.Done {
		r.ended = msg.err
	}
}

// onDone goes back to the sheet where nothing was sent because a target was not what the sheet showed: with a plan
// from the newest figures, resting on Cancel again.
func (m *Model) onDone() tea.Cmd {
	var again []collector.TargetID
	notice := ""
	for i := range m.rollout.progress.Steps {
		v := m.rollout.progress.Steps[i].Verdict
		if v == nil || v.Word != actions.Refused && (notice == "" || v.Word != actions.Untouched) {
			continue
		}
		if notice == "" {
			notice = v.Reason
			if notice == "" {
				notice = v.Summary
			}
		}
		again = append(again, v.Target)
	}
	if notice == "" || m.overlay != noOverlay {
		return nil
	}
	targets := m.newest(again...)
	if len(targets) == 0 {
		return nil
	}
	return m.showPlan(m.newPlan(m.rollout.progress.Plan.Intent, targets, m.now), targets, notice)
}

// over reports whether nothing more will happen.
func (r *rollout) over() bool { return r.progress.Done || r.ended != nil }

// stop leaves out what has not begun.
func (r *rollout) stop() tea.Cmd {
	if r.live == nil {
		r.stopAsked = true
		return nil
	}
	return stopRun(r.live)
}

// step is a target's part in it; nil where it has none.
func (r *rollout) step(id collector.TargetID) *actions.StepProgress {
	for i := range r.progress.Steps {
		if r.progress.Steps[i].Target == id {
			return &r.progress.Steps[i]
		}
	}
	return nil
}

// planned is what was planned for a target; nil where it has no part.
func (r *rollout) planned(id collector.TargetID) *actions.Step {
	for i := range r.progress.Plan.Steps {
		if r.progress.Plan.Steps[i].Target == id {
			return &r.progress.Plan.Steps[i]
		}
	}
	return nil
}

// tells reports whether a newer progress has a bad verdict that the rollout does not have.
func (r *rollout) tells(p *actions.Progress) bool {
	for i := range p.Steps {
		v := p.Steps[i].Verdict
		if v == nil || !bad(v) {
			continue
		}
		if was := r.step(p.Steps[i].Target); was == nil || was.Verdict == nil || was.Verdict.Word != v.Word || !was.Verdict.At.Equal(v.At) {
			return true
		}
	}
	return false
}

// bad reports whether somebody should look at a verdict.
func bad(v *actions.Verdict) bool { return !v.Word.Good() && v.Word != actions.Untouched }

// judged counts the steps that have a verdict.
func (r *rollout) judged() int {
	n := 0
	for i := range r.progress.Steps {
		if r.progress.Steps[i].State == actions.Judged {
			n++
		}
	}
	return n
}
