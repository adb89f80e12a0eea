package query

import (
	"strconv"
	"strings"
)

// ID names a column in one word, which is Puma's or systemd's own where they have one.
type ID string

// The columns that others than this package name.
const (
	Target   ID = "target"
	State    ID = "state"
	Phase    ID = "phase"
	Workers  ID = "workers"
	Threads  ID = "threads"
	Backlog  ID = "backlog"
	Requests ID = "req/s"
	CPU      ID = "cpu"
	Memory   ID = "memory"
	Release  ID = "release"
	Up       ID = "up"
	Puma     ID = "puma"
	RTT      ID = "latency"
	Unit     ID = "unit"
	Reason   ID = "reason"
)

// Column is one column of the fleet.
type Column struct {
	ID   ID
	Help string
	Kind Kind
	// Words are what a column of the kind Word may hold.
	Words []string

	value func(Row) Value
	// order is what rows are sorted by, and compared what filters compare, where that is not value.
	order, compared func(Row) Value
	// cell writes what is known for people, where the kind does not do.
	cell func(Row, Value) string
	// has is for columns that say something of a row without a value.
	has func(Row) bool
}

// Title is the column's heading.
func (c *Column) Title() string { return strings.ToUpper(string(c.ID)) }

// Right reports whether cells are aligned to the right.
func (c *Column) Right() bool { return c.Kind.Numeric() }

// Value is what a row has in the column.
func (c *Column) Value(r Row) Value { return c.value(r) }

// Order is what a row is sorted by: numbers from the largest, texts from A.
func (c *Column) Order(r Row) Value {
	if c.order != nil {
		return c.order(r)
	}
	return c.value(r)
}

// comparison is what a filter compares.
func (c *Column) comparison(r Row) Value {
	if c.compared != nil {
		return c.compared(r)
	}
	return c.value(r)
}

// Has reports whether the column has something to say of a row.
func (c *Column) Has(r Row) bool {
	if c.has != nil {
		return c.has(r)
	}
	return c.value(r).Known
}

// Raw is a row's value for programs: no units, seconds, bytes, RFC 3339; empty where it is not known.
func (c *Column) Raw(r Row) string { return c.Kind.raw(c.value(r)) }

// Cell is a row's value for people; Unknown where it is not known.
func (c *Column) Cell(r Row) string {
	v := c.value(r)
	if c.cell != nil && c.Has(r) {
		return c.cell(r, v)
	}
	return c.Kind.cell(v)
}

// Columns are all columns, in the order in which CSV has them. New ones are added at the end. The table is never changed.
func Columns() []*Column { return columns[:] }

// Find is the column of that name, or one of its other names; nil where there is none.
func Find(name string) *Column {
	id := ID(strings.ToLower(name))
	if other, known := otherNames[id]; known {
		id = other
	}
	for _, c := range columns {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// otherNames are what people call columns too.
var otherNames = map[ID]ID{
	"mem": Memory, "rtt": RTT, "version": Puma, "groups": "group", "uptime": Up, "utilisation": "busy", "rps": Requests, "req": Requests, "id": Target,
}

// TableColumns are those of a table for people.
func TableColumns() []*Column {
	return named(Target, State, Puma, Phase, "phased", Workers, Threads, Backlog, "queue", Memory, Release)
}

func named(ids ...ID) []*Column {
	list := make([]*Column, 0, len(ids))
	for _, id := range ids {
		list = append(list, Find(string(id)))
	}
	return list
}

// WideColumns are those that one of the rows has something in.
func WideColumns(rows []Row) []*Column {
	var list []*Column
	for _, c := range columns {
		for _, r := range rows {
			if c.Has(r) {
				list = append(list, c)
				break
			}
		}
	}
	return list
}

// ParseColumns reads names joined by commas; its error is a *NameError.
func ParseColumns(names ...string) ([]*Column, error) {
	var list []*Column
	for _, name := range strings.Split(strings.Join(names, ","), ",") {
		name = strings.TrimSpace(name)
		c := Find(name)
		if c == nil {
			return nil, unknownColumn(name)
		}
		list = append(list, c)
	}
	return list, nil
}

// fraction is n/of, both as counts.
func fraction(n, of string) string { return n + "/" + of }

func itoa(n int) string { return strconv.Itoa(n) }
