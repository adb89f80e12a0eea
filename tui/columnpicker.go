package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// columnPicker is the overlay in which columns are chosen: all of them in the order in which they are to stand, and which of
// them are wanted. The lines stay where they are while columns are switched on and off.
type columnPicker struct {
	list   []columnID
	wanted [columnCount]bool
	at     int
}

func columnKeys() []binding {
	return []binding{
		{keys: []string{"C"}, word: "columns", help: "choose the columns and their order", group: picking, on: fleetScreen,
			footer: 11, run: quietly((*Model).openColumns)},
	}
}

func (m *Model) openColumns() { m.overlay, m.picks = columnsOverlay, m.columnsToPick() }

// columnsToPick are the columns as they are now: those of the choice, or in sight, then those that have something to show, then
// the others.
func (m *Model) columnsToPick() columnPicker {
	var p columnPicker
	add := func(id columnID) {
		if !slices.Contains(p.list, id) {
			p.list = append(p.list, id)
		}
	}
	for _, id := range m.chosen {
		add(id)
	}
	if m.chosen == nil {
		add(colTarget)
		for _, c := range m.columnsInSight() {
			add(c.id)
		}
	}
	for _, id := range p.list {
		p.wanted[id] = true
	}
	for _, present := range [...]bool{true, false} {
		for id := range columnCount {
			if m.projected.present[id] == present {
				add(id)
			}
		}
	}
	return p
}

// onColumnsKey chooses, orders and closes; the fleet follows every key.
func (m *Model) onColumnsKey(msg tea.KeyPressMsg) {
	p := &m.picks
	last := len(p.list) - 1
	switch msg.String() {
	case "esc", "q", "enter", "C", "ctrl+c":
		m.overlay = noOverlay
	case "down", "j":
		p.at = min(p.at+1, last)
	case "up", "k":
		p.at = max(p.at-1, 0)
	case "ctrl+d", "pgdown":
		p.at = min(p.at+m.height/2, last)
	case "ctrl+u", "pgup":
		p.at = max(p.at-m.height/2, 0)
	case "g", "home":
		p.at = 0
	case "G", "end":
		p.at = last
	case "space", "x":
		m.pickColumn()
	case "left", "K", "shift+up":
		m.shiftColumn(-1)
	case "right", "J", "shift+down":
		m.shiftColumn(1)
	case "a":
		m.chosen = nil
		m.reproject()
		m.picks = m.columnsToPick()
	}
}

// pickColumn takes the column at hand in, or out. The name of the target always stays.
func (m *Model) pickColumn() {
	p := &m.picks
	if p.at == 0 {
		return
	}
	p.wanted[p.list[p.at]] = !p.wanted[p.list[p.at]]
	m.choose()
}

// shiftColumn puts the column at hand before or behind its neighbour.
func (m *Model) shiftColumn(by int) {
	p := &m.picks
	to := p.at + by
	if p.at == 0 || to < 1 || to >= len(p.list) {
		return
	}
	p.list[p.at], p.list[to] = p.list[to], p.list[p.at]
	p.at = to
	if p.wanted[p.list[to]] || p.wanted[p.list[to-by]] {
		m.choose()
	}
}

// choose makes what is picked the operator's choice.
func (m *Model) choose() {
	var choice []columnID
	for _, id := range m.picks.list {
		if m.picks.wanted[id] {
			choice = append(choice, id)
		}
	}
	m.chosen = choice
	m.reproject()
}

func (m *Model) columnsTitle() string {
	if m.chosen == nil {
		return "Columns " + m.glyphs.dot + " as the width allows"
	}
	return "Columns " + m.glyphs.dot + " your choice"
}

func (m *Model) columnLines(height int) []line {
	p := &m.picks
	inSight := m.columnsInSight()
	var lines []line
	widest := 0
	for i, id := range p.list {
		def := &fleetColumns[id]
		box, lead, name, help := "[ ] ", span{tText, "  "}, tText, tDim
		if p.wanted[id] {
			box = "[x] "
		}
		if i == p.at {
			lead, name, help = span{tAccent, m.glyphs.cursor + " "}, tTitle, tText
		}
		l := line{lead, {tAccent, box}, {name, pad(def.Title(), sortNameWidth)}, {help, def.help()}}
		switch {
		case !m.projected.present[id]:
			l = append(l, span{tDim, " " + m.glyphs.dot + " nothing to show"})
		case p.wanted[id] && !slices.ContainsFunc(inSight, func(c placed) bool { return c.id == id }):
			l = append(l, span{tWarn, " " + m.glyphs.dot + " no room"})
		}
		widest = max(widest, l.width())
		lines = append(lines, l)
	}
	room := max(height-2, 1)
	first := max(min(p.at-room+2, len(lines)-room), 0)
	lines = lines[first:min(first+room, len(lines))]
	foot := line{{tKey, "space"}, {tDim, " shows or hides  "}, {tKey, m.glyphs.sideways}, {tDim, " moves it  "},
		{tKey, "a"}, {tDim, " as the width allows  "}, {tKey, "esc"}, {tDim, " closes"}}
	return append(lines, nil, append(foot, span{tText, strings.Repeat(" ", max(widest-foot.width(), 0))}))
}
