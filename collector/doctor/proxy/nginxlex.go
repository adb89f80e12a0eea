package proxy

import "strings"

// word is one word of a configuration.
type word struct {
	text string
	line int
	// quoted is whether it was; end is which of ; { } it is, where it is none but one of these.
	quoted bool
	end    byte
}

// nginxLexer splits text as nginx does: a quote or a comment begins only where a word does, a backslash takes the character
// behind it, and the brace of ${name} belongs to the word.
type nginxLexer struct {
	text string
	at   int
	line int
}

// next is the next word; ok is false at the end, and why says whether that came too early.
func (l *nginxLexer) next() (w word, why string, ok bool) {
	l.blanks()
	if l.at >= len(l.text) {
		return word{line: l.line}, "", false
	}
	switch c := l.text[l.at]; c {
	case ';', '{', '}':
		l.at++
		return word{line: l.line, end: c}, "", true
	case '"', '\'':
		return l.quoted(c)
	}
	return l.bare(), "", true
}

func (l *nginxLexer) blanks() {
	for l.at < len(l.text) {
		switch l.text[l.at] {
		case '\n':
			l.line++
		case ' ', '\t', '\r':
		case '#':
			n := strings.IndexByte(l.text[l.at:], '\n')
			if n < 0 {
				l.at = len(l.text)
				return
			}
			l.at += n
			continue
		default:
			return
		}
		l.at++
	}
}

func (l *nginxLexer) quoted(quote byte) (word, string, bool) {
	w := word{line: l.line, quoted: true}
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; c {
		case quote:
			l.at++
			w.text = b.String()
			return w, "", true
		case '\\':
			l.escape(&b)
		case '\n':
			l.line++
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return w, "a quote is not closed", false
}

func (l *nginxLexer) bare() word {
	w := word{line: l.line}
	var b strings.Builder
	dollar := false
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if strings.IndexByte(" \t\r\n;", c) >= 0 || c == '{' && !dollar {
			break
		}
		dollar = c == '$'
		if c == '\\' {
			l.escape(&b)
			continue
		}
		b.WriteByte(c)
	}
	w.text = b.String()
	return w
}

// escape takes the character behind a backslash.
func (l *nginxLexer) escape(b *strings.Builder) {
	if l.at+1 >= len(l.text) {
		b.WriteByte('\\')
		return
	}
	l.at++
	switch c := l.text[l.at]; c {
	case '"', '\'', '\\':
		b.WriteByte(c)
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'n':
		b.WriteByte('\n')
	case '\n':
		l.line++
		b.WriteString("\\\n")
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}

// lua passes over the body of a _by_lua_block, from behind its brace to behind the one that closes it.
func (l *nginxLexer) lua() (ok bool) {
	for depth := 1; l.at < len(l.text); {
		rest := l.text[l.at:]
		n := 1
		switch {
		case strings.HasPrefix(rest, "--[["):
			n = luaLong(rest[2:]) + 2
		case strings.HasPrefix(rest, "--"):
			n = max(strings.IndexByte(rest, '\n'), 2)
		case strings.HasPrefix(rest, "[["):
			n = luaLong(rest)
		case rest[0] == '"' || rest[0] == '\'':
			n = luaString(rest)
		case rest[0] == '{':
			depth++
		case rest[0] == '}':
			depth--
		}
		l.line += strings.Count(rest[:n], "\n")
		l.at += n
		if depth == 0 {
			return true
		}
	}
	return false
}

func luaLong(s string) int {
	if n := strings.Index(s, "]]"); n >= 0 {
		return n + 2
	}
	return len(s)
}

func luaString(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0], '\n':
			return i + 1
		}
	}
	return len(s)
}
