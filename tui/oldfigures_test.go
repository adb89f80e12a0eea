package tui

import (
	"strings"
	"testing"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// lost makes targets unreachable; their last figures stay with them.
func lost(f collector.Fleet, ids ...collector.TargetID) collector.Fleet {
	for _, id := range ids {
		f = with(f, id, func(s *collector.Snapshot) { s.State = collector.Unreachable })
	}
	return f
}

// TestGroupSumsNoOldWorkers: the workers of a group are of those targets whose figures are not old, as its threads are.
func TestGroupSumsNoOldWorkers(t *testing.T) {
	t.Parallel()
	whole := func(ids ...collector.TargetID) (workers, threads puma.Count) {
		s := newScreen(t, 120, 40, lost(production(), ids...))
		s.groupBy(byApp)
		for _, of := range s.projected.sections {
			if of.key == "puma" {
				return of.workers, of.sums.target.Load.Max
			}
		}
		t.Fatal("there is no such group")
		return
	}
	all, _ := whole()
	if rest, _ := whole("web3/puma"); rest.N != all.N-4 {
		t.Errorf("%s workers of %s without the 4 of a target that is not reachable", rest, all)
	}
	if none, threads := whole("web1/puma", "web2/puma", "web3/puma", "web5/puma"); none.Known || threads.Known {
		t.Errorf("%s workers and %s threads where nothing is reachable", none, threads)
	}
}

// TestCompareSumsNoOldFigures: what several targets come to is of those that answer; what is not known of some makes no
// difference.
func TestCompareSumsNoOldFigures(t *testing.T) {
	t.Parallel()
	row := func(s *screen, name string) comparedRow {
		for _, r := range s.table().rows {
			if r.Name == name {
				return r
			}
		}
		return comparedRow{cells: make([]string, 2), odd: make([]bool, 2)}
	}
	against := func(f collector.Fleet) *screen {
		s := newScreen(t, 120, 40, f)
		s.pick("web1/puma", "web2/puma", "web3/puma")
		s.press("c", "tab")
		return s
	}
	was, now := against(configured()), against(lost(configured(), "web3/puma"))
	alone := newScreen(t, 120, 40, configured())
	alone.pick("web1/puma", "web2/puma")
	alone.press("c")
	for _, name := range []string{"threads busy", "backlog", "requests/s", "memory"} {
		if w, n, a := row(was, name).cells[1], row(now, name).cells[1], row(alone, name).cells[1]; n == w || n != a {
			t.Errorf("%s: %q with the old figures of one, %q without, %q of the other alone", name, w, n, a)
		}
	}
	if got := row(now, "state").cells[1]; !strings.Contains(got, "unreachable") {
		t.Errorf("the states are %q", got)
	}
	unknownOfOne := with(configured(), "web2/puma", func(s *collector.Snapshot) { s.OwnFacts().User, s.Stats.Ruby = "", "" })
	unknownOfOne = with(unknownOfOne, "web3/puma", func(s *collector.Snapshot) { s.Stats.Ruby = "ruby 3.3.8" })
	for _, s := range unknownOfOne.Targets {
		if s.ID != "web2/puma" {
			s.OwnFacts().User = "deploy"
		}
	}
	for _, name := range []string{"ruby", "user"} {
		if r := row(against(unknownOfOne), name); r.differs || r.cells[0] == "" || !strings.Contains(r.cells[1], unknown) {
			t.Errorf("%s: %q differs %v, though of one it is not known", name, r.cells, r.differs)
		}
	}
}

// TestChartsHaveNoOldFigureForNow: a chart names a figure of now only where that is known.
func TestChartsHaveNoOldFigureForNow(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		f := production()
		if old {
			f = lost(f, "web3/puma")
		}
		s := newScreen(t, 120, 60, f)
		s.toTarget("web3/puma")
		s.press("enter")
		frame := s.frame()
		at := strings.Index(frame, "utilisation ")
		if at < 0 {
			t.Fatalf("no charts:\n%s", frame)
		}
		if got := strings.Fields(frame[at:])[1]; (got == unknown) != old {
			t.Errorf("old %v: utilisation %s", old, got)
		}
	}
}

// TestComesBackToScreensAlone: a screen of a state is a screen, and no key that happens to be called so.
func TestComesBackToScreensAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"pause", "copy", "refresh", "mouse", ""} {
		s := newScreen(t, 120, 40, production(), func(o *Options) { o.State = State{"screen": name} })
		if !s.pausedAt.IsZero() || s.screen != fleetScreen || s.notice.text != "" {
			t.Errorf("%q: paused %v, screen %d, %q", name, !s.pausedAt.IsZero(), s.screen, s.notice.text)
		}
	}
}

// TestReadOnlyTakesTheStopBack: who is read-only since the question was asked stops nothing by a yes.
func TestReadOnlyTakesTheStopBack(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.rollout.live = noRun{&s.rec.stopped}
	s.press("X")
	s.arm()
	s.send(Configured{ReadOnly: true})
	if cmd := s.press("y"); cmd != nil {
		run(cmd)
	}
	if s.rec.stopped != 0 || s.overlay != noOverlay {
		t.Errorf("stopped %d times, overlay %d", s.rec.stopped, s.overlay)
	}
}
