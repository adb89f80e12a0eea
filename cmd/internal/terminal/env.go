package terminal

import "strings"

// Environment is env as on a terminal of many colours, without what this process's own terminal or CI put there; more
// comes last and wins.
func Environment(env []string, more ...string) []string {
	var out []string
	for _, e := range env {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "TERM", "COLORTERM", "NO_COLOR", "TMUX", "SSH_TTY", "CI", "LANG", "LC_ALL", "LC_CTYPE":
		default:
			out = append(out, e)
		}
	}
	out = append(out, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
	return append(out, more...)
}
