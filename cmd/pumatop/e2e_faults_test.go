//go:build lab

package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestReachAfterSSHD kills a host's sshd and all its sessions under the screen, and starts it again.
func TestReachAfterSSHD(t *testing.T) {
	t.Parallel()
	take(t, "web4")
	t.Cleanup(func() { _ = labCommand(context.Background(), "sshd", "web4").Run() })
	p := onScreen(t, 150, 40, "--interval", "1s", "web4")
	p.sees(30*time.Second, "● "+row("web4/puma", "0/5"))
	lab(t, "root", "web4", "sh", "-c", "systemctl stop ssh; pkill -KILL sshd; true")
	p.sees(30*time.Second, row("web4/puma", "stale|unreachable"))
	p.sees(60*time.Second, row("web4/puma", "unreachable", `retry in \d+s: `, "connection refused"))
	lab(t, "root", "web4", "systemctl", "start", "ssh")
	p.sees(2*time.Minute, "● "+row("web4/puma", "0/5"))
	p.quit()
}

// TestReachAfterCrash takes a host's power away under the screen, and gives it back: Puma is another image then.
func TestReachAfterCrash(t *testing.T) {
	t.Parallel()
	take(t, "web5")
	t.Cleanup(func() { _ = labCommand(context.Background(), "boot", "web5").Run() })
	before := lookAt(t, "web5")
	p := onScreen(t, 150, 40, "--interval", "1s", "web5")
	p.sees(30*time.Second, "● "+row("web5/puma", "0/10"))
	lab(t, "crash", "web5")
	p.sees(time.Minute, row("web5/puma", "unreachable"))
	lab(t, "boot", "web5")
	p.sees(2*time.Minute, "● "+row("web5/puma", "0/10"))
	if now := lookAt(t, "web5"); now.image == before.image || target(t, 0, "web5").PID != now.master {
		t.Errorf("%+v became %+v", before, now)
	}
	p.quit()
}

// TestReachBusySSHD has more names at once than a host takes logins: those that are turned away come again.
func TestReachBusySSHD(t *testing.T) {
	t.Parallel()
	take(t, "web4")
	sshd(t, "web4", nil, "MaxStartups 2:50:4", "LogLevel VERBOSE")
	known := write(t, "known_hosts", "* "+hostKey(t, "web4", "ed25519"))
	var names, blocks []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("busy%02d", i))
		blocks = append(blocks, alias(t, names[i], "web4", known))
	}
	p := onScreen(t, 150, 40, append([]string{"-F", reachedBy(t, blocks...)}, names...)...)
	p.sees(2*time.Minute, "12 targets.*12 serving")
	for _, name := range names {
		p.sees(time.Second, "● "+row(name+"/puma", "0/5"))
	}
	t.Logf("%d connections were turned away", logged(t, "web4", "^drop connection"))
	p.quit()
}

// TestReachRefused is refused a login, and does not knock again before somebody asks for it: servers lock out whole
// addresses for that.
func TestReachRefused(t *testing.T) {
	t.Parallel()
	take(t, "web6")
	sshd(t, "web6", nil, "LogLevel VERBOSE", "AuthorizedKeysFile none", "PasswordAuthentication no")
	knocks := func() int { return logged(t, "web6", "^Connection from") }
	once := knocks() + 1
	p := onScreen(t, 150, 40, "--interval", "1s", "web6")
	p.sees(30*time.Second, row("web6", "unreachable", "no login as deploy"))
	for _, quiet := range []time.Duration{20 * time.Second, 5 * time.Second} {
		poll(t, 10*time.Second, "the attempt in the journal", func() bool { return knocks() == once })
		for end := time.Now().Add(quiet); time.Now().Before(end); time.Sleep(time.Second) {
			if n := knocks(); n != once {
				t.Fatalf("%d attempts, want %d:\n%s", n, once, p.text())
			}
		}
		p.press("F5")
		once++
	}
	poll(t, 10*time.Second, "the attempt that was asked for", func() bool { return knocks() == once })
	p.quit()
}

// TestReachPenalty is locked out for what somebody else at this address did, says so, and gets in when that is over.
func TestReachPenalty(t *testing.T) {
	t.Parallel()
	take(t, "web5")
	sshd(t, "web5", nil, "PerSourcePenalties authfail:20s min:5s", "LogLevel VERBOSE")
	penalties := func() int { return logged(t, "web5", "penalty of 20") }
	before := penalties()
	wrong := []string{"-n", "-F", "none", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-i", newKey(t),
		"-o", "IdentitiesOnly=yes", "deploy@" + hostFile(t, "web5", "addr"), "true"}
	if out, err := exec.CommandContext(t.Context(), "ssh", wrong...).CombinedOutput(); err == nil || !strings.Contains(string(out), "Permission denied") {
		t.Fatalf("a wrong key: %v: %s", err, out)
	}
	poll(t, 10*time.Second, "the penalty", func() bool { return penalties() > before })
	p := onScreen(t, 150, 40, "web5")
	p.sees(15*time.Second, row("web5", "unreachable", `retry in \d+s: `, "hung up"))
	p.press("Enter")
	p.sees(10*time.Second, "PerSourcePenalties")
	p.escape("PerSourcePenalties")
	p.sees(time.Minute, "● "+row("web5/puma", "0/10"))
	p.quit()
}
