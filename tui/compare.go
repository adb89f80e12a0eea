package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/query"
)

// comparison is what stands side by side.
type comparison uint8

const (
	eachTarget  comparison = iota // every target by itself
	againstRest                   // one against all others together
	eachRelease                   // releases, by what runs them
	comparisons
)

// mostCompared is how many targets are compared one by one: of more, nobody reads the columns.
const mostCompared = 32

// compare is the screen that compares targets.
type compare struct {
	of []collector.TargetID // the one that the others are compared with first
	by comparison
	// differing hides what is equal.
	differing bool
	row       string // name of the property that the cursor is on; empty for the first
	column    int    // the column that the cursor is on
	left, top int    // the first column behind the first one, and the first line, in sight
	made      comparedTable
}

// comparedTable is what was last made of a fleet.
type comparedTable struct {
	of      **collector.Snapshot // the first target of that fleet
	targets int
	by      comparison
	columns []comparedColumn
	rows    []comparedRow
}

// comparedColumn is one column: a target, or several together.
type comparedColumn struct {
	title string
	of    []*collector.Snapshot // empty for a target that is gone
}

// comparedRow is a property of all columns.
type comparedRow struct {
	*query.Property
	cells []string
	// differs is whether two columns are known to have something else; odd are the cells that are not as the most are.
	differs bool
	odd     []bool
}

func compareKeys() []binding {
	return []binding{
		{keys: []string{"c"}, word: "compare", help: "the marked ones side by side, or this with its app",
			group: looking, on: fleetScreen | targetScreen, footer: 7, tells: func(m *Model) bool { return m.screen == targetScreen || len(m.marks) > 1 }, when: (*Model).canCompare, whyNot: (*Model).whyNoCompare, run: quietly((*Model).openCompare)},
		{keys: []string{"tab"}, word: "regroup", help: "one by one, this against the rest, or by release",
			group: looking, on: compareScreen, footer: 1, run: quietly((*Model).regroupCompare)},
		{keys: []string{"x"}, word: "differing", help: "show what differs and figures alone, or all again",
			group: picking, on: compareScreen, footer: 2, run: quietly(func(m *Model) { m.compare.differing = !m.compare.differing })},
		{keys: []string{"right", "l"}, shows: "→ l", word: "columns", help: "to the next column",
			group: moving, on: compareScreen, footer: 3, run: quietly(func(m *Model) { m.moveColumn(1) })},
		{keys: []string{"left", "h"}, shows: "← h", help: "to the column before",
			group: moving, on: compareScreen, run: quietly(func(m *Model) { m.moveColumn(-1) })},
		{keys: []string{"enter"}, word: "open", help: "open the target of the column",
			group: looking, on: compareScreen, footer: 4, when: func(m *Model) bool { return m.comparedTarget() != "" }, run: (*Model).openCompared},
		{keys: []string{"p"}, word: "pause", help: "hold the figures still, or go on",
			group: looking, on: compareScreen, footer: 11, run: quietly((*Model).togglePause)},
		{keys: []string{"c"}, help: "back from the comparison", group: looking, on: compareScreen, run: quietly((*Model).back)},
	}
}

// toCompare are the targets that a comparison would be of: the marked ones, else the one that is looked at and the rest of
// its app. A single marked one is compared with the one that is looked at.
func (m *Model) toCompare() []collector.TargetID {
	this := m.facing()
	if m.screen == fleetScreen && len(m.marks) > 0 {
		marked := slices.SortedFunc(maps.Keys(m.marks), compareIDs)
		if len(marked) == 1 && this != "" && this != marked[0] {
			marked = append(marked, this)
		}
		if len(marked) > 1 {
			return marked
		}
	}
	s := find(&m.fleet.shown, this)
	if s == nil {
		return nil
	}
	var rest []collector.TargetID
	for _, other := range m.fleet.shown.Targets {
		if other.App == s.App && other.ID != this {
			rest = append(rest, other.ID)
		}
	}
	slices.SortFunc(rest, compareIDs)
	return append([]collector.TargetID{this}, rest...)
}

// canCompare reports whether toCompare has two. It is asked for every frame, so it makes no list.
func (m *Model) canCompare() bool {
	if m.screen == fleetScreen && len(m.marks) > 1 {
		return true
	}
	s := find(&m.fleet.shown, m.facing())
	return s != nil && (m.screen == fleetScreen && len(m.marks) == 1 && !m.marks[s.ID] ||
		slices.ContainsFunc(m.fleet.shown.Targets, func(o *collector.Snapshot) bool { return o.App == s.App && o.ID != s.ID }))
}

func (m *Model) whyNoCompare() string {
	if s := find(&m.fleet.shown, m.facing()); s != nil {
		return "no other target is called " + s.App + ": mark those to compare with space"
	}
	return "no target is selected"
}

// openCompare shows the comparison.
func (m *Model) openCompare() {
	m.compare = compare{of: m.toCompare(), differing: m.compare.differing}
	if len(m.compare.of) > mostCompared {
		m.compare.by = againstRest
	}
	m.turnTo(compareScreen)
}

// regroupCompare puts the next kind of thing side by side.
func (m *Model) regroupCompare() {
	c := &m.compare
	c.by = (c.by + 1) % comparisons
	if c.by == eachTarget && len(c.of) > mostCompared || c.by == againstRest && len(c.of) == 2 {
		c.by++
	}
	c.column, c.left = 0, 0
}

// table is the comparison of the fleet that is shown. It is made once for each: keys and frames ask for it.
func (m *Model) table() *comparedTable {
	c, targets := &m.compare, m.fleet.shown.Targets
	var of **collector.Snapshot
	if len(targets) > 0 {
		of = &targets[0]
	}
	if t := &c.made; t.columns == nil || t.of != of || t.targets != len(targets) || t.by != c.by {
		columns := m.compared()
		c.made = comparedTable{of, len(targets), c.by, columns, comparedRows(columns)}
	}
	return &c.made
}

// compared are the columns.
func (m *Model) compared() []comparedColumn {
	c := &m.compare
	byID := make(map[collector.TargetID]*collector.Snapshot, len(m.fleet.shown.Targets))
	for _, s := range m.fleet.shown.Targets {
		byID[s.ID] = s
	}
	var there []*collector.Snapshot
	var each []comparedColumn
	for _, id := range c.of {
		column := comparedColumn{title: string(id)}
		if s := byID[id]; s != nil {
			there, column.of = append(there, s), []*collector.Snapshot{s}
		} else {
			column.title += " is gone"
		}
		each = append(each, column)
	}
	switch {
	case c.by == eachRelease:
		return columnsByRelease(there)
	case c.by == againstRest && len(each) > 0:
		rest := there
		if len(each[0].of) > 0 {
			rest = there[1:]
		}
		return []comparedColumn{each[0], {title: plural(len(rest), "other"), of: rest}}
	}
	return each
}

// columnsByRelease is a column for each release that runs, the newest by its name first.
func columnsByRelease(targets []*collector.Snapshot) []comparedColumn {
	by := map[string][]*collector.Snapshot{}
	for _, s := range targets {
		r := targetRow(s)
		by[r.running] = append(by[r.running], s)
	}
	var columns []comparedColumn
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return query.Natural(b, a) })
	for _, name := range names {
		title := name
		if name == "" {
			title = "release unknown"
		}
		columns = append(columns, comparedColumn{title: fmt.Sprintf("%s (%d)", title, len(by[name])), of: by[name]})
	}
	return columns
}

// comparedRows are the properties that anything is known of: what differs, then figures, then what is equal.
func comparedRows(columns []comparedColumn) []comparedRow {
	var differ, live, equal []comparedRow
	for _, p := range query.Properties() {
		row := comparedRow{Property: p, cells: make([]string, len(columns))}
		known, certain := false, make([]string, len(columns))
		for i := range columns {
			of := columns[i].of
			if p.Live && len(of) > 1 && p.Name != "state" {
				of = slices.DeleteFunc(slices.Clone(of), func(s *collector.Snapshot) bool { return !s.Current() })
			}
			row.cells[i], certain[i] = together(p, of)
			known = known || row.cells[i] != ""
		}
		if !known {
			continue
		}
		row.odd = oddOnes(certain)
		row.differs = !p.Live && slices.Contains(row.odd, true)
		switch {
		case p.Live:
			live = append(live, row)
		case row.differs:
			differ = append(differ, row)
		default:
			equal = append(equal, row)
		}
	}
	return slices.Concat(differ, live, equal)
}

// together is what targets have, and what those have of whom it is known.
func together(p *query.Property, of []*collector.Snapshot) (cell, certain string) {
	if len(of) == 0 {
		return "", ""
	}
	cell = p.Together(of)
	if p.Live || len(of) == 1 {
		return cell, cell
	}
	of = slices.DeleteFunc(slices.Clone(of), func(s *collector.Snapshot) bool { return p.Cell(s) == "" })
	if len(of) == 0 {
		return "", ""
	}
	return cell, p.Together(of)
}

// oddOnes are the cells that are not as more than half of the known ones are, or where there is no such, not as the first.
// What is not known is not odd.
func oddOnes(cells []string) []bool {
	count := map[string]int{}
	known, usual := 0, ""
	for _, c := range cells {
		if c == "" {
			continue
		}
		count[c]++
		known++
		if usual == "" {
			usual = c
		}
	}
	for c, n := range count {
		if 2*n > known {
			usual = c
		}
	}
	odd := make([]bool, len(cells))
	for i, c := range cells {
		odd[i] = c != "" && c != usual
	}
	return odd
}

// shownRows are those that the operator wants to see.
func (c *compare) shownRows(rows []comparedRow) []comparedRow {
	if !c.differing {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r comparedRow) bool { return !r.Live && !r.differs })
}

// at is the row that the cursor is on.
func (c *compare) at(rows []comparedRow) int {
	return max(slices.IndexFunc(rows, func(r comparedRow) bool { return r.Name == c.row }), 0)
}

// moveCompare moves the cursor by n rows.
func (m *Model) moveCompare(n int) {
	c := &m.compare
	rows := c.shownRows(m.table().rows)
	if len(rows) > 0 {
		c.row = rows[min(max(c.at(rows)+n, 0), len(rows)-1)].Name
	}
}

// moveColumn moves the cursor by n columns.
func (m *Model) moveColumn(n int) {
	m.compare.column = min(max(m.compare.column+n, 0), max(len(m.table().columns)-1, 0))
}

// comparedTarget is the target of the column that the cursor is on; empty where that is several, or gone.
func (m *Model) comparedTarget() collector.TargetID {
	columns, at := m.table().columns, m.compare.column
	if at >= len(columns) || len(columns[at].of) != 1 {
		return ""
	}
	return columns[at].of[0].ID
}

func (m *Model) openCompared() tea.Cmd {
	m.open, m.worker = m.comparedTarget(), noWorker
	m.turnTo(targetScreen)
	return nil
}

// copyCompare is the whole table, with tabs between its columns.
func (m *Model) copyCompare() (what, text string) {
	table := m.table()
	var b strings.Builder
	for i := range table.columns {
		b.WriteString("\t" + table.columns[i].title)
	}
	for _, row := range m.compare.shownRows(table.rows) {
		b.WriteString("\n" + row.Name + "\t" + strings.Join(row.cells, "\t"))
	}
	return "the comparison", b.String() + "\n"
}
