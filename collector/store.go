package collector

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// frameEvery is the least time between two fleets: a screen shows no more, and a slow one never holds up a poll. Each
	// target adds framePerTarget, up to frameLongest: all lines of a large fleet that changed five times a second could not be
	// read, and would be drawn for nobody.
	frameEvery     = 200 * time.Millisecond
	framePerTarget = 200 * time.Microsecond
	frameLongest   = 500 * time.Millisecond
	// keptEvents is how many of the newest events a fleet has at least, once there were so many.
	keptEvents = 5000
)

// store holds the newest snapshot of every target. Pollers put, and never wait for a reader; a reader takes the
// newest fleet and misses what came between. Watchers alone get every snapshot of their target.
type store struct {
	mu       sync.Mutex
	targets  map[TargetID]*Snapshot
	hosts    map[string]*HostStatus
	events   []Event // what is in it never changes, so that fleets share it
	earlier  int     // events that came before those
	watchers map[TargetID]map[*Watch]bool
	totals   historyWatch
	changed  chan struct{} // closed with the next change
	version  uint64
	taken    uint64
	takenAt  time.Time
	interval time.Duration
}

func newStore(interval time.Duration) *store {
	return &store{
		targets: map[TargetID]*Snapshot{}, hosts: map[string]*HostStatus{}, watchers: map[TargetID]map[*Watch]bool{},
		changed: make(chan struct{}), interval: interval,
	}
}

// put takes what one host has to say, and keeps it: nothing of it is written any more.
func (s *store) put(host *HostStatus, snapshots []*Snapshot, events []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[host.Name] = host
	for _, snap := range snapshots {
		s.targets[snap.ID] = snap
		for w := range s.watchers[snap.ID] {
			w.push(snap)
		}
	}
	s.note(events)
}

// remove takes a target out of the fleet, and ends the watches of it.
func (s *store) remove(id TargetID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.targets, id)
	for w := range s.watchers[id] {
		w.end()
	}
	delete(s.watchers, id)
	s.touch()
}

// forget takes a host out of the fleet, and says so.
func (s *store) forget(host string, e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hosts, host)
	s.note([]Event{e})
}

func (s *store) note(events []Event) {
	s.events = append(s.events, events...)
	if over := len(s.events) - keptEvents; over > keptEvents/4 {
		// Into memory of its own: older fleets go on to show what they had.
		s.events, s.earlier = append(make([]Event, 0, keptEvents+keptEvents/2), s.events[over:]...), s.earlier+over
	}
	s.touch()
}

// mark draws what happened to a target into the charts of the fleet.
func (s *store) mark(marks ...Mark) {
	if len(marks) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals.mark(marks...)
}

func (s *store) touch() {
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// pause is the least time between two fleets of so many targets.
func pause(targets int) time.Duration {
	return min(frameEvery+time.Duration(targets)*framePerTarget, frameLongest)
}

// next waits for a fleet that is newer than the last one it returned, and a pause.
func (s *store) next(ctx context.Context) (Fleet, error) {
	for {
		s.mu.Lock()
		version, changed, wait := s.version, s.changed, time.Until(s.takenAt.Add(pause(len(s.targets))))
		if version != s.taken && wait <= 0 {
			v := s.view(time.Now())
			s.taken, s.takenAt = version, v.at
			s.mu.Unlock()
			return s.fleet(v), nil
		}
		s.mu.Unlock()
		if version == s.taken {
			select {
			case <-ctx.Done():
				return Fleet{}, context.Cause(ctx)
			case <-changed:
			}
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return Fleet{}, context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// now is the fleet as it is, without waiting.
func (s *store) now() Fleet {
	s.mu.Lock()
	v := s.view(time.Now())
	s.mu.Unlock()
	return s.fleet(v)
}

// target is the newest snapshot of one target.
func (s *store) target(id TargetID) (Snapshot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, ok := s.targets[id]
	if !ok {
		return Snapshot{}, false
	}
	return *snap, true
}

// view is what a fleet is made of, as it was at one moment.
type view struct {
	at       time.Time
	interval time.Duration
	targets  []*Snapshot
	hosts    []*HostStatus
	events   []Event
	earlier  int
}

// view is called with mu held, and takes no longer than it must: every poll waits for it.
func (s *store) view(now time.Time) view {
	v := view{now, s.interval, make([]*Snapshot, 0, len(s.targets)), make([]*HostStatus, 0, len(s.hosts)), slices.Clip(s.events), s.earlier}
	for _, t := range s.targets {
		v.targets = append(v.targets, t)
	}
	for _, h := range s.hosts {
		v.hosts = append(v.hosts, h)
	}
	return v
}

// fleet sorts and sums a view. It is called without mu.
func (s *store) fleet(v view) Fleet {
	f := Fleet{At: v.at, Interval: v.interval, Targets: v.targets, Hosts: make([]HostStatus, 0, len(v.hosts)), Events: v.events, Earlier: v.earlier}
	slices.SortFunc(f.Targets, bySeverity)
	f.Totals = sum(f.Targets)
	answering := slices.ContainsFunc(f.Targets, (*Snapshot).Current)
	s.mu.Lock()
	f.Totals.History = s.totals.observe(f.Totals.Load, answering, v.at, 2*max(v.interval, historyStep))
	s.mu.Unlock()
	slices.SortFunc(v.hosts, func(a, b *HostStatus) int { return cmp.Compare(a.Name, b.Name) })
	for _, h := range v.hosts {
		f.Hosts = append(f.Hosts, *h)
	}
	return f
}

func bySeverity(a, b *Snapshot) int {
	return cmp.Or(cmp.Compare(a.State.Severity(), b.State.Severity()), cmp.Compare(a.ID, b.ID))
}

// Current reports whether the figures of s may be summed: they are its own poll's, or not yet called old.
func (s *Snapshot) Current() bool {
	switch s.State {
	case Serving, Restarting, CrashLoop, Stuck:
		return !s.Answered.IsZero() && s.At.Sub(s.Answered) < silentAfter
	}
	return false
}

// sum is the totals of targets, without a history.
func sum(targets []*Snapshot) Totals {
	t := Totals{ByState: map[State]int{}}
	releases := map[string]bool{}
	for _, s := range targets {
		t.add(s)
		s.eachRelease(func(r string) { releases[r] = true })
	}
	t.Releases = len(releases)
	t.settle()
	return t
}

func (t *Totals) add(s *Snapshot) {
	t.Targets++
	t.ByState[s.State]++
	if s.State == Serving {
		t.Serving++
	}
	if !s.Current() {
		return
	}
	l := &t.Load
	l.InUse, l.Max = l.InUse.Plus(s.Load.InUse), l.Max.Plus(s.Load.Max)
	l.Backlog, l.ListenQueue = l.Backlog.Plus(s.Load.Backlog), l.ListenQueue.Plus(s.Load.ListenQueue)
	l.Requests = l.Requests.plus(s.Load.Requests)
	if counts(s) {
		t.counting++
		if s.Load.Requests.Known {
			t.rated++
		}
	}
	l.Memory, l.Shared = l.Memory.Plus(s.Load.Memory), l.Shared || s.Load.Shared
}

// counts reports whether the target counts its requests at all: from Puma 5 on.
func counts(s *Snapshot) bool {
	for i := range s.Workers {
		if s.Workers[i].Pool.RequestsCount.Known {
			return true
		}
	}
	return false
}

// settle drops the sum of the rates while more than a tenth of the targets that count have none yet: it would rise as
// they come in, and pass for a load that does.
func (t *Totals) settle() {
	if t.rated*10 < t.counting*9 {
		t.Load.Requests = Rate{}
	}
}

// Watch gets every snapshot of one target from the moment it is made, and makes its polls fast until it is closed.
type Watch struct {
	mu      sync.Mutex
	queue   []*Snapshot
	over    bool // nothing more comes
	ready   chan struct{}
	release func()
}

// ErrUnwatched is the end of a watch whose target has left the fleet. Another host may have its name by then, with a Puma of
// the same name: what that does is nothing of the target's.
var ErrUnwatched = errors.New("it is no longer watched: its host was taken out of the configuration, or is reached in another way now")

// end lets the watch say that nothing more comes, once what has come is read.
func (w *Watch) end() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

func (w *Watch) push(s *Snapshot) {
	w.mu.Lock()
	w.queue = append(w.queue, s)
	w.mu.Unlock()
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// Next returns the oldest snapshot that was not returned yet, waiting for one where there is none.
func (w *Watch) Next(ctx context.Context) (Snapshot, error) {
	for {
		w.mu.Lock()
		if len(w.queue) > 0 {
			s := w.queue[0]
			w.queue = w.queue[1:]
			w.mu.Unlock()
			return *s, nil
		}
		over := w.over
		w.mu.Unlock()
		if over {
			return Snapshot{}, ErrUnwatched
		}
		select {
		case <-ctx.Done():
			return Snapshot{}, context.Cause(ctx)
		case <-w.ready:
		}
	}
}

// Over reports whether nothing more comes, as of ErrUnwatched.
func (w *Watch) Over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// Close ends the watch.
func (w *Watch) Close() { w.release() }
