package tui

import (
	"strings"
	"testing"

	"pumatop/collector"
)

// The help begins with what does something here, names for what, and says why the rest does nothing.
func TestHelpIsForHere(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 140, 200, eventful(), logged)
	chapters := func() map[string]string {
		of := map[string]string{}
		for _, c := range s.keyChapters() {
			of[c.title.text()] = plainText(c.lines)
		}
		return of
	}
	first := func() string { return s.keyChapters()[0].title.text() }
	s.press("j", "j")
	if first() != "Here, on the screen of fleet, for web1/puma" {
		t.Errorf("it begins with %q", first())
	}
	c := chapters()
	if here := c[first()]; !strings.Contains(here, "phased reload") || strings.Contains(here, "unmark all") || strings.Contains(here, "ctrl-d") {
		t.Errorf("on a target:\n%s", here)
	}
	if !strings.Contains(c["Here, but not now"], "unmark all") || !strings.Contains(c["On every screen"], "ctrl-d") || !strings.Contains(c["On the screen of logs"], "first error") {
		t.Errorf("the rest:\n%v", c)
	}
	s.press("e")
	if here := chapters()[first()]; first() != "Here, on the screen of events" || !strings.Contains(here, "l   ") || strings.Contains(here, "reload") {
		t.Errorf("on events, %q:\n%s", first(), here)
	}
	s.press("esc", "space", "space")
	if first() != "Here, on the screen of fleet, for 2 targets" {
		t.Errorf("with marks it begins with %q", first())
	}
	s = newScreen(t, 140, 200, troubled())
	s.press("/", "w", "e", "b", "7", "enter")
	if idle := chapters()["Here, but not now"]; !strings.Contains(idle, "phased reload of the marked ones, or this; asks first  no target is selected") {
		t.Errorf("on a host without targets:\n%s", idle)
	}
}

// A search leaves the lines that have its words, live; esc shows all again before it closes.
func TestHelpSearch(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), logged)
	s.press("?")
	full := strings.Count(s.frame(), "│")
	s.press("/", "S", "o", "r")
	s.says(t, "/Sor_", "choose the order") // which the footer calls sort
	if strings.Contains(s.frame(), "phased reload") {
		t.Errorf("it has what was not looked for:\n%s", s.frame())
	}
	if n := strings.Count(s.frame(), "│"); n != full {
		t.Errorf("the box has %d edges, before %d", n, full)
	}
	s.press("enter", "j", "esc")
	s.says(t, "phased reload")
	s.press("/", "z", "q", "z", "q")
	s.says(t, "nothing here has zqzq")
	s.press("esc")
	s.says(t, "phased reload")
	s.press("G")
	s.says(t, "REASON")
	s.press("g", "esc")
	if s.overlay != noOverlay {
		t.Error("esc does not close the help")
	}
	s.press("?", "/", "q", "esc", "q")
	if s.overlay != noOverlay {
		t.Error("q does not close the help")
	}
}

// The palette leads to every screen, back through where its key is, and from where logs are read that ends.
func TestJourneys(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, eventful(), logged, rawed, audited)
	s.press("j", "j", "enter", "l")
	stopped := 0
	s.logs.stop = func() { stopped++ }
	s.press(":")
	names := strings.Join(s.names(), ", ")
	for _, want := range []string{"go to fleet", "go to target", "go to audit", "go to events", "go to raw stats"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s in %s", want, names)
		}
	}
	s.press("esc")
	openedBy(s.command("go to ev"))
	s.says(t, "› events of web1/puma")
	if stopped != 1 || s.logs.of != nil {
		t.Errorf("the logs were stopped %d times, of %v", stopped, s.logs.of)
	}
	s.command("go to raw")
	s.says(t, "› web1/puma › raw stats")
	s.command("go to fleet")
	if s.Model.screen != fleetScreen || s.open != "" || len(s.trail) != 0 {
		t.Errorf("screen %d of %q", s.Model.screen, s.open)
	}
	s.press("e")
	s.command("go to rollout")
	s.says(t, "there is nothing to show there")
	s = newScreen(t, 120, 40, collector.Fleet{At: noon, Interval: 1}, logged)
	s.press("e")
	if names := strings.Join(s.names(), ", "); strings.Contains(names, "go to target") {
		t.Errorf("without a target: %s", names)
	}
}
