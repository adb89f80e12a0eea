//go:build lab

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestScreenRestart restarts single mode in full: the number of targets is to be typed.
func TestScreenRestart(t *testing.T) {
	t.Parallel()
	take(t, "web4")
	lab(t, "deploy", "web4")
	before := lookAt(t, "web4")
	p := onScreen(t, 150, 40, "web4")
	p.sees(20*time.Second, row("web4/puma", "single"))
	p.press("R")
	p.sees(5*time.Second, "full restart")
	p.agree("1")
	p.sees(60*time.Second, "✔.*web4/puma.*verified.*"+base(current(t, "web4")))
	if now := lookAt(t, "web4"); now.image == before.image || now.master != before.master {
		t.Errorf("%+v became %+v, want another image of the same master", before, now)
	}
	p.quit()
}

// TestScreenStart starts what does not run, through systemd.
func TestScreenStart(t *testing.T) {
	t.Parallel()
	take(t, "web6")
	p := onScreen(t, 150, 40, "web6")
	p.sees(20*time.Second, row("web6/puma", "not running"))
	p.press("r")
	p.sees(5*time.Second, "systemctl reload-or-restart puma.service")
	p.agree("1")
	p.sees(60*time.Second, "✔.*web6/puma.*verified")
	p.sees(20*time.Second, "● "+row("web6/puma", "0/"))
	if now := lookAt(t, "web6"); now.master == 0 || len(now.workers) != 2 {
		t.Errorf("web6 is %+v", now)
	}
	p.quit()
}

// TestScreenOthers has somebody else reload, and then deploy what does not boot.
func TestScreenOthers(t *testing.T) {
	t.Parallel()
	take(t, "web1")
	p := onScreen(t, 150, 40, "web1")
	p.sees(20*time.Second, "● "+row("web1/puma", "0%"))
	lab(t, "deploy", "web1")
	onUnit(t, "web1", "reload puma")
	p.sees(30*time.Second, "begun by others.*1 judged|begun by others")
	p.sees(30*time.Second, "✔ web1/puma +verified.*0→1.*2 of 2 workers replaced.*"+base(current(t, "web1")))
	lab(t, "deploy", "web1", "broken")
	onUnit(t, "web1", "reload puma")
	p.sees(60*time.Second, "web1/puma +crash loop")
	if _, err := os.Stat(filepath.Join(stateHome(t), "pumatop", "audit.jsonl")); err == nil {
		t.Error("somebody else's restart is in the audit")
	}
	p.quit()
}

// TestScreenPaste pastes what has r and y in it, with and without the terminal's own marks around it.
func TestScreenPaste(t *testing.T) {
	t.Parallel()
	take(t, "web1")
	before := lookAt(t, "web1")
	p := onScreen(t, 150, 40, "web1")
	p.sees(20*time.Second, "● "+row("web1/puma", "0%"))
	p.tmux("set-buffer", "ry 1\nry\nyes, restart every server R1\n")
	p.tmux("paste-buffer", "-p")
	p.tmux("paste-buffer")
	p.sees(10*time.Second, "web1/puma") // it has not quit
	// whatever the keys opened, nothing was agreed to
	p.press("Escape")
	p.sees(10*time.Second, "● "+row("web1/puma", "0%"))
	if _, err := os.Stat(filepath.Join(stateHome(t), "pumatop", "audit.jsonl")); err == nil {
		t.Error("something was asked")
	}
	if phase := number(target(t, 0, "web1").Phase); phase != 0 {
		t.Errorf("web1 is in phase %d after the paste", phase)
	}
	if now := lookAt(t, "web1"); now.image != before.image || len(before.kept(now)) != len(before.workers) {
		t.Errorf("a paste changed %+v to %+v", before, now)
	}
}

// TestScreenLostAndBack loses the host in the middle of a reload; its verdict changes on the screen once it is back.
// The screen waits for five minutes before it calls a target lost, so that only the whole matrix has the time.
func TestScreenLostAndBack(t *testing.T) {
	t.Parallel()
	if os.Getenv("PUMATOP_MATRIX") != "whole" {
		t.Skip("takes the five minutes of the screen's own timeout, which it has no flag for")
	}
	take(t, "p66")
	lab(t, "deploy", "p66", "slow")
	before := lookAt(t, "p66")
	p := onScreen(t, 150, 40, "p66")
	p.sees(20*time.Second, "● "+row("p66/puma", "0%"))
	p.press("r")
	p.agree("y")
	p.sees(20*time.Second, "phased restart asked")
	lab(t, "drop", "p66", "on")
	p.sees(6*time.Minute, "p66/puma +lost")
	over(t, "p66", before)
	lab(t, "drop", "p66", "off")
	p.sees(2*time.Minute, "✔ p66/puma +verified")
	p.quit()
}
