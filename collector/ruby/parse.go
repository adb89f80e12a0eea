package ruby

import "slices"

// MaxSize bounds a text that is parsed.
const MaxSize = 1 << 20

// Sentence is one statement of a text, with the blocks that belong to it.
type Sentence struct {
	// Tokens are those of the statement; a block is one token.
	Tokens []Token
	// Modifier is the if, unless, while, until or rescue behind it, and Condition what follows that.
	Modifier  string
	Condition []Token
}

// Line is where it begins.
func (s Sentence) Line() int {
	if len(s.Tokens) == 0 {
		return 0
	}
	return s.Tokens[0].Line
}

// Block is a part of a text that ends with `end`, or with the brace that closes it.
type Block struct {
	// Word is what opens it: do, if, unless, case, while, until, for, begin, def, class, module. Name is that of a def.
	Word, Name string
	// Params are the parameters of a do, as far as they are plain names.
	Params   []string
	formal   [][]Token // parameters of a def, with their defaults
	Branches []Branch
	Line     int
}

// Branch is one way through a block.
type Branch struct {
	Word string // if, elsif, else, when, rescue, ensure
	Head []Token
	Body []Sentence
}

// maxBlocks bounds blocks in blocks.
const maxBlocks = 60

// parser takes tokens apart. Ruby's grammar is larger than this; where it is wrong about a block, it errs to one that is
// longer, and so to less that is certain.
type parser struct {
	tokens []Token
	pos    int
	depth  int
}

// Parse reads tokens with their blocks. What is nested too deep becomes one token that nothing reads.
func Parse(tokens []Token) []Sentence {
	p := &parser{tokens: tokens}
	var out []Sentence
	for p.pos < len(p.tokens) {
		out = append(out, p.body()...)
		p.pos++ // an end that closes nothing
	}
	return out
}

func (p *parser) peek() Token {
	if p.pos >= len(p.tokens) {
		return Token{Kind: TokenNewline}
	}
	return p.tokens[p.pos]
}

func (p *parser) before() Token {
	if p.pos == 0 {
		return Token{Kind: TokenNewline}
	}
	return p.tokens[p.pos-1]
}

// body reads statements up to a word that ends a branch.
func (p *parser) body() []Sentence {
	var out []Sentence
	for p.pos < len(p.tokens) {
		t := p.peek()
		if t.Kind == TokenNewline || t.Is(TokenWord, "then") {
			p.pos++
			continue
		}
		if isBranch(t) || t.Is(TokenWord, "end") {
			break
		}
		out = append(out, p.sentence())
	}
	return out
}

func isBranch(t Token) bool {
	if t.Kind != TokenWord {
		return false
	}
	switch t.Text {
	case "elsif", "else", "when", "in", "rescue", "ensure":
		return true
	}
	return false
}

// sentence reads one statement. It takes at least one token.
func (p *parser) sentence() Sentence {
	var s Sentence
	brackets := 0
	add := func(t Token) {
		if s.Modifier != "" {
			s.Condition = append(s.Condition, t)
		} else {
			s.Tokens = append(s.Tokens, t)
		}
	}
	for start := p.pos; p.pos < len(p.tokens); {
		t, before := p.peek(), Token{Kind: TokenNewline}
		if p.pos > start {
			before = p.before()
		}
		brackets = max(brackets+bracket(t), 0)
		switch {
		case t.Kind == TokenNewline && brackets == 0:
			p.pos++
			if !continues(before) && !beginsWithDot(p.tokens[p.pos:]) {
				return s
			}
		case t.Kind != TokenWord || brackets > 0 || IsMethodName(before):
			add(t)
			p.pos++
		case t.Text == "end", t.Text == "then", isBranch(t) && (p.pos == start || t.Text != "rescue"):
			return s
		case p.isModifier(t, p.pos == start):
			s.Modifier = t.Text
			p.pos++
		default:
			add(p.word())
		}
	}
	return s
}

// isModifier reports whether the word is a condition behind a statement, rather than the start of an expression.
func (p *parser) isModifier(t Token, first bool) bool {
	switch t.Text {
	case "if", "unless", "while", "until":
		return !first && !valueDue(p.before())
	}
	return t.Text == "rescue"
}

// word takes a word, or the block that it opens.
func (p *parser) word() Token {
	t := p.peek()
	p.pos++
	switch t.Text {
	case "if", "unless", "case", "while", "until", "for", "begin", "def", "class", "module", "do":
	default:
		return t
	}
	if p.depth >= maxBlocks {
		p.pos = len(p.tokens)
		return Token{Kind: TokenOther, Line: t.Line}
	}
	p.depth++
	defer func() { p.depth-- }()
	return Token{Kind: TokenBlock, Block: p.block(t), Line: t.Line, Space: true}
}

// block reads from behind the word that opens it up to its end.
func (p *parser) block(open Token) *Block {
	b := &Block{Word: open.Text, Line: open.Line}
	branch := Branch{Word: open.Text}
	switch open.Text {
	case "do":
		b.Params = p.params()
	case "begin":
	case "def":
		branch.Head = p.signature()
		if b.define(branch.Head) {
			if p.before().Kind == TokenNewline {
				p.pos-- // it ends the statement
			}
			return b
		}
	default:
		branch.Head = p.head(open.Text)
	}
	for {
		branch.Body = p.body()
		b.Branches = append(b.Branches, branch)
		t := p.peek()
		p.pos++
		if p.pos > len(p.tokens) || t.Is(TokenWord, "end") {
			return b
		}
		branch = Branch{Word: t.Text}
		if t.Text != "else" && t.Text != "ensure" {
			branch.Head = p.head(t.Text)
		}
	}
}

// head reads what stands behind the word of a branch: a condition, a name, a list.
func (p *parser) head(word string) []Token {
	start, brackets := p.pos, 0
	loop := word == "while" || word == "until" || word == "for"
	for p.pos < len(p.tokens) {
		t := p.peek()
		brackets = max(brackets+bracket(t), 0)
		if brackets == 0 {
			ends := t.Kind == TokenNewline && (!continues(p.before()) || p.pos == start) ||
				t.Is(TokenWord, "then") || loop && t.Is(TokenWord, "do")
			if ends {
				p.pos++
				return p.tokens[start : p.pos-1]
			}
		}
		p.pos++
	}
	return p.tokens[start:p.pos]
}

// signature is the name of a def and its parameters, which a body may follow in the line where they stand in parentheses.
func (p *parser) signature() []Token {
	start := p.pos
	for p.pos < len(p.tokens) && p.peek().Kind != TokenNewline && !p.peek().isOp("(") && !p.peek().isOp("=") {
		p.pos++
	}
	if !p.peek().isOp("(") {
		p.pos = start
		return p.head("def")
	}
	_, rest := Group(p.tokens[p.pos:])
	p.pos = len(p.tokens) - len(rest)
	if p.peek().isOp("=") && p.pos < len(p.tokens) { // name(a) = value
		p.pos = start
		return p.head("def")
	}
	return p.tokens[start:p.pos]
}

// define reads `name(a, b = 1)`, and reports whether it is `name = value`, which has no end.
func (b *Block) define(head []Token) bool {
	if len(head) == 0 {
		return false
	}
	b.Name = head[0].Text
	rest := head[1:]
	if len(rest) > 0 && rest[0].isOp("(") {
		inside, behind := Group(rest)
		if len(behind) > 0 && behind[0].isOp("=") {
			return true
		}
		rest = inside
	} else if len(rest) > 1 && rest[0].isOp("=") && rest[0].Space {
		return true
	}
	for _, a := range Arguments(rest) {
		if a = trimNewlines(a); len(a) > 0 {
			b.formal = append(b.formal, a)
		}
	}
	return false
}

// params reads `|a, b|` where it stands.
func (p *parser) params() []string {
	for p.peek().Kind == TokenNewline && p.pos < len(p.tokens) {
		p.pos++
	}
	if !p.peek().isOp("|") {
		return nil
	}
	end := slices.IndexFunc(p.tokens[p.pos+1:], func(t Token) bool { return t.isOp("|") || t.Kind == TokenNewline })
	if end < 0 {
		return nil
	}
	inside := p.tokens[p.pos+1 : p.pos+1+end]
	p.pos += end + 2
	var out []string
	for _, a := range Arguments(inside) {
		name := ""
		if len(a) == 1 && a[0].Kind == TokenWord {
			name = a[0].Text
		}
		out = append(out, name)
	}
	return out
}

// braced is the block between braces.
func braced(inside []Token, line int) *Block {
	p := &parser{tokens: inside}
	b := &Block{Word: "do", Params: p.params(), Line: line}
	b.Branches = []Branch{{Word: "do", Body: Parse(p.tokens[p.pos:])}}
	return b
}
