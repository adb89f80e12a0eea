package tui

import (
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// hasRollouts reports whether the rollout screen has anything to show.
func (m *Model) hasRollouts() bool {
	return m.rollout != nil || m.seen != nil && len(m.seen.progress.Steps) > 0
}

// toggleRollout shows the rollout in full, or what was there before.
func (m *Model) toggleRollout() tea.Cmd {
	m.scroll = 0
	switch {
	case m.screen != rolloutScreen:
		m.screen = rolloutScreen
		r := m.seen
		if m.rollout != nil {
			r = m.rollout
			r.shown = true
		}
		_, focus := m.rolloutLines(r, m.width-2*margin, true)
		m.scroll = max(focus-1, 0)
	case m.open != "":
		m.screen = targetScreen
	default:
		m.screen = fleetScreen
	}
	return nil
}

// leavesDock reports whether esc takes something out of the dock: a rollout that is over, or verdicts.
func (m *Model) leavesDock() bool {
	r := m.dock()
	switch {
	case r == nil:
		return false
	case r == m.rollout:
		return r.over()
	}
	return r.judged() > 0
}

// emptyDock takes it out.
func (m *Model) emptyDock() {
	if m.dock() == m.rollout {
		m.rollout.shown = false
		return
	}
	m.putAway()
}

// rolloutCaption is what a rollout is and how far, for a hairline.
func (m *Model) rolloutCaption(r *rollout) (start, end line) {
	if r.number == witnessRun {
		return m.seenCaption(r), nil
	}
	s := sheet{plan: r.progress.Plan}
	start = append(line{{tTitle, s.title()}, {tDim, "  "}}, m.stand(r)...)
	if !r.over() {
		return start, line{{tDim, duration(max(m.now.Sub(r.begun), 0))}}
	}
	return start, line{{tDim, "ended " + clock(r.progress.At)}}
}

func (m *Model) seenCaption(r *rollout) line {
	l := line{{tTitle, "Restarts begun by others"}}
	if n := len(r.progress.Steps); n > 1 {
		l = append(l, span{tDim, "  "}, span{tFigure, strconv.Itoa(r.judged())}, span{tDim, " of " + strconv.Itoa(n) + " judged"})
	}
	return l
}

// stand is how far a rollout is, or how it ended.
func (m *Model) stand(r *rollout) line {
	p := &r.progress
	n := len(p.Steps)
	switch {
	case r.ended != nil:
		return line{{tBad, "ended without a verdict: " + r.ended.Error()}}
	case p.Done && p.Awaited > 0:
		return line{{tWarn, "still waiting for " + m.awaited(r) + " to come back"}}
	case p.Stopped != "":
		return line{{tWarn, p.Stopped}}
	case n < 2:
		return nil
	}
	l := line{{tFigure, strconv.Itoa(r.judged())}, {tDim, " of " + strconv.Itoa(n) + " judged"}}
	batches := p.Plan.Intent.Pace.Batches(n)
	if p.Done || len(batches) == n && p.PausedUntil.IsZero() {
		return l
	}
	if wait := p.PausedUntil.Sub(m.now); !p.PausedUntil.IsZero() && wait > 0 {
		return append(l, span{tDim, " " + m.glyphs.dot + " "}, span{tInfo, batchName(p.Batch+1, batches) + " begins in " + duration(wait+time.Second-1)})
	}
	return append(l, span{tDim, " " + m.glyphs.dot + " " + batchName(p.Batch, batches)})
}

func batchName(i int, batches []int) string {
	return "batch " + strconv.Itoa(min(i+1, len(batches))) + " of " + strconv.Itoa(len(batches))
}

// awaited names the lost targets that are waited for: one by its name, several by their number.
func (m *Model) awaited(r *rollout) string {
	var lost *actions.Verdict
	for i := range r.progress.Steps {
		if v := r.progress.Steps[i].Verdict; v != nil && v.Word == actions.Lost {
			lost = v
		}
	}
	if r.progress.Awaited == 1 && lost != nil {
		return string(lost.Target)
	}
	return plural(r.progress.Awaited, "lost target")
}

// dockLines are the lines of the dock. They are asked for when the screen is divided and again when it is drawn.
func (m *Model) dockLines(r *rollout) []line {
	if m.docked.of != r || m.docked.width != m.width {
		m.docked.of, m.docked.width = r, m.width
		m.docked.lines, m.docked.focus = m.rolloutLines(r, m.width-2*margin, false)
	}
	return m.docked.lines
}

// dockHeight is how many lines the rollout would like.
func (m *Model) dockHeight(r *rollout) int { return 1 + len(m.dockLines(r)) }

// drawDock draws the rollout in height lines: where not all fit, those from what matters most.
func (m *Model) drawDock(p *pen, r *rollout, height int) {
	start, end := m.rolloutCaption(r)
	p.hairline(start, end)
	lines := m.dockLines(r)
	if over := len(lines) - (height - 1); over > 0 {
		lines = lines[min(max(m.docked.focus-1, 0), over):]
	}
	m.drawLines(p, lines, height-1)
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

// drawRollout draws the rollout's own screen: everything that is known of it, and of what others began.
func (m *Model) drawRollout(p *pen) {
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, "rollout"}})
	start, end, lines := m.rolloutText(m.width - 2*margin)
	p.hairline(start, end)
	height := max(m.height-3, 0)
	m.scroll = max(min(m.scroll, len(lines)-height), 0)
	m.drawLines(p, lines[m.scroll:], height)
	m.drawFooter(p)
}

// rolloutText is what the rollout's screen says in w cells, and its captions.
func (m *Model) rolloutText(w int) (start, end line, lines []line) {
	if m.rollout != nil {
		start, end = m.rolloutCaption(m.rollout)
		lines, _ = m.rolloutLines(m.rollout, w, true)
	}
	if m.seen != nil && len(m.seen.progress.Steps) > 0 {
		if m.rollout == nil {
			start = m.seenCaption(m.seen)
		} else {
			lines = append(lines, nil, m.seenCaption(m.seen), nil)
		}
		seen, _ := m.rolloutLines(m.seen, w, true)
		lines = append(lines, seen...)
	}
	return start, end, lines
}
