package tui

import tea "charm.land/bubbletea/v2"

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

func mouseKeys() []binding {
	return []binding{
		{keys: []string{"M"}, word: "mouse", help: "leave the mouse to the terminal, to select text", group: leaving, on: anyScreen, run: (*Model).toggleMouse},
	}
}

// toggleMouse leaves the mouse to the terminal, which then selects text with it, or takes it back.
func (m *Model) toggleMouse() tea.Cmd {
	m.noMouse = !m.noMouse
	if m.noMouse {
		return m.say("the mouse selects text now; " + m.keyOf("mouse") + " takes it back")
	}
	return m.say("the mouse scrolls, selects and presses again")
}

// keyOf is the key of the binding of a name, as people write it.
func (m *Model) keyOf(name string) string {
	for i := range m.keys {
		if b := &m.keys[i]; b.name() == name && m.valid(b) {
			return b.shown()
		}
	}
	return ":" + name
}

// onWheel scrolls: on the fleet it moves the cursor, so that what is selected stays in sight.
func (m *Model) onWheel(mouse tea.Mouse) {
	n := wheelLines
	if mouse.Button == tea.MouseWheelUp {
		n = -n
	}
	switch m.overlay {
	case helpOverlay:
		m.helpTop = max(m.helpTop+n, 0)
	case columnsOverlay:
		m.picks.at = min(max(m.picks.at+n, 0), len(m.picks.list)-1)
	case noOverlay:
		m.pin()
		m.move(n)
	default:
	}
}

// onClick selects the line under the mouse, folds the group, sorts by the heading, or presses the key of the footer: which asks
// before it acts, as always. In an overlay a click does nothing, so that none ever confirms.
func (m *Model) onClick(mouse tea.Mouse) tea.Cmd {
	m.prompts.touched = true
	if m.overlay != noOverlay || mouse.Button != tea.MouseLeft || m.tiny() {
		return nil
	}
	if mouse.Y == m.height-1 {
		if b := m.footerKeyAt(mouse.X); b != nil && m.notice.text == "" {
			m.pin()
			return m.press(b)
		}
		return nil
	}
	if m.screen == fleetScreen {
		m.clickFleet(mouse)
	}
	return nil
}

// clickFleet takes a click on the heading of the table or on one of its lines.
func (m *Model) clickFleet(mouse tea.Mouse) {
	l := m.fleetLayout()
	heading := l.heading()
	if mouse.Y == heading {
		for _, c := range m.columnsInSight() {
			if mouse.X >= c.x && mouse.X < c.x+c.w {
				m.pin()
				m.sortFrom(fleetColumns[c.id].ID)
			}
		}
		return
	}
	line := mouse.Y - heading - 1
	if line < 0 || line >= l.rows || m.top+line >= m.projected.count() {
		return
	}
	m.moveTo(m.top + line)
	if m.current() == nil {
		m.toggleFold()
	}
}
