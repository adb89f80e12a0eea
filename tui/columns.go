package tui

import (
	"slices"

	"pumatop/collector/query"
)

// columnID names a column of the fleet.
type columnID uint8

// The columns, from left to right.
const (
	colTarget columnID = iota
	colState
	colPhase
	colWorkers
	colThreads
	colBacklog
	colRequests
	colCPU
	colMemory
	colRelease
	colUp
	colPuma
	colLatency
	colUnit
	columnCount
)

// column is how a column of package query is drawn: what it is called, holds and is sorted by is said there.
type column struct {
	*query.Column
	// short is the heading where the title does not fit.
	short string
	// says is what the drawing adds to the column's help.
	says string
	a    align
	// least is the width below which the column is left out, want the width it gets before any luxury, most what
	// it grows to on a wide terminal.
	least, want, most int
	// rank orders the columns for when there is not room for all: 0 is never left out, the highest goes first.
	rank int
	// luxury columns appear only once the others have what they want.
	luxury bool
	draw   func(*cells, *row, int)
}

// fleetColumns is the table. It is never changed.
var fleetColumns = [columnCount]column{
	colTarget: {Column: named(query.Target), least: 8, want: 0, most: 0, draw: (*cells).target},
	colState:  {Column: named(query.State), least: 11, want: 11, most: 14, rank: 10, luxury: true, draw: (*cells).state},
	colPhase: {
		Column: named(query.Phase), says: "; hot only: none is possible there; phased?: not known", least: 11, want: 13, most: 18, rank: 1,
		draw: (*cells).phase,
	},
	colWorkers:  {Column: named(query.Workers), short: "WRK", says: "; booted/wanted where some miss", least: 3, want: 7, most: 7, rank: 2, a: right, draw: (*cells).workers},
	colThreads:  {Column: named(query.Threads), least: 12, want: 20, most: 32, draw: (*cells).threads},
	colBacklog:  {Column: named(query.Backlog), least: 7, want: 14, most: 22, a: right, draw: (*cells).backlog},
	colRequests: {Column: named(query.Requests), least: 6, want: 15, most: 28, rank: 4, a: right, draw: (*cells).requests},
	colCPU:      {Column: named(query.CPU), least: 5, want: 5, most: 5, rank: 9, luxury: true, a: right, draw: (*cells).cpu},
	colMemory:   {Column: named(query.Memory), short: "MEM", says: "; ≤ where shared pages count for each", least: 5, want: 5, most: 5, rank: 6, a: right, draw: (*cells).memory},
	colRelease:  {Column: named(query.Release), says: " → the one that current points to", least: 14, want: 14, most: 0, rank: 3, draw: (*cells).release},
	colUp:       {Column: named(query.Up), least: 6, want: 6, most: 6, rank: 5, a: right, draw: (*cells).up},
	colPuma:     {Column: named(query.Puma), least: 6, want: 6, most: 6, rank: 8, luxury: true, draw: (*cells).version},
	colLatency:  {Column: named(query.RTT), short: "RTT", least: 5, want: 5, most: 5, rank: 11, luxury: true, a: right, draw: (*cells).latency},
	colUnit:     {Column: named(query.Unit), least: 12, want: 18, most: 30, rank: 12, luxury: true, draw: (*cells).unit},
}

func named(id query.ID) *query.Column { return query.Find(string(id)) }

// titles are the columns' headings.
func titles() (list [columnCount]string) {
	for id := range fleetColumns {
		list[id] = fleetColumns[id].Title()
	}
	return list
}

// help says what the column shows.
func (c *column) help() string { return c.Help + c.says }

// answered reports whether the target has figures, old ones included. Those of a process that is gone are nobody's.
func answered(r *row) bool { return r.query().Answered() }

// placed is a column at its place on the line.
type placed struct {
	id   columnID
	x, w int
}

// gap stands between two columns.
const gap = 2

// chosenColumns are the columns of a choice that the screen can draw, in its order; the target's name is always the first.
func chosenColumns(choice []*query.Column) []columnID {
	if len(choice) == 0 {
		return nil
	}
	columns := []columnID{colTarget}
	for _, c := range choice {
		for id := range columnCount {
			if fleetColumns[id].ID == c.ID && !slices.Contains(columns, id) {
				columns = append(columns, id)
			}
		}
	}
	return columns
}

// everyColumn is all of them in their own order.
func everyColumn() []columnID {
	columns := make([]columnID, columnCount)
	for id := range columns {
		columns[id] = columnID(id)
	}
	return columns
}

// place chooses the columns for a line of width cells that begins at x, and their widths: those of the operator's choice, else
// all that there is room for.
func place(x, width int, pr *projection, choice []columnID) []placed {
	var w [columnCount]int
	total := -gap
	add := func(id columnID, n int) { w[id] = n; total += n + gap }
	order := choice
	if order == nil {
		order = everyColumn()
	}
	var shown []columnID
	for _, id := range order {
		if pr.present[id] && (choice != nil || !fleetColumns[id].luxury) {
			shown = append(shown, id)
			add(id, pr.least(id, width))
		}
	}
	for total > width {
		worst := worstRank(shown, &w)
		if fleetColumns[worst].rank == 0 {
			break
		}
		total -= w[worst] + gap
		w[worst] = 0
	}
	grow := func(limit func(columnID) int, first ...columnID) {
		for id := range columnCount {
			first = append(first, id)
		}
		for _, id := range first {
			if n := min(limit(id)-w[id], width-total); w[id] > 0 && n > 0 {
				w[id] += n
				total += n
			}
		}
	}
	grow(pr.want, colTarget, colRelease)
	for _, id := range luxuries(choice) {
		if n := fleetColumns[id].want; pr.present[id] && total+gap+n <= width {
			add(id, n)
		}
	}
	grow(pr.most, colTarget, colRelease)
	return lineUp(order, &w, x)
}

// lineUp puts the columns that have a width beside one another.
func lineUp(order []columnID, w *[columnCount]int, x int) []placed {
	var line []placed
	for _, id := range order {
		if w[id] > 0 {
			line = append(line, placed{id: id, x: x, w: w[id]})
			x += w[id] + gap
		}
	}
	return line
}

func worstRank(shown []columnID, w *[columnCount]int) columnID {
	worst := colTarget
	for _, id := range shown {
		if w[id] > 0 && fleetColumns[id].rank >= fleetColumns[worst].rank {
			worst = id
		}
	}
	return worst
}

// luxuries are the columns of a wide terminal, the first to be added first. Whoever chooses has none but those.
func luxuries(choice []columnID) []columnID {
	if choice != nil {
		return nil
	}
	return []columnID{colPuma, colCPU, colState, colLatency, colUnit}
}

// nameWidth bounds the column of names: half the line at most.
func (p *projection) nameWidth(width int) int {
	return max(min(p.idWidth, width/2, 44), fleetColumns[colTarget].least)
}

func (p *projection) least(id columnID, width int) int {
	if id == colTarget {
		return min(p.nameWidth(width), max(fleetColumns[id].least, width/5))
	}
	return fleetColumns[id].least
}

func (p *projection) want(id columnID) int {
	switch id {
	case colTarget:
		return p.nameWidth(1 << 10)
	case colRelease:
		return min(p.releaseShort, 24)
	}
	return fleetColumns[id].want
}

func (p *projection) most(id columnID) int {
	switch id {
	case colTarget:
		return p.nameWidth(1 << 10)
	case colRelease:
		return min(p.releaseWidth, 48)
	}
	return fleetColumns[id].most
}
