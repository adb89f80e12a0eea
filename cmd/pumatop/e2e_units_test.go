//go:build lab

package main

import (
	"strings"
	"testing"
	"time"
)

// planDoc is the JSON of a dry run.
type planDoc struct {
	Exit    int `json:"exit"`
	Targets []struct {
		Action   string   `json:"action"`
		Via      string   `json:"via"`
		Request  string   `json:"request"`
		Warnings []string `json:"warnings"`
		Refused  bool     `json:"refused"`
		Reason   string   `json:"reason"`
	} `json:"targets"`
}

// warnings are those of a dry run over one host.
func warnings(t *testing.T, host string, flags ...string) string {
	t.Helper()
	before := lookAt(t, host)
	r := pumatop(t, append([]string{"reload", "--dry-run", "-o", "json", host}, flags...)...)
	doc := decode[planDoc](t, r.out)
	if len(doc.Targets) != 1 {
		t.Fatalf("%d targets in the dry run of %s: %s%s", len(doc.Targets), host, r.out, r.err)
	}
	if now := lookAt(t, host); len(before.kept(now)) != len(before.workers) {
		t.Errorf("a dry run changed %+v to %+v", before, now)
	}
	return strings.Join(doc.Targets[0].Warnings, "; ")
}

// says fails the test where a text does not have all of the parts.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %q", part, text)
		}
	}
}

// TestUnits takes the ways of units that are not as they should be.
func TestUnits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, host string
		test       func(t *testing.T, host string)
	}{
		{"ExecReload freezes Puma", "web1", freezingReload},
		{"no ExecReload", "p66", missingReload},
		{"started too often", "h66", startedTooOften},
		{"started too often, workers", "web5", startedTooOften},
		{"no sudo", "web2", noSudo},
		{"user unit", "web3", userUnit},
		{"no lingering", "p80", noLingering},
		{"watchdog", "h66", shortWatchdog},
		{"watchdog after a restart", "h66", watchdogAfterRestart},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, tt.host)
		})
	}
}

func freezingReload(t *testing.T, host string) {
	take(t, host, "reload=tstp")
	v := reload(t, host, "refused", 3, "--via", "systemd")
	says(t, v.Reason+v.Remedy, "may freeze Puma", "TSTP", "USR1")
	says(t, warnings(t, host), "may freeze Puma")
	reload(t, host, "verified", 0)
}

func missingReload(t *testing.T, host string) {
	take(t, host, "reload=none")
	v := reload(t, host, "refused", 3, "--via", "systemd")
	says(t, v.Reason+v.Remedy, "no ExecReload", "daemon-reload")
	says(t, warnings(t, host), "no ExecReload")
	reload(t, host, "verified", 0)
}

// startedTooOften has systemd give a unit up whose release does not boot.
func startedTooOften(t *testing.T, host string) {
	take(t, host, "startlimit=3")
	lab(t, "deploy", host, "broken")
	acts(t, "restart", host, "crash-loop", 6, "--via", "control")
	poll(t, time.Minute, "systemd to give it up", func() bool {
		return lab(t, "root", host, "systemctl", "show", "-P", "ActiveState", "puma") == "failed"
	})
	reload(t, host, "refused", 3)
	lab(t, "deploy", host)
	says(t, warnings(t, host, "--or-restart"), "reset-failed")
	if v := reload(t, host, "verified", 0, "--or-restart"); v.Action != "start" {
		t.Errorf("verdict is %+v", v)
	}
}

func noSudo(t *testing.T, host string) {
	take(t, host, "sudo=off")
	before := lookAt(t, host)
	v := reload(t, host, "refused", 3, "--via", "systemd")
	says(t, strings.ToLower(v.Reason+v.Summary+v.Remedy), "sudo")
	if now := lookAt(t, host); len(before.kept(now)) != len(before.workers) {
		t.Errorf("a refused reload changed %+v to %+v", before, now)
	}
	reload(t, host, "verified", 0)
}

func userUnit(t *testing.T, host string) {
	take(t, host)
	lab(t, "deploy", host)
	v := reload(t, host, "verified", 0, "--via", "systemd")
	says(t, v.Request, "systemctl --user reload puma.service")
	lab(t, "deploy", host)
	acts(t, "restart", host, "verified", 0, "--via", "systemd")
}

func noLingering(t *testing.T, host string) {
	take(t, host, "linger=off")
	says(t, warnings(t, host), "lingering is off", "loginctl enable-linger deploy")
}

// watchdogAfterRestart restarts in full in the last third of the time between two pings: systemd kills what serves already, or
// would. Whatever the verdict is, what it says of the master is so a while after.
func watchdogAfterRestart(t *testing.T, host string) {
	take(t, host, "watchdog=20")
	lab(t, "deploy", host, "slow")
	lab(t, "root", host, "systemctl", "restart", "puma")
	poll(t, time.Minute, "its watchdog's next ping is near", func() bool {
		return lab(t, "root", host, "sh", "-c", `p=$(systemctl show -P WatchdogTimestampMonotonic puma); read -r up rest </proc/uptime
			[ "$p" -gt 0 ] && echo $(((${up%.*} - p / 1000000) % 10))`) == "7"
	})
	before := lookAt(t, host)
	r := pumatop(t, "restart", "--yes", "-o", "json", host)
	v := decode[reloadDoc](t, r.out).Targets[0]
	now := lookAt(t, host)
	if v.Verdict == "verified" {
		verifiedIsTrue(t, before, v)
	} else if v.Verdict != "restarted-instead" || !strings.Contains(v.Remedy, "WatchdogSec 20s") {
		t.Errorf("%s%s", r.out, r.err)
	}
	time.Sleep(12 * time.Second)
	if later := lookAt(t, host); later.master != now.master || len(now.kept(later)) != len(now.workers) {
		t.Errorf("%s, then %+v became %+v", v.Verdict, now, later)
	}
}

// shortWatchdog would have systemd kill a preloading master in the middle of a full restart.
func shortWatchdog(t *testing.T, host string) {
	take(t, host, "watchdog=6")
	lab(t, "deploy", host, "slow")
	lab(t, "root", host, "systemctl", "restart", "puma") // its boot is what systemd remembers
	v, _ := acts(t, "restart", host, "refused", 3)
	says(t, v.Reason+v.Remedy, "WatchdogSec", "--via systemd")
	acts(t, "restart", host, "verified", 0, "--via", "systemd")
}
