package actions

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// whole is a target that serves, changed as a case needs.
func whole(change func(*collector.Snapshot)) collector.Snapshot {
	s := collector.Snapshot{
		ID: "web1/puma", Host: "web1", App: "puma", At: recordedAt, Answered: recordedAt, Probed: recordedAt, State: collector.Serving, Linked: true, Wanted: 2,
		Phased: puma.Phased{Answer: puma.Yes, Evidence: "its log says so"},
		Stats:  clusterOf(0, 1, 2),
	}.WithFacts(probe.Puma{PID: 9, Release: "/r/1", Current: "/r/2", StateStamp: "1",
		Unit: probe.Unit{Name: "puma.service", Scope: probe.UserScope, Active: "active", Restarts: puma.Of(0),
			ExecReload: "/bin/kill -USR1 $MAINPID"}, MaySignal: true, User: "deploy"})
	s.Workers = []collector.Worker{{Worker: &s.Stats.Workers[0], Release: "/r/1"}, {Worker: &s.Stats.Workers[1], Release: "/r/1"}}
	change(&s)
	return s
}

// clusterOf is a cluster in a phase whose workers, with those pids, all serve.
func clusterOf(phase int, pids ...int) puma.Stats {
	s := puma.Stats{Mode: puma.Cluster, StartedAt: recordedAt.Add(-time.Hour), Phase: puma.Of(phase), OldWorkers: puma.Of(0)}
	for i, pid := range pids {
		s.Workers = append(s.Workers, puma.Worker{Index: i, PID: pid, Phase: phase, Booted: true, CheckedIn: true})
	}
	return s
}

func TestNewPlan(t *testing.T) {
	t.Parallel()
	hotOnly := func(s *collector.Snapshot) {
		s.Phased = puma.Phased{Answer: puma.No, Evidence: "preload_app! is on (seen in the start-up log)"}
	}
	unknown := func(s *collector.Snapshot) { s.Phased = puma.Phased{Answer: puma.Unknown, Evidence: "not read yet"} }
	down := func(s *collector.Snapshot) {
		s.State, s.Reason, s.OwnFacts().PID = collector.NotRunning, "user unit puma.service is inactive", 0
	}
	in := func(state collector.State, reason string) func(*collector.Snapshot) {
		return func(s *collector.Snapshot) { s.State, s.Reason, s.Remedy = state, reason, "do that" }
	}
	phased := "phased: one worker at a time, 1 of 2 serve meanwhile"
	for _, tc := range []struct {
		name      string
		asked     Kind
		orRestart bool
		change    func(*collector.Snapshot)
		want      Step // Kind, Via, Says, Warnings and Remedy
		refusal   Refusal
		confirm   string
	}{
		{name: "a reload", asked: Reload, change: func(*collector.Snapshot) {}, want: Step{Kind: Reload, Via: ViaControl, Says: phased}, confirm: "y"},
		{name: "a full restart", asked: Restart, change: func(*collector.Snapshot) {}, confirm: "1",
			want: Step{Kind: Restart, Via: ViaControl, Says: "full restart: every worker at once, requests wait at the listening socket meanwhile"}},
		{name: "phased or not", asked: Reload, change: unknown, confirm: "1", want: Step{Kind: Reload, Via: ViaControl, Says: "phased or full, not known which: not read yet",
			Warnings: []string{"if Puma preloads the application it restarts in full instead"}}},
		{name: "its only worker", asked: Reload, confirm: "y", change: func(s *collector.Snapshot) { s.Stats, s.Wanted = clusterOf(0, 1), 1 },
			want: Step{Kind: Reload, Via: ViaControl, Says: "phased: one worker at a time, 0 of 1 serve meanwhile",
				Warnings: []string{"its only worker is replaced: nothing serves while the new one boots"}}},
		{name: "current unknown", asked: Reload, confirm: "y", change: func(s *collector.Snapshot) { s.OwnFacts().Current = "" },
			want: Step{Kind: Reload, Via: ViaControl, Says: phased, Warnings: []string{"what current points to is not known: the verdict cannot compare releases"}}},
		{name: "would restart in full", asked: Reload, change: hotOnly,
			refusal: Refusal{Reason: "a reload would be a full restart: preload_app! is on (seen in the start-up log)", Remedy: "reload --or-restart accepts that", Exit: ExitNotPhased}},
		{name: "would, and may", asked: Reload, orRestart: true, change: hotOnly, confirm: "1",
			want: Step{Kind: Restart, Via: ViaControl, Says: "full restart, phased is not possible: preload_app! is on (seen in the start-up log)"}},
		{name: "single mode", asked: Restart, confirm: "1", change: func(s *collector.Snapshot) { hotOnly(s); s.Stats.Mode = puma.Single },
			want: Step{Kind: Restart, Via: ViaControl, Says: "full restart: every worker at once, requests wait at the listening socket meanwhile",
				Warnings: []string{"nothing serves until the application has booted again"}}},
		{name: "out of a crash loop", asked: Reload, confirm: "y", change: in(collector.CrashLoop, "worker 1 does not boot"),
			want: Step{Kind: Reload, Via: ViaControl, Says: phased, Remedy: true, Warnings: []string{"crash loop: worker 1 does not boot", "1 does not boot, current is now 2"}}},
		{name: "out of it, by a full restart", asked: Restart, confirm: "1", change: in(collector.CrashLoop, "worker 1 does not boot"),
			want: Step{Kind: Restart, Via: ViaControl, Remedy: true, Says: "full restart: every worker at once, requests wait at the listening socket meanwhile",
				Warnings: []string{"crash loop: worker 1 does not boot", "1 does not boot, current is now 2"}}},
		{name: "into the same again", asked: Reload, confirm: "y",
			change: func(s *collector.Snapshot) {
				in(collector.CrashLoop, "worker 1 does not boot")(s)
				s.OwnFacts().Release = "/r/2"
			},
			want: Step{Kind: Reload, Via: ViaControl, Says: phased, Remedy: true,
				Warnings: []string{"crash loop: worker 1 does not boot", "current still is the release that does not boot, 2: roll back or deploy first"}}},
		{name: "into what nobody knows", asked: Reload, confirm: "y",
			change: func(s *collector.Snapshot) {
				in(collector.CrashLoop, "worker 1 does not boot")(s)
				s.OwnFacts().Release = ""
			},
			want: Step{Kind: Reload, Via: ViaControl, Says: phased, Remedy: true,
				Warnings: []string{"crash loop: worker 1 does not boot", "which release fails, and what current is now, could not be read"}}},
		{name: "stuck", asked: Reload, confirm: "y", change: in(collector.Stuck, "nothing has changed for 46s"),
			want: Step{Kind: Reload, Via: ViaControl, Says: phased, Remedy: true, Warnings: []string{"stuck: nothing has changed for 46s"}}},
		{name: "in flight", asked: Reload, change: in(collector.Restarting, "worker 0 boots"),
			refusal: Refusal{Reason: "a restart is in flight and makes progress: worker 0 boots", Remedy: "wait for it to end", Exit: ExitUnhealthy}},
		{name: "unreachable", asked: Reload, change: in(collector.Unreachable, "no route"), refusal: Refusal{Reason: "unreachable: no route", Remedy: "do that", Exit: ExitUnreachable}},
		{name: "stale", asked: Reload, change: in(collector.Stale, "no answer"), refusal: Refusal{Reason: "stale: no answer", Remedy: "do that", Exit: ExitUnreachable}},
		{name: "not asked yet", asked: Reload, change: in(collector.Connecting, "connecting"), refusal: Refusal{Reason: "connecting: connecting", Remedy: "do that", Exit: ExitUnreachable}},
		{name: "no control app, through systemd", asked: Reload, confirm: "y", change: func(s *collector.Snapshot) {
			in(collector.NoControl, "no control app")(s)
			s.OwnFacts().Workers = []probe.Process{{PID: 1}, {PID: 2, Index: 1}}
		}, want: Step{Kind: Reload, Via: ViaSystemd, Says: phased, Warnings: []string{
			"no figures: what happens is read from its processes and its log, nothing is said of requests"}}},
		{name: "no control app, not ours, no unit", asked: Reload, change: func(s *collector.Snapshot) {
			in(collector.NoControl, "permission denied")(s)
			f := s.OwnFacts()
			f.Unit, f.MaySignal = probe.Unit{}, false
		}, refusal: Refusal{Reason: "no control app to ask: permission denied", Remedy: "do that", Exit: ExitUnhealthy}},
		{name: "old figures", asked: Reload, change: func(s *collector.Snapshot) { s.Answered = recordedAt.Add(-11 * time.Second) },
			refusal: Refusal{Reason: "its figures are 11 s old", Remedy: "wait until it answers again", Exit: ExitUnreachable}},
		{name: "figures as old as the interval lets them be", asked: Reload, confirm: "y",
			change: func(s *collector.Snapshot) { s.Answered, s.Interval = recordedAt.Add(-11*time.Second), 30*time.Second },
			want:   Step{Kind: Reload, Via: ViaControl, Says: phased}},
		{name: "serves, and no process was seen", asked: Reload, orRestart: true, change: func(s *collector.Snapshot) { s.OwnFacts().PID = 0 },
			refusal: Refusal{Reason: "its process was not seen when the host was last looked at", Remedy: "wait for the next look, or refresh", Exit: ExitUnreachable}},
		{name: "not running", asked: Reload, change: down,
			refusal: Refusal{Reason: "not running: user unit puma.service is inactive", Remedy: "reload --or-restart starts it", Exit: ExitUnhealthy}},
		{name: "not running, and may be started", asked: Reload, orRestart: true, change: down, confirm: "1",
			want: Step{Kind: Start, Via: ViaSystemd, Says: "not running: systemctl --user reload-or-restart puma.service"}},
		{name: "not running, no unit", asked: Reload, orRestart: true, change: func(s *collector.Snapshot) { down(s); s.OwnFacts().Unit = probe.Unit{} },
			refusal: Refusal{Reason: "user unit puma.service is inactive", Exit: ExitUnhealthy}},
		{name: "a master that loops", asked: Reload, orRestart: true, confirm: "1",
			change: func(s *collector.Snapshot) {
				in(collector.CrashLoop, "it ends")(s)
				f := s.OwnFacts()
				f.PID, f.Unit.Scope = 0, probe.SystemScope
			},
			want: Step{Kind: Start, Via: ViaSystemd, Says: "not running: systemctl reload-or-restart puma.service"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := whole(tc.change)
			p := NewPlan(Intent{Kind: tc.asked, OrRestart: tc.orRestart}, []collector.Snapshot{before}, recordedAt)
			if len(p.Steps)+len(p.Refused) != 1 || p.Intent.Kind != tc.asked || !p.At.Equal(recordedAt) {
				t.Fatalf("%d steps, %d refusals", len(p.Steps), len(p.Refused))
			}
			if len(p.Refused) == 1 {
				tc.refusal.Target = before.ID
				if got := p.Refused[0]; got != tc.refusal {
					t.Errorf("refused:\n got %+v\nwant %+v", got, tc.refusal)
				}
				if p.Exit() != tc.refusal.Exit {
					t.Errorf("exit %d, want %d", p.Exit(), tc.refusal.Exit)
				}
				return
			}
			got := p.Steps[0]
			if got.Target != before.ID || !reflect.DeepEqual(got.Before, before) {
				t.Error("the step is not frozen to what it was made from")
			}
			if got.Request != requestOf(got) || got.Request == "" {
				t.Errorf("the request is %q", got.Request)
			}
			got.Target, got.Before, got.Request = "", collector.Snapshot{}, ""
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("\n got %+v\nwant %+v", got, tc.want)
			}
			if p.Confirmation() != tc.confirm || p.Exit() != 0 {
				t.Errorf("type %q, exit %d", p.Confirmation(), p.Exit())
			}
		})
	}
}

// TestPlanOfSeveral keeps their order, and asks for their number.
func TestPlanOfSeveral(t *testing.T) {
	t.Parallel()
	named := func(id collector.TargetID, state collector.State) collector.Snapshot {
		return whole(func(s *collector.Snapshot) { s.ID, s.State = id, state })
	}
	p := NewPlan(Intent{Kind: Reload}, []collector.Snapshot{named("c", collector.Serving), named("a", collector.Serving), named("d", collector.Restarting), named("b", collector.Unreachable)}, recordedAt)
	if len(p.Steps) != 2 || p.Steps[0].Target != "c" || p.Steps[1].Target != "a" || p.Confirmation() != "2" {
		t.Errorf("%+v, type %s", p.Steps, p.Confirmation())
	}
	if len(p.Refused) != 2 || p.Exit() != ExitUnreachable {
		t.Errorf("%+v, exit %d", p.Refused, p.Exit())
	}
}

// TestFreshRelease: whether a reload would bring anything new.
func TestFreshRelease(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		change    func(*collector.Snapshot)
		fresh, ok bool
	}{
		{"old code", func(*collector.Snapshot) {}, false, true},
		{"already on it", func(s *collector.Snapshot) { s.OwnFacts().Current = "/r/1" }, true, true},
		{"one of them is not", func(s *collector.Snapshot) { s.OwnFacts().Current, s.Workers[1].Release = "/r/1", "/r/0" }, false, true},
		{"current unknown", func(s *collector.Snapshot) { s.OwnFacts().Current = "" }, false, false},
		{"releases unknown", func(s *collector.Snapshot) { s.Workers[0].Release, s.Workers[1].Release = "", "" }, false, false},
	} {
		if fresh, ok := (Step{Before: whole(tc.change)}).FreshRelease(); fresh != tc.fresh || ok != tc.ok {
			t.Errorf("%s: %v, %v", tc.name, fresh, ok)
		}
	}
}

// TestWorstExit: of several the one that asks most for a person.
func TestWorstExit(t *testing.T) {
	t.Parallel()
	order := []int{ExitInternal, ExitUsage, ExitInterrupted, ExitLoop, ExitNotPhased, ExitOldCode, ExitTimedOut, ExitUnreachable, ExitUnhealthy, ExitVerified}
	for i, worse := range order {
		for _, better := range order[i:] {
			if got := WorstExit(better, worse, ExitVerified); got != worse {
				t.Errorf("%d and %d: %d", worse, better, got)
			}
		}
	}
	if got := WorstExit(); got != ExitVerified {
		t.Errorf("of none: %d", got)
	}
}

// TestWords: each verdict has its exit code and its words; only one lets a rollout go on.
func TestWords(t *testing.T) {
	t.Parallel()
	for w, want := range map[Word]struct {
		exit int
		text string
	}{
		Verified: {0, "verified"}, OldCode: {8, "old code"}, RestartedInstead: {7, "restarted instead"}, CrashLoop: {6, "crash loop"}, Stuck: {6, "stuck"},
		Lost: {5, "lost"}, TimedOut: {4, "timed out"}, NotRunning: {3, "not running"}, Refused: {3, "refused"}, Untouched: {3, "untouched"},
	} {
		if w.Exit() != want.exit || w.String() != want.text || w.Good() != (w == Verified) {
			t.Errorf("%s: %d, %q, good %v", w, w.Exit(), w.String(), w.Good())
		}
	}
}

// TestStartScript quotes the unit, needs no terminal and does not wait.
func TestStartScript(t *testing.T) {
	t.Parallel()
	system := scriptOf(started(probe.Unit{Name: "it's.service", Scope: probe.SystemScope}))
	user := scriptOf(started(probe.Unit{Name: "puma.service", Scope: probe.UserScope}))
	for _, part := range []string{`'it'\''s.service'`, "sudo -n", "--no-ask-password", "--no-block reload-or-restart --", "--no-block"} {
		if !strings.Contains(system, part) && !strings.Contains(strings.ReplaceAll(system, "--no-ask-password ", ""), part) {
			t.Errorf("no %s in\n%s", part, system)
		}
	}
	if strings.Contains(user, "sudo") || !strings.Contains(user, "systemctl --user --no-block reload-or-restart -- 'puma.service'") {
		t.Errorf("user unit:\n%s", user)
	}
}

// started is a start of a unit.
func started(u probe.Unit) Step {
	return Step{Kind: Start, Via: ViaSystemd, Before: collector.Snapshot{}.WithFacts(probe.Puma{Unit: u})}
}
