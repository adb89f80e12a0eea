package tui

import (
	"math"
	"strconv"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// cells draws what stands in the columns of one line of the fleet.
type cells struct {
	*pen
	now time.Time
	// figure is how numbers look on this line: bright, or dim where they are old.
	figure token
	// step finds how far a target is in the rollout that is shown, nil where it takes no part.
	step func(collector.TargetID) *actions.StepProgress
	// marks are the targets that are marked.
	marks map[collector.TargetID]bool
}

func (c *cells) target(r *row, w int) {
	t := tText
	if c.marks[r.id] {
		t = tAccent
	}
	c.cell(t, string(r.id), w, left)
}

func (c *cells) state(r *row, w int) {
	t := stateToken(r.state)
	if r.state == collector.Serving {
		t = tDim
	}
	c.cell(t, r.state.String(), w, left)
}

// phase is the phase and, beside it, the one thing worth knowing of it: a restart's progress, a verdict, how old
// the figures are, or that there is no phased restart here.
func (c *cells) phase(r *row, w int) {
	start := c.col
	defer func() { c.to(start + w) }()
	if !answered(r) {
		c.put(tDim, unknown)
		return
	}
	s := r.target
	if step := c.step(r.id); step != nil && c.stepNote(r, step, w) {
		return
	}
	switch {
	case r.state == collector.Stale:
		c.phaseNumber(r)
		c.put(tWarn, "  stale "+duration(s.Age(c.now)))
	case r.state == collector.Unreachable:
		c.put(tDim, duration(s.Age(c.now))+" old")
	case r.state == collector.CrashLoop, r.state == collector.Stuck:
		c.progress(r, tBad, w)
	case r.state == collector.Restarting:
		c.progress(r, tInfo, w)
	case s.Stats.Mode == puma.Single:
		c.put(tDim, "single")
	default:
		c.phaseNumber(r)
		switch s.Phased.Answer {
		case puma.No:
			c.put(tDim, "  hot only")
		case puma.Unknown:
			c.put(tDim, "  phased?")
		case puma.Yes:
		}
	}
}

func (c *cells) phaseNumber(r *row) { c.put(c.figure, r.target.Stats.Phase.String()) }

// stepNote writes the verdict on a target that was just acted on, or that it waits for its turn.
func (c *cells) stepNote(r *row, step *actions.StepProgress, w int) bool {
	switch {
	case step.Verdict != nil && step.Verdict.Word != actions.Untouched && r.state == collector.Serving:
		glyph, t := c.g.verdict(step.Verdict.Word)
		word := glyph + " " + step.Verdict.Word.String()
		if phase := r.target.Stats.Phase.String(); textWidth(phase)+2+textWidth(word) <= w {
			c.put(c.figure, phase)
			c.space(2)
		}
		c.put(t, cut(word, w, c.ascii))
		return true
	case step.State == actions.Waiting:
		c.phaseNumber(r)
		c.put(tDim, "  waits")
		return true
	case step.State == actions.Asking:
		c.phaseNumber(r)
		c.put(tInfo, "  asking")
		return true
	}
	return false
}

// maxPips is the most workers that are drawn one by one, and leastBar the cells below which a bar says nothing.
const (
	maxPips  = 8
	leastBar = 3
)

// gauge draws how far something is in w cells, to an eighth of a cell: full is where it has ended, empty where it has not begun.
func (c *cells) gauge(t token, n, of, w int) {
	eighths := n * w * eighthsIn / max(of, 1)
	if n > 0 {
		eighths = max(eighths, 1)
	}
	full, rest := eighths/eighthsIn, eighths%eighthsIn
	c.repeat(t, c.g.full, full)
	if rest > 0 {
		c.repeat(t, c.g.eighths[rest], 1)
		full++
	}
	c.repeat(tFaint, c.g.empty, w-full)
}

// progress is a restart: the phases, how far it is, a pip for each worker where there is room, and how many are new.
func (c *cells) progress(r *row, t token, w int) {
	start := c.col
	if r.target.Stats.Mode == puma.Single {
		c.put(t, "booting")
		return
	}
	if r.old >= 0 {
		c.put(c.figure, strconv.Itoa(r.old)+c.g.arrow)
	}
	c.phaseNumber(r)
	fresh := min(r.fresh, r.wanted)
	count := strconv.Itoa(fresh) + "/" + strconv.Itoa(r.wanted)
	room := w - (c.col - start) - len(count) - 2
	switch {
	case r.wanted <= maxPips && r.wanted <= room:
		c.space(1)
		c.repeat(t, c.g.done, fresh)
		c.repeat(tDim, c.g.todo, r.wanted-fresh)
	case room >= leastBar:
		c.space(1)
		c.gauge(t, fresh, r.wanted, room)
	}
	c.space(1)
	c.put(t, count)
}

func (c *cells) workers(r *row, w int) {
	switch {
	case !answered(r):
		c.cell(tDim, unknown, w, right)
	case r.short():
		text := strconv.Itoa(r.target.Stats.Booted()) + "/" + strconv.Itoa(r.wanted)
		t := tWarn
		if r.state == collector.CrashLoop {
			t = tBad
		}
		c.cell(t, text, w, right)
	default:
		c.cell(c.figure, strconv.Itoa(workersOf(r)), w, right)
	}
}

// percentFrom is the width from which the threads are also given in percent.
const percentFrom = 20

func (c *cells) threads(r *row, w int) {
	l := &r.target.Load
	u, known := l.Utilisation()
	if !known {
		c.cell(tDim, unknown, w, right)
		return
	}
	figures := l.InUse.String() + "/" + l.Max.String()
	digits := max(len(figures), 5)
	if w >= percentFrom {
		digits += 5
	}
	bar := max(w-digits-1, 0)
	c.bar(u, bar, c.figure == tDim)
	c.space(1)
	if w < percentFrom {
		c.cell(c.figure, figures, w-bar-1, right)
		return
	}
	c.cell(c.figure, figures, w-bar-6, right)
	c.cell(tDim, percent(u), 5, right)
}

func (c *cells) backlog(r *row, w int) {
	l := &r.target.Load
	t := backlogToken(l, c.lately(r, collector.WaitingSeries, 2), c.figure)
	figures := min(w, 7)
	c.cell(t, queue(l), figures, right)
	c.history(c.lately(r, collector.WaitingSeries, w), w-figures, backlogFloor)
}

// lately are the newest n points of a line. They hold until it is called again.
func (c *cells) lately(r *row, which collector.Series, n int) []float64 {
	if r.tails != nil {
		return r.lately(n, which)
	}
	return c.recent(r.target.History, which, n)
}

// backlogToken is how a backlog looks: amber where somebody waits, red where somebody waited a poll ago already.
func backlogToken(l *collector.Load, history []float64, figure token) token {
	switch n := waiting(*l); {
	case figure == tDim, !l.Backlog.Known && !l.ListenQueue.Known:
		return tDim
	case n > 0 && sustained(history):
		return tBad
	case n > 0:
		return tWarn
	}
	return figure
}

// backlogFloor is the backlog that a full cell of a sparkline stands for at least: one request that waited for one
// poll is a dent, not a mountain.
const backlogFloor = 8

// queue is the backlog: what Puma counts, plus what the kernel holds where that is known.
func queue(l *collector.Load) string {
	if l.ListenQueue.Or(0) == 0 {
		return l.Backlog.String()
	}
	return l.Backlog.String() + "+" + l.ListenQueue.String()
}

// sustained reports whether the newest two points are both above 0.
func sustained(points []float64) bool {
	n := len(points)
	return n >= 2 && points[n-1] > 0 && points[n-2] > 0
}

func (c *cells) requests(r *row, w int) {
	figures := min(w, 7)
	c.cell(c.orDim(r.target.Load.Requests.Known), rate(r.target.Load.Requests), figures, right)
	c.history(c.lately(r, collector.RequestsSeries, w), w-figures, 1)
}

// history is a sparkline in the last w cells, one of them blank.
func (c *cells) history(points []float64, w int, floor float64) {
	if w < 4 {
		c.space(w)
		return
	}
	c.space(1)
	t := tSpark
	if c.figure == tDim {
		t = tFaint
	}
	c.spark(t, points, w-1, floor)
}

func (c *cells) orDim(known bool) token {
	if !known {
		return tDim
	}
	return c.figure
}

func (c *cells) cpu(r *row, w int) {
	v, known := r.query().CPU()
	text := unknown
	if known {
		text = strconv.Itoa(int(math.Round(v))) + "%"
	}
	c.cell(c.orDim(known), text, w, right)
}

func (c *cells) memory(r *row, w int) {
	m := r.target.Load.Memory
	text := memory(m)
	if m.Known && r.target.Load.Shared && len(text) < w {
		text = c.g.atMost + text
	}
	c.cell(c.orDim(m.Known), text, w, right)
}

func (c *cells) up(r *row, w int) {
	up := query.Uptime(r.target, c.now)
	c.cell(c.orDim(up >= 0), duration(up), w, right)
}

func (c *cells) version(r *row, w int) { c.oddly(tDim, orUnknown(versionOf(r)), r.odd.version, w) }

// written is a cell as package query writes it.
func (c *cells) written(col *query.Column, r *row, w int, a align) {
	q := r.query()
	q.At = c.now
	text, t := col.Cell(q), tText
	switch {
	case text == unknown:
		t = tDim
	case col.Kind.Numeric(), c.figure == tDim:
		t = c.figure
	}
	c.cell(t, text, w, a)
}

func (c *cells) latency(r *row, w int) {
	c.cell(tDim, latency(latencyOf(r)), w, right)
}

func (c *cells) unit(r *row, w int) { c.cell(tDim, unitOf(r), w, left) }

func workersOf(r *row) int {
	if r.target == nil {
		return 0
	}
	return len(r.target.Stats.Workers)
}

func versionOf(r *row) string {
	if r.target == nil {
		return ""
	}
	return r.target.Version()
}

func latencyOf(r *row) time.Duration {
	if r.target == nil {
		return 0
	}
	return r.target.Latency
}

func unitOf(r *row) string {
	if r.target == nil || r.target.Facts().Unit.Name == "" {
		return ""
	}
	u := r.target.Facts().Unit
	if u.Scope == "" {
		return u.Name
	}
	return u.Name + " " + string(u.Scope)
}
