package tui

import (
	"slices"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// command opens the palette, types and runs, as somebody does who can read.
func (s *screen) command(text string) tea.Cmd {
	s.press(":")
	s.arm()
	for _, r := range text {
		s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return s.press("enter")
}

// names are the commands that the palette has.
func (s *screen) names() []string {
	var names []string
	for i := range s.palette.found {
		names = append(names, s.palette.found[i].name())
	}
	return names
}

func TestCommandsAsk(t *testing.T) {
	t.Parallel()
	forking := func(s *collector.Snapshot) { s.OwnFacts().Settings.ForkWorker = puma.Setting{Line: 1, Text: "1000"} }
	for _, c := range []struct {
		typed, title, want string
		kind               actions.Kind
	}{
		{"reload", "Reload web1/puma", "y", actions.Reload},
		{"rest", "Restart web1/puma in full", "1", actions.Restart},
		{"refork", "Refork web1/puma", "y", actions.Refork},
		{"add", "Add a worker to web1/puma", "y", actions.AddWorker},
		{"rmw", "Remove a worker from web1/puma", "y", actions.RemoveWorker},
		{"recycle worker 1", "Recycle worker 1 of web1/puma", "y", actions.Recycle},
		{"garb", "Collect garbage of web1/puma", "y", actions.Collect},
		{"stop", "Stop web1/puma", "1", actions.Stop},
	} {
		t.Run(c.typed, func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, 120, 40, with(production(), "web1/puma", forking), func(o *Options) { o.Policy.AllowStop = true })
			s.press("j", "j")
			s.command(c.typed)
			if s.overlay != sheetOverlay {
				t.Fatalf("no sheet:\n%s", s.frame())
			}
			s.says(t, c.title, "type "+c.want)
			s.press(c.want)
			if s.rollout != nil {
				t.Fatal("what was typed ahead confirmed")
			}
			s.arm()
			run(firstOf(s.press(c.want)))
			if len(s.rec.plans) != 1 || s.rec.plans[0].Steps[0].Kind != c.kind || s.rec.plans[0].Steps[0].Target != "web1/puma" {
				t.Errorf("began %+v", s.rec.plans)
			}
		})
	}
}

// TestPasteIntoThePalette is text, with its line breaks, and runs nothing: nor does the same typed ahead.
func TestPasteIntoThePalette(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.send(tea.PasteMsg{Content: ":reload\ny\n"})
	if s.overlay != noOverlay {
		t.Fatal("a paste opened the palette")
	}
	s.press(":")
	s.arm()
	s.send(tea.PasteMsg{Content: "reload\ny\nR\n"})
	if s.overlay != paletteOverlay || s.rollout != nil || s.palette.typing.text != "reload y R " {
		t.Fatalf("overlay %d, typed %q", s.overlay, s.palette.typing.text)
	}
	s.press("esc", ":", "r", "enter", "y")
	if s.overlay != paletteOverlay || s.palette.typing.text != "ry" {
		t.Errorf("keys typed ahead ran a command: overlay %d, typed %q", s.overlay, s.palette.typing.text)
	}
	s.press("esc", "R")
	s.send(tea.PasteMsg{Content: "1"})
	s.press("1")
	s.send(tea.PasteMsg{Content: "\r1\n"})
	if s.rollout != nil || s.overlay != sheetOverlay {
		t.Error("a paste confirmed a full restart")
	}
}

func TestReadOnlyPaletteChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), audited, func(o *Options) { o.ReadOnly, o.Policy.AllowStop = true, true })
	s.press("j", "j", ":")
	for _, c := range s.palette.found {
		if c.changes || c.act != "" {
			t.Errorf("read-only has %s", c.name())
		}
	}
	if names := s.names(); !slices.Contains(names, "audit") || slices.Contains(names, "reload") {
		t.Errorf("read-only has %q", names)
	}
}

// TestStopHasToBeAllowed keeps it out of the palette and of the help.
func TestStopHasToBeAllowed(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.press(":")
	if slices.Contains(s.names(), "stop") {
		t.Error("stop is offered where it is not allowed")
	}
	s.press("esc", "?")
	s.hushes(t, ":stop")
}

// TestClosedCommandsSayWhy: a command that is not to be had stays, dim, with its reason, and enter runs nothing.
func TestClosedCommandsSayWhy(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.command("refork")
	if s.overlay != paletteOverlay {
		t.Fatalf("overlay %d", s.overlay)
	}
	s.says(t, "not now: fork_worker is not set")
	s.press("esc")
	s.roll(halfway())
	s.command("reload")
	s.says(t, "one rollout at a time")
	if s.overlay != paletteOverlay {
		t.Error("a second rollout can be asked for")
	}
}

// TestPaletteKnowsEveryKeyHere lists what the key table has for the screen, and runs it.
func TestPaletteKnowsEveryKeyHere(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{}, {"enter"}, {"tab"}, {":"}} {
		s := newScreen(t, 120, 40, production(), audited)
		s.roll(judged())
		s.press("j", "j")
		if len(keys) == 1 && keys[0] == ":" {
			s.audited()
		} else {
			s.press(keys...)
		}
		s.press(":")
		names := s.names()
		for i := range s.keys {
			if b := &s.keys[i]; s.valid(b) && b.shown() != ":" && !slices.Contains(names, (&command{binding: b}).name()) {
				t.Errorf("screen %d: %q is not in the palette", s.screen, b.keyNames())
			}
		}
	}
	s := on(t, "web1/puma")
	s.command("mark all")
	if len(s.marks) != 6 {
		t.Errorf("%d targets are marked", len(s.marks))
	}
	s.command("quit")
	if s.overlay != noOverlay {
		t.Error("the palette stays")
	}
	s.press(":")
	s.says(t, "Commands for 6 targets")
	s.press("z", "z", "z", "z")
	s.says(t, "nothing is called that")
	s.press("enter", "esc")
	if s.overlay != noOverlay {
		t.Error("esc does not close")
	}
}

func TestRankOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, name, help string
		want              int
	}{
		{"", "reload", "", 0}, {"stop", "stop", "", 0}, {"stop", "stop rollout", "", 1}, {"worker", "add worker", "", 2},
		{"rw", "remove worker", "", 3}, {"newest", "reload", "the newest code", 4}, {"xx", "reload", "", -1}, {"wr", "reload", "", -1},
	} {
		if got := rankOf(c.query, c.name, c.help); got != c.want {
			t.Errorf("%q in %q is %d, want %d", c.query, c.name, got, c.want)
		}
	}
}

// TestRecycleNeedsAWorker asks for the number on the fleet, and takes the cursor's on the screen of a target.
func TestRecycleNeedsAWorker(t *testing.T) {
	t.Parallel()
	s := on(t, "web3/puma")
	s.command("recycle")
	s.says(t, ": recycle worker _", "which one? type its number behind it")
	s.press("2")
	s.says(t, "enter asks for worker 2")
	s.press("enter")
	s.says(t, "Recycle worker 2 of web3/puma", "runs kill -TERM 4112 on the host")
	s.press("esc", "enter", "j", "j", "j")
	s.command("recycle")
	s.says(t, "Recycle worker 3 of web3/puma", "kill -TERM 4113")
	s.press("esc")
	s.command("recycle worker 9")
	s.says(t, "refused", "it has no worker 9")
}

// TestWorkerCursorStaysOnItsWorker keeps to the index through polls; a worker that is gone selects nothing.
func TestWorkerCursorStaysOnItsWorker(t *testing.T) {
	t.Parallel()
	s := opened(t, 120, 40, production(), "web3/puma")
	if got := s.currentWorker(); got != 0 {
		t.Errorf("the cursor begins on worker %d", got)
	}
	s.press("G")
	s.send(fleetMsg{fleet: with(production(), "web3/puma", func(s *collector.Snapshot) { s.Workers = slices.Clone(s.Workers[1:]) })})
	if got := s.currentWorker(); got != 3 {
		t.Errorf("the cursor passed to worker %d", got)
	}
	s.send(fleetMsg{fleet: with(production(), "web3/puma", func(s *collector.Snapshot) { s.Workers = slices.Clone(s.Workers[:2]) })})
	if got := s.currentWorker(); got != noWorker {
		t.Errorf("the cursor passed to worker %d", got)
	}
	s.command("recycle")
	if s.overlay != paletteOverlay {
		t.Error("a worker that is gone can be recycled")
	}
	s.press("esc", "j")
	if got := s.currentWorker(); got != 0 {
		t.Errorf("from nothing the cursor goes to worker %d", got)
	}
	s.send(fleetMsg{fleet: with(production(), "web3/puma", func(s *collector.Snapshot) { s.Stats.Mode = puma.Single })})
	if got := s.currentWorker(); got != noWorker {
		t.Errorf("a single process has worker %d", got)
	}
}

// TestInterruptOnTheRollout: ctrl-c stops what is looked at; a second one means it.
func TestInterruptOnTheRollout(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.rollout.live = noRun{&s.rec.stopped}
	s.press("tab", "ctrl+c")
	s.says(t, "Stop the rollout?", "web2/puma goes on: what Puma accepted cannot be recalled", "1 target not begun yet: left out")
	s.press("ctrl+c")
	if s.rec.stopped != 0 || s.overlay != questionOverlay {
		t.Fatal("a ctrl-c that was typed ahead answered")
	}
	s.arm()
	run(s.press("ctrl+c"))
	if s.rec.stopped != 1 || s.overlay != noOverlay {
		t.Errorf("stopped %d times, overlay %d", s.rec.stopped, s.overlay)
	}
	s.send(progressMsg{1, judged()})
	if !quits(s.press("ctrl+c")) {
		t.Error("with nothing to stop ctrl-c does not quit")
	}
}

// TestNothingToStop: a question about a rollout that ends under it says so, and offers nothing.
func TestNothingToStop(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.press("tab", "ctrl+c")
	s.says(t, "Stop the rollout?", "[ Go on ]   type y to stop")
	s.send(progressMsg{1, judged()})
	s.says(t, "Stop the rollout?", "No action is watched any more.", "[ Go on ]")
	s.hushes(t, "to stop", "goes on")
}
