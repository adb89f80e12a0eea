package tui

import (
	"math"
	"slices"
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// workerColumn is a column of the workers' table.
type workerColumn struct {
	title string
	width int
	a     align
	// rank is as in the fleet: 0 stays, the highest goes first.
	rank int
	has  func(*collector.Worker) bool
	draw func(c *workerCells, w *collector.Worker, width int)
}

// workerCells draws the columns of one worker.
type workerCells struct {
	*pen
	s      *collector.Snapshot
	figure token
	// elapsed is how long ago the snapshot was made: ages have grown by that.
	elapsed time.Duration
	now     time.Time
}

// workerColumns is the table of a worker, from left to right.
func workerColumns() []workerColumn {
	return []workerColumn{
		{title: "#", width: 3, a: right, draw: func(c *workerCells, w *collector.Worker, n int) {
			c.cell(tDim, strconv.Itoa(w.Index), n, right)
		}},
		{title: "PID", width: 7, a: right, has: func(w *collector.Worker) bool { return w.PID != 0 },
			draw: func(c *workerCells, w *collector.Worker, n int) { c.cell(c.figure, pidText(w.PID), n, right) }},
		{title: "PHASE", width: 5, a: right, rank: 3, draw: (*workerCells).phase},
		{title: "STATE", width: 8, rank: 1, draw: (*workerCells).state},
		{title: "THREADS", width: 18, draw: (*workerCells).threads},
		{title: "RUNNING", width: 7, a: right, rank: 8, has: func(w *collector.Worker) bool { return w.Pool.Running.Known },
			draw: func(c *workerCells, w *collector.Worker, n int) { c.count(w.Pool.Running.Count(), n) }},
		{title: "CAP", width: 4, a: right, rank: 9, has: func(w *collector.Worker) bool { return w.Pool.PoolCapacity.Known },
			draw: func(c *workerCells, w *collector.Worker, n int) { c.count(w.Pool.PoolCapacity.Count(), n) }},
		{title: "BACKLOG", width: 7, a: right, rank: 2, draw: (*workerCells).backlog},
		{title: "REQUESTS", width: 11, a: right, rank: 10, has: func(w *collector.Worker) bool { return w.Pool.RequestsCount.Known },
			draw: (*workerCells).requests},
		{title: "REQ/S", width: 7, a: right, rank: 3, has: func(w *collector.Worker) bool { return w.Requests.Known },
			draw: func(c *workerCells, w *collector.Worker, n int) { c.cell(c.figure, rate(w.Requests), n, right) }},
		{title: "CPU", width: 5, a: right, rank: 5, has: func(w *collector.Worker) bool { return w.CPU.Known }, draw: (*workerCells).cpu},
		{title: "MEM", width: 5, a: right, rank: 4, has: func(w *collector.Worker) bool { return w.Memory.Known }, draw: (*workerCells).memory},
		{title: "OLDEST", width: 6, a: right, rank: 2, has: func(w *collector.Worker) bool { return !w.Pool.OldestRequestStart.IsZero() },
			draw: (*workerCells).oldest},
		{title: "CHECK-IN", width: 8, a: right, rank: 6, has: func(w *collector.Worker) bool { return w.Age >= 0 }, draw: (*workerCells).checkin},
		{title: "UP", width: 7, a: right, rank: 7, has: func(w *collector.Worker) bool { return w.Uptime >= 0 }, draw: (*workerCells).uptime},
		{title: "RELEASE", width: 16, rank: 11, has: func(w *collector.Worker) bool { return w.Release != "" }, draw: (*workerCells).release},
	}
}

// drawWorkers draws the heading and the workers in sight, in height lines with their hairline.
func (m *Model) drawWorkers(p *pen, s *collector.Snapshot, height int) {
	rows := max(height-2, 0)
	chosen := m.workerRow(s)
	if chosen >= 0 {
		m.scroll = max(min(m.scroll, chosen), chosen-rows+1)
	}
	m.scroll = max(min(m.scroll, len(s.Workers)-rows), 0)
	var end line
	if len(s.Workers) > rows {
		end = line{{tDim, strconv.Itoa(m.scroll+1) + "–" + strconv.Itoa(m.scroll+rows) + " of "}, {tFigure, plural(len(s.Workers), "worker")}}
	}
	p.hairline(nil, end)
	if height < 2 {
		return
	}
	columns, widths := m.workerPlaces(s)
	p.space(margin)
	for i, c := range columns {
		if widths[i] > 0 {
			p.cell(tDim, c.title, widths[i], c.a)
			p.space(gap)
		}
	}
	p.end()
	c := workerCells{pen: p, s: s, figure: tFigure, elapsed: max(m.now.Sub(s.At), 0), now: m.now}
	if s.State == collector.Stale || s.State == collector.Unreachable || !s.Fresh() {
		c.figure = tDim
	}
	for i := range rows {
		if at := m.scroll + i; at < len(s.Workers) {
			m.leadLine(p, at == chosen)
			for j, col := range columns {
				if widths[j] > 0 {
					col.draw(&c, &s.Workers[at], widths[j])
					p.space(gap)
				}
			}
		}
		p.end()
	}
}

// noWorker is the cursor of a target's workers that nobody has moved: it rests on the first.
const noWorker = -1

// workerRow is the line of the worker that the cursor is on; -1 where there is none to choose from, or it is gone.
func (m *Model) workerRow(s *collector.Snapshot) int {
	switch {
	case len(s.Workers) == 0 || s.Stats.Mode == puma.Single:
		return -1
	case m.worker == noWorker:
		return 0
	}
	return slices.IndexFunc(s.Workers, func(w collector.Worker) bool { return w.Index == m.worker })
}

// currentWorker is the index of the worker that the cursor is on; noWorker elsewhere than on the screen of a target.
func (m *Model) currentWorker() int {
	if m.screen != targetScreen {
		return noWorker
	}
	if s := find(&m.fleet.shown, m.open); s != nil {
		if row := m.workerRow(s); row >= 0 {
			return s.Workers[row].Index
		}
	}
	return noWorker
}

// moveWorker moves the cursor by n workers; from a worker that is gone it goes to the first.
func (m *Model) moveWorker(n int) {
	s := find(&m.fleet.shown, m.open)
	if s == nil || len(s.Workers) == 0 {
		return
	}
	row := m.workerRow(s)
	if row < 0 {
		n = 0
	}
	m.worker = s.Workers[min(max(row+n, 0), len(s.Workers)-1)].Index
}

// leadLine begins a line with the cursor, where it is on that line.
func (m *Model) leadLine(p *pen, chosen bool) {
	if !chosen {
		p.space(margin)
		return
	}
	p.back = selection
	p.put(tAccent, m.glyphs.cursor)
}

// workerPlaces chooses the columns for the width of the terminal: those with something to show, without the least
// important until they fit. What is left over goes to the bar.
func (m *Model) workerPlaces(s *collector.Snapshot) ([]workerColumn, []int) {
	columns := workerColumns()
	widths := make([]int, len(columns))
	total := margin
	for i, c := range columns {
		if c.has == nil || anyWorker(s, c.has) {
			widths[i] = c.width
			total += c.width + gap
		}
	}
	for total > m.width {
		worst := -1
		for i, c := range columns {
			if widths[i] > 0 && c.rank > 0 && (worst < 0 || c.rank > columns[worst].rank) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		total -= widths[worst] + gap
		widths[worst] = 0
	}
	for i, c := range columns {
		if c.title == "THREADS" {
			widths[i] += min(max(m.width-total, 0), 22)
		}
	}
	return columns, widths
}

func anyWorker(s *collector.Snapshot, has func(*collector.Worker) bool) bool {
	for i := range s.Workers {
		if has(&s.Workers[i]) {
			return true
		}
	}
	return false
}

func (c *workerCells) count(n puma.Count, w int) {
	t := c.figure
	if !n.Known {
		t = tDim
	}
	c.cell(t, n.String(), w, right)
}

func (c *workerCells) phase(w *collector.Worker, n int) {
	t := c.figure
	if c.s.Stats.Phase.Known && int64(w.Phase) != c.s.Stats.Phase.N {
		t = tWarn
	}
	if c.s.Stats.Mode == puma.Single {
		c.cell(tDim, unknown, n, right)
		return
	}
	c.cell(t, strconv.Itoa(w.Phase), n, right)
}

func (c *workerCells) state(w *collector.Worker, n int) {
	switch {
	case !w.Booted:
		c.cell(tInfo, "booting", n, left)
	case !w.CheckedIn:
		c.cell(tInfo, "booted", n, left)
	case c.s.Stats.Phase.Known && int64(w.Phase) != c.s.Stats.Phase.N:
		c.cell(tWarn, "old", n, left)
	default:
		c.cell(tDim, "serving", n, left)
	}
}

func (c *workerCells) threads(w *collector.Worker, n int) {
	used, limit := w.Pool.InUse(), w.Pool.MaxThreads
	if !used.Known || limit.N == 0 {
		c.cell(tDim, unknown, n, left)
		return
	}
	const figures = 6
	c.bar(float64(used.N)/float64(limit.N), n-figures-1, c.figure == tDim)
	c.space(1)
	c.cell(c.figure, used.String()+"/"+limit.String(), figures, right)
}

func (c *workerCells) backlog(w *collector.Worker, n int) {
	if w.Pool.Backlog.N > 0 && c.figure != tDim {
		c.cell(tWarn, w.Pool.Backlog.String(), n, right)
		return
	}
	c.count(w.Pool.Backlog.Count(), n)
}

func (c *workerCells) requests(w *collector.Worker, n int) {
	if !w.Pool.RequestsCount.Known {
		c.count(w.Pool.RequestsCount, n)
		return
	}
	c.cell(tDim, thousands(w.Pool.RequestsCount.N), n, right)
}

func (c *workerCells) cpu(w *collector.Worker, n int) {
	if !w.CPU.Known {
		c.cell(tDim, unknown, n, right)
		return
	}
	c.cell(c.figure, strconv.Itoa(int(math.Round(w.CPU.PerSecond)))+"%", n, right)
}

func (c *workerCells) memory(w *collector.Worker, n int) {
	text := memory(w.Memory)
	if w.Shared && w.Memory.Known && len(text) < n {
		text = c.g.atMost + text
	}
	c.cell(c.figure, text, n, right)
}

// Check-ins come every 5 seconds, and a worker that misses them for 60 is killed.
const (
	checkinLate = 11 * time.Second
	checkinLost = 30 * time.Second
)

func (c *workerCells) checkin(w *collector.Worker, n int) {
	if w.Age < 0 {
		c.cell(tDim, unknown, n, right)
		return
	}
	age := w.Age + c.elapsed
	t := tDim
	switch {
	case age >= checkinLost:
		t = tBad
	case age >= checkinLate:
		t = tWarn
	}
	c.cell(t, duration(age), n, right)
}

func (c *workerCells) uptime(w *collector.Worker, n int) {
	up := w.Uptime
	if up >= 0 {
		up += c.elapsed
	}
	c.cell(tDim, duration(up), n, right)
}

// oldestSlow is from when on a request in flight is worth a look.
const oldestSlow = 10 * time.Second

func (c *workerCells) oldest(w *collector.Worker, n int) {
	if w.Pool.OldestRequestStart.IsZero() {
		c.space(n)
		return
	}
	age := max(c.now.Add(c.s.Offset).Sub(w.Pool.OldestRequestStart.Time()), 0)
	t := c.figure
	if age >= oldestSlow {
		t = tWarn
	}
	c.cell(t, duration(age), n, right)
}

func (c *workerCells) release(w *collector.Worker, n int) {
	name := releaseName(w.Release)
	t := tDim
	if cur := releaseName(c.s.Facts().Current); cur != "" && name != "" && name != cur {
		t = tWarn
	}
	c.cell(t, orUnknown(name), n, left)
}
