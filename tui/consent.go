package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// consent is the question at the foot of an overlay that changes something. It rests on Cancel, and yes has to be
// typed. For the first moment it hears nothing but esc: what arrives then was typed before it could be read.
type consent struct {
	want  string // what has to be typed; empty where there is nothing to agree to
	typed string
	armed bool
}

// answer is what a key meant to a consent.
type answer uint8

const (
	undecided answer = iota
	declined
	given
)

// key takes a key. A wrong character begins the typing anew, so that the wanted text is always typed in one go.
func (c *consent) key(msg tea.KeyPressMsg) answer {
	switch msg.String() {
	case "esc":
		return declined
	case "q":
		if strings.Contains(c.want, "q") { // a name that has to be typed
			break
		}
		fallthrough
	case "enter", "ctrl+c":
		if c.armed {
			return declined
		}
		return undecided
	case "backspace":
		_, n := utf8.DecodeLastRuneInString(c.typed)
		c.typed = c.typed[:len(c.typed)-n]
		return undecided
	}
	if !c.armed || c.want == "" || msg.Text == "" {
		return undecided
	}
	c.typed += msg.Text
	if !strings.HasPrefix(c.want, c.typed) {
		c.typed = ""
	}
	if c.typed == c.want {
		return given
	}
	return undecided
}

// line is the button and what to type.
func (c *consent) line(button, does string) line {
	l := line{{tText, "  "}, {tPick, "[ " + button + " ]"}}
	if c.want == "" {
		return l
	}
	l = append(l, span{tDim, "   type "}, span{tKey, c.want}, span{tDim, " to " + does})
	if c.typed != "" {
		l = append(l, span{tDim, "   "}, span{tFigure, c.typed}, span{tAccent, "_"})
	}
	return l
}

// heard is what a key means to a consent, which is not given to what cannot be seen: a terminal too small for the
// overlay only takes a no. A key that comes while the overlay is deaf makes it deaf for longer.
func (m *Model) heard(c *consent, msg tea.KeyPressMsg) (answer, tea.Cmd) {
	a := c.key(msg)
	switch {
	case a == undecided && !c.armed:
		return a, m.deafen()
	case a == given && m.tiny():
		c.typed = ""
		return undecided, nil
	}
	return a, nil
}

// openOverlay puts an overlay on the screen and begins its deaf moment.
func (m *Model) openOverlay(o overlayID) tea.Cmd {
	m.overlay = o
	return tea.Batch(m.deafen(), m.retick())
}

// deafen begins the overlay's deaf moment, or begins it anew: whoever types into it has not read it yet.
func (m *Model) deafen() tea.Cmd {
	m.overlays++
	m.prompts.armed = false
	return arm(m.overlays, armBeats)
}
