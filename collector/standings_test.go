package collector

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// plainStore is a fleet that is made from nothing each time.
type plainStore struct {
	targets map[TargetID]*Snapshot
	hosts   map[string]HostStatus
}

func (p *plainStore) fleet() (targets []*Snapshot, hosts []HostStatus, totals Totals) {
	for _, s := range p.targets {
		targets = append(targets, s)
	}
	slices.SortFunc(targets, func(a, b *Snapshot) int {
		return cmp.Or(cmp.Compare(a.State.Severity(), b.State.Severity()), cmp.Compare(a.ID, b.ID))
	})
	for _, h := range p.hosts {
		hosts = append(hosts, h)
	}
	slices.SortFunc(hosts, func(a, b HostStatus) int { return cmp.Compare(a.Name, b.Name) })
	return targets, hosts, sum(targets)
}

// anyState is also one that no target has, and the zero one: they sort with those that serve.
func anyState(random *rand.Rand) State {
	states := [...]State{CrashLoop, Stuck, NotRunning, Unreachable, NoControl, Stale, Restarting, Connecting, Serving, Serving, Serving, Serving, "", "other"}
	return states[random.IntN(len(states))]
}

// anySnapshot has figures that no other has, and releases that some have.
func anySnapshot(random *rand.Rand, id TargetID) *Snapshot {
	count := func(n int) puma.Count {
		if random.IntN(6) == 0 {
			return puma.Count{}
		}
		return puma.Of(random.IntN(n))
	}
	s := &Snapshot{ID: id, State: anyState(random), At: noon, Answered: noon.Add(-time.Duration(random.IntN(40)) * time.Second)}
	s.Load = Load{InUse: count(5), Max: count(5), Backlog: count(9), ListenQueue: count(9), Memory: count(1 << 30), Shared: random.IntN(9) == 0,
		Requests: Rate{random.Float64() * 1000, random.IntN(30) > 0}}
	if random.IntN(9) == 0 {
		s.Answered = time.Time{}
	}
	for range random.IntN(7) {
		w := Worker{Worker: &puma.Worker{Pool: puma.Pool{RequestsCount: count(9)}}}
		if random.IntN(4) > 0 {
			w.Release = fmt.Sprint("/r/", random.IntN(40))
		}
		s.Workers = append(s.Workers, w)
	}
	if random.IntN(5) == 0 {
		s.OwnFacts().Release = fmt.Sprint("/r/", random.IntN(60))
	}
	return s
}

// TestFleetsAreWhatIsThere: whatever is put and removed, order and sums are those of a fleet made from nothing, and a fleet that
// was handed out stays as it was.
func TestFleetsAreWhatIsThere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 4))
		s := newStore(time.Second)
		plain := plainStore{map[TargetID]*Snapshot{}, map[string]HostStatus{}}
		type made struct {
			fleet, copied Fleet
		}
		var earlier []made
		for step := range 400 {
			host := HostStatus{Name: fmt.Sprint("web", random.IntN(40)), Pumas: random.IntN(3), Connected: random.IntN(3) > 0}
			switch random.IntN(12) {
			case 0:
				s.forget(host.Name, Event{})
				delete(plain.hosts, host.Name)
			case 1:
				id := TargetID(host.Name + "/puma")
				s.remove(id)
				delete(plain.targets, id)
			default:
				var snapshots []*Snapshot
				for n := range random.IntN(3) {
					snap := anySnapshot(random, TargetID(host.Name+"/"+[]string{"puma", "other"}[n]))
					snapshots, plain.targets[snap.ID] = append(snapshots, snap), snap
				}
				s.put(host, snapshots, nil)
				plain.hosts[host.Name] = host
			}
			if random.IntN(3) > 0 {
				continue
			}
			f := s.now()
			targets, hosts, totals := plain.fleet()
			f.Totals.History = History{}
			if !slices.Equal(f.Targets, targets) || !slices.EqualFunc(f.Hosts, hosts, func(a, b HostStatus) bool { return reflect.DeepEqual(a, b) }) {
				t.Fatalf("seed %d, step %d: %d targets and %d hosts, want %d and %d, or others", seed, step, len(f.Targets), len(f.Hosts), len(targets), len(hosts))
			}
			if !reflect.DeepEqual(f.Totals, totals) {
				t.Fatalf("seed %d, step %d:\n%+v, want\n%+v", seed, step, f.Totals, totals)
			}
			copied := f
			copied.Targets, copied.Hosts, copied.Totals = slices.Clone(f.Targets), slices.Clone(f.Hosts), totals
			earlier = append(earlier, made{f, copied})
		}
		for _, m := range earlier {
			if !reflect.DeepEqual(m.fleet.Hosts, m.copied.Hosts) || !slices.Equal(m.fleet.Targets, m.copied.Targets) || !reflect.DeepEqual(m.fleet.Totals, m.copied.Totals) {
				t.Fatalf("seed %d: a fleet that was handed out has changed", seed)
			}
		}
	}
}

// BenchmarkFleetFromNothing is what TestFleetsAreWhatIsThere compares with, for BenchmarkFleetAfterPolls.
func BenchmarkFleetFromNothing(b *testing.B) {
	plain := plainStore{map[TargetID]*Snapshot{}, map[string]HostStatus{}}
	for n := range 1000 {
		t := benchTrack(n)
		pollOnce(b, newStore(time.Second), t, new(answers).at(0), noon)
		plain.targets[t.id], plain.hosts[t.host] = t.shown, HostStatus{Name: t.host, Connected: true, Asked: true, Pumas: 1}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, totals := plain.fleet(); totals.Serving != 1000 {
			b.Fatal(totals.Serving)
		}
	}
}
