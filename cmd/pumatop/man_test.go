package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pumatop/tui"
)

// The first page has every variable that the code reads, every key, and every command a page of its own.
func TestManual(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	root := newRoot(streams{strings.NewReader(""), &out, &out}, nil)
	root.SetArgs([]string{"man", dir})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "pumatop.1"))
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), `\`, "")
	for _, name := range variablesInCode(t) {
		if !strings.Contains(page, name) {
			t.Errorf("the manual does not have %s", name)
		}
	}
	for _, k := range tui.KeyTable() {
		if !strings.Contains(page, k.Help) {
			t.Errorf("the manual does not say what %s does: %s", k.Keys, k.Help)
		}
	}
	for _, section := range []string{".SH KEYS", ".SS On every screen", ".SS On the screen of fleet", ".SS On the screen of events", ".SH ENVIRONMENT", ".SH FILES", ".SH EXIT STATUS"} {
		if !strings.Contains(page, section+"\n") {
			t.Errorf("the manual has no %s", section)
		}
	}
	for _, cmd := range root.Commands() {
		if _, err := os.Stat(filepath.Join(dir, "pumatop-"+cmd.Name()+".1")); err != nil && cmd.IsAvailableCommand() {
			t.Error(err)
		}
	}
}

// variablesInCode are the variables whose names stand in the files of the program that is shipped.
func variablesInCode(t *testing.T) (names []string) {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.go", "../../collector/config/*.go", "../../collector/remote/*.go"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(text), "//go:build observed\n") { // for benchmarks
			continue
		}
		for _, m := range regexp.MustCompile(`"(PUMATOP_[A-Z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) < 15 {
		t.Fatalf("only %d variables are found: %q", len(names), names)
	}
	return names
}
