//go:build lab

package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// diagnosed is what the doctor says of one host.
func diagnosed(t *testing.T, host string) doctorDocument {
	t.Helper()
	r := pumatop(t, "doctor", "-o", "json", host)
	d := decode[doctorDocument](t, r.out)
	if r.exit != d.Exit {
		t.Errorf("exit %d and %d in the document: %s", r.exit, d.Exit, r.err)
	}
	return d
}

// foundBy are the findings by id; of one id the first.
func (d doctorDocument) foundBy() map[string]findingJSON {
	out := map[string]findingJSON{}
	for _, f := range d.Findings {
		if _, again := out[f.ID]; !again {
			out[f.ID] = f
		}
	}
	return out
}

// result is how a check came out on the one target.
func (d doctorDocument) result(id string) string {
	for _, c := range d.Checks {
		if c.ID == id {
			return c.Result
		}
	}
	return "not there"
}

// TestDoctor: a host as it should be has nothing above advice but the control socket that every stock Puma has, each thing
// that is set wrong is found and nothing else, and is right again once what the doctor prints has been done.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host string
		user bool
	}{{"p43", false}, {"p56", false}, {"p66", false}, {"p80", true}} {
		t.Run(tt.host, func(t *testing.T) {
			t.Parallel()
			take(t, tt.host)
			forget := func() {
				_ = labCommand(context.Background(), "root", tt.host, "rm", "-rf", "/etc/systemd/system/puma.service.d", "/home/deploy/.config/systemd/user/puma.service.d").Run()
			}
			t.Cleanup(forget)
			clean := diagnosed(t, tt.host)
			healthy := clean.foundBy()
			for id, f := range healthy {
				if f.Severity != "advice" && id != "puma.socket-mode" {
					t.Errorf("clean, and still %s: %s %+v", id, f.Summary, f.Evidence)
				}
			}
			if f, ok := healthy["puma.socket-mode"]; ok {
				followed(t, tt.host, f)
			}
			for _, wrong := range wrongs(tt.user) {
				if _, already := healthy[wrong.id]; already {
					continue // the host is like that
				}
				forget()
				lab(t, "set", tt.host, wrong.setting)
				lab(t, "reset", tt.host)
				for _, command := range wrong.commands {
					lab(t, append([]string{command[0], tt.host}, command[1:]...)...)
				}
				found := diagnosed(t, tt.host).foundBy()
				var more []string
				for _, id := range slices.Sorted(maps.Keys(found)) {
					if _, before := healthy[id]; !before && id != wrong.id {
						more = append(more, id+": "+found[id].Summary)
					}
				}
				f, ok := found[wrong.id]
				if !ok || len(more) > 0 {
					t.Errorf("%s: %s found: %v, and beside it %q", wrong.name, wrong.id, ok, more)
				}
				if ok {
					followed(t, tt.host, f)
				}
			}
		})
	}
}

// wrong is something that is not as it should be, and the check that finds it.
type wrong struct {
	name, setting string
	commands      [][]string // of the lab, without the host
	id            string
}

func wrongs(user bool) []wrong {
	stop := []string{"root", "systemctl", "stop", "puma"}
	if user {
		stop = []string{"ssh", "systemctl", "--user", "stop", "puma"}
	}
	list := []wrong{
		{"nginx without fail_timeout=0", "nginx=default", nil, "nginx.fail-timeout"},
		{"a unit without ExecReload", "reload=none", nil, "systemd.exec-reload"},
		{"directory of one release", "directory=release", nil, "puma.directory"},
		{"preload_app!", "PRELOAD=true", nil, "puma.preload"},
		{"no control app", "CONTROL=off", nil, "puma.control-app"},
		{"a stopped unit", "WORKERS=2", [][]string{stop}, "systemd.inactive"},
	}
	if user {
		list = append(list, wrong{"a user unit without lingering", "linger=off", nil, "systemd.linger"})
	}
	return list
}

// followed does what a remedy says, as it is printed, and waits for the finding to go away.
func followed(t *testing.T, host string, f findingJSON) {
	t.Helper()
	edits, script := readRemedy(f.Remedy)
	for _, e := range edits {
		e.carryOut(t, host)
	}
	if script != "" {
		if strings.Contains(script, "--user") || strings.Contains(script, "~/") {
			lab(t, "ssh", host, script)
		} else {
			lab(t, "root", host, "systemd-run", "--quiet", "--wait", "--pipe", "sh", "-ec", script) // within what logind knows
		}
	}
	deadline := time.Now().Add(time.Minute)
	for {
		d := diagnosed(t, host)
		if d.result(f.ID) == "ok" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s is still %s after\n%s\n%+v", f.ID, d.result(f.ID), f.Remedy, d.foundBy()[f.ID])
			return
		}
		time.Sleep(time.Second)
	}
}

// edit is lines in place of one of a file, or at its end.
type edit struct {
	file  string
	line  int // 0 for the end
	lines []string
}

var (
	remedyLine = regexp.MustCompile(`^# (/[^\s:,]+)(?:, line |:)(\d+)`)
	remedyMore = regexp.MustCompile(`^# (/[^\s:,]+), one line more`)
	remedyRuns = regexp.MustCompile(`^(sudo|systemctl|loginctl|pumactl|mkdir|tee|nginx) `)
)

// readRemedy takes apart what is to be written and what is to be run, as a person does who reads it.
func readRemedy(remedy string) (edits []edit, script string) {
	var commands []string
	for line := range strings.Lines(remedy) {
		line = strings.TrimSuffix(line, "\n")
		at, more := remedyLine.FindStringSubmatch(line), remedyMore.FindStringSubmatch(line)
		switch {
		case at != nil && len(commands) == 0:
			n, _ := strconv.Atoi(at[2])
			edits = append(edits, edit{file: at[1], line: n})
		case more != nil && len(commands) == 0:
			edits = append(edits, edit{file: more[1]})
		case len(commands) > 0 || len(edits) == 0 || remedyRuns.MatchString(line):
			commands = append(commands, line)
		case strings.HasPrefix(line, "#   "), strings.HasPrefix(line, "# then "):
		default:
			last := &edits[len(edits)-1]
			last.lines = append(last.lines, line)
		}
	}
	return edits, strings.Join(commands, "\n")
}

func (e edit) carryOut(t *testing.T, host string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(lab(t, "root", host, "cat", e.file), "\n"), "\n")
	switch {
	case e.line > len(lines):
		t.Fatalf("%s has %d lines, not %d", e.file, len(lines), e.line)
	case e.line > 0:
		lines = slices.Replace(lines, e.line-1, e.line, e.lines...)
	default:
		lines = append(lines, e.lines...)
	}
	text := base64.StdEncoding.EncodeToString([]byte(strings.Join(lines, "\n") + "\n"))
	lab(t, "root", host, "sh", "-ec", fmt.Sprintf("echo %s | base64 -d >%s", text, e.file))
}
