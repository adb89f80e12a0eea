package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// configured gives the targets of production what a probe reads of a configuration and a unit.
func configured() collector.Fleet {
	f := production()
	for _, s := range f.Targets {
		own := s.OwnFacts()
		own.Settings = puma.Settings{Lines: 40,
			Preload:    puma.Setting{Text: "false", Literal: true, Line: 3},
			Workers:    puma.Setting{Text: "2", Line: 4},
			ThreadsMin: puma.Setting{Text: "5", Literal: true, Line: 5}, ThreadsMax: puma.Setting{Text: "5", Literal: true, Line: 5},
			Directory: puma.Setting{Text: "/srv/shop/current", Literal: true, Line: 6},
		}
		own.Unit.Type, own.Unit.Enabled, own.Unit.Watchdog, own.Unit.ExecStart = "notify", "enabled", 10*time.Second, "/usr/bin/bundle exec puma -e production"
		own.ConfigPath, own.Revision = "/srv/shop/shared/config/puma.rb", strings.Repeat("4f2a", 10)
		s.Stats.Ruby = "ruby 3.3.8"
		if s.ID == "web3/puma" {
			own.Settings.Directory = puma.Setting{Text: "/srv/shop/releases/20261121191110", Literal: true, Line: 6}
			own.Unit.ExecReload, s.Stats.Ruby = "/bin/kill -TSTP $MAINPID", "ruby 3.1.2"
		}
	}
	return f
}

// fleetOfOneApp is more targets of an app than are compared one by one.
func fleetOfOneApp() collector.Fleet {
	f := many(40, 2)
	for i, s := range f.Targets {
		if i%7 == 3 {
			s.Workers[0].Release, s.Workers[1].Release, s.Stats.Puma = oldRelease, oldRelease, "6.4.3"
		}
	}
	return f
}

func compareScenes() []scene {
	return []scene{
		{name: "compare", fleet: configured(), play: func(s *screen) { s.press("G", "c", "j", "j", "right", "right") }},
		{name: "compare-two", fleet: configured(), play: func(s *screen) { s.pick("web1/puma", "web3/puma"); s.press("c", "x") }},
		{name: "compare-rest", fleet: fleetOfOneApp(), play: func(s *screen) { s.press("j", "j", "c") }},
		{name: "compare-releases", fleet: fleetOfOneApp(), play: func(s *screen) { s.press("j", "c", "tab") }},
		{name: "compare-many", fleet: fleetOfOneApp(), play: func(s *screen) {
			s.pick("web-0001.eu-west-1/puma", "web-0002.eu-west-1/puma", "web-0003.eu-west-1/puma", "web-0004.eu-west-1/puma", "web-0010.eu-west-1/puma", "web-0011.eu-west-1/puma", "web-0012.eu-west-1/puma")
			s.press("c", "right", "right", "right", "right", "right")
		}},
		{name: "compare-gone", fleet: configured(), play: func(s *screen) {
			s.pick("web1/puma", "web3/puma", "web5/puma")
			s.press("c", "right")
			s.send(fleetMsg{fleet: without(configured(), "web3/puma")})
		}},
		{name: "compare-hostile", fleet: hostileUnits(), play: func(s *screen) { s.press("a", "c", "down", "right", "G") }},
	}
}

// hostileUnits is the hostile fleet with units to match.
func hostileUnits() collector.Fleet {
	f := hostile()
	for _, snap := range f.Targets {
		own := snap.OwnFacts()
		own.Unit.Name, own.Unit.ExecReload = strings.Repeat("單元", 70), string(snap.ID)+strings.Repeat("重載", 90)
	}
	return f
}

// pick marks targets.
func (s *screen) pick(ids ...collector.TargetID) {
	for _, id := range ids {
		s.marks[id] = true
	}
}

// TestToCompare: the marked ones, or this with the rest of its app; one marked with this.
func TestToCompare(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		play func(*screen)
		want string
		no   string // why nothing is compared
	}{
		{name: "none marked", play: func(s *screen) { s.press("g") }, want: "web6/puma web1/puma web2/puma web3/puma web5/puma"},
		{name: "two marked", play: func(s *screen) { s.pick("web3/puma", "web1/puma") }, want: "web1/puma web3/puma"},
		{name: "one marked, and another under the cursor", play: func(s *screen) { s.pick("web4/admin") }, want: "web4/admin web6/puma"},
		{name: "one marked, under the cursor", play: func(s *screen) { s.pick("web6/puma") }, want: "web6/puma web1/puma web2/puma web3/puma web5/puma"},
		{name: "alone of its app", play: func(s *screen) { s.toTarget("web4/admin") }, no: "no other target is called admin"},
		{name: "on its own screen, whatever is marked", play: func(s *screen) { s.pick("web4/admin", "web1/puma"); s.toTarget("web3/puma"); s.press("enter") },
			want: "web3/puma web1/puma web2/puma web5/puma web6/puma"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newScreen(t, 120, 40, configured())
			tc.play(s)
			s.press("c")
			var got []string
			for _, id := range s.compare.of {
				got = append(got, string(id))
			}
			if strings.Join(got, " ") != tc.want || (s.screen == compareScreen) != (tc.want != "") || !strings.Contains(s.notice.text, tc.no) {
				t.Errorf("%v on screen %d, %q", got, s.screen, s.notice.text)
			}
		})
	}
}

// toTarget puts the cursor on a target.
func (s *screen) toTarget(id collector.TargetID) { s.moveTo(s.projected.index(id)) }

func TestOddOnes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ cells, odd string }{
		{"a a a", "..."},
		{"a b a", ".x."},
		{"b a a", "x.."},
		{"a b", ".x"},
		{"a b c", ".xx"},
		{"a a b b", "..xx"},
		{"- a b", "..x"},
		{"- a -", "..."},
		{"- - -", "..."},
	} {
		cells := strings.Fields(tc.cells)
		for i := range cells {
			cells[i] = strings.Trim(cells[i], "-")
		}
		got := ""
		for _, odd := range oddOnes(cells) {
			got += map[bool]string{true: "x", false: "."}[odd]
		}
		if got != tc.odd {
			t.Errorf("%s: %s, want %s", tc.cells, got, tc.odd)
		}
	}
}

// TestCompareOrder: what differs comes first with its sign, figures never count as differing, what is equal comes last and
// can be hidden; what is known of none is left out.
func TestCompareOrder(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 200, 60, configured())
	s.pick("web1/puma", "web3/puma")
	s.press("c")
	kind := func(r comparedRow) string {
		switch {
		case r.Live:
			return "figure"
		case r.differs:
			return "differs"
		}
		return "equal"
	}
	is := map[string]string{}
	order := []string{}
	for _, r := range s.table().rows {
		is[r.Name] = kind(r)
		order = append(order, kind(r))
	}
	if order = slices.Compact(order); !slices.Equal(order, []string{"differs", "figure", "equal"}) {
		t.Errorf("the order is %v", order)
	}
	for name, want := range map[string]string{
		"puma": "differs", "ruby": "differs", "workers": "differs", "directory": "differs", "ExecReload": "differs", "release": "differs",
		"requests/s": "figure", "unit": "equal", "image": "",
	} {
		if is[name] != want {
			t.Errorf("%s: %q, want %q", name, is[name], want)
		}
	}
	s.shows(t, "≠ ExecReload", "≠ /bin/kill -TSTP $MAINPID", "  unit")
	s.press("x")
	s.shows(t, "!  unit ", "equal hidden", "requests/s")
}

// shows fails unless the frame has each of these texts, and none of those that begin with an exclamation mark.
func (s *screen) shows(t *testing.T, texts ...string) {
	t.Helper()
	frame := s.frame()
	for _, text := range texts {
		if hidden, no := strings.CutPrefix(text, "!"); no == strings.Contains(frame, hidden) {
			t.Errorf("%q in:\n%s", text, frame)
		}
	}
}

// TestCompareColumns: the first column stays, the others move under the cursor, and enter opens the target of it.
func TestCompareColumns(t *testing.T) {
	t.Parallel()
	s := compareScenes()[4].show(t, 80, 24)
	s.shows(t, "web-0001", "web-0011", "!web-0002", "columns 1 and 6 of 7")
	s.press("right", "right", "right")
	s.shows(t, "columns 1 and 7 of 7")
	s.press("left", "left", "left")
	s.shows(t, "web-0001", "web-0004")
	s.press("enter")
	if s.screen != targetScreen || s.open != "web-0004.eu-west-1/puma" {
		t.Errorf("enter opens %s", s.open)
	}
}

// TestCompareManyTogether: of more than anybody reads, this one is put against the rest, and releases against each other.
func TestCompareManyTogether(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 80, 24, fleetOfOneApp())
	s.press("c", "right")
	s.shows(t, "against 39 others", "39 others")
	if s.comparedTarget() != "" {
		t.Errorf("several targets pass for %s", s.comparedTarget())
	}
	s.press("tab", "enter")
	if s.compare.by != eachRelease || s.screen != compareScreen {
		t.Errorf("by %d on screen %d", s.compare.by, s.screen)
	}
	s.shows(t, "2 releases of 40 targets")
	s.press("tab")
	if s.compare.by != againstRest {
		t.Error("forty targets one by one")
	}
}

// TestCompareIsLive: a newer fleet is compared, unless the display is held.
func TestCompareIsLive(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, configured())
	s.pick("web1/puma", "web5/puma")
	s.press("c")
	newer := func(version string) collector.Fleet {
		f := with(configured(), "web1/puma", func(s *collector.Snapshot) { s.Stats.Puma = version })
		f.At = noon.Add(5 * time.Second)
		return f
	}
	s.send(fleetMsg{fleet: newer("9.0.0")})
	if f := s.frame(); !strings.Contains(f, "9.0.0") {
		t.Errorf("an old fleet is compared:\n%s", f)
	}
	s.press("p")
	s.send(fleetMsg{fleet: newer("9.1.0")})
	if f := s.frame(); strings.Contains(f, "9.1.0") || !strings.Contains(f, "PAUSED") {
		t.Errorf("the display is not held:\n%s", f)
	}
	if what, text := s.copied(); what != "the comparison" || !strings.Contains(text, "\npuma\t9.0.0\t7.2.1\n") || !strings.HasPrefix(text, "\tweb1/puma\tweb5/puma\n") {
		t.Errorf("%s: %s", what, text)
	}
}

func TestCutMiddle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		s    string
		w    int
		want string
	}{
		{"short", 9, "short"},
		{"/srv/shop/releases/20261121191110", 16, "/srv/sho…1191110"},
		{"/srv/shop/releases/20261121191110", 15, "/srv/sh…1191110"},
		{"網站伺服器商店", 9, "網站…商店"},
		{"網站伺服器商店", 8, "網站… 店"},
		{"abcdefgh", 4, "abc…"},
		{"abcdefgh", 0, ""},
	} {
		if got := cutMiddle(tc.s, tc.w, false); got != tc.want || textWidth(got) > tc.w {
			t.Errorf("%q in %d: %q, %d cells", tc.s, tc.w, got, textWidth(got))
		}
	}
}

func TestShares(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		needs []int
		room  int
		want  []int
	}{
		{[]int{5, 9, 7}, 100, []int{5, 9, 7}},
		{[]int{50, 5, 50}, 65, []int{30, 5, 30}},
		{[]int{50, 50}, 7, []int{3, 4}},
		{[]int{50, 50}, -3, []int{0, 0}},
		{nil, 10, []int{}},
	} {
		if got := shares(tc.needs, tc.room); !slices.Equal(got, tc.want) {
			t.Errorf("%v in %d: %v, want %v", tc.needs, tc.room, got, tc.want)
		}
	}
}

// BenchmarkCompare draws a frame of a thousand targets, and compares them anew for a newer fleet.
func BenchmarkCompare(b *testing.B) {
	for name, anew := range map[string]bool{"frame": false, "fleet": true} {
		b.Run(name, func(b *testing.B) {
			s := newScreen(b, 200, 60, many(1000, 16))
			s.press("c")
			for b.Loop() {
				if anew {
					s.compare.made = comparedTable{}
				}
				s.send(tea.WindowSizeMsg{Width: 200, Height: 60})
				s.View()
			}
		})
	}
}
