package actions

import (
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestExecReload reads what units in the wild do on a reload.
func TestExecReload(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]reloading{
		"":                            reloadMissing,
		"/bin/kill -USR1 $MAINPID":    reloadsPhased,
		"/bin/kill -s USR1 $MAINPID":  reloadsPhased,
		"/bin/kill -SIGUSR1 $MAINPID": reloadsPhased,
		"/bin/kill -10 $MAINPID":      reloadsPhased,
		"/usr/bin/kill --signal=SIGUSR1 $MAINPID":   reloadsPhased,
		"bundle exec pumactl -S x phased-restart":   reloadsPhased,
		"/bin/kill -USR2 $MAINPID":                  reloadsFull,
		"bundle exec pumactl -S x restart":          reloadsFull,
		"/bin/kill -TSTP $MAINPID":                  reloadFreezes,
		"/bin/kill -HUP $MAINPID":                   reloadStops,
		"/bin/sh -c 'kill -s USR1 $(cat puma.pid)'": reloadsPhased,
		"/usr/local/bin/reload-the-shop":            reloadUnread,
		"/bin/kill $MAINPID":                        reloadUnread,
	} {
		if got := readExecReload(probe.Unit{ExecReload: command}); got != want {
			t.Errorf("%q: %d, want %d", command, got, want)
		}
	}
}

// TestWays: the first way that can carry an action, or why none can.
func TestWays(t *testing.T) {
	t.Parallel()
	noControl := func(s *collector.Snapshot) { s.State, s.Reason = collector.NoControl, "no control app" }
	execReload := func(command string) func(*collector.Snapshot) {
		return func(s *collector.Snapshot) { noControl(s); s.OwnFacts().Unit.ExecReload = command }
	}
	foreign := func(s *collector.Snapshot) { f := s.OwnFacts(); f.MaySignal, f.User = false, "puma" }
	for _, tc := range []struct {
		name    string
		kind    Kind
		only    Via
		change  func(*collector.Snapshot)
		via     Via
		request string
		closed  string // part of the reason
		exit    int
	}{
		{name: "control first", kind: Reload, via: ViaControl, request: "GET /phased-restart"},
		{name: "full", kind: Restart, via: ViaControl, request: "GET /restart"},
		{name: "systemd by choice", kind: Reload, only: ViaSystemd, via: ViaSystemd, request: "systemctl --user reload puma.service"},
		{name: "signal by choice", kind: Reload, only: ViaSignal, via: ViaSignal, request: "kill -USR1 9"},
		{name: "full by signal", kind: Restart, only: ViaSignal, via: ViaSignal, request: "kill -USR2 9"},
		{name: "full by systemd", kind: Restart, only: ViaSystemd, via: ViaSystemd, request: "systemctl --user restart puma.service"},
		{name: "no control app", kind: Reload, change: noControl, via: ViaSystemd, request: "systemctl --user reload puma.service"},
		{name: "no control app, by choice", kind: Reload, only: ViaControl, change: noControl, closed: "no control app to ask", exit: ExitUnhealthy},
		{name: "no control app, no unit", kind: Reload, via: ViaSignal, request: "kill -USR1 9",
			change: func(s *collector.Snapshot) { noControl(s); s.OwnFacts().Unit = probe.Unit{} }},
		{name: "data_only", kind: Restart, via: ViaSystemd, request: "systemctl --user restart puma.service",
			change: func(s *collector.Snapshot) { s.OwnFacts().Settings.Control.DataOnly = true }},
		{name: "no ExecReload", kind: Reload, only: ViaSystemd, change: execReload(""), closed: "has no ExecReload", exit: ExitUnhealthy},
		{name: "it freezes", kind: Reload, only: ViaSystemd, change: execReload("/bin/kill -TSTP $MAINPID"), closed: "reloads nothing", exit: ExitUnhealthy},
		{name: "it may stop", kind: Reload, only: ViaSystemd, change: execReload("/bin/kill -HUP $MAINPID"), closed: "may stop Puma", exit: ExitUnhealthy},
		{name: "it restarts in full", kind: Reload, only: ViaSystemd, change: execReload("/bin/kill -USR2 $MAINPID"), closed: "restarts in full", exit: ExitNotPhased},
		{name: "it freezes, so by signal", kind: Reload, change: execReload("/bin/kill -TSTP $MAINPID"), via: ViaSignal, request: "kill -USR1 9"},
		{name: "not ours", kind: Reload, only: ViaSignal, change: foreign, closed: "process 9 belongs to puma", exit: ExitUnhealthy},
		{name: "somebody's user unit", kind: Restart, only: ViaSystemd, change: foreign, closed: "user manager of puma", exit: ExitUnhealthy},
		{name: "one more", kind: AddWorker, via: ViaSignal, request: "kill -TTIN 9"},
		{name: "one less, of somebody else's", kind: RemoveWorker, via: ViaSystemd, request: "systemctl kill --kill-who=main -s SIGTTOU puma.service",
			change: func(s *collector.Snapshot) { foreign(s); s.OwnFacts().Unit.Scope = probe.SystemScope }},
		{name: "a worker of somebody else's", kind: Recycle, change: foreign, closed: "may not signal", exit: ExitUnhealthy},
		{name: "refork", kind: Refork, change: version("8.0.2"), via: ViaControl, request: "GET /refork"},
		{name: "refork where the endpoint is missing", kind: Refork, change: version("5.6.4"), via: ViaSignal, request: "kill -URG 9"},
		{name: "refork of the first to have it", kind: Refork, change: version("5.0.2"), via: ViaControl, request: "GET /refork"},
		{name: "garbage", kind: Collect, via: ViaControl, request: "GET /gc"},
		{name: "garbage by signal", kind: Collect, only: ViaSignal, closed: "no way to collect garbage through signal", exit: ExitUnhealthy},
		{name: "stop, of whom would start it again", kind: Stop, via: ViaSystemd, request: "systemctl --user stop puma.service"},
		{name: "stop without a unit", kind: Stop, change: func(s *collector.Snapshot) { s.OwnFacts().Unit = probe.Unit{} }, via: ViaControl, request: "GET /stop"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := whole(func(s *collector.Snapshot) {
				if tc.change != nil {
					tc.change(s)
				}
			})
			via, no := wayTo(tc.kind, tc.only, s)
			if no.closed() != (tc.closed != "") || !strings.Contains(no.reason, tc.closed) || no.exit != tc.exit || via != tc.via {
				t.Fatalf("%q, %+v", via, no)
			}
			if step := newStep(s, tc.kind, via); !no.closed() && step.Request != tc.request {
				t.Errorf("request %q, want %q", step.Request, tc.request)
			}
		})
	}
}

// version gives a target a version of Puma.
func version(text string) func(*collector.Snapshot) {
	return func(s *collector.Snapshot) { s.OwnFacts().Version, _ = puma.ParseVersion(text) }
}

// TestWatchdog: a full restart that systemd would end in the middle is not begun.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	slow := func(boot time.Duration, phased puma.Answer) collector.Snapshot {
		return whole(func(s *collector.Snapshot) {
			s.Phased = puma.Phased{Answer: phased, Evidence: "preload_app!"}
			f := s.OwnFacts()
			f.Unit.Watchdog, f.Unit.BootTime = 10*time.Second, boot
		})
	}
	for _, tc := range []struct {
		boot    time.Duration
		only    Via
		refused bool
		warned  bool
		phased  puma.Answer
	}{
		{boot: 0, phased: puma.No}, {boot: 200 * time.Millisecond, phased: puma.No}, {boot: 250 * time.Millisecond, phased: puma.No, warned: true},
		{boot: 4 * time.Second, phased: puma.No, warned: true}, {boot: 5 * time.Second, phased: puma.No, refused: true},
		{boot: 12 * time.Second, phased: puma.No, refused: true}, {boot: 12 * time.Second, phased: puma.No, only: ViaSignal, refused: true},
		{boot: 12 * time.Second, phased: puma.No, only: ViaSystemd}, {boot: 4 * time.Second, phased: puma.No, only: ViaSystemd},
		{boot: 12 * time.Second, phased: puma.Unknown, warned: true}, {boot: 12 * time.Second, phased: puma.Yes},
	} {
		p := NewPlan(Intent{Kind: Restart, Via: tc.only}, []collector.Snapshot{slow(tc.boot, tc.phased)}, recordedAt)
		warned := len(p.Steps) == 1 && strings.Contains(strings.Join(p.Steps[0].Warnings, " "), "WatchdogSec is 10s")
		if (len(p.Refused) == 1) != tc.refused || warned != tc.warned {
			t.Errorf("boot %s by %q: refused %+v, warned %v", tc.boot, tc.only, p.Refused, warned)
		}
	}
}

// TestLingering warns of a user unit that ends with the session, and names the command that keeps it.
func TestLingering(t *testing.T) {
	t.Parallel()
	s := whole(func(s *collector.Snapshot) { s.OwnFacts().Unit.Lingering = puma.No })
	p := NewPlan(Intent{Kind: Reload}, []collector.Snapshot{s}, recordedAt)
	if len(p.Steps) != 1 || !strings.Contains(strings.Join(p.Steps[0].Warnings, " "), "loginctl enable-linger deploy") {
		t.Errorf("%+v", p)
	}
}

// TestScripts are what a host is sent: quoted, without waiting, and with sudo only where systemd has said no.
func TestScripts(t *testing.T) {
	t.Parallel()
	step := func(k Kind, via Via, change func(*collector.Snapshot)) string {
		s := newStep(whole(change), k, via)
		s.Worker, s.PID = 1, 2
		s.Remedy = s.Before.State == collector.CrashLoop
		return scriptOf(s)
	}
	system := func(s *collector.Snapshot) {
		f := s.OwnFacts()
		f.Unit.Scope, f.Unit.Name = probe.SystemScope, "it's.service"
	}
	for _, tc := range []struct {
		script   string
		has, not []string
	}{
		{step(Reload, ViaSystemd, system), []string{`systemctl --no-ask-password --no-block reload -- 'it'\''s.service'`, "sudo -n systemctl"}, []string{"reset-failed", "--user"}},
		{step(Restart, ViaSystemd, func(*collector.Snapshot) {}), []string{"systemctl --user --no-block restart -- 'puma.service'", "XDG_RUNTIME_DIR"}, []string{"sudo", "setpriv", "reset-failed"}},
		{step(Reload, ViaSystemd, func(s *collector.Snapshot) { s.OwnFacts().Unit.Manager = 1500 }), []string{"setpriv --reuid=1500", "/run/user/1500"}, []string{"sudo"}},
		{step(AddWorker, ViaSystemd, system), []string{"kill --kill-who=main -s SIGTTIN --"}, []string{"--no-block"}},
		{step(Start, ViaSystemd, func(s *collector.Snapshot) { s.OwnFacts().Unit.Result = "start-limit-hit" }), []string{"reset-failed -- 'puma.service'", "reload-or-restart -- 'puma.service'"}, nil},
		// the crash before the one too many
		{step(Start, ViaSystemd, func(s *collector.Snapshot) { s.OwnFacts().Unit.Active = "activating" }), []string{"reset-failed -- 'puma.service'"}, nil},
		{step(Restart, ViaSystemd, func(s *collector.Snapshot) { s.State = collector.CrashLoop }), []string{"reset-failed -- 'puma.service'"}, nil},
		{step(Reload, ViaSignal, func(*collector.Snapshot) {}), []string{"/proc/9/cmdline", "kill -s USR1 -- 9", "'puma '[0-9]*"}, []string{"sudo", "systemctl"}},
		{step(Recycle, ViaSignal, func(*collector.Snapshot) {}), []string{"/proc/2/cmdline", "kill -s TERM -- 2", "'puma: cluster worker 1: 9 '*"}, nil},
	} {
		for _, part := range tc.has {
			if !strings.Contains(tc.script, part) {
				t.Errorf("no %s in\n%s", part, tc.script)
			}
		}
		for _, part := range tc.not {
			if strings.Contains(tc.script, part) {
				t.Errorf("%s in\n%s", part, tc.script)
			}
		}
	}
}

// TestLogOfALoopUnderWay: a crash loop writes so much that the beginning of its restart is beyond what is read back.
func TestLogOfALoopUnderWay(t *testing.T) {
	t.Parallel()
	s := whole(func(s *collector.Snapshot) { s.State = collector.CrashLoop })
	for _, underWay := range []bool{true, false} {
		trial := NewTrial(Step{Kind: Reload, Before: s, Observed: true, UnderWay: underWay}, s, recordedAt, recordedAt.Add(time.Minute))
		trial.Log("[9] ! Unable to start worker")
		if trial.log.failedBoot != underWay {
			t.Errorf("under way %v: failed boot %v", underWay, trial.log.failedBoot)
		}
	}
}

// TestFailedUnits are started after systemd has been told to forget their crashes, and the sheet says so.
func TestFailedUnits(t *testing.T) {
	t.Parallel()
	for result, active := range map[string]string{"start-limit-hit": "failed", "exit-code": "failed", "success": "inactive"} {
		s := whole(func(s *collector.Snapshot) {
			f := s.OwnFacts()
			s.State, f.PID, f.Unit.Active, f.Unit.Result = collector.NotRunning, 0, active, result
		})
		p := NewPlan(Intent{Kind: Reload, OrRestart: true}, []collector.Snapshot{s}, recordedAt)
		if len(p.Steps) != 1 || strings.Contains(strings.Join(p.Steps[0].Warnings, " "), "reset-failed") != (active == "failed") {
			t.Errorf("%s (%s): %+v", active, result, p)
		}
	}
}
