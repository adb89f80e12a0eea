package tui

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	fleet := troubled()
	for _, c := range []struct {
		text string
		want []string // in the order shown
	}{
		{"", []string{"web2/puma", "web9/puma", "web3/puma", "web7", "web5/puma", "web8", "web4/admin", "web10", "web6/puma"}},
		{"web2", []string{"web2/puma"}},
		{"WEB2", []string{"web2/puma"}},
		{"admin", []string{"web4/admin"}},
		{"!puma", []string{"web7", "web8", "web4/admin", "web10"}},
		{"crash-loop", []string{"web2/puma"}},
		{"stuck", []string{"web9/puma"}},
		{"unreachable", []string{"web3/puma", "web7"}},
		{"!serving !unreachable web", []string{"web2/puma", "web9/puma", "web5/puma", "web8", "web4/admin", "web10"}},
		{"stale", []string{"web4/admin"}},
		{"connecting", []string{"web10"}},
		{"7.2.1", []string{"web5/puma", "web6/puma"}},
		{"20261121191110", []string{"web2/puma", "web9/puma", "web3/puma"}},
		{"admin.service", []string{"web4/admin"}},
		{"! ", []string{"web2/puma", "web9/puma", "web3/puma", "web7", "web5/puma", "web8", "web4/admin", "web10", "web6/puma"}},
		{"nothing-is-called-this", nil},
	} {
		pr := project(&fleet, typedFilter(c.text), false, ordering{by: query.State})
		var got []string
		for i := range pr.rows {
			got = append(got, string(pr.rows[i].id))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q shows %v, want %v", c.text, got, c.want)
		}
		if pr.hidden != 9-len(c.want) {
			t.Errorf("%q hides %d", c.text, pr.hidden)
		}
	}
}

func TestProblemsOnly(t *testing.T) {
	t.Parallel()
	fleet := production()
	pr := project(&fleet, query.Filter{}, true, ordering{by: query.State})
	var got []string
	for i := range pr.rows {
		got = append(got, string(pr.rows[i].id))
	}
	// web3 runs old code and has a backlog; the others serve what they should.
	if want := []string{"web6/puma", "web2/puma", "web3/puma"}; !slices.Equal(got, want) {
		t.Errorf("needing a person: %v, want %v", got, want)
	}
}

// TestProblemsAgree: what the screen works out by itself is what the filter's is:problem says.
func TestProblemsAgree(t *testing.T) {
	t.Parallel()
	for _, f := range []collector.Fleet{production(), troubled(), many(40, 3), hostile(), looped()} {
		for _, r := range project(&f, query.Filter{}, false, ordering{by: query.State}).all {
			if got, want := r.problem, r.query().Problem(); got != want {
				t.Errorf("%s: %v, the filter says %v", r.id, got, want)
			}
		}
	}
}

// TestOrderIsTotal sorts shuffled fleets by every column, both ways: the order never depends on where it began.
func TestOrderIsTotal(t *testing.T) {
	t.Parallel()
	shuffle := rand.New(rand.NewSource(1))
	for _, c := range query.Columns() {
		for _, reverse := range []bool{false, true} {
			order := ordering{by: c.ID, reverse: reverse}
			var want []collector.TargetID
			for range 5 {
				f := troubled()
				shuffle.Shuffle(len(f.Targets), func(i, j int) { f.Targets[i], f.Targets[j] = f.Targets[j], f.Targets[i] })
				shuffle.Shuffle(len(f.Hosts), func(i, j int) { f.Hosts[i], f.Hosts[j] = f.Hosts[j], f.Hosts[i] })
				pr := project(&f, query.Filter{}, false, order)
				var got []collector.TargetID
				for i := range pr.rows {
					got = append(got, pr.rows[i].id)
				}
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Fatalf("by %s: %v and %v", c.ID, want, got)
				}
			}
		}
	}
}

func TestSortPutsUnknownLast(t *testing.T) {
	t.Parallel()
	f := troubled()
	for _, reverse := range []bool{false, true} {
		pr := project(&f, query.Filter{}, false, ordering{by: query.Requests, reverse: reverse})
		known := true
		for i := range pr.rows {
			ok := fleetColumns[colRequests].Has(pr.rows[i].query())
			if ok && !known {
				t.Errorf("reversed %v: %s has a figure and comes after one that has none", reverse, pr.rows[i].id)
			}
			known = ok
		}
	}
	pr := project(&f, query.Filter{}, false, ordering{by: query.Backlog})
	if pr.rows[0].id != "web2/puma" {
		t.Errorf("the longest queue is not on top but %s", pr.rows[0].id)
	}
}

// TestColumnsFit places the columns at every width: they stay on the line, apart, and in order; more room never
// takes a column away.
func TestColumnsFit(t *testing.T) {
	t.Parallel()
	for _, f := range []collector.Fleet{production(), troubled(), many(40, 16), hostile()} {
		pr := project(&f, query.Filter{}, false, ordering{by: query.State})
		before := 0
		for width := 40; width <= 260; width++ {
			line := place(lead, width-lead-margin, &pr, nil)
			end := lead
			for i, c := range line {
				if i > 0 && c.x != end+gap || i == 0 && c.x != lead {
					t.Fatalf("width %d: column %s begins at %d, the one before ends at %d", width, fleetColumns[c.id].Title(), c.x, end)
				}
				end = c.x + c.w
			}
			if width >= fullWidth && end > width-margin {
				t.Errorf("width %d: the columns end at %d", width, end)
			}
			if len(line) < before {
				t.Errorf("width %d: %d columns, %d at one less", width, len(line), before)
			}
			before = len(line)
		}
	}
}

// TestNoEmptyColumn leaves out what no target has anything for.
func TestNoEmptyColumn(t *testing.T) {
	t.Parallel()
	f := production()
	for i := range f.Targets {
		s := f.Targets[i]
		s.Load.Memory, s.Load.Requests, s.OwnFacts().Unit.Name, s.Latency = puma.Count{}, collector.Rate{}, "", 0
		for j := range s.Workers {
			s.Workers[j].CPU = collector.Rate{}
		}
	}
	s := newScreen(t, 250, 39, f)
	head := strings.Split(s.frame(), "\n")[3]
	for _, title := range []string{"MEM", "REQ/S", "UNIT", "RTT", "CPU"} {
		if strings.Contains(head, title) {
			t.Errorf("%s stands over nothing: %s", title, head)
		}
	}
	for _, title := range []string{"TARGET", "STATE", "PHASE", "WORKERS", "THREADS", "BACKLOG", "RELEASE", "UP", "PUMA"} {
		if !strings.Contains(head, title) {
			t.Errorf("%s is missing: %s", title, head)
		}
	}
}

// lineOf is the line of the frame that begins with a target's name.
func (s *screen) lineOf(id string) string {
	for l := range strings.Lines(s.frame()) {
		if strings.Contains(l, " "+id+" ") {
			return strings.TrimRight(l, "\n")
		}
	}
	return ""
}

// TestUnknownIsNotNought draws a target of which no figure is known: there is no digit in its line.
func TestUnknownIsNotNought(t *testing.T) {
	t.Parallel()
	f := with(production(), "web1/puma", func(s *collector.Snapshot) {
		s.ID, s.Stats.Phase, s.Load, s.History = "blank/puma", puma.Count{}, collector.Load{}, collector.History{}
		f := s.OwnFacts()
		s.Workers, s.Image, f.Release, f.Current, s.Latency, f.Version = nil, collector.Image{}, "", "", 0, puma.Version{}
	})
	s := newScreen(t, 250, 40, f)
	line := s.lineOf("blank/puma")
	if line == "" {
		t.Fatal("the target is not shown")
	}
	// What is left is the two workers that Puma itself lists.
	if digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, line); digits != "2" {
		t.Errorf("digits %q in %q", digits, line)
	}
	if strings.Count(line, unknown) < 4 {
		t.Errorf("what is unknown is not said to be: %q", line)
	}
}

func TestBacklogNamesBothQueues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		backlog, queue puma.Count
		want           string
	}{
		{puma.Of(0), puma.Of(0), "0"},
		{puma.Of(4), puma.Of(0), "4"},
		{puma.Of(4), puma.Of(12), "4+12"},
		{puma.Of(0), puma.Of(12), "0+12"},
		{puma.Of(4), puma.Count{}, "4"},
		{puma.Count{}, puma.Of(3), "–+3"},
		{puma.Count{}, puma.Count{}, "–"},
	} {
		if got := queue(&collector.Load{Backlog: c.backlog, ListenQueue: c.queue}); got != c.want {
			t.Errorf("%v and %v: %q, want %q", c.backlog, c.queue, got, c.want)
		}
	}
}

func TestReleaseChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		running, current string
		w                int
		want             string
	}{
		{"20261121191110", "20261121194902", 31, "20261121191110 → 20261121194902"},
		{"20261121191110", "20261121194902", 30, "…1110→4902"},
		{"20261121191110", "20261121194902", 14, "…1110→4902"},
		{"20261121191110", "20261122194902", 14, "202611211911…≠"},
		{"v1", "v2", 14, "v1 → v2"},
		{"main", "hotfix", 10, "main≠"},
	} {
		got := releaseChange(c.running, c.current, c.w, "→", "≠")
		if got != c.want {
			t.Errorf("%s to %s in %d cells: %q, want %q", c.running, c.current, c.w, got, c.want)
		}
	}
}

// TestOldFigures says how old figures are that are not from now.
func TestOldFigures(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, troubled())
	for id, want := range map[string]string{
		"web4/admin": "stale 14s", "web3/puma": "1m34s old", "web7": "retry in 22s", "web10": "connecting",
	} {
		if line := s.lineOf(id); !strings.Contains(line, want) {
			t.Errorf("%s: %q does not say %q", id, line, want)
		}
	}
	s.send(tickMsg{at: noon.Add(3 * time.Second), generation: s.ticker.generation})
	if line := s.lineOf("web4/admin"); !strings.Contains(line, "stale 17s") {
		t.Errorf("three seconds later: %q", line)
	}
}

// TestReasonWithoutFigures has a fleet of which nothing is known but why: no column of figures, whose place it takes.
func TestReasonWithoutFigures(t *testing.T) {
	t.Parallel()
	f := collector.Fleet{At: noon, Interval: time.Second, Hosts: []collector.HostStatus{{Name: "web6", Err: "no login as deploy", Remedy: "name a key"}}}
	s := newScreen(t, 120, 24, f)
	if line := s.lineOf("web6"); !strings.Contains(line, "unreachable") || !strings.Contains(line, "no login as deploy · name a key") {
		t.Errorf("the reason is not in %q", line)
	}
}

// TestCrashLoopKeepsItsFigures shows what is left, how much is lost, and why, in one line.
func TestCrashLoopKeepsItsFigures(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 160, 40, troubled())
	line := s.lineOf("web2/puma")
	for _, want := range []string{"3→4", "2/3", "9/15", "9+21", "crash loop", "worker 0: at least 36 pids in 9s, none booted"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is missing in %q", want, line)
		}
	}
}

// typedFilter is the filter that the line of that text is.
func typedFilter(text string) query.Filter {
	f, _, _ := query.ParseTyped(text)
	return f
}

// TestLinesMadeBesideTheLoop: the lines that came with a fleet are shown as they are, unless the operator has wanted
// something else since they were begun.
func TestLinesMadeBesideTheLoop(t *testing.T) {
	fleet := without(production(), "web1/puma")
	for _, tc := range []struct {
		name string
		key  string // pressed while the lines were made
		used bool
	}{
		{"nothing changed", "", true},
		{"another line has the cursor", "j", true},
		{"other lines are wanted", "x", false},
		{"another order is wanted", "S", false},
		{"the figures are held still", "p", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScreen(t, 120, 40, production())
			l := s.lens()
			if tc.key != "" {
				s.press(tc.key)
			}
			made, before := l.of(&fleet), s.projected.rows
			s.send(fleetMsg{fleet: fleet, projected: made, lens: l.number})
			if used := &s.projected.rows[0] == &made.rows[0]; used != tc.used {
				t.Errorf("the lines are used: %v", used)
			}
			want := project(&fleet, s.filter, s.problems, s.order).rows
			if !s.pausedAt.IsZero() {
				want = before
			}
			if len(s.projected.rows) != len(want) {
				t.Errorf("%d lines are shown of %d", len(s.projected.rows), len(want))
			}
		})
	}
}

// TestNoLinesWhilePaused: nobody looks at them.
func TestNoLinesWhilePaused(t *testing.T) {
	s := newScreen(t, 120, 40, production())
	s.press("p")
	if made := s.lens().of(ptr(production())); made != nil {
		t.Errorf("%d lines were made", len(made.rows))
	}
}
