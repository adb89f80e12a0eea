package query

import (
	"slices"
	"strings"

	"pumatop/collector"
)

// Filter is words that must all hold. The zero value holds for every row.
type Filter struct {
	text  string
	words []word
}

// word is one of them; not turns it around.
type word struct {
	not  bool
	text string // as it was written
	test func(Row) answer
}

// answer is what a word says of a row. What is not known is on neither side: `busy>80` does not hold for it, and neither
// does `!busy>80`.
type answer uint8

const (
	no answer = iota
	yes
	neither
)

func answerOf(holds bool) answer {
	if holds {
		return yes
	}
	return no
}

// String is the filter as it was written, without the spaces around it.
func (f Filter) String() string { return f.text }

// Empty reports whether the filter leaves everything.
func (f Filter) Empty() bool { return len(f.words) == 0 }

// Each is the filter's words, each as a filter of its own.
func (f Filter) Each() []Filter {
	each := make([]Filter, len(f.words))
	for i, w := range f.words {
		each[i] = Filter{text: w.text, words: []word{w}}
	}
	return each
}

// Match reports whether the filter leaves the row.
func (f Filter) Match(r Row) bool {
	for _, w := range f.words {
		if a := w.test(r); a == neither || (a == yes) == w.not {
			return false
		}
	}
	return true
}

// Keep are the rows that the filter leaves, in their order.
func (f Filter) Keep(rows []Row) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !f.Match(r) })
}

// plain is the test of a word without a key: a state, or a part of what a row is called, runs and belongs to.
func plain(s string) func(Row) answer {
	s = strings.ToLower(s)
	if state, is := stateNamed(s); is {
		return func(r Row) answer { return answerOf(r.is(state)) }
	}
	return containing(s)
}

// containing is the test of a text that stands somewhere in target, release, version or unit; s is in lower case.
func containing(s string) func(Row) answer {
	return func(r Row) answer {
		if containsFold(string(r.ID()), s) {
			return yes
		}
		t := r.Target
		if t == nil {
			return no
		}
		running, _ := r.Running()
		return answerOf(containsFold(ReleaseName(running), s) || containsFold(r.current(), s) || containsFold(t.Version(), s) ||
			containsFold(t.Facts().Unit.Name, s) || containsFold(string(t.Facts().Unit.Scope), s))
	}
}

// containsFold is strings.Contains without regard to case; s is in lower case.
func containsFold(in, s string) bool {
	return in != "" && strings.Contains(strings.ToLower(in), s)
}

// stateNamed finds the state that is written so, in the JSON or on the screen; s is in lower case.
func stateNamed(s string) (collector.State, bool) {
	for _, state := range States() {
		if s == string(state) || s == state.String() {
			return state, true
		}
	}
	return "", false
}

// unknownIn is the test of `key:unknown`.
func unknownIn(c *Column) func(Row) answer {
	return func(r Row) answer { return answerOf(!c.comparison(r).Known) }
}

// tested is the test of a number, or of anything else that stands before or after: against is negative where the row's
// value comes before.
func (c *Column) tested(op operator, against func(Value) (int, bool)) func(Row) answer {
	return func(r Row) answer {
		v := c.comparison(r)
		if !v.Known {
			return neither
		}
		order, comparable := against(v)
		if !comparable {
			return neither
		}
		return answerOf(op.holds(order))
	}
}

// inGroup is the test of a word in a list; a row without any is known to be in none.
func inGroup(name string) func(Row) answer {
	return func(r Row) answer {
		return answerOf(slices.ContainsFunc(r.Groups(), func(g string) bool { return strings.EqualFold(g, name) }))
	}
}

// ofRelease is the test of what a release is beside its name; ok is false for a word that is none of those.
func ofRelease(s string) (test func(Row) answer, ok bool) {
	switch s {
	case "old":
		return func(r Row) answer { return runsOld(r, true) }, true
	case "current":
		return func(r Row) answer { return runsOld(r, false) }, true
	case "mixed":
		return func(r Row) answer {
			_, distinct := r.Running()
			if distinct == 0 || distinct == 1 && r.unread() {
				return neither
			}
			return answerOf(distinct > 1)
		}, true
	}
	return nil, false
}

func runsOld(r Row, old bool) answer {
	is, known := r.oldCode()
	if !known {
		return neither
	}
	return answerOf(is == old)
}

// is are the words behind `is:`.
var is = []struct {
	name, help string
	test       func(Row) bool
}{
	{"unknown", "has no figures", func(r Row) bool { return !r.Answered() }},
	{"problem", "does not serve, is busy, has a backlog, old code or too few workers", Row.Problem},
	{"host", "is a host without a target", func(r Row) bool { return r.Target == nil }},
}
