package terminal

import "strings"

// KeyBytes is what a terminal sends for a key: a name, ctrl+letter, or any one character.
func KeyBytes(key string) (string, bool) {
	names := map[string]string{
		"enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f", "up": "\x1b[A", "down": "\x1b[B",
		"right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	}
	if b, ok := names[key]; ok {
		return b, true
	}
	if letter, ok := strings.CutPrefix(key, "ctrl+"); ok {
		if len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z' {
			return "", false
		}
		return string(rune(letter[0] - 'a' + 1)), true
	}
	return key, len([]rune(key)) == 1
}
