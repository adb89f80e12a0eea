//go:build lab

package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// everyWayVerified reloads and restarts a phased cluster through every way, each time into another release.
func everyWayVerified(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	for _, via := range []string{"systemd", "signal"} {
		lab(t, "deploy", host)
		if v := reload(t, host, "verified", 0, through(via)...); v.Via != via || v.ImageChanged {
			t.Errorf("verdict is %+v", v)
		}
	}
	restarts(t, host)
}

// restartsByEveryWay is everyWayVerified where no reload is possible.
func restartsByEveryWay(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	restarts(t, host)
}

func restarts(t *testing.T, host string) {
	t.Helper()
	for _, via := range []string{"control", "systemd", "signal"} {
		lab(t, "deploy", host)
		if v, _ := acts(t, "restart", host, "verified", 0, through(via)...); v.Via != via || v.Action != "restart" || !v.ImageChanged {
			t.Errorf("verdict is %+v", v)
		}
	}
}

// restartIntoBroken takes a phased cluster down in full: the master lives, no worker boots.
func restartIntoBroken(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "broken")
	v, _ := acts(t, "restart", host, "crash-loop", 6, flags...)
	if v.Cost.LowestCapacity != 0 {
		t.Errorf("lowest capacity %d, want none", v.Cost.LowestCapacity)
	}
	explained(t, host, v)
	lab(t, "deploy", host)
	acts(t, "restart", host, "verified", 0, flags...)
}

// preloadingLoopAndOut kills a master that loads the application itself: systemd starts it again and again.
func preloadingLoopAndOut(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "broken")
	v, _ := acts(t, "restart", host, "crash-loop", 6, flags...)
	if !strings.Contains(v.Reason, "this release does not boot") || !strings.Contains(v.Summary, "the master") {
		t.Errorf("the application's own error is missing: %q, %q, %q", v.Summary, v.Reason, v.Log)
	}
	target(t, 3, host)
	lab(t, "deploy", host)
	healed(t, host)
}

// healed starts what systemd has given up. Where it has not, a good release is all that it needs, and nothing may be sent
// into the start that is in flight.
func healed(t *testing.T, host string) {
	t.Helper()
	before := lookAt(t, host)
	r := pumatop(t, "restart", "--yes", "--or-restart", "-o", "json", host)
	v := decode[reloadDoc](t, r.out).Targets[0]
	if v.Verdict != "refused" || !strings.Contains(v.Reason, "in flight") {
		judged(t, before, "restart", "verified", 0, r)
		return
	}
	poll(t, time.Minute, host+" to be healed by systemd", func() bool {
		now := lookAt(t, host)
		return len(now.workers) == wantedWorkers(t, host) && pumatop(t, "status", host).exit == 0
	})
	for pid, w := range lookAt(t, host).workers {
		if w.release != current(t, host) {
			t.Errorf("worker %d runs %s", pid, w.release)
		}
	}
}

func restartTimesOut(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "slow")
	acts(t, "restart", host, "timed-out", 4, append(flags, "--timeout", "3s")...)
}

func lostInRestart(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, "restart", host, "lost", 5, func() { lab(t, "drop", host, "on") }, append(flags, "--timeout", "25s")...)
}

func refusedThenRestarted(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host)
	before := lookAt(t, host)
	reload(t, host, "refused", 7, flags...)
	if now := lookAt(t, host); now.image != before.image || len(before.kept(now)) != len(now.workers) {
		t.Errorf("%+v became %+v, and nothing was sent", before, now)
	}
	if v := reload(t, host, "verified", 0, append(flags, "--or-restart")...); !v.ImageChanged {
		t.Errorf("verdict is %+v", v)
	}
}

// restartedInstead takes away the start-up lines, which alone tell that the target preloads: its configuration asks
// the environment. It is then of unknown kind, the reload is sent, and Puma restarts in full.
func restartedInstead(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	forgetStart(t, host)
	reload(t, host, "restarted-instead", 7, flags...)
}

// reforks forks all workers from worker 0, through every way that the version has.
func reforks(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	for _, via := range []string{"control", "signal", "systemd"} {
		before := lookAt(t, host)
		acts(t, "refork", host, "verified", 0, through(via)...)
		kept := before.kept(lookAt(t, host))
		if len(kept) != 1 || before.workers[kept[0]].index != 0 {
			t.Errorf("kept are %v of %+v, want worker 0", kept, before.workers)
		}
	}
}

func refusesRefork(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	v, _ := acts(t, "refork", host, "refused", 3)
	if said := v.Summary; !strings.Contains(said, "has no refork: it came with 5.0") && !strings.Contains(said, "not available in the way this Puma is set up") {
		t.Errorf("no word of why in %q", said)
	}
}

// workersAndGarbage does what is about single workers: the phase stays.
func workersAndGarbage(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	workers := func(want int) targetDoc {
		t.Helper()
		d := target(t, 0, host)
		if number(d.Workers) != want || number(d.BootedWorkers) != want || number(d.Phase) != 0 {
			t.Errorf("%d workers, %d booted, phase %d; want %d in phase 0", number(d.Workers), number(d.BootedWorkers), number(d.Phase), want)
		}
		return d
	}
	acts(t, "add-worker", host, "verified", 0)
	workers(3)
	was := workers(3).pids()
	v, _ := acts(t, "recycle", host, "verified", 0, "--worker", "1")
	d := workers(3)
	for _, w := range d.WorkerStatus {
		if isNew := !slices.Contains(was, number(w.PID)); isNew != (w.Index == 1) {
			t.Errorf("worker %d has pid %d, they were %v: %+v", w.Index, number(w.PID), was, v)
		}
	}
	acts(t, "remove-worker", host, "verified", 0, through("systemd")...)
	workers(2)
	acts(t, "gc", host, "verified", 0)
	acts(t, "recycle", host, "refused", 3, "--worker", "7")
}

// stopAndStart stops a target where that is allowed, and starts it again.
func stopAndStart(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	acts(t, "stop", host, "refused", 3)
	target(t, 0, host)
	acts(t, "stop", host, "verified", 0, "--allow-stop")
	if d := target(t, 3, host); d.State != "not-running" {
		t.Errorf("%s is %s after a stop", host, d.State)
	}
	reload(t, host, "refused", 3)
	lab(t, "deploy", host)
	if v := reload(t, host, "verified", 0, "--or-restart"); v.Action != "start" || v.Via != "systemd" {
		t.Errorf("verdict is %+v", v)
	}
}

// withoutControl has processes and log alone to go by.
func withoutControl(t *testing.T, host string, _ ...string) {
	layDown(t, host, "CONTROL=off")
	lab(t, "deploy", host)
	if v := reload(t, host, "verified", 0); v.Via == "control" || v.PhaseAfter != nil {
		t.Errorf("verdict is %+v", v)
	}
	for _, via := range []string{"systemd", "signal"} {
		lab(t, "deploy", host)
		acts(t, "restart", host, "verified", 0, through(via)...)
	}
	lab(t, "deploy", host, "broken")
	v := reload(t, host, "crash-loop", 6)
	explained(t, host, v)
	lab(t, "deploy", host)
	reload(t, host, "verified", 0)
}

func singleWays(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	before := lookAt(t, host)
	reload(t, host, "refused", 7)
	if now := lookAt(t, host); now.image != before.image {
		t.Errorf("%+v became %+v, and nothing was sent", before, now)
	}
	restarts(t, host)
	acts(t, "add-worker", host, "refused", 3)
	acts(t, "gc", host, "verified", 0)
}

// forgetStart takes a host's journal away, with the lines that Puma writes when it starts.
func forgetStart(t *testing.T, host string) {
	t.Helper()
	poll(t, 20*time.Second, "the start-up lines to go", func() bool {
		lab(t, "root", host, "sh", "-c", "journalctl --rotate; journalctl --vacuum-time=1s")
		return lab(t, "root", host, "sh", "-c", "journalctl -t puma -q --no-pager | grep -ci 'restarts:\\|preloading' || true") == "0"
	})
	if d := target(t, 0, host); d.Phased != "unknown" {
		t.Fatalf("phased is %s: %s", d.Phased, d.PhasedEvidence)
	}
}
