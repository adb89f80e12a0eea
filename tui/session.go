package tui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/query"
)

// State is how the screen was left, by the names of its parts, so that it can be come back to. It is plain text and may come
// from anywhere: a part that is not known or cannot be is passed over.
type State map[string]string

// The parts that options give, too: whoever gives those takes them out of a state.
const (
	StateSort     = "sort"
	StateColumns  = "columns"
	StateFilter   = "filter"
	StateTheme    = "theme"
	StateInterval = "interval"
)

// part is a part of a state. get is what it is now, empty where that is as without a state. set makes it so before the first
// fleet; later does it with the first one, for what needs something to show.
type part struct {
	name  string
	get   func(*Model) string
	set   func(*Model, string)
	later func(*Model, string) tea.Cmd
}

// parts are all that is remembered, in the order in which it is taken back.
func parts() []part {
	return []part{
		{name: StateTheme, get: func(m *Model) string { return string(m.theme.name) }, set: func(m *Model, s string) { m.setTheme(ThemeName(s)) }},
		{name: StateSort, get: (*Model).sortText, set: (*Model).sortBy},
		{name: StateColumns, get: (*Model).columnsText, set: (*Model).chooseColumns},
		{name: StateFilter, get: func(m *Model) string { return m.filter.String() },
			set: func(m *Model, s string) { m.filter, _, _ = query.ParseTyped(s) }},
		{name: "group", get: func(m *Model) string { return string(m.folds.by) }, set: (*Model).groupFromThen},
		{name: "folded", get: func(m *Model) string { return yesIf(m.folds.all) }, set: func(m *Model, s string) { m.folds.all = s == yes && m.folds.by != ungrouped }},
		{name: "problems", get: func(m *Model) string { return yesIf(m.problems) }, set: func(m *Model, s string) { m.problems = s == yes }},
		{name: StateInterval, get: (*Model).intervalText, later: (*Model).setIntervalText},
		{name: "cursor", get: func(m *Model) string { return string(m.cursor.id) }, later: (*Model).returnTo},
		{name: "target", get: func(m *Model) string { return string(m.open) }, later: (*Model).reopen},
		{name: "screen", get: func(m *Model) string { return m.onScreen().name }, later: (*Model).reenter},
	}
}

const yes = "yes"

func yesIf(b bool) string {
	if b {
		return yes
	}
	return ""
}

// State is how the screen is now.
func (m *Model) State() State {
	s := State{}
	for _, p := range parts() {
		if text := p.get(m); text != "" {
			s[p.name] = text
		}
	}
	return s
}

// comeBack takes back what can be before there is a fleet.
func (m *Model) comeBack() {
	for _, p := range parts() {
		if text, ok := m.opts.State[p.name]; ok && p.set != nil {
			p.set(m, text)
		}
	}
}

// comeBackWith takes back the rest with the first fleet. Nothing is, once a key has been pressed.
func (m *Model) comeBackWith() tea.Cmd {
	state := m.opts.State
	m.opts.State = nil
	if state == nil || m.prompts.touched {
		return nil
	}
	var cmds []tea.Cmd
	for _, p := range parts() {
		if text, ok := state[p.name]; ok && p.later != nil {
			cmds = append(cmds, p.later(m, text))
		}
	}
	return tea.Batch(cmds...)
}

// sortText is the order, as --sort takes it.
func (m *Model) sortText() string {
	var words []string
	for _, k := range m.order.order() {
		word := string(k.Column.ID)
		if k.Reverse {
			word = "-" + word
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}

func (m *Model) sortBy(text string) {
	if order, err := query.ParseOrder(text); err == nil {
		m.order = orderOf(order)
	}
}

// columnsText is the operator's choice of columns, as --columns takes it.
func (m *Model) columnsText() string {
	var words []string
	for _, id := range m.chosen {
		words = append(words, string(fleetColumns[id].ID))
	}
	return strings.Join(words, ",")
}

func (m *Model) chooseColumns(text string) {
	if columns, err := query.ParseColumns(text); err == nil {
		m.chosen = chosenColumns(columns)
	}
}

// intervalText is the interval that was asked for on the screen; the one of the start is no part of a state.
func (m *Model) intervalText() string {
	if m.paced == 0 {
		return ""
	}
	return m.paced.String()
}

func (m *Model) setIntervalText(text string) tea.Cmd {
	d, err := time.ParseDuration(text)
	if err != nil || m.opts.Controls == nil || !slices.Contains(paces(), d) {
		return nil
	}
	m.asked, m.paced = d, d
	return setInterval(m.opts.Controls, d)
}

// returnTo puts the cursor on a target that is still there.
func (m *Model) returnTo(id string) tea.Cmd {
	if at := m.projected.index(collector.TargetID(id)); at >= 0 {
		m.cursor.pinned = true
		m.moveTo(at)
	}
	return nil
}

// reopen opens a target that is still there.
func (m *Model) reopen(id string) tea.Cmd {
	if find(&m.fleet.latest, collector.TargetID(id)) == nil {
		return nil
	}
	m.open, m.worker = collector.TargetID(id), noWorker
	m.turnTo(targetScreen)
	return nil
}

// reenter goes to a screen by the key that opens it, where there is one from here.
func (m *Model) reenter(name string) tea.Cmd {
	isPage := slices.ContainsFunc(m.pages, func(p page) bool { return p.name == name })
	if name == m.onScreen().name || !isPage { // a key of another name may do anything
		return nil
	}
	for i := range m.keys {
		if b := &m.keys[i]; b.word == name && b.group == looking && !b.changes && m.valid(b) {
			return b.run(m)
		}
	}
	return nil
}
