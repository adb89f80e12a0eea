package tui

import (
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Reader is the program for a screen reader: an append-only transcript in place of frames. It is the same Model with the
// same keys, overlays and deaf moments; only what is drawn from it differs. It needs a program without a renderer, and a
// terminal in raw mode, whose lines end with a carriage return.
type Reader struct {
	m   *Model
	out io.Writer

	// waiting is what has not been handed to out; speaking is whether a command writes now. One at a time keeps the order.
	waiting  []byte
	speaking bool
	midline  bool     // whether a line is being typed, which the next one has to end
	held     []string // news, while somebody types
	told     toldBy
	// fresh is whether what the screen waits for is still to be said once, of a screen that asks for it after it opens.
	fresh bool
}

// The page that lines are made from. Nothing scrolls on it, and texts break where an ear can bear it; logs are not broken.
const (
	readerWidth  = 100
	readerHeight = 400
	logWidth     = 400
)

// NewReader is the program that says what model would show.
func NewReader(model *Model, out io.Writer) *Reader {
	m := model
	m.opts.Still, m.noMouse, m.asksBackground = true, true, false
	m.glyphs = readerGlyphs()
	m.width, m.height = readerWidth, readerHeight
	m.restyle()
	return &Reader{m: m, out: out}
}

// spokenMsg is the end of a write.
type spokenMsg struct{}

// Init says what keys there are, and begins as the model does.
func (r *Reader) Init() tea.Cmd {
	r.say("pumatop for screen readers. Every key works as on the screen: question mark is help, colon finds a command by its name, " +
		"full stop says the screen again, comma the line, q quits.")
	return tea.Batch(r.m.Init(), r.speak())
}

// View draws nothing.
func (r *Reader) View() tea.View { return tea.View{} }

// Update gives the message to the model, and says what has become different.
func (r *Reader) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case spokenMsg:
		r.speaking = false
	case tea.WindowSizeMsg, tea.MouseMsg, tea.ColorProfileMsg, tea.BackgroundColorMsg:
	case tea.KeyPressMsg:
		cmd = r.onKey(msg)
	case tea.PasteMsg:
		cmd = r.after(pasteText(msg.Content), func() tea.Cmd { return r.m.give(msg) })
	default:
		cmd = r.onNews(msg)
	}
	if !r.m.isTyping() {
		r.release()
	}
	return r, tea.Batch(cmd, r.speak())
}

// give is Update for its command alone.
func (m *Model) give(msg tea.Msg) tea.Cmd {
	_, cmd := m.Update(msg)
	return cmd
}

// onKey takes a key that only repeats, or gives it to the model.
func (r *Reader) onKey(msg tea.KeyPressMsg) tea.Cmd {
	m, key := r.m, msg.String()
	switch free := !m.isTyping() && m.find(key) == nil && !strings.Contains(m.wanted(), key); {
	case free && key == ".":
		r.sayAll(r.page())
		return nil
	case free && key == ",":
		r.say(r.lineHere())
		return nil
	}
	return r.after(msg.Text, func() tea.Cmd { return m.give(msg) })
}

// pasteText is a paste as it is echoed.
func pasteText(s string) string { return strings.Join(strings.Fields(s), " ") }

// isTyping reports whether letters are text now.
func (m *Model) isTyping() bool {
	return m.overlay == filterOverlay || m.overlay == paletteOverlay || m.overlay == askOverlay
}

// consenting is the consent that keys go to; nil for none.
func (m *Model) consenting() *consent {
	switch m.overlay {
	case sheetOverlay:
		return &m.sheet.consent
	case questionOverlay:
		return &m.question.consent
	}
	return nil
}

// wanted is what has to be typed; empty for nothing.
func (m *Model) wanted() string {
	if c := m.consenting(); c != nil {
		return c.want
	}
	return ""
}

// moment is what a key changes.
type moment struct {
	screen  screenID
	overlay overlayID
	open    string
	cursor  selected
	line    string
	lines   []string
	typed   string // for a consent, or a command's name
	deaf    bool
	notice  int
	asked   int
	slip    string
	filter  string
}

func (r *Reader) moment() moment {
	m := r.m
	was := moment{screen: m.screen, overlay: m.overlay, open: string(m.open), cursor: m.cursor, line: r.lineHere(), lines: r.page(),
		notice: m.notice.number, asked: m.prompts.shown.Number, slip: m.prompts.slip + m.prompts.note, filter: m.typing.text}
	if m.overlay == paletteOverlay {
		was.typed = m.palette.typing.text
	}
	if c := m.consenting(); c != nil {
		was.typed, was.deaf = c.typed, !c.armed
	}
	return was
}

// after does what a key does and says what it has changed. text is what was typed with it.
func (r *Reader) after(text string, do func() tea.Cmd) tea.Cmd {
	was := r.moment()
	cmd := do()
	now := r.moment()
	if now.screen != was.screen || now.open != was.open {
		r.fresh = true
	}
	switch {
	case now.overlay != was.overlay:
		r.sayOverlay(&was, &now)
	case now.screen == fleetScreen && was.screen != fleetScreen: // which is known: only where it has been left
		r.sayAll(now.lines[:min(len(now.lines), 2)])
		r.say(now.line)
	case now.screen != was.screen || now.open != was.open || now.asked != was.asked:
		r.sayAll(now.lines)
	case now.overlay != noOverlay:
		r.echoInto(text, &was, &now)
	case now.screen == fleetScreen:
		r.sayFleet(&was, &now)
	default:
		r.sayAll(changed(was.lines, now.lines))
	}
	if now.notice != was.notice && r.m.notice.text != "" {
		r.say(plainly(r.m.notice.text))
	}
	return cmd
}

// sayOverlay says what has opened, or where the reader is again.
func (r *Reader) sayOverlay(was, now *moment) {
	switch {
	case now.overlay == filterOverlay:
		r.echo("Filter: " + now.filter)
	case was.overlay == filterOverlay:
		r.sayAll(changed(was.lines, now.lines))
		r.say(plural(r.m.projected.count(), "line") + " shown, " + thousands(int64(r.m.projected.hidden)) + " hidden.")
		r.say(now.line)
	case now.overlay == noOverlay && now.screen == was.screen && now.open == was.open:
		r.say(r.place())
		if now.line != r.place() {
			r.say(now.line)
		}
	default:
		r.sayAll(now.lines)
	}
}

// echoInto says what a key has done to the overlay that it went to.
func (r *Reader) echoInto(text string, was, now *moment) {
	switch {
	case now.overlay == filterOverlay:
		r.echoFilter(was.filter, now.filter)
	case now.overlay == paletteOverlay && now.typed != was.typed:
		r.say(now.typed + ": " + now.line)
	case now.overlay == paletteOverlay:
		r.say(now.line)
	case now.overlay == askOverlay:
		r.echoAnswer(text, was, now)
	case r.m.consenting() != nil:
		r.echoConsent(text, was, now)
	default:
		r.sayAll(changed(was.lines, now.lines))
	}
}

// sayFleet says the line that the cursor has come to, or what else a key has changed.
func (r *Reader) sayFleet(was, now *moment) {
	if was.cursor.id != now.cursor.id || was.cursor.heading != now.cursor.heading || was.cursor.section != now.cursor.section {
		r.say(now.line)
		return
	}
	r.sayAll(changed(was.lines, now.lines))
}

// echoFilter repeats what was typed, and the whole line where something was taken back.
func (r *Reader) echoFilter(was, now string) {
	if more, longer := strings.CutPrefix(now, was); longer {
		r.echo(more)
		return
	}
	r.say("Filter now: " + now)
}

// echoAnswer repeats what was typed for a question whose answer is no secret, and says why something was not taken.
func (r *Reader) echoAnswer(text string, was, now *moment) {
	switch {
	case now.slip != was.slip && now.slip != "":
		r.say("Not taken: " + now.slip)
	case r.m.prompts.shown.Question.Echo && r.m.prompts.armed:
		r.echo(text)
	}
}

// echoConsent repeats what counts, and says so where a key did not.
func (r *Reader) echoConsent(text string, was, now *moment) {
	switch lines := changed(was.lines, now.lines); {
	case len(lines) > 0:
		r.sayAll(lines)
	case text == "":
	case was.deaf:
		r.say("Not taken: what was typed before this could be read does not count. Type it again.")
	case len(now.typed) > len(was.typed):
		r.echo(text)
	case r.m.wanted() != "":
		r.say("Not taken: type " + r.m.wanted() + " from its beginning, or esc.")
	}
}

// onNews gives a message that is no key to the model, and says what a person has to know of it.
func (r *Reader) onNews(msg tea.Msg) tea.Cmd {
	m := r.m
	overlay, asked, notice, screen := m.overlay, m.prompts.shown.Number, m.notice.number, m.screen
	follows := r.follows(msg)
	var before []string
	if follows {
		before = r.page()
	}
	first := !m.fleet.any
	_, cmd := m.Update(msg)
	switch {
	case m.overlay != overlay || m.prompts.shown.Number != asked || m.screen != screen:
		r.sayAll(r.page())
	case first && m.fleet.any:
		r.sayAll(r.page())
	case follows:
		if lines := changed(before, r.page()); len(lines) > 0 {
			r.fresh = false
			r.sayAll(lines)
		}
	}
	for _, text := range r.news(msg) {
		r.hear(text)
	}
	if m.notice.number != notice && m.notice.text != "" {
		r.hear(plainly(m.notice.text))
	}
	return cmd
}

// follows reports whether a message is what the screen waits for: lines of a log, or the answer to what it asked.
func (r *Reader) follows(msg tea.Msg) bool {
	switch msg.(type) {
	case logLinesMsg, logsOpenedMsg:
		return r.m.screen == logsScreen && r.m.overlay == noOverlay
	case auditMsg:
		return true
	case delivered:
		return r.m.overlay == noOverlay && r.m.screen != fleetScreen && (r.fresh || r.m.screen == doctorScreen)
	}
	return false
}
