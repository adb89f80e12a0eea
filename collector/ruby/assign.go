package ruby

// assignment follows `x = 1` and its relatives, and reports whether the tokens are one.
func (r *Reader) assignment(tokens []Token) (Value, bool) {
	if tokens[0].Kind != TokenWord || len(tokens) < 2 || tokens[1].Kind != TokenOp {
		return Value{}, false
	}
	name, rest := tokens[0], tokens[2:]
	old, exists := r.Variables[name.Text]
	if r.Exhausted() {
		return Not(name.Line, "it takes too much work"), true
	}
	switch tokens[1].Text {
	case "=":
		return r.assign(name, r.rightSide(rest)), true
	case "||=":
		if exists {
			return r.assign(name, Either(old, r.rightSide(rest))), true
		}
		return r.assign(name, r.rightSide(rest)), true
	case "+=":
		return r.assign(name, plus(old, r.rightSide(rest))), true
	case "-=", "*=", "&&=", "|=":
		return r.assign(name, Not(name.Line, "what "+tokens[1].Text+" comes to is not followed")), true
	case "<<":
		if exists {
			return r.assign(name, r.push(old, r.Expression(rest))), true
		}
	case ",":
		return r.several(tokens)
	case "[":
		if !tokens[1].Space {
			return r.element(name, tokens[1:])
		}
	case ".":
		return r.mutation(name, old, exists, rest)
	}
	return Value{}, false
}

// rightSide is what stands behind a =; several values make a list.
func (r *Reader) rightSide(tokens []Token) Value {
	args := Arguments(tokens)
	if len(args) < 2 {
		return r.statement(tokens)
	}
	return NewList(r.Values(tokens))
}

// assign notes a value, an unknown one where it is not certain that the line runs.
func (r *Reader) assign(name Token, v Value) Value {
	if r.doubt != nil {
		v = Not(name.Line, r.doubt.Why)
	}
	r.spend(len(v.Items) + len(v.Pairs))
	r.Variables[name.Text] = v
	return v
}

// several is a, b = 1, 2.
func (r *Reader) several(tokens []Token) (Value, bool) {
	for i, t := range topLevel(tokens) {
		if !t.isOp("=") {
			continue
		}
		v := r.rightSide(tokens[i+1:])
		for n, target := range Arguments(tokens[:i]) {
			one := Not(tokens[0].Line, v.Why)
			if v.Kind == List && n < len(v.Items) {
				one = v.Items[n]
			}
			if target = trimNewlines(target); len(target) == 1 {
				r.assign(target[0], one)
			}
		}
		return v, true
	}
	return Value{}, false
}

// element is name[key] = value, of a variable or of something that the host keeps.
func (r *Reader) element(name Token, tokens []Token) (Value, bool) {
	inside, rest := Group(tokens)
	if len(rest) == 0 || !rest[0].isOp("=") {
		return Value{}, false
	}
	key, v := r.Expression(inside), r.rightSide(rest[1:])
	old, local := r.Variables[name.Text]
	switch {
	case !local:
		r.call(Call{Name: name.Text + "[]=", Args: []Value{key, v}, Line: name.Line})
	case old.Kind == Hash && key.IsText() && len(old.Pairs) < maxItems:
		old.Pairs = append(append([]Pair(nil), old.Pairs...), Pair{key.Text, v})
		r.assign(name, old.doubtedBy(v))
	default:
		r.assign(name, Not(name.Line, "which element is set is not followed"))
	}
	return v, true
}

// mutation is a method that changes the variable it is called on.
func (r *Reader) mutation(name Token, old Value, exists bool, rest []Token) (Value, bool) {
	if !exists || len(rest) == 0 || rest[0].Kind != TokenWord {
		return Value{}, false
	}
	method := rest[0].Text
	switch method {
	case "push", "append", "concat", "unshift", "prepend", "merge!", "delete", "delete_if", "replace", "insert", "clear", "shift", "pop", "store":
	default:
		if method[len(method)-1] != '!' {
			return Value{}, false
		}
	}
	args := r.Values(argumentTokens(rest[1:]))
	v := Not(name.Line, "what "+method+" does to "+name.Text+" is not followed")
	switch {
	case old.Kind == List && (method == "push" || method == "append"):
		v = plus(old, NewList(args))
	case old.Kind == List && method == "concat" && len(args) == 1:
		v = plus(old, args[0])
	case old.Kind == Hash && method == "merge!" && len(args) == 1:
		v = merge(old, args[0])
	}
	return r.assign(name, v), true
}

// argumentTokens are those behind a method's name, in parentheses or not.
func argumentTokens(tokens []Token) []Token {
	if len(tokens) > 0 && tokens[0].isOp("(") {
		tokens, _ = Group(tokens)
	}
	return tokens
}

// merge is two hashes in one.
func merge(a, b Value) Value {
	switch {
	case a.Kind != Hash:
		return Not(a.Line, a.Why)
	case b.Kind != Hash:
		return Not(b.Line, b.Why)
	case len(a.Pairs)+len(b.Pairs) > maxItems:
		return Not(a.Line, "it is too long")
	}
	a.Pairs = append(append([]Pair(nil), a.Pairs...), b.Pairs...)
	return a.doubtedBy(b)
}
