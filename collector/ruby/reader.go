package ruby

import (
	"strings"
	"unicode"
)

// Reader follows sentences and reads expressions. Variables are what the sentences before have assigned, constants among
// them.
type Reader struct {
	Variables map[string]Value
	// File is the path of the text, empty where not known, and Here the directory that the program is likely started in.
	// Home stands for the home directory, which is unknown where it is empty.
	File, Here, Home string
	// Host is told of the calls of the configuration language; nil where only expressions are read.
	Host Host

	methods map[string]method
	doubt   *Doubt
	stop    string // next, break or return, on the way out
	depth   int
	// Steps is the work done so far. Who follows several texts hands it on, so that the bound is one for all of them.
	Steps int
}

// Host is a configuration language: the methods that a text finds when it is run.
type Host interface {
	// Call is a call of a method of the language. It reports false for what it does not know.
	Call(c Call) (Value, bool)
}

// Call is a call on nothing, `server "web1"`, or on a constant: its name is then as it stands, `Net::SSH::Proxy::Jump.new`. An
// assignment to an element, `ssh_options[:port] = 22`, is a call of `ssh_options[]=`.
type Call struct {
	Name  string
	Args  []Value // with the named ones as a Hash at the end
	Block *Block
	File  string
	Line  int
	// Doubt is what decides whether the call happens at all, nil where it certainly does.
	Doubt *Doubt
}

// Arg is the nth argument, and whether there are so many.
func (c Call) Arg(n int) (Value, bool) {
	if n >= len(c.Args) {
		return Value{}, false
	}
	return c.Args[n], true
}

// Options are the named arguments, an empty Hash where there are none.
func (c Call) Options() Value {
	if n := len(c.Args); n > 0 && c.Args[n-1].Kind == Hash {
		return c.Args[n-1]
	}
	return Value{Kind: Hash, Literal: true}
}

// Doubt is a condition or a loop that the text does not decide.
type Doubt struct {
	Line int
	Why  string
	// Unlikely is what only the environment can bring about: its default has it otherwise.
	Unlikely bool
}

// Bounds of a reader's work.
const (
	maxDepth = 64
	maxSteps = 2_000_000
)

// spend counts work, and reports false where there has been too much of it.
func (r *Reader) spend(n int) bool {
	r.Steps += n
	return r.Steps < maxSteps
}

// Exhausted reports whether the text took more work than is done for one, so that its end was not read.
func (r *Reader) Exhausted() bool { return r.Steps >= maxSteps }

// enter goes one level down and reports false where it is too deep.
func (r *Reader) enter(work int) bool {
	if r.depth >= maxDepth || !r.spend(work+1) {
		return false
	}
	r.depth++
	return true
}

func (r *Reader) leave() { r.depth-- }

// InDoubt follows what may never run: it changes no variable but to unknown, and every call has the doubt.
func (r *Reader) InDoubt(line int, why string, follow func()) {
	if r.doubt == nil {
		r.doubt = &Doubt{Line: line, Why: why}
		defer func() { r.doubt = nil }()
	}
	stop := r.stop
	follow()
	r.stop = stop
}

// Load follows another text, which has variables of its own but for the constants.
func (r *Reader) Load(file string, body []Sentence) {
	outer, from := r.Variables, r.File
	r.Variables, r.File = map[string]Value{}, file
	for name, v := range outer {
		if isConstant(name) {
			r.Variables[name] = v
		}
	}
	r.Run(body)
	for name, v := range r.Variables {
		if isConstant(name) {
			outer[name] = v
		}
	}
	r.Variables, r.File, r.stop = outer, from, ""
}

func isConstant(name string) bool {
	return name != "" && (unicode.IsUpper(rune(name[0])) || name[0] == '$' || name[0] == '@')
}

// Run follows sentences one after the other; its value is that of the last.
func (r *Reader) Run(body []Sentence) Value {
	last := Value{Kind: Nil, Text: "nil", Literal: true}
	if !r.enter(1) {
		return Not(0, "it is nested too deep")
	}
	doubt := r.doubt
	for _, s := range body {
		if last = r.sentence(s); r.stop != "" || r.Exhausted() {
			break
		}
	}
	r.doubt = doubt
	r.leave()
	return last
}

// sentence follows one statement.
func (r *Reader) sentence(s Sentence) Value {
	if s.Modifier == "" || s.Modifier == "rescue" {
		return r.statement(s.Tokens)
	}
	condition := r.Expression(s.Condition)
	runs := condition.truth() == (s.Modifier == "if")
	switch {
	case s.Modifier == "while" || s.Modifier == "until":
		condition = Not(s.Line(), "a loop whose end only running it tells")
	case condition.Known() && condition.Literal && runs:
		return r.statement(s.Tokens)
	case condition.Known() && condition.Literal:
		return Value{Kind: Nil, Text: "nil", Literal: true}
	case condition.Known() && runs: // the default of the environment has it so
		return r.statement(s.Tokens).doubtedBy(condition)
	}
	if isStop(s.Tokens) { // what follows in this body may never run
		r.doubt = &Doubt{Line: s.Line(), Why: condition.Why}
		return condition
	}
	r.InDoubt(s.Line(), condition.Why, func() { r.statement(s.Tokens) })
	return Not(s.Line(), condition.Why)
}

func isStop(tokens []Token) bool {
	if len(tokens) == 0 || tokens[0].Kind != TokenWord {
		return false
	}
	switch tokens[0].Text {
	case "next", "break", "return":
		return true
	}
	return false
}

// statement follows the tokens of a statement that runs. `and` and `or` bind weaker than the arguments of a call.
func (r *Reader) statement(tokens []Token) Value {
	if !r.enter(len(tokens)) {
		return Not(0, "it is nested too deep")
	}
	defer r.leave()
	var first Value
	from := 0
	part := func(to int) {
		if from == 0 {
			first = r.plain(tokens[:to])
		} else {
			r.InDoubt(tokens[from-1].Line, "whether it runs is not followed", func() { r.plain(tokens[from:to]) })
		}
		from = to + 1
	}
	for i, t := range topLevel(tokens) {
		if i > 0 && rank(t) == 10 {
			part(i)
		}
	}
	part(len(tokens))
	return first
}

// plain follows a statement without `and` and `or`.
func (r *Reader) plain(tokens []Token) Value {
	tokens = trimNewlines(tokens)
	if len(tokens) == 0 {
		return Value{}
	}
	if isStop(tokens) {
		v := r.Expression(tokens[1:])
		if r.doubt == nil {
			r.stop = tokens[0].Text
		}
		return v
	}
	if v, ok := r.assignment(tokens); ok {
		return v
	}
	if tokens[0].Kind == TokenWord && r.isCommand(tokens) {
		v, rest := r.name(tokens)
		for len(rest) > 0 {
			v, rest = r.method(v, rest)
		}
		return v
	}
	return r.Expression(tokens)
}

// isCommand reports whether the statement is a call with arguments and no parentheses, so that operators in it belong to the
// arguments.
func (r *Reader) isCommand(tokens []Token) bool {
	if _, local := r.Variables[tokens[0].Text]; local || len(tokens) < 2 || !tokens[1].Space {
		return false
	}
	next := Token{}
	if len(tokens) > 2 {
		next = tokens[2]
	}
	return !isKeyword(tokens[0].Text) && startsValue(tokens[1], next)
}

// Expression is the value of all of tokens; what is left over makes it unknown.
func (r *Reader) Expression(tokens []Token) Value {
	tokens = trimNewlines(tokens)
	if len(tokens) == 0 {
		return Value{}
	}
	if !r.enter(len(tokens)) {
		return Not(tokens[0].Line, "it is nested too deep")
	}
	defer r.leave()
	if v, ok := r.assignment(tokens); ok {
		return v
	}
	if at := weakest(tokens); at > 0 {
		return r.operate(tokens[:at], tokens[at], tokens[at+1:])
	}
	v, rest := r.primary(tokens)
	for len(rest) > 0 {
		v, rest = r.method(v, rest)
	}
	return v
}

// operate applies an operator.
func (r *Reader) operate(left []Token, operator Token, right []Token) Value {
	if operator.Text == "?" {
		return r.ternary(left, right)
	}
	a, b := r.Expression(left), r.Expression(right)
	if !r.spend(len(a.Items) + len(b.Items)) {
		return Not(operator.Line, "it takes too much work")
	}
	switch operator.Text {
	case "||", "or":
		return Either(a, b)
	case "&&", "and":
		return both(a, b)
	case "==", "===":
		return equal(a, b)
	case "!=":
		return negate(equal(a, b))
	case "..", "...":
		return r.counted(span(a, b, operator.Text == "..."))
	case "+":
		return plus(a, b)
	case "<<":
		return r.push(a, b)
	case "*", "-":
		return arithmetic(operator.Text, a, b)
	case "%":
		if a.Kind == String {
			return format(a, b.All())
		}
	}
	for _, v := range [...]Value{a, b} {
		if !v.Known() && v.Why != "" {
			return Not(v.Line, v.Why)
		}
	}
	return Not(operator.Line, "what "+operator.Text+" comes to is not followed")
}

// counted charges for the items of a list that is new.
func (r *Reader) counted(v Value) Value {
	if !r.spend(len(v.Items)) {
		return Not(v.Line, "it takes too much work")
	}
	return v
}

// push is list << item.
func (r *Reader) push(list, item Value) Value {
	if list.Kind != List {
		return Not(list.Line, list.Why)
	}
	return plus(list, NewList([]Value{item}))
}

func both(a, b Value) Value {
	switch {
	case !a.Known():
		return Not(a.Line, a.Why)
	case a.truth():
		return b.doubtedBy(a)
	}
	return a
}

func negate(v Value) Value {
	if !v.Known() {
		return v
	}
	return boolean(!v.truth()).doubtedBy(v)
}

// ternary is condition ? yes : no, of which right is what follows the question mark.
func (r *Reader) ternary(condition, right []Token) Value {
	depth := 0
	for i, t := range topLevel(right) {
		switch {
		case t.isOp("?"):
			depth++
		case t.isOp(":") && depth > 0:
			depth--
		case t.isOp(":"):
			return choose(r.Expression(condition), r.Expression(right[:i]), r.Expression(right[i+1:]))
		}
	}
	return Not(right[0].Line, "the other half of ? is missing")
}

func choose(condition, yes, no Value) Value {
	if !condition.Known() {
		return Not(condition.Line, condition.Why)
	}
	if condition.truth() {
		return yes.doubtedBy(condition)
	}
	return no.doubtedBy(condition)
}

// text joins the parts of a string.
func (r *Reader) text(t Token) Value {
	if len(t.Parts) == 1 && !t.Parts[0].Code {
		return Literally(t.Parts[0].Text)
	}
	var b strings.Builder
	out := Literally("")
	for _, p := range t.Parts {
		v := Literally(p.Text)
		if p.Code {
			v = r.Expression(Tokenize(p.Text, t.Line))
		}
		if !v.IsText() {
			if v.Why == "" {
				v.Line, v.Why = t.Line, "#{"+p.Text+"} is not followed"
			}
			return Not(v.Line, v.Why)
		}
		if v.Kind != Nil { // nil is the empty text
			b.WriteString(v.Text)
		}
		if out = out.doubtedBy(v); b.Len() > maxText {
			return Not(t.Line, "it is too long")
		}
	}
	out.Text = b.String()
	return out
}
