package tui

import (
	"strings"

	"pumatop/collector/query"

	tea "charm.land/bubbletea/v2"
)

func (m *Model) openHelp() { m.overlay, m.helpTop = helpOverlay, 0 }

func (m *Model) helpTitle() string {
	if m.opts.Version == "" {
		return "Keys"
	}
	return "pumatop " + m.opts.Version
}

// onHelpKey scrolls or closes.
func (m *Model) onHelpKey(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc", "q", "?", "f1", "enter", "ctrl+c":
		m.overlay = noOverlay
	case "down", "j":
		m.helpTop++
	case "up", "k":
		m.helpTop = max(m.helpTop-1, 0)
	case "ctrl+d", "pgdown", "space":
		m.helpTop += max(m.height/2, 1)
	case "ctrl+u", "pgup":
		m.helpTop = max(m.helpTop-m.height/2, 0)
	}
	return nil
}

// helpLines are the keys by group, what the glyphs mean and what the columns say: all from the tables that the
// screens are drawn from.
func (m *Model) helpLines(w, height int) []line {
	lines := m.helpKeys()
	lines = append(lines, nil, line{{tTitle, "States"}})
	for _, s := range query.States() {
		glyph, t := m.glyphs.state(s)
		lines = append(lines, line{{tText, "  "}, {t, glyph}, {tText, " " + pad(s.String(), helpKeyWidth-2)}, {tDim, stateHelp(s)}})
	}
	if m.opts.Prompts != nil {
		lines = append(lines, line{{tText, "  "}, {tWarn, m.glyphs.asks}, {tText, " " + pad("waits for you", helpKeyWidth-2)}, {tDim, "a host asks before it lets pumatop in"}})
	}
	lines = append(lines, nil, line{{tTitle, "Filter"}})
	for _, f := range query.Language() {
		lines = append(lines, line{{tText, "  " + pad(f.Write, filterWidth)}, {tDim, f.Means}})
	}
	lines = append(lines, nil, line{{tTitle, "Columns"}})
	for _, c := range query.Columns() {
		lines = append(lines, line{{tText, "  " + pad(c.Title(), helpKeyWidth)}, {tDim, helpOf(c.ID)}})
	}
	widest := 0
	for _, l := range lines {
		widest = max(widest, l.width())
	}
	room := max(height-2, 1)
	m.helpTop = max(min(m.helpTop, len(lines)-room), 0)
	end := min(m.helpTop+room, len(lines))
	page := lines[m.helpTop:end:end]
	foot := line{{tKey, "esc"}, {tDim, " closes"}}
	if len(lines) > room {
		foot = append(foot, span{tKey, "  ↓ ↑"}, span{tDim, " scrolls"})
	}
	page = append(page, nil, append(foot, span{tText, strings.Repeat(" ", max(min(widest, w)-foot.width(), 0))}))
	return page
}

// helpKeyWidth is the room for the names of keys and for the blanks behind them.
const helpKeyWidth = 18

// filterWidth is the room for a word of a filter.
const filterWidth = 30

func (m *Model) helpKeys() []line {
	var lines []line
	for _, g := range []group{acting, looking, picking, moving, leaving} {
		first := true
		for i := range m.keys {
			b := &m.keys[i]
			if b.group != g {
				continue
			}
			if first {
				if len(lines) > 0 {
					lines = append(lines, nil)
				}
				lines = append(lines, line{{tTitle, string(g)}})
				first = false
			}
			lines = append(lines, line{{tKey, "  " + pad(b.keyNames(), helpKeyWidth)}, {tText, b.help}})
		}
	}
	return lines
}

// pad fills s up to w cells.
func pad(s string, w int) string { return s + strings.Repeat(" ", max(w-textWidth(s), 0)) }
