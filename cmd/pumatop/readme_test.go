package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pumatop/actions"
	"pumatop/collector/config"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestREADMENamesTheJSON holds the fields that the README lists to those that the commands print.
func TestREADMENamesTheJSON(t *testing.T) {
	t.Parallel()
	text := strings.Join(strings.Fields(readme(t)), " ")
	var events []string
	for _, event := range []any{planEvent{}, askedEvent{}, progressEvent{}, pauseEvent{}, stoppingEvent{}, doneEvent{}} {
		events = append(events, fields(event))
	}
	for _, want := range []string{fields(statusDocument{}), fields(actionDocument{}), fields(planDocument{}), fields(checkDocument{}), fields(doctorDocument{}), strings.Join(events, " ")} {
		if !strings.Contains(text, "``` "+want+" ```") {
			t.Errorf("not in the README:\n%s", want)
		}
	}
}

func fields(document any) string { return strings.TrimSpace(fieldsOf(reflect.TypeOf(document))) }

// fieldsOf writes the JSON names of a struct: an object's in braces, a list's in brackets.
func fieldsOf(t reflect.Type) string {
	var b strings.Builder
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			b.WriteString(fieldsOf(f.Type))
			continue
		}
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		b.WriteString(" " + name)
		kind, marks := f.Type, "{}"
		for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
			if kind.Kind() == reflect.Slice {
				marks = "[]"
			}
			kind = kind.Elem()
		}
		if kind.Kind() == reflect.Struct && kind.NumField() > 0 && kind.Field(0).Tag.Get("json") != "" {
			b.WriteString(marks[:1] + strings.TrimSpace(fieldsOf(kind)) + marks[1:])
		}
	}
	return b.String()
}

// TestREADMENamesTheVerdicts holds the README's table to the verdicts and their exit codes.
func TestREADMENamesTheVerdicts(t *testing.T) {
	t.Parallel()
	words := []actions.Word{
		actions.Verified, actions.OldCode, actions.RestartedInstead, actions.CrashLoop, actions.Stuck, actions.TimedOut,
		actions.Lost, actions.NotRunning, actions.Refused, actions.Interrupted, actions.Untouched,
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*\\| ([0-9, or]+) \\|$").FindAllStringSubmatch(readme(t), -1)
	if len(rows) != len(words) {
		t.Fatalf("%d verdicts in the README, %d in the program", len(rows), len(words))
	}
	for i, row := range rows {
		want := fmt.Sprint(words[i].Exit())
		if words[i] == actions.Refused { // the reason decides
			want = fmt.Sprintf("%d, %d or %d", actions.ExitUnhealthy, actions.ExitUnreachable, actions.ExitNotPhased)
		}
		if row[1] != string(words[i]) || row[2] != want {
			t.Errorf("the README has %s with exit %s, the program %s with %s", row[1], row[2], string(words[i]), want)
		}
	}
}

// TestREADMECommands: every command line of the README is one that the program takes.
func TestREADMECommands(t *testing.T) {
	t.Parallel()
	var lines [][]string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readme(t), -1) {
		lines = append(lines, regexp.MustCompile(`(?m)^pumatop ([^#\n]*)`).FindAllStringSubmatch(block[1], -1)...)
	}
	if len(lines) < 8 {
		t.Fatalf("%d command lines", len(lines))
	}
	for _, line := range lines {
		root := newRoot(streams{}, nil)
		cmd, args, err := root.Find(strings.Fields(line[1]))
		if err == nil {
			err = cmd.ParseFlags(args)
		}
		if err != nil || cmd == root && len(args) > 0 && !strings.HasPrefix(args[0], "web") && args[0] != "production" {
			t.Errorf("pumatop %s: %v", line[1], err)
		}
	}
}

// TestREADMEConfiguration: the configuration of the README is right, and what it shows can be guessed from it.
func TestREADMEConfiguration(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```yaml\n(environment: .*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d configurations", len(blocks))
	}
	dir := filepath.Join(t.TempDir(), "ours")
	path := filepath.Join(dir, "config.yml")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(path, []byte(blocks[0][1]), 0o600)); err != nil {
		t.Fatal(err)
	}
	l, err := config.Load(config.Options{Named: path, Getenv: func(string) string { return "" }, Lists: configLists()})
	if err != nil {
		t.Fatal(err)
	}
	jobs := l.Config.Environments["production"].Groups["jobs"]
	if len(jobs.Hosts) != 2 || jobs.Hosts[1].Become != "shop" || jobs.Via != "systemd" || !l.Config.Environments["staging"].AllowStop {
		t.Errorf("it comes to %+v", l.Config)
	}
}
