package tui

import tea "charm.land/bubbletea/v2"

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

// onWheel scrolls: on the fleet it moves the cursor, so that what is selected stays in sight.
func (m *Model) onWheel(mouse tea.Mouse) {
	if m.overlay != noOverlay && m.overlay != helpOverlay {
		return
	}
	n := wheelLines
	if mouse.Button == tea.MouseWheelUp {
		n = -n
	}
	if m.overlay == helpOverlay {
		m.helpTop = max(m.helpTop+n, 0)
		return
	}
	m.pin()
	m.move(n)
}

// onClick selects the line under the mouse. A click never acts.
func (m *Model) onClick(mouse tea.Mouse) {
	m.prompts.touched = true
	if m.overlay != noOverlay || m.screen != fleetScreen || mouse.Button != tea.MouseLeft || m.tiny() {
		return
	}
	l := m.fleetLayout()
	first := 3
	if l.totals {
		first = 4
	}
	if line := mouse.Y - first; line >= 0 && line < l.rows && m.top+line < len(m.projected.rows) {
		m.moveTo(m.top + line)
	}
}
