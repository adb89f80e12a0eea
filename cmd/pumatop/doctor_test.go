package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/doctor"
	"pumatop/collector/pumatest"
)

// diagnose examines targets of a simulated fleet.
func diagnose(t *testing.T, fleet *pumatest.Fleet, o doctorOptions, targets ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	o.color, o.timeout = "none", statusTimeout
	if o.severity == "" {
		o.severity = string(doctor.Advice)
	}
	if o.format == "" {
		o.format = string(textFormat)
	}
	checks, err := o.check()
	if err != nil {
		t.Fatal(err)
	}
	err = runDoctor(t.Context(), streams{strings.NewReader(""), &stdout, &stderr}, sessionOn(t, fleet, targets...), o, examiner{checks: checks})
	return stdout.String(), codeFrom(t, err)
}

// TestDoctorOfTheDemo: each weak spot of the simulated hosts is found, and nothing else.
func TestDoctorOfTheDemo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		target string
		want   string // findings above security
		exit   int
	}{
		{"web1.shop", "", 0},
		{"web3.shop", "systemd.inactive", 3},
		{"api1.shop", "puma.preload", 3},
		{"pay1.shop", "", 0}, // whether it preloads is unknown
		{"tools1.shop/admin", "puma.single-mode", 3},
		{"tools1.shop/reports", "", 0},
		{"media1.shop", "", 0},
		{"search1.shop", "", 0},
		{"cms1.shop/cms", "puma.directory", 3},
		{"cms1.shop/blog", "", 0},
		{"edge1.shop/status", "systemd.inactive", 3},
	} {
		t.Run(tc.target, func(t *testing.T) {
			t.Parallel()
			simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
				out, code := diagnose(t, fleet, doctorOptions{format: string(jsonFormat), severity: string(doctor.Risks)}, tc.target)
				var d doctorDocument
				if err := json.Unmarshal([]byte(out), &d); err != nil {
					t.Fatalf("%v in %s", err, out)
				}
				if got := completeIDs(t, d); got != tc.want || code != tc.exit || d.Exit != code {
					t.Errorf("found %q, exit %d (%d in the document); want %q, %d", got, code, d.Exit, tc.want, tc.exit)
				}
				if len(d.Checks) != len(doctor.Checks())-len(deployChecks()) {
					t.Errorf("%d checks", len(d.Checks))
				}
				if tc.target == "pay1.shop" && !slices.ContainsFunc(d.Checks, func(c checkedJSON) bool {
					return c.ID == "puma.preload" && c.Result == "unknown" && c.Reason != nil
				}) {
					t.Error("whether pay1 preloads is not said to be unknown")
				}
			})
		})
	}
}

// completeIDs are the ids of findings, each of which has all that it is to have.
func completeIDs(t *testing.T, d doctorDocument) string {
	t.Helper()
	var ids []string
	for _, f := range d.Findings {
		ids = append(ids, f.ID)
		if f.Remedy == "" || f.Consequence == "" || len(f.Evidence) == 0 || len(f.Targets) != 1 {
			t.Errorf("%+v", f)
		}
	}
	return strings.Join(ids, " ")
}

func deployChecks() []doctor.Check {
	_, deploy := split(doctor.Checks())
	return deploy
}

// TestDoctorOfHostsThatCannotBeRead: those that cannot be reached are told of, and those that forbid commands are unknown.
func TestDoctorOfHostsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := shops(3, "a", "b", "c")
		fleet.Host("b").DropNetwork()
		out, code := diagnose(t, fleet, doctorOptions{}, "a", "b")
		if code != 5 || !strings.Contains(out, "✖ b: ") || !strings.Contains(out, "$ puma.socket-mode  weakens security\n") {
			t.Errorf("exit %d:\n%s", code, out)
		}
		fleet.Host("c").RefuseCommands(true)
		if out, code := diagnose(t, fleet, doctorOptions{format: markdownFormat}, "c"); code != 0 || !strings.Contains(out, "### Unknown") {
			t.Errorf("exit %d:\n%s", code, out)
		}
	})
}

// readCounter counts how often each host is read.
type readCounter struct{ readings map[collector.TargetID]int }

func (c readCounter) RunOn(_ context.Context, id collector.TargetID, _ string) ([]byte, error) {
	c.readings[id]++
	return nil, errors.New("exit status 1")
}

// TestDoctorReadsAHostOnce: however many Pumas it has; and of one that was not read, nothing more is said than that.
func TestDoctorReadsAHostOnce(t *testing.T) {
	t.Parallel()
	hosts := readCounter{map[collector.TargetID]int{}}
	fleet := []*collector.Snapshot{{ID: "a/one", Host: "a", App: "one"}, {ID: "a/two", Host: "a", App: "two"}}
	r := examiner{hosts: hosts, checks: doctor.Checks()}.examine(t.Context(), fleet, []collector.TargetID{"a/one", "a/two"})
	if len(hosts.readings) != 1 || hosts.readings["a/one"] != 1 {
		t.Errorf("read %v", hosts.readings)
	}
	if !slices.ContainsFunc(r.Checks, func(c doctor.Checked) bool {
		return c.Result == doctor.Unknown && strings.Contains(c.Reason, "the host was not read: exit status 1")
	}) {
		t.Errorf("%+v", r.Checks)
	}
}

// TestDoctorText: what people read fits 80 columns but for the remedies, which are pasted.
func TestDoctorText(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		out, code := diagnose(t, fleet, doctorOptions{only: []string{"puma"}}, "api1.shop", "cms1.shop", "tools1.shop")
		if code != 3 {
			t.Errorf("exit %d", code)
		}
		remedy := false
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			remedy = strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "    seen") && !strings.HasPrefix(line, "          ")
			if len([]rune(line)) > 80 && !remedy && !strings.Contains(line, "https://") {
				t.Errorf("%d columns: %s", len([]rune(line)), line)
			}
		}
		for _, want := range []string{
			"✖ puma.preload  blocks a phased restart\n",
			"  api1.shop/api: preload_app! is on\n    seen  ",
			"    preload_app! false\n",
			"5 targets examined: 3 block a phased restart, ",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if strings.Index(out, "puma.directory") > strings.Index(out, "puma.socket-mode") {
			t.Error("the worst is not first")
		}
	})
}

// TestDoctorMarkdown: foreign text is code, whatever it has.
func TestDoctorMarkdown(t *testing.T) {
	t.Parallel()
	e := examination{at: time.Date(2026, 11, 28, 19, 0, 0, 0, time.UTC), targets: []string{"web1/shop"}, Report: doctor.Report{
		Findings: []doctor.Finding{{ID: "nginx.fail-timeout", Severity: doctor.Risks, Targets: []string{"web1/shop"}, Says: "it is `default` *here*",
			Consequence: "502 for ten seconds.", Evidence: []doctor.Evidence{{File: "/etc/nginx/a`b", Line: 3, Text: "server `x`;"}, {Command: "nginx -T", Text: ""}},
			Remedy: "```\nserver unix:/x fail_timeout=0;\n", Link: "https://nginx.org/"}},
		Checks: []doctor.Checked{{ID: "nginx.fail-timeout", Target: "web1/shop", Result: doctor.Found}, {ID: "puma.preload", Target: "web1/shop", Result: doctor.Unknown, Reason: "it depends on ENV[\"X\"]"}},
	}}
	const want = "## pumatop doctor, 2026-11-28 19:00 UTC\n\n1 target examined: 1 risks requests, 1 unknown.\n\n" +
		"### `nginx.fail-timeout`: risks requests\n\nOn `web1/shop`: it is \\`default\\` \\*here\\*.\n\n502 for ten seconds.\n\n" +
		"Seen:\n\n- `` /etc/nginx/a`b:3 ``: `` server `x`; ``\n- `nginx -T`: (nothing)\n\n" +
		"Remedy:\n\n````\n```\nserver unix:/x fail_timeout=0;\n````\n\n[Documentation](https://nginx.org/)\n\n" +
		"### Unknown\n\n- `puma.preload` on `web1/shop`: it depends on ENV\\[\"X\"]\n"
	if got := doctorMarkdown(e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDoctorOfAnOpenDirectory: what everybody may have written is not examined, and who names it is told so.
func TestDoctorOfAnOpenDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Capfile"), []byte("require 'capistrano/setup'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	doctorOf := func() error {
		root := newRoot(streams{strings.NewReader(""), io.Discard, io.Discard}, nil)
		root.SetArgs([]string{"doctor", "--project", dir, "--only", "capistrano"})
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		return root.Execute()
	}
	if err := doctorOf(); err != nil {
		t.Errorf("%v of a directory that is its owner's", err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	var usage *usageError
	if err := doctorOf(); !errors.As(err, &usage) || !strings.Contains(usage.text, "everybody may write in "+dir) || !strings.Contains(usage.hint, "chmod o-w "+dir) {
		t.Errorf("%v", err)
	}
	if p, err := localProject(dir, ""); p != nil || err == nil {
		t.Errorf("%v, %v", p, err)
	}
}
