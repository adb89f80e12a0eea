package query

import (
	"slices"
	"strings"

	"pumatop/collector"
)

// EventFilter is a filter of a time line: words that must all hold. A word without a key is a text in the event, its target
// or its kind; of the columns there are those that say whose an event is, for others say how the target is now, not how it
// was then. The zero value holds for every event.
type EventFilter struct {
	text  string
	words []eventWord
	rows  bool // whether a word asks whose the event is
}

type eventWord struct {
	not  bool
	test func(*collector.Event, Row) answer
}

// kindKey is the key of an event's kind.
const kindKey = "kind"

// whose are the columns that say whose an event is.
func whose(c *Column) bool {
	return c.ID == Target || c.ID == "host" || c.ID == "app" || c.ID == "group"
}

// EventKinds are the words behind kind:, each once.
func EventKinds() []string {
	var words []string
	for _, k := range collector.EventKinds() {
		words = append(words, k.String())
	}
	return append([]string{"asked", "verdict", "noticed", "state"}, slices.DeleteFunc(words, func(w string) bool { return w == "state" })...)
}

// ParseEvents reads a filter of events that may still be typed: a word that is not finished, or cannot be read, hides
// nothing. The error is of the first that cannot be read, and hint says what may come at the end.
func ParseEvents(s string) (f EventFilter, hint string, err error) {
	f.text = strings.Trim(s, spaces)
	for _, t := range tokens(s) {
		if t.open && t.key == kindKey {
			hint = kindsFrom(strings.ToLower(t.value))
		}
		if t.value == "" && t.problem == "" {
			continue
		}
		test, wrong := t.readEvent(s)
		if wrong != nil {
			if err == nil {
				err = wrong
			}
			continue
		}
		f.words = append(f.words, eventWord{t.not, test})
		f.rows = f.rows || t.key != "" && t.key != "is" && t.key != kindKey
	}
	return f, hint, err
}

// kindsFrom are the kinds that begin with a text, as many as fit a line.
func kindsFrom(typed string) string {
	const most = 64
	var list string
	for _, k := range EventKinds() {
		switch {
		case !strings.HasPrefix(k, typed):
		case list == "":
			list = k
		case len(list)+len(k) > most:
			return list + "…"
		default:
			list += ", " + k
		}
	}
	return list
}

// readEvent makes a test of the token.
func (t *token) readEvent(s string) (func(*collector.Event, Row) answer, error) {
	switch {
	case t.problem != "":
		return nil, t.wrong(s, t.problem, t.remedy)
	case t.key == "":
		return inEvent(strings.ToLower(t.value)), nil
	case t.key == "is" && t.op.equals() && strings.EqualFold(t.value, "problem"):
		return func(e *collector.Event, _ Row) answer { return answerOf(e.Problem() == (t.op != "!=")) }, nil
	case t.key == kindKey && t.op.equals():
		return t.readKind(s)
	}
	c := Find(t.key)
	if c == nil || !whose(c) {
		return nil, t.wrong(s, "an event has no "+t.key, "use kind, target, host, app, group, is:problem or a text")
	}
	test, err := t.read(s)
	if err != nil || test == nil {
		return nil, err
	}
	return func(_ *collector.Event, r Row) answer { return test(r) }, nil
}

func (t *token) readKind(s string) (func(*collector.Event, Row) answer, error) {
	word, kinds := strings.ToLower(t.value), EventKinds()
	for _, k := range collector.EventKinds() {
		kinds = append(kinds, string(k))
	}
	if !slices.ContainsFunc(kinds, func(k string) bool { return k == word || t.open && strings.HasPrefix(k, word) }) {
		return nil, t.wrong(s, "there is no kind "+t.value, oneOf(word, EventKinds()))
	}
	return func(e *collector.Event, _ Row) answer {
		is := false
		for _, k := range [...]string{e.Word(), e.Kind.String(), string(e.Kind)} {
			is = is || k == word || t.open && strings.HasPrefix(k, word)
		}
		return answerOf(is == (t.op != "!="))
	}, nil
}

// inEvent is the test of a text in what an event says, whose it is or what it is called; text is in lower case.
func inEvent(text string) func(*collector.Event, Row) answer {
	return func(e *collector.Event, _ Row) answer {
		return answerOf(containsFold(e.Text, text) || containsFold(string(e.Target), text) || containsFold(e.Word(), text))
	}
}

// String is the filter as it was written, without the spaces around it.
func (f EventFilter) String() string { return f.text }

// Match reports whether the filter leaves an event of a host in these groups.
func (f EventFilter) Match(e *collector.Event, groups []string) bool {
	var row Row
	if f.rows {
		row = Row{Host: &collector.HostStatus{Name: string(e.Target), Groups: groups}}
		if host, app, of := strings.Cut(string(e.Target), "/"); of {
			row = Row{Target: &collector.Snapshot{ID: e.Target, Host: host, App: app, Groups: groups}}
		}
	}
	for _, w := range f.words {
		if a := w.test(e, row); a == neither || (a == yes) == w.not {
			return false
		}
	}
	return true
}

// EventLanguage are the forms of a filter of events, for the help.
func EventLanguage() []Form {
	return []Form{
		{"web1  died", "target, kind or text has it"},
		{"kind:verdict  !kind:phase", "of that kind: state, died, lost, asked, verdict; kind: lists all"},
		{"group:web  host=web1", "whose it is; also target, app"},
		{"is:problem", "lost, died, does not serve, or a verdict other than verified"},
	}
}
