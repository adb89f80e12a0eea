package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/actions"
)

// The configuration may change under an open sheet: what is safer counts at once, and what was typed is void.
func TestConfiguredWhileSheetIsOpen(t *testing.T) {
	t.Parallel()
	protected := actions.Policy{Environment: "shop", Protected: true}
	for _, c := range []struct {
		name  string
		now   Configured
		open  bool
		wants string // on the screen
		want  string // typed for consent
	}{
		{"the same", Configured{Environment: "shop"}, true, "", "y"},
		{"protected", Configured{Environment: "shop", Policy: protected}, true, "protected", "shop"},
		{"read-only", Configured{Environment: "shop", ReadOnly: true}, false, "READ-ONLY", ""},
		{"broken", Configured{Broken: "f:3: no", Said: "broken: f:3"}, true, "", "y"},
	} {
		s := on(t, "web1/puma")
		s.press("r")
		s.send(c.now)
		if open := s.overlay == sheetOverlay; open != c.open || open && s.sheet.consent.want != c.want || !strings.Contains(s.frame(), c.wants) {
			t.Errorf("%s: open %v, wants %q:\n%s", c.name, open, s.sheet.consent.want, s.frame())
		}
		if s.press("esc"); strings.Contains(s.frame(), "CONFIG BROKEN") != (c.now.Broken != "") {
			t.Errorf("%s: the header says\n%s", c.name, s.frame())
		}
		before := len(s.keys)
		if s.send(Configured{ReadOnly: true}); len(s.keys) > before || s.find("r") != nil {
			t.Errorf("%s: r is there though it is read-only", c.name)
		}
		if s.send(Configured{}); s.find("r") == nil || strings.Contains(s.frame(), "BROKEN") {
			t.Errorf("%s: it is not mended", c.name)
		}
	}
}

// A plan for hosts of the configuration says what it has from there.
func TestSheetSaysWhatIsConfigured(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	m := actions.Manner{Via: actions.ViaControl}
	m.From.Via = ".pumatop.yml:12"
	s.send(Configured{Manners: actions.Manners{"web1": m}})
	s.press("r")
	if !strings.Contains(s.frame(), "as configured: way control (.pumatop.yml:12)") {
		t.Error(s.frame())
	}
}

// An environment has its own colour, and the reading of the configuration a command where there is one.
func TestConfiguredLooks(t *testing.T) {
	t.Parallel()
	read := 0
	s := newScreen(t, 120, 40, production(), func(o *Options) {
		o.Color = "cyan"
		o.Reload = func() tea.Msg { read++; return nil }
	})
	if got := s.badge("production"); got != tCyan {
		t.Errorf("cyan is %d", got)
	}
	s.send(Configured{})
	if got := s.badge("production"); got != tProduction {
		t.Errorf("production is %d", got)
	}
	s.press(":")
	for _, r := range "reload-config" {
		s.press(string(r))
	}
	s.arm()
	run(s.press("enter"))
	if read != 1 {
		t.Errorf("it was read %d times", read)
	}
}
