package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
)

// rawStats is the screen of what the control app of one target really says.
type rawStats struct {
	of     collector.TargetID
	number int // of the reading, so that an answer for a screen that was left goes nowhere
	answer collector.Raw
	err    error
	// read is whether an answer or a failure has come, and reading whether one is awaited.
	read, reading bool
	search        string
	at            int // the line that was found last
}

// rawMsg is an answer, or why there is none.
type rawMsg struct {
	number int
	answer collector.Raw
	err    error
}

// rawAgainMsg says that it is time to ask again.
type rawAgainMsg struct{ number int }

func hasRaw(o Options) bool { return o.Raw != nil }

func rawKeys() []binding {
	found := func(m *Model) bool { return m.raw.search != "" }
	return []binding{
		{keys: []string{"v"}, word: "raw stats", help: "what the control app says, and all facts", needs: hasRaw,
			group: looking, on: fleetScreen | targetScreen, opens: rawScreen, footer: 12, when: func(m *Model) bool { return m.rawSubject() != "" }, run: (*Model).openRaw},
		{keys: []string{"v"}, help: "back from the raw stats", group: looking, needs: hasRaw, on: rawScreen, run: quietly((*Model).back)},
		{keys: []string{"f5", "ctrl+l"}, shows: "F5 ctrl-l", word: "ask again", help: "ask the control app again, and redraw",
			group: looking, needs: hasRaw, on: rawScreen, footer: 5, run: (*Model).askRaw},
		{keys: []string{"/"}, word: "search", help: "look for a text, whatever its case", group: picking, needs: hasRaw, on: rawScreen, footer: 6, run: (*Model).openRawSearch},
		{keys: []string{"n"}, word: "next", help: "the next line that has it", group: picking, needs: hasRaw, on: rawScreen, footer: 7,
			when: found, run: func(m *Model) tea.Cmd { return m.nextRaw(1) }},
		{keys: []string{"N"}, help: "the one before", group: picking, needs: hasRaw, on: rawScreen,
			when: found, run: func(m *Model) tea.Cmd { return m.nextRaw(-1) }},
	}
}

// rawSubject is the target that would be asked.
func (m *Model) rawSubject() collector.TargetID {
	switch {
	case m.screen == fleetScreen && m.onTarget():
		return m.current().id
	case m.screen == targetScreen && m.isTarget(m.open):
		return m.open
	}
	return ""
}

// openRaw asks the control app and shows what it says.
func (m *Model) openRaw() tea.Cmd {
	id := m.rawSubject()
	m.raw = rawStats{of: id, number: m.raw.number + 1}
	m.visit(rawScreen)
	return m.readRaw()
}

// readRaw has the control app asked, unless it is being asked.
func (m *Model) readRaw() tea.Cmd {
	if m.raw.reading {
		return nil
	}
	m.raw.reading = true
	return m.nextRawOf(m.raw.of, m.raw.number)
}

// askRaw asks again, and repaints the terminal.
func (m *Model) askRaw() tea.Cmd {
	if !m.raw.reading {
		m.raw.number++ // what would have asked again asks no more: one question at a time is enough
	}
	return tea.Batch(m.readRaw(), tea.ClearScreen)
}

// readRawStats asks a control app for its figures.
func readRawStats(ctx context.Context, read func(context.Context, collector.TargetID) (collector.Raw, error), id collector.TargetID, number int) tea.Cmd {
	return func() tea.Msg {
		answer, err := read(ctx, id)
		return rawMsg{number: number, answer: answer, err: err}
	}
}

// deliver shows the answer, and asks again after the pause between two polls. A failure leaves the answer before it.
func (msg rawMsg) deliver(m *Model) tea.Cmd {
	r := &m.raw
	if msg.number != r.number || m.screen != rawScreen && !m.leadsBack(rawScreen) {
		m.unchanged = true
		return nil
	}
	r.reading, r.read, r.err = false, true, msg.err
	if msg.err == nil {
		r.answer = msg.answer
	}
	return tea.Tick(max(m.fleet.latest.Interval, time.Second), func(time.Time) tea.Msg { return rawAgainMsg{msg.number} })
}

// deliver asks again while the screen is looked at and not paused.
func (msg rawAgainMsg) deliver(m *Model) tea.Cmd {
	m.unchanged = true
	switch {
	case msg.number != m.raw.number || m.screen != rawScreen && !m.leadsBack(rawScreen):
		return nil
	case m.screen != rawScreen || !m.pausedAt.IsZero():
		return tea.Tick(slowTick, func(time.Time) tea.Msg { return msg })
	}
	return m.readRaw()
}

// leadsBack reports whether esc will come to a screen again.
func (m *Model) leadsBack(to screenID) bool {
	for i := range m.trail {
		if m.trail[i].screen == to {
			return true
		}
	}
	return false
}

func (m *Model) openRawSearch() tea.Cmd {
	m.overlay, m.typing = filterOverlay, input{text: m.raw.search}
	return nil
}

// searchRaw takes the text that is looked for as it is typed: the first line from the top of the screen on comes into sight.
func (m *Model) searchRaw(text string) {
	m.raw.search = strings.ToLower(strings.TrimSpace(text))
	m.seekRaw(m.scroll, 1)
}

// findRaw is the nearest line that has what is looked for; -1 where there is none.
func (m *Model) findRaw(from, step int) int {
	lines := m.rawLines(m.width - 2*margin)
	for i := from; m.raw.search != "" && i >= 0 && i < len(lines); i += step {
		if indexFold(lines[i].text(), m.raw.search) >= 0 {
			return i
		}
	}
	return -1
}

// seekRaw brings the nearest line that has what is looked for into sight; it is false where there is none.
func (m *Model) seekRaw(from, step int) bool {
	i := m.findRaw(from, step)
	if i >= 0 {
		m.raw.at, m.scroll = i, max(i-2, 0)
	}
	return i >= 0
}

// nextRaw goes on to the next line that has what is looked for, and from the last one to the first.
func (m *Model) nextRaw(step int) tea.Cmd {
	if m.seekRaw(m.raw.at+step, step) {
		return nil
	}
	from := 0
	if step < 0 {
		from = len(m.rawLines(m.width-2*margin)) - 1
	}
	if !m.seekRaw(from, step) {
		return m.say("no line has " + m.raw.search)
	}
	return nil
}

// rawSays is what stands behind the text that is looked for.
func (m *Model) rawSays() line {
	switch {
	case m.raw.search != "" && m.findRaw(0, 1) < 0:
		return line{{tWarn, "no line has it"}, {tText, "   "}}
	case m.typing.text == "":
		return line{{tDim, "a text, whatever its case; n and N go on from line to line   "}}
	}
	return nil
}

// stopRawSearch ends the search; it is false where there is none.
func (m *Model) stopRawSearch() bool {
	was := m.raw.search
	m.raw.search = ""
	return was != ""
}

// copyRaw is all of the answer.
func (m *Model) copyRaw() (what, text string) {
	return "the answer", strings.Join(m.raw.answer.Lines, "\n")
}

// drawRaw draws the facts that have no place elsewhere, and the answer.
func (m *Model) drawRaw(p *pen) {
	m.drawHeader(p, line{{tDim, " › "}, {tTitle, string(m.raw.of)}, {tDim, " › "}, {tTitle, "raw stats"}})
	p.hairline(m.rawStand(), m.rawSize())
	lines, rows := m.rawLines(m.width-2*margin), max(m.height-3, 0)
	m.scroll = max(min(m.scroll, len(lines)-rows), 0)
	for i := range rows {
		if at := m.scroll + i; at < len(lines) {
			p.space(margin)
			p.width -= margin
			m.drawFound(p, lines[at], m.raw.search)
			p.width += margin
		}
		p.end()
	}
	m.drawFooter(p)
}

// drawFound draws a line with what is looked for in it standing out.
func (m *Model) drawFound(p *pen, l line, search string) {
	at := -1
	if search != "" {
		at = indexFold(l.text(), search)
	}
	if at < 0 {
		p.spans(l)
		return
	}
	end, pos := at+len(search), 0
	for _, s := range l {
		from, to := min(max(at-pos, 0), len(s.s)), min(max(end-pos, 0), len(s.s))
		p.put(s.t, s.s[:from])
		p.put(tPick, s.s[from:to])
		p.put(s.t, s.s[to:])
		pos += len(s.s)
	}
}

// rawStand says how old the answer is, or that there is none.
func (m *Model) rawStand() line {
	r := &m.raw
	a := &r.answer
	var l line
	switch {
	case !r.read:
		return line{{tDim, "asking"}}
	case a.At.IsZero():
		return line{{tWarn, "no answer"}}
	default:
		l = line{{tDim, "answered "}, {tText, clock(a.At.In(m.now.Location()))}, {tDim, ", "}, {tFigure, duration(max(m.now.Sub(a.At), 0))}, {tDim, " ago, in "}, {tText, latency(a.Took)}}
	}
	if r.err != nil {
		l = append(l, span{tDim, " " + m.glyphs.dot + " "}, span{tWarn, "no answer since"})
	}
	if r.search != "" && m.overlay != filterOverlay {
		l = append(l, span{tDim, " " + m.glyphs.dot + " looking for "}, span{tAccent, r.search})
	}
	return l
}

// rawSize is how long the answer is.
func (m *Model) rawSize() line {
	a := &m.raw.answer
	if a.At.IsZero() {
		return nil
	}
	l := line{{tFigure, thousands(int64(a.Bytes))}, {tDim, " byte" + ending(a.Bytes)}}
	if a.Cut {
		l = append(l, span{tWarn, ", cut here"})
	}
	return l
}

// rawLines are the screen's lines: why there is no newer answer, the answer, and the facts.
func (m *Model) rawLines(w int) []line {
	r := &m.raw
	var lines []line
	for _, err := range []error{r.err, r.answer.Wrong} {
		if err == nil {
			continue
		}
		n := collector.Failure(err)
		lines = append(lines, wrapped(tBad, m.glyphs.bad+" "+n.Text, 0, w)...)
		lines = append(append(lines, wrapped(tDim, n.Remedy, 2, w)...), nil)
	}
	left, right := w, w
	if w >= rawBeside {
		left = w * 2 / 5
		right = w - left
	}
	var answer []line
	for _, text := range r.answer.Lines {
		answer = append(answer, jsonLines(text, left-2)...)
	}
	facts := []line{{{tWarn, string(r.of) + " is not in the fleet any more"}}}
	if s := find(&m.fleet.shown, r.of); s != nil {
		facts = m.rawFacts(s, right)
	}
	if w < rawBeside {
		return slices.Concat(lines, answer, []line{nil}, facts)
	}
	return append(lines, beside(answer, facts, left)...)
}

// rawBeside is the width from which on the facts stand beside the answer.
const rawBeside = 110

// beside puts lines beside others, which get w cells.
func beside(lines, others []line, w int) []line {
	both := make([]line, max(len(lines), len(others)))
	for i := range both {
		if i < len(lines) {
			both[i] = clipped(lines[i], w)
		}
		if i < len(others) && len(others[i]) > 0 {
			both[i] = append(append(line(nil), both[i]...), span{tText, strings.Repeat(" ", max(w-both[i].width(), 0))})
			both[i] = append(both[i], others[i]...)
		}
	}
	return both
}

// jsonLines are a line of indented JSON in w cells: keys dim, values bright.
func jsonLines(text string, w int) []line {
	if textWidth(text) > w {
		indent := len(text) - len(strings.TrimLeft(text, " "))
		return wrapped(tText, strings.TrimLeft(text, " "), min(indent, max(w/2, 0)), max(w, 1))
	}
	key, value, found := strings.Cut(text, `": `)
	if !found {
		return []line{{{tDim, text}}}
	}
	if value == "{" || value == "[" {
		return []line{{{tText, key + `"`}, {tDim, ": " + value}}}
	}
	end := ""
	if rest, comma := strings.CutSuffix(value, ","); comma {
		value, end = rest, ","
	}
	return []line{{{tText, key + `"`}, {tDim, ": "}, {tFigure, value}, {tDim, end}}}
}
