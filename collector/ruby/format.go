package ruby

import (
	"strconv"
	"strings"
)

// format is `"web%02d" % 1`: with %s, %d and widths, as host names are counted.
func format(pattern Value, args []Value) Value {
	out := pattern
	var b strings.Builder
	for rest := pattern.Text; rest != ""; {
		before, verb, found := strings.Cut(rest, "%")
		b.WriteString(before)
		if !found {
			break
		}
		if after, ok := strings.CutPrefix(verb, "%"); ok {
			b.WriteByte('%')
			rest = after
			continue
		}
		end := strings.IndexFunc(verb, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 || end > 3 || len(args) == 0 || !args[0].IsText() || verb[end] != 's' && verb[end] != 'd' {
			return Not(pattern.Line, NewList(args).Why)
		}
		fill := " "
		if verb[0] == '0' && verb[end] == 'd' {
			fill = "0"
		}
		width, _ := strconv.Atoi(verb[:end])
		b.WriteString(strings.Repeat(fill, max(width-len(args[0].Text), 0)) + args[0].Text)
		out = out.doubtedBy(args[0])
		rest, args = verb[end+1:], args[1:]
		if b.Len() > maxText {
			return Not(pattern.Line, "it is too long")
		}
	}
	out.Text = b.String()
	return out
}
