package collector

import (
	"cmp"
	"maps"
	"slices"
)

// standings are the newest snapshots in the order of a fleet, with what its sums need of each. They are kept between
// fleets: of a thousand targets nearly all go on to stand where they stood.
type standings struct {
	places map[TargetID]*place
	order  []*place
	// states and releases count the targets that are in one and run one. byState is states as fleets have it, nil where that
	// is no longer so.
	states, byState map[State]int
	releases        map[string]int
}

// place is that of one target. All but snap follows from that.
type place struct {
	snap              *Snapshot
	severity          int
	current, counting bool // as Current and counts say
	releases          []string
}

func newStandings() standings {
	return standings{places: map[TargetID]*place{}, states: map[State]int{}, releases: map[string]int{}}
}

// put takes a snapshot in place of the one before of its target.
func (s *standings) put(snap *Snapshot) {
	p := s.places[snap.ID]
	if p == nil {
		p = &place{}
		s.places[snap.ID] = p
	} else if p.snap.State != snap.State {
		s.leave(p)
	}
	if p.snap == nil || p.snap.State != snap.State {
		p.snap, p.severity = snap, snap.State.Severity()
		s.enter(p)
	}
	p.snap, p.current, p.counting = snap, snap.Current(), counts(snap)
	s.runs(p)
}

// remove takes a target out.
func (s *standings) remove(id TargetID) {
	p := s.places[id]
	if p == nil {
		return
	}
	s.leave(p)
	delete(s.places, id)
	s.count(p.releases, -1)
}

func (s *standings) enter(p *place) {
	at, _ := s.find(p)
	s.order = slices.Insert(s.order, at, p)
	s.states[p.snap.State]++
	s.byState = nil
}

func (s *standings) leave(p *place) {
	at, _ := s.find(p)
	s.order = slices.Delete(s.order, at, at+1)
	if s.states[p.snap.State]--; s.states[p.snap.State] == 0 {
		delete(s.states, p.snap.State)
	}
	s.byState = nil
}

// find is where p stands, or is to.
func (s *standings) find(p *place) (at int, there bool) {
	return slices.BinarySearchFunc(s.order, p, func(a, b *place) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(a.snap.ID, b.snap.ID))
	})
}

// runs notes which releases a target runs now.
func (s *standings) runs(p *place) {
	var few [4]string
	now := few[:0]
	p.snap.eachRelease(func(r string) {
		if !slices.Contains(now, r) {
			now = append(now, r)
		}
	})
	if !slices.Equal(now, p.releases) {
		s.count(p.releases, -1)
		p.releases = slices.Clone(now)
		s.count(p.releases, 1)
	}
}

func (s *standings) count(releases []string, by int) {
	for _, r := range releases {
		if s.releases[r] += by; s.releases[r] == 0 {
			delete(s.releases, r)
		}
	}
}

// targets are the snapshots in the order of a fleet.
func (s *standings) targets() []*Snapshot {
	out := make([]*Snapshot, len(s.order))
	for i, p := range s.order {
		out[i] = p.snap
	}
	return out
}

// totals are what sum makes of the targets, and whether the figures of any are current.
func (s *standings) totals() (t Totals, answering bool) {
	if s.byState == nil {
		s.byState = maps.Clone(s.states)
	}
	t = Totals{Targets: len(s.order), Serving: s.states[Serving], ByState: s.byState, Releases: len(s.releases)}
	for _, p := range s.order {
		if p.current {
			t.load(&p.snap.Load, p.counting)
			answering = true
		}
	}
	t.settle()
	return t, answering
}

// hostList is how pumatop stands with the hosts, by name. Fleets share it until one of them changes.
type hostList struct {
	hosts  []HostStatus
	shared bool
}

func (l *hostList) put(h HostStatus) {
	at, there := l.find(h.Name)
	switch {
	case !there:
		l.own()
		l.hosts = slices.Insert(l.hosts, at, h)
	case !l.hosts[at].same(&h):
		l.own()
		l.hosts[at] = h
	}
}

func (l *hostList) remove(name string) {
	if at, there := l.find(name); there {
		l.own()
		l.hosts = slices.Delete(l.hosts, at, at+1)
	}
}

func (l *hostList) find(name string) (at int, there bool) {
	return slices.BinarySearchFunc(l.hosts, name, func(h HostStatus, name string) int { return cmp.Compare(h.Name, name) })
}

// own makes the list one that no fleet has.
func (l *hostList) own() {
	if l.shared {
		l.hosts, l.shared = slices.Clone(l.hosts), false
	}
}

// share is the list for a fleet.
func (l *hostList) share() []HostStatus {
	l.shared = true
	return slices.Clip(l.hosts)
}

// same reports that h says what o says.
func (h *HostStatus) same(o *HostStatus) bool {
	return h.Name == o.Name && slices.Equal(h.Groups, o.Groups) && h.Connected == o.Connected && h.Asked == o.Asked &&
		h.Err == o.Err && h.Remedy == o.Remedy && h.Stage == o.Stage && h.Retry.Equal(o.Retry) && h.Waiting == o.Waiting &&
		slices.Equal(h.Notes, o.Notes) && h.Pumas == o.Pumas
}
