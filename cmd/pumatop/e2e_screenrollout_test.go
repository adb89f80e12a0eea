//go:build lab

package main

import (
	"testing"
	"time"
)

// TestScreenRollout marks three hosts: the second one's release is broken, and the third is left alone.
func TestScreenRollout(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2", "web3")
	lab(t, "deploy", "web1")
	lab(t, "deploy", "web2", "broken")
	lab(t, "deploy", "web3")
	one, three := lookAt(t, "web1"), lookAt(t, "web3")
	p := onScreen(t, 150, 40, "web1", "web2", "web3")
	for _, h := range []string{"web1", "web2", "web3"} {
		p.sees(20*time.Second, "● "+row(h+"/puma", "0%"))
	}
	p.press("a")
	p.press("r")
	p.sees(5*time.Second, "web1/puma first")
	p.agree("3")
	p.sees(60*time.Second, "✔ web1/puma +verified")
	p.sees(90*time.Second, "web2/puma +crash loop.*worker 0")
	p.sees(5*time.Second, "web3/puma +untouched")
	p.sees(5*time.Second, "this release does not boot")
	if now := lookAt(t, "web3"); now.image != three.image || len(three.kept(now)) != len(now.workers) {
		t.Errorf("web3 was %+v and is %+v: it was not to be touched", three, now)
	}
	if now := lookAt(t, "web1"); len(one.kept(now)) != 0 {
		t.Errorf("web1 was %+v and is %+v", one, now)
	}
	trail := decode[auditDoc](t, pumatop(t, "audit", "-o", "json").out)
	if len(trail.Actions) != 2 || trail.Actions[0].Verdict != "verified" || trail.Actions[1].Verdict != "crash-loop" {
		t.Errorf("audit is %+v", trail)
	}
	p.quit()
}

// TestScreenPreloading asks as R does where a reload would be a full restart.
func TestScreenPreloading(t *testing.T) {
	t.Parallel()
	take(t, "web5")
	before := lookAt(t, "web5")
	p := onScreen(t, 150, 40, "web5")
	p.sees(20*time.Second, row("web5/puma", "hot only"))
	p.press("r")
	p.sees(5*time.Second, "phased is not possible")
	p.press("y")
	p.sees(5*time.Second, "type 1")
	p.escape("type 1")
	if now := lookAt(t, "web5"); now.image != before.image {
		t.Errorf("%+v became %+v, and nobody agreed", before, now)
	}
	p.press("r")
	p.sees(5*time.Second, "phased is not possible")
	p.agree("1")
	p.sees(60*time.Second, "✔ web5/puma +verified")
	p.quit()
}

// TestScreenUserUnit reloads through the user's systemd.
func TestScreenUserUnit(t *testing.T) {
	t.Parallel()
	take(t, "web3")
	lab(t, "deploy", "web3")
	before := lookAt(t, "web3")
	p := onScreen(t, 150, 40, "PUMATOP_VIA=systemd", "web3")
	p.sees(20*time.Second, "● "+row("web3/puma", "0/6"))
	p.press("r")
	p.sees(5*time.Second, "systemctl --user reload puma.service")
	p.agree("y")
	p.sees(60*time.Second, "✔ web3/puma +verified")
	if now := lookAt(t, "web3"); len(before.kept(now)) != 0 || now.image != before.image {
		t.Errorf("%+v became %+v", before, now)
	}
	p.quit()
}
