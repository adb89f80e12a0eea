package ruby

import (
	"path"
	"strconv"
	"strings"
)

// Kind is what sort of value one is.
type Kind int

// The kinds of values. Unknown is the zero value: that of everything that cannot be told from the text.
const (
	Unknown Kind = iota
	String
	Symbol
	Number
	Bool
	Nil
	List
	Hash
	Lambda
)

// Value is what an expression comes to, without running it.
type Value struct {
	Kind Kind
	// Text is the value as text, of all kinds that are one word: the string, the number, "true", "nil". It is not sanitised.
	Text string
	// Literal is whether it is the only possible value; else something outside the text may change it, and Why says what.
	Literal bool
	Items   []Value // of a List
	Pairs   []Pair  // of a Hash, in their order
	// Why is the reason of an Unknown, and of a value that is not Literal; Line where that stands. Not sanitised.
	Why  string
	Line int

	body      *Block
	variables map[string]Value // that body sees
	file      string           // that it stands in
}

// Pair is one entry of a Hash.
type Pair struct {
	Key   string
	Value Value
}

// Known reports whether it is at least likely what the value is.
func (v Value) Known() bool { return v.Kind != Unknown }

// IsText reports whether it is known and one word: Text is it.
func (v Value) IsText() bool { return v.Kind >= String && v.Kind <= Nil }

// Get is the last entry of a Hash with that key.
func (v Value) Get(key string) (Value, bool) {
	for i := len(v.Pairs) - 1; i >= 0; i-- {
		if v.Pairs[i].Key == key {
			return v.Pairs[i].Value, true
		}
	}
	return Value{}, false
}

// All is a List's items, nothing of nil, and the value itself of any other: Ruby's Array().
func (v Value) All() []Value {
	switch v.Kind {
	case List:
		return v.Items
	case Nil:
		return nil
	}
	return []Value{v}
}

// truth reports whether a known value counts as true.
func (v Value) truth() bool { return v.Kind != Nil && (v.Kind != Bool || v.Text == "true") }

// Literally is a string that is certain.
func Literally(text string) Value { return Value{Kind: String, Text: text, Literal: true} }

// NewList is a list; it is as certain as its items.
func NewList(items []Value) Value {
	v := Value{Kind: List, Items: items, Literal: true}
	for _, item := range items {
		v = v.doubtedBy(item)
	}
	return v
}

// Not is the value of what the text does not tell, for a reason.
func Not(line int, why string) Value { return Value{Why: why, Line: line} }

func number(n int64) Value { return Value{Kind: Number, Text: strconv.FormatInt(n, 10), Literal: true} }

func boolean(b bool) Value { return Value{Kind: Bool, Text: strconv.FormatBool(b), Literal: true} }

// likely is v where something outside the text may change it.
func (v Value) likely(line int, why string) Value {
	if v.Known() && v.Literal {
		v.Literal, v.Why, v.Line = false, why, line
	}
	return v
}

// doubtedBy is v no more certain than what it was made of.
func (v Value) doubtedBy(of Value) Value {
	if !of.Literal && v.Literal {
		v.Literal, v.Why, v.Line = false, of.Why, of.Line
	}
	return v
}

// place is a path that depends on where the program was started or lies: likely where it is known.
func place(name string, line int) Value {
	if !path.IsAbs(name) {
		return Not(line, "it depends on where the file lies")
	}
	return Literally(name).likely(line, "it depends on where the file lies")
}

// Either is the value of `left || right`.
func Either(left, right Value) Value {
	switch {
	case !left.Known():
		return right.likely(left.Line, left.Why)
	case left.truth():
		return left
	case left.Literal:
		return right
	}
	return right.likely(left.Line, left.Why)
}

// Bounds of a value; a variable can double itself in each line.
const (
	maxText  = 16 << 10
	maxItems = 10_000
)

// concat joins two texts.
func concat(left, right Value) Value {
	for _, v := range [...]Value{left, right} {
		if !v.IsText() {
			return Not(v.Line, v.Why)
		}
	}
	if len(left.Text)+len(right.Text) > maxText {
		return Not(left.Line, "it is too long")
	}
	return Literally(left.Text + right.Text).doubtedBy(left).doubtedBy(right)
}

// plus is for strings, numbers and lists.
func plus(left, right Value) Value {
	switch {
	case left.Kind == Number && right.Kind == Number:
		return arithmetic("+", left, right)
	case left.Kind == List && right.Kind == List:
		if len(left.Items)+len(right.Items) > maxItems {
			return Not(left.Line, "it is too long")
		}
		return NewList(append(append([]Value(nil), left.Items...), right.Items...))
	}
	return concat(left, right)
}

// arithmetic is for the 60 * 60 of timeouts and the n + 1 of host names.
func arithmetic(operator string, left, right Value) Value {
	a, errA := strconv.ParseInt(left.Text, 10, 32)
	b, errB := strconv.ParseInt(right.Text, 10, 32)
	if errA != nil || errB != nil || !left.Known() || !right.Known() {
		return Not(max(left.Line, right.Line), Either(left, right).Why)
	}
	switch operator {
	case "*":
		a *= b
	case "+":
		a += b
	case "-":
		a -= b
	}
	return number(a).doubtedBy(left).doubtedBy(right)
}

// equal reports whether two values of one word are the same, unknown where that cannot be told.
func equal(left, right Value) Value {
	for _, v := range [...]Value{left, right} {
		if !v.Known() {
			return Not(v.Line, v.Why)
		}
		if !v.IsText() {
			return Not(v.Line, "whether they are equal is not followed")
		}
	}
	same := left.Text == right.Text && left.Kind == right.Kind
	return boolean(same).doubtedBy(left).doubtedBy(right)
}

// span is a range of whole numbers or letters as a list.
func span(left, right Value, exclusive bool) Value {
	for _, v := range [...]Value{left, right} {
		if !v.Known() {
			return Not(v.Line, v.Why)
		}
	}
	a, b, item := bounds(left, right)
	if exclusive {
		b--
	}
	if item == nil || b-a >= maxItems || a < 0 {
		return Not(left.Line, "the range is not followed")
	}
	items := []Value{}
	for n := a; n <= b; n++ {
		items = append(items, item(n))
	}
	return NewList(items).doubtedBy(left).doubtedBy(right)
}

// bounds are the ends of a range as numbers, and what each between them is in the list; nil where it is no such range.
func bounds(left, right Value) (a, b int, item func(int) Value) {
	a, errA := strconv.Atoi(left.Text)
	b, errB := strconv.Atoi(right.Text)
	numbers := errA == nil && errB == nil
	switch {
	case numbers && left.Kind == Number && right.Kind == Number:
		return a, b, func(n int) Value { return number(int64(n)) }
	case left.Kind != String || right.Kind != String || len(left.Text) != len(right.Text):
	case numbers: // "01".."12"
		return a, b, func(n int) Value {
			s := strconv.Itoa(n)
			return Literally(strings.Repeat("0", max(len(left.Text)-len(s), 0)) + s)
		}
	case len(left.Text) == 1:
		return int(left.Text[0]), int(right.Text[0]), func(n int) Value { return Literally(string(rune(n))) }
	}
	return 0, 0, nil
}
