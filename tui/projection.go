package tui

import (
	"slices"

	"pumatop/collector"
	"pumatop/collector/query"
)

// projection is what the fleet screen shows of a fleet.
type projection struct {
	// rows are the targets, and the hosts without one, that the filter leaves, in the order that is wanted.
	rows []*row
	// all are the rows in the order of the fleet, hidden ones included, and sorted says which of them rows are.
	all    []*row
	sorted []int32
	hidden int                     // by filter and problems-only
	by     map[collector.State]int // rows by state, shown and hidden
	// sections are the groups of the rows, and lines what stands on the screen's lines: headings, and the rows of what is
	// not folded. Both are nil where nothing is grouped: then the lines are the rows.
	sections []section
	lines    []lineRef
	// worst is what most needs a person, hidden or not, and problems how many rows need one.
	worst    complaint
	problems int
	// present says which columns have something to show, and the widths how wide the widest name and release are, the
	// latter in full and in short, and wide those of other columns of texts: of the whole fleet, so that a filter does not
	// move columns.
	present                    [columnCount]bool
	wide                       [columnCount]int
	idWidth                    int
	releaseWidth, releaseShort int
	// of is the lens that they were made through.
	of lens
}

// lineRef is what stands on a line: a row of a section, or its heading where row is negative.
type lineRef struct{ row, section int32 }

// project filters and sorts a fleet, ungrouped.
func project(f *collector.Fleet, flt query.Filter, problems bool, order ordering) projection {
	return lens{filter: flt, problems: problems, order: order}.project(f)
}

// lens is what the operator wants to see of the fleets that come.
type lens struct {
	filter   query.Filter
	problems bool
	order    ordering
	paused   bool
	number   int // tells it from what was wanted before
	folds    folds
	chosen   []columnID
	// before are the lines made last, of which is taken over what has not changed; nil for none. They are never written.
	before *projection
}

// lens is what is wanted now.
func (m *Model) lens() lens {
	before := m.projected
	return lens{m.filter, m.problems, m.order, !m.pausedAt.IsZero(), m.lenses, m.folds, m.chosen, &before}
}

// of makes the lines of a fleet that will be shown, nil while none is. It shares nothing with the model that changes.
func (l lens) of(f *collector.Fleet) *projection {
	if l.paused {
		return nil
	}
	p := l.project(f)
	return &p
}

// project makes the lines. It runs once per fleet and key, never while drawing.
func (l lens) project(f *collector.Fleet) projection {
	n := l.renew(f)
	p := projection{all: n.rows}
	p.measure(n.has, l.chosen)
	p.sorted = l.sort(&n)
	p.hidden = len(p.all) - len(p.sorted)
	p.rows = make([]*row, len(p.sorted))
	for i, at := range p.sorted {
		p.rows[i] = p.all[at]
	}
	if l.folds.by != ungrouped {
		p.group(f, &l)
	}
	l.before = nil // or all lines that ever were would be kept
	p.of = l
	return p
}

// measure sums up what the rows come to, and takes in what they have for the columns.
func (p *projection) measure(has columnSet, chosen []columnID) {
	p.by = map[collector.State]int{}
	state, n := collector.State(""), 0
	for _, r := range p.all {
		if r.state != state && n > 0 { // a fleet is in the order of its states, and maps are slow
			p.by[state] += n
			n = 0
		}
		state = r.state
		n++
		if r.problem {
			p.problems++
		}
		p.worst = p.worst.or(r)
		p.idWidth = max(p.idWidth, int(r.idWidth))
		p.releaseWidth, p.releaseShort = max(p.releaseWidth, int(r.releaseFull)), max(p.releaseShort, int(r.releaseShort))
	}
	if n > 0 {
		p.by[state] += n
	}
	if chosen == nil {
		chosen = luxuries[:]
	}
	for id := range columnCount {
		p.present[id] = has.with(id)
	}
	for _, id := range chosen {
		if fleetColumns[id].measured() && p.present[id] {
			p.wide[id] = p.widest(id)
		}
	}
}

// widest is how wide the widest text of a column is.
func (p *projection) widest(id columnID) int {
	widest := 0
	for _, r := range p.all {
		w := int(r.wide[id-firstWritten])
		if w == 0 && (r.has.with(id) || !r.looked.with(id) && r.having(1<<id) != 0) { // it was made when the column was not wanted
			w = fleetColumns[id].textWidth(r)
		}
		widest = max(widest, w)
	}
	return widest
}

// count is how many lines there are.
func (p *projection) count() int {
	if p.lines != nil {
		return len(p.lines)
	}
	return len(p.rows)
}

// at is what stands on a line: a row, or the heading of a section, for which there is none. The section is nil where nothing
// is grouped.
func (p *projection) at(line int) (*row, *section) {
	if p.lines == nil {
		return p.rows[line], nil
	}
	ref := p.lines[line]
	s := &p.sections[ref.section]
	if ref.row < 0 {
		return nil, s
	}
	return p.rows[ref.row], s
}

// index is the line of a target, the first where it has several; -1 where it has none.
func (p *projection) index(id collector.TargetID) int { return p.where(selected{id: id}) }

// where is the line of what is selected: in the section where it was selected, else wherever it is; -1 where it is not shown.
func (p *projection) where(c selected) int {
	switch {
	case c.heading:
		return slices.IndexFunc(p.lines, func(ref lineRef) bool { return ref.row < 0 && p.sections[ref.section].key == c.section })
	case c.id == "":
		return -1
	case p.lines == nil:
		return slices.IndexFunc(p.rows, func(r *row) bool { return r.id == c.id })
	}
	found := -1
	for i, ref := range p.lines {
		if ref.row < 0 || p.rows[ref.row].id != c.id {
			continue
		}
		if p.sections[ref.section].key == c.section {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// selecting is what is selected where the cursor is on a line.
func (p *projection) selecting(line int) selected {
	r, s := p.at(line)
	c := selected{index: line}
	if s != nil {
		c.section = s.key
	}
	if c.heading = r == nil; !c.heading {
		c.id = r.id
	}
	return c
}

// sameLines reports whether each line of p stands where it stands in q.
func (p *projection) sameLines(q *projection) bool {
	return slices.EqualFunc(p.rows, q.rows, func(a, b *row) bool { return a.id == b.id }) && slices.Equal(p.lines, q.lines) &&
		slices.EqualFunc(p.sections, q.sections, func(a, b section) bool { return a.key == b.key })
}
