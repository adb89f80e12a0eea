package ruby

import "strings"

// TokenKind is what a token is, as far as a reader needs telling apart what is code, string and comment.
type TokenKind int

// The kinds of tokens.
const (
	TokenWord    TokenKind = iota // identifiers, keywords, constants, @x and $x
	TokenNumber                   // without its underscores
	TokenString                   // in parts
	TokenSymbol                   // :x, and x: in a hash
	TokenWords                    // %w and %i, in parts
	TokenOp                       // operators and brackets
	TokenNewline                  // a line break or a semicolon
	TokenOther                    // regular expressions, shell commands: values that nothing here reads
	TokenBlock                    // what stands between do and end, if and end, and the like; only [Parse] makes them
)

// Token is one token.
type Token struct {
	Kind  TokenKind
	Text  string
	Parts []Part // of a string
	Block *Block // of a block
	Line  int
	Space bool // white space before it
	Label bool // of a symbol: it is x: and what follows is its value
}

// Part is a piece of a string: text, or the code inside #{}.
type Part struct {
	Text string
	Code bool
}

// Is reports whether it is a token of that kind and text.
func (t Token) Is(kind TokenKind, text string) bool { return t.Kind == kind && t.Text == text }

func (t Token) isOp(text string) bool { return t.Is(TokenOp, text) }

// lexer splits Ruby text. It never fails: what it does not understand becomes tokens that mean nothing, and an
// unterminated string reaches to the end.
type lexer struct {
	src     string
	pos     int
	line    int
	tokens  []Token
	pending []heredoc
}

// heredoc waits for the end of the line it was announced in; at is the token that gets its text.
type heredoc struct {
	at                 int
	id                 string
	raw, indent, squig bool
}

// Tokenize splits src, whose first line has the number line. It takes a time in proportion to the length.
func Tokenize(src string, line int) []Token {
	l := &lexer{src: src, line: line}
	l.skipBlock()
	for l.pos < len(l.src) {
		l.next()
	}
	return l.tokens
}

func (l *lexer) add(kind TokenKind, text string, space bool) {
	l.tokens = append(l.tokens, Token{Kind: kind, Text: text, Line: l.line, Space: space})
}

// peek is the byte n after the current one, 0 behind the end.
func (l *lexer) peek(n int) byte {
	if l.pos+n >= len(l.src) {
		return 0
	}
	return l.src[l.pos+n]
}

// next reads one token, with the white space and comments before it.
func (l *lexer) next() {
	space := l.skipSpace()
	if l.pos >= len(l.src) {
		return
	}
	c := l.peek(0)
	switch {
	case c == '\n':
		l.newline(space)
	case c == ';':
		l.pos++
		l.endStatement(";", space)
	case c == '"', c == '\'':
		l.pos++
		l.quoted(c, c, c == '"', space)
	case c == '`', c == '/' && l.valueExpected(space):
		l.pos++
		l.quoted(c, c, true, space)
		l.tokens[len(l.tokens)-1].Kind = TokenOther
	case isDigit(c):
		l.number(space)
	case isIdentStart(c), c == '@', c == '$':
		l.word(space)
	case l.symbol(space), l.percent(space), l.heredoc(space):
	default:
		l.operator(space)
	}
}

// labelled reports whether a colon right here follows a string without a space: "x": y.
func (l *lexer) labelled(space bool) bool {
	n := len(l.tokens)
	return !space && n > 0 && l.tokens[n-1].Kind == TokenString
}

// skipSpace passes over blanks, continued lines and comments.
func (l *lexer) skipSpace() bool {
	start := l.pos
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
			l.pos++
		case c == '\\' && l.peek(1) == '\n':
			l.pos += 2
			l.line++
		case c == '\\' && l.peek(1) == '\r' && l.peek(2) == '\n':
			l.pos += 3
			l.line++
		case c == '#':
			for l.pos < len(l.src) && l.src[l.pos] != '\n' {
				l.pos++
			}
		default:
			return l.pos > start
		}
	}
	return true
}

// endStatement adds one token for any number of line breaks and semicolons in a row.
func (l *lexer) endStatement(text string, space bool) {
	if n := len(l.tokens); n > 0 && l.tokens[n-1].Kind != TokenNewline {
		l.add(TokenNewline, text, space)
	}
}

// newline ends a line and reads the heredocs announced in it.
func (l *lexer) newline(space bool) {
	l.endStatement("\n", space)
	l.pos++
	l.line++
	for _, h := range l.pending {
		l.readHeredoc(h)
	}
	l.pending = nil
	l.skipBlock()
}

// skipBlock passes over =begin comments at the start of a line, and over all that follows __END__.
func (l *lexer) skipBlock() {
	for strings.HasPrefix(l.src[l.pos:], "=begin") {
		for l.pos < len(l.src) {
			if strings.HasPrefix(l.takeLine(), "=end") {
				break
			}
		}
	}
	if line, _, _ := strings.Cut(l.src[l.pos:], "\n"); strings.TrimRight(line, "\r") == "__END__" {
		l.pos = len(l.src)
	}
}

// takeLine reads up to the end of the line, without the break.
func (l *lexer) takeLine() string {
	line, _, found := strings.Cut(l.src[l.pos:], "\n")
	l.pos += len(line)
	if found {
		l.pos++
		l.line++
	}
	return strings.TrimRight(line, "\r")
}

func isIdentStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdent(c byte) bool { return isIdentStart(c) || isDigit(c) }

func (l *lexer) word(space bool) {
	start := l.pos
	for l.pos < len(l.src) && (l.src[l.pos] == '@' || l.src[l.pos] == '$') {
		l.pos++
	}
	for l.pos < len(l.src) && isIdent(l.src[l.pos]) {
		l.pos++
	}
	if c := l.peek(0); (c == '!' || c == '?') && (l.peek(1) != '=' || strings.IndexByte("=~>", l.peek(2)) >= 0) {
		l.pos++
	}
	text := l.src[start:l.pos]
	if l.peek(0) == ':' && l.peek(1) != ':' && !l.inTernary() {
		l.pos++
		l.tokens = append(l.tokens, Token{Kind: TokenSymbol, Text: text, Line: l.line, Space: space, Label: true})
		return
	}
	l.add(TokenWord, text, space)
}

// inTernary reports whether the Statement so far has a question mark of its own, so that x: is no label.
func (l *lexer) inTernary() bool {
	for i := len(l.tokens) - 1; i >= 0 && i > len(l.tokens)-16; i-- {
		switch t := l.tokens[i]; {
		case t.Is(TokenOp, "?"):
			return true
		case t.Kind == TokenNewline || t.Is(TokenOp, ":"):
			return false
		}
	}
	return false
}

func (l *lexer) number(space bool) {
	start := l.pos
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		fraction := c == '.' && isDigit(l.peek(1))
		if !isIdent(c) && !fraction {
			break
		}
		l.pos++
	}
	l.add(TokenNumber, strings.ReplaceAll(l.src[start:l.pos], "_", ""), space)
}

// symbol reads :x, :"x" and :'x'; it reports whether there was one.
func (l *lexer) symbol(space bool) bool {
	c := l.peek(1)
	quote := c == '"' || c == '\'' && !l.inTernary()
	if l.peek(0) != ':' || !isIdentStart(c) && !quote || l.labelled(space) {
		return false
	}
	l.pos++
	if quote {
		l.pos++
		l.quoted(c, c, c == '"', space)
		return true
	}
	start := l.pos
	for l.pos < len(l.src) && isIdent(l.src[l.pos]) {
		l.pos++
	}
	if c := l.peek(0); (c == '!' || c == '?') && l.peek(1) != '=' {
		l.pos++
	}
	l.add(TokenSymbol, l.src[start:l.pos], space)
	return true
}

// operators of more than one character, longest first.
var operators = [...]string{"**=", "||=", "&&=", "<=>", "===", "<<=", ">>=", "...", "==", "=~", "=>", "!=", "!~", "<=", ">=", "<<", ">>", "&&",
	"||", "&.", "..", "::", "->", "+=", "-=", "*=", "/=", "**", "|=", "&="}

func (l *lexer) operator(space bool) {
	length := 1
	if strings.IndexByte("=~<>.&|:*", l.peek(1)) >= 0 && l.peek(1) != 0 {
		for _, op := range operators {
			if strings.HasPrefix(l.src[l.pos:], op) {
				length = len(op)
				break
			}
		}
	}
	l.add(TokenOp, l.src[l.pos:l.pos+length], space)
	l.pos += length
}

// valueExpected reports whether a value rather than an operator comes here: the question that tells a division from a
// regular expression and a remainder from a %-literal.
func (l *lexer) valueExpected(space bool) bool {
	if len(l.tokens) == 0 {
		return true
	}
	switch last := l.tokens[len(l.tokens)-1]; last.Kind {
	case TokenOp:
		return !strings.Contains(")]}", last.Text)
	case TokenWord: // a call without parentheses: "match /x/" but not "a / b"
		return isKeyword(last.Text) || space && l.peek(1) != ' ' && l.peek(1) != '='
	case TokenNewline:
		return true
	case TokenSymbol:
		return last.Label
	}
	return false
}

// isKeyword reports whether a value may follow the word as it does an operator.
func isKeyword(s string) bool {
	switch s {
	case "if", "unless", "while", "until", "and", "or", "not", "when", "then", "else", "elsif", "return", "case", "in", "do", "puts", "raise":
		return true
	}
	return false
}
