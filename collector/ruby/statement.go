package ruby

// Statement is one statement of the flat view of a text, without the condition behind it.
type Statement struct {
	Tokens []Token
	// Conditional is whether something decides if it runs at all: a block around it or a condition behind it.
	Conditional bool
	// Aside are tokens in which no setting can stand with certain effect: conditions, and the heads of blocks.
	Aside []Token
}

// splitter cuts tokens into statements and keeps account of the blocks that are open. Ruby's grammar is larger than
// this; where the account is wrong it errs to more open blocks, and with that to less certainty.
type splitter struct {
	out     []Statement
	current Statement
	// blocks is how many of if, do, def and the like are open.
	blocks int
	// brackets is how many brackets are open: inside of them a line break ends nothing.
	brackets int
	// head is whether the tokens up to the end of the line are a condition or the like; loop whether it is one of
	// while, until or for, whose `do` opens no block of its own.
	head, loop bool
	// escaped is whether a return or raise has come: what follows may never run.
	escaped bool
}

// Statements is the flat view of a text: every statement in the order of the lines, wherever it stands, and whether it is
// certain that it runs. It is for who asks what a text says at all, where [Reader] follows what it does.
func Statements(tokens []Token) []Statement {
	s := &splitter{}
	var before Token
	for i, t := range tokens {
		s.take(t, before, tokens[i+1:])
		before = t
	}
	s.flush()
	return s.out
}

// take adds one token.
func (s *splitter) take(t, before Token, after []Token) {
	s.brackets = max(s.brackets+bracket(t), 0)
	switch {
	case t.Kind == TokenNewline:
		if s.brackets > 0 || continues(before) || beginsWithDot(after) {
			return
		}
		s.flush()
	case t.Kind != TokenWord || s.brackets > 0 || IsMethodName(before):
		s.add(t)
	default:
		s.word(t, before)
	}
}

// IsMethodName reports whether what follows t is a name, whatever it looks like: x.end, :if, def end.
func IsMethodName(t Token) bool {
	return t.Is(TokenOp, ".") || t.Is(TokenOp, "&.") || t.Is(TokenOp, "::") || t.Is(TokenWord, "def")
}

// beginsWithDot reports whether the next line that is not empty continues this one.
func beginsWithDot(tokens []Token) bool {
	for _, t := range tokens {
		if t.Kind != TokenNewline {
			return t.Is(TokenOp, ".") || t.Is(TokenOp, "&.")
		}
	}
	return false
}

// continues reports whether a line that ends with t goes on in the next. A | ends the parameters of a block.
func continues(t Token) bool {
	switch t.Kind {
	case TokenOp:
		return bracket(t) != -1 && t.Text != "|" && t.Text != "*" && t.Text != "&"
	case TokenWord:
		return t.Text == "and" || t.Text == "or" || t.Text == "not"
	}
	return false
}

// word adds a word outside of brackets, which may be a keyword.
func (s *splitter) word(t, before Token) {
	switch t.Text {
	case "if", "unless", "while", "until":
		s.condition(t, before)
	case "case", "for", "begin", "def", "class", "module":
		s.open(t)
	case "do":
		if s.loop {
			s.flush()
			return
		}
		s.flush()
		s.blocks++
		s.head = true
	case "end":
		s.flush()
		s.blocks = max(s.blocks-1, 0)
	case "then", "else", "ensure":
		s.flush()
	case "elsif", "when", "in", "rescue":
		if s.loop { // for x in y
			return
		}
		s.branch()
	case "return", "exit", "exit!", "abort", "raise", "throw":
		s.add(t)
		s.escaped = true
	default:
		s.add(t)
	}
}

// condition opens a block where a statement begins or a value is due, else it is one behind a Statement.
func (s *splitter) condition(t, before Token) {
	if len(s.current.Tokens) > 0 && !valueDue(before) && !s.head {
		s.current.Conditional, s.head = true, true
		return
	}
	s.open(t)
}

// valueDue reports whether what follows t is an operand, so that an `if` there is an expression of its own.
func valueDue(t Token) bool {
	return t.Kind == TokenOp && bracket(t) != -1 || t.Is(TokenWord, "and") || t.Is(TokenWord, "or") || t.Is(TokenWord, "not")
}

func (s *splitter) open(t Token) {
	if len(s.current.Tokens) > 0 { // x = if ...: it takes a value that only running it tells
		s.add(Token{Kind: TokenOther, Line: t.Line})
	}
	s.flush()
	s.blocks++
	s.head = t.Text != "begin"
	s.loop = t.Text == "while" || t.Text == "until" || t.Text == "for"
}

// branch is rescue and the like: the start of another branch, or a rescue behind a Statement.
func (s *splitter) branch() {
	if len(s.current.Tokens) > 0 {
		s.current.Conditional = true
	} else {
		s.flush()
	}
	s.head = true
}

func (s *splitter) add(t Token) {
	if s.head {
		s.current.Aside = append(s.current.Aside, t)
		return
	}
	s.current.Tokens = append(s.current.Tokens, t)
}

func (s *splitter) flush() {
	if len(s.current.Tokens)+len(s.current.Aside) > 0 {
		s.current.Conditional = s.current.Conditional || s.blocks > 0
		s.out = append(s.out, s.current)
	}
	s.current = Statement{Conditional: s.escaped}
	s.head, s.loop, s.brackets = false, false, 0
}
