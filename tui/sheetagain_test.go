package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
)

// TestSheetLooksAgain: what current points to is read again while the sheet is open, so that a deploy of a moment ago is
// on it; only the targets of the sheet are looked at, and only once is it planned anew.
func TestSheetLooksAgain(t *testing.T) {
	t.Parallel()
	s := on(t, "web1/puma")
	if batch, ok := s.press("r")().(tea.BatchMsg); ok {
		batch[len(batch)-1]() // the first is a clock, which the test gives by hand
	}
	if len(s.rec.probed) != 1 || s.rec.probed[0] != "web1/puma" {
		t.Fatalf("looked at %v", s.rec.probed)
	}
	s.arm()
	deployed := func(release string, probed time.Duration) collector.Fleet {
		f := production()
		f.At = f.At.Add(time.Second)
		for i := range f.Targets {
			if f.Targets[i].ID == "web1/puma" {
				f.Targets[i].OwnFacts().Current, f.Targets[i].Probed = "/srv/shop/releases/"+release, s.sheet.opened.Add(probed)
			}
		}
		return f
	}
	s.send(fleetMsg{fleet: deployed("20261122000000", -time.Second)})
	if strings.Contains(s.frame(), "20261122000000") {
		t.Error("a look from before the key press changed the sheet")
	}
	s.send(fleetMsg{fleet: deployed("20261122000001", time.Millisecond)})
	if !strings.Contains(s.frame(), "20261122000001") {
		t.Errorf("the new release is not on the sheet:\n%s", s.frame())
	}
	s.send(fleetMsg{fleet: deployed("20261122000002", time.Second)})
	if strings.Contains(s.frame(), "20261122000002") {
		t.Error("the sheet changed twice")
	}
	s.press("y")
	if len(s.rec.plans) != 0 {
		t.Fatal("a y that was on its way when the sheet changed began what nobody has read")
	}
	s.arm()
	run(firstOf(s.press("y")))
	if len(s.rec.plans) != 1 || s.rec.plans[0].Steps[0].Before.Facts().Current != "/srv/shop/releases/20261122000001" {
		t.Errorf("began %+v", s.rec.plans)
	}
}

// TestSheetVoidsWhatWasTyped: a number that was typed for one plan does not count for the next.
func TestSheetVoidsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), protected)
	s.press("a")
	s.press("r")
	s.arm()
	for _, letter := range "produc" {
		s.press(string(letter))
	}
	f := production()
	f.At = f.At.Add(time.Second)
	for i := range f.Targets {
		f.Targets[i].OwnFacts().Current, f.Targets[i].Probed = "/srv/shop/releases/20261122000001", s.sheet.opened.Add(time.Second)
	}
	s.send(fleetMsg{fleet: f})
	if !s.sheet.looked || s.sheet.consent.typed != "" {
		t.Fatalf("looked %v, and %q still stands", s.sheet.looked, s.sheet.consent.typed)
	}
	s.arm()
	for _, letter := range "tion" {
		s.press(string(letter))
	}
	if len(s.rec.plans) != 0 {
		t.Error("half of what was typed counted for another plan")
	}
}
