//go:build lab

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reachedBy writes an ssh_config of the test's own: the blocks, whose word comes first, and then the lab's.
func reachedBy(t *testing.T, blocks ...string) string {
	t.Helper()
	return write(t, "ssh_config", strings.Join(append(blocks, "Match all", "Include "+sshConfig(t)), "\n"))
}

// block is what an ssh_config says of a name.
func block(name string, lines ...string) string {
	return "Host " + name + "\n  " + strings.Join(lines, "\n  ")
}

// alias is another name for a host: with a key name of its own it has a connection of its own, too.
func alias(t *testing.T, name, host, knownHosts string, lines ...string) string {
	t.Helper()
	return block(name, append(lines, "HostName "+hostFile(t, host, "addr"), "User deploy", "HostKeyAlias "+name,
		"IdentityFile "+filepath.Join(filepath.Dir(sshConfig(t)), "key"), "IdentitiesOnly yes",
		"UserKnownHostsFile "+knownHosts, "StrictHostKeyChecking yes")...)
}

// write writes a file of the test's own and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostKey is the public half of a key of the host's, "ssh-ed25519 AAAA…".
func hostKey(t *testing.T, host, kind string) string {
	t.Helper()
	words := strings.Fields(hostFile(t, host, "root/etc/ssh/ssh_host_"+kind+"_key.pub"))
	return words[0] + " " + words[1]
}

// output runs a command of this machine.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// newKey makes a key pair and returns the path of its private half.
func newKey(t *testing.T, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if len(args) == 0 {
		args = []string{"-N", ""}
	}
	output(t, "ssh-keygen", append([]string{"-q", "-t", "ed25519", "-C", "pumatop-test", "-f", path}, args...)...)
	return path
}

// sshd has a host's sshd obey these lines before all others until the test ends; files are laid down in its
// /etc/ssh/lab.
func sshd(t *testing.T, host string, files map[string]string, lines ...string) {
	t.Helper()
	t.Cleanup(func() { _ = labCommand(context.Background(), "sshd", host).Run() })
	dir := filepath.Join(filepath.Dir(sshConfig(t)), "hosts", host, "root/etc/ssh/lab")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lab(t, append([]string{"sshd", host}, lines...)...)
}

// logged counts the lines of a host's sshd that match a pattern of grep's.
func logged(t *testing.T, host, pattern string) int {
	t.Helper()
	out := lab(t, "root", host, "sh", "-c", `journalctl -q --no-pager -o cat -t sshd -t sshd-session | grep -c -e "$1" || true`, "sh", pattern)
	return atoi(t, out)
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// notReached is what a status says of a host that is not reached.
func notReached(t *testing.T, args ...string) targetDoc {
	t.Helper()
	doc := status(t, 5, args...)
	if len(doc.Targets) != 1 {
		t.Fatalf("status %q has %d targets", args, len(doc.Targets))
	}
	return doc.Targets[0]
}

// TestReachThroughHosts reaches hosts through one other, through two, through commands, and many through one.
func TestReachThroughHosts(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2", "web3", "shutdown=5")
	known := write(t, "known_hosts", "* "+hostKey(t, "web2", "ed25519"))
	blocks := []string{
		block("web2", "ProxyJump web1"),
		block("web3", "ProxyJump web1,web2"),
		alias(t, "w", "web2", known, "ProxyCommand ssh -F "+sshConfig(t)+" -W %h:%p web1"),
		alias(t, "nc", "web2", known, "ProxyCommand nc %h %p"),
	}
	var many []string
	for i := range 8 {
		name := fmt.Sprintf("many%d", i)
		many = append(many, name)
		blocks = append(blocks, alias(t, name, "web2", known, "ProxyJump web1"))
	}
	config := reachedBy(t, blocks...)
	workers := map[string]int{"web2": 3, "web3": 2, "w": 3, "nc": 3}
	for _, transport := range []string{"native", "openssh"} {
		for _, d := range status(t, 0, "-F", config, "--transport", transport, "web2", "web3", "w", "nc").Targets {
			if number(d.Workers) != workers[d.Host] || d.RSSBytes == nil {
				t.Errorf("%s: %s has %d workers, want %d", transport, d.ID, number(d.Workers), workers[d.Host])
			}
		}
		reload(t, "web3", "verified", 0, "-F", config, "--transport", transport)
	}

	before := logged(t, "web1", "^Accepted publickey")
	if doc := status(t, 0, append([]string{"-F", config}, many...)...); len(doc.Targets) != len(many) {
		t.Errorf("%d targets behind one host, want %d", len(doc.Targets), len(many))
	}
	if n := logged(t, "web1", "^Accepted publickey") - before; n != 1 {
		t.Errorf("%d logins on the host in between, want 1 for all", n)
	}
}

// TestReachSlowly polls and reloads over a link of 100 ms each way.
func TestReachSlowly(t *testing.T) {
	t.Parallel()
	layDown(t, "web2")
	t.Cleanup(func() { _ = labCommand(context.Background(), "delay", "web2", "0").Run() })
	lab(t, "delay", "web2", "100")
	p := onScreen(t, 150, 40, "web2")
	p.sees(30*time.Second, "● "+row("web2/puma", "0/15"))
	reload(t, "web2", "verified", 0)
	p.sees(20*time.Second, "● web2/puma +1 ")
	p.quit()
}
