package proxy

import "strings"

// caddyLexer splits a Caddyfile as Caddy does: quotes and backquotes at a word's start, comments there too, a backslash at
// the end of a line, here-documents. Braces that stand alone open and close blocks.
type caddyLexer struct {
	text string
	at   int
	line int
	// continued are the lines that a backslash has joined to this one.
	continued int
}

// caddyWord is a word; quoted ones are never braces.
type caddyWord struct {
	text   string
	line   int
	quoted bool
}

func (l *caddyLexer) all() (out []caddyWord, why string) {
	for {
		l.blanks()
		if l.at >= len(l.text) || len(out) > maxDirectives {
			return out, ""
		}
		w := caddyWord{line: l.line}
		switch c := l.text[l.at]; {
		case c == '"' || c == '`':
			var ok bool
			if w.text, ok = l.quoted(c); !ok {
				return out, "a quote is not closed"
			}
			w.quoted = true
		case strings.HasPrefix(l.text[l.at:], "<<") && l.heredoc(&w):
			w.quoted = true
		default:
			w.text = l.bare()
		}
		out = append(out, w)
	}
}

func (l *caddyLexer) blanks() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\n':
			l.line += 1 + l.continued
			l.continued = 0
		case c == '\\' && strings.HasPrefix(l.text[l.at+1:], "\n"):
			l.at++
			l.continued++
		case c == '\\' && strings.HasPrefix(l.text[l.at+1:], "\r\n"):
			l.at += 2
			l.continued++
		case c == ' ' || c == '\t' || c == '\r':
		case c == '#':
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

func (l *caddyLexer) quoted(quote byte) (string, bool) {
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case c == quote:
			l.at++
			return b.String(), true
		case c == '\\' && quote == '"' && l.at+1 < len(l.text) && l.text[l.at+1] == '"':
			l.at++
			c = '"'
		case c == '\n':
			l.line++
		}
		b.WriteByte(c)
	}
	return b.String(), false
}

// heredoc reads <<MARKER to the line that is the marker, and reports whether it is one.
func (l *caddyLexer) heredoc(w *caddyWord) bool {
	rest := l.text[l.at+2:]
	marker, body, ok := strings.Cut(rest, "\n")
	marker = strings.TrimRight(marker, "\r")
	if !ok || marker == "" || strings.ContainsAny(marker, " \t<\"'`{}") {
		return false
	}
	read := 0
	for line := range strings.SplitSeq(body, "\n") {
		if strings.TrimSpace(line) == marker {
			n := len(rest) - len(body) + read + len(line)
			w.text = body[:read]
			l.line += strings.Count(rest[:n], "\n")
			l.at += 2 + n
			return true
		}
		read += len(line) + 1
	}
	return false
}

func (l *caddyLexer) bare() string {
	var b strings.Builder
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			break
		}
		b.WriteByte(c)
	}
	return b.String()
}
