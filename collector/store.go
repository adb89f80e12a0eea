package collector

import (
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
	framePerTarget = 300 * time.Microsecond
	frameLongest   = 500 * time.Millisecond
	// keptEvents is how many of the newest events a fleet has at least, once there were so many.
	keptEvents = 5000
)

// store holds the newest snapshot of every target. Pollers put, and never wait for a reader; a reader takes the
// newest fleet and misses what came between. Watchers alone get every snapshot of their target.
type store struct {
	mu       sync.Mutex
	targets  standings
	hosts    hostList
	events   []Event // what is in it never changes, so that fleets share it
	earlier  int     // events that came before those
	watchers map[TargetID]map[*Watch]bool
	totals   historyWatch
	changed  chan struct{} // closed with the next change; nil where nobody waits for it
	version  uint64
	taken    uint64
	takenAt  time.Time
	interval time.Duration
}

func newStore(interval time.Duration) *store {
	return &store{
		targets: newStandings(), hosts: hostList{hosts: []HostStatus{}}, watchers: map[TargetID]map[*Watch]bool{}, interval: interval,
	}
}

// put takes what one host has to say.
func (s *store) put(host HostStatus, snapshots []*Snapshot, events []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts.put(host)
	for _, snap := range snapshots {
		s.targets.put(snap)
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
	s.targets.remove(id)
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
	s.hosts.remove(host)
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
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// pause is the least time between two fleets of so many targets.
func pause(targets int) time.Duration {
	return min(frameEvery+time.Duration(targets)*framePerTarget, frameLongest)
}

// next waits for a fleet that is newer than the last one it returned, and a pause.
func (s *store) next(ctx context.Context) (Fleet, error) {
	for {
		s.mu.Lock()
		wait := time.Until(s.takenAt.Add(pause(len(s.targets.order))))
		if s.version != s.taken && wait <= 0 {
			f := s.fleet(time.Now())
			s.taken, s.takenAt = s.version, f.At
			s.mu.Unlock()
			return f, nil
		}
		if s.version == s.taken {
			changed := s.change()
			s.mu.Unlock()
			select {
			case <-ctx.Done():
				return Fleet{}, context.Cause(ctx)
			case <-changed:
			}
			continue
		}
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return Fleet{}, context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// change is closed with the next change. It is called with mu held.
func (s *store) change() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// now is the fleet as it is, without waiting.
func (s *store) now() Fleet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fleet(time.Now())
}

// target is the newest snapshot of one target.
func (s *store) target(id TargetID) (Snapshot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.targets.places[id]
	if !ok {
		return Snapshot{}, false
	}
	return *p.snap, true
}

// fleet is called with mu held, and takes no longer than it must: every poll waits for it.
func (s *store) fleet(now time.Time) Fleet {
	f := Fleet{At: now, Interval: s.interval, Targets: s.targets.targets(), Hosts: s.hosts.share(), Events: slices.Clip(s.events), Earlier: s.earlier}
	totals, answering := s.targets.totals()
	totals.History = s.totals.observe(totals.Load, answering, now, 2*max(s.interval, historyStep))
	f.Totals = totals
	return f
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
