package tui

import (
	"strings"
	"testing"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// worstOf is the line of the worst target, without its colours.
func worstOf(s *screen) string {
	var b strings.Builder
	for _, part := range s.worstLine() {
		b.WriteString(part.s)
	}
	return b.String()
}

func TestWorstLine(t *testing.T) {
	t.Parallel()
	calm := func() collector.Fleet {
		return without(without(without(production(), "web6/puma"), "web2/puma"), "web3/puma")
	}
	change := func(f func(*collector.Snapshot)) collector.Fleet { return with(calm(), "web1/puma", f) }
	for name, c := range map[string]struct {
		fleet collector.Fleet
		want  string
	}{
		"all is well":      {calm(), ""},
		"a state":          {production(), "worst ✖ web6/puma: not running: unit puma.service is inactive"},
		"the worst state":  {troubled(), "worst ✖ web2/puma: crash loop, backlog 9+21, 2 of 3 workers: worker 0: at least 36 pids in 9s, none booted"},
		"without it":       {without(production(), "web6/puma"), "worst web3/puma: backlog 2+12, 95% busy, runs old code"},
		"workers missing":  {change(func(s *collector.Snapshot) { s.Wanted = 3 }), "worst web1/puma: 2 of 3 workers"},
		"busy":             {change(func(s *collector.Snapshot) { s.Load.InUse = puma.Of(9) }), "worst web1/puma: 90% busy"},
		"old code":         {change(func(s *collector.Snapshot) { s.OwnFacts().Current = oldRelease }), "worst web1/puma: runs old code"},
		"a host":           {collector.Fleet{At: noon, Interval: 2, Hosts: []collector.HostStatus{{Name: "web7", Asked: true, Err: "no route"}}}, "worst ✖ web7: unreachable: no route"},
		"a host that asks": {collector.Fleet{At: noon, Interval: 2, Hosts: []collector.HostStatus{{Name: "web7", Waiting: forAnswer + "password"}}}, ""},
		"no Puma there":    {collector.Fleet{At: noon, Interval: 2, Hosts: []collector.HostStatus{{Name: "db1", Asked: true, Connected: true}}}, ""},
		"a restart": {with(calm(), "web1/puma", func(s *collector.Snapshot) {
			s.State, s.Wanted = collector.Restarting, 3
		}), ""},
	} {
		if got := worstOf(newScreen(t, 200, 40, c.fleet)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWorstIsSaidWhateverIsShown: a filter that hides it hides it from the lines alone, and w leads to it out of its group.
func TestWorstIsSaidWhateverIsShown(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, inGroups(production()))
	s.press("/", "w", "e", "b", "4", "enter")
	s.says(t, "worst ✖ web6/puma: not running")
	s.press("w")
	s.says(t, "web6/puma is hidden: esc shows all again")
	s.press("esc", "o", "Z", "G", "w")
	if r := s.current(); r == nil || r.id != "web6/puma" {
		t.Errorf("w leads to %v", r)
	}
	s.press("x")
	s.hushes(t, "shows all")
}

func TestWorstKeyWhereAllIsWell(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, without(without(without(production(), "web6/puma"), "web2/puma"), "web3/puma"))
	s.press("w")
	if s.notice.text != "nothing needs a person" {
		t.Errorf("it says %q", s.notice.text)
	}
}

// TestOutliers: the most of an app are the rule; where none is, all are mixed; old code has its own sign.
func TestOutliers(t *testing.T) {
	t.Parallel()
	target := func(host, app, version, release string) collector.Snapshot {
		return sample{host, app, collector.Serving, version, 0, []int{1}, 5, 0, 0, 1, release, release, puma.Yes, false}.snapshot()
	}
	for name, c := range map[string]struct {
		targets []collector.Snapshot
		want    string // release and version of each: = usual, ≠ odd, ± mixed
	}{
		"alike":        {[]collector.Snapshot{target("a", "x", "6.6.1", "/1"), target("b", "x", "6.6.1", "/1")}, "== =="},
		"one":          {[]collector.Snapshot{target("a", "x", "6.6.1", "/1"), target("b", "y", "7.0.0", "/2")}, "== =="},
		"one differs":  {[]collector.Snapshot{target("a", "x", "6.6.1", "/1"), target("b", "x", "6.6.1", "/2"), target("c", "x", "7.0.0", "/1")}, "== ≠= =≠"},
		"a tie":        {[]collector.Snapshot{target("a", "x", "6.6.1", "/1"), target("b", "x", "6.6.1", "/2")}, "±= ±="},
		"tie and less": {[]collector.Snapshot{target("a", "x", "1.0.0", "/1"), target("b", "x", "1.0.0", "/1"), target("c", "x", "1.0.0", "/2"), target("d", "x", "1.0.0", "/2"), target("e", "x", "1.0.0", "/3")}, "±= ±= ±= ±= ≠="},
		"not known":    {[]collector.Snapshot{target("a", "x", "", ""), target("b", "x", "6.6.1", "/1")}, "== =="},
		"old code": {[]collector.Snapshot{target("a", "x", "6.6.1", "/1"), target("b", "x", "6.6.1", "/1"), sample{"c", "x", collector.Serving, "6.6.1", 0, []int{1}, 5, 0, 0, 1, "/0", "/1", puma.Yes, false}.snapshot()},
			"== == =="},
	} {
		f := fleetOf(c.targets...)
		rows := lens{order: orderOf(nil)}.project(&f).all
		var got []string
		for _, r := range rows {
			got = append(got, []string{"=", "≠", "±"}[r.odd.release]+[]string{"=", "≠", "±"}[r.odd.version])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// TestOutlierIsSaidWithoutColours: by a sign where there is little room, and by a word where there is more; the end of a
// release stays, which is where releases differ.
func TestOutlierIsSaidWithoutColours(t *testing.T) {
	t.Parallel()
	for w, want := range map[int]string{40: "20261121191110 ≠ unlike the rest", 20: "20261121191110 ≠    ", 15: "20261121191110≠", 9: "…1191110≠", 1: "≠"} {
		c := &cells{pen: penFor(60), figure: tFigure}
		c.oddly(tText, "20261121191110", odd, w)
		if got := strings.TrimRight(drawn(c.pen), " "); got != strings.TrimRight(want, " ") || c.col != w {
			t.Errorf("%d cells: %q up to %d, want %q", w, got, c.col, want)
		}
	}
}

// TestProgressCell is a restart in the width that there is: the phases, a pip for each worker or a bar, and how many are new.
func TestProgressCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fresh, wanted, old int
		w                  int
		want               string
	}{
		{2, 3, 3, 11, "3→4 ▰▰▱ 2/3"},
		{0, 3, 3, 13, "3→4 ▱▱▱ 0/3"},
		{2, 4, -1, 13, "4 ▰▰▱▱ 2/4"},
		{2, 4, 3, 11, "3→4 █▌░ 2/4"},
		{5, 8, 3, 18, "3→4 ▰▰▰▰▰▱▱▱ 5/8"},
		{5, 8, 3, 13, "3→4 ███▏░ 5/8"},
		{1, 64, 3, 18, "3→4 ▏░░░░░░░░ 1/64"},
		{63, 64, 3, 18, "3→4 ███████▉ 63/64"},
		{64, 64, 3, 18, "3→4 ████████ 64/64"},
		{64, 64, 3, 11, "3→4 64/64"},
		{9, 8, 3, 13, "3→4 █████ 8/8"}, // one more than wanted, while an old one leaves
		{0, 0, -1, 13, "4  0/0"},
	} {
		c2 := &cells{pen: penFor(60), figure: tFigure}
		s := collector.Snapshot{State: collector.Restarting, Stats: puma.Stats{Mode: puma.Cluster, Phase: puma.Of(4)}}
		c2.progress(&row{target: &s, state: s.State, fresh: c.fresh, wanted: c.wanted, old: c.old}, tInfo, c.w)
		if got := drawn(c2.pen); got != c.want || textWidth(got) > c.w {
			t.Errorf("%d of %d in %d cells: %q, want %q", c.fresh, c.wanted, c.w, got, c.want)
		}
	}
}
