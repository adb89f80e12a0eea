//go:build lab

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReachThroughACommand: a host behind a command is like any other, as its root and as a user that root becomes.
func TestReachThroughACommand(t *testing.T) {
	t.Parallel()
	take(t, "web3")
	way := "box=../../.ci/lab/lab root web3 sh"
	for _, args := range [][]string{{"--command", way}, {"--command", way, "--become", "box=deploy"}} {
		got := target(t, 0, "box", args...)
		if got.State != "serving" || got.ID != "box/puma" || got.RSSBytes == nil || len(got.Release.Running) != 1 {
			t.Errorf("%q: %+v", args, got)
		}
		if r := pumatop(t, append(args, "reload", "--yes", "box")...); r.exit != 0 || !strings.Contains(r.out, "verified") {
			t.Errorf("%q: reload exits with %d: %s%s", args, r.exit, r.out, r.err)
		}
	}
	// A command that leads nowhere says so in its own words.
	if got := notReached(t, "--command", "box=../../.ci/lab/lab root web99 sh", "box"); !strings.Contains(got.Error, "lab: no host web99") {
		t.Errorf("says %q", got.Error)
	}
}

// TestReachAsAnotherUser: a control socket that the login may not open is opened as a user who may, where sudo allows
// that without a password. Where it does not, the row has the line that sudo wants.
func TestReachAsAnotherUser(t *testing.T) {
	t.Parallel()
	take(t, "web4")
	lab(t, "root", "web4", "sh", "-c", "chown root "+labSocket+"; chmod 0600 "+labSocket)
	if got := target(t, 5, "web4"); !strings.Contains(got.Error, "deploy may not open "+labSocket) {
		t.Errorf("the login: %s, %q", got.State, got.Error)
	}
	got := notReached(t, "--become", "web4=root", "web4")
	if !strings.Contains(got.Error, "sudo -n -u root: sudo: a password is required") {
		t.Errorf("without sudo: %q", got.Error)
	}
	file := filepath.Join(filepath.Dir(sshConfig(t)), "hosts/web4/root/etc/sudoers.d/pumatop")
	t.Cleanup(func() { _ = os.Remove(file) })
	if err := os.WriteFile(file, []byte("deploy ALL=(root) NOPASSWD: /bin/sh -s\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	if got := target(t, 0, "web4", "--become", "root"); got.State != "serving" || got.RSSBytes == nil {
		t.Errorf("as root: %s, %q", got.State, got.Error)
	}
}

// TestReachTLS: a control app with a certificate that nobody has signed, on a loopback address. Puma lets a client
// without one in unless it says force_peer.
func TestReachTLS(t *testing.T) {
	t.Parallel()
	take(t, "web4")
	dir := filepath.Join(filepath.Dir(sshConfig(t)), "hosts/web4/root/etc/ssl")
	output(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=control",
		"-keyout", filepath.Join(dir, "ctl.key"), "-out", filepath.Join(dir, "ctl.pem"))
	if err := os.Chmod(filepath.Join(dir, "ctl.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	const url = "CONTROL_URL=ssl://127.0.0.1:9293?key=/etc/ssl/ctl.key&cert=/etc/ssl/ctl.pem&ca=/etc/ssl/ctl.pem&verify_mode="
	for mode, exit := range map[string]int{"none": 0, "peer": 0, "force_peer": 5} {
		lab(t, "set", "web4", url+mode)
		lab(t, "reset", "web4")
		got := target(t, exit, "web4")
		if exit == 0 && got.State != "serving" || exit != 0 && !strings.Contains(got.Error, "it wants a client certificate (verify_mode=force_peer)") {
			t.Errorf("%s: %s, %q", mode, got.State, got.Error)
		}
	}
	// And through a relay, whose connections are streams.
	lab(t, "set", "web4", url+"none")
	lab(t, "reset", "web4")
	sshd(t, "web4", nil, "AllowTcpForwarding no")
	if got := target(t, 0, "web4"); got.State != "serving" {
		t.Errorf("through a relay: %s, %q", got.State, got.Error)
	}
}
