package ruby

import (
	"slices"
	"strconv"
	"strings"
)

// method reads one method call behind a value. The rest is nil where it cannot be read.
func (r *Reader) method(v Value, tokens []Token) (Value, []Token) {
	line := tokens[0].Line
	if tokens[0].isOp("[") && !tokens[0].Space {
		inside, rest := Group(tokens)
		return index(v, r.Values(inside), line), rest
	}
	if len(tokens) < 2 || !tokens[0].isOp(".") && !tokens[0].isOp("&.") {
		if !v.Known() && v.Why != "" {
			return Not(v.Line, v.Why), nil
		}
		return Not(line, "the expression is not followed"), nil
	}
	name := tokens[1].Text
	args, b, rest := takeArguments(tokens[2:])
	if b == nil {
		b = passed(args)
	}
	if !r.spend(len(v.Items) + len(v.Pairs)) {
		return Not(line, "it takes too much work"), rest
	}
	out := r.send(v, name, r.Values(args), b)
	if !out.Known() && out.Why == "" {
		out.Line, out.Why = line, "what ."+name+" returns is not followed"
	}
	return out, rest
}

// passed is the block that &:name stands for.
func passed(args []Token) *Block {
	n := len(args)
	if n < 2 || !args[n-2].isOp("&") || args[n-1].Kind != TokenSymbol {
		return nil
	}
	line := args[n-1].Line
	body := []Token{{Kind: TokenWord, Text: "it", Line: line}, {Kind: TokenOp, Text: ".", Line: line}, {Kind: TokenWord, Text: args[n-1].Text, Line: line}}
	return &Block{Word: "do", Params: []string{"it"}, Branches: []Branch{{Word: "do", Body: []Sentence{{Tokens: body}}}}, Line: line}
}

// send is what a method of a value returns.
func (r *Reader) send(v Value, name string, args []Value, b *Block) Value {
	if name == "call" || name == "()" {
		return r.Force(v)
	}
	if v.Kind == Lambda {
		return Value{}
	}
	if !v.Known() {
		if b != nil {
			r.blind(b, v)
		}
		return Not(v.Line, v.Why)
	}
	if out, ok := common(v, name, args); ok {
		return out
	}
	if b != nil {
		return r.iteration(v, name, args, b)
	}
	switch v.Kind {
	case List:
		return listMethod(v, name, args)
	case Hash:
		return hashMethod(v, name, args)
	}
	return textMethod(v, name, args)
}

// common are the methods that say something of any value.
func common(v Value, name string, args []Value) (Value, bool) {
	switch name {
	case "to_sym", "to_str", "to_path", "freeze", "dup", "clone", "presence", "to_a", "to_h", "lazy", "to_s":
		if name == "to_s" && !v.IsText() {
			return Value{}, true
		}
		return v, true
	case "nil?":
		return boolean(v.Kind == Nil).doubtedBy(v), true
	case "empty?", "blank?", "any?", "present?":
		if len(args) > 0 {
			return Value{}, true
		}
		empty := v.Kind == Nil || v.IsText() && v.Text == "" || v.Kind == List && len(v.Items) == 0 || v.Kind == Hash && len(v.Pairs) == 0
		return boolean(empty == (name == "empty?" || name == "blank?")).doubtedBy(v), true
	case "include?", "key?", "has_key?":
		return includes(v, args), true
	}
	return Value{}, false
}

func includes(v Value, args []Value) Value {
	if len(args) != 1 || !args[0].IsText() {
		return Value{}
	}
	switch v.Kind {
	case List:
		for _, item := range v.Items {
			if same := equal(item, args[0]); !same.Known() || same.truth() {
				return same
			}
		}
		return boolean(false).doubtedBy(v)
	case Hash:
		_, ok := v.Get(args[0].Text)
		return boolean(ok)
	}
	return boolean(strings.Contains(v.Text, args[0].Text)).doubtedBy(v).doubtedBy(args[0])
}

// iteration are the methods that take a block.
func (r *Reader) iteration(v Value, name string, args []Value, b *Block) Value {
	items := v
	switch name {
	case "times":
		items = r.counted(span(number(0), v, true))
	case "upto":
		if len(args) == 1 {
			items = r.counted(span(v, args[0], false))
		}
	case "each_with_index", "each_with_object":
		return r.withIndex(v, name, b)
	case "tap", "then", "yield_self":
		return r.yield(b, v)
	}
	if items.Kind != List && items.Kind != Hash {
		r.blind(b, Not(b.Line, "what ."+name+" yields is not followed"))
		return Value{}
	}
	switch name {
	case "each", "times", "upto", "each_pair", "each_entry":
		r.each(items, b)
		return v
	case "map", "collect", "flat_map":
		out := NewList(r.each(items, b))
		if name == "flat_map" {
			return flatten(out)
		}
		return out
	case "select", "filter", "reject":
		return r.choose(items, b, name != "reject")
	}
	r.blind(b, Not(b.Line, "what ."+name+" does with its block is not followed"))
	return Value{}
}

func (r *Reader) withIndex(v Value, name string, b *Block) Value {
	if name != "each_with_index" || v.Kind != List {
		r.blind(b, Not(b.Line, "what ."+name+" yields is not followed"))
		return Value{}
	}
	pairs := make([]Value, len(v.Items))
	for i, item := range v.Items {
		pairs[i] = NewList([]Value{item, number(int64(i))})
	}
	r.each(NewList(pairs), b)
	return v
}

// choose is select and reject.
func (r *Reader) choose(items Value, b *Block, want bool) Value {
	answers := r.each(items, b)
	if items.Kind != List || len(answers) != len(items.Items) {
		return Value{}
	}
	out := []Value{}
	for i, a := range answers {
		if !a.Known() {
			return Not(a.Line, a.Why)
		}
		if a.truth() == want {
			out = append(out, items.Items[i])
		}
	}
	return NewList(out).doubtedBy(NewList(answers))
}

func flatten(v Value) Value {
	out := []Value{}
	for _, item := range v.Items {
		out = append(out, item.All()...)
		if len(out) > maxItems {
			return Value{}
		}
	}
	return NewList(out)
}

// listMethod are the methods of lists without a block.
func listMethod(v Value, name string, args []Value) Value {
	switch name {
	case "first", "last":
		if len(args) == 0 && len(v.Items) > 0 {
			return v.Items[map[string]int{"first": 0, "last": len(v.Items) - 1}[name]]
		}
	case "size", "length", "count":
		return number(int64(len(v.Items)))
	case "join":
		return join(v, args)
	case "flatten":
		return flatten(v)
	case "push", "append", "concat":
		return pushed(v, name, args)
	case "compact":
		return NewList(slices.DeleteFunc(slices.Clone(v.Items), func(v Value) bool { return v.Kind == Nil }))
	case "reverse":
		out := slices.Clone(v.Items)
		slices.Reverse(out)
		return NewList(out)
	case "uniq":
		seen := map[string]bool{}
		return NewList(slices.DeleteFunc(slices.Clone(v.Items), func(v Value) bool {
			again := v.IsText() && seen[v.Text]
			seen[v.Text] = true
			return again
		}))
	case "sort":
		out := slices.Clone(v.Items)
		slices.SortFunc(out, func(a, b Value) int { return strings.Compare(a.Text, b.Text) })
		return NewList(out)
	}
	return Value{}
}

// pushed is a list with more at its end.
func pushed(v Value, name string, args []Value) Value {
	for _, arg := range args {
		if name != "concat" {
			arg = NewList([]Value{arg})
		}
		if v = plus(v, arg); v.Kind != List {
			return v
		}
	}
	return v
}

func join(v Value, args []Value) Value {
	out, separator := Literally(""), Literally("")
	if len(args) > 0 {
		separator = args[0]
	}
	for i, item := range v.Items {
		if i > 0 {
			out = concat(out, separator)
		}
		if out = concat(out, item); !out.Known() {
			break
		}
	}
	return out
}

// hashMethod are the methods of hashes without a block.
func hashMethod(v Value, name string, args []Value) Value {
	var out []Value
	switch name {
	case "fetch", "dig":
		if len(args) == 0 || !args[0].IsText() {
			return Value{}
		}
		if found, ok := v.Get(args[0].Text); ok {
			return found
		}
		if len(args) == 2 && name == "fetch" {
			return args[1]
		}
	case "merge":
		if len(args) == 1 {
			return merge(v, args[0])
		}
	case "keys":
		for _, p := range v.Pairs {
			out = append(out, Literally(p.Key))
		}
		return NewList(out)
	case "values":
		for _, p := range v.Pairs {
			out = append(out, p.Value)
		}
		return NewList(out)
	}
	return Value{}
}

// index is v[key].
func index(v Value, args []Value, line int) Value {
	switch {
	case !v.Known():
		return Not(v.Line, v.Why)
	case len(args) != 1 || !args[0].IsText():
	case v.Kind == Hash:
		found, ok := v.Get(args[0].Text)
		if !ok && v.Literal {
			return Value{Kind: Nil, Text: "nil", Literal: true}
		} else if ok {
			return found
		}
	case v.Kind == List:
		n, err := strconv.Atoi(args[0].Text)
		if n < 0 {
			n += len(v.Items)
		}
		if err == nil && n >= 0 && n < len(v.Items) {
			return v.Items[n]
		}
	}
	return Not(line, "which element it is is not followed")
}

// change is a text with something done to it.
func change(v Value, f func(string) string) Value {
	if v.Kind != Nil {
		v.Text = f(v.Text)
	}
	return v
}

// textMethod are the methods of strings and numbers.
func textMethod(v Value, name string, args []Value) Value {
	for _, a := range args {
		if !a.IsText() {
			return Not(a.Line, a.Why)
		}
		v = v.doubtedBy(a)
	}
	switch name {
	case "strip":
		return change(v, strings.TrimSpace)
	case "chomp":
		if len(args) > 0 {
			return Value{}
		}
		return change(v, func(s string) string { return strings.TrimRight(s, "\r\n") })
	case "downcase":
		return change(v, strings.ToLower)
	case "upcase":
		return change(v, strings.ToUpper)
	case "to_i":
		if _, err := strconv.Atoi(v.Text); err == nil {
			v.Kind = Number
			return v
		}
		return Value{}
	case "gsub", "tr":
		return replace(v, args)
	case "split":
		return split(v, args)
	}
	return affix(v, name, args)
}

// affix are the methods that look at the ends of a text, or fill it up.
func affix(v Value, name string, args []Value) Value {
	if len(args) == 0 || len(args) > 2 {
		return Value{}
	}
	switch name {
	case "join": // of a Pathname
		return joined(append([]Value{v}, args...))
	case "start_with?":
		return boolean(strings.HasPrefix(v.Text, args[0].Text)).doubtedBy(v)
	case "end_with?":
		return boolean(strings.HasSuffix(v.Text, args[0].Text)).doubtedBy(v)
	case "rjust":
		n, err := strconv.Atoi(args[0].Text)
		if err == nil && len(args) == 2 && len(args[1].Text) == 1 && n < 1000 {
			v.Kind, v.Text = String, strings.Repeat(args[1].Text, max(n-len(v.Text), 0))+v.Text
			return v
		}
	}
	return Value{}
}

func split(v Value, args []Value) Value {
	parts := strings.Fields(v.Text)
	if len(args) > 0 && args[0].Text != " " {
		parts = strings.Split(v.Text, args[0].Text)
	}
	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = Literally(p).doubtedBy(v)
	}
	return NewList(items)
}

// replace is gsub and tr of one character.
func replace(v Value, args []Value) Value {
	if len(args) != 2 || len(args[0].Text) != 1 || len(args[1].Text) != 1 {
		return Value{}
	}
	return change(v, func(s string) string { return strings.ReplaceAll(s, args[0].Text, args[1].Text) })
}
