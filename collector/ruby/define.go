package ruby

import "strings"

// method is a def of the text.
type method struct {
	block *Block
	file  string
}

// Force is the value of a lambda when it is called with nothing, and any other value as it is.
func (r *Reader) Force(v Value) Value {
	for range maxDepth {
		if v.Kind != Lambda {
			return v
		}
		outer, doubt, file := r.Variables, r.doubt, r.File
		r.Variables, r.doubt, r.File = v.variables, nil, v.file
		out := r.yield(v.body)
		r.Variables, r.doubt, r.File, r.stop = outer, doubt, file, ""
		v = out
	}
	return Not(v.Line, "it is nested too deep")
}

// Lambda is a block as a value, for a host that keeps one for later.
func (r *Reader) Lambda(b *Block) Value {
	return Value{Kind: Lambda, Literal: true, body: b, variables: r.Variables, file: r.File, Line: b.Line}
}

// invoke follows a method that the text defines.
func (r *Reader) invoke(m method, args []Value) Value {
	if !r.enter(len(r.Variables)) {
		return Not(m.block.Line, "it is nested too deep")
	}
	defer r.leave()
	outer, file := r.Variables, r.File
	r.Variables, r.File = map[string]Value{}, m.file
	for name, v := range outer {
		if isConstant(name) {
			r.Variables[name] = v
		}
	}
	r.bind(m.block.formal, args)
	v := r.yield(&Block{Word: "do", Branches: m.block.Branches, Line: m.block.Line})
	r.Variables, r.File = outer, file
	if r.stop == "return" {
		r.stop = ""
	}
	return v
}

// bind gives parameters their values: those without a name in their order, then those with one, with their defaults.
func (r *Reader) bind(formal [][]Token, args []Value) {
	var named Value
	if n := len(args); n > 0 && args[n-1].Kind == Hash && takesNames(formal) {
		named, args = args[n-1], args[:n-1]
	}
	for _, f := range formal {
		name := strings.TrimLeft(f[0].Text, "*&")
		if len(f) > 1 && name == "" {
			name = f[1].Text
		}
		var v Value
		switch {
		case f[0].isOp("*"):
			v, args = NewList(args), nil
		case f[0].isOp("**"):
			v = Value{Kind: Hash, Literal: true, Pairs: named.Pairs}
		case f[0].Label:
			v = r.named(name, f, named)
		case len(args) > 0:
			v, args = args[0], args[1:]
		case len(f) > 2 && f[1].isOp("="):
			v = r.Expression(f[2:])
		default:
			v = Not(f[0].Line, "what "+name+" is is not followed")
		}
		r.Variables[name] = v
	}
}

// named is the value of a named parameter.
func (r *Reader) named(name string, formal []Token, given Value) Value {
	if v, ok := given.Get(name); ok {
		return v
	}
	if len(formal) > 1 {
		return r.Expression(formal[1:])
	}
	return Not(formal[0].Line, "what "+name+" is is not followed")
}

// takesNames reports whether a method has named parameters.
func takesNames(formal [][]Token) bool {
	for _, f := range formal {
		if f[0].Label || f[0].isOp("**") {
			return true
		}
	}
	return false
}
