package tui

import "pumatop/collector"

// visited is where a screen was opened from: esc goes back there, with what was open.
type visited struct {
	screen, to screenID
	open       collector.TargetID
	scroll     int
}

// longestTrail is how many screens back esc goes.
const longestTrail = 16

// visit turns to a screen that esc leaves for this one.
func (m *Model) visit(to screenID) {
	m.trail = append(m.trail, visited{m.screen, to, m.open, m.scroll})
	if len(m.trail) > longestTrail {
		m.trail = m.trail[1:]
	}
	m.turnTo(to)
}

// goBack turns to where this screen was visited from; it is false where nothing is known of that.
func (m *Model) goBack() bool {
	n := len(m.trail)
	if n == 0 || m.trail[n-1].to != m.screen {
		m.trail = nil
		return false
	}
	at := m.trail[n-1]
	m.trail = m.trail[:n-1]
	m.screen, m.open, m.scroll = at.screen, at.open, at.scroll
	return true
}
