package tui

import (
	"cmp"
	"strconv"
	"strings"

	"pumatop/collector/prompt"
)

// askWidth is the most that the overlay of questions is wide; it keeps its width while somebody types.
const askWidth = 74

// quotedQuestion is how many lines a server's question may have.
const quotedQuestion = 3

// askRoom is the room for the overlay's lines.
func (m *Model) askRoom() (w, height int) { return min(m.width-6, askWidth), m.height - 4 }

// waitWords is who waits, for the header.
func (p *prompts) waitWords() string {
	n := p.hosts
	if n == 1 {
		return "1 host waits for an answer"
	}
	return strconv.Itoa(n) + " hosts wait for an answer"
}

// markOfPrompts tells on every screen that hosts wait, with the key that answers; nothing while that is seen.
func (m *Model) markOfPrompts(short bool) line {
	p := &m.prompts
	n := p.hosts
	if n == 0 || m.overlay == askOverlay {
		return nil
	}
	words := p.waitWords()
	if short {
		words = strconv.Itoa(n) + " wait"
	}
	return line{{tText, "  "}, {tWarn, m.glyphs.asks + " " + words}, {tDim, " " + m.glyphs.dot + " "}, {tKey, "P"}}
}

// askTitle is the kind of the question and how many there are.
func (m *Model) askTitle() string {
	p := &m.prompts
	title := "Logging in"
	switch {
	case p.shown.Number != 0:
		title = askKinds[p.shown.Question.Kind].title
	case p.lull.stays:
		title = "Taken back"
	}
	all := p.done + len(p.waiting)
	if p.shown.Number == 0 || all < 2 {
		return title
	}
	return title + " " + m.glyphs.dot + " " + strconv.Itoa(p.done+1) + " of " + strconv.Itoa(all)
}

// askKind is how a kind of question is worded.
type askKind struct{ title, label, enter string }

var askKinds = map[prompt.Kind]askKind{
	prompt.Passphrase: {"Passphrase", "passphrase", "unlocks"},
	prompt.Password:   {"Password", "password", "logs in"},
	prompt.Challenge:  {"A question of the server", "answer", "answers"},
	prompt.HostKey:    {"Unknown host key", "yes, no, fingerprint", "answers"},
	prompt.KeepKey:    {"Keep the key?", "yes or no", "answers"},
	prompt.PIN:        {"PIN", "PIN", "unlocks"},
}

// askLines is what stands in the overlay.
func (m *Model) askLines() []line {
	lines, _ := m.askBody(m.askRoom())
	return lines
}

// askParts are the parts of a question, of which some can be left out.
type askParts struct {
	says   []line // who wants what
	facts  []line // what has to be compared
	above  []line // the server's words above its question
	quoted []line // its question
	about  []line // what becomes of the answer
	note   []line // what is to be said of what was typed
	typed  line
	keys   line
}

// askBody lays a question out for the room that there is, and reports whether all of it that matters found a place.
func (m *Model) askBody(w, height int) (lines []line, whole bool) {
	p := &m.prompts
	if p.shown.Number == 0 {
		lines = wrapped(tText, p.lull.says, 0, w)
		return append(lines, nil, stretched(line{{tKey, "esc"}, {tDim, " closes"}}, w)), true
	}
	a := m.askParts(w)
	for _, leave := range []func(){func() {}, func() { a.about = nil }} {
		leave()
		if lines = a.join(true); len(lines) <= height {
			return lines, true
		}
	}
	if lines = a.join(false); len(lines) > height && len(a.above) > 0 {
		a.above = fit(a.above, max(len(a.above)-(len(lines)-height), 1))
		lines = a.join(false)
	}
	if len(lines) > height && len(a.above) > 0 {
		a.above = nil
		lines = a.join(false)
	}
	if len(lines) <= height {
		return lines, true
	}
	foot := append(wrapped(tWarn, m.glyphs.caution+" a larger terminal shows what to answer", 0, w), line{{tKey, "esc"}, {tDim, " declines"}})
	return append(a.says[:min(len(a.says), max(height-len(foot), 1))], foot...), false
}

// join puts the parts behind one another, apart where there is room.
func (a *askParts) join(apart bool) []line {
	var lines []line
	for _, part := range [][]line{a.says, a.facts, append(a.above[:len(a.above):len(a.above)], a.quoted...), a.about} {
		if len(part) > 0 && len(lines) > 0 && apart {
			lines = append(lines, nil)
		}
		lines = append(lines, part...)
	}
	if !apart {
		return append(append(lines, a.note...), a.typed, a.keys)
	}
	if len(a.note) == 0 { // it comes and goes, and nothing moves
		a.note = []line{nil}
	}
	return append(append(append(lines, nil, a.typed), a.note...), nil, a.keys)
}

// askParts words the question. What the server says stands behind a bar, as a quotation: everything else is pumatop's.
func (m *Model) askParts(w int) askParts {
	q := &m.prompts.shown.Question
	var a askParts
	m.askFoot(&a, w)
	name := span{tTitle, who(q)}
	switch q.Kind {
	case prompt.Passphrase:
		a.says = sentence(line{name, {tText, " wants the passphrase of "}, {tFigure, q.Key}}, w)
		a.about = wrapped(tDim, "The key stays unlocked while pumatop runs, for every host that takes it. The passphrase is not kept.", 0, w)
	case prompt.PIN:
		a.says = sentence(line{name, {tText, " wants the PIN of "}, {tFigure, q.Key}}, w)
		a.about = wrapped(tDim, "It goes to the ssh that logs in, for the hardware of the key, and is not kept.", 0, w)
	case prompt.Password:
		a.says = sentence(line{name, {tText, " wants the password of this login"}}, w)
		a.about = wrapped(tDim, "It is sent to "+q.Host+" and not kept.", 0, w)
	case prompt.Challenge:
		a.says = sentence(line{name, {tText, " asks, in its own words:"}}, w)
		a.above, a.quoted = m.quoted(tText, q.Instruction, w), m.quoted(tFigure, q.Text, w)
		if over := len(a.quoted) - quotedQuestion; over > 0 {
			a.quoted = append(a.quoted[:quotedQuestion-1], m.quoted(tDim, "and "+plural(over+1, "line")+" more", w)...)
		}
		if len(a.above) > 0 && len(a.quoted) > 0 {
			a.above = append(a.above, m.quoted(tText, " ", w)...)
		}
		a.about = wrapped(tDim, "What you type goes to "+q.Host+". It is not kept.", 0, w)
	case prompt.HostKey:
		a.says = sentence(line{name, {tText, " has a host key that is not known here"}}, w)
		for _, f := range [...][2]string{{"key", q.KeyType}, {"fingerprint", q.Fingerprint}, {"written to", q.File}} {
			a.facts = append(a.facts, inFull(f[0], f[1], w)...)
		}
		trusts := "Yes trusts it from now on, as with ssh."
		if q.File == "" {
			trusts = "Yes trusts it as long as pumatop runs; UserKnownHostsFile says to keep nothing."
		}
		a.about = wrapped(tDim, trusts+" To be sure, compare the fingerprint with one that you have from elsewhere, or paste that one: "+
			"no other key is taken then.", 0, w)
	case prompt.KeepKey:
		a.says = sentence(line{{tFigure, q.Key}, {tText, " is unlocked for "}, name}, w)
		a.says = append(a.says, wrapped(tText, "Should the ssh agent have it, too?", 0, w)...)
		a.about = wrapped(tDim, "AddKeysToAgent says to ask. ssh needs no passphrase for it either, then.", 0, w)
	case prompt.Begin:
	}
	return a
}

// askFoot is the line being typed and the keys, with what is to be said of it above.
func (m *Model) askFoot(a *askParts, w int) {
	p := &m.prompts
	kind := askKinds[p.shown.Question.Kind]
	if says := cmp.Or(p.slip, p.note); says != "" {
		a.note = wrapped(tWarn, m.glyphs.caution+" "+says, 0, w)
	}
	room := w - textWidth(kind.label) - 3
	typed, cursor := span{tAccent, p.typed.dots(&m.glyphs, room)}, "_"
	if p.shown.Question.Echo {
		typed = span{tFigure, p.typed.inClear(&m.glyphs, room)}
	}
	if !p.armed {
		cursor = ""
	}
	keys := line{{tKey, "enter"}, {tDim, " " + kind.enter + "   "}, {tKey, "esc"}, {tDim, " declines   "}, {tKey, "tab"}, {tDim, " later"}}
	a.typed, a.keys = line{{tDim, kind.label + "  "}, typed, {tAccent, cursor}}, stretched(keys, w)
}

// stretched is a line that is w cells wide.
func stretched(l line, w int) line {
	return append(l, span{tText, strings.Repeat(" ", max(w-l.width(), 0))})
}

// sentence is a line of several styles, which breaks between them where it does not fit, and within them where it has to.
func sentence(l line, w int) []line {
	var lines []line
	var now line
	for _, s := range l {
		if len(now) > 0 && now.width()+textWidth(strings.TrimRight(s.s, " ")) > w {
			lines, now = append(lines, now), nil
			s.s = strings.TrimLeft(s.s, " ")
		}
		for i, part := range wrapped(s.t, s.s, 0, w) {
			if i > 0 || len(now) > 0 && part.width()+now.width() > w {
				lines, now = append(lines, now), nil
			}
			now = append(now, part...)
		}
		if strings.HasSuffix(s.s, " ") {
			now = append(now, span{s.t, " "})
		}
	}
	return append(lines, now)
}

// inFull is a fact in full, over as many lines as it needs.
func inFull(label, text string, w int) []line {
	const room = 13
	var lines []line
	for _, part := range wrap(text, max(w-2-room, 8)) {
		lines = append(lines, line{{tDim, "  " + pad(label, room)}, {tFigure, part}})
		label = ""
	}
	return lines
}

// quoted are a server's words, each line behind a bar.
func (m *Model) quoted(t token, text string, w int) []line {
	var lines []line
	for _, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if l == "" && text == "" {
			return nil
		}
		for _, part := range append(wrap(l, w-4), blankIf(l)...) {
			lines = append(lines, line{{tWarn, "  " + string(m.glyphs.side) + " "}, {t, part}})
		}
	}
	return lines
}

// blankIf keeps the empty lines of a text.
func blankIf(l string) []string {
	if l == "" {
		return []string{""}
	}
	return nil
}
