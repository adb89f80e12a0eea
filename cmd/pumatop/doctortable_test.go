package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pumatop/collector/doctor"
)

// checksTable is the README's table of checks, made from them.
func checksTable() string {
	var b strings.Builder
	b.WriteString("| check | | is it so that | if not |\n| --- | --- | --- | --- |\n")
	for _, c := range doctor.Checks() {
		fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s | %s |\n", c.ID, c.Link, c.Severity, strings.ReplaceAll(c.Asks, "|", "\\|"), strings.ReplaceAll(c.Consequence, "|", "\\|"))
	}
	return b.String()
}

// TestREADMEChecks holds the table to the checks. With PUMATOP_README=update it is written anew.
func TestREADMEChecks(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- checks -->\n", "<!-- end of checks -->"
	text := readme(t)
	before, rest, found := strings.Cut(text, begin)
	table, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the README has no place for the checks")
	}
	if table == checksTable() {
		return
	}
	if os.Getenv("PUMATOP_README") != "update" {
		t.Fatal("the README's table of checks is an old one; write it with PUMATOP_README=update go test ./cmd/pumatop -run TestREADMEChecks")
	}
	if err := os.WriteFile("../../README.md", []byte(before+begin+checksTable()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestChecksAreComplete: each check says what it asks, what comes of it and where that is told.
func TestChecksAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range doctor.Checks() {
		if seen[c.ID] || c.Asks == "" || c.Consequence == "" || !strings.HasPrefix(c.Link, "https://") || !strings.Contains(c.ID, ".") || c.Severity == "" {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
	for _, id := range []string{
		"puma.preload", "puma.single-mode", "puma.directory", "puma.control-app", "puma.socket-mode", "systemd.inactive",
		"systemd.exec-reload", "systemd.watchdog", "systemd.linger", "nginx.fail-timeout",
		"capistrano.reload", "capistrano.load-hooks", "capistrano.reload-or-restart", "capistrano.systemctl-user",
		"capistrano.lingering", "capistrano.keep-releases", "capistrano.linked-dirs",
	} {
		if !seen[id] {
			t.Errorf("there is no check %s", id)
		}
	}
}
