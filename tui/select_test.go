package tui

import (
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// without is a fleet that a target has left.
func without(f collector.Fleet, id collector.TargetID) collector.Fleet {
	f.Targets = slices.DeleteFunc(slices.Clone(f.Targets), func(s *collector.Snapshot) bool { return s.ID == id })
	return f
}

// with is a fleet in which a target is in another state.
func with(f collector.Fleet, id collector.TargetID, change func(*collector.Snapshot)) collector.Fleet {
	f.Targets = slices.Clone(f.Targets)
	for i := range f.Targets {
		if f.Targets[i].ID == id {
			changed := *f.Targets[i]
			change(&changed)
			f.Targets[i] = &changed
		}
	}
	return f
}

func TestCursorStaysOnItsTarget(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("j", "j")
	if s.cursor.id != "web1/puma" {
		t.Fatalf("two lines down is %s", s.cursor.id)
	}
	s.send(fleetMsg{fleet: with(production(), "web5/puma", func(s *collector.Snapshot) { s.State = collector.CrashLoop })})
	if s.cursor.id != "web1/puma" || s.current() == nil || s.projected.index("web1/puma") != 3 {
		t.Errorf("after another target moved above it the cursor is on %q, line %d", s.cursor.id, s.projected.index(s.cursor.id))
	}
	s.press("s", "j", "j", "enter", "S")
	if s.cursor.id != "web1/puma" {
		t.Errorf("after sorting the cursor is on %q", s.cursor.id)
	}
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	if s.cursor.id != "web1/puma" {
		t.Errorf("after a resize the cursor is on %q", s.cursor.id)
	}
}

func TestVanishedTargetSelectsNothing(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("j", "j")
	s.send(fleetMsg{fleet: without(production(), "web1/puma")})
	if r := s.current(); r != nil {
		t.Fatalf("the cursor passed to %s", r.id)
	}
	s.press("r")
	if s.overlay != noOverlay {
		t.Error("r opened a sheet for a target that nobody chose")
	}
	if s.notice.text == "" {
		t.Error("nothing says why r does nothing")
	}
	s.press("j")
	if r := s.current(); r == nil || s.projected.index(r.id) != 2 {
		t.Errorf("moving on resumes at %v, and not at the line where the target was", r)
	}
}

func TestCursorRestsOnTheFirstLineUntilTheFirstKey(t *testing.T) {
	t.Parallel()
	f := production()
	s := newScreen(t, 120, 40, f)
	s.send(fleetMsg{fleet: without(f, "web6/puma")})
	if r := s.current(); r == nil || r.id != "web2/puma" {
		t.Errorf("before any key the cursor is on %v", r)
	}
	s.press("z") // means nothing, but somebody has seen the screen
	s.send(fleetMsg{fleet: f})
	if r := s.current(); r == nil || r.id != "web2/puma" {
		t.Errorf("after the first key the cursor moved to %v", r)
	}
}

func TestHostBecomesItsTarget(t *testing.T) {
	t.Parallel()
	f := production()
	early := without(f, "web1/puma")
	early.Hosts = append(slices.Clone(early.Hosts), collector.HostStatus{Name: "web1"})
	s := newScreen(t, 120, 40, early)
	s.press("/", "w", "e", "b", "1", "enter", "g", "enter")
	if s.cursor.id != "web1" || s.open != "web1" {
		t.Fatalf("the host's own line is not selected and open: %q, %q", s.cursor.id, s.open)
	}
	s.send(fleetMsg{fleet: f})
	if s.cursor.id != "web1/puma" || s.open != "web1/puma" {
		t.Errorf("once the host is read the cursor is on %q and %q is open", s.cursor.id, s.open)
	}
	two := f
	second := sample{"web1", "admin", collector.Serving, "6.6.1", 0, []int{1}, 5, 0, 0, 1, "", "", puma.Yes, false}.snapshot()
	two.Targets = append(slices.Clone(f.Targets), &second)
	s = newScreen(t, 120, 40, early)
	s.press("/", "w", "e", "b", "1", "enter", "g")
	s.send(fleetMsg{fleet: two})
	if r := s.current(); r != nil {
		t.Errorf("of two targets of the host one was selected by itself: %s", r.id)
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("j", "space", "space")
	if got := s.subjectIDs(); !slices.Equal(got, []collector.TargetID{"web1/puma", "web2/puma"}) {
		t.Errorf("marked are %v: by name, whatever the order on the screen", got)
	}
	s.press("s", "j", "enter")
	s.send(fleetMsg{fleet: without(production(), "web2/puma")})
	s.send(fleetMsg{fleet: production()})
	if got := s.subjectIDs(); !slices.Equal(got, []collector.TargetID{"web1/puma"}) {
		t.Errorf("a target that went away and came back is still marked: %v", got)
	}
	s.press("u", "/", "w", "e", "b", "4", "enter", "a", "esc")
	if got := s.subjectIDs(); !slices.Equal(got, []collector.TargetID{"web4/admin"}) {
		t.Errorf("a marks %v, and not what was shown", got)
	}
	s.press("u")
	if len(s.marks) != 0 {
		t.Errorf("u left %v", s.marks)
	}
}

func TestHostWithoutTargetTakesNoMark(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, troubled())
	s.press("/", "w", "e", "b", "7", "enter", "g", "space")
	if len(s.marks) != 0 {
		t.Errorf("marked %v", s.marks)
	}
}

func (s *screen) subjectIDs() []collector.TargetID {
	var ids []collector.TargetID
	for _, t := range s.subjects() {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestMoving(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, many(100, 2))
	at := func() int { return s.projected.index(s.cursor.id) }
	height := s.fleetLayout().rows
	for _, step := range []struct {
		key  string
		want int
	}{
		{"j", 1}, {"down", 2}, {"k", 1}, {"up", 0}, {"up", 0}, {"G", 99}, {"j", 99}, {"ctrl+u", 99 - height/2}, {"ctrl+d", 99}, {"g", 0},
		{"pgdown", height / 2}, {"pgup", 0}, {"end", 99}, {"home", 0},
	} {
		s.press(step.key)
		if at() != step.want {
			t.Errorf("after %s the cursor is on line %d, want %d", step.key, at(), step.want)
		}
		if i := at(); i < s.top || i >= s.top+height {
			t.Errorf("after %s line %d is out of sight: %d lines from %d", step.key, i, height, s.top)
		}
	}
}

func TestMouse(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, many(100, 2))
	s.send(tea.MouseClickMsg{X: 9, Y: 6, Button: tea.MouseLeft})
	if got := s.projected.index(s.cursor.id); got != 2 {
		t.Errorf("a click on the third line selects line %d", got)
	}
	s.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if got := s.projected.index(s.cursor.id); got != 2+wheelLines {
		t.Errorf("the wheel goes to line %d", got)
	}
	s.press("r")
	s.send(tea.MouseClickMsg{X: 9, Y: 6, Button: tea.MouseLeft}, tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if got := s.projected.index(s.cursor.id); got != 2+wheelLines || s.overlay != sheetOverlay {
		t.Errorf("under a sheet the mouse moved the cursor to %d, overlay %d", got, s.overlay)
	}
}
