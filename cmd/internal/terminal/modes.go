package terminal

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/x/ansi"
)

// modeName is a mode as it is written in a terminal's manual: "?1049".
func modeName(m ansi.Mode) string {
	if _, private := m.(ansi.DECMode); private {
		return fmt.Sprintf("?%d", m.Mode())
	}
	return fmt.Sprint(m.Mode())
}

// Changed are the modes that the program has left otherwise than a terminal begins, as "+?1049" for one set and "-?25"
// for one reset: the alternate screen, mouse reports, a hidden cursor. It is empty before a program has begun and
// where it has tidied up.
func (t *Terminal) Changed() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for name, on := range t.modes {
		switch initially := name == "?25" || name == "?7"; { // a visible cursor, lines that wrap
		case on && !initially:
			out = append(out, "+"+name)
		case !on && initially:
			out = append(out, "-"+name)
		}
	}
	slices.Sort(out)
	return out
}
