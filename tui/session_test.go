package tui

import (
	"maps"
	"testing"
	"time"

	"pumatop/collector"
)

// TestComesBack: a screen that is left in any way is come back to in the same, once its targets are there.
func TestComesBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		leave func(*screen)
		want  State
	}{
		{"untouched", func(*screen) {}, State{"theme": "dark", "sort": "state", "screen": "fleet", "cursor": "web6/puma"}},
		{"narrowed", func(s *screen) { s.press("/", "w", "e", "b", "enter", "x", "s", "j", "enter", "S", "j") },
			State{"theme": "dark", "sort": "-state", "filter": "web", "problems": "yes", "screen": "fleet"}},
		{"another theme and pace", func(s *screen) { s.setTheme(ContrastLight); s.press("-", "-") },
			State{"theme": "contrast-light", "sort": "state", "interval": "10s", "screen": "fleet", "cursor": "web6/puma"}},
		{"a target", func(s *screen) { s.press("j", "j", "enter") },
			State{"theme": "dark", "sort": "state", "screen": "target", "target": "web1/puma", "cursor": "web1/puma"}},
		{"the audit", func(s *screen) { s.openAudit() }, State{"theme": "dark", "sort": "state", "screen": "audit", "cursor": "web6/puma"}},
		{"groups", func(s *screen) { s.press("o", "o", "Z") }, State{"theme": "dark", "sort": "state", "group": "release", "folded": "yes", "screen": "fleet"}},
		{"columns", func(s *screen) { s.chosen = []columnID{colTarget, colBacklog} },
			State{"theme": "dark", "sort": "state", "columns": "target,backlog", "screen": "fleet", "cursor": "web6/puma"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, 120, 40, production(), audited)
			tc.leave(s)
			left := s.State()
			for name, want := range tc.want {
				if name == "sort" && tc.name == "narrowed" {
					continue // whichever column is second
				}
				if left[name] != want {
					t.Errorf("left with %s %q, want %q", name, left[name], want)
				}
			}
			back := newScreen(t, 120, 40, production(), audited, func(o *Options) { o.State = left })
			if got := back.State(); !maps.Equal(got, left) {
				t.Errorf("left %v\ncame back to %v", left, got)
			}
			if back.screen != s.screen || back.open != s.open || len(back.projected.rows) != len(s.projected.rows) {
				t.Errorf("left screen %d, %q, %d lines; came back to %d, %q, %d", s.screen, s.open, len(s.projected.rows), back.screen, back.open, len(back.projected.rows))
			}
			if d := left["interval"]; d != "" && (len(back.rec.intervals) > 0 || back.asked != 10*time.Second) {
				t.Errorf("the interval asked for is %s", back.asked)
			}
		})
	}
}

// TestComesBackToNothing: what is not there any more, was never there or cannot be is passed over, and so is all of it once
// somebody has pressed a key.
func TestComesBackToNothing(t *testing.T) {
	t.Parallel()
	odd := State{"theme": "solarized", "sort": "no-column", "columns": "a,b", "filter": "bsy>80", "interval": "1ns", "cursor": "gone/puma",
		"target": "gone/puma", "screen": "reload", "unheard": "of", "group": "moon", "folded": "yes"}
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.State = odd })
	s.View()
	if s.screen != fleetScreen || s.open != "" || s.theme.name != Auto || s.chosen != nil || s.asked != 0 || s.overlay != noOverlay || len(s.rec.plans) > 0 || s.folds.by != ungrouped || s.folds.all {
		t.Errorf("screen %d, target %q, theme %s, columns %v, interval %s, overlay %d", s.screen, s.open, s.theme.name, s.chosen, s.asked, s.overlay)
	}
	s = newScreen(t, 120, 40, collector.Fleet{}, func(o *Options) { o.State = State{"target": "web1/puma", "screen": "target"} })
	s.press("j")
	s.send(fleetMsg{fleet: production()})
	if s.screen != fleetScreen {
		t.Error("it leaps to a target under the fingers")
	}
	if s := newScreen(t, 120, 40, production(), func(o *Options) { o.Notice = "how the screen was left is not known" }); s.notice.text == "" {
		t.Error("the notice is not said")
	}
}
