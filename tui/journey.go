package tui

import tea "charm.land/bubbletea/v2"

// journeys are commands of the palette that lead from this screen to another one: each goes back to the target that is open, or
// to the fleet, and does what the key does there. Screens that a key of this one opens are in the palette already.
func (m *Model) journeys() []command {
	var list []command
	add := func(name, help string, run func(*Model) tea.Cmd) {
		list = append(list, command{binding: &binding{word: "go to " + name, help: help, group: looking, on: m.screen, run: run}})
	}
	if m.screen != fleetScreen {
		add("fleet", "all targets", func(m *Model) tea.Cmd { return m.goHome(false) })
	}
	if m.screen != fleetScreen && m.screen != targetScreen && m.isTarget(m.open) {
		add("target", string(m.open), func(m *Model) tea.Cmd { return m.goHome(true) })
	}
	for i := range m.pages {
		to := m.pages[i].id
		if to == m.screen || to == targetScreen {
			continue
		}
		if b := m.opener(to); b != nil && b.on&m.screen == 0 {
			add(m.pages[i].name, b.help, func(m *Model) tea.Cmd {
				left := m.goHome(true)
				switch {
				case m.valid(b):
					return tea.Batch(left, b.run(m))
				case b.whyNot != nil:
					return tea.Batch(left, m.say(b.whyNot(m)))
				}
				return tea.Batch(left, m.say("there is nothing to show there"))
			})
		}
	}
	return list
}

// opener is the binding that opens a screen from the fleet or a target; nil for none.
func (m *Model) opener(to screenID) *binding {
	for i := range m.keys {
		if b := &m.keys[i]; b.opens == to && b.on&(fleetScreen|targetScreen) != 0 {
			return b
		}
	}
	return nil
}

// goHome turns to the target that is open, where that is wanted and there is one, else to the fleet. What it returns ends the
// reading of logs that were looked at.
func (m *Model) goHome(target bool) tea.Cmd {
	m.trail = nil
	var stop tea.Cmd
	if m.screen == logsScreen {
		stop = stopStream(m.logs.stop)
		m.logs = logs{number: m.logs.number + 1}
	}
	if target && m.open != "" {
		m.turnTo(targetScreen)
	} else {
		m.turnTo(fleetScreen)
		m.open = ""
	}
	m.reproject()
	return stop
}
