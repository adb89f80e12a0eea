package tui

import (
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/query"
)

// TestFramesForFigures: figures alone wait for half of the interval, and at the longest for the clock; what a person
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
		{name: "figures after half of the interval", interval: 2 * time.Second, after: time.Second, drawn: true},
		{name: "figures at a slow pace", interval: time.Minute, after: time.Second, drawn: true},
		{name: "figures at the quickest pace", interval: 500 * time.Millisecond, after: 250 * time.Millisecond, drawn: true},
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
			s.send(tickMsg{at: noon.Add(time.Second), generation: s.ticker.generation})
			if !s.dirty {
				t.Error("the clock does not draw what waited")
			}
		})
	}
}

// TestClockAfterFigures: a frame of figures shows the time too, so that the clock's own comes a second after it; on a sheet, where
// ages count, it does not wait.
func TestClockAfterFigures(t *testing.T) {
	for _, tc := range []struct {
		name  string
		after time.Duration // the frame
		key   string
		drawn bool
	}{
		{name: "soon", after: 300 * time.Millisecond},
		{name: "later", after: 600 * time.Millisecond, drawn: true},
		{name: "soon, on a sheet", after: 300 * time.Millisecond, key: "r", drawn: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScreen(t, 120, 40, production())
			if tc.key != "" {
				s.press(tc.key)
			}
			s.View()
			generation := s.ticker.generation
			_, cmd := s.Update(tickMsg{at: noon.Add(tc.after), generation: generation})
			if s.dirty != tc.drawn {
				t.Errorf("%s: the clock is drawn: %v", tc.name, s.dirty)
			}
			if tc.drawn {
				return
			}
			began := time.Now()
			next, is := cmd().(tickMsg)
			if wait := time.Since(began); !is || next.generation != s.ticker.generation || wait != time.Second-tc.after {
				t.Errorf("%s: the next tick comes after %v: %v", tc.name, wait, next)
			}
			if s.send(tickMsg{at: noon.Add(time.Second), generation: next.generation}); !s.dirty {
				t.Errorf("%s: the clock stands", tc.name)
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
	if r := s.projected.rows[s.projected.index("web1/puma")]; !s.dirty || r.target.Load.Backlog.N < 777 {
		t.Errorf("drawn: %v, backlog %d", s.dirty, r.target.Load.Backlog.N)
	}
}

// TestReducedMotion: with it the same ten seconds take a fraction of the frames, on the fleet, on a sheet and in a rollout,
// and what happened is still drawn at once. The cursor does not blink.
func TestReducedMotion(t *testing.T) {
	for _, tc := range []struct {
		name string
		play func(*screen)
	}{
		{"fleet", func(*screen) {}},
		{"sheet", func(s *screen) { s.openReload(sheetOfTwo()) }},
		{"rollout", func(s *screen) { s.roll(halfway()) }},
	} {
		frames := map[bool]int{}
		for _, still := range []bool{false, true} {
			s := newScreen(t, 120, 40, production(), func(o *Options) { o.Still = still })
			tc.play(s)
			s.View()
			for at := noon; at.Before(noon.Add(10 * time.Second)); at = at.Add(50 * time.Millisecond) {
				if at.Sub(noon)%s.pulse() == 0 {
					s.send(tickMsg{at: at, generation: s.ticker.generation})
				}
				if s.dirty {
					frames[still]++
					s.View()
				}
			}
		}
		if frames[true] > 6 || frames[false] < 9 {
			t.Errorf("%s: %d frames, %d with reduced motion", tc.name, frames[false], frames[true])
		}
	}
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.Still = true })
	if s.press("/"); s.View().Cursor == nil || s.View().Cursor.Blink {
		t.Error("the cursor blinks")
	}
	s.press("esc")
	s.View()
	f := with(production(), "web1/puma", func(s *collector.Snapshot) { s.State = collector.Stale })
	f.At = noon.Add(100 * time.Millisecond)
	if s.send(fleetMsg{fleet: f}); !s.dirty {
		t.Error("another state waits")
	}
	s.View()
	f = with(f, "web2/puma", func(s *collector.Snapshot) { s.Load.Backlog.N += 777 })
	f.At = noon.Add(1900 * time.Millisecond)
	if s.send(fleetMsg{fleet: f}); s.dirty {
		t.Error("figures do not wait")
	}
}
