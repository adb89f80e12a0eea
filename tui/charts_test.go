package tui

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// day is the history of a day that a person would ask about: busy hours, backlogs, an hour without a network, a leak that
// restarts end.
func day() collector.History {
	var loads []collector.Load
	const n = 24 * 60 * 3 // of twenty seconds
	for i := range n {
		x := float64(i) / (n / 24) // hours
		busy := 0.5 + 0.3*math.Sin(x/3) + 0.12*math.Sin(x*2) + 0.05*math.Sin(x*31)
		l := collector.Load{
			InUse: puma.Of(int64(1000 * min(max(busy, 0), 1))), Max: puma.Of(1000), Backlog: puma.Of(int64(max(busy-0.88, 0) * 200)), ListenQueue: puma.Of(int64(max(busy-0.8, 0) * 99)),
			Requests: collector.Rate{PerSecond: 160 * busy, Known: true}, Memory: puma.Of(int64((420 + 40*math.Mod(x, 9)) * (1 << 20))),
		}
		if x > 11 && x < 12.5 {
			l = collector.Load{}
		}
		loads = append(loads, l)
	}
	ago := func(d time.Duration, k collector.MarkKind) collector.Mark {
		return collector.Mark{At: noon.Add(-d), Kind: k}
	}
	return collector.HistoryOf(20*time.Second, noon, loads...).With(
		ago(15*time.Hour, collector.PhasedBegan), ago(15*time.Hour-2*time.Minute, collector.RestartEnded), ago(6*time.Hour, collector.FullRestart),
		ago(150*time.Minute, collector.WorkerLeft), ago(8*time.Minute, collector.PhasedBegan), ago(6*time.Minute, collector.ActionGood))
}

// charted is a fleet whose web3, and whose totals, have such a day behind them.
func charted() collector.Fleet {
	f := with(production(), "web3/puma", func(s *collector.Snapshot) { s.History = day() })
	f.Totals.History = day()
	return f
}

// chartScenes are the charts in sight.
func chartScenes() []scene {
	open := func(keys ...string) func(*screen) {
		return func(s *screen) { s.press(append([]string{"j", "j", "j", "enter"}, keys...)...) }
	}
	return []scene{
		{name: "charts-day", fleet: charted(), play: open("]", "]", "]")},
		{name: "charts-hours", fleet: charted(), play: open("]", "]")},
		{name: "charts-fleet", fleet: charted(), play: func(s *screen) { s.press("]", "]", "]") }},
		{name: "charts-asked", fleet: with(many(100, 2), "web-0001.eu-west-1/puma", unsignalled), play: func(s *screen) { s.press("t") }},
	}
}

// lineOfPlot draws line y of a chart as text.
func lineOfPlot(c *plot, y int, g glyphs) string {
	p := penFor(c.w)
	p.g = &g
	p.plotLine(c, y)
	return drawn(p)
}

// TestChartCells: the unknown is blank and nought a line; a mark is its sign and a line down to what stands there; the listen
// queue's part of a backlog is shaded.
func TestChartCells(t *testing.T) {
	t.Parallel()
	all := charts()
	c := plot{chart: &all[1], w: axisWidth + 1 + 7, h: 6, top: 4, columns: []float64{4, math.NaN(), 0, 2, math.NaN(), 4, 3.5},
		parts: []float64{0, 0, 0, 1, 0, 4, 1.5}, marks: []int8{0, 0, int8(collector.FullRestart) + 1, int8(collector.WorkerLeft) + 1, int8(collector.PhasedBegan) + 1, 0, 0}}
	for _, tc := range []struct {
		glyphs glyphs
		want   []string
	}{
		{unicodeGlyphs(), []string{
			"    4│█ ◆▼◐▒▒",
			"     │█ ┊┊┊▒▒",
			"     │█ ┊▒┊▒█",
			"    0│█ ▁█┊▒█",
		}},
		{asciiGlyphs(), []string{
			"    4|# RvP%%",
			"     |# :::%%",
			"     |# :%:%#",
			"    0|# .#:%#",
		}},
	} {
		for i, want := range tc.want {
			if got := lineOfPlot(&c, i+1, tc.glyphs); got != want {
				t.Errorf("line %d is %q, want %q", i+1, got, want)
			}
		}
	}
}

// TestChartLooks: what stands in a chart has the colour of what it means.
func TestChartLooks(t *testing.T) {
	t.Parallel()
	for u, want := range map[float64]token{0: tFill, 0.74: tFill, 0.75: tFillWarn, 0.894: tFillWarn, 0.895: tFillBad, 1: tFillBad} {
		if got := busyToken(u); got != want {
			t.Errorf("%v busy is token %d, want %d", u, got, want)
		}
	}
	if waitingToken(0) != tFill || waitingToken(1) != tFillWarn {
		t.Error("a backlog looks like none")
	}
	seen := map[collector.MarkKind]bool{}
	for _, l := range markLooks() {
		seen[l.kind] = true
		for _, g := range []glyphs{unicodeGlyphs(), asciiGlyphs()} {
			if textWidth(string(g.marks[l.kind])) != 1 || l.name == "" {
				t.Errorf("mark %d has the sign %q", l.kind, g.marks[l.kind])
			}
		}
	}
	if len(seen) != len(unicodeGlyphs().marks) || markToken(collector.FullRestart) != tInfo || markToken(collector.Broke) != tBad {
		t.Errorf("marks with a look are %v", seen)
	}
}

// plotTitles are the titles of the charts that fit, by rows.
func plotTitles(rows [][]plot) string {
	var out []string
	for _, row := range rows {
		var titles []string
		for _, p := range row {
			titles = append(titles, p.title)
		}
		out = append(out, strings.Join(titles, " "))
	}
	return strings.Join(out, "/")
}

// TestChartsFit: as many charts as fit, in two rows where there is the height for them, and the first ones where not all do.
func TestChartsFit(t *testing.T) {
	t.Parallel()
	m := newScreen(t, 80, 24, charted())
	all := day()
	two := collector.HistoryOf(2*time.Second, noon, collector.Load{InUse: puma.Of(1), Max: puma.Of(2), Memory: puma.Of(9)})
	for _, c := range []struct {
		w, h    int
		history collector.History
		want    string
	}{
		{200, 13, all, "utilisation backlog req/s memory"},
		{200, 14, all, "utilisation backlog/req/s memory"},
		{78, 6, all, "utilisation backlog req/s"},
		{78, 14, all, "utilisation backlog/req/s memory"},
		{50, 6, all, "utilisation"},
		{50, 14, all, "utilisation/backlog"},
		{24, 3, all, "utilisation"},
		{24, 2, all, ""},
		{23, 9, all, ""},
		{200, 14, two, "utilisation memory"},
		{200, 14, collector.History{}, ""},
	} {
		rows := m.plots(c.history, &collector.Load{}, c.w, c.h)
		if got := plotTitles(rows); got != c.want {
			t.Errorf("%d×%d: %s, want %s", c.w, c.h, got, c.want)
		}
		for _, row := range rows {
			if n := len(row)*(row[0].w+plotGap) - plotGap; n > c.w || row[0].h*len(rows) > c.h {
				t.Errorf("%d×%d: %d charts of %d×%d", c.w, c.h, len(row), row[0].w, row[0].h)
			}
		}
	}
}

// TestZoom goes through all spans and stays at the ends. Until a person chooses, the charts show what there is.
func TestZoom(t *testing.T) {
	t.Parallel()
	says := func(s *screen) string {
		_, rest, _ := strings.Cut(s.frame(), "last ")
		name, _, _ := strings.Cut(rest, "  [ ]")
		return name
	}
	s := opened(t, 120, 40, charted(), "web3/puma")
	got := []string{says(s)}
	for _, key := range []string{"]", "]", "]", "]", "[", "[", "[", "[", "["} {
		s.press(key)
		got = append(got, says(s))
	}
	if want := []string{"10 min", "1 h", "6 h", "24 h", "24 h", "6 h", "1 h", "10 min", "2 min", "2 min"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	young := with(production(), "web3/puma", func(s *collector.Snapshot) {
		s.History = collector.HistoryOf(2*time.Second, noon, collector.Load{Backlog: puma.Of(0)}, collector.Load{Backlog: puma.Of(0)})
	})
	if got := says(opened(t, 120, 40, young, "web3/puma")); got != "2 min" {
		t.Errorf("four seconds are shown over %s", got)
	}
}

// TestChartTimes: the foot has the times of the chart's ends, and says since when it knows nothing more.
func TestChartTimes(t *testing.T) {
	t.Parallel()
	m := newScreen(t, 80, 24, charted())
	foot := func(chosen int, since time.Duration) string {
		m.zoom.chosen = chosen
		m.now = noon.Add(since)
		p := m.plots(day(), &collector.Load{}, 60, 6)[0][0]
		return strings.Join(strings.Fields(lineOfPlot(&p, p.h-1, unicodeGlyphs())), " ")
	}
	for _, c := range []struct {
		chosen int
		since  time.Duration
		want   string
	}{
		{1, 0, "19:29:42 now"}, {2, 0, "19:21 19:26 now"}, {3, 0, "18:32 19:02 now"}, {5, 0, "19:38 07:38 now"}, {2, 10 * time.Minute, "19:21 19:26 19:31"},
	} {
		if got := foot(c.chosen, c.since); got != c.want {
			t.Errorf("reach %d: %q, want %q", c.chosen, got, c.want)
		}
	}
}

// TestFleetCharts: a high terminal with room has charts of the fleet by itself; t puts them away, and brings them where there
// is less room.
func TestFleetCharts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fleet collector.Fleet
		h     int
		keys  []string
		want  bool
	}{
		{"high", production(), 40, nil, true},
		{"put away", production(), 40, []string{"t"}, false},
		{"and back", production(), 40, []string{"t", "t"}, true},
		{"low", production(), 39, nil, false},
		{"asked for", production(), 24, []string{"t"}, true},
		{"no room for the table", production(), 14, []string{"t"}, false},
		{"many targets", many(100, 2), 60, nil, false},
		{"many targets, asked for", many(100, 2), 60, []string{"t"}, true},
		{"a fleet without a history", collector.Fleet{At: noon, Interval: time.Second}, 60, []string{"t"}, false},
	} {
		s := newScreen(t, 120, c.h, c.fleet)
		s.press(c.keys...)
		if got := strings.Contains(s.frame(), "[ ] zoom"); got != c.want {
			t.Errorf("%s: charts are shown: %v", c.name, got)
		}
		before := s.zoom.chosen
		if s.press("]"); (s.zoom.chosen != before) != c.want {
			t.Errorf("%s: ] zooms: %v", c.name, !c.want)
		}
		if l := s.fleetLayout(); l.rows < 3 {
			t.Errorf("%s: %d lines are left to the table", c.name, l.rows)
		}
	}
}

// BenchmarkCharts draws the target screen with its charts at 200×60.
func BenchmarkCharts(b *testing.B) {
	s := newScreen(b, 200, 60, charted())
	s.press("j", "j", "j", "enter", "]", "]", "]")
	s.send(tea.WindowSizeMsg{Width: 200, Height: 60})
	b.ReportAllocs()
	for b.Loop() {
		s.dirty = true
		s.View()
	}
}

// TestZoomWithoutCharts says which key brings the charts that there are none of.
func TestZoomWithoutCharts(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 16, production())
	for _, key := range []string{"[", "]"} {
		s.press(key)
		if !strings.Contains(s.notice.text, "no charts") {
			t.Errorf("%s says %q", key, s.notice.text)
		}
	}
}
