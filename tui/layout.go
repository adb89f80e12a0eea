package tui

// The sizes between which a screen is drawn in full. Below that it leaves things out and says so; below the least
// size there is only a line that says what is missing.
const (
	fullWidth   = 80
	fullHeight  = 24
	leastWidth  = 40
	leastHeight = 8
)

// margin is the blank column at both edges.
const margin = 1

// lead is what stands before a line's first column: the cursor, the mark, the state's glyph and a blank.
const lead = 4

// fleetLayout says how many lines each part of the fleet screen gets. They add up to the height of the terminal.
type fleetLayout struct {
	totals bool
	strip  int // lines of charts, with their hairline
	rows   int // lines of the table, without its heading
	dock   int // lines of the rollout, with its hairline
	events int // lines of events, with their hairline
}

// heading is the line of the table's heading, below which the first target stands.
func (l fleetLayout) heading() int {
	above := 2 + l.strip // header, charts, caption
	if l.totals {
		above++
	}
	return above
}

// fleetLayout divides the terminal. The table is what the screen is for: it keeps at least a third of the lines,
// and whatever the others do not need.
func (m *Model) fleetLayout() fleetLayout {
	l := fleetLayout{totals: m.height >= 12}
	free := m.height - 4 // header, caption line, heading, footer
	if l.totals {
		free--
	}
	if r := m.dock(); r != nil {
		l.dock = min(m.dockHeight(r), free-max(free/3, 1))
		if l.dock < 2 {
			l.dock = 0
		}
		free -= l.dock
	}
	l.strip = m.stripLines(free)
	free -= l.strip
	l.events = m.eventLines(free)
	l.rows = max(free-l.events, 0)
	return l
}

// eventLines is how many lines of the free ones go to events and their hairline: few where the table needs the
// room, more where it leaves some.
func (m *Model) eventLines(free int) int {
	n := len(m.fleet.shown.Events)
	if n == 0 || free < 8 {
		return 0
	}
	least := 1
	switch {
	case m.height >= 50:
		least = 5
	case m.height >= 36:
		least = 3
	case m.height >= 28:
		least = 2
	}
	spare := free - m.projected.count() - 2
	return min(n, max(least, min(spare, free/3))) + 1
}

// small reports whether the terminal is smaller than a screen needs, and tiny whether nothing of use fits.
func (m *Model) small() bool { return m.width < fullWidth || m.height < fullHeight }

func (m *Model) tiny() bool { return m.width < leastWidth || m.height < leastHeight }
