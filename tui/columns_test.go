package tui

import (
	"slices"
	"strings"
	"testing"

	"pumatop/collector"
	"pumatop/collector/query"
)

// TestEveryColumnIsDrawn: what status and the filter know the screen can show.
func TestEveryColumnIsDrawn(t *testing.T) {
	t.Parallel()
	for _, c := range query.Columns() {
		id := columnNamed(c.ID)
		if id == noColumn {
			t.Errorf("%s is not in the table", c.ID)
			continue
		}
		def := &fleetColumns[id]
		if len(def.Title()) > def.least && def.short == "" && def.least > 0 && id != colBacklog {
			t.Errorf("%s has %d cells for %q", c.ID, def.least, def.Title())
		}
		if def.least > max(def.want, def.most) && id != colTarget && id != colRelease {
			t.Errorf("%s: %d, %d, %d", c.ID, def.least, def.want, def.most)
		}
	}
}

// TestChoiceIsDrawn shows each column beside the name, with its heading over what package query writes.
func TestChoiceIsDrawn(t *testing.T) {
	t.Parallel()
	f := inGroups(production())
	for i := range f.Targets {
		f.Targets[i].OwnFacts().RunningRevision = "0123456789abcdef0123"
		f.Targets[i].OwnFacts().Container.Name = "shop-web-1"
		f.Targets[i].Stats.Ruby, f.Targets[i].Stats.BootedWorkers = "ruby 3.3.6", f.Targets[i].Stats.Handles
	}
	s := newScreen(t, 100, 24, f)
	target := find(&s.fleet.shown, "web1/puma")
	for id := colGroup; id < columnCount; id++ {
		def := &fleetColumns[id]
		s.chosen = []columnID{colTarget, id}
		s.reproject()
		s.dirty = true
		if !s.projected.present[id] {
			continue
		}
		lines := strings.Split(s.frame(), "\n")
		if !strings.Contains(lines[3], def.Title()) {
			t.Errorf("%s has no heading: %s", def.ID, lines[3])
		}
		if want := def.Cell(query.Row{Target: target, At: noon}); !strings.Contains(s.lineOf("web1/puma")+" ", " "+want+" ") {
			t.Errorf("%s: %q is not in %q", def.ID, want, s.lineOf("web1/puma"))
		}
	}
}

// TestChoiceKeepsItsOrder at every width: what there is no room for is left out from the end.
func TestChoiceKeepsItsOrder(t *testing.T) {
	t.Parallel()
	choice := chosenColumns(query.Columns())
	if len(choice) != int(columnCount) {
		t.Fatalf("%d columns are chosen", len(choice))
	}
	for _, f := range []collector.Fleet{inGroups(production()), troubled(), hostile()} {
		pr := lens{order: ordering{by: query.State}, chosen: choice}.project(&f)
		var want []columnID
		for _, id := range choice {
			if pr.present[id] {
				want = append(want, id)
			}
		}
		for width := 40; width <= 600; width++ {
			var got []columnID
			end := 0
			for _, c := range place(lead, width-lead-margin, &pr, choice) {
				got, end = append(got, c.id), c.x+c.w
			}
			if len(got) == 0 || !slices.Equal(got, want[:len(got)]) || end > width-margin {
				t.Fatalf("%d cells: %v up to %d, want the first of %v", width, got, end, want)
			}
		}
	}
}

func TestColumnPicker(t *testing.T) {
	t.Parallel()
	ids := func(s *screen) string {
		var list []string
		for _, c := range s.columnsInSight() {
			list = append(list, string(fleetColumns[c.id].ID))
		}
		return strings.Join(list, " ")
	}
	const automatic = "target phase workers threads backlog req/s memory release up"
	for _, c := range []struct {
		keys []string
		want string
	}{
		{nil, automatic},
		{[]string{"esc"}, automatic},
		{[]string{"j", "space"}, "target workers threads backlog req/s memory release up"},
		{[]string{"j", "space", "space"}, automatic},
		{[]string{"space", "x"}, automatic}, // the name stays
		{[]string{"j", "j", "left"}, "target workers phase threads backlog req/s memory release up"},
		{[]string{"j", "left"}, automatic}, // and stays the first
		{[]string{"j", "J", "J", "J"}, "target workers threads backlog phase req/s memory release up"},
		{[]string{"j", "space", "j", "space", "j", "space", "a"}, automatic},
		{[]string{"down", "space", "down", "space", "down", "space", "esc", "C", "up", "G", "k", "k"}, "target backlog req/s memory release up"},
	} {
		s := newScreen(t, 120, 40, production())
		s.press(append([]string{"C"}, c.keys...)...)
		if got := ids(s); got != c.want {
			t.Errorf("%v: %s, want %s", c.keys, got, c.want)
		}
		s.send(fleetMsg{fleet: production()})
		if got := ids(s); got != c.want {
			t.Errorf("%v: %s after another fleet", c.keys, got)
		}
	}
}

// TestColumnPickerTells what each column is, and why one that is wanted is not in sight.
func TestColumnPickerTells(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 60, production())
	s.press("C")
	for id := range columnCount {
		if !strings.Contains(s.frame(), fleetColumns[id].help()) {
			t.Errorf("%s is not explained", fleetColumns[id].ID)
		}
	}
	s.says(t, "as the width allows", "[x] BACKLOG", "[ ] PUMA", "nothing to show")
	for range columnCount {
		s.press("j")
		if !s.picks.wanted[s.picks.list[s.picks.at]] {
			s.press("space")
		}
	}
	s.says(t, "your choice", "no room")
	if strings.Contains(strings.ReplaceAll(s.frame(), "[ ] zoom", ""), "[ ]") {
		t.Error("not all are chosen")
	}
}

// TestSortByLetter: a name's first letter leads to it, again to the next one; the longest queue is three keys away.
func TestSortByLetter(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]query.ID{"b": query.Backlog, "b b": "booted", "b b b": "busy", "b b b b": query.Backlog, "r": query.Requests, "r r": query.Release, "§": query.State, "u": query.Up} {
		s := newScreen(t, 120, 40, production())
		s.press(append(append([]string{"s"}, strings.Fields(keys)...), "enter")...)
		if s.order.by != want || s.overlay != noOverlay {
			t.Errorf("s %s enter: by %s, want %s", keys, s.order.by, want)
		}
	}
	s := newScreen(t, 120, 40, production())
	s.press("s", "b", "enter", "g")
	if r := s.current(); r == nil || r.id != "web3/puma" {
		t.Errorf("the longest queue is not on top but %v", r)
	}
}

// TestSortOffersWhatIsDrawn first, in its order, then what else there is.
func TestSortOffersWhatIsDrawn(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), func(o *Options) { o.Columns, _ = query.ParseColumns("puma,backlog") })
	got := s.sortable()
	if !slices.Equal(got[:3], []query.ID{query.Target, query.Puma, query.Backlog}) || !slices.Contains(got, "pid") || slices.Contains(got, "container") {
		t.Errorf("the picker has %v", got)
	}
}
