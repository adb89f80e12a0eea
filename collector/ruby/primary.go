package ruby

import "strings"

// primary reads the first operand, without the methods behind it. The rest is nil where it cannot be read.
func (r *Reader) primary(tokens []Token) (v Value, rest []Token) {
	t := tokens[0]
	switch t.Kind {
	case TokenString:
		v, rest = r.text(t), tokens[1:]
		for len(rest) > 0 && rest[0].Kind == TokenString { // "a" "b" is one string
			v, rest = concat(v, r.text(rest[0])), rest[1:]
		}
		return v, rest
	case TokenNumber:
		return Value{Kind: Number, Text: t.Text, Literal: true}, tokens[1:]
	case TokenSymbol:
		return Value{Kind: Symbol, Text: t.Text, Literal: true}, tokens[1:]
	case TokenWords:
		return r.words(t), tokens[1:]
	case TokenWord:
		return r.name(tokens)
	case TokenBlock:
		return r.compound(t.Block), tokens[1:]
	case TokenOp:
		return r.bracketed(tokens)
	}
	return Not(t.Line, "what it comes to only running it tells"), nil
}

// bracketed reads an operand that begins with an operator or a bracket.
func (r *Reader) bracketed(tokens []Token) (Value, []Token) {
	t := tokens[0]
	switch t.Text {
	case "(":
		inside, rest := Group(tokens)
		if v := r.Expression(inside); len(inside) > 0 {
			return v, rest
		}
		return Value{Kind: Nil, Text: "nil", Literal: true}, rest
	case "[":
		inside, rest := Group(tokens)
		return NewList(r.Values(inside)), rest
	case "{":
		inside, rest := Group(tokens)
		return r.pairs(inside), rest
	case "-":
		if len(tokens) > 1 && tokens[1].Kind == TokenNumber {
			return Value{Kind: Number, Text: "-" + tokens[1].Text, Literal: true}, tokens[2:]
		}
	case "!":
		return negate(r.Expression(tokens[1:])), []Token{}
	case "->":
		return r.arrow(tokens)
	case "::":
		if len(tokens) > 1 && tokens[1].Kind == TokenWord {
			return r.constant(tokens[1:])
		}
	}
	return Not(t.Line, "the expression is not followed"), nil
}

// arrow is -> { }.
func (r *Reader) arrow(tokens []Token) (Value, []Token) {
	rest := tokens[1:]
	if len(rest) > 0 && rest[0].isOp("(") {
		_, rest = Group(rest)
	}
	if b, rest := takeBlock(rest); b != nil {
		return r.Lambda(b), rest
	}
	return Not(tokens[0].Line, "the expression is not followed"), nil
}

// words is %w[a b].
func (r *Reader) words(t Token) Value {
	items := []Value{}
	open := false // whether the next text goes on with the last word
	for _, p := range t.Parts {
		if p.Code {
			v := r.Expression(Tokenize(p.Text, t.Line))
			if open && len(items) > 0 {
				v = concat(items[len(items)-1], v)
				items = items[:len(items)-1]
			}
			items, open = append(items, v), true
			continue
		}
		for i, word := range strings.Fields(p.Text) {
			if i == 0 && open && !startsBlank(p.Text) {
				items[len(items)-1] = concat(items[len(items)-1], Literally(word))
				continue
			}
			items = append(items, Literally(word))
		}
		if p.Text != "" {
			open = !startsBlank(p.Text[len(p.Text)-1:])
		}
	}
	return NewList(items)
}

func startsBlank(s string) bool { return s != "" && strings.TrimLeft(s[:1], " \t\r\n\f\v") == "" }

// Values are the values of arguments; named ones come as one Hash at the end.
func (r *Reader) Values(tokens []Token) []Value {
	var out []Value
	args := Arguments(tokens)
	for i, a := range args {
		a = trimNewlines(a)
		if len(a) == 0 {
			continue
		}
		if isPair(a) {
			named := Value{Kind: Hash, Literal: true}
			for _, pair := range args[i:] {
				named = r.pair(named, trimNewlines(pair))
			}
			return append(out, named)
		}
		if a[0].isOp("*") && len(a) > 1 {
			list := r.Expression(a[1:])
			if len(out)+len(list.Items) < maxItems {
				out = append(out, list.All()...)
			}
			r.spend(len(list.Items))
			continue
		}
		if a[0].isOp("&") && len(a) == 2 && a[1].Kind == TokenSymbol {
			continue // a block that is a method's name: see block
		}
		out = append(out, r.Expression(a))
	}
	return out
}

// isPair reports whether an argument is `name: value` or `key => value`.
func isPair(a []Token) bool {
	if a[0].isOp("**") {
		return true
	}
	if a[0].Label {
		return true
	}
	for i, t := range topLevel(a) {
		if t.isOp("=>") {
			return i > 0
		}
	}
	return false
}

// pairs reads `auth_token: "x", :no_token => true`.
func (r *Reader) pairs(tokens []Token) Value {
	out := Value{Kind: Hash, Literal: true}
	for _, pair := range Arguments(tokens) {
		out = r.pair(out, trimNewlines(pair))
	}
	return out
}

// pair adds one entry to a hash. One with the key ** stands for any number that are not followed.
func (r *Reader) pair(to Value, pair []Token) Value {
	if len(pair) == 0 {
		return to
	}
	if pair[0].isOp("**") {
		if more := r.Expression(pair[1:]); more.Kind == Hash && len(to.Pairs)+len(more.Pairs) < maxItems {
			r.spend(len(more.Pairs))
			to.Pairs = append(to.Pairs, more.Pairs...)
			return to
		}
		to.Pairs = append(to.Pairs, Pair{"**", Not(pair[0].Line, "what ** brings is not followed")})
		return to
	}
	key, rest := pair[0].Text, pair[1:]
	value := Value{}
	for i, t := range topLevel(pair) {
		if t.isOp("=>") {
			k := r.Expression(pair[:i])
			if !k.IsText() {
				return to.doubtedBy(Not(pair[0].Line, "a key is not followed"))
			}
			key, rest = k.Text, pair[i+1:]
			break
		}
	}
	if len(rest) == 0 { // user: alone is user: user
		if !pair[0].Label {
			return to
		}
		word := pair[0]
		word.Kind = TokenWord
		rest = []Token{word}
	}
	value = r.Expression(rest)
	to.Pairs = append(to.Pairs, Pair{key, value})
	return to.doubtedBy(value)
}
