package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector"
)

// says fails unless the frame has each of these texts.
func (s *screen) says(t *testing.T, texts ...string) {
	t.Helper()
	frame := s.frame()
	for _, want := range texts {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not on the screen:\n%s", want, frame)
		}
	}
}

// hushes fails if the frame has any of these texts.
func (s *screen) hushes(t *testing.T, texts ...string) {
	t.Helper()
	frame := s.frame()
	for _, no := range texts {
		if strings.Contains(frame, no) {
			t.Errorf("%q is on the screen:\n%s", no, frame)
		}
	}
}

// TestFullRestart asks for more than a y, whatever the target could do phased.
func TestFullRestart(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.press("R")
	s.arm()
	s.says(t, "Restart web1/puma in full", "full restart: every worker at once", "sends GET /restart to the control socket", "type 1 to restart")
	s.press("y", "R", "r")
	if s.rollout != nil {
		t.Fatal("a full restart began with a y")
	}
	run(firstOf(s.press("1")))
	if len(s.rec.plans) != 1 || s.rec.plans[0].Steps[0].Kind != actions.Restart {
		t.Errorf("began %+v", s.rec.plans)
	}
}

// TestIntentsCarryTheOptions: what the command line says of policy, pace and way is in every plan.
func TestIntentsCarryTheOptions(t *testing.T) {
	t.Parallel()
	var got []actions.Intent
	s := newScreen(t, 120, 40, production(), protected, func(o *Options) {
		o.Via, o.Pace = actions.ViaSystemd, actions.Pace{Canary: 1, Batch: actions.Size{Percent: 25}}
	})
	plan := s.newPlan
	s.newPlan = func(in actions.Intent, of []collector.Snapshot, now time.Time) actions.Plan {
		got = append(got, in)
		return plan(in, of, now)
	}
	s.press("j", "j", "r", "esc", "R")
	if len(got) != 2 || got[0].Kind != actions.Reload || got[1].Kind != actions.Restart {
		t.Fatalf("planned %+v", got)
	}
	for _, in := range got {
		if !in.OrRestart || in.Via != actions.ViaSystemd || in.Pace.Canary != 1 || in.Pace.Batch.Percent != 25 || !in.Policy.Protected {
			t.Errorf("planned %+v", in)
		}
	}
}

// TestProtectedAsksForTheName: a y is not enough, and what closes a sheet elsewhere is a letter of the name here.
func TestProtectedAsksForTheName(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), func(o *Options) {
		o.Environment, o.Policy = "", actions.Policy{Environment: "qa-eü", Protected: true}
	})
	s.says(t, " qa-eü · protected ")
	s.press("j", "j", "r")
	s.arm()
	s.says(t, "qa-eü is protected", "type qa-eü to reload")
	s.press("y", "q", "a", "x", "q", "a", "-", "e", "ü")
	if s.rollout == nil {
		t.Fatalf("the name does not confirm, typed %q", s.sheet.consent.typed)
	}
	s = newScreen(t, 120, 40, production(), protected)
	s.press("j", "j", "r")
	s.arm()
	s.send(tea.PasteMsg{Content: "production"})
	s.press("p", "r", "o", "backspace", "o", "d", "q")
	if s.rollout != nil || s.overlay != noOverlay {
		t.Error("q does not close where no name has it")
	}
}

// TestTabStepsThroughTheWays plans anew for each, and says why one is closed.
func TestTabStepsThroughTheWays(t *testing.T) {
	t.Parallel()
	f := with(production(), "web1/puma", func(s *collector.Snapshot) { f := s.OwnFacts(); f.MaySignal, f.Unit.Scope = false, "system" })
	s := newScreen(t, 120, 40, f)
	s.press("j", "j", "r")
	s.arm()
	s.says(t, "tab way: any that works", "sends GET /phased-restart to the control socket")
	s.press("tab")
	s.says(t, "tab way: control", "sends GET /phased-restart")
	s.press("y")
	if s.rollout != nil {
		t.Fatal("a sheet that had just changed took consent")
	}
	s.press("tab")
	s.says(t, "tab way: systemd", "runs systemctl reload puma.service on the host")
	s.press("tab")
	s.arm()
	s.says(t, "Reload web1/puma: refused", "belongs to deploy: this login may not signal it", "tab way: signal", "[ Close ]")
	s.hushes(t, "type y")
	s.press("y", "tab")
	s.arm()
	s.says(t, "tab way: any that works", "type y to reload")
	run(firstOf(s.press("y")))
	if len(s.rec.plans) != 1 || s.rec.plans[0].Steps[0].Via != actions.ViaControl {
		t.Errorf("began %+v", s.rec.plans)
	}
}

// TestBatchesGrowAndShrink: what was typed before is void, and the first target goes alone.
func TestBatchesGrowAndShrink(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, many(12, 2))
	s.press("a", "r")
	s.arm()
	s.says(t, "web-0000.eu-west-1/puma first, then one after another", "at a time: 1")
	s.press("left", "1", "right")
	s.arm()
	s.says(t, "first, then 2 at a time", "at a time: 2")
	s.press("2")
	if s.rollout != nil {
		t.Fatal("half of what was typed was for another plan")
	}
	for range 5 {
		s.press("right")
	}
	s.says(t, "first, then 11 at a time", "at a time: 11")
	s.press("left")
	s.says(t, "at a time: 10")
	s.arm()
	s.press("1", "2")
	if s.rollout == nil || s.rollout.progress.Plan.Intent.Pace != (actions.Pace{Canary: 1, Batch: actions.Size{N: 10}}) {
		t.Errorf("began %+v", s.rollout)
	}
}

// TestWayIsForTheFrozenTargets lets a target vanish and another come: the new plan is for those that the sheet opened with.
func TestWayIsForTheFrozenTargets(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	s.press("r")
	s.send(fleetMsg{fleet: without(production(), "web1/puma")})
	s.press("tab")
	if got := s.sheet.plan.Steps; len(got) != 1 || got[0].Target != "web1/puma" {
		t.Errorf("planned for %+v, refused %+v", got, s.sheet.plan.Refused)
	}
}
