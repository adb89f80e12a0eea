package collector

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

const (
	probeTimeout = 20 * time.Second
	pollTimeout  = 5 * time.Second
	// fastInterval is the pause between polls while a restart is in flight or somebody watches.
	fastInterval = 250 * time.Millisecond
	// probeInterval is the pause between probes; probeSoonest the least between two, whatever happens.
	probeInterval = 30 * time.Second
	probeSoonest  = time.Second
	// idleProbe is the pause while a target of the host has no process: systemd may start it at any time.
	idleProbe = 5 * time.Second
	// slowAfter is how many polls may fail before a socket is asked only every slowInterval: sshd logs each refusal.
	slowAfter    = 30
	slowInterval = 30 * time.Second
	// goodFor is how long a connection must last for the next attempt to count as the first.
	goodFor = time.Minute
	// agingTick is how often a target that does not answer gets a new snapshot, so that its age is seen to grow, and
	// whoever watches one without a control app sees the time pass.
	agingTick = time.Second
)

// actor owns everything of one host. It has no goroutine of its own, of which a fleet would have a thousand: whatever
// happens takes a step, which holds mu, touches the fields, waits for nothing, and sets the clock for the next one. What
// takes time is work that a step makes due. It runs in the goroutine that took the step, or beside it, without mu, and what
// comes of it is another step.
type actor struct {
	c        *Collector
	source   Source
	host     Host
	interval time.Duration
	gone     chan struct{} // closed when nothing of it runs any more, and the fleet is without it where it was dismissed
	running  sync.WaitGroup

	// leave ends it; it is nil before Run and guarded by the collector's mu. after is the end of another of that name.
	leave          context.CancelFunc
	after          <-chan struct{}
	late, replaces bool // it came while Run ran; one of that name was there
	dismissed      atomic.Bool
	news           atomic.Pointer[Source]

	mu    sync.Mutex      // guards all that follows
	life  context.Context // nil before it begins
	ended bool
	early []func() // steps that were asked for before it began
	due   []work   // made by the step that is being taken
	clock *time.Timer

	up, connecting bool
	session        context.Context
	endSession     context.CancelFunc
	upSince        time.Time
	waiting        string // what the attempt waits for, as published
	attempt        int    // failures in a row; a connection that ended soon is one, too
	retry          time.Time
	err            error // of the newest attempt, nil once it is up
	asked          bool  // the first attempt and, if it succeeded, the first probe have ended

	probing, again  bool // again: a probe was asked for while one was under way
	probed, probeAt time.Time
	unprobed        error // why the newest probe told nothing
	notes           []probe.Note
	found           []string    // names of all Pumas on the host, the source's own or not
	secrets         []secret    // of the source's controls, in their order
	names           probe.Names // so that a target keeps its name while pumatop runs
	sampler         *sampler
	sampling        bool
	sampleAt, pssAt time.Time
	tracks          map[string]*tracked
	agedAt          time.Time
}

// tracked is a target with its poller's state.
type tracked struct {
	*track
	client  *puma.Client
	control puma.Address
	token   puma.Token
	polling bool
	spread  bool          // its polls have found their moment within the interval
	share   time.Duration // that moment
	due     time.Time
	failed  int // polls in a row
	// explained is whether pollErr is what the host said of its socket rather than the SSH server.
	explained bool
	watched   int
	shown     *Snapshot // never nil: the newest published one: events are what differs from it
}

// clientOf is the client of a target's control app at this moment, nil where there is none; up is whether the host is
// connected.
func (a *actor) clientOf(id TargetID) (up bool, client *puma.Client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || !a.up {
		return false, nil
	}
	for _, t := range a.tracks {
		if t.id == id {
			return true, t.client
		}
	}
	return true, nil
}

func newActor(c *Collector, s Source, interval time.Duration) *actor {
	return &actor{c: c, source: s, host: s.Host, interval: interval, gone: make(chan struct{}), tracks: map[string]*tracked{}}
}

// connect makes one attempt. It has no time of its own: the host bounds each step, and a person who is asked something
// may be at lunch.
func (a *actor) connect() {
	a.connecting = true
	life := a.life
	a.spawn(func() func() {
		err := a.host.Connect(life)
		return func() { a.connected(err, time.Now()) }
	})
}

func (a *actor) connected(err error, now time.Time) {
	a.connecting = false
	if err != nil {
		a.asked = true
		a.lost(err, now)
		return
	}
	wasLost := a.err != nil
	a.up, a.upSince, a.err, a.retry = true, now, nil, time.Time{}
	a.session, a.endSession = context.WithCancel(context.Background())
	a.host.AtEnd(func() { a.take(a.ifDown) })
	a.probeAt, a.sampleAt = now, now
	for _, t := range a.tracks {
		t.up(true, nil, time.Time{})
		t.due = now
	}
	if wasLost && len(a.tracks) > 0 {
		a.c.Note(hostEvent(a.host.Name(), HostBack, now, "connected again"))
	}
	a.publish()
}

// lost closes the books of a connection, or of an attempt at one, and sets the time of the next.
func (a *actor) lost(err error, now time.Time) {
	if err == nil {
		err = errors.New("the connection ended")
	}
	wasUp := a.up
	if wasUp && now.Sub(a.upSince) >= goodFor {
		a.attempt = 0
	}
	a.hangUp()
	if wasUp {
		a.c.Note(hostEvent(a.host.Name(), HostLost, now, failure(Unreachable, err).reason))
	}
	a.err, a.retry = err, time.Time{}
	if pause, again := a.host.RetryAfter(err, a.attempt); again {
		a.retry = now.Add(pause)
	}
	a.attempt++
	for _, t := range a.tracks {
		t.up(false, err, a.retry)
	}
	a.publish(a.snapshots(now)...)
}

func (a *actor) hangUp() {
	if a.endSession != nil {
		a.endSession()
	}
	if a.sampler != nil {
		a.sampler.close()
		a.sampler = nil
	}
	a.up, a.probing, a.again, a.sampling = false, false, false, false
	for _, t := range a.tracks {
		t.polling, t.explained = false, false
	}
}

func (a *actor) snapshots(now time.Time) []*Snapshot {
	out := make([]*Snapshot, 0, len(a.tracks))
	for _, t := range a.tracks {
		out = append(out, t.snapshot(now, a.interval))
	}
	return out
}

// publish stores how the host stands and the snapshots that are new, with the events that follow from them.
func (a *actor) publish(snapshots ...*Snapshot) {
	var events []Event
	for _, s := range snapshots {
		t := a.tracks[s.App]
		happened := changes(t.shown, s)
		events = append(events, happened...)
		marks := marksOf(t.shown, s, happened)
		s.History = t.history.mark(marks...)
		a.c.store.mark(marks...)
		t.shown = s
	}
	status := a.status()
	a.waiting = status.Waiting
	a.c.store.put(status, snapshots, events)
}

// mark draws what others judged of a target into its charts, from its next snapshot on.
func (a *actor) mark(id TargetID, m Mark) {
	for _, t := range a.tracks {
		if t.id == id {
			t.history.mark(m)
		}
	}
}

func (a *actor) refresh() {
	now := time.Now()
	if !a.up {
		a.retry = now
	}
	a.probeAt, a.again = now, a.probing
	for _, t := range a.tracks {
		t.due = now
	}
}

func (a *actor) probeNow() {
	a.probeAt = later(time.Now(), a.probed.Add(probeSoonest))
	a.again = a.probing
}

// setInterval takes the interval that holds by now: of two that were posted, the later one may be taken first.
func (a *actor) setInterval() {
	a.c.mu.Lock()
	a.interval = a.c.interval
	a.c.mu.Unlock()
	for _, t := range a.tracks {
		t.due, t.spread = time.Now(), false
	}
}

func (a *actor) watched(id TargetID, by int) {
	for _, t := range a.tracks {
		if t.id == id {
			t.watched += by
			t.due = time.Now()
		}
	}
	a.probeWatched()
}

// wants reports whether the source asks for a Puma. A target that was taken once stays one while its Puma is down.
func (a *actor) wants(p probe.Puma) bool { return a.tracks[p.App] != nil || a.source.wants(p) }
