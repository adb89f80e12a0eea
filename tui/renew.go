package tui

import (
	"math/bits"
	"slices"

	"pumatop/collector"
	"pumatop/collector/query"
)

// A snapshot never changes, so neither does its row: of a thousand targets a fifth have another one in the next fleet, and
// the others' rows are taken over from the lines made last. What a row owes to others, how it stands to the rest of its app, is
// looked at again where a change may have changed it.

// renewal is the rows of a fleet, and what became of those made last.
type renewal struct {
	rows []*row
	// next is where the rows made last are now, -1 for those that are gone; nil where there are none.
	next []int32
	// made are the rows that were not taken over.
	made []madeRow
	// kinds is whether something of which the rest of an app is judged may have changed.
	kinds bool
	// has are the columns that have something to say of a row.
	has columnSet
}

// madeRow is a row that was made anew, at its place in the fleet, and the one that it takes the place of; nil for none.
type madeRow struct {
	at  int32
	was *row
}

// renew makes the rows of a fleet, in its order.
func (l *lens) renew(f *collector.Fleet) renewal {
	n := renewal{rows: make([]*row, 0, len(f.Targets)+idle(f))}
	old := l.lookup(&n)
	for _, s := range f.Targets {
		was := old.take(s.ID, len(n.rows))
		if was != nil && was.target == s {
			n.rows = append(n.rows, was)
			continue
		}
		r := targetRow(s)
		n.add(l.finished(r, was), was)
	}
	for i := range f.Hosts {
		if h := &f.Hosts[i]; h.Pumas == 0 {
			was := old.take(collector.TargetID(h.Name), len(n.rows))
			n.add(l.finished(hostRow(h), was), was)
		}
	}
	n.look()
	if n.kinds || old.left() {
		markOdd(n.rows)
	}
	return n
}

// idle is how many hosts have no target.
func idle(f *collector.Fleet) int {
	n := 0
	for i := range f.Hosts {
		if f.Hosts[i].Pumas == 0 {
			n++
		}
	}
	return n
}

// add puts in a row that was made anew.
func (n *renewal) add(r, was *row) {
	n.made = append(n.made, madeRow{at: int32(len(n.rows)), was: was})
	n.rows = append(n.rows, r)
	n.kinds = n.kinds || was == nil || !r.sameKinds(was)
}

// sameKinds reports whether the rest of the app is judged by the same of both.
func (r *row) sameKinds(was *row) bool {
	switch {
	case r.target == nil || was.target == nil:
		return r.target == was.target
	case r.target.App != was.target.App || versionOf(r) != versionOf(was):
		return false
	}
	return r.running == was.running && r.oldCode() == was.oldCode()
}

// finished is a row with its measures. Until markOdd knows better it stands out as the one before it.
func (l *lens) finished(made row, was *row) *row {
	r := &made
	if was != nil && made.target != nil {
		r.odd = was.odd
	}
	r.problem = r.isProblem()
	r.weight, r.much = r.heft()
	r.idWidth = uint16(min(textWidth(string(r.id)), maxWidth))
	r.measureRelease()
	chosen := l.chosen
	if chosen == nil {
		chosen = luxuries[:]
	}
	for _, id := range chosen {
		c := &fleetColumns[id]
		if !c.measured() {
			continue
		}
		if r.look(1 << id); r.has.with(id) {
			r.wide[id-firstWritten] = uint8(min(c.textWidth(r), 255))
		}
	}
	r.kept, r.lens = l.keeps(r), int32(l.number)
	return r
}

// look finds the columns that have something to show: one row that has it will do.
func (n *renewal) look() {
	for _, r := range n.rows {
		n.has |= r.has
	}
	for _, made := range n.made {
		r := n.rows[made.at]
		r.look(everyOne &^ n.has)
		n.has |= r.has
	}
	for _, r := range n.rows { // those taken over were looked at for what nobody had when they were made
		if rest := everyOne &^ (n.has | r.looked); rest != 0 {
			n.has |= r.having(rest)
		}
	}
}

// look looks at a row for columns; it must not be among lines yet.
func (r *row) look(columns columnSet) {
	r.has |= r.having(columns &^ r.looked)
	r.looked |= columns
}

// having are those of the columns that have something to say of it.
func (r *row) having(columns columnSet) (has columnSet) {
	q := r.query()
	for ; columns != 0; columns &= columns - 1 {
		if id := columnID(bits.TrailingZeros64(uint64(columns))); fleetColumns[id].Has(q) {
			has |= 1 << id
		}
	}
	return has
}

// maxWidth is the widest that is told apart.
const maxWidth = 1<<16 - 1

// measureRelease takes in how wide its release is, which depends on how it stands out.
func (r *row) measureRelease() {
	full, short := r.releaseWidth()
	r.releaseFull, r.releaseShort = uint16(min(full, maxWidth)), uint16(min(short, maxWidth))
}

// keeps reports whether the lens leaves a row.
func (l *lens) keeps(r *row) bool {
	return (!l.problems || r.problem) && l.filter.Match(r.query())
}

// stillKeeps is keeps from what has been worked out already.
func (l *lens) stillKeeps(r *row) bool {
	if int(r.lens) == l.number {
		return r.kept
	}
	return l.keeps(r)
}

// sort says which of the rows the lens leaves, in the order that is wanted. In the order made last only what other keys have
// now changes its place.
func (l *lens) sort(n *renewal) []int32 {
	order := l.order.order()
	at := func(i int32) query.Row { return n.rows[i].query() }
	if l.before == nil || l.before.of.number != l.number {
		kept := make([]int32, 0, len(n.rows))
		for i, r := range n.rows {
			if l.stillKeeps(r) {
				kept = append(kept, int32(i))
			}
		}
		query.Sort(kept, at, order)
		return kept
	}
	moved := n.moved(l, order)
	stay := make([]int32, 0, len(n.rows))
	for _, i := range l.before.sorted {
		if next := n.next[i]; next >= 0 && !moved.has(next) {
			stay = append(stay, next)
		}
	}
	return query.Merge(stay, moved.places, at, order)
}

// moved are the rows that have to be put in their place.
type moved struct {
	places []int32
	set    []uint64
}

func (m *moved) has(i int32) bool { return m.set != nil && m.set[i/64]&(1<<(i%64)) != 0 }

// moved finds the rows whose place in the order may be another than that of the row before, and leaves in it those of which the
// filter wants nothing any more.
func (n *renewal) moved(l *lens, order query.Order) *moved {
	m := &moved{}
	for _, made := range n.made {
		r := n.rows[made.at]
		was := made.was != nil && l.before.of.stillKeeps(made.was)
		if was == r.kept && (!r.kept || order.Same(r.query(), made.was.query())) {
			continue
		}
		if m.set == nil {
			m.set = make([]uint64, len(n.rows)/64+1)
		}
		m.set[made.at/64] |= 1 << (made.at % 64)
		if r.kept {
			m.places = append(m.places, made.at)
		}
	}
	return m
}

// lookup finds the rows made last by their ids, the fastest where they are in the order of the fleet.
type lookup struct {
	rows  []*row
	next  []int32
	at    int // the row that is expected next
	taken int
	ids   map[collector.TargetID]int32
}

func (l *lens) lookup(n *renewal) lookup {
	if l.before == nil {
		return lookup{}
	}
	n.next = slices.Repeat([]int32{-1}, len(l.before.all))
	return lookup{rows: l.before.all, next: n.next}
}

// take is the row of an id, which is at a place now; nil where there is none that has not been taken yet.
func (o *lookup) take(id collector.TargetID, place int) *row {
	if o.at >= len(o.rows) || o.rows[o.at].id != id {
		at, known := o.place(id)
		if !known {
			return nil
		}
		o.at = at
	}
	at := o.at
	if o.next[at] >= 0 {
		return nil
	}
	o.next[at] = int32(place)
	o.at++
	o.taken++
	return o.rows[at]
}

// place is where the row of an id was.
func (o *lookup) place(id collector.TargetID) (int, bool) {
	if len(o.rows) == 0 {
		return 0, false
	}
	if o.ids == nil {
		o.ids = make(map[collector.TargetID]int32, len(o.rows))
		for i, r := range o.rows {
			o.ids[r.id] = int32(i)
		}
	}
	at, known := o.ids[id]
	return int(at), known
}

// left reports whether rows are gone.
func (o *lookup) left() bool { return o.taken < len(o.rows) }

// columnSet is some of the columns.
type columnSet uint64

// everyOne is all of them.
const everyOne columnSet = 1<<columnCount - 1

func (s columnSet) with(id columnID) bool { return s&(1<<id) != 0 }

// textWidth is how wide a row's text is in a measured column.
func (c *column) textWidth(r *row) int { return textWidth(c.Cell(r.query())) }
