package tui

import (
	"slices"

	"pumatop/collector/query"
)

// columnID names a column of the fleet.
type columnID uint8

// The columns, from left to right: those that are drawn in a way of their own, then those that are drawn as package query
// writes them, which has them all.
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
	colGroup
	colRuby
	colRevision
	colHost
	colApp
	colPhased
	colMode
	colBooted
	colOld
	colMissing
	colMax
	colBusy
	colQueue
	colCurrent
	colStarted
	colPID
	colUser
	colScope
	colContainer
	colAge
	colReason
	colRemedy
	columnCount
	noColumn = columnCount
	// firstWritten is the first of those that are drawn as package query writes them.
	firstWritten = colGroup
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
	// draw is nil for what is written as package query writes it.
	draw func(*cells, *row, int)
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
	colRelease:  {Column: named(query.Release), says: " → the one that current points to" + oddHelp, least: 14, want: 14, most: 0, rank: 3, draw: (*cells).release},
	colUp:       {Column: named(query.Up), least: 6, want: 6, most: 6, rank: 5, a: right, draw: (*cells).up},
	colPuma:     {Column: named(query.Puma), says: oddHelp, least: 6, want: 6, most: 13, rank: 8, luxury: true, draw: (*cells).version},
	colLatency:  {Column: named(query.RTT), short: "RTT", least: 5, want: 5, most: 5, rank: 11, luxury: true, a: right, draw: (*cells).latency},
	colUnit:     {Column: named(query.Unit), least: 12, want: 18, most: 30, rank: 12, luxury: true, draw: (*cells).unit},

	colGroup:     written("group", 6, 30),
	colRuby:      written("ruby", 8, 20),
	colRevision:  written("revision", 8, 12),
	colHost:      written("host", 8, 40),
	colApp:       written("app", 6, 30),
	colPhased:    written("phased", 6, 7),
	colMode:      written("mode", 7, 7),
	colBooted:    written("booted", 6, 6),
	colOld:       written("old", 3, 5),
	colMissing:   written("missing", 7, 7),
	colMax:       written("max", 4, 6),
	colBusy:      written("busy", 5, 5),
	colQueue:     written("queue", 5, 7),
	colCurrent:   written("current", 14, 40),
	colStarted:   written("started", 20, 20),
	colPID:       written("pid", 7, 7),
	colUser:      written("user", 6, 20),
	colScope:     written("scope", 6, 7),
	colContainer: written("container", 12, 40),
	colAge:       written("age", 6, 6),
	colReason:    written(query.Reason, 12, 60),
	colRemedy:    written("remedy", 12, 60),
}

// written is a column that is drawn as package query writes it, at least so wide, and no wider than most however long its
// texts are.
func written(id query.ID, least, most int) column {
	c := column{Column: named(id), least: least, want: least, most: most, rank: 13, luxury: true}
	if c.Right() {
		c.a = right
	}
	return c
}

func named(id query.ID) *query.Column { return query.Find(string(id)) }

// oddHelp is what the signs for what stands out mean.
const oddHelp = "; ≠ not what most of its app have, ± mixed"

// columnNamed is a column by its name; noColumn for none.
func columnNamed(id query.ID) columnID {
	for i := range fleetColumns {
		if fleetColumns[i].ID == id {
			return columnID(i)
		}
	}
	return noColumn
}

// luxuries are the columns of a wide terminal, the first to be added first, of which those from the first written one on have to
// be looked at for how wide they are. Whoever chooses has none but those.
var luxuries = [...]columnID{colPuma, colCPU, colState, colLatency, colUnit, colGroup, colRuby, colRevision}

// measured reports whether the column's texts decide how wide it is.
func (c *column) measured() bool { return c.draw == nil && !c.Kind.Numeric() }

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

// chosenColumns are the columns of a choice, in its order; the target's name is always the first. It is nil for no choice.
func chosenColumns(choice []*query.Column) []columnID {
	if len(choice) == 0 {
		return nil
	}
	columns := []columnID{colTarget}
	for _, c := range choice {
		if id := columnNamed(c.ID); !slices.Contains(columns, id) {
			columns = append(columns, id)
		}
	}
	return columns
}

// everyColumn is all of them in their own order.
func everyColumn() []columnID {
	columns := make([]columnID, len(fleetColumns))
	for id := range columns {
		columns[id] = columnID(id)
	}
	return columns
}

// widths are those of the columns of a line, 0 for what is left out.
type widths [columnCount]int

// place chooses the columns for a line of width cells that begins at x, and their widths: those of the operator's choice, else
// all that there is room for. Of a choice the last ones are left out where there is not room for all.
func place(x, width int, pr *projection, choice []columnID) []placed {
	var w widths
	total := -gap
	add := func(id columnID, n int) { w[id] = n; total += n + gap }
	order := choice
	if order == nil {
		order = everyColumn()
	}
	shown := make([]columnID, 0, columnCount)
	for _, id := range order {
		if pr.present[id] && (choice != nil || !fleetColumns[id].luxury) {
			shown = append(shown, id)
			add(id, pr.least(id, width))
		}
	}
	total = w.fit(total, width, shown, choice != nil)
	total += w.grow(pr.want, width-total)
	for _, id := range luxuries {
		if n := pr.want(id); choice == nil && pr.present[id] && total+gap+n <= width {
			add(id, n)
		}
	}
	w.grow(pr.most, width-total)
	return lineUp(order, &w, x)
}

// fit leaves columns out until those that are shown take no more than width: the last of a choice, else the least important. It
// returns what they take.
func (w *widths) fit(total, width int, shown []columnID, chosen bool) int {
	for total > width && len(shown) > 0 {
		out := worstRank(shown, w)
		if chosen {
			out, shown = shown[len(shown)-1], shown[:len(shown)-1]
		}
		if out == colTarget || !chosen && fleetColumns[out].rank == 0 {
			break
		}
		total -= w[out] + gap
		w[out] = 0
	}
	return total
}

// grow gives columns up to room cells more, but none more than its limit, and tells how many; names and releases come first.
func (w *widths) grow(limit func(columnID) int, room int) int {
	given := 0
	give := func(id columnID) {
		if n := min(limit(id)-w[id], room-given); w[id] > 0 && n > 0 {
			w[id] += n
			given += n
		}
	}
	give(colTarget)
	give(colRelease)
	for id := range columnCount {
		give(id)
	}
	return given
}

// lineUp puts the columns that have a width beside one another.
func lineUp(order []columnID, w *widths, x int) []placed {
	line := make([]placed, 0, len(order))
	for _, id := range order {
		if w[id] > 0 {
			line = append(line, placed{id: id, x: x, w: w[id]})
			x += w[id] + gap
		}
	}
	return line
}

func worstRank(shown []columnID, w *widths) columnID {
	worst := colTarget
	for _, id := range shown {
		if w[id] > 0 && fleetColumns[id].rank >= fleetColumns[worst].rank {
			worst = id
		}
	}
	return worst
}

// nameWidth bounds the column of names: half the line at most.
func (p *projection) nameWidth(width int) int {
	return max(min(p.idWidth, width/2, 44), fleetColumns[colTarget].least)
}

func (p *projection) least(id columnID, width int) int {
	if id == colTarget {
		return min(p.nameWidth(width), max(fleetColumns[id].least, width/5))
	}
	if id == colRelease {
		return min(max(p.releaseShort, fleetColumns[id].least), leastText+1)
	}
	return fleetColumns[id].least
}

// leastText is what a column of texts is left before others go.
const leastText = 14

func (p *projection) want(id columnID) int {
	switch id {
	case colTarget:
		return p.nameWidth(1 << 10)
	case colRelease:
		return min(p.releaseShort, 24)
	}
	return max(fleetColumns[id].want, min(p.wide[id], fleetColumns[id].most))
}

func (p *projection) most(id columnID) int {
	switch id {
	case colTarget:
		return p.nameWidth(1 << 10)
	case colRelease:
		return min(p.releaseWidth, 48)
	}
	if fleetColumns[id].measured() {
		return max(fleetColumns[id].want, min(p.wide[id], fleetColumns[id].most))
	}
	return fleetColumns[id].most
}
