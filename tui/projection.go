package tui

import (
	"slices"

	"pumatop/collector"
	"pumatop/collector/query"
)

// projection is what the fleet screen shows of a fleet.
type projection struct {
	// rows are the targets, and the hosts without one, that the filter leaves, in the order that is wanted.
	rows   []row
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
}

// lens is what is wanted now.
func (m *Model) lens() lens {
	return lens{m.filter, m.problems, m.order, !m.pausedAt.IsZero(), m.lenses, m.folds, m.chosen}
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
	p := projection{by: map[collector.State]int{}}
	rows := rowsOf(f)
	markOdd(rows)
	kept := make([]*row, 0, len(rows)) // a row is long, and sorting moves much
	for i := range rows {
		r := &rows[i]
		p.measure(r, l.chosen)
		problem := r.problem()
		if problem {
			p.problems++
		}
		p.worst = p.worst.or(r)
		if (!l.problems || problem) && l.filter.Match(r.query()) {
			kept = append(kept, r)
		}
	}
	p.hidden = len(rows) - len(kept)
	query.Sort(kept, (*row).query, l.order.order())
	p.rows = make([]row, 0, len(kept))
	for _, r := range kept {
		p.rows = append(p.rows, *r)
	}
	if l.folds.by != ungrouped {
		p.group(f, rows, l)
	}
	return p
}

// measure takes in what a row has for the columns.
func (p *projection) measure(r *row, chosen []columnID) {
	p.by[r.state]++
	p.idWidth = max(p.idWidth, textWidth(string(r.id)))
	full, short := r.releaseWidth()
	p.releaseWidth, p.releaseShort = max(p.releaseWidth, full), max(p.releaseShort, short)
	q := r.query()
	for id := range fleetColumns {
		if !p.present[id] && fleetColumns[id].Has(q) {
			p.present[id] = true
		}
	}
	if chosen == nil {
		chosen = luxuries[:]
	}
	for _, id := range chosen {
		if fleetColumns[id].measured() && p.present[id] {
			p.wide[id] = max(p.wide[id], textWidth(fleetColumns[id].Cell(q)))
		}
	}
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
		return &p.rows[line], nil
	}
	ref := p.lines[line]
	s := &p.sections[ref.section]
	if ref.row < 0 {
		return nil, s
	}
	return &p.rows[ref.row], s
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
		return slices.IndexFunc(p.rows, func(r row) bool { return r.id == c.id })
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
	return slices.EqualFunc(p.rows, q.rows, func(a, b row) bool { return a.id == b.id }) && slices.Equal(p.lines, q.lines) &&
		slices.EqualFunc(p.sections, q.sections, func(a, b section) bool { return a.key == b.key })
}
