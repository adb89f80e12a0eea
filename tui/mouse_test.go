package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/query"
)

// clickOn clicks on the first place where a text stands in the frame.
func (s *screen) clickOn(t *testing.T, text string) tea.Cmd {
	t.Helper()
	for y, l := range strings.Split(s.frame(), "\n") {
		if before, _, ok := strings.Cut(l, text); ok {
			return s.send(tea.MouseClickMsg{X: textWidth(before), Y: y, Button: tea.MouseLeft})
		}
	}
	t.Fatalf("%q is not in sight:\n%s", text, s.frame())
	return nil
}

// clickHeading clicks on the heading of a column.
func (s *screen) clickHeading(t *testing.T, title string) {
	t.Helper()
	for y, l := range strings.Split(s.frame(), "\n") {
		if before, _, ok := strings.Cut(l, title); ok && strings.HasPrefix(l, "    TARGET") {
			s.send(tea.MouseClickMsg{X: textWidth(before), Y: y, Button: tea.MouseLeft})
			return
		}
	}
	t.Fatalf("no heading has %q:\n%s", title, s.frame())
}

// TestClickOnHeading sorts, and turns the order around the second time, at each size.
func TestClickOnHeading(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}, {60, 11}} {
		s := newScreen(t, size[0], size[1], production())
		s.clickHeading(t, "BACKLOG")
		if s.order.by != query.Backlog || s.order.reverse {
			t.Errorf("%v: by %s", size, s.order.by)
		}
		s.clickHeading(t, "BACKLOG")
		if s.order.by != query.Backlog || !s.order.reverse {
			t.Errorf("%v: not turned around", size)
		}
		s.clickHeading(t, "TARGET")
		if s.order.by != query.Target || s.order.reverse {
			t.Errorf("%v: by %s", size, s.order.by)
		}
	}
}

// TestClickOnFooter presses every key that stands there, and none beside.
func TestClickOnFooter(t *testing.T) {
	t.Parallel()
	for _, w := range []int{44, 80, 120, 200} {
		s := newScreen(t, w, 30, production())
		footer := strings.Split(s.frame(), "\n")[29]
		var told []string
		var last *binding
		for x := range w {
			if b := s.footerKeyAt(x); b != nil && b != last {
				told = append(told, b.shown()+" "+b.label(s.Model))
			}
			last = s.footerKeyAt(x)
		}
		if got, _, _ := strings.Cut(strings.Join(told, "  "), "  needs"); !strings.HasPrefix(strings.TrimSpace(footer), got) || len(told) < 2 {
			t.Errorf("%d cells: %q are clicked on, %q stands there", w, got, footer)
		}
	}
	s := newScreen(t, 120, 40, production())
	s.clickOn(t, "s sort")
	if s.overlay != sortOverlay {
		t.Errorf("overlay %d", s.overlay)
	}
}

// TestClickNeverConfirms: a click on "reload" asks, and no click anywhere answers.
func TestClickNeverConfirms(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("G")
	s.clickOn(t, "r reload")
	if s.overlay != sheetOverlay || len(s.rec.plans) != 0 {
		t.Fatalf("overlay %d, %d plans", s.overlay, len(s.rec.plans))
	}
	s.arm()
	for y := range 40 {
		for x := range 120 {
			run(s.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}))
		}
	}
	if s.overlay != sheetOverlay || len(s.rec.plans) != 0 || s.sheet.consent.typed != "" {
		t.Errorf("a click answered: overlay %d, %d plans", s.overlay, len(s.rec.plans))
	}
}

// TestClicksAndWheelDoNoHarm anywhere on any screen or overlay: what they may do is move, sort, fold and open.
func TestClicksAndWheelDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		s := sc.show(t, 80, 24)
		for y := range 24 {
			for x := 0; x < 80; x += 3 {
				for _, b := range []tea.MouseButton{tea.MouseLeft, tea.MouseMiddle, tea.MouseRight} {
					s.send(tea.MouseClickMsg{X: x, Y: y, Button: b})
				}
			}
			s.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown, Y: y}, tea.MouseWheelMsg{Button: tea.MouseWheelUp, Y: y})
			s.View()
		}
		if len(s.rec.plans) != 0 || s.rec.stopped != 0 {
			t.Errorf("%s: a click acted", sc.name)
		}
	}
}

// TestClickOnGroup folds it, and selects no target.
func TestClickOnGroup(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.groupBy(byGroup)
	s.clickOn(t, "▾ front")
	if s.current() != nil || s.lineWith("▸ front") == "" {
		t.Errorf("not folded: %s", s.linesOf())
	}
	s.clickOn(t, "▸ front")
	if s.lineWith("▾ front") == "" {
		t.Errorf("not unfolded: %s", s.linesOf())
	}
	s.clickOn(t, "web5/puma")
	if r := s.current(); r == nil || r.id != collector.TargetID("web5/puma") {
		t.Errorf("the click selects %v", r)
	}
}

// TestMouseCanBeSwitchedOff while the program runs: then the terminal selects text with it.
func TestMouseCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, off := range []bool{false, true} {
		s := newScreen(t, 120, 40, production(), func(o *Options) { o.NoMouse = off })
		for range 2 {
			if got := s.View().MouseMode == tea.MouseModeNone; got != off {
				t.Errorf("the terminal has the mouse: %v", got)
			}
			s.press("M")
			if got := s.View().MouseMode == tea.MouseModeNone; got == off {
				t.Errorf("after M the terminal has the mouse: %v", got)
			}
			s.press("M")
		}
	}
}
