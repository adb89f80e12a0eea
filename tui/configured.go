package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// Configured is the message that the configuration has been read again. What it says holds for the next plan; a sheet
// that is open is made anew, and goes where nothing may be done any more or its hosts may be others.
type Configured struct {
	Environment, Color string
	Policy             actions.Policy
	Pace               actions.Pace
	Via                actions.Via
	Manners            actions.Manners
	ReadOnly           bool
	// Theme and Colors are as in Options; an empty theme changes nothing. One that was chosen on the screen stays, until the
	// configuration says another than before.
	Theme  ThemeName
	Colors map[string]string
	// Moved means that hosts have gone, or are reached otherwise: one of a name may be another machine.
	Moved bool

	// Broken is why it could not be read: nothing else counts then, and the header says so until it is mended.
	Broken string
	// Said is told in passing; empty tells nothing.
	Said string
}

// onConfigured takes what the configuration says now.
func (m *Model) onConfigured(c Configured) tea.Cmd {
	m.broken = c.Broken
	var said tea.Cmd
	if c.Said != "" {
		said = m.say(c.Said)
	}
	if c.Broken != "" {
		return said
	}
	before := m.opts
	o := &m.opts
	o.Environment, o.Color, o.Policy, o.Pace, o.Via, o.Manners, o.ReadOnly = c.Environment, c.Color, c.Policy, c.Pace, c.Via, c.Manners, c.ReadOnly
	m.keys = keysFor(m.opts)
	m.recolor(c)
	switch m.overlay {
	case paletteOverlay: // its lines are those of before
		m.overlay = noOverlay
	case questionOverlay:
		if o.ReadOnly && m.question.changes {
			m.overlay = noOverlay
			return tea.Batch(said, m.say("nothing was stopped: this is read-only now"))
		}
	case sheetOverlay:
		if o.ReadOnly {
			m.overlay = noOverlay
			return tea.Batch(said, m.say("nothing was sent: this is read-only now"))
		}
		if c.Moved {
			m.overlay = noOverlay
			return tea.Batch(said, m.say("nothing was sent: hosts have changed with the configuration, ask again"))
		}
		if before.Policy != o.Policy {
			return tea.Batch(said, m.replan(func(in *actions.Intent) { in.Policy = o.Policy }))
		}
	default:
	}
	return said
}

// badge is how the name of the environment looks: in its own colour, else red where it is protected or begins with "prod".
func (m *Model) badge(environment string) token {
	if t, ok := badges()[m.opts.Color]; ok {
		return t
	}
	if m.opts.Policy.Protected || strings.HasPrefix(strings.ToLower(environment), "prod") {
		return tProduction
	}
	return tEnvironment
}

// badges are the colours that an environment may have.
func badges() map[string]token {
	return map[string]token{"red": tProduction, "yellow": tYellow, "green": tGreen, "blue": tBlue, "magenta": tMagenta, "cyan": tCyan}
}
