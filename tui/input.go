package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// input is a line being typed, with the cursor at its end.
type input struct{ text string }

// inputLimit bounds what is typed or pasted, in bytes.
const inputLimit = 200

// insert appends what can be shown of s.
func (in *input) insert(s string) {
	for _, r := range s {
		if unicode.IsSpace(r) {
			r = ' '
		}
		if r == utf8.RuneError || !unicode.IsGraphic(r) || len(in.text) >= inputLimit {
			continue
		}
		in.text += string(r)
	}
}

// key takes an editing key and reports whether it was one.
func (in *input) key(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "backspace", "ctrl+h":
		_, n := utf8.DecodeLastRuneInString(in.text)
		in.text = in.text[:len(in.text)-n]
	case "ctrl+u":
		in.text = ""
	case "ctrl+w":
		trimmed := strings.TrimRight(in.text, " ")
		in.text = trimmed[:strings.LastIndexByte(trimmed, ' ')+1]
	default:
		if msg.Text == "" {
			return false
		}
		in.insert(msg.Text)
	}
	return true
}
