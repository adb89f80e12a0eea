package tui

import (
	"cmp"
	"maps"
	"slices"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"

	tea "charm.land/bubbletea/v2"
)

// grouping is what the lines of the fleet are put together by, a column's name; ungrouped leaves them as they are.
type grouping string

// What the fleet can be grouped by, in the order in which the key goes through it.
const (
	ungrouped grouping = ""
	byGroup   grouping = "group"
	byApp     grouping = "app"
	byRelease grouping = "release"
	byHost    grouping = "host"
	byState   grouping = "state"
)

func groupings() []grouping { return []grouping{byGroup, byApp, byRelease, byHost, byState} }

// each calls f with the key of each section that a row belongs to: one, but for the groups of a host, which may be in
// several. The key is empty for a row that belongs to none.
func (g grouping) each(r *row, f func(key string)) {
	switch g {
	case byGroup:
		groups := r.query().Groups()
		for i, name := range groups {
			if !slices.Contains(groups[:i], name) {
				f(name)
			}
		}
		if len(groups) == 0 {
			f("")
		}
	case byApp:
		if r.target != nil {
			f(r.target.App)
			return
		}
		f("")
	case byRelease:
		f(r.running)
	case byHost:
		f(r.query().HostName())
	case byState:
		f(string(r.state))
	case ungrouped:
	}
}

// title is the name of a section in its heading.
func (g grouping) title(key string) string {
	if g == byState {
		return collector.State(key).String()
	}
	if key != "" {
		return key
	}
	switch g {
	case byApp:
		return "no app"
	case byRelease:
		return "release not known"
	default:
		return "no " + string(g)
	}
}

// folds is how the fleet is grouped and what of it is folded. It is never written once the model has it: lines are made of it
// beside the loop that takes keys.
type folds struct {
	by grouping
	// all folds every section but those in except, which folds them where it is not set.
	all    bool
	except map[string]bool
}

func (f folds) folded(key string) bool { return f.all != f.except[key] }

// with is f with one section folded, or not.
func (f folds) with(key string, folded bool) folds {
	f.except = maps.Clone(f.except)
	if f.except == nil {
		f.except = map[string]bool{}
	}
	if f.all == folded {
		delete(f.except, key)
	} else {
		f.except[key] = true
	}
	return f
}

// section is the rows that belong together, and what they come to.
type section struct {
	key, name string
	folded    bool
	// members are rows of the projection, and all how many there are with those that are hidden.
	members []int32
	all     int
	by      map[collector.State]int
	sums    row        // a target that stands for all of them: its load, its history and its release; see drawHeadingLine
	workers puma.Count // of those whose figures are not old, as all of its sums
	targets int
	version string
	worst   complaint
	whole   bool // the members are all targets of the fleet
}

// countRoom is what the number of its rows takes behind the name of a section.
const countRoom = 3

// group puts the rows into sections.
func (p *projection) group(f *collector.Fleet, l *lens) {
	before := l.sectionsBefore()
	places := make(map[string]int32, len(before))
	p.sections = make([]section, 0, len(before)+1)
	for i, r := range p.rows {
		l.folds.by.each(r, func(key string) {
			at, known := places[key]
			if !known {
				at = int32(len(p.sections))
				places[key] = at
				p.sections = append(p.sections, l.section(key, before[key]))
			}
			p.sections[at].members = append(p.sections[at].members, int32(i))
		})
	}
	p.countAll(places, l.folds.by)
	for i := range p.sections {
		s := &p.sections[i]
		// The sums of a whole fleet come with it.
		if was := before[s.key]; was == nil || was.whole || was.targets == len(f.Targets) || !s.takeOver(was, p.rows, l.before.rows) {
			s.add(f, p.rows)
		}
	}
	if l.order.by == query.State && !l.order.reverse {
		slices.SortStableFunc(p.sections, compareSections)
	}
	p.lineUp()
}

// countAll counts the rows of each section, hidden ones included, and takes in how wide their names are.
func (p *projection) countAll(places map[string]int32, by grouping) {
	for _, r := range p.all {
		by.each(r, func(key string) {
			at, known := places[key]
			if known {
				p.sections[at].all++
			}
			if !known || p.sections[at].all == 1 {
				p.idWidth = max(p.idWidth, textWidth(by.title(key))+countRoom)
			}
		})
	}
}

// lineUp makes the lines of the sections.
func (p *projection) lineUp() {
	p.lines = make([]lineRef, 0, len(p.rows)+len(p.sections))
	for i := range p.sections {
		s := &p.sections[i]
		p.lines = append(p.lines, lineRef{row: -1, section: int32(i)})
		if s.folded {
			continue
		}
		for _, at := range s.members {
			p.lines = append(p.lines, lineRef{row: at, section: int32(i)})
		}
	}
}

// section is one without members yet, about as many as it had before.
func (l *lens) section(key string, was *section) section {
	s := section{key: key, name: l.folds.by.title(key), folded: l.folds.folded(key)}
	if was != nil {
		s.members = make([]int32, 0, len(was.members)+1)
	}
	return s
}

// sectionsBefore are those of the lines made last, where they were grouped alike.
func (l *lens) sectionsBefore() map[string]*section {
	if l.before == nil || l.before.of.folds.by != l.folds.by {
		return nil
	}
	sections := make(map[string]*section, len(l.before.sections))
	for i := range l.before.sections {
		s := &l.before.sections[i]
		sections[s.key] = s
	}
	return sections
}

// takeOver takes what the same members came to before, and reports whether they are the same.
func (s *section) takeOver(was *section, rows, before []*row) bool {
	if !slices.EqualFunc(s.members, was.members, func(now, then int32) bool { return rows[now] == before[then] }) {
		return false
	}
	s.by, s.sums, s.workers, s.targets, s.version, s.worst = was.by, was.sums, was.workers, was.targets, was.version, was.worst
	return true
}

// add sums the members up.
func (s *section) add(f *collector.Fleet, rows []*row) {
	targets := make([]*collector.Snapshot, 0, len(s.members))
	s.sums, s.by = row{old: -1}, map[collector.State]int{}
	for i, at := range s.members {
		r := rows[at]
		s.by[r.state]++
		s.worst = s.worst.or(r)
		if r.target != nil && r.target.Current() {
			s.workers = s.workers.Plus(puma.Of(workersOf(r)))
		}
		if r.target != nil {
			targets = append(targets, r.target)
		}
		if version := versionOf(r); i == 0 || s.version == "" {
			s.version = version
		} else if version != "" && version != s.version {
			s.version = mixedWord
		}
		s.sums.running = cmp.Or(s.sums.running, r.running)
	}
	s.targets, s.whole = len(targets), len(targets) == len(f.Targets)
	totals := f.Of(targets, nil).Totals
	s.sums.releases = totals.Releases
	s.sums.target = &collector.Snapshot{State: collector.Serving, Load: totals.Load}
	s.sums.tails = sumTails(targets)
}

// compareSections orders sections as rows are: by the worst that is in them, then by name, those without a name last.
func compareSections(a, b section) int {
	return cmp.Or(cmp.Compare(a.severity(), b.severity()), cmp.Compare(unnamed(a), unnamed(b)), query.Natural(a.name, b.name))
}

func unnamed(s section) int {
	if s.key == "" {
		return 1
	}
	return 0
}

// severity is that of the worst state in the section.
func (s *section) severity() int {
	worst := collector.Serving.Severity()
	for state := range s.by {
		worst = min(worst, state.Severity())
	}
	return worst
}

func groupKeys() []binding {
	grouped := func(m *Model) bool { return m.folds.by != ungrouped }
	inSection := func(m *Model) bool { _, s := m.atCursor(); return s != nil }
	table := []binding{
		{keys: []string{"w"}, word: "worst", help: "go to the target that is worst right now", group: picking, on: fleetScreen,
			when: func(m *Model) bool { return m.projected.worst.weight > 0 }, whyNot: func(*Model) string { return "nothing needs a person" }, run: (*Model).toWorst},
		{keys: []string{"o"}, word: "group", help: "group by host group, app, release, host, state, or not",
			group: picking, on: fleetScreen, footer: 10, run: quietly((*Model).nextGrouping)},
		{keys: []string{"z"}, word: "fold", help: "fold the group at hand, or unfold it", group: picking, on: fleetScreen,
			when: inSection, run: quietly((*Model).toggleFold)},
		{keys: []string{"left"}, shows: "←", help: "fold the group at hand", group: picking, on: fleetScreen,
			when: inSection, run: quietly(func(m *Model) { m.fold(true) })},
		{keys: []string{"right"}, shows: "→", help: "unfold it", group: picking, on: fleetScreen,
			when: inSection, run: quietly(func(m *Model) { m.fold(false) })},
		{keys: []string{"Z"}, word: "fold all", help: "fold all groups, or unfold them", group: picking, on: fleetScreen,
			when: grouped, run: quietly((*Model).foldAll)},
	}
	for _, by := range append(groupings(), ungrouped) {
		table = append(table, binding{word: "by-" + string(by), help: "group the fleet by " + string(by), group: picking, on: fleetScreen,
			run: quietly(func(m *Model) { m.groupBy(by) })})
	}
	last := &table[len(table)-1]
	last.word, last.help = "ungroup", "show the fleet without groups"
	return table
}

// nextGrouping goes on to the next grouping that tells something of this fleet.
func (m *Model) nextGrouping() {
	list := groupings()
	for _, by := range list[slices.Index(list, m.folds.by)+1:] {
		if m.projected.present[columnNamed(query.ID(by))] {
			m.groupBy(by)
			return
		}
	}
	m.groupBy(ungrouped)
}

// groupBy groups the fleet anew, with everything in sight. The cursor stays on its target, and goes from a heading to the top.
func (m *Model) groupBy(by grouping) {
	if by == m.folds.by {
		return
	}
	m.folds = folds{by: by}
	m.reproject()
	m.settle()
}

// groupFromThen groups the fleet as it was when the screen was left; what is no grouping is passed over.
func (m *Model) groupFromThen(by string) {
	if slices.Contains(groupings(), grouping(by)) {
		m.folds = folds{by: grouping(by)}
	}
}

// foldAll folds every section, or unfolds all where none is in sight. The cursor goes to the heading that it was under.
func (m *Model) foldAll() {
	_, s := m.atCursor()
	open := slices.ContainsFunc(m.projected.sections, func(s section) bool { return !s.folded })
	m.folds = folds{by: m.folds.by, all: open}
	if open && s != nil {
		m.cursor = selected{section: s.key, heading: true, pinned: true}
	}
	m.reproject()
	m.settle()
}

func (m *Model) toggleFold() {
	if _, s := m.atCursor(); s != nil {
		m.fold(!s.folded)
	}
}

// fold folds the section that the cursor is in, and goes to its heading; or unfolds it.
func (m *Model) fold(folded bool) {
	_, s := m.atCursor()
	if s == nil || s.folded == folded {
		return
	}
	if folded {
		m.cursor = selected{section: s.key, heading: true, pinned: true, index: m.cursor.index}
	}
	m.folds = m.folds.with(s.key, folded)
	m.reproject()
}

// openLine opens the target at hand, or folds the section whose heading is.
func (m *Model) openLine() tea.Cmd {
	if m.current() == nil {
		m.toggleFold()
		return nil
	}
	return m.openTarget()
}

// openWord is what enter does at the line at hand.
func (m *Model) openWord() string {
	r, s := m.atCursor()
	switch {
	case r != nil || s == nil:
		return "open"
	case s.folded:
		return "unfold"
	}
	return "fold"
}

// markSection marks the targets of the section whose heading is at hand, or unmarks them where all are marked.
func (m *Model) markSection(s *section) {
	var ids []collector.TargetID
	for _, at := range s.members {
		if r := m.projected.rows[at]; r.target != nil {
			ids = append(ids, r.id)
		}
	}
	if all := !slices.ContainsFunc(ids, func(id collector.TargetID) bool { return !m.marks[id] }); all {
		for _, id := range ids {
			delete(m.marks, id)
		}
		return
	}
	for _, id := range ids {
		m.marks[id] = true
	}
}
