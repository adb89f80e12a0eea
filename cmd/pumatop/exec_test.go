package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/actions/audit"
	"pumatop/collector"
	"pumatop/collector/probe"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		words []string
		want  string
	}{
		{[]string{"git log -1 | cat"}, "git log -1 | cat"},
		{[]string{"bin/rails", "db:version"}, "bin/rails db:version"},
		{[]string{"echo", "it's", "$HOME", ""}, `echo 'it'\''s' '$HOME' ''`},
		{[]string{"ls", "a b"}, "ls 'a b'"},
	}
	for _, test := range tests {
		if got := commandLine(test.words); got != test.want {
			t.Errorf("%q is %s, want %s", test.words, got, test.want)
		}
	}
}

// execute runs a command line on three shops of which the last cannot be reached.
func execute(t *testing.T, o execOptions) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	fleet := shops(3, "a", "b", "c")
	fleet.Host("c").DropNetwork()
	if o.format == "" {
		o.format = textFormat
	}
	o.verb, o.atOnce, o.timeout = "exec", 2, statusTimeout
	err := runExec(t.Context(), streams{strings.NewReader(""), &out, &errs}, sessionOn(t, fleet, "a", "b", "c"), o)
	return sorted(out.String()), sorted(errs.String()), codeFrom(t, err)
}

// sorted are lines in an order of their own: two hosts answer in any.
func sorted(text string) string {
	lines := slices.Collect(strings.Lines(text))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestExec(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out, errs, code := execute(t, execOptions{line: "pwd; complain oops; exit 3", color: "none"})
		if want := "a/shop  /srv/shop/releases/20261121194902\nb/shop  /srv/shop/releases/20261121194902\n"; out != want {
			t.Errorf("stdout:\n%swant:\n%s", out, want)
		}
		for _, want := range []string{"a/shop  oops\n", "b/shop  oops\n", "pumatop: a/shop: exit 3\n", "pumatop: b/shop: exit 3\n", "pumatop: c: "} {
			if !strings.Contains(errs, want) {
				t.Errorf("stderr has no %q:\n%s", want, errs)
			}
		}
		if code != unknownEnd {
			t.Errorf("exit code %d, want that of the host that was not reached", code)
		}
	})
}

func TestExecJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var buf bytes.Buffer
		fleet := shops(1, "a")
		o := execOptions{byHand: byHand{verb: "exec"}, format: jsonFormat, line: "echo one \x1b[31mred; complain two \x07; exit 4", color: "none", atOnce: 1, timeout: statusTimeout}
		err := runExec(t.Context(), streams{strings.NewReader(""), &buf, &buf}, sessionOn(t, fleet, "a"), o)
		if code := codeFrom(t, err); code != 4 {
			t.Errorf("exit code %d, want 4", code)
		}
		var doc struct{ Results []execResult }
		if err := json.Unmarshal(buf.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		r := doc.Results[0]
		if r.Target != "a/shop" || r.Status == nil || *r.Status != 4 || r.Error != nil || len(r.Stdout) != 1 || len(r.Stderr) != 1 || !strings.HasPrefix(r.Stdout[0], "one") || !strings.HasPrefix(r.Stderr[0], "two") {
			t.Fatalf("result %+v", r)
		}
		if text := r.Stdout[0] + r.Stderr[0]; strings.ContainsAny(text, "\x1b\x07") {
			t.Errorf("what a terminal would act on is left in %q", text)
		}
	})
}

// A command that does not end is ended by its limit, and its end was not seen.
func TestExecLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out, errs bytes.Buffer
		o := execOptions{byHand: byHand{verb: "exec"}, format: textFormat, line: "hang", color: "none", atOnce: 1, timeout: statusTimeout, limit: time.Minute}
		err := runExec(t.Context(), streams{strings.NewReader(""), &out, &errs}, sessionOn(t, shops(1, "a"), "a"), o)
		if code := codeFrom(t, err); code != unknownEnd {
			t.Errorf("exit code %d", code)
		}
		if want := "pumatop: a/shop: it was ended after 1m0s\n"; errs.String() != want {
			t.Errorf("stderr %q, want %q", errs.String(), want)
		}
	})
}

// What is run stands in the audit before it is, and how it ended after.
func TestExecIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		log, err := audit.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		so := sessionOn(t, shops(1, "a"), "a")
		so.audit = log
		o := execOptions{byHand: byHand{verb: "exec", policy: policy{environment: "production"}}, format: textFormat, line: "exit 3; pwd /restart?token=s3cr3t0123456789",
			color: "none", atOnce: 1, timeout: statusTimeout}
		var out bytes.Buffer
		_ = runExec(t.Context(), streams{strings.NewReader(""), &out, &out}, so, o)
		trail, err := audit.Read(path, audit.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(trail.Entries) != 1 {
			t.Fatalf("%d entries", len(trail.Entries))
		}
		e := trail.Entries[0]
		if a := e.About(); a.Action != "exec" || !strings.HasPrefix(a.Request, "exit 3; pwd") || strings.Contains(a.Request, "s3cr3t") || a.Target != "a/shop" || a.Environment != "production" {
			t.Errorf("asked: %+v", a)
		}
		if e.Word() != actions.Failed || e.Ended == nil || *e.Ended.Exit != 3 {
			t.Errorf("ended: %s, %+v", e.Word(), e.Ended)
		}
	})
}

type deafAuditor struct{ err error }

func (a deafAuditor) Write(actions.Record) error { return a.err }

// What cannot be recorded is not run.
func TestExecWithoutRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		so := sessionOn(t, shops(1, "a"), "a")
		so.audit = deafAuditor{errors.New("disk full")}
		var out, errs bytes.Buffer
		o := execOptions{byHand: byHand{verb: "exec"}, format: textFormat, line: "echo ran", color: "none", atOnce: 1, timeout: statusTimeout}
		err := runExec(t.Context(), streams{strings.NewReader(""), &out, &errs}, so, o)
		if code := codeFrom(t, err); code != unknownEnd || out.Len() > 0 || !strings.Contains(errs.String(), "not recorded, so it is not run: disk full") {
			t.Errorf("code %d, stdout %q, stderr %q", code, out.String(), errs.String())
		}
	})
}

func TestDirectoryOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		s    collector.Snapshot
		want string
	}{
		{"what the workers run", collector.Snapshot{Workers: []collector.Worker{{Release: "/r/1"}, {Release: "/r/1"}}}.WithFacts(probe.Puma{Current: "/r/2"}), "/r/1"},
		{"of a mix what is current", collector.Snapshot{Workers: []collector.Worker{{Release: "/r/1"}, {Release: "/r/2"}, {Release: "/r/3"}}}.WithFacts(probe.Puma{Current: "/r/2"}), "/r/2"},
		{"of another mix nothing", collector.Snapshot{Workers: []collector.Worker{{Release: "/r/2"}, {Release: "/r/1"}}}.WithFacts(probe.Puma{PID: 1, Current: "/r/9"}), ""},
		{"of what runs and cannot be read, nothing", collector.Snapshot{}.WithFacts(probe.Puma{PID: 1, Current: "/r/2"}), ""},
		{"of what does not run, current", collector.Snapshot{}.WithFacts(probe.Puma{Current: "/r/2"}), "/r/2"},
		{"nothing", collector.Snapshot{}, ""},
	}
	for _, test := range tests {
		if got := directoryOf(test.s); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
