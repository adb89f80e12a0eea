//go:build lab

package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOutcomes brings about every verdict on a Puma of each version, on the hosts of .ci/lab/fleet.matrix. The hosts
// are at it side by side, each goes through its outcomes in a row. With PUMATOP_MATRIX=whole every outcome comes about
// through every way that can carry it, else through one.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	phased := slices.Concat(phasedOutcomes, newerOutcomes)
	oldest := phasedOutcomes
	if os.Getenv("PUMATOP_MATRIX") == "whole" {
		oldest = phased
	}
	preloading := []outcome{
		{"refused", anyWay, refusedThenRestarted}, {"restarted-instead", everyWay, restartedInstead}, {"ways", anyWay, restartsByEveryWay},
		{"crash-loop", everyWay, preloadingLoopAndOut}, {"timed-out", everyWay, restartTimesOut}, {"lost", everyWay, lostInRestart},
		{"wait", anyWay, waitsForRestartedInstead},
	}
	forking := []outcome{
		{"verified", anyWay, verifiedUnderLoad}, {"crash-loop", anyWay, crashLoopAndOut}, {"refork", anyWay, reforks},
	}
	single := []outcome{{"ways", anyWay, singleWays}, {"crash-loop", everyWay, preloadingLoopAndOut}}
	for host, outcomes := range map[string][]outcome{
		"p43": oldest, "p56": phased, "p66": phased, "p80": phased, "f80": forking, "web4": single,
		"h43": preloading, "h56": preloading, "h66": preloading, "h80": preloading,
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			for _, o := range outcomes {
				for _, via := range o.ways() {
					t.Run(strings.TrimSuffix(o.name+" "+via, " "), func(t *testing.T) { o.bringAbout(t, host, through(via)...) })
				}
			}
		})
	}
}

var phasedOutcomes = []outcome{
	{"verified", anyWay, verifiedUnderLoad}, {"ways", anyWay, everyWayVerified}, {"crash-loop", everyWay, crashLoopAndOut},
	{"crash-loop of a restart", everyWay, restartIntoBroken}, {"old-code", everyWay, oldCode}, {"killed", everyWay, killedWorker},
	{"timed-out", everyWay, timedOut}, {"not-running", everyWay, notRunning}, {"stuck", everyWay, stuckMaster}, {"lost", everyWay, lostHost},
	{"stop", anyWay, stopAndStart}, {"no refork", anyWay, refusesRefork},
}

// newerOutcomes are left out on Puma 4 where time matters: it takes ten seconds a worker.
var newerOutcomes = []outcome{
	{"workers", anyWay, workersAndGarbage}, {"without control app", anyWay, withoutControl}, {"wait", anyWay, waitsForReload},
	{"wait broken", anyWay, waitsForBroken},
}

// outcome is something that can become of an action. Its ways are what the whole matrix takes; the short one takes the
// first.
type outcome struct {
	name       string
	through    []string
	bringAbout func(t *testing.T, host string, flags ...string)
}

var (
	anyWay   = []string{""}
	everyWay = []string{"", "systemd", "signal"}
)

func (o outcome) ways() []string {
	if os.Getenv("PUMATOP_MATRIX") == "whole" {
		return o.through
	}
	return o.through[:1]
}

// through are the flags that choose a way.
func through(via string) []string {
	if via == "" {
		return nil
	}
	return []string{"--via", via}
}

// layDown takes a host for an outcome. Where a worker hangs when it stops, as Puma's sometimes do (puma#3677), it is
// killed after five seconds rather than after half a minute.
func layDown(t *testing.T, host string, settings ...string) {
	t.Helper()
	take(t, append([]string{host, "shutdown=5"}, settings...)...)
}

func verifiedUnderLoad(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host)
	seconds := "15"
	if host == "p43" { // Puma 4 takes ten seconds a worker
		seconds = "45"
	}
	answers := loadOn(t, host, "3", "100", seconds)
	v := reload(t, host, "verified", 0, flags...)
	if number(v.PhaseAfter) != number(v.PhaseBefore)+1 || v.ImageChanged {
		t.Errorf("verdict is %+v", v)
	}
	if got := strings.Fields(answers()); len(got) != 2 || got[1] != "200" {
		t.Errorf("answers during the reload: %q", got)
	}
}

func crashLoopAndOut(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "broken")
	began := time.Now()
	v, r := acts(t, "reload", host, "crash-loop", 6, flags...)
	if took := r.ended.Sub(firstFailedBoot(t, host, began)); took > 10*time.Second && host != "p43" {
		t.Errorf("the verdict came %s after the first failed boot", took)
	}
	explained(t, host, v)
	lab(t, "deploy", host)
	reload(t, host, "verified", 0, flags...)
}

// explained holds that a crash loop of workers has the application's own words, as far as that Puma logs them.
func explained(t *testing.T, host string, v verdictDoc) {
	t.Helper()
	said := "this release does not boot"
	switch host {
	case "p43": // Puma 4 itself takes 10 s a try and logs nothing of it
		said = ""
	case "p56": // Puma 5 logs where, not what
		said = "config.ru:4"
	}
	if !strings.Contains(v.Reason+strings.Join(v.Log, " "), said) {
		t.Errorf("the application's own error is missing: %q, %q", v.Reason, v.Log)
	}
}

// oldCode has `directory` resolve the link when the master starts, so that it never sees another release.
func oldCode(t *testing.T, host string, flags ...string) {
	layDown(t, host, "directory=release")
	old := current(t, host)
	lab(t, "deploy", host)
	v := reload(t, host, "old-code", 8, flags...)
	if v.Release.After != old || v.Release.Current != current(t, host) {
		t.Errorf("verdict is %+v", v)
	}
}

// killedWorker has a request take longer than Puma lets a worker drain.
func killedWorker(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	ended := loadOn(t, host, "1", "40000", "1")
	v := reload(t, host, "verified", 0, flags...)
	// an idle worker may be killed too: Puma's worker sometimes hangs when it stops (puma#3677)
	if !slices.ContainsFunc(v.Cost.Killed, func(k killedDoc) bool { return number(k.InFlight) == 1 }) {
		t.Errorf("killed are %+v, want one with a request in flight", v.Cost.Killed)
	}
	if got := ended(); strings.Contains(got, "200") {
		t.Errorf("the request was answered: %s", got)
	}
}

func timedOut(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "slow")
	reload(t, host, "timed-out", 4, append(flags, "--timeout", "3s")...)
}

// notRunning has somebody else stop the unit in the middle.
func notRunning(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, "reload", host, "not-running", 3, func() { onUnit(t, host, "stop puma") }, flags...)
}

// stuckMaster stops the master in the middle: the link lives, Puma does not answer.
func stuckMaster(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, "reload", host, "stuck", 6, func() { onUnit(t, host, "kill --kill-who=main -s STOP puma") }, flags...)
}

func lostHost(t *testing.T, host string, flags ...string) {
	layDown(t, host)
	lab(t, "deploy", host, "slow")
	disturbed(t, "reload", host, "lost", 5, func() { lab(t, "drop", host, "on") }, append(flags, "--timeout", "25s")...)
}

// onUnit runs systemctl on a host's Puma, wherever its unit is.
func onUnit(t *testing.T, host, command string) {
	t.Helper()
	if hostFile(t, host, "unit") == "user" {
		lab(t, "ssh", host, "systemctl --user "+command)
		return
	}
	lab(t, "root", host, "sh", "-c", "systemctl "+command)
}

// disturbed is an action during which something happens, right after its request was accepted.
func disturbed(t *testing.T, command, host, verdict string, exit int, disturb func(), flags ...string) {
	t.Helper()
	before := lookAt(t, host)
	b := inBackground(t, " asked", append([]string{command, "--yes", "-o", "json", host}, flags...)...)
	disturb()
	judged(t, before, command, verdict, exit, b.result())
}
