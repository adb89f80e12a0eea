package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// palette is the list of everything that can be done here, by name. It is made when it opens.
type palette struct {
	typing input
	armed  bool
	all    []command
	found  []command // those that match what is typed, the best first
	at     int       // the chosen one of found
	// worker is the number typed behind a command, where one is.
	worker puma.Count
}

// command is a line of the palette.
type command struct {
	*binding
	// whyNot is why it is not to be had right now, empty where it is.
	whyNot string
}

// openPalette lists what the key table has for this screen.
func (m *Model) openPalette() tea.Cmd {
	m.palette = palette{}
	led := false
	for i := range m.keys {
		b := &m.keys[i]
		if b.group == moving && !led { // what leads elsewhere comes before what only moves
			m.palette.all, led = append(m.palette.all, m.journeys()...), true
		}
		switch {
		case b.on&m.screen == 0 || b.shown() == ":": // it is open
		case m.valid(b):
			m.palette.all = append(m.palette.all, command{b, m.refusal(b)})
		case b.whyNot != nil:
			m.palette.all = append(m.palette.all, command{b, b.whyNot(m)})
		}
	}
	m.palette.match()
	return m.openOverlay(paletteOverlay)
}

// refusal is why the plan of an action would be refused for every subject; empty where there is something to do. Which
// worker a recycling is about is not known yet: what is said of worker 0 holds for the others too.
func (m *Model) refusal(b *binding) string {
	if b.act == "" {
		return ""
	}
	plan := m.newPlan(m.intent(b.act), m.subjects(), m.now)
	switch {
	case len(plan.Steps) > 0 || len(plan.Refused) == 0:
		return ""
	case len(plan.Refused) == 1:
		return plan.Refused[0].Reason
	}
	return string(plan.Refused[0].Target) + ": " + plan.Refused[0].Reason
}

// name is what a command is called.
func (c *command) name() string { return cmp.Or(c.word, c.help) }

// match lists the commands that fit what is typed. A number at its end is a worker's.
func (p *palette) match() {
	words := strings.Fields(strings.ToLower(p.typing.text))
	p.worker, p.at, p.found = puma.Count{}, 0, nil
	if n := len(words); n > 1 {
		if number, err := strconv.Atoi(words[n-1]); err == nil && number >= 0 {
			p.worker, words = puma.Of(number), words[:n-1]
		}
	}
	query := strings.Join(words, " ")
	type hit struct {
		c    command
		rank int
	}
	var hits []hit
	for _, c := range p.all {
		if p.worker.Known && c.act != actions.Recycle {
			continue
		}
		if rank := rankOf(query, c.name(), c.help); rank >= 0 {
			hits = append(hits, hit{c, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.rank - b.rank })
	for _, h := range hits {
		p.found = append(p.found, h.c)
	}
}

// rankOf is how well a command fits a query, 0 the best and -1 not at all: the whole name, its beginning, the beginning of a
// word of it, its letters in their order, a word of what it says of itself.
func rankOf(query, name, help string) int {
	name, help = strings.ToLower(name), strings.ToLower(help)
	switch {
	case query == "" || query == name:
		return 0
	case strings.HasPrefix(name, query):
		return 1
	case strings.Contains(name, " "+query):
		return 2
	case subsequence(query, name):
		return 3
	case len(query) > 2 && strings.Contains(" "+help, " "+query):
		return 4
	}
	return -1
}

// subsequence reports whether the letters of query stand in s in their order.
func subsequence(query, s string) bool {
	for _, r := range query {
		_, rest, found := strings.Cut(s, string(r))
		if !found {
			return false
		}
		s = rest
	}
	return true
}

// onPaletteKey edits what is typed, chooses and runs. Enter is not heard in the first moment, as no other consent is.
func (m *Model) onPaletteKey(msg tea.KeyPressMsg) tea.Cmd {
	p := &m.palette
	switch msg.String() {
	case "esc", "ctrl+c":
		m.overlay = noOverlay
	case "down", "ctrl+n", "tab":
		p.at = min(p.at+1, max(len(p.found)-1, 0))
	case "up", "ctrl+p", "shift+tab":
		p.at = max(p.at-1, 0)
	case "enter":
		return m.runCommand()
	default:
		if p.typing.key(msg) {
			p.match()
		}
	}
	return nil
}

// runCommand does what was chosen, where it still can be done. What cannot be stays, with its reason.
func (m *Model) runCommand() tea.Cmd {
	p := &m.palette
	if !p.armed || m.tiny() || p.at >= len(p.found) {
		return nil
	}
	c := p.found[p.at]
	if c.act == actions.Recycle && m.chosenWorker() == noWorker {
		p.typing.text = c.name() + " "
		p.match()
		return nil
	}
	if c.whyNot != "" {
		return nil
	}
	m.overlay = noOverlay
	switch {
	case m.valid(c.binding):
		return c.run(m)
	case c.binding.whyNot != nil:
		return m.say(c.binding.whyNot(m))
	}
	return nil
}

// chosenWorker is the worker to recycle: the one that was typed, else the one under the cursor; noWorker for none.
func (m *Model) chosenWorker() int {
	if n := m.palette.worker; n.Known {
		return int(n.N)
	}
	return m.currentWorker()
}

// recycle asks whether to replace a worker.
func (m *Model) recycle() tea.Cmd {
	in := m.intent(actions.Recycle)
	in.Worker = m.chosenWorker()
	return m.openSheet(in, m.subjects())
}

// paletteWidth is the most that the palette is wide, and commandWidth the room for a command's name.
const (
	paletteWidth = 92
	commandWidth = 18
)

// paletteTitle says what the actions are about.
func (m *Model) paletteTitle() string {
	switch n := m.subjectCount(); {
	case m.screen != fleetScreen && m.screen != targetScreen, n == 0:
		return "Commands"
	case n > 1:
		return "Commands for " + plural(n, "target")
	case m.screen == targetScreen:
		return "Commands for " + string(m.open)
	}
	if subjects := m.subjects(); len(subjects) == 1 {
		return "Commands for " + string(subjects[0].ID)
	}
	return "Commands"
}

// paletteLines are the line being typed, the commands that match and what there is to say of the chosen one. Their number
// does not change while somebody types.
func (m *Model) paletteLines(w, height int) []line {
	p := &m.palette
	rows := max(min(len(p.all), height-7, 16), 1)
	first := max(min(p.at-rows+1, len(p.found)-rows), 0)
	lines := []line{{{tAccent, ": "}, {tFigure, p.typing.text}, {tAccent, "_"}}, nil}
	for i := range rows {
		var l line
		if at := first + i; at < len(p.found) {
			l = clipped(p.found[at].line(&m.glyphs, at == p.at), w)
		} else if i == 0 && len(p.found) == 0 {
			l = line{{tDim, "  nothing is called that"}}
		}
		lines = append(lines, append(l, span{tText, strings.Repeat(" ", max(w-l.width(), 0))}))
	}
	says := fit(m.commandSays(w), 2)
	for len(says) < 2 {
		says = append(says, nil)
	}
	foot := line{{tKey, "enter"}, {tDim, " runs  "}, {tKey, m.glyphs.upDown}, {tDim, " choose  "}, {tKey, "esc"}, {tDim, " closes"}}
	return append(append(append(lines, nil), says...), foot)
}

// line is a command with its key.
func (c *command) line(g *glyphs, chosen bool) line {
	lead, name, help := span{tText, "  "}, tText, tDim
	if chosen {
		lead, name, help = span{tAccent, g.cursor + " "}, tTitle, tText
	}
	says := c.help
	if c.whyNot != "" {
		name, help, says = tDim, tDim, "not now: "+c.whyNot
	}
	key := ""
	if len(c.keys) > 0 {
		key = c.shown()
	}
	return line{lead, {name, pad(cut(c.name(), commandWidth-1, g.cut == "."), commandWidth)}, {tKey, pad(key, 11)}, {help, says}}
}

// commandSays is why the chosen command is not to be had, or what it still wants.
func (m *Model) commandSays(w int) []line {
	p := &m.palette
	if p.at >= len(p.found) {
		return nil
	}
	switch c := p.found[p.at]; {
	case c.whyNot != "":
		return wrapped(tWarn, m.glyphs.caution+" "+c.whyNot, 0, w)
	case c.act == actions.Recycle && m.chosenWorker() == noWorker:
		return wrapped(tInfo, "which one? type its number behind it: "+c.name()+" 2", 0, w)
	case c.act == actions.Recycle:
		return wrapped(tInfo, "enter asks for worker "+strconv.Itoa(m.chosenWorker()), 0, w)
	}
	return nil
}
