package query

import (
	"cmp"
	"slices"
	"strings"
)

// Order is what rows are sorted by, the first key first. What is equal in all of them, and everything where there is none,
// is ordered by severity, whether it waits for a person, and then by id.
type Order []Key

// Key is a column to sort by: numbers from the largest on, texts from A, the other way around where it is reversed.
type Key struct {
	Column  *Column
	Reverse bool
}

// ParseOrder reads names of columns joined by commas, with - in front of those that are reversed. Its error is a *NameError.
func ParseOrder(s string) (Order, error) {
	var order Order
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(s, ",") {
		name, reverse := strings.CutPrefix(strings.TrimSpace(name), "-")
		c := Find(name)
		if c == nil {
			return nil, unknownColumn(name)
		}
		order = append(order, Key{c, reverse})
	}
	return order, nil
}

// By is the order by one column.
func By(id ID, reverse bool) Order { return Order{{Find(string(id)), reverse}} }

// Sort sorts whatever has a row.
func Sort[T any](items []T, row func(T) Row, order Order) {
	list := make([]entry[T], len(items))
	sorted := make([]*entry[T], len(items))
	for i, item := range items {
		list[i] = entryOf(item, row, order)
		sorted[i] = &list[i]
	}
	slices.SortFunc(sorted, func(a, b *entry[T]) int { return a.compare(b, order) })
	for i, e := range sorted {
		items[i] = e.item
	}
}

// entry is a row with what it is sorted by, worked out once.
type entry[T any] struct {
	item     T
	row      Row
	severity int
	first    Value
}

func entryOf[T any](item T, row func(T) Row, order Order) entry[T] {
	r := row(item)
	e := entry[T]{item: item, row: r, severity: r.Severity()}
	if len(order) > 0 {
		e.first = order[0].Column.Order(r)
	}
	return e
}

// compare orders two rows.
func (e *entry[T]) compare(f *entry[T], order Order) int {
	if len(order) > 0 {
		if c := order[0].compare(e.first, f.first); c != 0 {
			return c
		}
	}
	for _, k := range order[min(1, len(order)):] {
		if c := k.compare(k.Column.Order(e.row), k.Column.Order(f.row)); c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(e.severity, f.severity),
		cmp.Compare(f.row.asking(), e.row.asking()),
		Natural(string(e.row.ID()), string(f.row.ID())),
	)
}

// asking is 1 for a host that waits for a person.
func (r Row) asking() int {
	if r.Target == nil && r.Host != nil && r.Host.Waiting != "" {
		return 1
	}
	return 0
}

// compare orders two values; what is not known comes last, reversed or not.
func (k Key) compare(a, b Value) int {
	switch {
	case !a.Known || !b.Known:
		return cmp.Compare(unknownness(a), unknownness(b))
	case k.Reverse:
		a, b = b, a
	}
	return cmp.Or(cmp.Compare(b.Number, a.Number), Natural(a.Text, b.Text))
}

func unknownness(v Value) int {
	if v.Known {
		return 0
	}
	return 1
}

// Same reports whether two rows stand at the same place among others.
func (o Order) Same(a, b Row) bool {
	alike := a.Target != nil && b.Target != nil && a.Target.State == b.Target.State || a.Severity() == b.Severity()
	if !alike || a.ID() != b.ID() || a.asking() != b.asking() {
		return false
	}
	return !slices.ContainsFunc(o, func(k Key) bool { return k.Column.ID != State && k.Column.Order(a) != k.Column.Order(b) })
}

// Merge sorts items into those that are in the order already, and returns both.
func Merge[T any](sorted, items []T, row func(T) Row, order Order) []T {
	if len(items) == 0 {
		return sorted
	}
	Sort(items, row, order)
	merged := make([]T, 0, len(sorted)+len(items))
	next := entryOf(items[0], row, order)
	for _, item := range sorted {
		for e := entryOf(item, row, order); len(items) > 0 && next.compare(&e, order) < 0; {
			merged = append(merged, next.item)
			if items = items[1:]; len(items) > 0 {
				next = entryOf(items[0], row, order)
			}
		}
		merged = append(merged, item)
	}
	return append(merged, items...)
}
