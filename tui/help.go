package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector/query"
)

// helpPage is the page of the help.
type helpPage struct {
	// typing takes keys for search; while it does not, a search that was made stays.
	typing bool
	search input
}

func (m *Model) openHelp() { m.overlay, m.helpTop, m.helpPage = helpOverlay, 0, helpPage{} }

func (m *Model) helpTitle() string {
	if m.opts.Version == "" {
		return "Keys"
	}
	return "pumatop " + m.opts.Version
}

// onHelpKey scrolls, searches or closes. Esc ends a search first.
func (m *Model) onHelpKey(msg tea.KeyPressMsg) tea.Cmd {
	h := &m.helpPage
	if h.typing {
		m.onHelpTyping(msg)
		return nil
	}
	switch msg.String() {
	case "esc":
		if h.search.text != "" {
			h.search.text = ""
			return nil
		}
		m.overlay = noOverlay
	case "/":
		h.typing, m.helpTop = true, 0
	case "q", "?", "f1", "enter", "ctrl+c":
		m.overlay = noOverlay
	case "down", "j":
		m.helpTop++
	case "up", "k":
		m.helpTop = max(m.helpTop-1, 0)
	case "ctrl+d", "pgdown", "space":
		m.helpTop += max(m.height/2, 1)
	case "ctrl+u", "pgup":
		m.helpTop = max(m.helpTop-m.height/2, 0)
	case "g", "home":
		m.helpTop = 0
	case "G", "end":
		m.helpTop = farDown
	}
	return nil
}

// onHelpTyping edits what is looked for.
func (m *Model) onHelpTyping(msg tea.KeyPressMsg) {
	h := &m.helpPage
	switch msg.String() {
	case "esc", "ctrl+c":
		*h = helpPage{}
	case "enter", "down", "up":
		h.typing = false
	default:
		h.search.key(msg)
		m.helpTop = 0
	}
}

// chapter is a part of the help.
type chapter struct {
	title line
	lines []line
	// names are what the lines are called elsewhere, by which they are found too; nil for nothing.
	names []string
}

// tell adds a key.
func (c *chapter) tell(b *binding, t token, whyNot string) {
	c.lines, c.names = append(c.lines, keyLine(b, t, whyNot)), append(c.names, b.word)
}

// helpLines are the keys for what is looked at, those of the other screens, what the glyphs mean and what the columns say: all
// from the tables that the screens are drawn from.
func (m *Model) helpLines(w, height int) []line {
	all := m.helpText()
	widest := 0
	for _, l := range all {
		widest = max(widest, l.width())
	}
	widest = min(widest, w)
	lines := all
	if search := m.helpPage.search.text; search != "" {
		lines = m.helpFound(search)
	}
	room := max(height-2, 1)
	m.helpTop = max(min(m.helpTop, len(lines)-room), 0)
	end := min(m.helpTop+room, len(lines))
	page := append([]line(nil), lines[m.helpTop:end]...)
	for len(page) < min(room, len(all)) { // it keeps its height while somebody types
		page = append(page, nil)
	}
	foot := m.helpFoot(len(lines) > room)
	return append(page, nil, append(foot, span{tText, strings.Repeat(" ", max(widest-foot.width(), 0))}))
}

// helpFoot says how to go on, or what is looked for.
func (m *Model) helpFoot(scrolls bool) line {
	h := &m.helpPage
	if h.typing {
		return line{{tAccent, "/"}, {tFigure, h.search.text}, {tAccent, "_"}, {tKey, "  enter"}, {tDim, " keeps"}, {tKey, "  esc"}, {tDim, " shows all"}}
	}
	foot := line{{tKey, "esc"}, {tDim, " closes"}}
	if h.search.text != "" {
		foot = line{{tDim, "only what has "}, {tAccent, h.search.text}, {tKey, "  esc"}, {tDim, " shows all"}}
	}
	foot = append(foot, span{tKey, "  /"}, span{tDim, " searches"})
	if scrolls {
		foot = append(foot, span{tKey, "  " + m.glyphs.down + " " + m.glyphs.up}, span{tDim, " scrolls"})
	}
	return foot
}

// helpFound are the lines that have each word of a text, under their titles; a title that has it keeps all of its lines.
func (m *Model) helpFound(search string) []line {
	words := strings.Fields(strings.ToLower(search))
	has := func(texts ...string) bool {
		for _, word := range words {
			found := false
			for _, text := range texts {
				found = found || indexFold(text, word) >= 0
			}
			if !found {
				return false
			}
		}
		return true
	}
	var found []line
	for _, c := range m.helpChapters() {
		var some []line
		for i, l := range c.lines {
			name := ""
			if i < len(c.names) {
				name = c.names[i]
			}
			if has(c.title.text(), l.text(), name) {
				some = append(some, l)
			}
		}
		if len(some) > 0 {
			found = append(append(separate(found), c.title), some...)
		}
	}
	if found == nil {
		return []line{{{tDim, "nothing here has " + search}}}
	}
	return found
}

// separate puts an empty line behind what there is.
func separate(lines []line) []line {
	if len(lines) == 0 {
		return nil
	}
	return append(lines, nil)
}

// helpText is all of the help.
func (m *Model) helpText() []line {
	var lines []line
	for _, c := range m.helpChapters() {
		lines = append(append(separate(lines), c.title), c.lines...)
	}
	return lines
}

// helpChapters are the parts of the help, those about what is looked at first.
func (m *Model) helpChapters() []chapter {
	return append(m.keyChapters(), m.stateChapter(), formChapter("Filter", query.Language()), formChapter("Filter of events", query.EventLanguage()), columnChapter())
}

func (m *Model) stateChapter() chapter {
	c := chapter{title: line{{tTitle, "States"}}}
	for _, s := range query.States() {
		glyph, t := m.glyphs.state(s)
		c.lines = append(c.lines, line{{tText, "  "}, {t, glyph}, {tText, " " + pad(s.String(), helpKeyWidth-2)}, {tDim, stateHelp(s)}})
	}
	if m.opts.Prompts != nil {
		c.lines = append(c.lines, line{{tText, "  "}, {tWarn, m.glyphs.asks}, {tText, " " + pad("waits for you", helpKeyWidth-2)}, {tDim, "a host asks before it lets pumatop in"}})
	}
	return c
}

func formChapter(title string, forms []query.Form) chapter {
	c := chapter{title: line{{tTitle, title}}}
	for _, f := range forms {
		c.lines = append(c.lines, line{{tText, "  " + pad(f.Write, filterWidth)}, {tDim, f.Means}})
	}
	return c
}

func columnChapter() chapter {
	c := chapter{title: line{{tTitle, "Columns"}}}
	for _, col := range query.Columns() {
		c.lines = append(c.lines, line{{tText, "  " + pad(col.Title(), helpKeyWidth)}, {tDim, helpOf(col.ID)}})
	}
	return c
}

// helpKeyWidth is the room for the names of keys and for the blanks behind them.
const helpKeyWidth = 18

// filterWidth is the room for a word of a filter.
const filterWidth = 30

// keyChapters are the keys: first those that do something here, then what has no key, then those of this screen that do nothing
// for what is selected, with the reason, then what holds everywhere, then the other screens one by one.
func (m *Model) keyChapters() []chapter {
	here := chapter{title: m.helpHere()}
	named := chapter{title: line{{tTitle, "Here by name, behind :"}}}
	idle := chapter{title: line{{tTitle, "Here, but not now"}}}
	every := chapter{title: line{{tTitle, "On every screen"}}}
	told := map[*binding]bool{}
	for _, g := range []group{acting, looking, picking, leaving, moving} {
		for i := range m.keys {
			b := &m.keys[i]
			switch {
			case b.group != g || b.on&m.screen == 0:
				continue
			case b.everywhere():
				every.tell(b, tText, "")
			case m.valid(b) && len(b.keys) == 0:
				named.tell(b, tText, "")
			case m.valid(b):
				here.tell(b, tText, "")
			case b.whyNot != nil:
				idle.tell(b, tDim, b.whyNot(m))
			default:
				idle.tell(b, tDim, "")
			}
			told[b] = true
		}
	}
	chapters := append([]chapter{here, named, idle, every}, m.elsewhere(told)...)
	return slices.DeleteFunc(chapters, func(c chapter) bool { return len(c.lines) == 0 })
}

// elsewhere are the keys of each screen that have not been told yet.
func (m *Model) elsewhere(told map[*binding]bool) []chapter {
	var chapters []chapter
	for i := range m.pages {
		c := chapter{title: line{{tTitle, "On the screen of " + m.pages[i].name}}}
		for k := range m.keys {
			if b := &m.keys[k]; !told[b] && b.on&m.pages[i].id != 0 {
				c.tell(b, tText, "")
				told[b] = true
			}
		}
		chapters = append(chapters, c)
	}
	return chapters
}

// everywhere reports whether the key does the same on nearly every screen.
func (b *binding) everywhere() bool { return b.on&anyScreen == anyScreen || b.group == moving }

// keyLine is a key and what it does, and why not now.
func keyLine(b *binding, t token, whyNot string) line {
	l := line{{tKey, "  " + pad(b.keyNames(), helpKeyWidth)}, {t, b.help}}
	if whyNot != "" {
		l = append(l, span{tWarn, "  " + whyNot})
	}
	return l
}

// helpHere is the screen and what is selected there.
func (m *Model) helpHere() line {
	here := line{{tTitle, "Here, on the screen of " + m.onScreen().name}}
	switch n := m.subjectCount(); {
	case n > 1:
		here = append(here, span{tDim, ", for "}, span{tAccent, plural(n, "target")})
	case m.screen == targetScreen:
		here = append(here, span{tDim, ", for "}, span{tAccent, string(m.open)})
	case m.screen == fleetScreen && m.current() != nil:
		here = append(here, span{tDim, ", for "}, span{tAccent, string(m.current().id)})
	}
	return here
}

// pad fills s up to w cells.
func pad(s string, w int) string { return s + strings.Repeat(" ", max(w-textWidth(s), 0)) }
