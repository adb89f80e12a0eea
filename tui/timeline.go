package tui

import (
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/query"
)

// timeline is the screen of events. An event is named by how many came before it, which holds for every later fleet.
type timeline struct {
	only collector.TargetID // of one target and its host; empty for all

	filter   query.EventFilter
	misread  *query.FilterError
	hint     string
	problems bool

	// on is the event that the cursor is on; held is whether it stays there while others come, and seen how many there were
	// when it was held.
	on   int
	held bool
	seen int

	// found are the events that are shown, oldest first, of those below upto, and names the widest name of a target.
	found []int
	upto  int
	names int
}

// timelineKeys are the keys of the screen of events, and those that open it.
func timelineKeys() []binding {
	return []binding{
		{keys: []string{"e"}, word: "events", help: "what happened to the fleet, or to this target",
			group: looking, on: fleetScreen | targetScreen, opens: eventsScreen, footer: 10, run: (*Model).openTimeline},
		{keys: []string{"e"}, help: "back from the events", group: looking, on: eventsScreen, run: (*Model).leaveTimeline},
		{keys: []string{"enter"}, word: "open", help: "open the event's target", group: looking, on: eventsScreen, footer: 4,
			when: func(m *Model) bool { return m.eventSubject() != "" }, whyNot: (*Model).whyNoSubject, run: (*Model).openEvent},
		{keys: []string{"l"}, word: "log then", help: "the log of the event's target, at that moment", needs: hasLogs,
			group: looking, on: eventsScreen, footer: 5, when: func(m *Model) bool { return len(m.eventLogs()) > 0 },
			whyNot: (*Model).whyNoSubject, run: (*Model).openEventLog},
		{keys: []string{"/"}, word: "filter", help: "show by a text, kind:died, host:web1, is:problem",
			group: picking, on: eventsScreen, footer: 6, run: (*Model).openTimelineFilter},
		{keys: []string{"x"}, word: "problems", help: "show only what went wrong, or all again",
			group: picking, on: eventsScreen, footer: 7, run: quietly((*Model).toggleTimelineProblems)},
	}
}

// openTimeline shows the events of the fleet, or of the target that is looked at.
func (m *Model) openTimeline() tea.Cmd {
	m.timeline = timeline{}
	if m.screen == targetScreen {
		m.timeline.only = m.open
	}
	m.visit(eventsScreen)
	return nil
}

// leaveTimeline goes back to where the events were opened.
func (m *Model) leaveTimeline() tea.Cmd {
	if !m.goBack() {
		m.screen = fleetScreen
		if m.open != "" {
			m.screen = targetScreen
		}
	}
	m.reproject()
	return nil
}

// widenTimeline undoes what narrows the events; it is false where nothing does.
func (m *Model) widenTimeline() bool {
	t := &m.timeline
	switch {
	case t.filter.String() != "":
		m.filterTimeline("")
	case t.problems:
		m.toggleTimelineProblems()
	default:
		return false
	}
	return true
}

// keep reports whether the screen shows an event.
func (t *timeline) keep(e *collector.Event, groups map[string][]string) bool {
	if t.only != "" && e.Target != t.only && string(e.Target) != hostOf(t.only) {
		return false
	}
	return (!t.problems || e.Problem()) && t.filter.Match(e, groups[e.Host()])
}

// hostOf is the name of a target's host.
func hostOf(id collector.TargetID) string {
	e := collector.Event{Target: id}
	return e.Host()
}

// catchUp looks at the events that have come since it last did, and forgets those that are gone.
func (t *timeline) catchUp(f *collector.Fleet) {
	end := f.Earlier + len(f.Events)
	if t.upto > end {
		t.again()
	}
	t.found = t.found[searchInts(t.found, f.Earlier):]
	if t.upto == end {
		return
	}
	var groups map[string][]string
	if t.filter.String() != "" {
		groups = groupsOf(f)
	}
	for n := max(t.upto, f.Earlier); n < end; n++ {
		e := &f.Events[n-f.Earlier]
		if !t.keep(e, groups) {
			continue
		}
		t.found = append(t.found, n)
		t.names = max(t.names, textWidth(string(e.Target)))
	}
	t.upto = end
}

// again has all events looked at anew.
func (t *timeline) again() { t.found, t.upto, t.names = nil, 0, 0 }

// groupsOf are the groups of a fleet's hosts.
func groupsOf(f *collector.Fleet) map[string][]string {
	groups := make(map[string][]string, len(f.Hosts))
	for i := range f.Hosts {
		groups[f.Hosts[i].Name] = f.Hosts[i].Groups
	}
	return groups
}

// events are the events that the screen shows, as of the newest fleet.
func (m *Model) timelineFound() []int {
	m.timeline.catchUp(&m.fleet.shown)
	return m.timeline.found
}

// eventNumbered is an event by its number.
func (m *Model) eventNumbered(n int) *collector.Event {
	return &m.fleet.shown.Events[n-m.fleet.shown.Earlier]
}

// cursor is the line that the cursor is on: the newest one, unless it is held; of an event that is not shown the next one.
func (t *timeline) cursor() int {
	last := max(len(t.found)-1, 0)
	if !t.held {
		return last
	}
	return min(searchInts(t.found, t.on), last)
}

// searchInts is where n stands in sorted numbers, or would.
func searchInts(sorted []int, n int) int {
	low, high := 0, len(sorted)
	for low < high {
		if mid := (low + high) / 2; sorted[mid] < n {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// currentEvent is the event that the cursor is on; nil for none.
func (m *Model) currentEvent() *collector.Event {
	found := m.timelineFound()
	if len(found) == 0 {
		return nil
	}
	return m.eventNumbered(found[m.timeline.cursor()])
}

// moveTimeline moves the cursor. At the newest event it follows again.
func (m *Model) moveTimeline(n int) {
	found, t := m.timelineFound(), &m.timeline
	if len(found) == 0 {
		return
	}
	at := min(max(t.cursor()+n, 0), len(found)-1)
	if !t.held {
		t.seen = t.upto
	}
	t.on, t.held = found[at], at < len(found)-1
}

// timelineNewer is how many of the events that are shown have come since the cursor was held.
func (t *timeline) newer() int { return len(t.found) - searchInts(t.found, t.seen) }

// toggleTimelineProblems shows what went wrong alone, or all again; the cursor stays at the moment where it is.
func (m *Model) toggleTimelineProblems() {
	m.timeline.problems = !m.timeline.problems
	m.timeline.again()
}

// openTimelineFilter opens the line of the filter.
func (m *Model) openTimelineFilter() tea.Cmd {
	m.overlay, m.typing = filterOverlay, input{text: m.timeline.filter.String()}
	m.filterTimeline(m.typing.text)
	return nil
}

// filterTimeline takes the filter as it is typed.
func (m *Model) filterTimeline(text string) {
	t := &m.timeline
	f, hint, err := query.ParseEvents(text)
	t.filter, t.hint, t.misread = f, hint, nil
	_ = errors.As(err, &t.misread)
	t.again()
}

// timelineSays is what stands behind the filter that is typed.
func (m *Model) timelineSays() line {
	t := &m.timeline
	count := line{{tFigure, thousands(int64(len(m.timelineFound())))}, {tDim, " of " + thousands(int64(len(m.fleet.shown.Events))) + "   "}}
	switch {
	case t.misread != nil:
		return append(line{{tWarn, t.misread.Problem}, {tDim, " " + m.glyphs.dot + " " + t.misread.Remedy() + "   "}}, count...)
	case t.hint != "":
		return append(line{{tDim, t.hint + "   "}}, count...)
	case m.typing.text == "":
		return line{{tDim, "a text; kind:died, host:web1, group:web, is:problem; ! turns around   "}}
	}
	return count
}

// eventSubject is what can be opened of the event under the cursor: its target, or a host that has none; empty for nothing.
func (m *Model) eventSubject() collector.TargetID {
	e := m.currentEvent()
	switch {
	case e == nil:
		return ""
	case m.exists(e.Target):
		return e.Target
	}
	return m.onlyTargetOf(string(e.Target))
}

// whyNoSubject says why there is nothing to open.
func (m *Model) whyNoSubject() string {
	e := m.currentEvent()
	switch {
	case e == nil:
		return "no event is selected"
	case e.Kind == collector.ConfigRead:
		return "the configuration is no target"
	case len(m.targetsOf(string(e.Target))) > 1:
		return string(e.Target) + " has several targets: choose one on the fleet screen"
	}
	return string(e.Target) + " is not in the fleet any more"
}

// targetsOf are the targets of a host.
func (m *Model) targetsOf(host string) []collector.TargetID {
	var ids []collector.TargetID
	for _, s := range m.fleet.shown.Targets {
		if s.Host == host {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// openEvent opens the target of the event, from which esc comes back.
func (m *Model) openEvent() tea.Cmd {
	id := m.eventSubject()
	m.visit(targetScreen)
	m.open, m.worker = id, noWorker
	return nil
}

// eventLogs are the targets whose logs tell of the event: its own, or all of its host.
func (m *Model) eventLogs() []collector.TargetID {
	e := m.currentEvent()
	switch {
	case e == nil:
		return nil
	case m.isTarget(e.Target):
		return []collector.TargetID{e.Target}
	}
	return m.targetsOf(string(e.Target))
}

// openEventLog shows the log at the moment of the event.
func (m *Model) openEventLog() tea.Cmd { return m.showLogsAt(m.eventLogs(), m.currentEvent().At) }

// copyEvent is the event under the cursor in a line.
func (m *Model) copyEvent() (what, text string) {
	e := m.currentEvent()
	if e == nil {
		return "", ""
	}
	return "the event", e.At.In(m.now.Location()).Format(time.DateTime) + " " + string(e.Target) + " " + e.Word() + ": " + e.Text
}
