package ruby

// compound follows a block that is no argument: a condition, a loop, a definition.
func (r *Reader) compound(b *Block) Value {
	switch b.Word {
	case "if", "unless":
		return r.branches(b, func(br Branch) Value {
			if br.Word == "else" {
				return boolean(true)
			}
			c := r.Expression(br.Head)
			if br.Word == "unless" {
				return negate(c)
			}
			return c
		})
	case "case":
		return r.cases(b)
	case "for":
		return r.loop(b)
	case "begin":
		return r.begin(b)
	case "def":
		if r.methods == nil {
			r.methods = map[string]method{}
		}
		r.methods[b.Name] = method{b, r.File}
		return Value{Kind: Symbol, Text: b.Name, Literal: true}
	case "while", "until":
		r.InDoubt(b.Line, "a loop whose end only running it tells", func() { r.all(b) })
	}
	return Not(b.Line, "what "+b.Word+" comes to is not followed")
}

// all follows every branch, whichever it would be.
func (r *Reader) all(b *Block) {
	for _, br := range b.Branches {
		r.Run(br.Body)
	}
}

// begin follows what runs where nothing goes wrong.
func (r *Reader) begin(b *Block) (v Value) {
	for _, br := range b.Branches {
		if br.Word != "rescue" && r.stop == "" {
			v = r.Run(br.Body)
		}
	}
	return v
}

// branches follows the first branch whose condition holds. A condition that only the environment can change is followed
// as its default has it, and the branches that are not taken for that are in doubt; where one cannot be told, all that is
// left is.
func (r *Reader) branches(b *Block, condition func(Branch) Value) Value {
	for i, br := range b.Branches {
		c := condition(br)
		switch {
		case !c.Known():
			r.InDoubt(b.Line, c.Why, func() {
				for _, left := range b.Branches[i:] {
					r.Run(left.Body)
				}
			})
			return Not(b.Line, c.Why)
		case c.truth() && !c.Literal:
			v := r.Run(br.Body)
			r.unlikely(b.Line, c.Why, func() { r.rest(b, i+1) })
			return v.doubtedBy(c)
		case c.truth():
			return r.Run(br.Body)
		case !c.Literal:
			r.unlikely(b.Line, c.Why, func() { r.Run(br.Body) })
		}
	}
	return Value{Kind: Nil, Text: "nil", Literal: true}
}

func (r *Reader) rest(b *Block, from int) {
	for _, br := range b.Branches[from:] {
		r.Run(br.Body)
	}
}

// unlikely follows what most likely does not run, so that the variables stay as they are.
func (r *Reader) unlikely(line int, why string, follow func()) {
	kept := make(map[string]Value, len(r.Variables))
	for name, v := range r.Variables {
		kept[name] = v
	}
	r.spend(len(kept))
	outer, stop := r.doubt, r.stop
	if outer == nil {
		r.doubt = &Doubt{Line: line, Why: why, Unlikely: true}
	}
	follow()
	r.Variables, r.doubt, r.stop = kept, outer, stop
}

// cases is case x when a, b.
func (r *Reader) cases(b *Block) Value {
	if len(b.Branches) == 0 {
		return Value{}
	}
	subject := r.Expression(b.Branches[0].Head)
	whens := &Block{Word: b.Word, Branches: b.Branches[1:], Line: b.Line}
	return r.branches(whens, func(br Branch) Value {
		if br.Word == "else" {
			return boolean(true)
		}
		out := boolean(false)
		for _, v := range r.Values(br.Head) {
			same := equal(subject, v)
			if !same.Known() {
				return Not(b.Line, same.Why)
			}
			if same.truth() {
				return same
			}
			out = out.doubtedBy(same)
		}
		return out
	})
}

// loop is for x in list.
func (r *Reader) loop(b *Block) Value {
	head := b.Branches[0].Head
	for i, t := range topLevel(head) {
		if !t.Is(TokenWord, "in") {
			continue
		}
		each := &Block{Word: "do", Branches: b.Branches, Line: b.Line}
		for _, name := range Arguments(head[:i]) {
			each.Params = append(each.Params, trimNewlines(name)[0].Text)
		}
		list := r.Expression(head[i+1:])
		r.each(list, each)
		return list
	}
	return Not(b.Line, "the loop is not followed")
}

// each runs a block for every item of a list, or once in doubt where it is not known what there is.
func (r *Reader) each(list Value, b *Block) []Value {
	if list.Kind == Hash {
		items := make([]Value, 0, len(list.Pairs))
		for _, p := range list.Pairs {
			items = append(items, NewList([]Value{Literally(p.Key), p.Value}))
		}
		list = NewList(items)
	}
	if list.Kind != List {
		r.blind(b, list)
		return nil
	}
	out := []Value{}
	for _, item := range list.Items {
		if r.Exhausted() {
			break
		}
		out = append(out, r.yield(b, item))
		if stop := r.stop; stop == "next" {
			r.stop = ""
		} else if stop != "" {
			if stop == "break" {
				r.stop = ""
			}
			break
		}
	}
	return out
}

// blind follows a block once, of which it is not known how often it runs and with what.
func (r *Reader) blind(b *Block, of Value) {
	r.InDoubt(b.Line, of.Why, func() { r.yield(b, Not(b.Line, of.Why)) })
}

// yield runs a block with its arguments; a list is taken apart where there are several parameters.
func (r *Reader) yield(b *Block, args ...Value) Value {
	if len(args) == 1 && len(b.Params) > 1 && args[0].Kind == List {
		args = args[0].Items
	}
	hidden := map[string]Value{}
	for i, name := range b.Params {
		v := Not(b.Line, "what "+name+" is is not followed")
		if i < len(args) {
			v = args[i]
		}
		if old, ok := r.Variables[name]; ok {
			hidden[name] = old
		}
		r.Variables[name] = v
	}
	if len(b.Params) == 0 && len(args) == 1 {
		r.Variables["it"], r.Variables["_1"] = args[0], args[0]
	}
	var v Value
	for _, br := range b.Branches {
		if br.Word != "rescue" && r.stop == "" {
			v = r.Run(br.Body)
		}
	}
	for _, name := range b.Params {
		delete(r.Variables, name)
		if old, ok := hidden[name]; ok {
			r.Variables[name] = old
		}
	}
	return v
}

// Yield runs the block of a call.
func (r *Reader) Yield(b *Block, args ...Value) Value { return r.yield(b, args...) }
