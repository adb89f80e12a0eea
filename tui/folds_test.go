package tui

import (
	"fmt"
	"strings"

	"slices"
	"strconv"
	"testing"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// inGroups is a fleet whose hosts are in groups: by their numbers in front or behind, all in eu, and the last in none.
func inGroups(f collector.Fleet) collector.Fleet {
	groups := func(i, of int) []string {
		switch {
		case i == of-1:
			return nil
		case i%2 == 0:
			return []string{"front", "eu"}
		}
		return []string{"behind", "eu"}
	}
	for i := range f.Targets {
		s := *f.Targets[i]
		s.Groups = groups(i, len(f.Targets))
		f.Targets[i] = &s
	}
	for i := range f.Hosts {
		f.Hosts[i].Groups = groups(i, len(f.Hosts))
	}
	return f
}

func grouped(by grouping) func(*screen) {
	return func(s *screen) { s.groupBy(by) }
}

// linesOf are what stands on the lines: +name for a heading that is folded, -name for one that is not, and ids.
func (s *screen) linesOf() string {
	var list []string
	for i := range s.projected.count() {
		r, of := s.projected.at(i)
		switch {
		case r != nil:
			list = append(list, string(r.id))
		case of.folded:
			list = append(list, "+"+of.name)
		default:
			list = append(list, "-"+of.name)
		}
	}
	return strings.Join(list, " ")
}

func groupScenes() []scene {
	return []scene{
		{name: "grouped", fleet: inGroups(production()), play: grouped(byGroup)},
		{name: "grouped-app", fleet: inGroups(troubled()), play: func(s *screen) { s.groupBy(byApp); s.press("g", "z", "j", "space") }},
		{name: "grouped-folded", fleet: inGroups(troubled()), play: func(s *screen) { s.groupBy(byGroup); s.press("Z", "j") }},
		{name: "grouped-hostile", fleet: hostileGroups(), play: func(s *screen) { s.groupBy(byGroup); s.press("g", "z", "j") }},
		{name: "columns", fleet: production(), play: func(s *screen) { s.press("C", "j", "j", "space", "j", "right") }},
		{name: "columns-chosen", fleet: inGroups(troubled()), opts: func(o *Options) {
			o.Columns, _ = query.ParseColumns("group,state,reason,pid,age,started,backlog,busy,revision")
		}, play: func(s *screen) { s.groupBy(byApp) }},
	}
}

// hostileGroups are groups whose names do not fit.
func hostileGroups() collector.Fleet {
	f := hostile()
	for i := range f.Targets {
		f.Targets[i].Groups = []string{strings.Repeat("群組", 40), strings.Repeat("a-very-long-group.", 9), fmt.Sprint(i)}
	}
	return f
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by   grouping
		keys []string
		want string
	}{
		{ungrouped, nil, "web2/puma web9/puma web3/puma web7 web5/puma web8 web4/admin web10 web6/puma"},
		{byApp, nil, "-puma web2/puma web9/puma web3/puma web5/puma web6/puma -no app web7 web8 web10 -admin web4/admin"},
		{byState, nil, "-crash loop web2/puma -stuck web9/puma -unreachable web3/puma web7 -no control app web5/puma web8 -stale web4/admin -connecting web10 -serving web6/puma"},
		{byRelease, []string{"Z"}, "+20261121191110 +release not known +20261121194902"},
		{byHost, []string{"Z"}, "+web2 +web9 +web3 +web7 +web5 +web8 +web4 +web10 +web6"},
		// worst first, and by name where they are as bad; what is in none comes last of those
		{byGroup, nil, "-eu web2/puma web9/puma web3/puma web7 web5/puma web8 web4/admin -front web2/puma web3/puma web7 web4/admin " +
			"-behind web9/puma web5/puma web8 -no group web10 web6/puma"},
		{byGroup, []string{"Z"}, "+eu +front +behind +no group"},
		{byGroup, []string{"Z", "Z"}, "-eu web2/puma web9/puma web3/puma web7 web5/puma web8 web4/admin -front web2/puma web3/puma web7 web4/admin " +
			"-behind web9/puma web5/puma web8 -no group web10 web6/puma"},
		{byGroup, []string{"g", "z", "j", "enter", "j", "j", "left"}, "+eu +front +behind -no group web10 web6/puma"},
		{byGroup, []string{"Z", "j", "right"}, "+eu -front web2/puma web3/puma web7 web4/admin +behind +no group"},
		// an order of targets is one of groups too: that with the first target is the first
		{byApp, []string{"S", "Z"}, "+puma +no app +admin"},
	} {
		s := newScreen(t, 120, 40, inGroups(troubled()))
		s.groupBy(c.by)
		s.press(c.keys...)
		if got := s.linesOf(); got != c.want {
			t.Errorf("by %s, then %v:\n%s, want\n%s", c.by, c.keys, got, c.want)
		}
	}
}

// TestGroupKeyGoesAround goes through what tells something of the fleet, and back to none.
func TestGroupKeyGoesAround(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fleet collector.Fleet
		want  []grouping
	}{
		"with groups":    {inGroups(production()), []grouping{byGroup, byApp, byRelease, byHost, byState, ungrouped}},
		"without groups": {production(), []grouping{byApp, byRelease, byHost, byState, ungrouped}},
	} {
		s := newScreen(t, 120, 40, c.fleet)
		var got []grouping
		for range c.want {
			s.press("o")
			got = append(got, s.folds.by)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestGroupTotals: a heading says of its rows what the fleet's first lines say of all.
func TestGroupTotals(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 40, inGroups(production()))
	s.groupBy(byGroup)
	for name, wants := range map[string][]string{
		"behind":   {"behind 2", "◐1 restarting", "●1 serving", " 7 ", "30/35", "86%", "6+12", "251.9", "≤959M", "2 releases", "mixed"},
		"front":    {"front 3", "✖1 not running", "●2 serving", " 3 ", "5/18", "99.6", "411M", "20261121194902"},
		"no group": {"no group 1", "2/10", "7.2.1"},
	} {
		line := s.lineWith("▾ " + name)
		for _, want := range wants {
			if !strings.Contains(line, want) {
				t.Errorf("%s: %q is missing in %q", name, want, line)
			}
		}
	}
	s.press("/", "r", "e", "s", "t", "a", "r", "t", "i", "n", "g", "enter")
	if line := s.lineWith("▾ behind"); !strings.Contains(line, "1/2") || !strings.Contains(line, "11/15") {
		t.Errorf("with a filter: %q", line)
	}
}

// lineWith is the first line of the frame that has a text.
func (s *screen) lineWith(text string) string {
	for l := range strings.Lines(s.frame()) {
		if strings.Contains(l, text) {
			return strings.TrimRight(l, "\n")
		}
	}
	return ""
}

// TestFoldedGroupSaysWhatIsBad: nothing that needs a person goes out of sight unsaid.
func TestFoldedGroupSaysWhatIsBad(t *testing.T) {
	t.Parallel()
	for _, w := range []int{80, 120, 200} {
		s := newScreen(t, w, 40, inGroups(troubled()))
		s.groupBy(byGroup)
		s.press("Z")
		for name, want := range map[string]string{"front": "web2/puma: cras", "behind": "web9/puma: stuc", "no group": "web6/puma: 90% busy"} {
			if line := s.lineWith("▸ " + name); !strings.Contains(line, want) {
				t.Errorf("%d cells: %q does not say %q", w, line, want)
			}
		}
	}
	s := newScreen(t, 80, 40, with(inGroups(many(4, 2)), "web-0003.eu-west-1/puma", func(s *collector.Snapshot) { s.Load.Backlog = puma.Of(0) }))
	s.groupBy(byGroup)
	s.press("Z")
	if line := s.lineWith("▸ no group"); strings.Contains(line, "puma:") {
		t.Errorf("all is well: %q", line)
	}
}

// TestHeadingSelectsNoTarget: on a heading nothing acts, opens or is marked but what is said to be.
func TestHeadingSelectsNoTarget(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.groupBy(byGroup)
	s.press("g")
	if r, of := s.atCursor(); r != nil || of == nil || of.name != "eu" || s.current() != nil || s.subjectCount() != 0 || len(s.subjects()) != 0 {
		t.Fatalf("the heading selects %v", s.subjects())
	}
	for _, key := range []string{"r", "R"} {
		s.press(key)
		if s.overlay != noOverlay || s.notice.text != "a group is no target: space marks its 5 targets" {
			t.Errorf("%s on a heading: overlay %d, %q", key, s.overlay, s.notice.text)
		}
	}
	s.press("l", "enter")
	if s.screen != fleetScreen || !strings.HasPrefix(s.linesOf(), "+eu -front") {
		t.Errorf("enter does not fold: %s", s.linesOf())
	}
}

// TestMarksOfAGroup: on a heading they are all of the group's, and the sheet is about them.
func TestMarksOfAGroup(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.groupBy(byGroup)
	s.press("g", "z", "space")
	if len(s.marks) != 5 || s.subjectCount() != 5 {
		t.Errorf("%d are marked", len(s.marks))
	}
	s.press("r")
	if got := len(s.sheet.plan.Steps) + len(s.sheet.plan.Refused); s.overlay != sheetOverlay || got != 5 {
		t.Errorf("the sheet is about %d targets", got)
	}
	s.press("esc", "space")
	if len(s.marks) != 0 {
		t.Error("a second time does not unmark them")
	}
}

// TestFoldedIsNotMarked: all that are shown is what has a line.
func TestFoldedIsNotMarked(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.groupBy(byGroup)
	s.press("Z", "a")
	if len(s.marks) != 0 {
		t.Errorf("%d are marked, and none is in sight", len(s.marks))
	}
	s.press("G", "right", "a")
	if len(s.marks) != 1 || !s.marks["web5/puma"] {
		t.Errorf("marked: %v", s.marks)
	}
	s.send(fleetMsg{fleet: inGroups(production())})
	s.press("Z", "o")
	if len(s.marks) != 1 {
		t.Error("the mark did not survive a fleet, folding and other groups")
	}
}

// TestCursorInGroups: it stays on its target, in its group, through fleets and orders; a target that is folded away selects
// nothing, and what folds it takes the cursor to the heading.
func TestCursorInGroups(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.groupBy(byGroup)
	s.press("G", "k", "k") // web3 in "behind"
	if s.cursor.id != "web3/puma" || s.cursor.section != "behind" {
		t.Fatalf("the cursor is on %+v", s.cursor)
	}
	worse := with(inGroups(production()), "web3/puma", func(s *collector.Snapshot) { s.State = collector.CrashLoop })
	s.send(fleetMsg{fleet: worse}, tea.WindowSizeMsg{Width: 80, Height: 24})
	if r, of := s.atCursor(); r == nil || r.id != "web3/puma" || of.name != "behind" || !strings.HasPrefix(s.linesOf(), "-behind web3/puma") {
		t.Errorf("after it got worse the cursor is on %v in %s", s.current(), s.linesOf())
	}
	s.press("left")
	if r, of := s.atCursor(); r != nil || of == nil || of.name != "behind" || !of.folded {
		t.Error("folding does not lead to the heading")
	}
	s.press("right", "j")
	s.folds = s.folds.with("behind", true).with("eu", true)
	s.reproject()
	if r := s.current(); r != nil {
		t.Errorf("the cursor passed to %s", r.id)
	}
	s.press("r")
	if s.overlay != noOverlay {
		t.Error("r acts on what nobody sees")
	}
}

// TestGroupThatGoesSelectsNothing: nor does its heading pass to another.
func TestGroupThatGoesSelectsNothing(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.groupBy(byState)
	s.press("g", "j", "j") // "restarting"
	if _, of := s.atCursor(); of == nil || of.name != "restarting" {
		t.Fatalf("the cursor is in %+v", s.cursor)
	}
	s.send(fleetMsg{fleet: with(inGroups(production()), "web2/puma", func(s *collector.Snapshot) { s.State = collector.Serving })})
	if r, of := s.atCursor(); r != nil || of != nil {
		t.Errorf("the cursor passed to %v", of)
	}
	s.press("j")
	if _, of := s.atCursor(); of == nil {
		t.Error("it does not resume")
	}
}

// TestFoldsOfGroupsToCome: fold all folds a group that comes later, too; one that is unfolded by hand stays so.
func TestFoldsOfGroupsToCome(t *testing.T) {
	t.Parallel()
	f := folds{by: byApp, all: true}
	f = f.with("shop", false)
	for key, want := range map[string]bool{"shop": false, "new": true} {
		if f.folded(key) != want {
			t.Errorf("%s is folded: %v", key, !want)
		}
	}
	g := f.with("shop", true)
	if f.folded("shop") || !g.folded("shop") {
		t.Error("what was handed out was written")
	}
}

// TestManyGroups sums and draws groups of a large fleet: every target has its line.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	f := many(1000, 2)
	for i := range f.Targets {
		f.Targets[i].Groups = []string{"g" + strconv.Itoa(i%40), "all"}
	}
	s := newScreen(t, 200, 60, f)
	s.groupBy(byGroup)
	if n := s.projected.count(); n != 2000+41 {
		t.Errorf("%d lines", n)
	}
	s.press("Z")
	if n := s.projected.count(); n != 41 {
		t.Errorf("%d headings", n)
	}
	workers := int64(0)
	for i := range s.projected.sections {
		workers += s.projected.sections[i].workers.N
	}
	if workers != 4000 {
		t.Errorf("%d workers", workers)
	}
}
