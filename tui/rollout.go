package tui

import (
	"strconv"
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

func (m *Model) onProgress(msg progressMsg) tea.Cmd {
	r := m.rollout
	if r == nil || r.number != msg.run {
		return nil
	}
	ended := msg.progress.Done && !r.progress.Done
	r.progress = msg.progress
	m.advance(msg.progress.At)
	m.clampTop()
	var again tea.Cmd
	if ended {
		again = m.onDone()
	}
	if msg.progress.Done && msg.progress.Awaited == 0 {
		return again
	}
	return tea.Batch(again, m.nextProgress(r.live, r.number, msg.progress.Version))
}

func (m *Model) onRunEnded(msg runEndedMsg) {
	if r := m.rollout; r != nil && r.number == msg.run && !r.progress.Done {
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

// before is what a target was when the plan was made.
func (r *rollout) before(id collector.TargetID) *collector.Snapshot {
	for i := range r.progress.Plan.Steps {
		if r.progress.Plan.Steps[i].Target == id {
			return &r.progress.Plan.Steps[i].Before
		}
	}
	return nil
}

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

// toggleRollout shows the rollout in full, or what was there before.
func (m *Model) toggleRollout() tea.Cmd {
	m.scroll = 0
	switch {
	case m.screen != rolloutScreen:
		m.screen, m.rollout.shown = rolloutScreen, true
	case m.open != "":
		m.screen = targetScreen
	default:
		m.screen = fleetScreen
	}
	return nil
}

// docked reports whether the fleet screen shows the rollout below its table.
func (m *Model) docked() bool { return m.rollout != nil && m.rollout.shown }

// caption is what the rollout is and how far, for a hairline.
func (m *Model) rolloutCaption() (start, end line) {
	r := m.rollout
	s := sheet{plan: r.progress.Plan}
	start = line{{tTitle, s.title()}}
	n := len(r.progress.Steps)
	switch {
	case r.ended != nil:
		start = append(start, span{tBad, "  ended without a verdict: " + r.ended.Error()})
	case r.progress.Stopped != "":
		start = append(start, span{tWarn, "  " + r.progress.Stopped})
	case n > 1:
		start = append(start, span{tDim, "  "}, span{tFigure, strconv.Itoa(r.judged())}, span{tDim, " of " + strconv.Itoa(n) + " done"})
	}
	if !r.over() {
		return start, line{{tDim, duration(m.now.Sub(r.begun))}}
	}
	return start, line{{tDim, "ended " + clock(r.progress.At)}}
}

// dockHeight is how many lines the rollout would like on the fleet screen.
func (m *Model) dockHeight() int { return 1 + len(m.rolloutLines(m.width-2*margin, false)) }

// drawDock draws the rollout in height lines. What does not fit is left out from the top: the newest matters.
func (m *Model) drawDock(p *pen, height int) {
	start, end := m.rolloutCaption()
	p.hairline(start, end)
	lines := m.rolloutLines(m.width-2*margin, false)
	if over := len(lines) - (height - 1); over > 0 {
		lines = m.squeeze(lines, height-1)
	}
	m.drawLines(p, lines, height-1)
}

// squeeze keeps the n lines around the step that is under way, or the end.
func (m *Model) squeeze(lines []line, n int) []line {
	at := len(lines) - n
	if r := m.rollout; !r.over() {
		above := 0
		for i := range r.progress.Steps {
			if s := r.progress.Steps[i].State; s == actions.Asking || s == actions.Watching {
				break
			}
			above++
		}
		at = min(max(above-1, 0), at)
	}
	return lines[at : at+n]
}

// drawLines draws lines at the margin, and blanks up to height.
func (m *Model) drawLines(p *pen, lines []line, height int) {
	for i := range height {
		if i < len(lines) {
			p.space(margin)
			p.width -= margin
			p.spans(lines[i])
			p.width += margin
		}
		p.end()
	}
}

// drawRollout draws the rollout's own screen: everything that is known of it.
func (m *Model) drawRollout(p *pen) {
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, "rollout"}})
	start, end := m.rolloutCaption()
	p.hairline(start, end)
	height := max(m.height-3, 0)
	lines := m.rolloutLines(m.width-2*margin, true)
	m.scroll = max(min(m.scroll, len(lines)-height), 0)
	m.drawLines(p, lines[m.scroll:], height)
	m.drawFooter(p)
}
