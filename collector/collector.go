package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"pumatop/collector/crew"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// Host is one machine, as the collector needs it.
type Host interface {
	Name() string
	Link
	Shell
	Dialer
}

// Link is the connection to a host. Connect makes one attempt, and returns at once where the connection is up. It bounds
// each of its steps itself, and waits without a bound only while a person is asked something.
type Link interface {
	Connect(ctx context.Context) error
	// Waiting is what Connect waits for a person to do, empty where it waits for none.
	Waiting() string
	// Done is closed when the present connection ends; Err says why.
	Done() <-chan struct{}
	// AtEnd calls f in a goroutine of its own when the present connection ends, at once where there is none.
	AtEnd(f func())
	Err() error
	// Suspect asks for a sign of life soon: a poll has timed out.
	Suspect()
	// Notes are what the connection could not take from its configuration, and what that means.
	Notes() []string
	// RetryAfter is the pause before the next attempt, or false where trying again by itself does harm.
	RetryAfter(err error, attempt int) (time.Duration, bool)
}

// Shell runs scripts on a host. What Stream starts dies with the connection.
type Shell interface {
	Run(ctx context.Context, script string) ([]byte, error)
	Stream(ctx context.Context, script string) (io.ReadWriteCloser, error)
}

// Dialer reaches sockets of a host. Explain says why a socket could not be opened, as precisely as the host tells:
// its error wraps ErrNoListener where nothing listens there.
type Dialer interface {
	DialUnix(ctx context.Context, path string) (net.Conn, error)
	DialTCP(ctx context.Context, addr string) (net.Conn, error)
	// DialAbstract is for Linux's socket names without a file, here without their @.
	DialAbstract(ctx context.Context, name string) (net.Conn, error)
	Explain(ctx context.Context, path string, err error) error
}

// ErrNoListener means that a control socket is missing or closed: no Puma accepts there at this moment.
var ErrNoListener = errors.New("nothing listens on the control socket")

// ErrNotConnected means that the connection to the host does not stand: nothing was sent there.
var ErrNotConnected = errors.New("the host is not connected")

// Source is a host to collect from.
type Source struct {
	// Host is told apart from others by ==, see SetSources.
	Host Host
	// Apps and StatePaths limit the host's targets to those names and to the Pumas that wrote those state files; All, or
	// both empty, means every Puma of the host. State files are read beside what the probe finds by itself.
	All        bool
	Apps       []string
	StatePaths []string
	// Units are services of systemd that the host's Pumas run in, where that does not show.
	Units []string
	// Controls are control apps that the operator names, for what the host itself does not show.
	Controls []Control
	// Groups are what the inventory puts the host in. The slice is shared with every snapshot, and never written.
	Groups []string
	// Release, where it is not nil, is called once when the source has gone and nothing uses its Host any more, and
	// not at the end of Run.
	Release func()
}

// Options shape a collector. The zero value is the default.
type Options struct {
	// Interval between two polls of a target; 2 s where it is zero.
	Interval time.Duration
	// OnPanic is told of a panic in one of the collector's goroutines, with its stack; without it the process dies
	// of it, as every Go program does.
	OnPanic func(value any, stack []byte)
}

// DefaultInterval is the pause between two polls of a target.
const DefaultInterval = 2 * time.Second

// Collector polls the Pumas of a fleet for as long as Run runs. Its methods may be called from any goroutine.
type Collector struct {
	store   *store
	script  string // the probe for hosts of which no state file is named: one text for all
	onPanic func(value any, stack []byte)
	running sync.WaitGroup // actors
	crew    *crew.Crew     // for their steps and what is due
	beat    beat

	mu       sync.Mutex
	interval time.Duration
	actors   []*actor
	targets  map[TargetID]*actor
	newest   map[string]chan struct{} // by host: closed when the newest actor of that name has ended
	begin    func(*actor)             // nil where Run does not run
}

// New prepares a collector; nothing is dialled before Run.
func New(sources []Source, o Options) *Collector {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	c := &Collector{store: newStore(o.Interval), script: probe.Script(probe.Want{}), interval: o.Interval,
		targets: map[TargetID]*actor{}, newest: map[string]chan struct{}{}, crew: crew.New(), beat: newBeat(), onPanic: o.OnPanic}
	c.SetSources(sources)
	return c
}

// Run collects until ctx ends, and returns when every goroutine of the collector has ended. Connections are the
// caller's to close.
func (c *Collector) Run(ctx context.Context) error {
	c.mu.Lock()
	c.begin = func(a *actor) { c.start(ctx, a) }
	for _, a := range c.actors {
		c.start(ctx, a)
	}
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	c.begin = nil
	c.mu.Unlock()
	c.running.Wait()
	c.crew.Close()
	return context.Cause(ctx)
}

// size is how many hosts there are.
func (c *Collector) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.actors)
}

// Next waits for a fleet newer than the last one it returned: at most five a second, of a thousand targets half as many;
// the newest wins. It serves one caller.
func (c *Collector) Next(ctx context.Context) (Fleet, error) { return c.store.next(ctx) }

// Fleet is the fleet of this moment.
func (c *Collector) Fleet() Fleet { return c.store.now() }

// Watch returns every snapshot of a target from now on, and polls it fast until the watch is closed.
func (c *Collector) Watch(id TargetID) (*Watch, error) {
	a, err := c.actorOf(id)
	if err != nil {
		return nil, err
	}
	w := &Watch{ready: make(chan struct{}, 1)}
	c.store.mu.Lock()
	if c.store.watchers[id] == nil {
		c.store.watchers[id] = map[*Watch]bool{}
	}
	c.store.watchers[id][w] = true
	c.store.mu.Unlock()
	a.post(func() { a.watched(id, +1) })
	w.release = sync.OnceFunc(func() {
		c.store.mu.Lock()
		delete(c.store.watchers[id], w)
		c.store.mu.Unlock()
		a.post(func() { a.watched(id, -1) })
	})
	if now, err := c.actorOf(id); err != nil || now != a { // it left the fleet meanwhile
		w.Close()
		return nil, fmt.Errorf("watch %s: %w", id, ErrUnwatched)
	}
	return w, nil
}

// Command asks a target's control app for one thing, right after a fresh answer of its own on the same connection
// that ok accepted. A request whose answer was lost may have been carried out: its error is a *puma.MaybeSentError.
func (c *Collector) Command(ctx context.Context, id TargetID, cmd puma.Command, ok func(puma.Stats) error) (puma.Accepted, error) {
	client, err := c.control(ctx, id)
	if err != nil {
		return puma.Accepted{}, err
	}
	return client.CommandIf(ctx, cmd, ok)
}

// Ask asks a target's control app for its figures now, beside the polls. The errors are those of the client, and of
// Command where there is none.
func (c *Collector) Ask(ctx context.Context, id TargetID) (puma.Stats, error) {
	client, err := c.control(ctx, id)
	if err != nil {
		return puma.Stats{}, err
	}
	return client.Stats(ctx)
}

// GCStats asks a target's control app what its garbage collector has done, in the master alone.
func (c *Collector) GCStats(ctx context.Context, id TargetID) (map[string]int64, error) {
	client, err := c.control(ctx, id)
	if err != nil {
		return nil, err
	}
	return client.GCStats(ctx)
}

// control is the client of a target's control app.
func (c *Collector) control(ctx context.Context, id TargetID) (*puma.Client, error) {
	a, err := c.actorOf(id)
	if err != nil {
		return nil, err
	}
	up, client := a.clientOf(id)
	switch {
	case !up:
		return nil, fmt.Errorf("ask %s: %w", id, ErrNotConnected)
	case client == nil:
		return nil, fmt.Errorf("ask %s: %w", id, ErrNoListener)
	}
	return client, nil
}

// guard is deferred by every goroutine of the collector.
func (c *Collector) guard() {
	if c.onPanic == nil {
		return
	}
	if v := recover(); v != nil {
		c.onPanic(v, debug.Stack())
	}
}

// RunOn runs a script on the host of a target and returns what it printed. Unless its error is ErrNotConnected the
// script may have run.
func (c *Collector) RunOn(ctx context.Context, id TargetID, script string) ([]byte, error) {
	a, err := c.actorOf(id)
	if err != nil {
		return nil, err
	}
	if up, _ := a.clientOf(id); !up {
		return nil, fmt.Errorf("run a script for %s: %w", id, ErrNotConnected)
	}
	return a.host.Run(ctx, script)
}

// StreamOn starts a script on the host of a target; it ends with ctx, or when the stream is closed. The errors are those of
// RunOn.
func (c *Collector) StreamOn(ctx context.Context, id TargetID, script string) (io.ReadWriteCloser, error) {
	a, err := c.actorOf(id)
	if err != nil {
		return nil, err
	}
	if up, _ := a.clientOf(id); !up {
		return nil, fmt.Errorf("run a script for %s: %w", id, ErrNotConnected)
	}
	return a.host.Stream(ctx, script)
}

// Log follows the log of a target from its last `past` lines on, until ctx ends. since, unless it is zero, bounds the
// past by time too, by the HOST's clock, which is ours and Snapshot.Offset; see probe.LogScript.
func (c *Collector) Log(ctx context.Context, id TargetID, past int, since time.Time) (<-chan string, error) {
	a, err := c.actorOf(id)
	if err != nil {
		return nil, err
	}
	s, found := c.store.target(id)
	if !found {
		return nil, fmt.Errorf("follow the log of %s: no such target", id)
	}
	stream, err := a.host.Stream(ctx, probe.LogScript(*s.Facts(), s.Facts().Unit, probe.LogQuery{Past: past, Since: since}))
	if err != nil {
		return nil, fmt.Errorf("follow the log of %s: %w", id, err)
	}
	return readLines(ctx, stream), nil
}

// Probe asks for a fresh probe of a target's host; its result comes with a later snapshot, which Probed tells.
func (c *Collector) Probe(id TargetID) {
	if a, err := c.actorOf(id); err == nil {
		a.post(a.probeNow)
	}
}

// Refresh polls and probes everything now, and tries again what waits for a retry, refused logins included.
func (c *Collector) Refresh() {
	for _, a := range c.all() {
		a.post(a.refresh)
	}
}

// SetInterval changes the pause between two polls of a target.
func (c *Collector) SetInterval(d time.Duration) {
	c.store.mu.Lock()
	c.store.interval = d
	c.store.touch()
	c.store.mu.Unlock()
	c.mu.Lock()
	c.interval = d
	c.mu.Unlock()
	for _, a := range c.all() {
		a.post(a.setInterval)
	}
}

func (c *Collector) all() []*actor {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.actors)
}

// Note adds an event to the fleet's time line.
func (c *Collector) Note(e Event) {
	if m, marked := verdictMark(&e); marked {
		c.store.mark(m)
		if a, err := c.actorOf(e.Target); err == nil {
			a.post(func() { a.mark(e.Target, m) })
		}
	}
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.store.note([]Event{e})
}

func (c *Collector) actorOf(id TargetID) (*actor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.targets[id]
	if a == nil {
		return nil, fmt.Errorf("no target %s", id)
	}
	return a, nil
}

// disown takes a target out of the fleet.
func (c *Collector) disown(id TargetID) {
	c.mu.Lock()
	delete(c.targets, id)
	c.mu.Unlock()
	c.store.remove(id)
}

func (c *Collector) own(id TargetID, a *actor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.targets[id] = a
}
