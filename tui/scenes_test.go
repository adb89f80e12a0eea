package tui

import (
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
)

// scene is a state of the screens that is worth looking at: golden frames, the sweep over all sizes and the drawing
// in every theme go through the same ones.
type scene struct {
	name  string
	fleet collector.Fleet
	opts  func(*Options)
	play  func(*screen)
}

// scenes are all screens and overlays.
func scenes() []scene {
	return append([]scene{
		{name: "fleet", fleet: production()},
		{name: "troubled", fleet: troubled(), play: func(s *screen) { s.press("j", "j") }},
		{name: "filtered", fleet: production(), play: func(s *screen) {
			s.press("j", "j", "space", "space", "/", "w", "e", "b", "space", "!", "n", "o", "t", "-", "r", "u", "n", "n", "i", "n", "g", "enter", "s", "j", "enter", "S")
		}},
		{name: "prompt", fleet: production(), play: func(s *screen) { s.press("/", "w", "e", "b", "5") }},
		{name: "prompt-hint", fleet: production(), play: func(s *screen) { s.press("/"); s.send(tea.PasteMsg{Content: "!admin busy>"}) }},
		{name: "prompt-error", fleet: production(), play: func(s *screen) { s.press("/"); s.send(tea.PasteMsg{Content: "web bsy>80"}) }},
		{name: "misread", fleet: troubled(), play: func(s *screen) { s.press("/"); s.send(tea.PasteMsg{Content: "bsy>80 puma<7"}); s.press("enter") }},
		{name: "paused", fleet: production(), opts: func(o *Options) { o.ReadOnly = true }, play: func(s *screen) {
			s.press("p")
			newer := many(3, 2)
			newer.At = noon.Add(14 * time.Second)
			s.send(fleetMsg{fleet: newer})
			s.send(tickMsg{at: noon.Add(14 * time.Second), generation: s.ticker.generation})
		}},
		{name: "nothing", fleet: production(), play: func(s *screen) { s.press("/", "z", "z", "enter") }},
		{name: "waiting"},
		{name: "target", fleet: production(), play: func(s *screen) { s.press("j", "j", "j", "enter") }},
		{name: "target-restarting", fleet: production(), play: func(s *screen) { s.press("j", "enter") }},
		{name: "target-loop", fleet: troubled(), play: func(s *screen) { s.press("g", "enter") }},
		{name: "host", fleet: troubled(), play: func(s *screen) { s.press("/", "w", "e", "b", "7", "enter", "g", "enter") }},
		{name: "sheet", fleet: production(), play: func(s *screen) { s.openReload(sheetOfTwo()) }},
		{name: "sheet-one", fleet: production(), play: func(s *screen) { s.openReload(sheetOfOne()) }},
		{name: "sheet-full", fleet: production(), play: func(s *screen) { s.openReload(sheetInFull()) }},
		{name: "sheet-many", fleet: with(many(60, 2), "web-0059.eu-west-1/puma", unsignalled), opts: protected, play: func(s *screen) {
			s.press("a", "r", "tab", "right", "tab")
			s.arm()
		}},
		{name: "sheet-protected", fleet: production(), opts: protected, play: func(s *screen) {
			s.openReload(protectedSheet())
			s.press("p", "r", "o")
		}},
		{name: "sheet-refused", fleet: production(), play: func(s *screen) { s.openReload(sheetRefused()) }},
		{name: "sheet-again", fleet: production(), play: func(s *screen) {
			s.begin(sheetOfOne())
			s.rollout.live = noRun{new(int)}
			s.send(progressMsg{1, refused()})
			s.arm()
		}},
		{name: "rollout", fleet: production(), play: func(s *screen) { s.roll(halfway()) }},
		{name: "rollout-screen", fleet: production(), play: func(s *screen) { s.roll(halfway()); s.press("tab") }},
		{name: "verdict", fleet: looped(), play: func(s *screen) { s.roll(judged()) }},
		{name: "verdict-screen", fleet: looped(), play: func(s *screen) { s.roll(judged()); s.press("tab") }},
		{name: "rollout-many", fleet: many(12, 2), play: func(s *screen) { s.roll(batched()) }},
		{name: "rollout-many-screen", fleet: many(12, 2), play: func(s *screen) { s.roll(batched()); s.press("tab") }},
		{name: "rollout-lost", fleet: production(), play: func(s *screen) { s.roll(awaited()) }},
		{name: "rollout-hidden", fleet: production(), play: func(s *screen) { s.press("j", "j", "j", "j", "enter"); s.roll(halfway()); s.witness(othersBad()) }},
		{name: "others", fleet: production(), play: func(s *screen) { s.witness(others()) }},
		{name: "others-screen", fleet: production(), play: func(s *screen) { s.roll(judged()); s.witness(others()); s.press("tab") }},
		{name: "palette", fleet: production(), opts: audited, play: func(s *screen) { s.press("j", "j", ":"); s.arm() }},
		{name: "palette-typed", fleet: production(), opts: audited, play: func(s *screen) { s.press("j", "j", ":", "r", "e", "f"); s.arm() }},
		{name: "palette-worker", fleet: production(), opts: audited, play: func(s *screen) {
			s.press("j", "j", "enter", "j", ":", "r", "e", "c", "y")
			s.arm()
		}},
		{name: "logs", fleet: production(), opts: logged, play: func(s *screen) { s.openedLogs(logText()...) }},
		{name: "logs-held", fleet: production(), opts: logged, play: func(s *screen) {
			s.openedLogs(logText()...)
			s.press("E", "/", "k", "e", "y", "enter")
		}},
		{name: "logs-waiting", fleet: production(), opts: logged, play: func(s *screen) { s.openedLogs() }},
		{name: "audit", fleet: production(), opts: audited, play: func(s *screen) { s.audited() }},
		{name: "audit-broken", fleet: production(), opts: audited, play: func(s *screen) {
			s.openAudit()
			s.send(auditMsg{err: unreadable{}})
		}},
		{name: "sheet-worker", fleet: production(), play: func(s *screen) { s.press("j", "j", "enter", "j"); s.recycle(); s.arm() }},
		{name: "quit", fleet: production(), play: func(s *screen) { s.roll(halfway()); s.press("q"); s.arm() }},
		{name: "stop", fleet: production(), play: func(s *screen) { s.roll(halfway()); s.press("X"); s.arm() }},
		{name: "help", fleet: production(), play: func(s *screen) { s.press("?") }},
		{name: "sort", fleet: production(), play: func(s *screen) { s.press("s") }},
		{name: "themes", fleet: production(), play: func(s *screen) { s.openThemes(); s.press("j", "j", "j", "j", "j", "j") }},
		{name: "many", fleet: many(1000, 16), play: func(s *screen) { s.press("G", "k", "k") }},
	}, slices.Concat(asksScenes(), timelineScenes(), rawScenes(), threadScenes(), chartScenes(), groupScenes(), doctorScenes(), firstScenes())...)
}

// show is a screen in a scene.
func (sc scene) show(tb testing.TB, w, h int, opts ...func(*Options)) *screen {
	if sc.opts != nil {
		opts = append(opts, sc.opts)
	}
	s := newScreen(tb, w, h, sc.fleet, opts...)
	if sc.play != nil {
		sc.play(s)
	}
	return s
}

// openReload shows a plan as r would.
func (s *screen) openReload(p actions.Plan) {
	var of []collector.Snapshot
	for i := range p.Steps {
		of = append(of, p.Steps[i].Before)
	}
	s.showPlan(p, of, "")
	s.arm()
	s.send(tickMsg{at: noon.Add(700 * time.Millisecond), generation: s.ticker.generation})
}

// roll begins a plan and shows it at some progress.
func (s *screen) roll(p actions.Progress) {
	s.begin(p.Plan)
	s.rollout.live = noRun{new(int)}
	s.send(progressMsg{1, p})
}

// profile is the message of a terminal with so many colours.
func profile(p colorprofile.Profile) tea.Msg { return tea.ColorProfileMsg{Profile: p} }

// troubled is a fleet in which everything that can go wrong does.
func troubled() collector.Fleet {
	loop := looping(sample{"web2", "puma", collector.Restarting, "6.6.1", 4, []int{0, 4, 5}, 5, 9, 21, 88.4, oldRelease, newRelease, puma.Yes, false}.snapshot())
	stuck := restarting(sample{"web9", "puma", collector.Restarting, "5.6.9", 3, []int{1, 2, 5}, 5, 0, 0, 12.4, oldRelease, newRelease, puma.Yes, false}.snapshot())
	stuck.State, stuck.Reason, stuck.Remedy = collector.Stuck, "nothing has changed for 2m10s: worker 2 drains", "see its log; r begins the restart anew"
	gone := sample{"web3", "puma", collector.Unreachable, "5.6.9", 1, []int{2, 2}, 5, 0, 0, 31.2, oldRelease, newRelease, puma.Yes, false}.snapshot()
	gone.Answered, gone.Retry = noon.Add(-94*time.Second), noon.Add(7*time.Second)
	gone.Reason, gone.Remedy = "no answer from 10.0.3.13:22 for 60 s", "is the host up?"
	stale := sample{"web4", "admin", collector.Stale, "6.6.1", 7, []int{2, 1}, 5, 1, 0, 7.7, newRelease, newRelease, puma.Unknown, false}.snapshot()
	stale.Answered = noon.Add(-14 * time.Second)
	mute := sample{"web5", "puma", collector.NoControl, "7.2.1", 0, nil, 5, 0, 0, 0, newRelease, newRelease, puma.No, false}.snapshot()
	mute.Answered, mute.Load, mute.Stats, mute.History = time.Time{}, collector.Load{}, puma.Stats{}, collector.History{}
	mute.Reason, mute.Remedy = "no control app in puma.rb", "add activate_control_app and state_path, then restart"
	unsure := sample{"web6", "puma", collector.Serving, "7.2.1", 2, []int{5, 4}, 5, 0, 0, 55.5, newRelease, newRelease, puma.Unknown, false}.snapshot()
	f := fleetOf(loop, stuck, gone, mute, stale, unsure)
	f.Hosts = append(f.Hosts,
		collector.HostStatus{Name: "web7", Asked: true, Err: "the host key is not known", Remedy: "ssh web7 once and compare the fingerprint", Retry: noon.Add(22 * time.Second)},
		collector.HostStatus{Name: "web8", Asked: true, Connected: true, Notes: []collector.Note{{Text: "process 812 belongs to puma", Remedy: "log in as puma"}}},
		collector.HostStatus{Name: "web10"})
	return f
}

// looped is the fleet in which web2's reload has just failed.
func looped() collector.Fleet {
	f := production()
	loop := looping(*f.Targets[1])
	f.Targets[0], f.Targets[1] = &loop, f.Targets[0]
	return f
}

func reloadStep(f collector.Fleet, id collector.TargetID, says string) actions.Step {
	s, _ := f.Target(id)
	return actions.Step{Target: id, Kind: actions.Reload, Via: actions.ViaControl, Request: "GET /phased-restart", Before: s, Says: says}
}

// before is web2 as it was when the plan was made.
func before() collector.Snapshot {
	return sample{"web2", "puma", collector.Serving, "6.6.1", 3, []int{4, 3, 4}, 5, 0, 0, 120.2, oldRelease, newRelease, puma.Yes, false}.snapshot()
}

func sheetOfTwo() actions.Plan {
	f := production()
	return actions.Plan{Intent: actions.Intent{Kind: actions.Reload, OrRestart: true}, At: noon, Steps: []actions.Step{
		reloadStep(f, "web1/puma", "phased: one worker at a time, 1 of 2 serve meanwhile"),
		{Target: "web2/puma", Kind: actions.Reload, Via: actions.ViaControl, Request: "GET /phased-restart", Before: before(), Says: "phased: one worker at a time, 2 of 3 serve meanwhile"},
	}}
}

func sheetOfOne() actions.Plan {
	return actions.Plan{Intent: actions.Intent{Kind: actions.Reload, OrRestart: true}, At: noon, Steps: []actions.Step{
		reloadStep(production(), "web3/puma", "phased: one worker at a time, 3 of 4 serve meanwhile"),
	}}
}

func sheetInFull() actions.Plan {
	step := reloadStep(production(), "web5/puma", "full restart, phased is not possible: "+evidence(puma.No))
	step.Kind, step.Request = actions.Restart, "GET /restart"
	single := reloadStep(production(), "web4/admin", "full restart, phased is not possible: single mode has no phased restart")
	single.Kind, single.Via, single.Request = actions.Restart, actions.ViaSystemd, "systemctl --user restart admin.service"
	single.Warnings = []string{"nothing serves until the application has booted again"}
	return actions.Plan{Intent: actions.Intent{Kind: actions.Reload, OrRestart: true}, At: noon, Steps: []actions.Step{step, single}, Refused: []actions.Refusal{
		{Target: "web2/puma", Reason: "a restart is in flight and makes progress: worker 2 drains", Remedy: "wait for it to end", Exit: 3},
	}}
}

// unsignalled is a target of another user.
func unsignalled(s *collector.Snapshot) { s.OwnFacts().MaySignal = false }

// protected is an environment whose name has to be typed.
func protected(o *Options) { o.Policy = actions.Policy{Environment: "production", Protected: true} }

func protectedSheet() actions.Plan {
	p := sheetInFull()
	p.Intent.Policy = actions.Policy{Environment: "production", Protected: true}
	return p
}

func sheetRefused() actions.Plan {
	return actions.Plan{Intent: actions.Intent{Kind: actions.Reload, OrRestart: true}, At: noon, Refused: []actions.Refusal{
		{Target: "web2/puma", Reason: "a restart is in flight and makes progress: worker 2 drains", Remedy: "wait for it to end", Exit: 3},
	}}
}

// halfway is a rollout of which the first target is done, the second under way, the third waits.
func halfway() actions.Progress {
	plan := sheetOfTwo()
	plan.Steps = append(plan.Steps, reloadStep(production(), "web3/puma", "phased: one worker at a time, 3 of 4 serve meanwhile"))
	return actions.Progress{Version: 7, Plan: plan, At: noon, Steps: []actions.StepProgress{
		{Target: "web1/puma", State: actions.Judged, Replaced: 2, Wanted: 2, Verdict: verified()},
		{Target: "web2/puma", State: actions.Watching, Since: noon.Add(-18 * time.Second), Replaced: 2, Wanted: 3, Text: "worker 2 drains, 8 s so far, 4 of 5 threads in use", Capacity: actions.Capacity{
			Serving: 2, Wanted: 3, Free: puma.Of(4), Max: puma.Of(15), Queue: puma.Of(4), QueueBefore: puma.Of(0)}},
		{Target: "web3/puma", State: actions.Waiting, Wanted: 4},
	}, Log: []actions.Line{
		{At: noon.Add(-23 * time.Second), Target: "web1/puma", Text: "phased restart asked, phase 1"},
		{At: noon.Add(-19 * time.Second), Target: "web1/puma", Text: "verified: 2 of 2 workers replaced in 3.1s"},
		{At: noon.Add(-18 * time.Second), Target: "web2/puma", Text: "phased restart asked, phase 3"},
	}}
}

func verified() *actions.Verdict {
	return &actions.Verdict{
		Target: "web1/puma", Word: actions.Verified, Action: actions.Reload, Via: actions.ViaControl, At: noon,
		Summary: "2 of 2 workers replaced in 3.1s, runs 20261121194902", PhaseBefore: puma.Of(1), PhaseAfter: puma.Of(2),
		Workers: []actions.Replacement{{Index: 0, OldPID: 61, NewPID: 4110, Seconds: 1.4}, {Index: 1, OldPID: 62, NewPID: 4111, Seconds: 1.7}},
		Cost:    actions.Cost{Seconds: 3.1, PerWorker: 1.6, LowestCapacity: 1, Of: 2, HighestQueue: puma.Of(3), QueueBefore: puma.Of(0)},
		Evidence: []string{
			"phase 1→2, the master is the same image", "worker 0: pid 61→4110, booted and checked in", "worker 1: pid 62→4111, booted and checked in",
			"2 of 2 workers serve, none of an older phase, in 2 polls with the same pids", "workers run 20261121194902, current is 20261121194902",
		},
	}
}

// judged is the end of the rollout in the design's drawing: one target verified, one in a crash loop, one left out.
func judged() actions.Progress {
	p := halfway()
	p.Version, p.Done, p.At, p.Stopped = 12, true, noon, "left out: web2/puma ended with crash loop"
	p.Steps = []actions.StepProgress{
		p.Steps[0],
		{Target: "web2/puma", State: actions.Judged, Since: noon.Add(-18 * time.Second), Wanted: 3, Verdict: &actions.Verdict{
			Target: "web2/puma", Word: actions.CrashLoop, Action: actions.Reload, Via: actions.ViaControl, At: noon, Exit: 6,
			Summary: "worker 0: at least 36 failed boots in 9 s, none booted; capacity 2 of 3 since 19:32:21",
			Reason:  "this release does not boot · RuntimeError · config.ru:4",
			Remedy:  "the other workers still serve 20261121191110; roll back or deploy, then reload: Puma stays in the broken release until then",
			Evidence: []string{
				"worker 0 was seen to start and leave without booting 36 times since the request",
			},
			Log: []string{"[4100] ! Unable to load application: RuntimeError: this release does not boot"},
		}},
		{Target: "web3/puma", State: actions.Judged, Wanted: 4, Verdict: &actions.Verdict{
			Target: "web3/puma", Word: actions.Untouched, Action: actions.Reload, At: noon, Exit: 3, Summary: "left out: web2/puma ended with crash loop",
		}},
	}
	return p
}

// refused is a run whose target had changed between sheet and request.
func refused() actions.Progress {
	plan := sheetOfOne()
	return actions.Progress{Version: 3, Plan: plan, At: noon, Done: true, Steps: []actions.StepProgress{
		{Target: "web3/puma", State: actions.Judged, Wanted: 4, Verdict: &actions.Verdict{
			Target: "web3/puma", Word: actions.Refused, At: noon, Exit: 3,
			Summary: "the target has changed since the plan was made: phase 2, the sheet showed 1", Remedy: "nothing was sent; look at it again and reload",
		}},
	}}
}
