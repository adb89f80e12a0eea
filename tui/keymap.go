package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// binding is a key, what it does and where. Footer, help and read-only mode all come from this table, so a key that
// is not in it does nothing and a key that is in it is told.
type binding struct {
	// keys are Bubble Tea's names of the keys; the first is the one that the footer shows, unless shows is set.
	keys  []string
	shows string
	word  string // for the footer
	help  string // for the help, a sentence without its subject
	group group
	on    screenID
	// changes marks what may change a server: read-only mode has none of them.
	changes bool
	// footer is the place in the footer, 0 for none.
	footer int
	// when is whether the key does anything right now; nil is always.
	when func(*Model) bool
	// whyNot explains a key that does nothing right now; nil is silence.
	whyNot func(*Model) string
	// counts is how many targets it is about, for the footer; nil is not told.
	counts func(*Model) int
	run    func(*Model) tea.Cmd
}

// group is a heading of the help.
type group string

const (
	acting  group = "Act"
	looking group = "Look"
	picking group = "Pick"
	moving  group = "Move"
	leaving group = "Leave"
)

// shown is the key as people write it.
func (b *binding) shown() string {
	if b.shows != "" {
		return b.shows
	}
	return b.keys[0]
}

// label is the word of the footer.
func (b *binding) label(m *Model) string {
	if b.counts != nil {
		if n := b.counts(m); n > 1 {
			return b.word + " " + plural(n, "target")
		}
	}
	return b.word
}

// valid reports whether the key does something on this screen and for what is selected.
func (m *Model) valid(b *binding) bool {
	return b.on&m.screen != 0 && (b.when == nil || b.when(m))
}

// keysFor is the table for a program with these options.
func keysFor(o Options) []binding {
	var table []binding
	for _, b := range allKeys() {
		switch {
		case b.changes && (o.ReadOnly || o.Operator == nil):
		case b.group == looking && o.Controls == nil && needsControls(&b):
		case b.keys[0] == "ctrl+z" && o.Suspend == nil:
		default:
			table = append(table, b)
		}
	}
	return table
}

func needsControls(b *binding) bool {
	return b.keys[0] == "+" || b.keys[0] == "-" || b.keys[0] == "f5"
}

// allKeys is every key that there is.
func allKeys() []binding {
	return append(actKeys(), append(lookKeys(), append(moveKeys(), leaveKeys()...)...)...)
}

func actKeys() []binding {
	return []binding{
		{keys: []string{"r"}, word: "reload", help: "phased reload of the marked targets, or this one; asks first",
			group: acting, on: fleetScreen | targetScreen,
			changes: true, footer: 1, when: (*Model).canAct, whyNot: (*Model).whyNoAct, counts: (*Model).subjectCount, run: asking(actions.Reload)},
		{keys: []string{"R"}, word: "restart", help: "full restart of them; asks first",
			group: acting, on: fleetScreen | targetScreen,
			changes: true, footer: 2, when: (*Model).canAct, whyNot: (*Model).whyNoAct, run: asking(actions.Restart)},
		{keys: []string{"X"}, word: "stop rollout", help: "stop a rollout before the next target; asks first",
			group: acting, on: anyScreen,
			changes: true, footer: 3, when: (*Model).canStop, run: (*Model).askStop},
	}
}

func lookKeys() []binding {
	return []binding{
		{keys: []string{"enter"}, word: "open", help: "open the target", group: looking, on: fleetScreen, footer: 4,
			when: func(m *Model) bool { return m.current() != nil }, run: (*Model).openTarget},
		{keys: []string{"tab"}, word: "rollout", help: "show the rollout in full, and back",
			group: looking, on: fleetScreen | targetScreen, footer: 5,
			when: (*Model).hasRollouts, run: (*Model).toggleRollout},
		{keys: []string{"tab"}, help: "back from the rollout", group: looking, on: rolloutScreen, run: (*Model).toggleRollout},
		{keys: []string{"space"}, word: "mark", help: "mark the line", group: picking, on: fleetScreen, footer: 6,
			when: func(m *Model) bool { return m.onTarget() }, run: quietly((*Model).toggleMark)},
		{keys: []string{"a"}, word: "mark all", help: "mark all targets shown",
			group: picking, on: fleetScreen, run: quietly((*Model).markShown)},
		{keys: []string{"u"}, word: "unmark", help: "unmark all", group: picking, on: fleetScreen, footer: 7,
			when: func(m *Model) bool { return len(m.marks) > 0 }, run: quietly(func(m *Model) { clear(m.marks) })},
		{keys: []string{"/"}, word: "filter", help: "show by name, release, version, state; !word: not",
			group: picking, on: fleetScreen, footer: 8, run: (*Model).openFilter},
		{keys: []string{"s"}, word: "sort", help: "choose the order",
			group: picking, on: fleetScreen, footer: 9, run: quietly((*Model).openSort)},
		{keys: []string{"S"}, word: "reverse", help: "turn the order around",
			group: picking, on: fleetScreen, run: quietly((*Model).reverse)},
		{keys: []string{"x"}, word: "problems", help: "show only what needs a person, or all again",
			group: picking, on: fleetScreen, footer: 10, run: quietly((*Model).toggleProblems)},
		{keys: []string{"p"}, word: "pause", help: "hold the figures still, or go on",
			group: looking, on: fleetScreen | targetScreen, footer: 11, run: quietly((*Model).togglePause)},
		{keys: []string{"+", "="}, word: "faster", help: "poll more often",
			group: looking, on: anyScreen, run: func(m *Model) tea.Cmd { return m.changeInterval(-1) }},
		{keys: []string{"-"}, word: "slower", help: "poll less often",
			group: looking, on: anyScreen, run: func(m *Model) tea.Cmd { return m.changeInterval(1) }},
		{keys: []string{"f5", "ctrl+l"}, shows: "F5 ctrl-l", word: "refresh", help: "poll now, try failed logins again and redraw",
			group: looking, on: anyScreen, run: (*Model).refresh},
	}
}

func moveKeys() []binding {
	return []binding{
		{keys: []string{"down", "j"}, shows: "↓ j", help: "down",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(1) })},
		{keys: []string{"up", "k"}, shows: "↑ k", help: "up",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(-1) })},
		{keys: []string{"ctrl+d", "pgdown"}, shows: "ctrl-d PgDn", help: "a page down",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(m.page()) })},
		{keys: []string{"ctrl+u", "pgup"}, shows: "ctrl-u PgUp", help: "a page up",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(-m.page()) })},
		{keys: []string{"g", "home"}, shows: "g Home", help: "to the top",
			group: moving, on: anyScreen, run: quietly((*Model).goTop)},
		{keys: []string{"G", "end"}, shows: "G End", help: "to the bottom",
			group: moving, on: anyScreen, run: quietly((*Model).goBottom)},
	}
}

func leaveKeys() []binding {
	return []binding{
		{keys: []string{"esc"}, word: "back", help: "back, then show all again; never quits",
			group: leaving, on: anyScreen, footer: 12,
			when: (*Model).canGoBack, run: quietly((*Model).back)},
		{keys: []string{"?", "f1"}, word: "help", help: "this page",
			group: leaving, on: anyScreen, footer: 13, run: quietly((*Model).openHelp)},
		{keys: []string{"q", "ctrl+c"}, word: "quit", help: "quit; asks while an action runs",
			group: leaving, on: anyScreen, footer: 14, run: (*Model).quit},
		{keys: []string{"ctrl+z"}, shows: "ctrl-z", word: "suspend", help: "put pumatop into the background",
			group: leaving, on: anyScreen, run: func(m *Model) tea.Cmd { return m.opts.Suspend }},
	}
}

// quietly is a key that returns no command.
func quietly(f func(*Model)) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		f(m)
		return nil
	}
}

// find is the binding of a key on this screen; nil for none.
func (m *Model) find(key string) *binding {
	for i := range m.keys {
		if b := &m.keys[i]; b.on&m.screen != 0 && slices.Contains(b.keys, key) {
			return b
		}
	}
	return nil
}

// keyNames writes all the keys of a binding, for the help.
func (b *binding) keyNames() string {
	if b.shows != "" {
		return b.shows
	}
	keyNames := strings.NewReplacer("ctrl+", "ctrl-", "f1", "F1")
	names := make([]string, len(b.keys))
	for i, k := range b.keys {
		names[i] = keyNames.Replace(k)
	}
	return strings.Join(names, " ")
}
