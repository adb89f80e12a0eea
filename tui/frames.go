package tui

import (
	"maps"
	"time"

	"pumatop/collector"
)

// longestStill is how long figures may wait for the frame that shows them: the clock in the header draws one a second.
const longestStill = time.Second

// maySkip reports whether a fleet may wait for the frame of a later one, or of the clock. Each frame costs the program, the
// line to the terminal and the terminal something, and the hosts of a small fleet answer one by one: without this, ten
// of them would have the screen drawn with every answer. What a person waits for is drawn at once: other states, what
// happened, and everything while a sheet is open or an action runs; so are lines in another place, for keys and clicks go to
// the lines as they are now.
func (m *Model) maySkip(old collector.Fleet, was *projection) bool {
	f := &m.fleet.latest
	still, longest := f.At.Sub(m.drawnAt), min(f.Interval/2, longestStill)
	if m.opts.Still {
		longest = stillTick
	}
	return still > 0 && still < longest && m.overlay == noOverlay && !m.ticker.fast &&
		len(f.Targets) == len(old.Targets) && maps.Equal(was.by, m.projected.by) && was.sameLines(&m.projected) && lastEvent(f) == lastEvent(&old)
}

// early is how long before its time the clock came: a frame of figures has shown the time since it last did. It is 0 where
// the clock is to be drawn now.
func (m *Model) early() time.Duration {
	since := m.now.Sub(m.drawnAt)
	if m.overlay != noOverlay || m.ticker.fast || m.opts.Still || since <= 0 || since >= m.pulse()/2 {
		return 0
	}
	return m.pulse() - since
}

// lastEvent is when the newest event was, and of which kind.
func lastEvent(f *collector.Fleet) (e struct {
	at   time.Time
	kind collector.EventKind
}) {
	if n := len(f.Events); n > 0 {
		e.at, e.kind = f.Events[n-1].At, f.Events[n-1].Kind
	}
	return e
}
