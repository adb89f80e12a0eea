//go:build lab

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// atWork are the command lines of what a login has running on a host, sshd's own among them.
func atWork(t *testing.T, host string) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(lab(t, "root", host, "ps", "-u", "deploy", "-o", "cgroup:200=,args=")) {
		if group, args, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Contains(group, "/session-") {
			lines = append(lines, strings.TrimSpace(args))
		}
	}
	return lines
}

// works waits until a login has a command running whose line has all the parts.
func works(t *testing.T, host string, parts ...string) {
	t.Helper()
	var last []string
	poll(t, 30*time.Second, "a command on "+host+" with "+strings.Join(parts, " "), func() bool {
		last = atWork(t, host)
		return slices.ContainsFunc(last, func(line string) bool {
			return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
		})
	})
}

// rests waits until no login has anything running on a host.
func rests(t *testing.T, host string) {
	t.Helper()
	var last []string
	defer func() {
		if t.Failed() {
			t.Logf("left on %s: %q", host, last)
		}
	}()
	poll(t, 15*time.Second, "what a login started on "+host+" to end", func() bool {
		last = atWork(t, host)
		return len(last) == 0
	})
}

// kill ends the program in its window as nothing that it can prepare for.
func (p pane) kill() {
	p.t.Helper()
	shell := strings.TrimSpace(p.tmux("display", "-p", "#{pane_pid}"))
	pid := atoi(p.t, output(p.t, "pgrep", "-P", shell))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	poll(p.t, 10*time.Second, "the program to end", func() bool { return syscall.Kill(pid, 0) != nil })
}

// TestReachLeavesNothing ends the program in every way, a kill among them, and looks for what is left on the host.
func TestReachLeavesNothing(t *testing.T) {
	t.Parallel()
	const host = "web3"
	layDown(t, host)
	rests(t, host)
	files := func() string {
		return lab(t, "root", host, "sh", "-c", `find /home /root /tmp /var/tmp /run /dev/shm /etc -newer /run/reach.began -not -type d \
			-not -path "/run/systemd/*" -not -path "/run/user/1500/systemd/*" -not -path "/run/log/*" -not -path /run/utmp -not -path /run/motd.dynamic | sort`)
	}
	lab(t, "root", host, "sh", "-c", "touch /run/reach.began; sleep 0.01")

	p := onScreen(t, 150, 40, host)
	p.sees(30*time.Second, "● "+row(host+"/puma", "0/6"))
	works(t, host, "sh", "-s")
	p.quit()
	rests(t, host)
	if left := files(); left != "" {
		t.Errorf("files that were written on %s:\n%s", host, left)
	}

	t.Run("killed", func(t *testing.T) {
		p := onScreen(t, 150, 40, host)
		p.sees(30*time.Second, "● "+row(host+"/puma", "0/6"))
		works(t, host, "sh", "-s")
		p.kill()
		rests(t, host)
	})
	t.Run("killed while it follows the log", func(t *testing.T) {
		lab(t, "deploy", host, "slow")
		b := inBackground(t, "asked", "reload", "--yes", host)
		works(t, host, "journalctl", " -f")
		if err := b.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		b.result()
		rests(t, host)
	})
}

// watch looks at the command line of every process, those of the lab's hosts among them, until it is ended, and tells
// then which of the words it has seen.
func watch(t *testing.T, words ...string) (end func() []string) {
	t.Helper()
	stop := make(chan struct{})
	var seen []string
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			seen = append(seen, inCommandLines(words)...)
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
	end = sync.OnceValue(func() []string {
		close(stop)
		running.Wait()
		slices.Sort(seen)
		return slices.Compact(seen)
	})
	t.Cleanup(func() { end() })
	return end
}

// inCommandLines are those of the words that are in the command line of a process just now.
func inCommandLines(words []string) []string {
	var found []string
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		line, _ := os.ReadFile(path) // it may have ended
		for _, word := range words {
			if bytes.Contains(line, []byte(word)) {
				found = append(found, word)
			}
		}
	}
	return found
}

// TestReachKeepsToken runs the program with a token that is easy to find, and finds it nowhere.
func TestReachKeepsToken(t *testing.T) {
	t.Parallel()
	const host, token, canary = "web1", "f00d4711cafe0815", "4711f00d0815cafe"
	layDown(t, host, "TOKEN="+token)
	lab(t, "root", host, "journalctl", "--rotate")
	said := func() string { return lab(t, "root", host, "sh", "-c", "journalctl -q --no-pager -o cat -b") }
	before := strings.Count(said(), token)
	end := watch(t, token, canary)
	var shown strings.Builder
	p := onScreen(t, 150, 40, "--interval", "1s", host)
	p.sees(30*time.Second, "● "+row(host+"/puma", "0/10"))
	for key, text := range map[string]string{"Enter": "answers in", "?": "esc closes"} {
		shown.WriteString(p.text())
		p.press(key)
		p.sees(10*time.Second, text)
		shown.WriteString(p.text())
		p.escape(text)
	}
	p.press("r")
	p.sees(5*time.Second, "one worker at a time")
	shown.WriteString(p.text())
	p.agree("y")
	p.sees(90*time.Second, "verified.*0→1")
	shown.WriteString(p.text())
	p.quit()
	shown.WriteString(p.text())
	for _, args := range [][]string{
		{"status", host}, {"status", "-o", "json", host}, {"reload", "--yes", "-o", "jsonl", host}, {"reload", "--dry-run", host}, {"audit"},
	} {
		r := pumatop(t, args...)
		shown.WriteString(r.out + r.err)
	}
	if !strings.Contains(shown.String(), "phased") || strings.Contains(shown.String(), token) {
		t.Errorf("the token is shown, or nothing is:\n%s", shown.String())
	}
	for path, text := range filesUnder(t, stateHome(t)) {
		if bytes.Contains(text, []byte(token)) {
			t.Errorf("the token is in %s", path)
		}
	}
	if after := strings.Count(said(), token); after != before {
		t.Errorf("the token is %d times in the host's journal, it was %d", after, before)
	}
	lab(t, "root", host, "sh", "-c", "sleep 1; : "+canary)
	if seen := end(); !slices.Equal(seen, []string{canary}) {
		t.Errorf("in command lines were %q, want %q alone", seen, canary)
	}
}

// filesUnder are the files below a directory; there is at least one.
func filesUnder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s: %v", len(files), dir, err)
	}
	return files
}
