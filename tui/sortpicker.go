package tui

import (
	"slices"
	"strings"

	"pumatop/collector/query"

	tea "charm.land/bubbletea/v2"
)

// sortable are the columns that the fleet can be sorted by: those in sight from left to right, then the others that have
// something to show, and the one that it is sorted by whatever that shows.
func (m *Model) sortable() []query.ID {
	var ids []query.ID
	for _, c := range m.columnsInSight() {
		ids = append(ids, fleetColumns[c.id].ID)
	}
	for id := range fleetColumns {
		name := fleetColumns[id].ID
		if !slices.Contains(ids, name) && (m.projected.present[id] || name == m.order.by) {
			ids = append(ids, name)
		}
	}
	return ids
}

func (m *Model) openSort() {
	m.overlay, m.sorts = sortOverlay, m.sortable()
	m.picker = max(slices.Index(m.sorts, m.order.by), 0)
}

// onSortKey moves in the list and picks; the fleet is sorted at once, so that the choice can be seen.
func (m *Model) onSortKey(msg tea.KeyPressMsg) tea.Cmd {
	ids := m.sorts
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
		at := m.sortFor(msg.Text)
		if at < 0 {
			return nil
		}
		m.picker = at
	}
	if len(ids) > 0 {
		m.order = ordering{by: ids[m.picker]}
		m.reproject()
	}
	return nil
}

// sortFor is the first column whose name begins with a letter, and from there the next one, around the end of the list; -1 for
// none.
func (m *Model) sortFor(letter string) int {
	begins := func(at int) bool { return letter != "" && strings.HasPrefix(string(m.sorts[at]), letter) }
	from := 0
	if m.picker < len(m.sorts) && begins(m.picker) {
		from = m.picker + 1
	}
	for i := range m.sorts {
		if at := (from + i) % len(m.sorts); begins(at) {
			return at
		}
	}
	return -1
}

func (m *Model) sortLines(height int) []line {
	ids := m.sorts
	var lines []line
	widest := 0
	for i, id := range ids {
		name, help := pad(named(id).Title(), sortNameWidth), helpOf(id)
		l := line{{tText, "   "}, {tText, name}, {tDim, help}}
		if i == m.picker {
			arrow := m.glyphs.down
			if m.order.reverse {
				arrow = m.glyphs.up
			}
			l = line{{tAccent, m.glyphs.cursor + arrow + " "}, {tTitle, name}, {tText, help}}
		}
		widest = max(widest, l.width())
		lines = append(lines, l)
	}
	room := max(height-2, 1)
	first := max(min(m.picker-room+2, len(lines)-room), 0)
	lines = lines[first:min(first+room, len(lines))]
	foot := line{{tKey, "enter"}, {tDim, " keeps  "}, {tKey, "S"}, {tDim, " reverses  "}, {tKey, "a" + m.glyphs.cut + "z"}, {tDim, " goes to a name"}}
	return append(lines, nil, append(foot, span{tText, strings.Repeat(" ", max(widest-foot.width(), 0))}))
}

// sortNameWidth is the room for a column's name.
const sortNameWidth = 10

// helpOf is what a column shows, as it is drawn where it is drawn.
func helpOf(id query.ID) string {
	return fleetColumns[columnNamed(id)].help()
}
