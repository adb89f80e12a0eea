package puma

import (
	"path"
	"strconv"
	"strings"
)

// value is what an expression comes to, without running it.
type value struct {
	text string
	// known is whether text is at least the likely value, literal whether it is the only possible one.
	known, literal bool
	hash           map[string]value
}

// unread is the value of everything that cannot be told from the text.
var unread = value{}

func literal(text string) value { return value{text: text, known: true, literal: true} }

// likely is v where something outside the file may change it.
func (v value) likely() value {
	v.literal = false
	return v
}

// place is a path that depends on where Puma was started: likely where it is known.
func place(name string) value {
	if !path.IsAbs(name) {
		return unread
	}
	return value{text: name, known: true}
}

// maxDepth bounds nested expressions, parentheses and strings in code in strings.
const maxDepth = 24

// evaluator reads expressions; variables are what the statements before have assigned.
type evaluator struct {
	variables map[string]value
	// path is the file's own, empty where not known; here is the directory that Puma was likely started in.
	path, here string
	depth      int
}

// expression is the value of all of tokens; what is left over makes it unread.
func (e *evaluator) expression(tokens []token) value {
	if e.depth >= maxDepth {
		return unread
	}
	e.depth++
	defer func() { e.depth-- }()
	tokens = trimNewlines(tokens)
	if left, right, ok := cutOr(tokens); ok {
		return either(e.expression(left), e.expression(right))
	}
	if left, right, ok := cutOperator(tokens, "+"); ok {
		return concat(e.expression(left), e.expression(right))
	}
	if left, right, ok := cutOperator(tokens, "*"); ok {
		return product(e.expression(left), e.expression(right))
	}
	v, rest := e.primary(tokens)
	for len(rest) > 0 {
		if v, rest = e.method(v, rest); rest == nil {
			break
		}
	}
	return v
}

func trimNewlines(tokens []token) []token {
	for len(tokens) > 0 && tokens[0].kind == tokenNewline {
		tokens = tokens[1:]
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].kind == tokenNewline {
		tokens = tokens[:len(tokens)-1]
	}
	return tokens
}

// cutOr splits at the first || or `or` outside of brackets.
func cutOr(tokens []token) (left, right []token, ok bool) {
	if left, right, ok = cutOperator(tokens, "||"); ok {
		return left, right, ok
	}
	for i, t := range topLevel(tokens) {
		if t.is(tokenWord, "or") {
			return tokens[:i], tokens[i+1:], true
		}
	}
	return nil, nil, false
}

// cutOperator splits at the first such operator outside of brackets that stands between two things.
func cutOperator(tokens []token, operator string) (left, right []token, ok bool) {
	for i, t := range topLevel(tokens) {
		if i > 0 && t.is(tokenOp, operator) {
			return tokens[:i], tokens[i+1:], true
		}
	}
	return nil, nil, false
}

// topLevel yields the tokens that stand in no brackets.
func topLevel(tokens []token) func(yield func(int, token) bool) {
	return func(yield func(int, token) bool) {
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
func bracket(t token) int {
	if t.kind != tokenOp {
		return 0
	}
	switch t.text {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// group splits tokens that begin with an opening bracket into its inside and what follows.
func group(tokens []token) (inside, rest []token) {
	depth := 0
	for i, t := range tokens {
		if depth += bracket(t); depth == 0 {
			return tokens[1:i], tokens[i+1:]
		}
	}
	return tokens[1:], nil
}

// arguments splits at the commas outside of brackets.
func arguments(tokens []token) [][]token {
	if len(trimNewlines(tokens)) == 0 {
		return nil
	}
	var out [][]token
	start := 0
	for i, t := range topLevel(tokens) {
		if t.is(tokenOp, ",") {
			out = append(out, tokens[start:i])
			start = i + 1
		}
	}
	return append(out, tokens[start:])
}

// either is `left || right`.
func either(left, right value) value {
	switch {
	case left.literal && left.text != "nil" && left.text != "false":
		return left
	case left.literal:
		return right
	case left.known:
		return left
	}
	return right.likely()
}

// maxValue bounds a value; a variable can double itself in each line.
const maxValue = 16 << 10

func concat(left, right value) value {
	if !left.known || !right.known || len(left.text)+len(right.text) > maxValue {
		return unread
	}
	return value{text: left.text + right.text, known: true, literal: left.literal && right.literal}
}

// product is for the 60 * 60 of timeouts.
func product(left, right value) value {
	a, errA := strconv.ParseInt(left.text, 10, 32)
	b, errB := strconv.ParseInt(right.text, 10, 32)
	if errA != nil || errB != nil || !left.known || !right.known {
		return unread
	}
	return value{text: strconv.FormatInt(a*b, 10), known: true, literal: left.literal && right.literal}
}

// primary reads the first operand, without the methods behind it.
func (e *evaluator) primary(tokens []token) (v value, rest []token) {
	if len(tokens) == 0 {
		return unread, nil
	}
	t := tokens[0]
	switch t.kind {
	case tokenString:
		v, rest = e.text(t), tokens[1:]
		for len(rest) > 0 && rest[0].kind == tokenString { // "a" "b" is one string
			v, rest = concat(v, e.text(rest[0])), rest[1:]
		}
		return v, rest
	case tokenNumber, tokenSymbol:
		return literal(t.text), tokens[1:]
	case tokenWord:
		return e.name(tokens)
	case tokenOp:
		switch t.text {
		case "(":
			inside, rest := group(tokens)
			return e.expression(inside), rest
		case "{":
			inside, rest := group(tokens)
			return value{hash: e.pairs(inside)}, rest
		case "-":
			if len(tokens) > 1 && tokens[1].kind == tokenNumber {
				return literal("-" + tokens[1].text), tokens[2:]
			}
		}
	}
	return unread, nil
}

// text joins the parts of a string.
func (e *evaluator) text(t token) value {
	out := literal("")
	for _, p := range t.parts {
		if p.code {
			out = concat(out, e.expression(tokenize(p.text, t.line)))
		} else {
			out = concat(out, literal(p.text))
		}
	}
	return out
}

// pairs reads `auth_token: "x", :no_token => true`.
func (e *evaluator) pairs(tokens []token) map[string]value {
	out := map[string]value{}
	for _, pair := range arguments(tokens) {
		pair = trimNewlines(pair)
		if len(pair) < 2 {
			continue
		}
		key, rest := pair[0].text, pair[1:]
		if pair[0].kind == tokenString {
			key = e.text(pair[0]).text
		}
		if rest[0].is(tokenOp, "=>") {
			rest = rest[1:]
		}
		out[key] = e.expression(rest)
	}
	return out
}

// name reads what begins with a word: a variable, a constant and its method, or a call.
func (e *evaluator) name(tokens []token) (value, []token) {
	word, rest := tokens[0].text, tokens[1:]
	if v, ok := e.variables[word]; ok {
		return v, rest
	}
	switch word {
	case "true", "false", "nil":
		return literal(word), rest
	case "__FILE__":
		return place(e.path), rest
	case "__dir__":
		return place(path.Dir(e.path)), rest
	case "Integer", "Float", "String", "Pathname":
		if len(rest) > 0 && rest[0].is(tokenOp, "(") {
			inside, rest := group(rest)
			return e.first(arguments(inside)), rest
		}
	case "ENV", "File", "Dir":
		return e.call(word, rest)
	}
	return unread, nil
}

func (e *evaluator) first(arguments [][]token) value {
	if len(arguments) == 0 {
		return unread
	}
	return e.expression(arguments[0])
}

// method reads one method call behind a value. The rest is nil where it cannot be read.
func (e *evaluator) method(v value, tokens []token) (value, []token) {
	if len(tokens) < 2 || !tokens[0].is(tokenOp, ".") && !tokens[0].is(tokenOp, "&.") {
		return unread, nil
	}
	rest := tokens[2:]
	switch tokens[1].text {
	case "to_s", "to_sym", "to_str", "to_path", "freeze", "dup", "presence":
		return v, rest
	case "strip":
		v.text = strings.TrimSpace(v.text)
		return v, rest
	case "to_i":
		if _, err := strconv.Atoi(v.text); err == nil || !v.known {
			return v, rest
		}
	}
	return unread, nil
}
