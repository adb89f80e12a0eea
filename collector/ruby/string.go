package ruby

import (
	"strings"
	"unicode/utf8"
)

// closing is the delimiter that ends what open began.
func closing(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return open
}

// quoted reads up to end; pos is behind the opening delimiter. Brackets of the same kind nest.
func (l *lexer) quoted(open, end byte, interpolate, space bool) {
	t := Token{Kind: TokenString, Line: l.line, Space: space}
	var text strings.Builder
	depth := 0
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == '\\':
			l.escape(&text, end, interpolate)
			continue
		case interpolate && c == '#' && l.peek(1) == '{':
			t.Parts = append(t.Parts, Part{Text: text.String()}, Part{Text: l.code(), Code: true})
			text.Reset()
			continue
		case c == end && depth == 0:
			l.pos++
			l.finish(t, text.String())
			return
		case c == end:
			depth--
		case c == open:
			depth++
		case c == '\n':
			l.line++
		}
		text.WriteByte(c)
		l.pos++
	}
	l.finish(t, text.String())
}

// finish adds the string; directly before a colon it is the key of a hash.
func (l *lexer) finish(t Token, rest string) {
	t.Parts = append(t.Parts, Part{Text: rest})
	if len(t.Parts) == 1 && l.peek(0) == ':' && l.peek(1) == ' ' && !l.inTernary() {
		l.pos++
		t.Kind, t.Text, t.Label = TokenSymbol, rest, true
	}
	l.tokens = append(l.tokens, t)
}

// escape reads a backslash and what it stands before.
func (l *lexer) escape(text *strings.Builder, end byte, interpolate bool) {
	c := l.peek(1)
	l.pos = min(l.pos+2, len(l.src))
	if c == '\n' {
		l.line++
	}
	if !interpolate {
		if c != end && c != '\\' {
			text.WriteByte('\\')
		}
		text.WriteByte(c)
		return
	}
	if i := strings.IndexByte("ntrse0abfv", c); i >= 0 && c != 0 {
		text.WriteByte("\n\t\r \x1b\x00\a\b\f\v"[i])
		return
	}
	switch c {
	case '\n':
	case 'u', 'x':
		l.codepoint(text, c)
	default:
		text.WriteByte(c)
	}
}

// codepoint reads the digits of \x41, \u0041 and \u{41}.
func (l *lexer) codepoint(text *strings.Builder, kind byte) {
	most := 2
	braced := kind == 'u' && l.peek(0) == '{'
	switch {
	case braced:
		most = 6
		l.pos++
	case kind == 'u':
		most = 4
	}
	var n rune
	for range most {
		i := strings.IndexByte("0123456789abcdef", l.peek(0)|0x20)
		if i < 0 || l.pos >= len(l.src) {
			break
		}
		n = n<<4 | rune(i)
		l.pos++
	}
	if braced && l.peek(0) == '}' {
		l.pos++
	}
	if kind == 'x' && n >= utf8.RuneSelf {
		text.WriteByte(byte(n))
		return
	}
	text.WriteRune(n)
}

// maxNesting bounds strings in code in strings; Ruby people stop at two.
const maxNesting = 12

// code reads the inside of #{}; pos is at the sign.
func (l *lexer) code() string {
	start := l.pos + 2
	end := skipCode(l.src, start, 0)
	l.pos = min(end+1, len(l.src))
	l.line += strings.Count(l.src[start:end], "\n")
	return l.src[start:end]
}

// skipCode finds the brace that closes code that begins at i.
func skipCode(src string, i, nesting int) int {
	depth := 0
	for i < len(src) {
		switch c := src[i]; c {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		case '"', '\'', '`':
			i = skipString(src, i+1, c, nesting+1)
		}
		i++
	}
	return len(src)
}

// skipString finds the quote that closes a string that begins at i.
func skipString(src string, i int, quote byte, nesting int) int {
	for i < len(src) {
		switch {
		case src[i] == '\\':
			i++
		case src[i] == quote:
			return i
		case quote != '\'' && src[i] == '#' && i+1 < len(src) && src[i+1] == '{' && nesting < maxNesting:
			i = skipCode(src, i+2, nesting)
		}
		i++
	}
	return len(src)
}

// percent reads %w[], %q(), %(), %i, %r and %x; it reports whether there was one.
func (l *lexer) percent(space bool) bool {
	kind, at := byte('Q'), 1
	if strings.IndexByte("qQwWiIrxs", l.peek(1)) >= 0 && l.peek(1) != 0 {
		kind, at = l.peek(1), 2
	}
	open := l.peek(at)
	if l.peek(0) != '%' || !l.valueExpected(space) || open == 0 || strings.IndexByte("([{<|!/-^", open) < 0 {
		return false
	}
	l.pos += at + 1
	l.quoted(open, closing(open), strings.IndexByte("QWIrx", kind) >= 0, space)
	last := &l.tokens[len(l.tokens)-1]
	switch kind {
	case 'w', 'W', 'i', 'I':
		last.Kind = TokenWords
	case 'r', 'x':
		last.Kind = TokenOther
	}
	return true
}

// heredoc recognises <<~ID, <<-ID and <<ID, bare or in quotes, where it is no shift; its text comes after the line.
func (l *lexer) heredoc(space bool) bool {
	rest, ok := strings.CutPrefix(l.src[l.pos:], "<<")
	if !ok || rest == "" {
		return false
	}
	h := heredoc{at: len(l.tokens), indent: rest[0] == '~' || rest[0] == '-', squig: rest[0] == '~'}
	length := len("<<")
	if h.indent {
		rest = rest[1:]
		length++
	} else if !l.valueExpected(space) {
		return false
	}
	n := h.delimiter(rest)
	if n == 0 {
		return false
	}
	l.pos += length + n
	l.pending = append(l.pending, h)
	l.add(TokenString, "", space)
	return true
}

// delimiter reads the identifier, bare or in quotes, and returns how long it is with them; 0 where there is none.
func (h *heredoc) delimiter(s string) int {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		end := strings.IndexByte(s[1:], s[0])
		if end <= 0 || strings.Contains(s[:end+1], "\n") {
			return 0
		}
		h.raw, h.id = s[0] == '\'', s[1:end+1]
		return end + 2
	}
	n := 0
	for n < len(s) && isIdent(s[n]) {
		n++
	}
	h.id = s[:n]
	if n == 0 || s[0] != '_' && (s[0] < 'A' || s[0] > 'Z') {
		return 0
	}
	return n
}

// readHeredoc takes the lines up to the identifier.
func (l *lexer) readHeredoc(h heredoc) {
	var lines []string
	for l.pos < len(l.src) {
		line := l.takeLine()
		if line == h.id || h.indent && strings.TrimSpace(line) == h.id {
			break
		}
		if h.squig {
			line = strings.TrimLeft(line, " \t")
		}
		lines = append(lines, line)
	}
	text := strings.Join(lines, "\n") + "\n"
	if h.raw || !strings.ContainsAny(text, `\#`) {
		l.tokens[h.at].Parts = []Part{{Text: text}}
		return
	}
	// Whatever is computed in such a text is nothing that a setting takes; it only must not be read as code.
	l.tokens[h.at].Kind = TokenOther
}
