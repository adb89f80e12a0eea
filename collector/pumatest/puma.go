package pumatest

import (
	"fmt"
	"net"
	"time"

	"pumatop/collector/puma"
)

// Puma is one simulated Puma with its unit: a master and its worker processes, or the one process of single mode.
// It is safe for use by several goroutines.
type Puma struct {
	t    *timeline
	c    Config
	host *Host // nil for a Puma by itself
	site *site
	log  *journal
	unit unit

	// v is the version of the running image; a full restart may bring another.
	v     puma.Version
	image int // counts executions, so that what an earlier image had planned does not happen in a later one
	life  life
	pid   int
	// forked is when the process began (an exec keeps it), began when this image's runner was made.
	forked, began time.Time
	// opened is when this image's control server and workers began; the five-second ticks of old Pumas count from it.
	opened   time.Time
	release  string // the master's directory
	tag      string
	token    string
	stamp    string // one writing of the state file
	state    string // its text
	statePID int    // the pid in it
	titled   bool   // the process calls itself puma: before that its image is only starting
	control  bool   // the control server accepts
	fault    Fault
	impostor func(net.Conn) // answers in its place
	bound    bool           // the socket of the application is held: through a full restart, too

	phase   int
	want    int // workers there should be: TTIN and TTOU move it
	workers []*worker
	leaving time.Time // since when workers leave for a full restart or a stop; zero otherwise
	then    func()    // what follows when the last has left
	lone    *worker   // the one process's thread pool in single mode

	reforks  bool          // whether the newest phase is a refork's
	frozen   chan struct{} // closed when a frozen master goes on; nil while it runs
	deferred []func()      // what a frozen master has not got round to
	gate     chan struct{} // the one thread of the control server
	ponders  time.Duration // before each of its answers
	load     load
	lost     int
	gcs      int // garbage collections that were asked for
	silences int // counts what cancels a watchdog's time
}

// life is where an image stands.
type life int

const (
	down    life = iota // no process
	booting             // executed, nothing answers yet
	up
)

// NewPuma makes a Puma that has been running for Config.Uptime, or not at all where Config says so. Its seed decides
// everything that is left to chance.
func NewPuma(c Config, seed uint64) *Puma {
	return newPuma(newTimeline(seed), c)
}

func newPuma(t *timeline, c Config) *Puma {
	c = c.withDefaults()
	p := &Puma{t: t, c: c, log: &journal{}, gate: make(chan struct{}, 1)}
	p.site = newSite(c.App, c.Releases, t.now)
	p.unit = unit{active: "inactive", sub: "dead", result: "success"}
	p.load = newLoad(c.Load, t)
	current := p.site.current
	moved := t.now.Add(-c.Uptime - time.Minute)
	if current != c.Running {
		moved = t.now.Add(-waitingSince)
	}
	p.site.current = c.Running
	switch {
	case c.Stopped:
	case c.Uptime > 0:
		p.settle()
	default:
		p.start()
	}
	p.site.current, p.site.moved = current, moved
	return p
}

// settle boots a Puma of some age in a past of its own and takes it over as it then stood, with its counters as if it
// had served all the while: living through days would take too long.
func (p *Puma) settle() {
	host := p.t
	p.t = &timeline{now: host.now.Add(-p.c.Uptime), random: host.random, pids: host.pids, booted: host.booted}
	p.start()
	p.t.advance(p.t.now.Add(p.c.RubyStart*2 + p.site.releases[p.c.Running].Boot*2 + 6*time.Second))
	host.pids, p.t = p.t.pids, host
	p.phase = p.c.Phase
	if p.c.LogRotated {
		p.log.rotate()
	}
	p.load.at, p.load.kernel = host.now, nil
	for _, w := range p.workers {
		w.phase, w.peak, w.inflight = p.phase, 0, nil
		w.served = p.c.Load.Rate * p.c.Uptime.Seconds() / float64(len(p.workers)) * (0.9 + 0.2*host.random.Float64())
		w.checkin = host.now.Add(-time.Duration(host.random.Int64N(int64(beat))))
	}
	if p.lone != nil {
		p.lone.served = p.c.Load.Rate * p.c.Uptime.Seconds()
	}
	p.load.serving(p)
	p.load.step(p, 1)
	for _, w := range p.workers {
		w.status = p.sample(w)
		p.after(w.checkin.Add(beat).Sub(host.now), func() { p.ping(w) })
		p.long(w)
	}
}

// Deploy lays a release down and moves `current` to it, as Capistrano does; nothing is reloaded.
func (p *Puma) Deploy(r Release) {
	p.t.do(func() { p.site.deploy(r, p.t.now) })
}

// Current is the release that `current` points to.
func (p *Puma) Current() (name string) {
	p.t.do(func() { name = p.site.current })
	return name
}

// PID is the master's process id, 0 where none runs.
func (p *Puma) PID() (pid int) {
	p.t.do(func() { pid = p.pid })
	return pid
}

// Worker is the process id at an index, 0 where there is none alive.
func (p *Puma) Worker(index int) (pid int) {
	p.t.do(func() {
		if w := p.at(index); w != nil && w.alive {
			pid = w.pid
		}
	})
	return pid
}

// Kill ends the worker at an index as `kill -9` does.
func (p *Puma) Kill(index int) {
	p.t.do(func() {
		if w := p.at(index); w != nil && w.alive {
			p.exit(w, byKill)
		}
	})
}

// SetPonder makes the control server take so long for each answer.
func (p *Puma) SetPonder(d time.Duration) {
	p.t.do(func() { p.ponders = d })
}

// Lost is how many requests were cut off because their worker was killed.
func (p *Puma) Lost() (n int) {
	p.t.do(func() { n = p.lost })
	return n
}

// after runs f when the time has passed, unless the image has ended by then; a frozen master gets round to it late.
func (p *Puma) after(d time.Duration, f func()) {
	image := p.image
	p.t.after(d, func() {
		switch {
		case image != p.image:
		case p.frozen != nil:
			p.deferred = append(p.deferred, f)
		default:
			f()
		}
	})
}

// at is the listed worker of an index, nil where there is none.
func (p *Puma) at(index int) *worker {
	for _, w := range p.workers {
		if w.index == index {
			return w
		}
	}
	return nil
}

// before reports a version before major.minor.
func (p *Puma) before(major, minor int) bool { return !p.v.AtLeast(major, minor, 0) }

// single reports single mode.
func (p *Puma) single() bool { return p.c.Workers == 0 }

func (p *Puma) newToken() string {
	switch {
	case p.c.Token != "":
		return p.c.Token
	case p.before(5, 0):
		// Hex of each byte without its leading zero, which is why these vary in length.
		out := ""
		for range 16 {
			out += fmt.Sprintf("%x", p.t.random.IntN(256))
		}
		return out
	}
	return fmt.Sprintf("%016x%016x", p.t.random.Uint64(), p.t.random.Uint64())
}
