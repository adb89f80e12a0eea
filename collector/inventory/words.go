package inventory

import "strings"

// words takes a line apart as a shell does, without its expansions: quotes, backslashes, and # for the rest. It is not ok
// where a quote is not closed.
func words(s string) (list []string, ok bool) {
	var word strings.Builder
	began := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ' ' || c == '\t':
			if began {
				list = append(list, word.String())
				word.Reset()
				began = false
			}
			continue
		case c == '#' && !began:
			return list, true
		}
		began = true
		switch c {
		case '\'', '"':
			n, text := quotedWord(s[i:])
			if n == 0 {
				return list, false
			}
			word.WriteString(text)
			i += n - 1
		case '\\':
			if i++; i < len(s) {
				word.WriteByte(s[i])
			}
		default:
			word.WriteByte(c)
		}
	}
	if began {
		list = append(list, word.String())
	}
	return list, true
}

// quotedWord is what stands in the quotes that s begins with, and how long it is with them; 0 where they are not closed.
func quotedWord(s string) (length int, text string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i + 1, b.String()
		case s[0] == '"' && s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return 0, ""
}
