package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// sortable are the columns that the fleet has something to show in, from left to right.
func (m *Model) sortable() []columnID {
	var ids []columnID
	for id := range columnCount {
		if m.projected.present[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

func (m *Model) openSort() {
	m.overlay, m.picker = sortOverlay, 0
	for i, id := range m.sortable() {
		if id == m.order.by {
			m.picker = i
		}
	}
}

// onSortKey moves in the list and picks; the fleet is sorted at once, so that the choice can be seen.
func (m *Model) onSortKey(msg tea.KeyPressMsg) tea.Cmd {
	ids := m.sortable()
	switch msg.String() {
	case "esc", "q", "enter", "s", "ctrl+c":
		m.overlay = noOverlay
		return nil
	case "down", "j":
		m.picker = min(m.picker+1, len(ids)-1)
	case "up", "k":
		m.picker = max(m.picker-1, 0)
	case "S":
		m.reverse()
		return nil
	default:
		return nil
	}
	if len(ids) > 0 {
		m.order = ordering{by: ids[m.picker]}
		m.reproject()
	}
	return nil
}

func (m *Model) sortLines(height int) []line {
	ids := m.sortable()
	first := max(m.picker-max(height-4, 0), 0)
	var lines []line
	for i, id := range ids[min(first, len(ids)):] {
		c := &fleetColumns[id]
		name := c.title + strings.Repeat(" ", max(9-len(c.title), 0))
		l := line{{tText, "   "}, {tText, name}, {tDim, c.help}}
		if first+i == m.picker {
			arrow := m.glyphs.down
			if m.order.reverse {
				arrow = m.glyphs.up
			}
			l = line{{tAccent, m.glyphs.cursor + arrow + " "}, {tTitle, name}, {tText, c.help}}
		}
		lines = append(lines, l)
	}
	lines = lines[:min(len(lines), max(height-2, 1))]
	return append(lines, nil, line{{tKey, "enter"}, {tDim, " keeps  "}, {tKey, "S"}, {tDim, " reverses"}})
}
