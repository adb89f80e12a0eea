package tui

import (
	"io"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// mostSaid is how many lines are said at once, mostRows of how many targets, and mostHeld how much news waits while somebody
// types.
const (
	mostSaid = 200
	mostRows = 40
	mostHeld = 40
)

// say says one line.
func (r *Reader) say(text string) {
	if text = strings.Join(strings.Fields(r.printable(text)), " "); text == "" {
		return
	}
	if r.midline {
		r.waiting, r.midline = append(r.waiting, "\r\n"...), false
	}
	r.waiting = append(append(r.waiting, text...), "\r\n"...)
}

// sayAll says lines, and how many are left out of very many.
func (r *Reader) sayAll(lines []string) {
	for i, text := range lines {
		if i == mostSaid && len(lines) > mostSaid+1 {
			r.say("and " + plural(len(lines)-i, "line") + " more")
			return
		}
		r.say(text)
	}
}

// echo repeats what was typed, on the line where it is typed.
func (r *Reader) echo(text string) {
	if text != "" {
		r.waiting, r.midline = append(r.waiting, r.printable(text)...), true
	}
}

// hear says news, after what is being typed.
func (r *Reader) hear(text string) {
	if r.m.isTyping() || r.m.consenting() != nil && r.m.consenting().typed != "" {
		r.held = append(r.held, text)
		return
	}
	r.say(text)
}

// release says the news that was held back.
func (r *Reader) release() {
	if c := r.m.consenting(); len(r.held) == 0 || c != nil && c.typed != "" {
		return
	}
	if over := len(r.held) - mostHeld; over > 0 {
		r.say(plural(over, "older message") + " left out")
		r.held = r.held[over:]
	}
	for _, text := range r.held {
		r.say(text)
	}
	r.held = nil
}

// printable is text without anything that a terminal obeys or that only draws. Letters of any script are read.
func (r *Reader) printable(text string) string {
	if r.m.opts.ASCII {
		text = toASCII(text)
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c >= ' ' && c < unicode.MaxASCII, c > unicode.MaxASCII && unicode.In(c, unicode.L, unicode.M, unicode.N, unicode.P, unicode.Sc):
			return c
		}
		return ' '
	}, text)
}

// speak hands what waits to the terminal, one command at a time.
func (r *Reader) speak() tea.Cmd {
	if r.speaking || len(r.waiting) == 0 {
		return nil
	}
	text, out := r.waiting, r.out
	r.waiting, r.speaking = nil, true
	return func() tea.Msg {
		_, _ = out.Write(text)
		return spokenMsg{}
	}
}

// Finish says what was still to be said when the program ended. No command may be under way any more.
func (r *Reader) Finish() {
	_, _ = r.out.Write(r.waiting)
	if r.midline {
		_, _ = io.WriteString(r.out, "\r\n")
	}
	r.waiting, r.midline = nil, false
}
