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
		r := row(item)
		list[i] = entry[T]{item: item, row: r, severity: r.Severity()}
		list[i].more = order[min(1, len(order)):]
		if len(order) > 0 {
			list[i].first = order[0].Column.Order(r)
		}
		sorted[i] = &list[i]
	}
	slices.SortFunc(sorted, func(a, b *entry[T]) int {
		if len(order) > 0 {
			if c := order[0].compare(a.first, b.first); c != 0 {
				return c
			}
		}
		return a.compare(b)
	})
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
	more     Order
}

// compare orders what is equal in the first key.
func (e *entry[T]) compare(f *entry[T]) int {
	for _, k := range e.more {
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
