package tui

import (
	"cmp"

	"pumatop/collector"
	"pumatop/collector/puma"
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

// column is one column of the fleet: heading, room, order and drawing all come from this table.
type column struct {
	title string
	// short is the heading where title does not fit.
	short string
	help  string
	a     align
	// least is the width below which the column is left out, want the width it gets before any luxury, most what
	// it grows to on a wide terminal.
	least, want, most int
	// rank orders the columns for when there is not room for all: 0 is never left out, the highest goes first.
	rank int
	// luxury columns appear only once the others have what they want.
	luxury bool
	// value orders numbers, largest first, and text names, from A; what has no value comes last either way.
	value func(*row) (float64, bool)
	text  func(*row) string
	has   func(*row) bool
	draw  func(*cells, *row, int)
}

// fleetColumns is the table. It is never changed.
var fleetColumns = [columnCount]column{
	colTarget: {
		title: "TARGET", help: "host and app", least: 8, want: 0, most: 0,
		text: func(r *row) string { return string(r.id) },
		has:  always, draw: (*cells).target,
	},
	colState: {
		title: "STATE", help: "what the target is doing, worst first", least: 11, want: 11, most: 14, rank: 10, luxury: true,
		value: func(r *row) (float64, bool) { return -float64(r.state.Severity()), true },
		has:   always, draw: (*cells).state,
	},
	colPhase: {
		title: "PHASE", help: "phased restarts since boot; hot only: none is possible there; phased?: not known", least: 11, want: 13, most: 18, rank: 1,
		value: func(r *row) (float64, bool) {
			return countValue(r, func(r *row) puma.Count { return r.target.Stats.Phase })
		},
		has: func(r *row) bool { return answered(r) }, draw: (*cells).phase,
	},
	colWorkers: {
		title: "WORKERS", short: "WRK", help: "worker processes; booted/wanted where some miss", least: 3, want: 7, most: 7, rank: 2, a: right,
		value: func(r *row) (float64, bool) { return float64(workersOf(r)), answered(r) },
		has:   answered, draw: (*cells).workers,
	},
	colThreads: {
		title: "THREADS", help: "threads in use of those the pools may have", least: 12, want: 20, most: 32,
		value: func(r *row) (float64, bool) {
			if r.target == nil {
				return 0, false
			}
			return r.target.Load.Utilisation()
		},
		has: answered, draw: (*cells).threads,
	},
	colBacklog: {
		title: "BACKLOG", help: "requests waiting: in Puma + in the kernel's listen queue", least: 7, want: 14, most: 22, a: right,
		value: func(r *row) (float64, bool) {
			return countValue(r, func(r *row) puma.Count { return r.target.Load.Backlog.Plus(r.target.Load.ListenQueue) })
		},
		has: answered, draw: (*cells).backlog,
	},
	colRequests: {
		title: "REQ/S", help: "requests begun per second", least: 6, want: 15, most: 28, rank: 4, a: right,
		value: func(r *row) (float64, bool) {
			if r.target == nil {
				return 0, false
			}
			return r.target.Load.Requests.PerSecond, r.target.Load.Requests.Known
		},
		has:  func(r *row) bool { return r.target != nil && r.target.Load.Requests.Known },
		draw: (*cells).requests,
	},
	colCPU: {
		title: "CPU", help: "of all workers, in percent of one core", least: 5, want: 5, most: 5, rank: 9, luxury: true, a: right,
		value: func(r *row) (float64, bool) { return cpuOf(r) },
		has:   func(r *row) bool { _, ok := cpuOf(r); return ok },
		draw:  (*cells).cpu,
	},
	colMemory: {
		title: "MEM", help: "of master and workers; ≤ where shared pages count for each", least: 5, want: 5, most: 5, rank: 6, a: right,
		value: func(r *row) (float64, bool) {
			return countValue(r, func(r *row) puma.Count { return r.target.Load.Memory })
		},
		has:  func(r *row) bool { return r.target != nil && r.target.Load.Memory.Known },
		draw: (*cells).memory,
	},
	colRelease: {
		title: "RELEASE", help: "the release that runs → the one that current points to", least: 14, want: 14, most: 0, rank: 3,
		text: func(r *row) string { return r.running },
		has:  func(r *row) bool { return r.running != "" },
		draw: (*cells).release,
	},
	colUp: {
		title: "UP", help: "since the master was executed", least: 6, want: 6, most: 6, rank: 5, a: right,
		value: func(r *row) (float64, bool) {
			if r.target == nil || r.target.Image.StartedAt.IsZero() {
				return 0, false
			}
			return -float64(r.target.Image.StartedAt.Unix()), true
		},
		has:  func(r *row) bool { return r.target != nil && !r.target.Image.StartedAt.IsZero() },
		draw: (*cells).up,
	},
	colPuma: {
		title: "PUMA", help: "Puma's version", least: 6, want: 6, most: 6, rank: 8, luxury: true,
		text: versionOf,
		has:  func(r *row) bool { return versionOf(r) != "" },
		draw: (*cells).version,
	},
	colLatency: {
		title: "RTT", help: "how long the newest answer took", least: 5, want: 5, most: 5, rank: 11, luxury: true, a: right,
		value: func(r *row) (float64, bool) {
			return latencyOf(r).Seconds(), latencyOf(r) > 0
		},
		has:  func(r *row) bool { return latencyOf(r) > 0 },
		draw: (*cells).latency,
	},
	colUnit: {
		title: "UNIT", help: "systemd unit", least: 12, want: 18, most: 30, rank: 12, luxury: true,
		text: unitOf,
		has:  func(r *row) bool { return unitOf(r) != "" },
		draw: (*cells).unit,
	},
}

func always(*row) bool { return true }

// answered reports whether the target has figures, old ones included. Those of a process that is gone are nobody's.
func answered(r *row) bool {
	return r.target != nil && !r.target.Answered.IsZero() && r.state != collector.NotRunning
}

func countValue(r *row, of func(*row) puma.Count) (float64, bool) {
	if r.target == nil {
		return 0, false
	}
	c := of(r)
	return float64(c.N), c.Known
}

// compareColumn orders two rows by a column; what has no value comes last, reversed or not.
func compareColumn(c *column, a, b *row, reverse bool) int {
	var order int
	switch {
	case c.value != nil:
		x, xKnown := c.value(a)
		y, yKnown := c.value(b)
		if !xKnown || !yKnown {
			return compareBool(yKnown, xKnown)
		}
		order = cmp.Compare(y, x)
	default:
		x, y := c.text(a), c.text(b)
		if x == "" || y == "" {
			return compareBool(y != "", x != "")
		}
		order = naturalCompare(x, y)
	}
	if reverse {
		return -order
	}
	return order
}

// compareBool puts false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// placed is a column at its place on the line.
type placed struct {
	id   columnID
	x, w int
}

// gap stands between two columns.
const gap = 2

// place chooses the columns for a line of width cells that begins at x, and their widths.
func place(x, width int, pr *projection) []placed {
	var w [columnCount]int
	total := -gap
	add := func(id columnID, n int) { w[id] = n; total += n + gap }
	var shown []columnID
	for id := range columnCount {
		if pr.present[id] && !fleetColumns[id].luxury {
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
	for _, id := range luxuries() {
		if n := fleetColumns[id].want; pr.present[id] && total+gap+n <= width {
			add(id, n)
		}
	}
	grow(pr.most, colTarget, colRelease)
	var line []placed
	for id := range columnCount {
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

// luxuries are the columns of a wide terminal, the first to be added first.
func luxuries() []columnID {
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
