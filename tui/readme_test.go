package tui

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/query"
)

// The README's table of keys has the keys of the program, no more and no fewer, and its states are the program's.
func TestREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "### Keys\n")
	table, _, ok := strings.Cut(rest, "\n\n`--read-only`")
	if !ok {
		t.Fatal("the README has no table of keys")
	}
	told, real := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		keys, _, _ := strings.Cut(line[2:], " | ")
		for _, key := range strings.Fields(strings.ReplaceAll(keys, "`", " ")) {
			told[key] = true
		}
	}
	for _, b := range allKeys() {
		for _, key := range strings.Fields(b.keyNames()) {
			real[key] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(real)); !slices.Equal(got, want) {
		t.Errorf("the README has the keys %q,\nthe program %q", got, want)
	}
	sentence := regexp.MustCompile("A `state` is ([^;]*);").FindStringSubmatch(strings.ReplaceAll(string(text), "\n", " "))
	if sentence == nil {
		t.Fatal("the README names no states")
	}
	var states []string
	for _, s := range query.States() {
		states = append(states, "`"+string(s)+"`")
	}
	if got := regexp.MustCompile("`[a-z-]+`").FindAllString(sentence[1], -1); !slices.Equal(got, states) {
		t.Errorf("the README has the states %q, the program %q", got, states)
	}
}
