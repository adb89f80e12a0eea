package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
)

// reach is a time that the charts look back.
type reach struct {
	long time.Duration
	name string
}

func reaches() []reach {
	return []reach{{2 * time.Minute, "2 min"}, {10 * time.Minute, "10 min"}, {time.Hour, "1 h"}, {6 * time.Hour, "6 h"}, {24 * time.Hour, "24 h"}}
}

// zoom is how far the charts look back, and where they stand.
type zoom struct {
	// chosen is the place in reaches and 1; 0 until the operator chooses.
	chosen int
	// strip is whether the fleet has charts; nothing is said of it where asked is false, and room decides.
	strip, asked bool
}

// reachOf is the time that the charts of a history look back: what was chosen, else ten minutes, or two while there is no more.
func (z *zoom) reachOf(h collector.History) int {
	switch {
	case z.chosen > 0:
		return z.chosen - 1
	case h.End().Sub(h.Since()) <= 2*time.Minute:
		return 0
	}
	return 1
}

// charted is the history that the screen charts.
func (m *Model) charted() collector.History {
	if m.screen == targetScreen {
		if s := find(&m.fleet.shown, m.open); s != nil {
			return s.History
		}
	}
	return m.fleet.shown.Totals.History
}

// chartsShown reports whether the screen has charts to zoom.
func (m *Model) chartsShown() bool {
	switch {
	case m.charted().Empty():
		return false
	case m.screen == fleetScreen:
		return m.fleetLayout().strip > 0
	}
	return true
}

// whyNoZoom says why a key that zooms does nothing.
func (m *Model) whyNoZoom() string {
	if m.charted().Empty() {
		return "no charts: nothing has been read yet"
	}
	return "no charts are shown: t shows them"
}

// zoomBy looks back further, or less far.
func zoomBy(n int) func(*Model) tea.Cmd {
	return quietly(func(m *Model) {
		m.zoom.chosen = min(max(m.zoom.reachOf(m.charted())+n, 0), len(reaches())-1) + 1
	})
}

// toggleStrip shows the charts of the fleet or puts them away.
func (m *Model) toggleStrip() {
	shown := m.fleetLayout().strip > 0
	m.zoom.asked, m.zoom.strip = true, !shown
}

func chartKeys() []binding {
	return []binding{
		{keys: []string{"["}, word: "zoom in", help: "charts of a shorter time, down to 2 minutes",
			group: looking, on: fleetScreen | targetScreen, when: (*Model).chartsShown, whyNot: (*Model).whyNoZoom, run: zoomBy(-1)},
		{keys: []string{"]"}, word: "zoom out", help: "charts of a longer time, up to 24 hours",
			group: looking, on: fleetScreen | targetScreen, when: (*Model).chartsShown, whyNot: (*Model).whyNoZoom, run: zoomBy(1)},
		{keys: []string{"t"}, word: "charts", help: "charts of the fleet over time, or none",
			group: looking, on: fleetScreen, run: quietly((*Model).toggleStrip)},
	}
}

// Heights of the fleet's charts, with their hairline, and of the terminal that has them by itself.
const (
	leastStrip = 6
	stripFrom  = 40
)

// stripLines is how many of the free lines go to the charts of the fleet: none where they would take lines from the table,
// unless they are asked for.
func (m *Model) stripLines(free int) int {
	if m.zoom.asked && !m.zoom.strip || m.fleet.shown.Totals.History.Empty() {
		return 0
	}
	lines := max(leastStrip, min(m.height/5, 14)) + 1
	spare := free - len(m.projected.rows)
	switch {
	case m.zoom.asked:
		if lines = min(lines, free/2); lines < leastStrip {
			return 0
		}
	case m.height < stripFrom || spare < lines+6:
		return 0
	}
	return lines
}
