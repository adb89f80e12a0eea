package tui

import (
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/query"
)

// TestFramesForFigures: figures alone wait for a quarter of the interval, and at the longest for the clock; what a person
// waits for does not wait.
func TestFramesForFigures(t *testing.T) {
	for _, tc := range []struct {
		name     string
		interval time.Duration
		after    time.Duration
		before   func(*screen)
		change   func(*collector.Fleet)
		drawn    bool
	}{
		{name: "figures at once", interval: 2 * time.Second, after: 200 * time.Millisecond},
		{name: "figures after a quarter of the interval", interval: 2 * time.Second, after: 500 * time.Millisecond, drawn: true},
		{name: "figures at a slow pace", interval: time.Minute, after: time.Second, drawn: true},
		{name: "figures at the quickest pace", interval: 500 * time.Millisecond, after: 200 * time.Millisecond, drawn: true},
		{name: "another state", interval: 2 * time.Second, after: 200 * time.Millisecond, drawn: true,
			change: func(f *collector.Fleet) {
				*f = with(*f, "web1/puma", func(s *collector.Snapshot) { s.State = collector.Stale })
			}},
		{name: "lines in another order", interval: 2 * time.Second, after: 200 * time.Millisecond, drawn: true,
			change: func(f *collector.Fleet) {
				last := f.Targets[len(f.Targets)-1]
				*f = with(*f, last.ID, func(s *collector.Snapshot) { s.Load.Backlog.N += 777 })
			}, before: func(s *screen) {
				s.order = ordering{by: query.Backlog}
				s.reproject()
			}},
		{name: "a target that has come", interval: 2 * time.Second, after: 200 * time.Millisecond, drawn: true,
			change: func(f *collector.Fleet) { *f = without(*f, "web1/puma") }},
		{name: "an event", interval: 2 * time.Second, after: 200 * time.Millisecond, drawn: true,
			change: func(f *collector.Fleet) {
				f.Events = append(f.Events[:len(f.Events):len(f.Events)], collector.Event{At: f.At, Kind: collector.ActionEvent})
			}},
		{name: "figures on a sheet", interval: 2 * time.Second, after: 200 * time.Millisecond, drawn: true,
			before: func(s *screen) { s.press("r") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := production()
			f.Interval = tc.interval
			s := newScreen(t, 120, 40, f)
			if tc.before != nil {
				tc.before(s)
			}
			s.View()
			f.At = f.At.Add(tc.after)
			if tc.change != nil {
				tc.change(&f)
			}
			s.send(fleetMsg{fleet: f})
			if s.dirty != tc.drawn {
				t.Errorf("the fleet is drawn: %v", s.dirty)
			}
			s.send(tickMsg{at: f.At, generation: s.ticker.generation})
			if !s.dirty {
				t.Error("the clock does not draw what waited")
			}
		})
	}
}

// TestKeyDrawsWhatWaited: a key shows the newest figures.
func TestKeyDrawsWhatWaited(t *testing.T) {
	f := production()
	f.Interval = 2 * time.Second
	s := newScreen(t, 120, 40, f)
	s.View()
	newer := with(f, "web1/puma", func(s *collector.Snapshot) { s.Load.Backlog.N += 777 })
	newer.At = f.At.Add(100 * time.Millisecond)
	s.send(fleetMsg{fleet: newer})
	s.press("j")
	if r := &s.projected.rows[s.projected.index("web1/puma")]; !s.dirty || r.target.Load.Backlog.N < 777 {
		t.Errorf("drawn: %v, backlog %d", s.dirty, r.target.Load.Backlog.N)
	}
}
