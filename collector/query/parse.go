package query

import (
	"strings"
	"unicode/utf8"
)

// spaces stand between words.
const spaces = " \t\r\n"

// operator stands between a column and a value.
type operator string

// operators, the longer ones before those that they begin with.
var operators = [...]operator{"<=", ">=", "!=", "<", ">", "=", ":"}

// holds reports whether the operator holds for values in that order.
func (o operator) holds(order int) bool {
	switch o {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "!=":
		return order != 0
	}
	return order == 0
}

// equals reports whether the operator asks for the same, or for another.
func (o operator) equals() bool { return o == ":" || o == "=" || o == "!=" }

// token is a word of a filter as it is written.
type token struct {
	at, end int // bytes that it begins at and ends before
	not     bool
	key     string // empty for a text
	op      operator
	value   string
	quoted  bool
	// open is set for the last word of a line that is still being typed: no space and no closing quote behind it.
	open bool
	// problem is why it cannot be taken apart.
	problem, remedy string
}

// Parse reads a filter. Its error is a *FilterError.
func Parse(s string) (Filter, error) {
	f := Filter{text: strings.Trim(s, spaces)}
	for _, t := range tokens(s) {
		test, err := t.read(s)
		switch {
		case err != nil:
		case t.quoted && t.open:
			err = t.wrong(s, "a quote is not closed", `put " where the text ends`)
		case t.unfinished():
			err = t.wrong(s, "nothing stands behind "+t.lead(), t.example())
		}
		if err != nil {
			return Filter{}, err
		}
		f.words = append(f.words, word{t.not, t.text(s), test})
	}
	return f, nil
}

// ParseTyped reads a filter that is being typed: a word that is not finished, or cannot be read, hides nothing. The error
// is of the first that cannot be read, and hint says what may come at the end.
func ParseTyped(s string) (f Filter, hint string, err error) {
	f.text = strings.Trim(s, spaces)
	for _, t := range tokens(s) {
		if t.open {
			hint = t.hint()
		}
		if t.unfinished() {
			continue
		}
		test, wrong := t.read(s)
		if wrong != nil {
			if err == nil {
				err = wrong
			}
			continue
		}
		f.words = append(f.words, word{t.not, t.text(s), test})
	}
	return f, hint, err
}

// tokens takes a filter apart.
func tokens(s string) []token {
	var list []token
	for i := 0; i < len(s); {
		if strings.IndexByte(spaces, s[i]) >= 0 {
			i++
			continue
		}
		t := token{at: i}
		for i < len(s) && s[i] == '!' {
			t.not = !t.not
			i++
		}
		i = t.scan(s, i)
		t.end = i
		list = append(list, t)
	}
	return list
}

// scan reads a token from i on and returns where it ends.
func (t *token) scan(s string, i int) int {
	end := i
	for end < len(s) && strings.IndexByte(spaces+`"`, s[end]) < 0 {
		end++
	}
	bare := s[i:end]
	if key, op, value, found := cutOperator(bare); found {
		t.key, t.op, t.value = strings.ToLower(key), op, value
	} else {
		t.value = bare
	}
	if end < len(s) && s[end] == '"' {
		return t.scanQuote(s, end)
	}
	t.open = end == len(s)
	return end
}

// scanQuote reads a quoted value from its quote on.
func (t *token) scanQuote(s string, i int) int {
	if t.value != "" {
		t.problem, t.remedy = "a quote in the middle of a word", `quote all of it: "`+t.value+`…"`
	}
	value, rest, closed := strings.Cut(s[i+1:], `"`)
	t.value, t.quoted, t.open = t.value+value, true, !closed
	if !closed {
		return len(s)
	}
	end := len(s) - len(rest)
	if rest != "" && strings.IndexByte(spaces, rest[0]) < 0 && t.problem == "" {
		t.problem, t.remedy = "no space behind the quote", "put a space between two words"
	}
	for end < len(s) && strings.IndexByte(spaces, s[end]) < 0 {
		end++
	}
	return end
}

// cutOperator finds the operator of a word; a word that begins with one is a text.
func cutOperator(s string) (key string, op operator, value string, found bool) {
	for i := 1; i < len(s); i++ {
		for _, o := range operators {
			if strings.HasPrefix(s[i:], string(o)) {
				return s[:i], o, s[i+len(o):], true
			}
		}
	}
	return "", "", "", false
}

// unfinished reports whether the word says nothing yet.
func (t *token) unfinished() bool { return t.value == "" && t.problem == "" && t.known() }

// known reports whether the word has a key that there is, or none.
func (t *token) known() bool { return t.key == "" || t.key == "is" || Find(t.key) != nil }

// text is the word as it was written in s.
func (t *token) text(s string) string { return strings.Trim(s[t.at:t.end], spaces) }

// lead is the word up to its value.
func (t *token) lead() string {
	s := t.key + string(t.op)
	if t.not {
		s = "!" + s
	}
	if t.quoted {
		s += `""`
	}
	return s
}

// wrong is an error at the token.
func (t *token) wrong(s, problem, remedy string) *FilterError {
	return &FilterError{Filter: strings.Trim(s, spaces), Column: utf8.RuneCountInString(strings.TrimLeft(s[:t.at], spaces)) + 1, Problem: problem, remedy: remedy}
}

// read makes a test of the token.
func (t *token) read(s string) (func(Row) answer, error) {
	switch {
	case t.problem != "":
		return nil, t.wrong(s, t.problem, t.remedy)
	case t.key == "" && t.quoted:
		return containing(strings.ToLower(t.value)), nil
	case t.key == "":
		return plain(t.value), nil
	case t.key == "is":
		return t.readIs(s)
	}
	c := Find(t.key)
	switch {
	case c == nil:
		return nil, t.wrong(s, "there is no "+t.key, t.noKey())
	case !t.op.equals() && !c.Kind.Compares():
		return nil, t.wrong(s, t.key+" cannot be more or less", "use "+t.key+":VALUE or "+t.key+"!=VALUE")
	case t.value == "":
		return nil, nil
	case t.value == "unknown" && !t.quoted && t.op.equals():
		return t.turned(unknownIn(c)), nil
	}
	test, problem, remedy := c.test(t)
	if problem != "" {
		return nil, t.wrong(s, problem, remedy)
	}
	return test, nil
}

// noKey is what to do about a key that there is not.
func (t *token) noKey() string {
	if near := nearest(t.key, append(columnNames(), "is")); near != "" {
		return near + " may be meant; a text with " + string(t.op) + ` in it is to be quoted`
	}
	return `to look for the text, quote it: "` + t.key + string(t.op) + t.value + `"`
}

func (t *token) readIs(s string) (func(Row) answer, error) {
	var names []string
	for _, w := range is {
		if strings.EqualFold(t.value, w.name) && t.op.equals() {
			return t.turned(func(r Row) answer { return answerOf(w.test(r)) }), nil
		}
		names = append(names, w.name)
	}
	if t.value == "" {
		return nil, nil
	}
	return nil, t.wrong(s, "nothing is "+t.value, oneOf(t.value, names))
}

// turned is a test of equality, turned around for !=.
func (t *token) turned(test func(Row) answer) func(Row) answer {
	if t.op != "!=" {
		return test
	}
	return func(r Row) answer {
		switch test(r) {
		case yes:
			return no
		case no:
			return yes
		}
		return neither
	}
}

// oneOf says which words there are, or which is meant.
func oneOf(typed string, words []string) string {
	if near := nearest(typed, words); near != "" {
		return near + " may be meant"
	}
	return "use " + strings.Join(words, ", ")
}
