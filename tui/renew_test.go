package tui

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/query"
)

// fate lets a fleet go on at random: snapshots and hosts are replaced, never written.
type fate struct {
	*rand.Rand
	gone []*collector.Snapshot
}

// after is the fleet after f: some targets have other figures, states, releases or versions, some go and some come back.
func (r *fate) after(f collector.Fleet) collector.Fleet {
	targets := slices.Clone(f.Targets)
	for range []int{0, 1, 2, r.Intn(len(targets) + 1)}[r.Intn(4)] {
		i := r.Intn(len(targets))
		s := *targets[i]
		s.At = s.At.Add(time.Second)
		r.change(&s)
		targets[i] = &s
	}
	if r.Intn(4) == 0 && len(targets) > 3 {
		i := r.Intn(len(targets))
		r.gone = append(r.gone, targets[i])
		targets = slices.Delete(targets, i, i+1)
	}
	if r.Intn(4) == 0 && len(r.gone) > 0 {
		targets = append(targets, r.gone[0])
		r.gone = r.gone[1:]
	}
	if r.Intn(3) > 0 { // else they come in whatever order
		slices.SortStableFunc(targets, func(a, b *collector.Snapshot) int { return a.State.Severity() - b.State.Severity() })
	}
	f.Targets, f.Hosts, f.At = targets, slices.Clone(f.Hosts), f.At.Add(time.Second)
	f = f.Of(targets, f.Hosts)
	for i := range f.Hosts {
		h := &f.Hosts[i]
		h.Pumas = 0
		for _, s := range targets {
			if s.Host == h.Name {
				h.Pumas++
			}
		}
		if r.Intn(5) == 0 {
			h.Connected, h.Err = r.Intn(2) == 0, ""
			if !h.Connected {
				h.Err = "it does not answer"
			}
		}
	}
	return f
}

func (r *fate) change(s *collector.Snapshot) {
	switch r.Intn(8) {
	case 0:
		s.State = query.States()[r.Intn(9)]
	case 1:
		s.Load.Backlog = puma.Of(int64(r.Intn(3)))
	case 2:
		s.Load.InUse = puma.Count{N: int64(r.Intn(20)), Known: r.Intn(5) > 0}
	case 3:
		s.Workers = slices.Clone(s.Workers)
		for i := range s.Workers {
			s.Workers[i].Release = []string{"", oldRelease, newRelease, "/srv/shop/releases/3"}[r.Intn(4)]
		}
	case 4:
		s.Stats.Puma = []string{"", "6.6.1", "8.0.2-with-a-long-name"}[r.Intn(3)]
	case 5:
		s.App = []string{"puma", "admin"}[r.Intn(2)]
		s.Groups = []string{"front", "of the whole house"}[:r.Intn(3)]
	case 6:
		s.Load.Requests = collector.Rate{PerSecond: r.Float64() * 100, Known: true}
	default: // it was asked again and is as it was
	}
}

// allOf is all that lines say, without the pointers that lines made from nothing cannot share.
func allOf(p *projection) string {
	text := fmt.Sprintln(p.by, p.hidden, p.problems, p.present, p.wide, p.idWidth, p.releaseWidth, p.releaseShort, p.lines, p.worst.weight, p.worst.much)
	rows := func(rows []*row) {
		for _, r := range rows {
			text += fmt.Sprintln(r.id, r.state, r.running, r.current, r.releases, r.fresh, r.wanted, r.old, r.missing, r.odd, r.problem, r.weight, r.much,
				r.idWidth, r.releaseFull, r.releaseShort, fmt.Sprintf("%p", r.target))
			if r.host != nil {
				text += fmt.Sprintln(*r.host)
			}
		}
	}
	rows(p.rows)
	rows(p.all)
	if p.worst.of != nil {
		text += fmt.Sprintln(p.worst.of.id)
	}
	for i := range p.sections {
		s := &p.sections[i]
		text += fmt.Sprintln(s.key, s.name, s.folded, s.members, s.all, s.by, s.workers, s.targets, s.version, s.worst.weight, s.sums.running, s.sums.releases, s.sums.target.Load, *s.sums.tails)
	}
	return text
}

// TestLinesTakenOver: whatever happens to a fleet and whatever is wanted to be seen of it, the lines of which most were taken over
// from those before are what they would be if they were made from nothing.
func TestLinesTakenOver(t *testing.T) {
	t.Parallel()
	fleets := map[string]func() collector.Fleet{
		"troubled": troubled, "many": func() collector.Fleet { return inGroups(many(40, 2)) }, "production": func() collector.Fleet { return inGroups(production()) },
	}
	for name, first := range fleets {
		for seed := range int64(12) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				t.Parallel()
				r := &fate{Rand: rand.New(rand.NewSource(seed))}
				s := newScreen(t, 160, 40, first())
				for step := range 60 {
					f, l := r.after(s.fleet.latest), s.lens()
					shared := l.before.all
					was := allOf(l.before)
					if r.Intn(3) == 0 { // while the lines are made
						s.press([]string{"x", "S", "o", "Z", "z", "j", "p", "space", "R", "G"}[r.Intn(10)])
					}
					if r.Intn(6) == 0 {
						s.filter = typedFilter([]string{"", "web1", "backlog>0", "!serving", "group:front", "release:old", "puma:6"}[r.Intn(7)])
						s.reproject()
					}
					if r.Intn(8) == 0 {
						s.order = ordering{by: query.Columns()[r.Intn(len(query.Columns()))].ID, reverse: r.Intn(2) == 0}
						s.chosen = [][]columnID{nil, {colTarget, colApp, colMode}, everyColumn()}[r.Intn(3)]
						s.reproject()
					}
					s.send(fleetMsg{fleet: f, projected: l.of(&f), lens: l.number})
					now := s.lens()
					now.before = nil
					want := now.project(&s.fleet.shown)
					if got, want := allOf(&s.projected), allOf(&want); got != want {
						t.Fatalf("step %d, %+v:\n%s\nfrom nothing:\n%s", step, s.order, got, want)
					}
					if again := allOf(l.before); again != was || !slices.Equal(shared, l.before.all) {
						t.Fatalf("step %d: lines that were made before were written:\n%s\n%s", step, was, again)
					}
				}
			})
		}
	}
}

// TestRowsAreTakenOver: what has not changed is not made again, and is the same row.
func TestRowsAreTakenOver(t *testing.T) {
	t.Parallel()
	f := many(50, 2)
	s := newScreen(t, 160, 40, f)
	l := s.lens()
	later := f
	later.Targets = slices.Clone(f.Targets)
	for _, i := range []int{3, 17} {
		s := *f.Targets[i]
		later.Targets[i] = &s
	}
	made := l.project(&later)
	for i, r := range made.all {
		if taken := r == l.before.all[i]; taken == (i == 3 || i == 17) {
			t.Errorf("row %d is taken over: %v", i, taken)
		}
	}
}

// TestOddUntilTheOthersGo: how a row stands to the rest of its app changes with the rest.
func TestOddUntilTheOthersGo(t *testing.T) {
	t.Parallel()
	shop := func(host, version string) collector.Snapshot {
		return sample{host, "shop", collector.Serving, version, 0, []int{1}, 5, 0, 0, 1, newRelease, newRelease, puma.Yes, false}.snapshot()
	}
	f := fleetOf(shop("web1", "6.6.1"), shop("web2", "6.6.1"), shop("web3", "8.0.2"))
	s := newScreen(t, 160, 40, f)
	l := s.lens()
	f.Targets = f.Targets[2:]
	f.Hosts = f.Hosts[2:]
	if was, is := s.projected.all[2].odd.version, l.project(&f).all[0].odd.version; was != odd || is != usual {
		t.Errorf("it stood out as %d, and does as %d", was, is)
	}
}

// TestMeasuredColumns: there is a place for each among the written columns, and for all in a set.
func TestMeasuredColumns(t *testing.T) {
	t.Parallel()
	for id := range columnCount {
		if fleetColumns[id].measured() && id < firstWritten || !columnSet(1<<id).with(id) {
			t.Errorf("%s has no place", fleetColumns[id].Title())
		}
	}
}

// aFifth are fleets that follow one another, the first after the last: in each a fifth of the targets was asked again.
func aFifth(f collector.Fleet) []collector.Fleet {
	was := f.Targets
	fleets := make([]collector.Fleet, 10)
	for n := range fleets {
		f.Targets = slices.Clone(f.Targets)
		for i := n % 5; i < len(was); i += 5 {
			s := *was[i]
			if n < 5 {
				s.Load.InUse.N = (s.Load.InUse.N + 7 + int64(i%20)) % 60
			}
			f.Targets[i] = &s
		}
		fleets[n] = f
	}
	return append(fleets[:9], f)
}

// BenchmarkFifth makes the lines of fleets of which a fifth has changed: from nothing, and from the lines before.
func BenchmarkFifth(b *testing.B) {
	for _, c := range []struct {
		name  string
		order query.ID
		by    grouping
	}{{"plain", query.State, ungrouped}, {"busy", query.Threads, ungrouped}, {"groups", query.State, byGroup}} {
		for _, taken := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/taken=%v", c.name, taken), func(b *testing.B) {
				s := grouped1000(b, c.by)
				s.order.by = c.order
				fleets := aFifth(s.fleet.shown)
				s.reproject()
				p := s.projected
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					l := s.lens()
					l.before = nil
					if taken {
						before := p
						l.before = &before
					}
					p = l.project(&fleets[i%len(fleets)])
				}
			})
		}
	}
}
