package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// mostCopied bounds what is handed to a clipboard, in bytes: terminals drop longer ones without a word.
const mostCopied = 64 << 10

func copyKeys() []binding {
	return []binding{{keys: []string{"y"}, word: "copy", help: "copy names, facts, a verdict, a line of a log",
		group: picking, on: anyScreen, when: func(m *Model) bool { _, text := m.copied(); return text != "" }, run: (*Model).copy}}
}

// copied is what would be copied, and what that is called.
func (m *Model) copied() (what, text string) {
	if copies := m.onScreen().copies; copies != nil {
		return copies(m)
	}
	return "", ""
}

// copy hands it to the clipboard. Whether a terminal takes it, no terminal says.
func (m *Model) copy() tea.Cmd {
	what, text := m.copied()
	if len(text) > mostCopied {
		return m.say(what + " is too long for a terminal's clipboard: " + plural(len(text)>>10, "KB"))
	}
	hand := tea.SetClipboard
	if m.opts.Copy != nil {
		hand = m.opts.Copy
	}
	return tea.Batch(hand(text), m.say("sent to the clipboard: "+what))
}

// copyNames are the names of what an action would be about, as a command line takes them.
func (m *Model) copyNames() (what, text string) {
	var names []string
	for _, s := range m.subjects() {
		names = append(names, shellWord(string(s.ID)))
	}
	switch r := m.current(); {
	case len(names) > 1:
		return plural(len(names), "name"), strings.Join(names, " ")
	case len(names) == 1:
		return names[0], names[0]
	case r != nil:
		return string(r.id), shellWord(string(r.id))
	}
	return "", ""
}

// shellWord is a name as one word of a command line: a host says what its applications are called, and what it says runs nothing.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/@:+,", r)
	}
	if s != "" && s[0] != '-' && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// copyFacts are the facts of the target that is looked at.
func (m *Model) copyFacts() (what, text string) {
	s := find(&m.fleet.shown, m.open)
	if s == nil {
		return string(m.open), string(m.open)
	}
	r := targetRow(s)
	return "the facts of " + string(s.ID), string(s.ID) + "\n" + plainText(m.factLines(s, &r))
}

// copyRollout is all that is told of a rollout, its evidence too.
func (m *Model) copyRollout() (what, text string) {
	start, _, lines := m.rolloutText(copyWidth)
	if len(lines) == 0 {
		return "", ""
	}
	return "the rollout", plainText(append([]line{start}, lines...))
}

// copyEntry is what was recorded of the audit's chosen entry.
func (m *Model) copyEntry() (what, text string) {
	if len(m.audit.trail.Entries) == 0 {
		return "", ""
	}
	e := m.audit.entry(m.audit.at())
	return "the record of " + e.About().Target, e.About().Target + "\n" + plainText(m.auditDetail(e, copyWidth))
}

// copyLog is the log's line that the cursor is on.
func (m *Model) copyLog() (what, text string) {
	if m.logs.len() == 0 {
		return "", ""
	}
	_, entry := m.logs.at(m.logs.cursor())
	return "a line of " + string(entry.Target), entry.Text
}

// copyWidth is where copied texts wrap: they are pasted into tickets and chats.
const copyWidth = 100

// plainText is what lines say, without colours.
func plainText(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		for _, s := range l {
			b.WriteString(s.s)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
