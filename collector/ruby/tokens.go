package ruby

func trimNewlines(tokens []Token) []Token {
	for len(tokens) > 0 && tokens[0].Kind == TokenNewline {
		tokens = tokens[1:]
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].Kind == TokenNewline {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}

// topLevel yields the tokens that stand in no brackets.
func topLevel(tokens []Token) func(yield func(int, Token) bool) {
	return func(yield func(int, Token) bool) {
		depth := 0
		for i, t := range tokens {
			switch bracket(t) {
			case -1:
				depth--
			case 0:
				if depth == 0 && !yield(i, t) {
					return
				}
			case 1:
				depth++
			}
		}
	}
}

// bracket is 1 for an opening bracket, -1 for a closing one, else 0.
func bracket(t Token) int {
	if t.Kind != TokenOp {
		return 0
	}
	switch t.Text {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// Group splits tokens that begin with an opening bracket into its inside and what follows.
func Group(tokens []Token) (inside, rest []Token) {
	depth := 0
	for i, t := range tokens {
		if depth += bracket(t); depth == 0 {
			return tokens[1:i], tokens[i+1:]
		}
	}
	return tokens[1:], []Token{}
}

// Arguments splits at the commas outside of brackets.
func Arguments(tokens []Token) [][]Token {
	if len(trimNewlines(tokens)) == 0 {
		return nil
	}
	var out [][]Token
	start := 0
	for i, t := range topLevel(tokens) {
		if t.isOp(",") {
			out = append(out, tokens[start:i])
			start = i + 1
		}
	}
	if rest := tokens[start:]; len(out) == 0 || len(trimNewlines(rest)) > 0 {
		out = append(out, rest)
	}
	return out
}

// rank is how weakly an operator binds: 0 for what is none.
func rank(t Token) int {
	if t.Kind == TokenWord && (t.Text == "or" || t.Text == "and") {
		return 10
	}
	if t.Kind != TokenOp {
		return 0
	}
	switch t.Text {
	case "?":
		return 9
	case "..", "...":
		return 8
	case "||":
		return 7
	case "&&":
		return 6
	case "==", "!=", "===", "=~", "!~":
		return 5
	case "<", ">", "<=", ">=", "<=>":
		return 4
	case "<<":
		return 3
	case "+", "-":
		return 2
	case "*", "/", "%":
		return 1
	}
	return 0
}

// weakest finds the operator outside of brackets that is applied last: of those that bind equally weakly the first, but
// the last of subtractions and the like. It is 0 where there is none.
func weakest(tokens []Token) int {
	at, best := 0, 0
	for i, t := range topLevel(tokens) {
		n := rank(t)
		if i == 0 || n == 0 || n < best || rank(tokens[i-1]) > 0 || tokens[i-1].isOp("!") {
			continue
		}
		if n > best || n == 1 && tokens[at].Text != t.Text || t.isOp("-") || n == 2 && tokens[at].isOp("-") {
			at, best = i, n
		}
	}
	return at
}

// startsValue reports whether t, behind a word and a space, is the first argument of a call without parentheses; next
// is the token after it.
func startsValue(t, next Token) bool {
	switch t.Kind {
	case TokenString, TokenNumber, TokenSymbol, TokenWords, TokenOther:
		return true
	case TokenWord:
		return !isKeyword(t.Text) || t.Text == "not"
	case TokenBlock:
		return t.Block.Word != "do"
	case TokenOp:
		switch t.Text {
		case "[", "->", "::", "!":
			return true
		case "(":
			return true
		case "*", "&", "-", "**":
			return !next.Space
		}
	}
	return false
}
