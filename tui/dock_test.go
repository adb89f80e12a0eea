package tui

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// TestLostIsWaitedFor: a rollout that is over may still learn what became of a target. Meanwhile it holds up nothing.
func TestLostIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	asked := 0
	s.nextProgress = func(Run, int, int) tea.Cmd {
		asked++
		return nil
	}
	p := awaited()
	s.send(progressMsg{1, p})
	s.says(t, "still waiting for web2/puma to come back", "✖ web2/puma  lost")
	if asked != 1 {
		t.Fatal("nothing more is asked of a run that still waits for a lost target")
	}
	if s.running() || s.canStop() || !quits(s.press("q")) {
		t.Error("a rollout that only waits is taken for a running action")
	}
	s.press("j", "j", "r")
	if s.overlay != sheetOverlay {
		t.Error("no other action can begin")
	}
	s.press("esc")
	v := *verified()
	v.Target = "web2/puma"
	back := awaited()
	back.Version, back.Awaited, back.Stopped = p.Version+1, 0, ""
	back.Steps[1].Verdict = &v
	s.send(progressMsg{1, back})
	s.says(t, "✔ web2/puma  verified")
	s.hushes(t, "still waiting")
	if asked != 1 {
		t.Error("a run that is over is asked again")
	}
	s.send(runEndedMsg{run: 1, err: io.EOF})
	s.hushes(t, "ended without a verdict")
}

// TestPauseCountsDown says when the next batch begins, and what is under way afterwards.
func TestPauseCountsDown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, many(12, 2))
	s.roll(batched())
	s.says(t, "5 of 12 judged · batch 4 of 7 begins in 12s", "✔ 4 targets  verified", "○ 7 targets wait for their turn, web-0005.eu-west-1/puma next")
	s.send(tickMsg{at: noon.Add(9500 * time.Millisecond), generation: s.ticker.generation})
	s.says(t, "batch 4 of 7 begins in 3s")
	p := batched()
	p.Version, p.PausedUntil, p.Batch = 10, time.Time{}, 3
	p.Steps[5].State, p.Steps[5].Text = actions.Asking, "reading fresh figures"
	s.send(progressMsg{1, p})
	s.says(t, "5 of 12 judged · batch 4 of 7", "web-0005.eu-west-1/puma  asking", "○ 6 targets wait")
	s.hushes(t, "begins in")
}

// TestCapacityOfTheUnknown: of a target without figures nothing is said, least of all that nothing serves.
func TestCapacityOfTheUnknown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	for _, c := range []struct {
		c    actions.Capacity
		want string
	}{
		{actions.Capacity{Wanted: 3}, ""},
		{actions.Capacity{Serving: 2, Wanted: 3, Max: puma.Of(15)}, "serving 2/3"},
		{actions.Capacity{Serving: 3, Wanted: 3, Free: puma.Of(0), Max: puma.Of(15), Queue: puma.Of(9)}, "serving 3/3 · 0 of 15 threads free · queue 9"},
		{actions.Capacity{Queue: puma.Of(0), QueueBefore: puma.Of(2)}, "queue 0, before 2"},
	} {
		var got strings.Builder
		for _, part := range s.capacity(c.c) {
			got.WriteString(part.s)
		}
		if got.String() != c.want {
			t.Errorf("%+v: %q, want %q", c.c, got.String(), c.want)
		}
	}
}

// TestDockKeepsWhatMatters squeezes a long rollout: the target that failed stays in sight.
func TestDockKeepsWhatMatters(t *testing.T) {
	t.Parallel()
	p := batched()
	for i := range p.Steps {
		v := *verified()
		v.Target = p.Steps[i].Target
		v.Reason = "each of them has something to say"
		if i == 9 {
			v = *judged().Steps[1].Verdict
			v.Target = p.Steps[i].Target
		}
		if i > 9 {
			v.Word, v.Reason, v.Summary = actions.Untouched, "", "left out"
		}
		p.Steps[i].State, p.Steps[i].Verdict = actions.Judged, &v
	}
	p.Done = true
	s := newScreen(t, 80, 24, many(12, 2))
	s.roll(p)
	s.says(t, "✖ web-0009.eu-west-1/puma  crash loop", "this release does not boot")
	s.press("tab")
	s.says(t, "✖ web-0009.eu-west-1/puma  crash loop", "logged   [4100] ! Unable to load application")
}

// TestOthersAreShown: restarts that nobody here began stand in the dock, and leave it after a while or with esc.
func TestOthersAreShown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.witness(actions.Progress{Version: 1, Plan: actions.Plan{Observed: true}})
	s.hushes(t, "others", "tab")
	s.send(progressMsg{witnessRun, others()})
	s.says(t, "Restarts begun by others  1 of 2 judged", "✔ web1/puma  verified", "◐ web2/puma  ▰▰▱ 2/3 new  worker 2 drains", "tab rollout")
	if s.running() || !quits(s.press("q")) {
		t.Error("somebody else's restart is taken for an action of ours")
	}
	s.press("esc")
	s.says(t, "Restarts begun by others", "◐ web2/puma")
	s.hushes(t, "✔ web1/puma  verified")
	s.send(progressMsg{witnessRun, othersBad()})
	s.says(t, "✖ web2/puma  crash loop")
	s.send(tickMsg{at: noon.Add(seenFor - time.Second), generation: s.ticker.generation})
	s.says(t, "✖ web2/puma  crash loop")
	s.send(tickMsg{at: noon.Add(seenFor + time.Second), generation: s.ticker.generation})
	s.hushes(t, "others", "✖ web2/puma  crash loop")
	s.press("tab")
	s.says(t, "Restarts begun by others", "✔ web1/puma  verified", "✖ web2/puma  crash loop")
	s.press("tab")
	s.send(runEndedMsg{run: witnessRun, err: errors.New("over")})
	s.hushes(t, "over", "others")
}

// TestOwnRolloutComesFirst: what others began waits until our own is out of the dock, and is marked meanwhile.
func TestOwnRolloutComesFirst(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.witness(others())
	s.says(t, "Reload 3 targets", "◐ by others 1/2")
	s.send(progressMsg{1, judged()})
	s.press("esc")
	s.says(t, "Restarts begun by others")
	s.hushes(t, "◐ by others 1/2", "Reload 3 targets")
}

// TestMarkInTheHeader: what runs out of sight, and a bad verdict that nobody has looked at.
func TestMarkInTheHeader(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production())
	s.roll(halfway())
	s.hushes(t, "◐ reload")
	s.press("j", "j", "j", "j", "enter")
	s.says(t, "◐ reload 1/3")
	s.press("tab")
	s.hushes(t, "◐ reload")
	s.press("tab", "?")
	s.send(progressMsg{1, judged()})
	s.press("esc")
	s.says(t, "✖ web2/puma crash loop › web4/admin")
	s.hushes(t, "◐ reload")
	s.press("tab", "tab")
	s.hushes(t, "✖ web2/puma crash loop ›")
	p := judged()
	p.Version++
	s.send(progressMsg{1, p})
	s.hushes(t, "✖ web2/puma crash loop ›")
}

// TestManyOthers draws a deploy over more targets than fit: the table keeps its room.
func TestManyOthers(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24, many(300, 2))
	s.witness(manyOthers(300))
	if rows := s.fleetLayout().rows; rows < 5 {
		t.Errorf("%d lines are left for the fleet", rows)
	}
	if lines := s.dockLines(s.dock()); len(lines) > 2*s.height {
		t.Errorf("%d lines were made of which %d can be seen", len(lines), s.height)
	}
	s.press("tab", "G")
	s.says(t, "web-0299.eu-west-1/puma")
}
