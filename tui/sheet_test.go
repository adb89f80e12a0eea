package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// frame is the text on the screen.
func (s *screen) frame() string { return ansi.Strip(s.View().Content) }

// run carries out a command and whatever it is made of, and returns the messages.
func run(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		var all []tea.Msg
		for _, c := range msg {
			all = append(all, run(c)...)
		}
		return all
	default:
		return []tea.Msg{msg}
	}
}

// on is a screen with the cursor on a target.
func on(t *testing.T, id collector.TargetID) *screen {
	t.Helper()
	s := newScreen(t, 120, 40, production())
	s.pin()
	s.moveTo(s.projected.index(id))
	if r := s.current(); r == nil || r.id != id {
		t.Fatalf("the cursor is on %v", r)
	}
	return s
}

func TestOnlyTheWordConfirms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		keys  []string
		want  int // plans begun
		close bool
	}{
		{"y", []string{"y"}, 1, true},
		{"another r", []string{"r", "r"}, 0, false},
		{"another letter first", []string{"x", "y"}, 1, true},
		{"enter rests on cancel", []string{"enter", "y"}, 0, true},
		{"esc", []string{"esc", "y"}, 0, true},
		{"q closes and does not quit", []string{"q"}, 0, true},
		{"capital Y", []string{"Y"}, 0, false},
		{"space", []string{"space"}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := on(t, "web1/puma")
			s.press("r")
			s.arm()
			begun := 0
			for _, key := range c.keys {
				cmd := s.press(key)
				if s.rollout != nil && begun == 0 {
					begun++
					_ = cmd
				}
			}
			if begun != c.want || (s.overlay == noOverlay) != c.close {
				t.Errorf("begun %d, overlay %d", begun, s.overlay)
			}
		})
	}
}

// TestKeysTypedAheadDoNotConfirm types r and y into a terminal that hangs: both arrive at once.
func TestKeysTypedAheadDoNotConfirm(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.press("r", "y", "enter", "y")
	if s.rollout != nil || s.overlay != sheetOverlay {
		t.Fatalf("keys from before the sheet could be read began %v, overlay %d", s.rollout, s.overlay)
	}
	s.send(armedMsg{overlay: s.overlays - 1})
	s.press("y")
	if s.rollout != nil {
		t.Fatal("the moment of an older overlay armed this one")
	}
	s.arm()
	s.press("y")
	if s.rollout == nil {
		t.Error("y does not confirm once it could be read")
	}
}

// TestKeysOfAMachineThatStoodStill has the sheet's timer run out while the keys behind r wait to be read.
func TestKeysOfAMachineThatStoodStill(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.press("r")
	s.send(armedMsg{overlay: s.overlays, beats: armBeats - 1}) // what is overdue comes first
	s.press("y")
	s.send(armedMsg{overlay: s.overlays - 1}) // the moment that the key has cut short
	s.press("y")
	if s.rollout != nil {
		t.Fatal("a key that came behind an overdue beat confirmed")
	}
	s.arm()
	s.press("y")
	if s.rollout == nil {
		t.Error("y does not confirm after the silence")
	}
}

func TestPasteIntoTheSheetDoesNothing(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.send(tea.PasteMsg{Content: "r"})
	if s.overlay != noOverlay || !s.filter.Empty() {
		t.Fatal("a paste opened the sheet, or filters")
	}
	s.press("r")
	s.arm()
	s.send(tea.PasteMsg{Content: "y"})
	if s.rollout != nil || s.overlay != sheetOverlay {
		t.Error("a paste confirmed")
	}
}

func TestNumberIsTypedInOneGo(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, many(12, 2))
	s.press("a", "r")
	s.arm()
	s.press("1", "1", "2")
	if s.rollout != nil {
		t.Fatal("112 is not 12")
	}
	s.press("1")
	if !strings.Contains(s.frame(), "type 12 to reload") {
		t.Errorf("the sheet does not say what to type:\n%s", s.frame())
	}
	s.press("2")
	if s.rollout == nil || len(s.rollout.progress.Plan.Steps) != 12 {
		t.Error("12 does not confirm")
	}
}

// TestNoConsentToTheUnseen shrinks the terminal until the sheet is gone.
func TestNoConsentToTheUnseen(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.press("r")
	s.arm()
	s.send(tea.WindowSizeMsg{Width: 30, Height: 5})
	s.press("y")
	if s.rollout != nil {
		t.Fatal("a sheet that is not on the screen was confirmed")
	}
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.press("y")
	if s.rollout == nil {
		t.Error("the sheet does not take consent once it is back")
	}
}

// TestSheetIsFrozen opens a sheet, then everything changes behind it.
func TestSheetIsFrozen(t *testing.T) {
	t.Parallel()
	s := on(t, "web3/puma")
	s.press("r")
	s.arm()
	s.send(fleetMsg{fleet: without(production(), "web3/puma")})
	s.send(tickMsg{at: noon.Add(2500 * time.Millisecond), generation: s.ticker.generation})
	frame := s.frame()
	for _, want := range []string{"Reload web3/puma", "phase 1→2", "20261121191110 → 20261121194902", "figures 3.0s old"} {
		if !strings.Contains(frame, want) {
			t.Errorf("the sheet does not say %q:\n%s", want, frame)
		}
	}
	msgs := run(firstOf(s.press("y")))
	started, ok := msgs[0].(startedMsg)
	if !ok || len(s.rec.plans) != 1 || s.rec.plans[0].Steps[0].Target != "web3/puma" {
		t.Errorf("y began %v, plans %v", started, s.rec.plans)
	}
}

// firstOf is the first command of a batch: the others of a confirmed sheet are clocks.
func firstOf(cmd tea.Cmd) tea.Cmd {
	if batch, ok := cmd().(tea.BatchMsg); ok {
		return batch[0]
	}
	return cmd
}

func TestSheetWithNothingToDo(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.openReload(sheetRefused())
	frame := s.frame()
	for _, want := range []string{"Reload web2/puma: refused", "a restart is in flight", "wait for it to end", "[ Close ]"} {
		if !strings.Contains(frame, want) {
			t.Errorf("the sheet does not say %q:\n%s", want, frame)
		}
	}
	s.press("y", "0", "1")
	if s.rollout != nil || s.overlay != sheetOverlay {
		t.Error("there is something to agree to")
	}
}

// TestTallSheetKeepsItsAnswer draws a sheet that is higher than the terminal: what has to be typed stays in sight.
func TestTallSheetKeepsItsAnswer(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24, many(60, 2))
	s.press("a", "r")
	for height, texts := range map[int][]string{
		24: {"Reload 60 targets", "type 60 to reload", "more: a higher terminal", "figures"},
		8:  {"Reload 60 targets", "type 60 to reload"},
	} {
		s.send(tea.WindowSizeMsg{Width: 80, Height: height})
		for _, want := range texts {
			if frame := s.frame(); !strings.Contains(frame, want) {
				t.Errorf("%d lines: the sheet does not say %q:\n%s", height, want, frame)
			}
		}
	}
}

// TestOddTargetIsSeen: among many targets the one that restarts in full stands on top, however many lines there are.
func TestOddTargetIsSeen(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24, with(many(60, 2), "web-0047.eu-west-1/puma", func(s *collector.Snapshot) {
		s.Phased = puma.Phased{Answer: puma.No, Evidence: "preload_app! is on"}
	}))
	s.press("a", "r")
	s.says(t, "59 of 60: phased: one worker at a time, 1 of 2 serve meanwhile", "web-0047.eu-west-1/puma", "full restart, phased is not possible",
		"sends GET /restart", "59 of 60: sends GET /phased-restart", "type 60 to restart")
	s.send(tea.WindowSizeMsg{Width: 120, Height: 120})
	if frame := s.frame(); strings.Index(frame, "│   web-0047") < strings.Index(frame, "│   web-0046") {
		t.Error("where there is room for all they do not stand in their order")
	}
}

// TestRefusedGoesBackToTheSheet ends a run in which the target was not what the sheet showed.
func TestRefusedGoesBackToTheSheet(t *testing.T) {
	t.Parallel()
	s := on(t, "web3/puma")
	s.begin(sheetOfOne())
	s.send(startedMsg{run: 1, live: noRun{&s.rec.stopped}})
	changed := with(production(), "web3/puma", func(s *collector.Snapshot) { s.Stats.Phase = puma.Of(2) })
	s.send(fleetMsg{fleet: changed}, progressMsg{1, refused()})
	if s.overlay != sheetOverlay {
		t.Fatalf("overlay %d", s.overlay)
	}
	frame := s.frame()
	for _, want := range []string{"nothing was sent: the target has changed", "phase 2→3", "type y to reload"} {
		if !strings.Contains(frame, want) {
			t.Errorf("the sheet does not say %q:\n%s", want, frame)
		}
	}
	s.press("y")
	if s.rollout.number != 1 {
		t.Error("a sheet that opened by itself took consent at once")
	}
	s.arm()
	s.press("y")
	if s.rollout.number != 2 {
		t.Error("y does not confirm the new plan")
	}
}

// TestPlanFromTheNewestWhilePaused pauses the display and reloads what has changed meanwhile.
func TestPlanFromTheNewestWhilePaused(t *testing.T) {
	t.Parallel()
	s := on(t, "web3/puma")
	s.press("p")
	newer := with(production(), "web3/puma", func(s *collector.Snapshot) { s.Stats.Phase = puma.Of(9) })
	newer.At = noon.Add(4 * time.Second)
	s.send(fleetMsg{fleet: newer})
	if strings.Contains(s.frame(), " 9  ") || !strings.Contains(s.frame(), "PAUSED 4s") {
		t.Errorf("the display goes on, or does not say that it is held:\n%s", s.frame())
	}
	s.press("r")
	if got := s.sheet.plan.Steps[0].Before.Stats.Phase.N; got != 9 {
		t.Errorf("planned on phase %d", got)
	}
	s.press("esc", "p")
	if s.fleet.shown.At != newer.At || strings.Contains(s.frame(), "PAUSED") {
		t.Error("the display does not go on with the newest")
	}
}

func TestOneRolloutAtATime(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.roll(halfway())
	s.press("r")
	if s.overlay != noOverlay || !strings.Contains(s.notice.text, "one rollout at a time") {
		t.Errorf("overlay %d, notice %q", s.overlay, s.notice.text)
	}
	s.send(progressMsg{1, judged()})
	s.press("r")
	if s.overlay != sheetOverlay {
		t.Error("after its end another cannot begin")
	}
}

func TestReadOnlyHasNoKeysThatAct(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.ReadOnly = true })
	for _, key := range []string{"r", "R", "X"} {
		s.press(key)
		if s.overlay != noOverlay || s.rollout != nil || s.notice.text != "" {
			t.Errorf("%s does something", key)
		}
	}
	if frame := s.frame(); !strings.Contains(frame, "READ-ONLY") || strings.Contains(frame, "r reload") {
		t.Errorf("the screen does not say that it only reads:\n%s", frame)
	}
	s.press("?")
	if frame := s.frame(); strings.Contains(frame, "reload") || strings.Contains(frame, "rollout:") {
		t.Errorf("the help tells of keys that do not exist:\n%s", frame)
	}
}
