package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pumatop/collector/clean"
	"pumatop/tui"
)

// memoryIn is the memory of an environment below a directory.
func memoryIn(t *testing.T, dir, environment string, targets ...wanted) *memory {
	t.Helper()
	m, err := memoryFor(func(name string) string { return map[string]string{"XDG_STATE_HOME": dir}[name] }, environment, targets)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRemember: what was left comes back, for the same environment or the same targets in any order, and for no others.
func TestRemember(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	web1, web2 := wanted{name: "web1"}, wanted{name: "web2"}
	left := tui.State{"screen": "target", "sort": "-busy", "filter": "web !canary"}
	for _, m := range []*memory{memoryIn(t, dir, "production"), memoryIn(t, dir, "", web1, web2)} {
		if s, err := m.recall(); s != nil || err != nil {
			t.Errorf("before anything: %v, %v", s, err)
		}
		if err := m.keep(left); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name string
		m    *memory
		back bool
	}{
		{"the same environment", memoryIn(t, dir, "production"), true},
		{"the same with other targets", memoryIn(t, dir, "production", web1), true},
		{"another environment", memoryIn(t, dir, "staging"), false},
		{"one that is a path", memoryIn(t, dir, "../production"), false},
		{"the same targets", memoryIn(t, dir, "", web2, web1), true},
		{"one more", memoryIn(t, dir, "", web2, web1, wanted{name: "web3"}), false},
		{"an app of theirs", memoryIn(t, dir, "", web2, wanted{name: "web1", apps: []string{"shop"}}), false},
	} {
		s, err := tc.m.recall()
		if back := maps.Equal(s, left); err != nil || back != tc.back {
			t.Errorf("%s: %v, %v", tc.name, s, err)
		}
		if filepath.Dir(tc.m.path) != filepath.Join(dir, "pumatop", "screens") {
			t.Errorf("%s: it is in %s", tc.name, tc.m.path)
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "pumatop", "screens"))
	if err != nil || len(files) != 2 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
	info, err := os.Stat(memoryIn(t, dir, "production").path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file may be read by others: %v, %v", info.Mode(), err)
	}
}

// TestRememberedIsForeign: a file that is broken, too large, of another format or may have been written by others is passed
// over, with a word on it; the next end of the program puts a good one in its place.
func TestRememberedIsForeign(t *testing.T) {
	t.Parallel()
	const good = `{"pumatop": 1, "screen": {"sort": "busy"}}`
	for _, tc := range []struct {
		name, text, want string
		mode             os.FileMode
	}{
		{"half a file", `{"pumatop": 1, "scr`, "it is not what pumatop writes", 0o600},
		{"two", good + good, "it is not what pumatop writes", 0o600},
		{"another shape", `{"pumatop": 1, "screen": ["sort"]}`, "it is not what pumatop writes", 0o600},
		{"the format of tomorrow", `{"pumatop": 2, "screen": {}}`, "another version of pumatop has written it", 0o600},
		{"of anybody", good, "others may have written it", 0o666},
		{"large", strings.Repeat(" ", largestState) + good, "it is too large", 0o600},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := memoryIn(t, t.TempDir(), "production")
			write := func() {
				if err := os.MkdirAll(filepath.Dir(m.path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(m.path, []byte(tc.text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(m.path, tc.mode); err != nil {
					t.Fatal(err)
				}
			}
			write()
			s, notice := new(flags).recalled(m)
			if s != nil || notice != "how the screen was left is not known: "+tc.want {
				t.Errorf("%v, %q", s, notice)
			}
			if err := m.keep(tui.State{"sort": "busy"}); err != nil {
				t.Fatal(err)
			}
			if s, err := m.recall(); err != nil || s["sort"] != "busy" {
				t.Errorf("after the next end: %v, %v", s, err)
			}
		})
	}
	m := memoryIn(t, t.TempDir(), "production")
	if err := os.MkdirAll(m.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, notice := new(flags).recalled(m); !strings.Contains(notice, "others may have written it") {
		t.Errorf("a directory in its place: %q", notice)
	}
	var said strings.Builder
	if m.leave(tui.State{}, &said); !strings.Contains(said.String(), "write how the screen was left") {
		t.Errorf("said %q", said.String())
	}
}

// TestFlagsBeforeMemory: what somebody asks for now is not what was left.
func TestFlagsBeforeMemory(t *testing.T) {
	t.Parallel()
	m := memoryIn(t, t.TempDir(), "production")
	if err := m.keep(tui.State{"sort": "busy", "filter": "web", "theme": "light", "interval": "5s", "columns": "state", "screen": "target"}); err != nil {
		t.Fatal(err)
	}
	f := flags{given: map[string]origin{"sort": byFlag, "theme": "PUMATOP_THEME", "filter": "~/.config/pumatop/config.yml:3"}}
	s, notice := f.recalled(m)
	want := tui.State{"filter": "web", "interval": "5s", "columns": "state", "screen": "target"}
	if !maps.Equal(s, want) || notice != "" {
		t.Errorf("%v, %q", s, notice)
	}
	var none *memory
	if s, notice := f.recalled(none); s != nil || notice != "" {
		t.Errorf("without a memory: %v, %q", s, notice)
	}
	none.leave(tui.State{}, nil)
}

// FuzzRemembered: no bytes come to a state that a terminal would act on.
func FuzzRemembered(f *testing.F) {
	f.Add([]byte(`{"pumatop": 1, "screen": {"sort": "busy", "filter": "\u001b[2J"}}`))
	f.Add([]byte(`{"pumatop": 1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseState(text)
		if (s == nil) != (err != nil) {
			t.Errorf("%v with %v", s, err)
		}
		for name, value := range s {
			if clean.Line(value) != value || len(value) > longestPart {
				t.Errorf("%s is %q", name, value)
			}
		}
	})
}
