package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/query"
)

// TestEveryKeyIsTold draws the whole help and looks for every key of the table: a key that works is told, and none is
// told that does not.
func TestEveryKeyIsTold(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 140, 120, production(), func(o *Options) { o.Suspend = tea.Suspend })
	s.press("?")
	help := s.frame()
	for range 3 {
		s.press("pgdown")
		help += s.frame()
	}
	for i := range s.keys {
		if b := &s.keys[i]; !strings.Contains(help, "  "+b.keyNames()) || !strings.Contains(help, b.help) {
			t.Errorf("%v is not told:\n%s", b.keys, help)
		}
	}
}

// TestKeysAreUnambiguous lets no key stand twice on one screen.
func TestKeysAreUnambiguous(t *testing.T) {
	t.Parallel()
	for on := fleetScreen; on < afterScreens; on <<= 1 {
		seen := map[string]bool{}
		for _, b := range allKeys() {
			for _, k := range b.keys {
				if b.on&on != 0 && seen[k] {
					t.Errorf("screen %d has %s twice", on, k)
				}
				seen[k] = seen[k] || b.on&on != 0
			}
		}
	}
}

// TestDangerIsMarked keeps what may change a server out of read-only mode and off the keys that fingers find by
// themselves.
func TestDangerIsMarked(t *testing.T) {
	t.Parallel()
	for _, b := range keysFor(Options{ReadOnly: true, Operator: &recorder{}, Controls: &recorder{}}) {
		if b.changes || b.group == acting {
			t.Errorf("read-only has %v", b.keys)
		}
	}
	for _, b := range allKeys() {
		for _, k := range b.keys {
			if b.changes && (strings.HasPrefix(k, "ctrl+") || k == "enter" || k == "space") {
				t.Errorf("%s changes servers", k)
			}
		}
	}
}

// TestFooterShowsWhatWorks offers only keys that do something for the line at hand.
func TestFooterShowsWhatWorks(t *testing.T) {
	t.Parallel()
	footer := func(s *screen) string {
		lines := strings.Split(s.frame(), "\n")
		return lines[len(lines)-1]
	}
	s := newScreen(t, 120, 40, production())
	if f := footer(s); !strings.Contains(f, "r reload") || strings.Contains(f, "esc") || strings.Contains(f, "unmark") || strings.Contains(f, "tab") {
		t.Errorf("on a target: %s", f)
	}
	s.press("space", "space")
	if f := footer(s); !strings.Contains(f, "r reload 2 targets") || !strings.Contains(f, "u unmark") {
		t.Errorf("with marks: %s", f)
	}
	s = newScreen(t, 120, 40, troubled())
	s.press("/", "w", "e", "b", "7", "enter")
	if f := footer(s); strings.Contains(f, "reload") || strings.Contains(f, "mark") || !strings.Contains(f, "enter open") || !strings.Contains(f, "esc back") {
		t.Errorf("on a host without targets: %s", f)
	}
	for _, w := range []int{80, 60, 40} {
		s.send(tea.WindowSizeMsg{Width: w, Height: 24})
		if f := footer(s); !strings.Contains(f, "? help") || !strings.Contains(f, "q quit") {
			t.Errorf("%d cells: help and quit are gone: %s", w, f)
		}
	}
}

// TestEveryStateHasASign keeps states apart without colours: by a glyph and a word, in both character sets.
func TestEveryStateHasASign(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]glyphs{"unicode": unicodeGlyphs(), "ascii": asciiGlyphs()} {
		words := map[string]bool{}
		for _, s := range query.States() {
			if textWidth(g.states[s]) != 1 {
				t.Errorf("%s: the sign of %s is %q", name, s, g.states[s])
			}
			if words[s.String()] || s.String() == "" || stateHelp(s) == "" {
				t.Errorf("%s has no word of its own", s)
			}
			words[s.String()] = true
		}
		if len(words) != collector.Serving.Severity()+1 {
			t.Errorf("%d states have signs, the collector has %d", len(words), collector.Serving.Severity()+1)
		}
	}
}

// TestHelpFits: in the least terminal that has everything, the help says each key in full, apart from what it does.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	const room = fullWidth - 6 - 2 - helpKeyWidth
	if len(KeyTable()) != len(allKeys()) {
		t.Errorf("%d keys of %d are in the table", len(KeyTable()), len(allKeys()))
	}
	for _, k := range KeyTable() {
		if textWidth(k.Keys)+2 > helpKeyWidth {
			t.Errorf("%s takes %d cells of %d", k.Keys, textWidth(k.Keys)+2, helpKeyWidth)
		}
		if n := textWidth(k.Help); n > room {
			t.Errorf("%s: %q takes %d cells of %d", k.Keys, k.Help, n, room)
		}
	}
}
