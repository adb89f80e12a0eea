package collector

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// remediable is an error that knows what to do.
type remediable struct{ error }

func (remediable) Remedy() string { return "do that" }

// seen is a sight of a target that serves, changed as a case needs.
func seen(change func(*sight)) sight {
	s := sight{
		now: after(100), interval: 2 * time.Second, linkUp: true, answered: after(99), probed: after(80), wanted: 2,
		stats: cluster(serving(0, 1), serving(1, 2)),
		facts: &probe.Puma{PID: 9, Control: puma.Address{Network: "unix", Name: "/c"}, Unit: probe.Unit{Name: "puma.service", Scope: probe.SystemScope, Active: "active"}},
	}
	change(&s)
	return s
}

// gone is a sight of a target without a process.
func gone(u probe.Unit) func(*sight) {
	return func(s *sight) {
		s.probed, s.facts = after(99.5), &probe.Puma{Unit: u}
	}
}

// unseenBy is a sight of a target that no probe shows, whose newest poll ended with err.
func unseenBy(err error) func(*sight) {
	return func(s *sight) {
		s.unseen, s.probed, s.answered = true, time.Time{}, time.Time{}
		s.facts = &probe.Puma{App: "puma", Control: puma.Address{Network: "unix", Name: "/c"}}
		s.pollErr, s.deniedAt = err, after(99)
	}
}

func refused(s *sight) {
	s.pollErr, s.failedAt, s.answered, s.probed = fmt.Errorf("%w: /c", ErrNoListener), after(97), after(95), after(97.5)
}

func TestClassify(t *testing.T) {
	t.Parallel()
	timeout := remediable{errors.New("no answer within 5s")}
	unit := func(active, sub, result string, restarts int) probe.Unit {
		return probe.Unit{Name: "puma.service", Scope: probe.UserScope, Active: active, Sub: sub, Result: result, Restarts: puma.Of(restarts)}
	}
	for _, tc := range []struct {
		name   string
		change func(*sight)
		want   judged
	}{
		{"serving", func(*sight) {}, judged{state: Serving}},
		{"the host is gone", func(s *sight) { s.linkUp, s.linkErr = false, timeout }, judged{state: Unreachable, reason: "no answer within 5s", remedy: "do that"}},
		{"nothing is known yet", func(s *sight) { *s = sight{now: after(1)} }, judged{state: Connecting, reason: "connecting"}},
		{"the connection is being made again", func(s *sight) { s.linkUp, s.answered = false, after(90) },
			judged{state: Stale, reason: "the connection to the host is being made again"}},
		{"found and not asked", func(s *sight) { s.answered = time.Time{} }, judged{state: Connecting, reason: "connected, its figures have been asked for"}},
		{"old figures without an error", func(s *sight) { s.answered = after(94) }, judged{state: Stale, reason: "no answer for 6s"}},
		{"old figures where polls are rare", func(s *sight) { s.answered, s.interval = after(90), 5*time.Second }, judged{state: Serving}},

		{"no process, no unit", gone(probe.Unit{}), judged{state: NotRunning, reason: "its process is gone and no systemd unit is known for it", remedy: "start it the way it was started"}},
		{"unit inactive", gone(unit("inactive", "dead", "success", 0)), judged{state: NotRunning, reason: "user unit puma.service is inactive", remedy: startHint}},
		{"unit failed", gone(unit("failed", "failed", "exit-code", 0)), judged{state: NotRunning, reason: "user unit puma.service failed (exit-code)", remedy: startHint}},
		{"unit of which systemd says nothing", gone(probe.Unit{Name: "puma.service"}), judged{state: NotRunning, reason: "unit puma.service is unknown", remedy: startHint}},
		{"unit that comes up", gone(unit("activating", "start", "success", 0)), judged{state: Restarting, reason: "user unit puma.service is activating (start), no Puma process yet"}},
		{"unit active without a process", gone(unit("active", "running", "success", 0)), judged{state: Restarting, reason: "user unit puma.service is active (running), no Puma process yet"}},
		{"between two starts, for the first time", gone(unit("activating", "auto-restart", "exit-code", 1)),
			judged{state: Restarting, reason: "user unit puma.service is activating (auto-restart), no Puma process yet"}},
		{"between two starts, of a Puma that was seen serving", gone(unit("activating", "auto-restart", "exit-code", 9)),
			judged{state: Restarting, reason: "user unit puma.service is activating (auto-restart), no Puma process yet"}},
		{"between two starts, found so", func(s *sight) { gone(unit("activating", "auto-restart", "exit-code", 9))(s); s.answered = time.Time{} },
			judged{state: CrashLoop, reason: "user unit puma.service has ended again and is between two starts of systemd, 9 restarts so far", remedy: "its log says why; pumatop shows it after a reload"}},
		{"a master seen to loop", func(s *sight) {
			gone(unit("activating", "auto-restart", "exit-code", 3))(s)
			s.boots = Boots{Index: -1, Failed: 2}
		}, judged{state: CrashLoop, reason: "user unit puma.service ends before it has booted and systemd starts it again, 3 restarts so far", remedy: "its log says why; pumatop shows it after a reload"}},
		{"a process that answered after the probe missed it", func(s *sight) { s.facts.PID = 0 }, judged{state: Serving}},

		{"no control app", func(s *sight) { s.facts.Control, s.answered = puma.Address{}, time.Time{} },
			judged{state: NoControl, reason: "Puma runs without a control app, or its state file was not found", remedy: "add state_path and activate_control_app to puma.rb, or name the state file: HOST:/path/puma.state", stage: cause.Config}},
		{"no control app, and the probe knows why", func(s *sight) {
			s.facts.Control, s.answered, s.facts.Notes = puma.Address{}, time.Time{}, []probe.Note{{Text: "permission denied", Remedy: "log in as puma"}}
		}, judged{state: NoControl, reason: "permission denied", remedy: "log in as puma", stage: cause.Config}},
		{"an image without a control app after one with", func(s *sight) { s.facts.Control, s.probed = puma.Address{}, after(99.5) },
			judged{state: NoControl, reason: "Puma runs without a control app, or its state file was not found", remedy: "add state_path and activate_control_app to puma.rb, or name the state file: HOST:/path/puma.state", stage: cause.Config}},

		{"one poll missed", func(s *sight) { s.pollErr = timeout }, judged{state: Serving}},
		{"polls missed", func(s *sight) { s.pollErr, s.answered = timeout, after(93) }, judged{state: Stale, reason: "no answer within 5s", remedy: "do that"}},
		{"no poll answered for long", func(s *sight) { s.pollErr, s.answered = timeout, after(70) }, judged{state: Unreachable, reason: "no answer within 5s", remedy: "do that"}},
		{"never answered", func(s *sight) { s.pollErr, s.answered = timeout, time.Time{} }, judged{state: Unreachable, reason: "no answer within 5s", remedy: "do that"}},
		{"another token, not read yet", func(s *sight) { s.pollErr, s.deniedAt = puma.ErrForbidden, after(99) },
			judged{state: Restarting, reason: "the control app has another token: another image of the master, its state file is read again"}},
		{"the wrong token", func(s *sight) {
			s.pollErr, s.deniedAt, s.probed, s.facts.Token = puma.ErrForbidden, after(95), after(97), puma.NewToken("old")
		},
			judged{state: NoControl, reason: "the control app refuses the token of its state file, read twice",
				remedy: "the file is not this Puma's, or was changed by hand; name the right one: HOST:/path/puma.state", stage: cause.Token}},
		{"no token found", func(s *sight) { s.pollErr, s.deniedAt, s.probed = puma.ErrForbidden, after(95), after(97) },
			judged{state: NoControl, reason: "the control app wants a token and none was found", remedy: "name the state file that has it: HOST:/path/puma.state", stage: cause.Token}},
		{"state file not readable", func(s *sight) {
			s.pollErr, s.deniedAt, s.probed = puma.ErrForbidden, after(95), after(97)
			s.facts.Notes = []probe.Note{{Text: "cannot read /c.state", Remedy: "chmod it"}}
		}, judged{state: NoControl, reason: "cannot read /c.state", remedy: "chmod it", stage: cause.Token}},
		{"a named one, asked for the first time", unseenBy(nil), judged{state: Connecting, reason: "connected, its figures have been asked for"}},
		{"a named one that wants a token", unseenBy(puma.ErrForbidden), judged{state: NoControl, reason: "the control app wants a token and none was given",
			remedy: "put control_auth_token of its state file into PUMATOP_CONTROL_TOKEN or --control-token-file", stage: cause.Token}},
		{"a named one with a wrong token", func(s *sight) { unseenBy(puma.ErrForbidden)(s); s.facts.Token = puma.NewToken("x") },
			judged{state: NoControl, reason: "the control app refuses the token that was given",
				remedy: "put control_auth_token of its state file into PUMATOP_CONTROL_TOKEN or --control-token-file", stage: cause.Token}},
		{"a named one with a new token", func(s *sight) { unseenBy(puma.ErrForbidden)(s); s.answered = after(90) },
			judged{state: NoControl, reason: "the control app has another token by now: Puma was started anew",
				remedy: "name the new one, or fix it: auth_token in activate_control_app", stage: cause.Token}},
		{"a named one, closed for a moment", func(s *sight) { unseenBy(ErrNoListener)(s); s.answered, s.failedAt = after(97), after(98) }, judged{state: Serving}},
		{"a named one, closed for longer", func(s *sight) { unseenBy(ErrNoListener)(s); s.answered, s.failedAt = after(90), after(91) },
			judged{state: Stale, reason: "nothing listens on the control socket"}},
		{"a named one, closed for good", func(s *sight) { unseenBy(ErrNoListener)(s); s.answered, s.failedAt = after(60), after(61) },
			judged{state: Unreachable, reason: "nothing listens on the control socket"}},
		{"socket closed, not looked at yet", func(s *sight) { refused(s); s.probed = after(96) }, judged{state: Serving}},
		{"socket gone, workers there", func(s *sight) {
			refused(s)
			s.failedAt = after(96)
			s.facts.Workers = []probe.Process{{PID: 11}}
		}, judged{state: NoControl, reason: "nothing listens on the control socket: /c, and its workers are there",
			remedy: "restart Puma in full: its own control socket is not at that path any more"}},
		{"socket closed, process there", func(s *sight) { refused(s); s.still = time.Hour },
			judged{state: Restarting, reason: "the control socket is closed and the process is there: a full restart or a boot"}},
		{"socket closed for too long", func(s *sight) { refused(s); s.failedAt, s.answered = after(20), after(19) },
			judged{state: Unreachable, reason: "nothing listens on the control socket: /c"}},
		{"socket closed and never seen open", func(s *sight) { refused(s); s.failedAt, s.answered = after(20), time.Time{} },
			judged{state: NoControl, reason: "nothing listens on the control socket: /c"}},

		{"single mode", func(s *sight) { s.stats = puma.Stats{Mode: puma.Single, Workers: []puma.Worker{booted(0, 0)}} }, judged{state: Serving}},
		{"a worker boots", func(s *sight) { s.stats = cluster(serving(0, 1), unbooted(1, 3)) }, judged{state: Restarting, reason: "worker 1 boots, 1 of 2 serve"}},
		{"a worker has not checked in", func(s *sight) { s.stats = cluster(serving(0, 1), booted(1, 3)) },
			judged{state: Restarting, reason: "worker 1 has booted and not yet checked in"}},
		{"a worker is missing", func(s *sight) { s.stats = cluster(serving(0, 1)) }, judged{state: Restarting, reason: "1 of 2 workers listed"}},
		{"an older phase", func(s *sight) { s.stats.Phase, s.stats.OldWorkers = puma.Of(1), puma.Of(2) },
			judged{state: Restarting, reason: "2 of 2 workers are of an older phase"}},
		{"a drain within its time", func(s *sight) { s.stats.Phase, s.stats.OldWorkers, s.still = puma.Of(1), puma.Of(2), 45*time.Second },
			judged{state: Restarting, reason: "2 of 2 workers are of an older phase"}},
		{"a drain beyond it", func(s *sight) { s.stats.Phase, s.stats.OldWorkers, s.still = puma.Of(1), puma.Of(2), 46*time.Second },
			judged{state: Stuck, reason: "nothing has changed for 46s: 2 of 2 workers are of an older phase", remedy: "see its log; another reload begins the restart anew"}},
		{"a boot within its time", func(s *sight) { s.stats, s.still = cluster(serving(0, 1), unbooted(1, 3)), 75*time.Second },
			judged{state: Restarting, reason: "worker 1 boots, 1 of 2 serve"}},
		{"a boot beyond it", func(s *sight) { s.stats, s.still = cluster(serving(0, 1), unbooted(1, 3)), 76*time.Second },
			judged{state: Stuck, reason: "nothing has changed for 1m16s: worker 1 boots, 1 of 2 serve", remedy: "see its log; another reload begins the restart anew"}},
		{"a crash loop", func(s *sight) {
			s.stats, s.boots = cluster(serving(0, 1), unbooted(1, 3)), Boots{Index: 1, Failed: 7, Since: after(92)}
		}, judged{state: CrashLoop, reason: "worker 1 does not boot: 7 tries seen in 8s, 1 of 2 serve", remedy: "roll back or deploy a release that boots, then reload"}},
		{"a crash loop of this second", func(s *sight) {
			s.stats, s.boots = cluster(serving(0, 1), unbooted(1, 3)), Boots{Index: 1, Failed: 2, Since: s.now.Add(-300 * time.Millisecond)}
		}, judged{state: CrashLoop, reason: "worker 1 does not boot: 2 tries seen in 1s, 1 of 2 serve", remedy: "roll back or deploy a release that boots, then reload"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := seen(tc.change)
			if got := s.classify(); got != tc.want {
				t.Errorf("\n got %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// TestLimits: what Puma grants, and a margin.
func TestLimits(t *testing.T) {
	t.Parallel()
	settings := puma.ReadSettings([]byte("worker_shutdown_timeout 5\nworker_boot_timeout 300\n"))
	if got, want := LimitsOf(&probe.Puma{Settings: settings}), (Limits{Drain: 20 * time.Second, Boot: 315 * time.Second}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := LimitsOf(&probe.Puma{}), (Limits{Drain: 45 * time.Second, Boot: 75 * time.Second}); got != want {
		t.Errorf("Puma's own: %+v, want %+v", got, want)
	}
}

// TestSeverity: every state has a place of its own, the worst first, and words for the screen.
func TestSeverity(t *testing.T) {
	t.Parallel()
	for i, s := range []State{CrashLoop, Stuck, NotRunning, Unreachable, NoControl, Stale, Restarting, Connecting, Serving} {
		if s.Severity() != i {
			t.Errorf("%s: %d, want %d", s, s.Severity(), i)
		}
	}
	for s, want := range map[State]string{CrashLoop: "crash loop", NotRunning: "not running", NoControl: "no control app", Serving: "serving"} {
		if s.String() != want {
			t.Errorf("%q, want %q", s.String(), want)
		}
	}
}

func TestShortDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 8400 * time.Millisecond: "8s", 59600 * time.Millisecond: "1m00s", 72 * time.Second: "1m12s",
		3*time.Hour + 5*time.Minute: "3h05m", 52 * time.Hour: "2d4h",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
