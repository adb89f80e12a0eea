package probe

import (
	_ "embed"
	"strings"
)

//go:embed script.sh
var script string

// Want is what a caller knows already.
type Want struct {
	// StatePaths are state files to read beside what the script finds by itself: absolute paths on the host.
	StatePaths []string
}

// Script is the probe as text for the stdin of `sh -s`: POSIX sh, no file left behind, no privilege needed. It reads
// nothing from stdin, writes its report to stdout, and ends by itself.
func Script(w Want) string {
	var b strings.Builder
	b.WriteString(script)
	b.WriteString("probe")
	for _, p := range w.StatePaths {
		if p != "" && !strings.ContainsFunc(p, isControl) {
			b.WriteString(" " + quote(p))
		}
	}
	b.WriteString(" </dev/null 2>/dev/null\n")
	return b.String()
}

// isControl reports what cannot be in a path that somebody meant, and would break the report's lines.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// quote makes one word of sh out of any text without a NUL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
