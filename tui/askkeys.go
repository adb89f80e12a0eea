package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector/prompt"
)

// early is said of keys that came while the overlay was deaf.
const early = "what was typed before this could be read was not taken"

// onAskKey edits, gives or declines the answer. In the first moment of a question nothing is an answer, not even a no:
// esc only puts the overlay away then. A terminal too small for the overlay takes nothing but a no.
func (m *Model) onAskKey(msg tea.KeyPressMsg) tea.Cmd {
	p := &m.prompts
	key := msg.Keystroke()
	switch {
	case !p.armed || p.shown.Number == 0:
		return m.onDeafKey(key)
	case key == "esc":
		return tea.Batch(m.decline(), m.resume())
	case key == "ctrl+c":
		cmd := m.decline()
		m.closePrompts()
		return cmd
	case !m.askable():
		return nil
	case key == "tab":
		return m.putLast()
	case key == "enter":
		return m.submit()
	}
	p.slip = ""
	if refused := p.typed.key(msg); refused != "" {
		p.slip = "not taken: " + refused
	}
	return nil
}

// onDeafKey takes a key while there is nothing to be answered, or not yet.
func (m *Model) onDeafKey(key string) tea.Cmd {
	p := &m.prompts
	closes := key == "esc" || key == "ctrl+c" || key == "enter" && p.armed
	switch {
	case closes:
		m.closePrompts()
		return nil
	case p.shown.Number != 0:
		p.slip = early
	case !p.lull.stays:
		p.lull.number++
		return tea.Batch(m.deafen(), endLull(p.lull))
	}
	return m.deafen()
}

// onAskPaste takes a paste for typed text, which it never submits.
func (m *Model) onAskPaste(s string) tea.Cmd {
	p := &m.prompts
	switch {
	case p.shown.Number == 0:
	case !p.armed:
		p.slip = early
		return m.deafen()
	case m.askable():
		p.slip = ""
		if refused := p.typed.paste(s); refused != "" {
			p.slip = "the paste was not taken: " + refused
		}
	}
	return nil
}

// askable reports whether all of the question that matters is on the screen: what cannot be seen cannot be agreed to.
func (m *Model) askable() bool {
	if m.tiny() {
		return false
	}
	_, whole := m.askBody(m.askRoom())
	return whole
}

// decline gives up the login that asks.
func (m *Model) decline() tea.Cmd {
	p := &m.prompts
	q, number := p.shown.Question, p.shown.Number
	p.typed.forget()
	return tea.Batch(declinePrompt(m.opts.Prompts, number), m.giveUp(number, &q))
}

// giveUp says what becomes of a login that is not answered.
func (m *Model) giveUp(number int, q *prompt.Question) tea.Cmd {
	p := &m.prompts
	p.settle(number)
	p.done++
	if q.Kind == prompt.KeepKey { // the login goes on without
		return nil
	}
	return m.say(who(q) + " is given up " + m.glyphs.dot + " F5 asks again")
}

// putLast lets the others come first. When all have been put last, the overlay closes and they wait.
func (m *Model) putLast() tea.Cmd {
	p := &m.prompts
	p.typed.forget()
	p.later = append(p.later, p.shown.Number)
	if !slices.ContainsFunc(p.waiting, func(w prompt.Pending) bool { return !slices.Contains(p.later, w.Number) }) {
		m.closePrompts()
		return m.say(m.prompts.waitWords() + " " + m.glyphs.dot + " P answers")
	}
	p.shown, p.note, p.slip = prompt.Pending{}, "", ""
	return m.attend()
}

// submit gives what was typed as the answer, where it can be one.
func (m *Model) submit() tea.Cmd {
	p := &m.prompts
	q, number := p.shown.Question, p.shown.Number
	switch {
	case q.Kind == prompt.HostKey || q.Kind == prompt.KeepKey:
		word, note := wordFor(&q, string(p.typed.text))
		if word == "" {
			p.slip = note
			p.typed.forget()
			return nil
		}
		p.typed.forget()
		give := answerPrompt(m.opts.Prompts, number, prompt.NewSecret([]byte(word)))
		if word == "no" {
			return tea.Batch(give, m.giveUp(number, &q), m.resume())
		}
		return tea.Batch(give, m.goOn(number, q))
	case p.typed.empty() && q.Kind != prompt.Challenge: // a server may want no more than enter
		p.slip = "nothing is typed"
		return nil
	}
	return tea.Batch(answerPrompt(m.opts.Prompts, number, p.typed.hand()), m.goOn(number, q))
}

// goOn waits for what comes of an answer, or shows the next question where that need not be waited for.
func (m *Model) goOn(number int, q prompt.Question) tea.Cmd {
	p := &m.prompts
	p.settle(number)
	p.done++
	if q.Kind != prompt.Challenge && m.canAnswer() {
		return m.attend()
	}
	return tea.Batch(m.pause(q, who(&q)+" has the answer"), m.attend())
}

// wordFor reads what was typed as ssh does, and of a host key's fingerprint a pasted line of ssh-keygen -l too. Nothing,
// and why, where it is no answer.
func wordFor(q *prompt.Question, text string) (word, note string) {
	text = strings.TrimSpace(text)
	switch lower := strings.ToLower(text); {
	case lower == "yes" || lower == "no":
		return lower, ""
	case text == "":
		return "", "nothing is typed"
	case q.Kind == prompt.KeepKey:
		return "", "type yes or no"
	case slices.Contains(strings.Fields(text), q.Fingerprint):
		return q.Fingerprint, ""
	case strings.Contains(text, ":") && len(text) > len("SHA256:"):
		return "", "that is the fingerprint of another key: is this the host you mean?"
	}
	return "", "type yes, no or the fingerprint"
}
