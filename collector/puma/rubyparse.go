package puma

// statement is one statement of the text, without the condition behind it.
type statement struct {
	tokens []token
	// conditional is whether something decides if it runs at all: a block around it or a condition behind it.
	conditional bool
	// aside are tokens in which no setting can stand with certain effect: conditions, and the heads of blocks.
	aside []token
}

// splitter cuts tokens into statements and keeps account of the blocks that are open. Ruby's grammar is larger than
// this; where the account is wrong it errs to more open blocks, and with that to less certainty.
type splitter struct {
	out     []statement
	current statement
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

func statements(tokens []token) []statement {
	s := &splitter{}
	var before token
	for i, t := range tokens {
		s.take(t, before, tokens[i+1:])
		before = t
	}
	s.flush()
	return s.out
}

// take adds one token.
func (s *splitter) take(t, before token, after []token) {
	s.brackets = max(s.brackets+bracket(t), 0)
	switch {
	case t.kind == tokenNewline:
		if s.brackets > 0 || continues(before) || beginsWithDot(after) {
			return
		}
		s.flush()
	case t.kind != tokenWord || s.brackets > 0 || isMethodName(before):
		s.add(t)
	default:
		s.word(t, before)
	}
}

// isMethodName reports whether what follows t is a name, whatever it looks like: x.end, :if, def end.
func isMethodName(t token) bool {
	return t.is(tokenOp, ".") || t.is(tokenOp, "&.") || t.is(tokenOp, "::") || t.is(tokenWord, "def")
}

// beginsWithDot reports whether the next line that is not empty continues this one.
func beginsWithDot(tokens []token) bool {
	for _, t := range tokens {
		if t.kind != tokenNewline {
			return t.is(tokenOp, ".") || t.is(tokenOp, "&.")
		}
	}
	return false
}

// continues reports whether a line that ends with t goes on in the next. A | ends the parameters of a block.
func continues(t token) bool {
	switch t.kind {
	case tokenOp:
		return bracket(t) != -1 && t.text != "|" && t.text != "*" && t.text != "&"
	case tokenWord:
		return t.text == "and" || t.text == "or" || t.text == "not"
	}
	return false
}

// word adds a word outside of brackets, which may be a keyword.
func (s *splitter) word(t, before token) {
	switch t.text {
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

// condition opens a block where a statement begins or a value is due, else it is one behind a statement.
func (s *splitter) condition(t, before token) {
	if len(s.current.tokens) > 0 && !valueDue(before) && !s.head {
		s.current.conditional, s.head = true, true
		return
	}
	s.open(t)
}

// valueDue reports whether what follows t is an operand, so that an `if` there is an expression of its own.
func valueDue(t token) bool {
	return t.kind == tokenOp && bracket(t) != -1 || t.is(tokenWord, "and") || t.is(tokenWord, "or") || t.is(tokenWord, "not")
}

func (s *splitter) open(t token) {
	if len(s.current.tokens) > 0 { // x = if ...: it takes a value that only running it tells
		s.add(token{kind: tokenOther, line: t.line})
	}
	s.flush()
	s.blocks++
	s.head = t.text != "begin"
	s.loop = t.text == "while" || t.text == "until" || t.text == "for"
}

// branch is rescue and the like: the start of another branch, or a rescue behind a statement.
func (s *splitter) branch() {
	if len(s.current.tokens) > 0 {
		s.current.conditional = true
	} else {
		s.flush()
	}
	s.head = true
}

func (s *splitter) add(t token) {
	if s.head {
		s.current.aside = append(s.current.aside, t)
		return
	}
	s.current.tokens = append(s.current.tokens, t)
}

func (s *splitter) flush() {
	if len(s.current.tokens)+len(s.current.aside) > 0 {
		s.current.conditional = s.current.conditional || s.blocks > 0
		s.out = append(s.out, s.current)
	}
	s.current = statement{conditional: s.escaped}
	s.head, s.loop, s.brackets = false, false, 0
}
