//go:build lab

package main

import (
	"bytes"
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOutcomes brings about every verdict once on a Puma of each version, on the hosts of .ci/lab/fleet.matrix. The
// hosts are at it side by side, each goes through its outcomes in a row.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	phased := []outcome{
		{"verified", verifiedUnderLoad}, {"crash-loop", crashLoopAndOut}, {"old-code", oldCode}, {"killed", killedWorker},
		{"timed-out", timedOut}, {"not-running", notRunning}, {"stuck", stuckMaster}, {"lost", lostHost},
	}
	preloading := []outcome{{"refused", refusedThenRestarted}, {"restarted-instead", restartedInstead}}
	for host, outcomes := range map[string][]outcome{
		"p43": phased, "p56": phased, "p66": phased, "p80": phased, "f80": phased[:2],
		"h43": preloading, "h56": preloading, "h66": preloading, "h80": preloading,
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			for _, o := range outcomes {
				t.Run(o.name, func(t *testing.T) { o.bringAbout(t, host) })
			}
		})
	}
}

type outcome struct {
	name       string
	bringAbout func(t *testing.T, host string)
}

func verifiedUnderLoad(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host)
	before := target(t, 0, host)
	answers := loadOn(t, host, "3", "100", "45")
	v := reload(t, host, "verified", 0)
	if number(v.PhaseAfter) != number(v.PhaseBefore)+1 || v.ImageChanged || v.Release.After != current(t, host) {
		t.Errorf("verdict is %+v", v)
	}
	after := target(t, 0, host)
	if slices.ContainsFunc(after.pids(), func(pid int) bool { return slices.Contains(before.pids(), pid) }) {
		t.Errorf("pids were %v and are %v", before.pids(), after.pids())
	}
	if got := strings.Fields(answers()); len(got) != 2 || got[1] != "200" {
		t.Errorf("answers during the reload: %q", got)
	}
}

func crashLoopAndOut(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host, "broken")
	began := time.Now()
	v, ended := timedReload(t, host, "crash-loop", 6)
	said := "this release does not boot"
	switch host {
	case "p43": // Puma 4 itself takes 10 s a try and logs nothing of it
		said = ""
	case "p56": // Puma 5 logs where, not what
		said = "config.ru:4"
	}
	if took := ended.Sub(firstFailedBoot(t, host, began)); took > 10*time.Second && host != "p43" {
		t.Errorf("the verdict came %s after the first failed boot", took)
	}
	if !strings.Contains(v.Reason+strings.Join(v.Log, " "), said) {
		t.Errorf("the application's own error is missing: %q, %q", v.Reason, v.Log)
	}
	lab(t, "deploy", host)
	if v = reload(t, host, "verified", 0); v.Release.After != current(t, host) {
		t.Errorf("verdict is %+v", v)
	}
}

// oldCode has `directory` resolve the link when the master starts, so that it never sees another release.
func oldCode(t *testing.T, host string) {
	take(t, host, "directory=release")
	old := current(t, host)
	lab(t, "deploy", host)
	v := reload(t, host, "old-code", 8)
	if v.Release.After != old || v.Release.Current != current(t, host) {
		t.Errorf("verdict is %+v", v)
	}
}

// killedWorker has a request take longer than Puma lets a worker drain.
func killedWorker(t *testing.T, host string) {
	take(t, host, "shutdown=5")
	ended := loadOn(t, host, "1", "40000", "1")
	v := reload(t, host, "verified", 0)
	// an idle worker may be killed too: Puma's worker sometimes hangs when it stops (puma#3677)
	if !slices.ContainsFunc(v.Cost.Killed, func(k killedDoc) bool { return number(k.InFlight) == 1 }) {
		t.Errorf("killed are %+v, want one with a request in flight", v.Cost.Killed)
	}
	if got := ended(); strings.Contains(got, "200") {
		t.Errorf("the request was answered: %s", got)
	}
}

func timedOut(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host, "slow")
	reload(t, host, "timed-out", 4, "--timeout", "3s")
}

// notRunning has somebody else stop the unit in the middle.
func notRunning(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, host, "not-running", 3, func() { onUnit(t, host, "stop puma") })
}

// stuckMaster stops the master in the middle: the link lives, Puma does not answer.
func stuckMaster(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, host, "stuck", 6, func() { onUnit(t, host, "kill --kill-who=main -s STOP puma") })
}

func lostHost(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, host, "lost", 5, func() { lab(t, "drop", host, "on") }, "--timeout", "25s")
}

func refusedThenRestarted(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host)
	before := target(t, 0, host)
	reload(t, host, "refused", 7)
	if after := target(t, 0, host); !slices.Equal(after.pids(), before.pids()) {
		t.Errorf("pids were %v and are %v after nothing was sent", before.pids(), after.pids())
	}
	v := reload(t, host, "verified", 0, "--or-restart")
	if !v.ImageChanged || v.Release.After != current(t, host) {
		t.Errorf("verdict is %+v", v)
	}
}

// restartedInstead takes away the start-up lines, which alone tell that the target preloads: its configuration asks
// the environment. It is then of unknown kind, the reload is sent, and Puma restarts in full.
func restartedInstead(t *testing.T, host string) {
	take(t, host)
	poll(t, 20*time.Second, "the start-up lines to go", func() bool {
		lab(t, "root", host, "sh", "-c", "journalctl --rotate; journalctl --vacuum-time=1s")
		return lab(t, "root", host, "sh", "-c", "journalctl -u puma -q --no-pager | grep -c Restarts || true") == "0"
	})
	if d := target(t, 0, host); d.Phased != "unknown" {
		t.Fatalf("phased is %s: %s", d.Phased, d.PhasedEvidence)
	}
	reload(t, host, "restarted-instead", 7)
}

// onUnit runs systemctl on a host's Puma, wherever its unit is.
func onUnit(t *testing.T, host, command string) {
	t.Helper()
	if target(t, 0, host).Unit.Scope == "user" {
		lab(t, "ssh", host, "systemctl --user "+command)
		return
	}
	lab(t, "root", host, "sh", "-c", "systemctl "+command)
}

// disturbed is a reload during which something happens, right after its request was accepted.
func disturbed(t *testing.T, host, verdict string, exit int, disturb func(), flags ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	args := append([]string{"-F", sshConfig(t), "reload", "--yes", "-o", "json", host}, flags...)
	cmd := exec.CommandContext(ctx, program(t), args...)
	var out bytes.Buffer
	said := &cue{text: "asked", seen: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &out, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-said.seen:
		disturb()
	case <-ctx.Done():
		t.Fatalf("nothing was asked of %s: %s", host, said.all.String())
	}
	_ = cmd.Wait() // its exit code is looked at below
	doc := decode[reloadDoc](t, out.String())
	if v := doc.Targets[0]; v.Verdict != verdict || v.Exit != exit || cmd.ProcessState.ExitCode() != exit || v.Summary == "" {
		t.Errorf("reload %s is %s (%d), exit %d, want %s, %d:\n%s%s", host, v.Verdict, v.Exit, cmd.ProcessState.ExitCode(), verdict, exit,
			out.String(), said.all.String())
	}
}

// cue is a writer that tells when a text has been written.
type cue struct {
	text string
	seen chan struct{}
	all  bytes.Buffer
}

// Write keeps p, as os/exec's one goroutine gives it.
func (c *cue) Write(p []byte) (int, error) {
	before := strings.Contains(c.all.String(), c.text)
	c.all.Write(p)
	if !before && strings.Contains(c.all.String(), c.text) {
		close(c.seen)
	}
	return len(p), nil
}
