//go:build lab

package main

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLabFleet reads the whole default fleet at once, each host as it was laid down.
func TestLabFleet(t *testing.T) {
	t.Parallel()
	hosts := []string{"web1", "web2", "web3", "web4", "web5", "web6"}
	take(t, hosts...)
	// an image younger than the probe may have come after it, and nothing is said of its release then
	poll(t, 30*time.Second, "the release of web4, which has just been started", func() bool { return len(target(t, 0, "web4").Release.Running) == 1 })
	doc := status(t, 3, hosts...)
	type row struct {
		state, puma, mode, scope, active, phased string
		workers, threads                         int
	}
	want := map[string]row{
		"web1": {"serving", "5.6.", "cluster", "system", "active", "yes", 2, 10},
		"web2": {"serving", "6.6.", "cluster", "system", "active", "yes", 3, 15},
		"web3": {"serving", "8.0.", "cluster", "user", "active", "yes", 2, 6},
		"web4": {"serving", "4.3.", "single", "system", "active", "no", -1, 5},
		"web5": {"serving", "6.6.", "cluster", "system", "active", "no", 2, 10},
		"web6": {"not-running", "", "", "system", "inactive", "unknown", -1, -1},
	}
	if len(doc.Targets) != len(want) {
		t.Fatalf("%d targets, want %d", len(doc.Targets), len(want))
	}
	for _, d := range doc.Targets {
		w := want[d.Host]
		if d.ID != d.Host+"/puma" || d.App != "puma" || d.Unit.Name != "puma.service" {
			t.Errorf("%s: id %s, app %s, unit %s", d.Host, d.ID, d.App, d.Unit.Name)
		}
		got := row{d.State, d.Puma, d.Mode, d.Unit.Scope, d.Unit.Active, d.Phased, number(d.Workers), number(d.Threads.Max)}
		if strings.HasPrefix(d.Puma, w.puma) {
			got.puma = w.puma
		}
		if d.Mode == "single" {
			got.workers = -1 // Puma does not say, and what it means for a single process is a matter of taste
		}
		if got != w {
			t.Errorf("%s is %+v, want %+v (%s)", d.Host, got, w, d.Error)
		}
		if d.State == "serving" {
			checkServing(t, d)
		}
	}
}

func checkServing(t *testing.T, d targetDoc) {
	t.Helper()
	if want := current(t, d.Host); d.Release.Current != want || len(d.Release.Running) != 1 || d.Release.Running[0] != want {
		t.Errorf("%s: releases are %+v, want %s", d.Host, d.Release, want)
	}
	if d.PhasedEvidence == "" || d.PID == 0 || d.RSSBytes == nil {
		t.Errorf("%s: evidence %q, pid %d, memory %v", d.Host, d.PhasedEvidence, d.PID, d.RSSBytes)
	}
	if d.Mode == "cluster" {
		checkWorkers(t, d)
	}
}

func checkWorkers(t *testing.T, d targetDoc) {
	t.Helper()
	if number(d.Phase) != 0 || number(d.BootedWorkers) != len(d.WorkerStatus) || len(d.WorkerStatus) != number(d.Workers) {
		t.Errorf("%s: phase %d, %d of %d workers booted", d.Host, number(d.Phase), number(d.BootedWorkers), number(d.Workers))
	}
	for i, w := range d.WorkerStatus {
		if w.Index != i || w.PID == nil || !w.Booted || w.InUse == nil || w.RSSBytes == nil || w.Release != d.Release.Current {
			t.Errorf("%s: worker %d is %+v", d.Host, i, w)
		}
	}
}

// TestLabStatusExit holds the exit codes that a script would go by.
func TestLabStatusExit(t *testing.T) {
	t.Parallel()
	take(t, "web4")
	status(t, 0, "web4")
	status(t, 0, "web4/puma")
	status(t, 0, "web4:/srv/shop/shared/tmp/pids/puma.state")
	if doc := status(t, 5, "web4", "web99"); len(doc.Targets) != 2 {
		t.Errorf("%d targets, want web4's and a line for web99", len(doc.Targets))
	}
	if r := pumatop(t, "reload", "web4"); r.exit != 2 || !strings.Contains(r.err, "--yes") {
		t.Errorf("reload without a terminal and without --yes exits with %d: %s", r.exit, r.err)
	}
	table := pumatop(t, "web4").out // no terminal: the table
	if !strings.Contains(table, "web4/puma") || !strings.Contains(table, "single") {
		t.Errorf("table is\n%s", table)
	}
}

// TestReloadUnderLoad reloads each phased host of the fleet while requests come in, which must all be answered.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"web1", "web2", "web3"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			take(t, host)
			before := target(t, 0, host)
			answers := loadOn(t, host, "4", "100", "40")
			v := reload(t, host, "verified", 0)
			if number(v.PhaseBefore) != 0 || number(v.PhaseAfter) != 1 || v.ImageChanged || v.Via != "control" || v.Action != "reload" {
				t.Errorf("verdict is %+v", v)
			}
			if len(v.Workers) != len(before.WorkerStatus) {
				t.Errorf("%d workers replaced, want %d", len(v.Workers), len(before.WorkerStatus))
			}
			after := target(t, 0, host)
			for _, pid := range after.pids() {
				for _, old := range before.pids() {
					if pid == old {
						t.Errorf("pid %d is still there", pid)
					}
				}
			}
			if number(after.Phase) != 1 || after.StartedAt != before.StartedAt {
				t.Errorf("phase %d, started %s, want 1, %s", number(after.Phase), after.StartedAt, before.StartedAt)
			}
			got := answers()
			if fields := strings.Fields(got); len(fields) != 2 || fields[1] != "200" {
				t.Errorf("answers during the reload: %s", got)
			}
		})
	}
}

// loadOn starts `lab load` and returns once requests are answered; the function waits for its end and returns the
// count of each status, "1234 200".
func loadOn(t *testing.T, host string, args ...string) func() string {
	t.Helper()
	cmd := labCommand(t.Context(), append([]string{"load", host}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	before := requestsOf(target(t, 0, host))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A worker says every five seconds how many of its threads are in use, and may be between two short requests each time;
	// what it has counted stays. More than a few, as those from before the load are said as late.
	poll(t, 25*time.Second, host+" under load", func() bool {
		d := target(t, 0, host)
		return number(d.Threads.InUse) > 0 || requestsOf(d) > before+10
	})
	return func() string {
		t.Helper()
		var lines []string
		for s := bufio.NewScanner(out); s.Scan(); {
			lines = append(lines, strings.TrimSpace(s.Text()))
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("lab load: %v", err)
		}
		return strings.Join(lines, ", ")
	}
}

// requestsOf is how many requests the workers have counted; Puma 4 counts none.
func requestsOf(d targetDoc) (n int) {
	for _, w := range d.WorkerStatus {
		n += max(number(w.LastStatus.RequestsCount), 0)
	}
	return n
}

// TestReleases deploys without a reload: old against current, until the reload.
func TestReleases(t *testing.T) {
	t.Parallel()
	take(t, "web1")
	old := current(t, "web1")
	lab(t, "deploy", "web1")
	fresh := current(t, "web1")
	d := target(t, 0, "web1")
	if fresh == old || d.Release.Current != fresh || len(d.Release.Running) != 1 || d.Release.Running[0] != old {
		t.Errorf("releases are %+v, want %s against %s", d.Release, old, fresh)
	}
	if table := pumatop(t, "status", "web1").out; !strings.Contains(table, base(old)) || !strings.Contains(table, base(fresh)) {
		t.Errorf("the table shows not both releases:\n%s", table)
	}
	v := reload(t, "web1", "verified", 0)
	if v.Release.Before != old || v.Release.After != fresh || v.Release.Current != fresh {
		t.Errorf("verdict's releases are %+v", v.Release)
	}
	if d = target(t, 0, "web1"); len(d.Release.Running) != 1 || d.Release.Running[0] != fresh {
		t.Errorf("after the reload %+v runs, want %s", d.Release, fresh)
	}
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// TestPreloadingTarget is never sent what it would carry out as a full restart, until somebody accepts that.
func TestPreloadingTarget(t *testing.T) {
	t.Parallel()
	take(t, "web5")
	before := target(t, 0, "web5")
	v := reload(t, "web5", "refused", 7)
	if !strings.Contains(strings.Join(v.Evidence, " ")+v.Reason, "phased") {
		t.Errorf("the refusal does not name what it rests on: %q, %q", v.Reason, v.Evidence)
	}
	after := target(t, 0, "web5")
	if after.StartedAt != before.StartedAt || after.PID != before.PID {
		t.Errorf("a refused reload changed %s to %s", before.StartedAt, after.StartedAt)
	}
	poll(t, 3*time.Second, "the second of the start to pass", func() bool {
		return time.Now().UTC().Format(time.RFC3339) > before.StartedAt
	})
	v = reload(t, "web5", "verified", 0, "--or-restart")
	if !v.ImageChanged || v.Action != "restart" {
		t.Errorf("verdict is %+v", v)
	}
	if after = target(t, 0, "web5"); after.StartedAt <= before.StartedAt {
		t.Errorf("started at %s, before %s", after.StartedAt, before.StartedAt)
	}
}

// TestStoppedTarget is started only where that was accepted.
func TestStoppedTarget(t *testing.T) {
	t.Parallel()
	take(t, "web6")
	reload(t, "web6", "refused", 3)
	if d := target(t, 3, "web6"); d.State != "not-running" {
		t.Errorf("web6 is %s after a refused reload", d.State)
	}
	if v := reload(t, "web6", "verified", 0, "--or-restart"); v.Action != "start" || v.Via != "systemd" || v.Request != "systemctl reload-or-restart puma.service" {
		t.Errorf("verdict is %+v", v)
	}
	if d := target(t, 0, "web6"); d.State != "serving" {
		t.Errorf("web6 is %s after its start", d.State)
	}
}

// TestBrokenRelease reloads into a release that does not boot, sees the loop go on after a good deploy, and heals it.
func TestBrokenRelease(t *testing.T) {
	t.Parallel()
	take(t, "web2")
	broken := lab(t, "deploy", "web2", "broken")
	began := time.Now()
	v, r := acts(t, "reload", "web2", "crash-loop", 6)
	if !strings.Contains(v.Reason+strings.Join(v.Log, " "), "this release does not boot") {
		t.Errorf("the application's own error is missing: %q, %q", v.Reason, v.Log)
	}
	if took := r.ended.Sub(firstFailedBoot(t, "web2", began)); took > 10*time.Second {
		t.Errorf("the verdict came %s after the first failed boot", took)
	}
	if v.Cost.LowestCapacity != 2 {
		t.Errorf("lowest capacity %d, want 2 of 3", v.Cost.LowestCapacity)
	}
	d := target(t, 3, "web2")
	if d.State != "crash-loop" || number(d.BootedWorkers) != 2 || d.Release.Current != "/srv/shop/"+broken {
		t.Errorf("web2 is %s with %d booted workers, current %s", d.State, number(d.BootedWorkers), d.Release.Current)
	}
	lab(t, "deploy", "web2")
	if d = target(t, 3, "web2"); d.State != "crash-loop" {
		t.Errorf("web2 is %s after a good deploy: Puma stays in the broken release until it is asked", d.State)
	}
	v = reload(t, "web2", "verified", 0)
	if v.Release.After != current(t, "web2") || v.ImageChanged {
		t.Errorf("verdict is %+v", v)
	}
	if d = target(t, 0, "web2"); d.State != "serving" || number(d.BootedWorkers) != 3 {
		t.Errorf("web2 is %s with %d booted workers", d.State, number(d.BootedWorkers))
	}
}

// firstFailedBoot is when a host's journal first says that a worker did not start, from a moment on.
func firstFailedBoot(t *testing.T, host string, since time.Time) time.Time {
	t.Helper()
	const phrases = "Unable to start worker|Early termination of worker"
	out := lab(t, "root", host, "journalctl", "-t", "puma", "-q", "-o", "short-unix", "--no-pager", "-g", phrases,
		"--since", fmt.Sprintf("@%d", since.Unix()))
	stamp, _, _ := strings.Cut(out, " ")
	seconds, err := strconv.ParseFloat(stamp, 64)
	if err != nil {
		t.Fatalf("no failed boot in the journal of %s: %q", host, out)
	}
	return time.UnixMicro(int64(seconds * 1e6))
}
