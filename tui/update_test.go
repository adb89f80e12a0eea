package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
)

// quits reports whether a command ends the program.
func quits(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	_, ok := cmd().(tea.QuitMsg)
	return ok
}

func TestQuit(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"q", "ctrl+c"} {
		s := newScreen(t, 120, 40, production())
		if !quits(s.press(key)) {
			t.Errorf("%s does not quit", key)
		}
		s.roll(halfway())
		if cmd := s.press(key); s.overlay != questionOverlay || quits(firstOf(cmd)) {
			t.Errorf("%s does not ask while an action runs: overlay %d", key, s.overlay)
		}
		if frame := s.frame(); !strings.Contains(frame, "web2/puma goes on: what Puma accepted cannot be recalled") ||
			!strings.Contains(frame, "1 target not begun yet: left out") {
			t.Errorf("the question does not say what becomes of it:\n%s", frame)
		}
		s.press("y", "ctrl+c")
		if s.overlay != questionOverlay {
			t.Errorf("%s: keys typed ahead answered", key)
		}
		s.arm()
		s.press("enter")
		if s.overlay != noOverlay {
			t.Error("enter does not stay")
		}
		s.press(key)
		s.arm()
		if cmd := s.press("y"); cmd == nil || s.overlay != noOverlay {
			t.Error("y does not quit")
		}
	}
}

// TestSecondInterruptQuits presses ctrl-c until it is over.
func TestSecondInterruptQuits(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.rollout.live = noRun{&s.rec.stopped}
	s.press("ctrl+c")
	s.arm()
	if s.press("ctrl+c") == nil {
		t.Error("the second ctrl-c does not quit")
	}
}

func TestEscNeverQuits(t *testing.T) {
	t.Parallel()
	for _, sc := range scenes() {
		s := sc.show(t, 120, 40)
		for range 12 {
			if quits(s.press("esc")) {
				t.Errorf("%s: esc quits", sc.name)
			}
		}
		if s.screen != fleetScreen || s.overlay != noOverlay || !s.filter.Empty() || s.problems {
			t.Errorf("%s: esc does not lead back: screen %d, overlay %d", sc.name, s.screen, s.overlay)
		}
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("X")
	if s.overlay != noOverlay {
		t.Fatal("X asks although nothing runs")
	}
	s.roll(halfway())
	s.rollout.live = noRun{&s.rec.stopped}
	s.press("X")
	s.arm()
	run(s.press("y"))
	if s.rec.stopped != 1 || s.overlay != noOverlay {
		t.Errorf("stopped %d times", s.rec.stopped)
	}
	if s.rollout.over() {
		t.Error("the screen ended the rollout by itself")
	}
}

// TestStopBeforeTheRunIsKnown stops between the confirmation and the operator's answer.
func TestStopBeforeTheRunIsKnown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.begin(sheetOfTwo())
	s.press("X")
	s.arm()
	s.press("y")
	cmd := s.send(startedMsg{run: 1, live: noRun{&s.rec.stopped}})
	batch, ok := cmd().(tea.BatchMsg)
	if !ok {
		t.Fatal("nothing is stopped")
	}
	batch[0]()
	if s.rec.stopped != 1 {
		t.Error("the run was not stopped")
	}
}

func TestProgressOfAnOlderRunIsDropped(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(judged())
	s.begin(sheetOfOne())
	s.send(progressMsg{1, halfway()}, startedMsg{run: 1, live: noRun{&s.rec.stopped}}, runEndedMsg{run: 1, err: errors.New("over")})
	if s.rollout.number != 2 || s.rollout.live != nil || s.rollout.ended != nil || len(s.rollout.progress.Steps) != 1 {
		t.Errorf("an older run reached the newer one: %+v", s.rollout)
	}
}

// TestRunThatEndsWithoutVerdict says so instead of showing progress for ever.
func TestRunThatEndsWithoutVerdict(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.send(runEndedMsg{run: 1, err: errors.New("context canceled")})
	if s.running() || !strings.Contains(s.frame(), "ended without a verdict: context canceled") {
		t.Errorf("the screen does not say it:\n%s", s.frame())
	}
}

func TestEndOfDataIsSaid(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.send(tickMsg{at: noon.Add(30 * time.Second), generation: s.ticker.generation})
	if !strings.Contains(s.frame(), "no data for 30s") {
		t.Errorf("half a minute without a fleet is not said:\n%s", s.frame())
	}
	s.send(feedEndedMsg{errors.New("the collector has ended")})
	if !strings.Contains(s.frame(), "no more data: the collector has ended") {
		t.Errorf("the end of all data is not said:\n%s", s.frame())
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	run(s.press("+"))
	run(s.press("+"))
	run(s.press("+"))
	run(s.press("-"))
	if want := []time.Duration{time.Second, 500 * time.Millisecond, time.Second}; !slices.Equal(s.rec.intervals, want) {
		t.Errorf("asked for %v, want %v: the fastest has no faster", s.rec.intervals, want)
	}
	if !strings.Contains(s.frame(), "every 2s→1s") {
		t.Errorf("the header claims what has not been seen:\n%s", s.frame())
	}
	f := production()
	f.Interval = time.Second
	s.send(fleetMsg{fleet: f})
	if !strings.Contains(s.frame(), "every 1s ") {
		t.Errorf("the header does not show the new interval:\n%s", s.frame())
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	batch, ok := s.press("f5")().(tea.BatchMsg)
	if !ok {
		t.Fatal("no batch")
	}
	batch[0]()
	if s.rec.refreshed != 1 {
		t.Errorf("refreshed %d times", s.rec.refreshed)
	}
}

// TestWithoutControls has no keys for what is not there.
func TestWithoutControls(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.Controls, o.Operator = nil, nil })
	for _, key := range []string{"+", "-", "f5", "ctrl+z", "r"} {
		if cmd := s.press(key); cmd != nil {
			t.Errorf("%s does something", key)
		}
	}
}

// TestNoticePasses shows a notice, then another, and lets the first one's end come late.
func TestNoticePasses(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.say("first")
	s.say("second")
	s.send(noticeEndMsg{notice: 1})
	if !strings.Contains(s.frame(), "second") {
		t.Error("an older notice's end took the newer one away")
	}
	s.send(noticeEndMsg{notice: 2})
	if strings.Contains(s.frame(), "second") {
		t.Error("the notice stays")
	}
}

// TestOneClock replaces the ticks when the pace changes: two chains of ticks would double for ever.
func TestOneClock(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	old := s.ticker.generation
	s.press("r")
	if cmd := s.send(tickMsg{at: noon, generation: old}); cmd != nil {
		t.Error("the slow clock goes on beside the fast one")
	}
	if cmd := s.send(tickMsg{at: noon, generation: s.ticker.generation}); cmd == nil || !s.ticker.fast {
		t.Error("the sheet's clock does not tick fast")
	}
	s.press("esc")
	s.send(tickMsg{at: noon, generation: s.ticker.generation})
	if s.ticker.fast {
		t.Error("the clock stays fast after the sheet")
	}
}

// TestIdleMessagesDrawNothing keeps the frame while nothing on it changes.
func TestIdleMessagesDrawNothing(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.View()
	s.send(tea.KeyPressMsg{Code: '§', Text: "§"}, tea.FocusMsg{}, tickMsg{at: noon.Add(time.Hour), generation: -1})
	if s.dirty {
		t.Error("a message that changes nothing draws a frame")
	}
}

// TestScreenWritesNoOutcome shows progress at whose end there is no verdict yet: nothing on the screen may say that
// it is done.
func TestScreenWritesNoOutcome(t *testing.T) {
	t.Parallel()
	p := halfway()
	p.Steps = []actions.StepProgress{{Target: "web2/puma", State: actions.Watching, Replaced: 3, Wanted: 3, Text: "a second poll has to show the same", Since: noon}}
	p.Plan.Steps = p.Plan.Steps[1:2]
	s := newScreen(t, 120, 40, production())
	s.roll(p)
	if frame := s.frame(); strings.Contains(frame, "verified") || strings.Contains(frame, "✔") {
		t.Errorf("three of three new workers are taken for a verdict:\n%s", frame)
	}
}

// TestVanishedTargetScreen keeps the screen of a target that has gone, and says so.
func TestVanishedTargetScreen(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.press("j", "j", "enter")
	s.send(fleetMsg{fleet: without(production(), "web1/puma")})
	if !strings.Contains(s.frame(), "web1/puma is gone") {
		t.Errorf("it is not said:\n%s", s.frame())
	}
	s.press("r")
	if s.overlay != noOverlay {
		t.Error("r plans on a target that is gone")
	}
	s.press("esc")
	if s.screen != fleetScreen || s.open != collector.TargetID("") {
		t.Error("esc does not lead back")
	}
}
