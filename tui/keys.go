package tui

import (
	"errors"
	"time"

	"pumatop/collector/query"

	tea "charm.land/bubbletea/v2"
)

// onKey gives a key to the overlay that is open, else to the table of keys.
func (m *Model) onKey(msg tea.KeyPressMsg) tea.Cmd {
	m.pin()
	m.prompts.touched = true
	switch m.overlay {
	case sheetOverlay:
		return m.onSheetKey(msg)
	case questionOverlay:
		return m.onQuestionKey(msg)
	case filterOverlay:
		m.onFilterKey(msg)
		return nil
	case sortOverlay:
		return m.onSortKey(msg)
	case themeOverlay:
		return m.onThemeKey(msg)
	case paletteOverlay:
		return m.onPaletteKey(msg)
	case helpOverlay:
		return m.onHelpKey(msg)
	case askOverlay:
		return m.onAskKey(msg)
	case columnsOverlay:
		m.onColumnsKey(msg)
		return nil
	case noOverlay:
	}
	b := m.find(msg.String())
	if b == nil {
		m.unchanged = true
		return nil
	}
	return m.press(b)
}

// press does what a key is for, or says why that cannot be.
func (m *Model) press(b *binding) tea.Cmd {
	switch {
	case m.valid(b):
		m.notice.text = ""
		return b.run(m)
	case b.whyNot != nil:
		return m.say(b.whyNot(m))
	}
	return nil
}

// whyNoAct says why a key that acts does nothing.
func (m *Model) whyNoAct() string {
	if m.running() {
		return "one rollout at a time: tab shows the one that runs, X stops it"
	}
	if _, s := m.atCursor(); s != nil && s.targets > 0 && m.canMark() {
		return "a group is no target: space marks its " + plural(s.targets, "target")
	}
	return "no target is selected"
}

// onTarget reports whether the cursor is on a target rather than on a host without one.
func (m *Model) onTarget() bool {
	r := m.current()
	return r != nil && r.target != nil
}

// canMark reports whether the cursor is on a target, or on a group that has some.
func (m *Model) canMark() bool {
	r, s := m.atCursor()
	if r == nil {
		return s != nil && s.targets > 0
	}
	return r.target != nil
}

// canAct reports whether there is something to plan on. That it may be refused is for the sheet to say.
func (m *Model) canAct() bool { return !m.running() && m.subjectCount() > 0 }

func (m *Model) openTarget() tea.Cmd {
	m.screen, m.open, m.scroll, m.worker = targetScreen, m.current().id, 0, noWorker
	return nil
}

// canGoBack reports whether esc has something to undo.
func (m *Model) canGoBack() bool {
	return m.screen != fleetScreen || m.filter.String() != "" || m.problems || m.leavesDock()
}

// back undoes the last thing that narrowed the view. It never quits.
func (m *Model) back() {
	switch undo := m.onScreen().undo; {
	case undo != nil && undo(m):
		return
	case m.goBack():
	case m.screen != targetScreen && m.screen != fleetScreen && m.open != "":
		m.screen, m.scroll = targetScreen, 0
	case m.screen != fleetScreen:
		m.screen, m.open, m.scroll = fleetScreen, "", 0
	case m.leavesDock():
		m.emptyDock()
	case m.filter.String() != "":
		m.filter, m.misread = query.Filter{}, nil
	case m.problems:
		m.problems = false
	}
	m.reproject()
}

// sortFrom sorts the fleet by a column; the other way around where it is sorted by that already.
func (m *Model) sortFrom(id query.ID) {
	if m.order.by == id {
		m.reverse()
		return
	}
	m.order = ordering{by: id}
	m.reproject()
}

func (m *Model) reverse() {
	m.order.reverse = !m.order.reverse
	m.reproject()
}

func (m *Model) toggleProblems() {
	m.problems = !m.problems
	m.reproject()
	m.settle()
}

// togglePause holds the figures still. Fleets still come, and actions are still planned from the newest.
func (m *Model) togglePause() {
	if m.pausedAt.IsZero() {
		m.pausedAt = m.now
		return
	}
	m.pausedAt = time.Time{}
	m.fleet.shown = m.fleet.latest
	m.reproject()
}

// pageLines is how many lines a page key moves.
func (m *Model) pageLines() int {
	if m.screen == fleetScreen {
		return max(m.fleetLayout().rows/2, 1)
	}
	return max(m.height/2, 1)
}

func (m *Model) goTop()    { m.move(-farDown) }
func (m *Model) goBottom() { m.move(farDown) }

// paces are the intervals that + and - step through.
func paces() []time.Duration {
	return []time.Duration{
		500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
	}
}

// changeInterval asks for the next slower or faster interval; the header shows it once it is observed.
func (m *Model) changeInterval(by int) tea.Cmd {
	if !m.fleet.any {
		return nil
	}
	now := m.fleet.latest.Interval
	if m.asked != 0 {
		now = m.asked
	}
	steps := paces()
	next := now
	if by > 0 {
		for i := len(steps) - 1; i >= 0 && steps[i] > now; i-- {
			next = steps[i]
		}
	} else {
		for i := 0; i < len(steps) && steps[i] < now; i++ {
			next = steps[i]
		}
	}
	if next == now {
		return nil
	}
	m.asked, m.paced = next, next
	return setInterval(m.opts.Controls, next)
}

// refresh polls now and repaints the terminal, for when another program wrote to it.
func (m *Model) refresh() tea.Cmd {
	return tea.Batch(refresh(m.opts.Controls), tea.ClearScreen, m.say("asking every target now"))
}

// onFilterKey edits the filter; the fleet follows every key.
func (m *Model) onFilterKey(msg tea.KeyPressMsg) {
	switch msg.String() {
	case "enter", "up", "down":
		m.overlay = noOverlay
		if m.screen == fleetScreen {
			m.settle()
		}
	case "esc", "ctrl+c":
		m.overlay, m.typing.text = noOverlay, ""
		m.applyFilter()
	case "tab":
		if m.onScreen().typed != nil {
			return
		}
		m.typing.insert(query.Complete(m.typing.text)[len(m.typing.text):])
		m.applyFilter()
	default:
		if m.typing.key(msg) {
			m.applyFilter()
		}
	}
}

func (m *Model) openFilter() tea.Cmd {
	m.overlay, m.typing = filterOverlay, input{text: m.filter.String()}
	m.applyFilter()
	return nil
}

func (m *Model) applyFilter() {
	if typed := m.onScreen().typed; typed != nil {
		typed(m, m.typing.text)
		return
	}
	f, hint, err := query.ParseTyped(m.typing.text)
	m.filter, m.hint, m.misread = f, hint, nil
	_ = errors.As(err, &m.misread)
	m.reproject()
}
