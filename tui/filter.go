package tui

import (
	"strings"

	"pumatop/collector"
)

// filter is what the / line says: words that must all hold. A word that is a state picks that state; any other is
// looked for in the target's name, release, version and unit; a word that begins with ! must not hold.
type filter struct {
	text  string
	words []filterWord
}

type filterWord struct {
	not   bool
	text  string
	state collector.State
}

// parseFilter reads a filter; every text is one.
func parseFilter(text string) filter {
	f := filter{text: strings.TrimSpace(text)}
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		w := filterWord{text: word}
		if rest, not := strings.CutPrefix(word, "!"); not {
			w.text, w.not = rest, true
		}
		if w.text == "" {
			continue
		}
		w.state = stateNamed(w.text)
		f.words = append(f.words, w)
	}
	return f
}

// stateNamed finds the state of that name; a name is one word, with its hyphen.
func stateNamed(word string) collector.State {
	for _, s := range allStates() {
		if word == string(s) {
			return s
		}
	}
	return ""
}

// allStates are the states, worst first.
func allStates() []collector.State {
	return []collector.State{
		collector.CrashLoop, collector.Stuck, collector.NotRunning, collector.Unreachable,
		collector.NoControl, collector.Stale, collector.Restarting, collector.Connecting, collector.Serving,
	}
}

func (f filter) empty() bool { return len(f.words) == 0 }

// match reports whether a row is shown.
func (f filter) match(r *row) bool {
	for _, w := range f.words {
		if w.match(r) == w.not {
			return false
		}
	}
	return true
}

func (w filterWord) match(r *row) bool {
	if w.state != "" {
		return r.state == w.state
	}
	return containsFold(string(r.id), w.text) || containsFold(r.running, w.text) ||
		containsFold(r.current, w.text) || containsFold(versionOf(r), w.text) || containsFold(unitOf(r), w.text)
}

// containsFold is strings.Contains without regard to case; word is in lower case.
func containsFold(s, word string) bool {
	return s != "" && strings.Contains(strings.ToLower(s), word)
}

// stateHelp says what a state means.
func stateHelp(s collector.State) string {
	switch s {
	case collector.CrashLoop:
		return "workers or the master start again and again and do not boot"
	case collector.Stuck:
		return "a restart that has not moved for longer than a drain or a boot may take"
	case collector.NotRunning:
		return "the unit is inactive or failed, there is no process"
	case collector.Unreachable:
		return "the host or the control socket does not answer"
	case collector.NoControl:
		return "the process runs, its figures cannot be read"
	case collector.Stale:
		return "it answered before; the figures are too old to act on"
	case collector.Restarting:
		return "workers are being replaced, and it makes progress"
	case collector.Connecting:
		return "not asked yet"
	case collector.Serving:
		return "every worker booted and checked in"
	}
	return ""
}
