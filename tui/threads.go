package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
)

// threadsEvery is the pause between an answer and the next question while the screen is open, and threadsSoonest the
// least one for who asks by hand: the control server has one thread, which answers pumactl too.
const (
	threadsEvery   = 5 * time.Second
	threadsSoonest = 2 * time.Second
)

// threads is the screen of what the process behind a control app does. It asks while it is open, one question at a time.
type threads struct {
	of collector.TargetID
	// number counts openings, so that a late answer goes nowhere.
	number  int
	waiting bool // for an answer
	any     bool // whether one has come
	report  collector.ThreadReport
	gc      gcWatch

	groups  []threadGroup
	count   int
	byStack bool
	open    map[string]bool // groups that are unfolded
	on      string          // key of the line that the cursor is on; empty for the first
	line    int             // where that line was last
	top     int             // the first line in sight
}

// threadsMsg is what a control app told.
type threadsMsg struct {
	number int
	report collector.ThreadReport
}

// threadsDueMsg says that it may be asked again.
type threadsDueMsg struct{ number int }

// askThreads asks a control app.
func askThreads(ctx context.Context, ask func(context.Context, collector.TargetID) collector.ThreadReport, of collector.TargetID, number int) tea.Cmd {
	return func() tea.Msg { return threadsMsg{number, ask(ctx, of)} }
}

func hasThreads(o Options) bool { return o.Threads != nil }

func threadKeys() []binding {
	return []binding{
		{keys: []string{"b"}, word: "threads", help: "threads, garbage collector and memory of this target", needs: hasThreads,
			group: looking, on: fleetScreen | targetScreen, opens: threadsScreen, footer: 10, when: func(m *Model) bool { return m.facing() != "" }, run: (*Model).openThreads},
		{keys: []string{"enter", "space"}, word: "unfold", help: "show the stacks of a group, or fold it", needs: hasThreads,
			group: looking, on: threadsScreen, footer: 1, run: quietly((*Model).unfoldThreads)},
		{keys: []string{"a"}, word: "all", help: "show the stacks of all groups, or fold them", needs: hasThreads,
			group: looking, on: threadsScreen, footer: 2, run: quietly((*Model).unfoldAll)},
		{keys: []string{"s"}, word: "by stack", help: "group threads by their whole stack, or by their place", needs: hasThreads,
			group: looking, on: threadsScreen, footer: 3, run: quietly((*Model).toggleByStack)},
		{keys: []string{"f5", "ctrl+l"}, shows: "F5 ctrl-l", word: "ask again", help: "ask for threads and figures now, and redraw", needs: hasThreads,
			group: looking, on: threadsScreen, footer: 4, run: (*Model).askAgain},
		{keys: []string{"l"}, word: "logs", help: "follow the log of this target", needs: hasLogs,
			group: looking, on: threadsScreen, footer: 5, run: func(m *Model) tea.Cmd { return m.showLogs([]collector.TargetID{m.threads.of}) }},
		{keys: []string{"p"}, word: "pause", help: "ask no more, or go on", needs: hasThreads,
			group: looking, on: threadsScreen, footer: 11, run: quietly((*Model).togglePause)},
		{keys: []string{"b"}, help: "back from the threads", needs: hasThreads, group: looking, on: threadsScreen, run: quietly((*Model).back)},
	}
}

// facing is the one target that is looked at, whatever is marked; empty for none.
func (m *Model) facing() collector.TargetID {
	switch {
	case m.screen == threadsScreen:
		return m.threads.of
	case m.screen == targetScreen && m.isTarget(m.open):
		return m.open
	case m.screen == fleetScreen && m.onTarget():
		return m.current().id
	}
	return ""
}

// openThreads shows the screen and asks. Of the target that it showed last, the figures of that time are kept to compare
// with.
func (m *Model) openThreads() tea.Cmd {
	of, was := m.facing(), m.threads
	m.threads = threads{of: of, number: was.number + 1, open: map[string]bool{}, byStack: was.byStack}
	if was.of == of {
		m.threads.gc, m.threads.report, m.threads.any = was.gc, was.report, was.any
		m.regroup()
	}
	m.turnTo(threadsScreen)
	return m.ask()
}

// ask asks now.
func (m *Model) ask() tea.Cmd {
	m.threads.waiting = true
	return m.askThreads(m.threads.of, m.threads.number)
}

// askAgain asks sooner than it would by itself, but not while an answer is out or has only just come.
func (m *Model) askAgain() tea.Cmd {
	t := &m.threads
	switch {
	case t.waiting:
		return tea.Batch(tea.ClearScreen, m.say("it has been asked and has not answered yet"))
	case m.now.Sub(t.report.At) < threadsSoonest:
		return tea.Batch(tea.ClearScreen, m.say("it has answered just now: its control server has one thread"))
	}
	t.number++ // the question that was due is this one
	return tea.Batch(tea.ClearScreen, m.ask())
}

func (msg threadsMsg) deliver(m *Model) tea.Cmd {
	t := &m.threads
	if msg.number != t.number {
		m.unchanged = true
		return nil
	}
	t.waiting, t.any, t.report = false, true, msg.report
	t.gc.add(gcPoint{msg.report.At, msg.report.GC})
	m.regroup()
	return m.askLater()
}

// askLater waits until it may be asked again.
func (m *Model) askLater() tea.Cmd {
	number := m.threads.number
	return tea.Tick(threadsEvery, func(time.Time) tea.Msg { return threadsDueMsg{number} })
}

func (msg threadsDueMsg) deliver(m *Model) tea.Cmd {
	switch {
	case msg.number != m.threads.number || m.screen != threadsScreen:
		m.unchanged = true
		return nil
	case !m.pausedAt.IsZero() || m.threads.waiting:
		m.unchanged = true
		return m.askLater()
	}
	return m.ask()
}

// regroup groups the threads of the newest answer.
func (m *Model) regroup() {
	t := &m.threads
	var roots []string
	if s := find(&m.fleet.shown, t.of); s != nil {
		f := s.Facts()
		roots = append(s.Releases(), f.Release, f.Current, f.CurrentLink)
	}
	read := readThreads(t.report.Threads, roots)
	t.groups, t.count = groupThreads(read, t.byStack), len(read)
}

func (m *Model) toggleByStack() {
	m.threads.byStack = !m.threads.byStack
	m.threads.open = map[string]bool{}
	m.regroup()
}

// unfoldThreads unfolds the group that the cursor is in, or folds it, and then the cursor is on its line.
func (m *Model) unfoldThreads() {
	t := &m.threads
	if group := m.threadGroup(); group != nil {
		t.on = group.key
		t.open[t.on] = !t.open[t.on]
	}
}

// unfoldAll unfolds every group, or folds them where they all are unfolded.
func (m *Model) unfoldAll() {
	t := &m.threads
	every := !slices.ContainsFunc(t.groups, func(g threadGroup) bool { return !t.open[g.key] })
	if group := m.threadGroup(); group != nil {
		t.on = group.key
	}
	for i := range t.groups {
		t.open[t.groups[i].key] = !every
	}
}

// threadGroup is the group that the cursor is in; nil for none.
func (m *Model) threadGroup() *threadGroup {
	lines, t := m.threadLines(), &m.threads
	at := t.at(lines)
	if at >= len(lines) {
		return nil
	}
	for i := range t.groups {
		if t.groups[i].key == lines[at].group {
			return &t.groups[i]
		}
	}
	return nil
}

// at is the line that the cursor is on; where that has gone, the one in its place.
func (t *threads) at(lines []threadLine) int {
	if t.on == "" {
		return 0
	}
	if i := slices.IndexFunc(lines, func(l threadLine) bool { return l.key == t.on }); i >= 0 {
		return i
	}
	return min(t.line, max(len(lines)-1, 0))
}

// moveThreads moves the cursor by n lines.
func (m *Model) moveThreads(n int) {
	lines, t := m.threadLines(), &m.threads
	if len(lines) == 0 {
		return
	}
	t.line = min(max(t.at(lines)+n, 0), len(lines)-1)
	t.on = lines[t.line].key
}

// copyThreads is the group that the cursor is in, with its stacks.
func (m *Model) copyThreads() (what, text string) {
	g := m.threadGroup()
	if g == nil {
		return "", ""
	}
	var b strings.Builder
	for i := range g.stacks {
		stack := &g.stacks[i]
		b.WriteString(strings.Join(stack.names, ", ") + "\n")
		for j := range stack.frames {
			b.WriteString("  " + stack.frames[j].Text + "\n")
		}
	}
	return plural(g.count, "thread"), b.String()
}
