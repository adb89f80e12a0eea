package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// binding is a key or a command of the palette, what it does and where. Footer, help, palette and read-only mode all come
// from this table, so a key that is not in it does nothing and a key that is in it is told.
type binding struct {
	// keys are Bubble Tea's names of the keys; the first is the one that the footer shows, unless shows is set. What has
	// none is a command of the palette alone.
	keys  []string
	shows string
	word  string // for the footer, and the name in the palette
	help  string // for the help, a sentence without its subject
	group group
	on    screenID
	// opens is the screen that it opens, for the palette of the other screens.
	opens screenID
	// changes marks what may change a server: read-only mode has none of them. act is the action that it asks for, and
	// nothing for another change.
	changes bool
	act     actions.Kind
	// needs is what the program must have for it; nil is nothing.
	needs func(Options) bool
	// footer is the place in the footer, 0 for none; tells is whether it stands there now, nil for always.
	footer int
	tells  func(*Model) bool
	// when is whether the key does anything right now; nil is always.
	when func(*Model) bool
	// whyNot explains a key that does nothing right now; nil is silence.
	whyNot func(*Model) string
	// does is the word of the footer where that depends on the line at hand; nil is word.
	does func(*Model) string
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
	switch {
	case b.shows != "":
		return b.shows
	case len(b.keys) == 0:
		return ":" + b.word
	}
	return keyName(b.keys[0])
}

// keyName is a key as people write it.
func keyName(key string) string {
	for _, modifier := range []string{"ctrl", "alt", "shift"} {
		if rest, ok := strings.CutPrefix(key, modifier+"+"); ok {
			return modifier + "-" + rest
		}
	}
	if isFunctionKey(key) {
		return strings.ToUpper(key)
	}
	return key
}

// label is the word of the footer.
func (b *binding) label(m *Model) string {
	if b.counts != nil {
		if n := b.counts(m); n > 1 {
			return b.word + " " + plural(n, "target")
		}
	}
	if b.does != nil {
		return b.does(m)
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
	for _, b := range rebound(allKeys(), o.Keys) {
		switch {
		case b.changes && (o.ReadOnly || o.Operator == nil):
		case b.needs != nil && !b.needs(o):
		default:
			table = append(table, b)
		}
	}
	return table
}

func hasPrompts(o Options) bool { return o.Prompts != nil }

func hasControls(o Options) bool { return o.Controls != nil }

func hasLogs(o Options) bool  { return o.Logs != nil }
func hasAudit(o Options) bool { return o.Audit != nil }

// allKeys is every key that there is.
func allKeys() []binding {
	return slices.Concat(actKeys(), workerActs(), lookKeys(), timelineKeys(), rawKeys(), threadKeys(), compareKeys(), doctorKeys(),
		pickKeys(), columnKeys(), groupKeys(), mouseKeys(), chartKeys(), copyKeys(), themeKeys(), moveKeys(), leaveKeys())
}

func actKeys() []binding {
	return []binding{
		{keys: []string{"r"}, word: "reload", help: "phased reload of the marked ones, or this; asks first",
			group: acting, on: fleetScreen | targetScreen,
			changes: true, act: actions.Reload, footer: 1, when: (*Model).canAct, whyNot: (*Model).whyNoAct,
			counts: (*Model).subjectCount, run: asking(actions.Reload)},
		{keys: []string{"R"}, word: "restart", help: "full restart of them; asks first",
			group: acting, on: fleetScreen | targetScreen,
			changes: true, act: actions.Restart, footer: 2, when: (*Model).canAct, whyNot: (*Model).whyNoAct, run: asking(actions.Restart)},
		{keys: []string{"X"}, word: "stop rollout", help: "stop a rollout before the next target; asks first",
			group: acting, on: anyScreen,
			changes: true, footer: 3, when: (*Model).canStop, whyNot: func(*Model) string { return "nothing is left to stop: no rollout has targets that wait" }, run: (*Model).askStop},
	}
}

// workerActs are the actions that have no key: what is done seldom is found by its name.
func workerActs() []binding {
	act := func(k actions.Kind, help string) binding {
		return binding{word: k.String(), help: help, group: acting, on: fleetScreen | targetScreen, changes: true, act: k,
			when: (*Model).canAct, whyNot: (*Model).whyNoAct, run: asking(k)}
	}
	table := []binding{
		act(actions.Refork, "fork the workers anew from worker 0; asks first"),
		act(actions.AddWorker, "one worker more until a full restart; asks first"),
		act(actions.RemoveWorker, "one worker less; asks first"),
		act(actions.Recycle, "replace one, by number or the cursor's; asks first"),
		act(actions.Collect, "collect garbage in the master; asks first"),
		act(actions.Stop, "stop Puma, after which nothing serves; asks first"),
	}
	table[3].run = (*Model).recycle
	table[4].on |= threadsScreen
	table[5].needs = func(o Options) bool { return o.Policy.AllowStop }
	return table
}

func lookKeys() []binding {
	return []binding{
		{keys: []string{"enter"}, word: "open", help: "open the target; fold a group", group: looking, on: fleetScreen, opens: targetScreen, footer: 4,
			when: func(m *Model) bool { return m.projected.where(m.cursor) >= 0 }, does: (*Model).openWord, run: (*Model).openLine},
		{keys: []string{"tab"}, word: "rollout", help: "show the rollout in full, and back",
			group: looking, on: fleetScreen | targetScreen, opens: rolloutScreen, footer: 5,
			when: (*Model).hasRollouts, run: (*Model).toggleRollout},
		{keys: []string{"tab"}, help: "back from the rollout", group: looking, on: rolloutScreen, run: (*Model).toggleRollout},
		{keys: []string{"l"}, word: "logs", help: "follow the logs of the marked targets, or of this one", needs: hasLogs,
			group: looking, on: fleetScreen | targetScreen, opens: logsScreen, footer: 5, when: func(m *Model) bool { return m.subjectCount() > 0 }, run: (*Model).openLogs},
		{keys: []string{"L"}, word: "all logs", help: "follow the logs of all targets shown", needs: hasLogs,
			group: looking, on: fleetScreen, run: (*Model).openAllLogs},
		{keys: []string{"E"}, word: "first error", help: "go to the first error since the newest restart",
			group: looking, needs: hasLogs, on: logsScreen, footer: 4, run: (*Model).toFirstError},
		{keys: []string{"x"}, word: "problems", help: "show warnings and errors alone, or all again",
			group: picking, needs: hasLogs, on: logsScreen, footer: 5, run: quietly((*Model).toggleLogProblems)},
		{keys: []string{"/"}, word: "search", help: "look for a text, whatever its case", group: picking, needs: hasLogs, on: logsScreen, footer: 6, run: (*Model).openSearch},
		{keys: []string{"n"}, word: "next", help: "the next older line that has it", group: picking, needs: hasLogs, on: logsScreen, footer: 7,
			when: func(m *Model) bool { return m.logs.search != "" }, run: func(m *Model) tea.Cmd { return m.nextFound(-1) }},
		{keys: []string{"N"}, help: "the next newer one", group: picking, on: logsScreen, needs: hasLogs,
			when: func(m *Model) bool { return m.logs.search != "" }, run: func(m *Model) tea.Cmd { return m.nextFound(1) }},
		{keys: []string{"l"}, help: "back from the logs", group: looking, needs: hasLogs, on: logsScreen, run: (*Model).leaveLogs},
		{word: "audit", help: "what was done from here, by whom, and what came of it",
			group: looking, on: fleetScreen | targetScreen | rolloutScreen, opens: auditScreen, needs: hasAudit, run: (*Model).openAudit},
		{keys: []string{"P"}, word: "answer prompts", help: "answer hosts: passphrases, passwords, host keys", needs: hasPrompts,
			group: looking, on: anyScreen, footer: 4, when: (*Model).canAnswer,
			whyNot: func(*Model) string { return "no host waits for an answer" }, run: (*Model).openPrompts},
		{keys: []string{"p"}, word: "pause", help: "hold the figures still, or go on",
			group: looking, on: fleetScreen | targetScreen | eventsScreen, footer: 11, run: quietly((*Model).togglePause)},
		{keys: []string{"+", "="}, word: "faster", help: "poll more often", needs: hasControls,
			group: looking, on: anyScreen, run: func(m *Model) tea.Cmd { return m.changeInterval(-1) }},
		{keys: []string{"-"}, word: "slower", help: "poll less often", needs: hasControls,
			group: looking, on: anyScreen, run: func(m *Model) tea.Cmd { return m.changeInterval(1) }},
		{keys: []string{"f5", "ctrl+l"}, shows: "F5 ctrl-l", word: "refresh", help: "poll now, try failed logins again and redraw",
			group: looking, on: anyScreen &^ (auditScreen | doctorScreen | rawScreen | threadsScreen), needs: hasControls, run: (*Model).refresh},
		{word: "reload-config", help: "read the configuration again", group: looking, on: anyScreen,
			needs: func(o Options) bool { return o.Reload != nil }, run: func(m *Model) tea.Cmd { return m.opts.Reload }},
		{keys: []string{"f5", "ctrl+l"}, shows: "F5 ctrl-l", word: "read again", help: "read the audit again, and redraw",
			group: looking, on: auditScreen, footer: 5, run: (*Model).readAudit},
	}
}

func pickKeys() []binding {
	return []binding{
		{keys: []string{"space"}, word: "mark", help: "mark the line, or all of a group on its heading", group: picking, on: fleetScreen, footer: 6,
			when: (*Model).canMark, run: quietly((*Model).toggleMark)},
		{keys: []string{"a"}, word: "mark all", help: "mark all targets shown, but for folded ones",
			group: picking, on: fleetScreen, run: quietly((*Model).markShown)},
		{keys: []string{"u"}, word: "unmark", help: "unmark all", group: picking, on: fleetScreen, footer: 7,
			when: func(m *Model) bool { return len(m.marks) > 0 }, run: quietly(func(m *Model) { clear(m.marks) })},
		{keys: []string{"/"}, word: "filter", help: "show by name, state, release:old, busy>80; see Filter",
			group: picking, on: fleetScreen, footer: 8, run: (*Model).openFilter},
		{keys: []string{"s"}, word: "sort", help: "choose the order",
			group: picking, on: fleetScreen, footer: 9, run: quietly((*Model).openSort)},
		{keys: []string{"S"}, word: "reverse", help: "turn the order around",
			group: picking, on: fleetScreen, run: quietly((*Model).reverse)},
		{keys: []string{"x"}, word: "problems", help: "show only what needs a person, or all again",
			group: picking, on: fleetScreen, footer: 10, run: quietly((*Model).toggleProblems)},
	}
}

func moveKeys() []binding {
	return []binding{
		{keys: []string{"down", "j"}, shows: "↓ j", help: "down",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(1) })},
		{keys: []string{"up", "k"}, shows: "↑ k", help: "up",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(-1) })},
		{keys: []string{"ctrl+d", "pgdown"}, shows: "ctrl-d PgDn", help: "a page down",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(m.pageLines()) })},
		{keys: []string{"ctrl+u", "pgup"}, shows: "ctrl-u PgUp", help: "a page up",
			group: moving, on: anyScreen, run: quietly(func(m *Model) { m.move(-m.pageLines()) })},
		{keys: []string{"g", "home"}, shows: "g Home", help: "to the top",
			group: moving, on: anyScreen, run: quietly((*Model).goTop)},
		{keys: []string{"G", "end"}, shows: "G End", help: "to the bottom",
			group: moving, on: anyScreen, run: quietly((*Model).goBottom)},
	}
}

func leaveKeys() []binding {
	return []binding{
		{keys: []string{":"}, word: "commands", help: "every key by its name, and what has no key",
			group: leaving, on: anyScreen, footer: 13, run: (*Model).openPalette},
		{keys: []string{"esc"}, word: "back", help: "back, then show all again; never quits",
			group: leaving, on: anyScreen &^ (logsScreen | doctorScreen), footer: 12,
			when: (*Model).canGoBack, run: quietly((*Model).back)},
		{keys: []string{"esc"}, word: "back", help: "end the search, show all again, then back", group: leaving, needs: hasLogs, on: logsScreen, footer: 12, run: (*Model).closeLogs},
		{keys: []string{"?", "f1"}, word: "help", help: "this page",
			group: leaving, on: anyScreen, footer: 14, run: quietly((*Model).openHelp)},
		{keys: []string{"q", "ctrl+c"}, word: "quit", help: "quit; asks while an action runs",
			group: leaving, on: anyScreen &^ rolloutScreen, footer: 15, run: (*Model).quit},
		{keys: []string{"q"}, word: "quit", help: "quit; asks while an action runs",
			group: leaving, on: rolloutScreen, footer: 15, run: (*Model).quit},
		{keys: []string{"ctrl+c"}, shows: "ctrl-c", word: "stop or quit", help: "stop what is looked at, else quit; asks first",
			group: leaving, on: rolloutScreen, run: (*Model).interrupt},
		{keys: []string{"ctrl+z"}, shows: "ctrl-z", word: "suspend", help: "put pumatop into the background",
			group: leaving, on: anyScreen, needs: func(o Options) bool { return o.Suspend != nil }, run: func(m *Model) tea.Cmd { return m.opts.Suspend }},
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
	if b.shows != "" || len(b.keys) == 0 {
		return b.shown()
	}
	names := make([]string, len(b.keys))
	for i, k := range b.keys {
		names[i] = keyName(k)
	}
	return strings.Join(names, " ")
}
