//go:build lab

package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pane is the program in a window of a tmux server of its own: a real terminal, driven by real keys.
type pane struct {
	t      *testing.T
	socket string
}

// onScreen starts the program in a window with a shell around it, as an operator does. NAME=VALUE among the arguments is
// for its environment.
func onScreen(t *testing.T, columns, rows int, args ...string) pane {
	t.Helper()
	p := pane{t, fmt.Sprintf("pumatop-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))}
	line := []string{"TERM=tmux-256color", "XDG_STATE_HOME=" + stateHome(t), program(t), "-F", sshConfig(t)}
	for _, arg := range args {
		if strings.Contains(arg, "=") {
			line = slices.Insert(line, 0, arg)
		} else {
			line = append(line, arg)
		}
	}
	p.tmux("new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows),
		"env -u NO_COLOR LANG=C.UTF-8 "+strings.Join(line, " ")+`; echo "ended with $?"; read x`)
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", p.socket, "kill-server").Run() })
	return p
}

func (p pane) tmux(args ...string) string {
	p.t.Helper()
	out, err := exec.CommandContext(p.t.Context(), "tmux", append([]string{"-L", p.socket, "-f", "/dev/null", "-u"}, args...)...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (p pane) text() string { return p.tmux("capture-pane", "-p") }

func (p pane) press(keys ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys"}, keys...)...)
}

// sees waits until a line of the screen matches the pattern, and returns that line.
func (p pane) sees(limit time.Duration, pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	var line string
	var last string
	found := func() bool {
		last = p.text()
		for l := range strings.Lines(last) {
			if re.MatchString(l) {
				line = l
				return true
			}
		}
		return false
	}
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the screen was\n%s", last)
		}
	}()
	poll(p.t, limit, pattern, found)
	return line
}

// escape presses esc and waits until the text is gone: what came right behind it would make it another key.
func (p pane) escape(text string) {
	p.t.Helper()
	p.press("Escape")
	poll(p.t, 5*time.Second, text+" to go", func() bool { return !strings.Contains(p.text(), text) })
}

// agree types a word until the sheet takes it: for its first moment it hears nothing, so that nobody agrees to what
// they have not read.
func (p pane) agree(word string) {
	p.t.Helper()
	p.sees(5*time.Second, "type "+word)
	tries := 0
	poll(p.t, 10*time.Second, "the sheet to take a "+word, func() bool {
		if tries++; tries%5 == 1 {
			p.press(word)
		}
		return !strings.Contains(p.text(), "type "+word)
	})
}

// quit leaves the program and looks at the terminal that it leaves behind.
func (p pane) quit() {
	p.t.Helper()
	p.press("q")
	p.sees(10*time.Second, "ended with 0")
	if left := strings.TrimSpace(p.tmux("display", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}")); left != "0 0 1" {
		p.t.Errorf("alternate screen, mouse and cursor are %q, want 0 0 1", left)
	}
}

// row is the pattern of a target's line: its name, then what else has to be in it in this order.
func row(id string, parts ...string) string {
	return strings.Join(append([]string{regexp.QuoteMeta(id)}, parts...), ".*")
}

// TestScreenFleet finds every host of the fleet on the first screen, the one that needs a person on top.
func TestScreenFleet(t *testing.T) {
	t.Parallel()
	hosts := []string{"web1", "web2", "web3", "web4", "web5", "web6"}
	take(t, hosts...)
	p := onScreen(t, 150, 40, hosts...)
	for _, want := range []string{
		row("web1/puma", `\b0\b`, "0/10"), row("web2/puma", "0/15"), row("web3/puma", "0/6"), row("web4/puma", "single", "0/5"),
		row("web5/puma", "hot only", "0/10"), row("web6/puma", "not running", "inactive"), "6 targets.*1 not running.*5 serving",
	} {
		p.sees(20*time.Second, want)
	}
	if text := p.text(); strings.Index(text, "web6/puma") > strings.Index(text, "web1/puma") {
		t.Errorf("what does not run is not on top:\n%s", text)
	}
	p.quit()
}

// TestScreenReload is what the program is for: r, y, and the truth.
func TestScreenReload(t *testing.T) {
	t.Parallel()
	take(t, "web1")
	old := current(t, "web1")
	lab(t, "deploy", "web1")
	fresh := current(t, "web1")
	p := onScreen(t, 150, 40, "web1")
	p.sees(20*time.Second, row("web1/puma", `\d→\d`)) // as much of both as there is room for
	answers := loadOn(t, "web1", "4", "100", "40")
	p.press("r")
	p.sees(5*time.Second, "one worker at a time")
	p.sees(5*time.Second, base(old)+" → "+base(fresh))
	p.escape("one worker at a time")
	p.press("r")
	p.sees(5*time.Second, "one worker at a time")
	p.agree("y")
	p.sees(60*time.Second, "verified.*0→1.*2 of 2 workers replaced")
	d := target(t, 0, "web1")
	if number(d.Phase) != 1 || len(d.Release.Running) != 1 || d.Release.Running[0] != fresh {
		t.Errorf("phase %d, releases %+v", number(d.Phase), d.Release)
	}
	if got := strings.Fields(answers()); len(got) != 2 || got[1] != "200" {
		t.Errorf("answers during the reload: %q", got)
	}
	p.quit()
}

// TestScreenBrokenRelease shows the crash loop, the application's own words and the capacity that is lost.
func TestScreenBrokenRelease(t *testing.T) {
	t.Parallel()
	take(t, "web2")
	lab(t, "deploy", "web2", "broken")
	p := onScreen(t, 150, 40, "web2")
	p.sees(20*time.Second, row("web2/puma", "0/15"))
	p.press("r")
	p.sees(5*time.Second, "one worker at a time")
	p.agree("y")
	p.sees(60*time.Second, "crash loop.*worker 0.*2/3") // an idle worker of Puma 6 may hang until it is killed, 30 s (puma#3677)
	p.sees(5*time.Second, "this release does not boot")
	p.escape("lowest seen")
	p.sees(10*time.Second, row("web2/puma", "(crash loop.*2/3|2/3.*crash loop)"))
	lab(t, "deploy", "web2")
	p.press("F5") // the link is looked at again
	p.sees(40*time.Second, "current moved to "+base(current(t, "web2")))
	p.press("r")
	p.sees(5*time.Second, "does not boot, current is now")
	p.escape("type y")
	p.quit()
	reload(t, "web2", "verified", 0)
}

// TestLostHost drops one host off the network: no other row waits for it, its own says how old it is, and it is back
// by itself.
func TestLostHost(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2", "web3")
	p := onScreen(t, 150, 40, "--interval", "1s", "web1", "web2", "web3")
	for _, h := range []string{"web1", "web2", "web3"} {
		p.sees(20*time.Second, "● "+row(h+"/puma", "0%"))
	}
	lab(t, "drop", "web2", "on")
	p.sees(30*time.Second, row("web2/puma", "stale"))
	// a reload elsewhere is verified meanwhile, and seen: nobody waits for the lost host
	reload(t, "web1", "verified", 0)
	p.sees(5*time.Second, "● web1/puma +1 ")
	p.sees(60*time.Second, row("web2/puma", "unreachable"))
	p.sees(5*time.Second, row("web2/puma", `\d+(\.\d+)?s|\d+m\d+s`))
	if d := target(t, 5, "web2"); d.State != "unreachable" {
		t.Errorf("web2 is %s without a network", d.State)
	}
	reload(t, "web1", "verified", 0)
	p.sees(5*time.Second, "● web1/puma +2 ")
	lab(t, "drop", "web2", "off")
	p.sees(90*time.Second, "● "+row("web2/puma", "0/15"))
	p.quit()
}
