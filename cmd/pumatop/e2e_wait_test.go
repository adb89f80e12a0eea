//go:build lab

package main

import (
	"strings"
	"testing"
	"time"
)

// waitsForReload stands beside a plain systemctl reload: it was there before, or comes when all is over.
func waitsForReload(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	waitsBothWays(t, host, "", "verified", 0)
}

func waitsForBroken(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	waitsBothWays(t, host, "broken", "crash-loop", 6)
}

func waitsForRestartedInstead(t *testing.T, host string, _ ...string) {
	layDown(t, host)
	waitsBothWays(t, host, "", "restarted-instead", 7)
}

// waitsBothWays holds that a wait which was there before a reload and one that came after it say the same.
func waitsBothWays(t *testing.T, host, mode, verdict string, exit int) {
	t.Helper()
	deploy := func() look {
		lab(t, strings.Fields("deploy "+host+" "+mode)...)
		return lookAt(t, host)
	}
	before := deploy()
	b := inBackground(t, "waits for a restart", "wait", "-o", "json", host)
	onUnit(t, host, "reload puma --no-block")
	said := judged(t, before, "wait", verdict, exit, b.result())
	if !said.Observed || said.Via != "" || said.Request != "" {
		t.Errorf("somebody else's restart is told as ours: %+v", said)
	}
	if mode == "broken" { // Puma stays in the release of the first reload until another
		before = lookAt(t, host)
	} else {
		before = deploy()
		onUnit(t, host, "reload puma --no-block")
		over(t, host, before)
	}
	again := judged(t, before, "wait", verdict, exit, pumatop(t, "wait", "-o", "json", host))
	if said.Verdict != again.Verdict || said.Exit != again.Exit || mode == "broken" && said.Reason != again.Reason {
		t.Errorf("the wait before says %s %q, the one after %s %q", said.Verdict, said.Reason, again.Verdict, again.Reason)
	}
}

// over waits, by the host alone, until every worker from before is replaced.
func over(t *testing.T, host string, before look) {
	t.Helper()
	poll(t, 90*time.Second, "every worker of "+host+" to be replaced", func() bool {
		now := lookAt(t, host)
		if len(before.kept(now)) > 0 || len(now.workers) != len(before.workers) {
			return false
		}
		for _, w := range now.workers {
			if w.release != now.current {
				return false
			}
		}
		return true
	})
}
