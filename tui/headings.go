package tui

import (
	"math"
	"slices"

	"pumatop/collector"
	"pumatop/collector/query"
)

// drawSection draws the heading of a group: its name, how many are in which state, and in the columns of its rows what they
// come to. Where it is folded, what is worst in it takes the rest of the line, for its rows do not tell.
func (m *Model) drawSection(c *cells, s *section, columns []placed) {
	p := c.pen
	p.to(1)
	if n := m.markedIn(s); n > 0 {
		p.put(tAccent, m.glyphs.mark)
	}
	p.to(2)
	sign := m.glyphs.unfolded
	if s.folded {
		sign = m.glyphs.folded
	}
	p.put(tAccent, sign)
	tells, last := s.folded && s.worst.weight > 0, colBacklog
	if m.width-startOf(colRelease, columns) < storyRoom {
		last = colThreads // the backlog is part of what is told
	}
	states := false
	for i, col := range columns {
		if tells && col.id > last {
			break
		}
		p.to(col.x)
		switch col.id {
		case colTarget:
			m.sectionName(c, s, col.w)
		case colState, colPhase:
			if !states {
				m.sectionStates(p, s, stateRoom(columns[i:]))
			}
			states = true
		default:
			c.sum(s, col)
		}
	}
	if tells {
		p.to(p.col + gap)
		p.width -= margin
		p.spans(append(line{{tText, string(s.worst.of.id)}, {tDim, ": "}}, s.worst.says()...))
		p.width += margin
	}
}

// storyRoom is the least in which a folded group tells what is worst in it.
const storyRoom = 30

// stateRoom is the width of the columns of states and phases that the line begins with.
func stateRoom(columns []placed) int {
	end := columns[0].x
	for _, col := range columns {
		if col.id != colState && col.id != colPhase {
			break
		}
		end = col.x + col.w
	}
	return end - columns[0].x
}

// sectionName is the name, and behind it how many targets there are.
func (m *Model) sectionName(c *cells, s *section, w int) {
	count := " " + thousands(int64(len(s.members)))
	if s.all > len(s.members) {
		count += "/" + thousands(int64(s.all))
	}
	if textWidth(count) > w/2 {
		count = ""
	}
	start := c.col
	c.put(tTitle, cut(s.name, w-textWidth(count), c.ascii))
	c.put(tDim, count)
	c.to(start + w)
}

// sectionStates are the members by state, worst first: in words where there is room, else in signs.
func (m *Model) sectionStates(p *pen, s *section, w int) {
	var words line
	for _, state := range query.States() {
		n := s.by[state]
		if n == 0 {
			continue
		}
		glyph, t := m.glyphs.state(state)
		count := thousands(int64(n))
		if len(words) > 0 {
			words = append(words, span{tText, "  "})
		}
		words = append(words, span{t, glyph}, span{tFigure, count}, span{tDim, " " + state.String()})
	}
	if words.width() > w {
		words = m.glyphs.tally(s.by, " ")
	}
	p.spans(clipped(words, w))
}

// sum draws what the members of a section come to in a column; nothing where there is no sum.
func (c *cells) sum(s *section, col placed) {
	if s.targets == 0 {
		return
	}
	def := &fleetColumns[col.id]
	switch col.id {
	case colWorkers:
		text := unknown
		if s.workers.Known {
			text = thousands(s.workers.N)
		}
		c.cell(c.orDim(s.workers.Known), text, col.w, right)
	case colThreads, colBacklog, colRequests, colMemory:
		def.draw(c, &s.sums, col.w)
	case colRelease:
		switch {
		case s.sums.releases > 1:
			c.cell(tFigure, plural(s.sums.releases, "release"), col.w, left)
		case s.sums.running != "":
			c.cell(tDim, s.sums.running, col.w, left)
		}
	case colPuma:
		c.cell(tDim, s.version, col.w, left)
	default:
	}
}

// markedIn is how many targets of a section are marked.
func (m *Model) markedIn(s *section) int {
	n := 0
	if len(m.marks) == 0 {
		return 0
	}
	for _, at := range s.members {
		if m.marks[m.projected.rows[at].id] {
			n++
		}
	}
	return n
}

// sparkPoints is how many points a sparkline of a line has at most.
const sparkPoints = 24

// tails are what targets came to together lately, of what the lines of the fleet draw.
type tails struct{ requests, waiting []float64 }

func sumTails(targets []*collector.Snapshot) *tails {
	var sum tails
	var points [sparkPoints]float64
	for _, s := range targets {
		sum.requests = addTail(sum.requests, s.History.Recent(points[:0], collector.RequestsSeries, sparkPoints))
		sum.waiting = addTail(sum.waiting, s.History.Recent(points[:0], collector.WaitingSeries, sparkPoints))
	}
	return &sum
}

// of is one of them; nil for a series that no line draws.
func (t *tails) of(which collector.Series) []float64 {
	switch which {
	case collector.RequestsSeries:
		return t.requests
	case collector.WaitingSeries:
		return t.waiting
	default:
		return nil
	}
}

// lately are the newest n points of a line's target, or of what a group comes to.
func (r *row) lately(n int, which collector.Series) []float64 {
	if r.tails != nil {
		points := r.tails.of(which)
		return points[max(len(points)-n, 0):]
	}
	return r.target.History.Recent(nil, which, n)
}

// addTail adds the newest points to a sum, the newest to the newest. What is not known adds nothing.
func addTail(sum, points []float64) []float64 {
	points = points[max(len(points)-sparkPoints, 0):]
	if n := len(points) - len(sum); n > 0 {
		unknown := slices.Repeat([]float64{math.NaN()}, n)
		sum = append(unknown, sum...)
	}
	tail := sum[len(sum)-len(points):]
	for i, v := range points {
		switch {
		case math.IsNaN(v):
		case math.IsNaN(tail[i]):
			tail[i] = v
		default:
			tail[i] += v
		}
	}
	return sum
}
