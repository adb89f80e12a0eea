package tui

import (
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
)

// witnessRun is the number of the run that tells of restarts which others began; our own are numbered from 1.
const witnessRun = 0

// seenFor is how long a verdict over a restart of somebody else's stays in the dock by itself.
const seenFor = 5 * time.Minute

// subscribe asks for what the witness notices.
func (m *Model) subscribe() tea.Cmd {
	if m.opts.Witness == nil {
		return nil
	}
	m.seen = &rollout{number: witnessRun, live: m.opts.Witness, progress: actions.Progress{Plan: actions.Plan{Observed: true}}}
	return m.nextProgress(m.opts.Witness, witnessRun, 0)
}

// sift takes what is still of interest from what the witness has seen: what is under way, and newer verdicts that nobody
// has put away.
func (m *Model) sift() {
	m.sighted = nil
	if m.seen == nil {
		return
	}
	p := m.seen.progress
	p.Steps = nil
	for _, step := range m.seen.progress.Steps {
		v := step.Verdict
		if v == nil || !v.At.Equal(m.seen.dismissed[v.Target]) && m.now.Sub(v.At) < seenFor {
			p.Steps = append(p.Steps, step)
		}
	}
	if len(p.Steps) > 0 {
		m.sighted = &rollout{number: witnessRun, shown: true, progress: p}
	}
}

// putAway takes the verdicts over restarts of others out of the dock.
func (m *Model) putAway() {
	m.seen.dismissed = map[collector.TargetID]time.Time{}
	for _, step := range m.seen.progress.Steps {
		if step.Verdict != nil {
			m.seen.dismissed[step.Target] = step.Verdict.At
		}
	}
	m.sift()
}

// dock is the rollout that stands below other things: our own, until esc hides it, else what others began; nil for none.
func (m *Model) dock() *rollout {
	if m.rollout != nil && m.rollout.shown {
		return m.rollout
	}
	return m.sighted
}

// targetDock is the rollout that stands on the screen of one target: one in which it has a part.
func (m *Model) targetDock() *rollout {
	for _, r := range []*rollout{m.dock(), m.sighted} {
		if r != nil && r.step(m.open) != nil {
			return r
		}
	}
	return nil
}

// inSight reports whether a rollout can be seen where we are.
func (m *Model) inSight(r *rollout) bool {
	var there *rollout
	switch m.screen {
	case rolloutScreen:
		return true
	case fleetScreen:
		if m.fleetLayout().dock > 0 {
			there = m.dock()
		}
	case targetScreen:
		there = m.targetDock()
	default:
	}
	return there != nil && there.number == r.number
}

// takeNote takes note of what is in sight: a bad verdict that was seen is no news any more.
func (m *Model) takeNote() {
	for _, r := range []*rollout{m.rollout, m.seen} {
		if r != nil && r.news && (m.overlay == noOverlay || m.overlay == filterOverlay) && m.inSight(r) {
			r.news = false
		}
	}
}

// marksOfRollouts are for the header: what runs out of sight, and what nobody has looked at yet.
func (m *Model) marksOfRollouts() []span {
	var marks []span
	if r := m.rollout; r != nil && !m.inSight(r) {
		verb := (&sheet{plan: r.progress.Plan}).verb().String()
		marks = m.marksOf(marks, r, r, verb, r.over())
	}
	if r := m.seen; r != nil && (r.news || m.sighted != nil) && !m.inSight(r) {
		marks = m.marksOf(marks, r, m.sighted, "by others", m.sighted == nil || m.sighted.judged() == len(m.sighted.progress.Steps))
	}
	return marks
}

// marksOf adds the marks of one rollout, of whose steps those of now count.
func (m *Model) marksOf(marks []span, r, now *rollout, verb string, over bool) []span {
	if worst := r.worst(); r.news && worst != nil {
		glyph, t := m.glyphs.verdict(worst.Word)
		marks = append(marks, span{t, glyph + " " + string(worst.Target) + " " + worst.Word.String()})
	}
	switch {
	case !over:
		count := strconv.Itoa(now.judged()) + "/" + strconv.Itoa(len(now.progress.Steps))
		marks = append(marks, span{tInfo, m.glyphs.states[collector.Restarting] + " " + verb + " " + count})
	case r.progress.Awaited > 0:
		marks = append(marks, span{tWarn, m.glyphs.states[collector.Stale] + " waiting for " + m.awaited(r)})
	}
	return marks
}

// worst is the newest bad verdict; nil for none.
func (r *rollout) worst() *actions.Verdict {
	var worst *actions.Verdict
	for i := range r.progress.Steps {
		if v := r.progress.Steps[i].Verdict; v != nil && bad(v) && (worst == nil || v.At.After(worst.At)) {
			worst = v
		}
	}
	return worst
}
