package query

import "strings"

// Form is a way to write a word of a filter, for help and README.
type Form struct{ Write, Means string }

// Language are the forms that there are.
func Language() []Form {
	forms := []Form{
		{"web", "target, release, version or unit has it"},
		{"restarting", "that state"},
		{`"two words"`, "a text with spaces, or with a sign of these"},
		{"group:web", "in that group"},
		{"unit:puma  unit=puma.service", "the column has that text; is that text"},
		{"phased:no  state:stale", "the column says that word"},
		{"busy>80  phase!=3", "< <= > >= = != compare numbers"},
		{"memory>500MB  up<10m  puma<7", "sizes, durations and versions; 6.6.1 is puma:6"},
		{"release:old", "runs other than current; also current, mixed"},
		{"busy:unknown", "not known; neither busy>80 nor busy<=80 finds those"},
	}
	for _, w := range is {
		forms = append(forms, Form{"is:" + w.name, w.help})
	}
	return append(forms, Form{"!web  !busy>80", "turns a word around"}, Form{"web !stale busy>80", "all words must hold"})
}

// hint says what may stand at the end of a word that is being typed; empty where it says it all.
func (t *token) hint() string {
	if t.key == "" || t.quoted {
		return ""
	}
	if t.key == "is" {
		return strings.Join(isNames(), ", ")
	}
	c := Find(t.key)
	switch {
	case c == nil:
		return ""
	case c.ID == Release && t.value == "":
		return "old, current, mixed, or a part of its name"
	case c.Kind == Word:
		return strings.Join(c.Words, ", ")
	case t.value == "" && c.Kind.Compares():
		return c.Help + ", like " + c.Kind.example()
	case t.value == "":
		return c.Help
	}
	return ""
}

// example is what a finished word may look like.
func (t *token) example() string {
	switch c := Find(t.key); {
	case t.key == "is":
		return "use " + strings.Join(isNames(), ", ")
	case c == nil:
		return `write a text behind it, like !web`
	case c.Kind == Word:
		return "use " + strings.Join(c.Words, ", ")
	case c.Kind.Compares():
		return "write it like " + t.key + string(t.op) + c.Kind.example()
	}
	return "write a text behind it"
}

func isNames() []string {
	names := make([]string, 0, len(is))
	for _, w := range is {
		names = append(names, w.name)
	}
	return names
}

// Complete adds to the last word of a filter what it can only go on with: the rest of a column's name and what follows it,
// or of one of a column's words.
func Complete(s string) string {
	list := tokens(s)
	if len(list) == 0 {
		return s
	}
	t := list[len(list)-1]
	if !t.open || t.quoted || t.value == "" && t.key == "" {
		return s
	}
	if t.key == "" {
		names := append(columnNames(), "is")
		return s + continued(t.value, names, func(name string) string {
			if c := Find(name); c != nil && c.Kind.Numeric() {
				return ">"
			}
			return ":"
		})
	}
	var words []string
	switch c := Find(t.key); {
	case t.key == "is":
		words = isNames()
	case c != nil && c.ID == Release:
		words = []string{"old", "current", "mixed"}
	case c != nil:
		words = c.Words
	}
	return s + continued(t.value, words, func(string) string { return " " })
}

// continued is how all words that begin with typed go on, and what follows where that is one alone.
func continued(typed string, words []string, follows func(string) string) string {
	rest, found, one := "", 0, ""
	for _, w := range words {
		tail, begins := strings.CutPrefix(w, strings.ToLower(typed))
		switch {
		case !begins:
			continue
		case found == 0:
			rest, one = tail, w
		default:
			for !strings.HasPrefix(tail, rest) {
				rest = rest[:len(rest)-1]
			}
		}
		found++
	}
	if found == 1 {
		return rest + follows(one)
	}
	return rest
}
