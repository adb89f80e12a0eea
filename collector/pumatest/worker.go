package pumatest

import (
	"slices"
	"time"
)

// worker is one worker process and the handle that the master keeps of it. In single mode the process itself has
// one, without index and pid.
type worker struct {
	index, phase, pid int
	began             time.Time // when the handle was made
	forked            time.Time // when the process was
	booted            bool
	checkin           time.Time
	status            *pool // nil until the first check-in
	// alive is whether the process exists. Up to Puma 4 a dead pid stays listed for a while.
	alive   bool
	release string // its working directory
	term    time.Time
	culled  bool
	// parent is the worker 0 that forked it, under fork_worker.
	parent *worker

	running  int     // threads spawned so far
	served   float64 // requests begun
	peak     int     // backlog_max
	inflight []*request
	waiting  []*request // accepted, no thread free
}

// ending is how a worker process ends.
type ending int

const (
	byItself  ending = iota // drained after TERM
	byKill                  // from outside, or at the end of worker_shutdown_timeout
	byFailure               // its release does not boot
)

// spawn forks a worker for an index.
func (p *Puma) spawn(index int) {
	if p.c.HookHangs && p.phasing() && p.frozen == nil {
		p.freeze()
		p.deferred = append(p.deferred, func() { p.fork(index) })
		return
	}
	p.fork(index)
}

func (p *Puma) fork(index int) {
	now := p.t.now
	w := &worker{
		index: index, phase: p.phase, pid: p.t.pid(), release: p.release, alive: true,
		began: now, forked: now, checkin: now, running: p.c.MinThreads,
	}
	p.workers = append(p.workers, w)
	if !p.before(8, 0) {
		slices.SortFunc(p.workers, func(a, b *worker) int { return a.index - b.index })
	}
	if p.forks() && index != 0 {
		p.byZero(w)
		return
	}
	r := p.site.releases[p.release]
	boot := p.t.about(r.Boot)
	if p.c.preloads() {
		r, boot = Release{}, p.t.about(5*time.Millisecond)
	}
	switch {
	case r.Hangs:
		p.after(p.c.BootTimeout, func() {
			if w.alive {
				p.terminated(w)
				p.exit(w, byKill)
			}
		})
	case r.Failure != nil:
		p.fails(w, r, boot)
	default:
		p.after(boot, func() { p.boots(w, boot) })
	}
}

// fails ends a worker whose application raises: the process's own doing, whatever the master does meanwhile.
func (p *Puma) fails(w *worker, r Release, boot time.Duration) {
	image := p.image
	p.t.after(boot, func() {
		if image == p.image && w.alive {
			p.unableToStart(w, r)
			p.exit(w, byFailure)
		}
	})
}

// boots is the worker's boot message, and its first check-in after it: at once from 5.0 on, before that with the
// first beat.
func (p *Puma) boots(w *worker, took time.Duration) {
	if !w.alive {
		return
	}
	w.booted, w.checkin = true, p.t.now
	p.bootedLine(w, took)
	p.firstPing(w)
	p.load.serving(p)
	p.dispatch()
	p.after(beat, func() { p.long(w) })
	p.check()
}

// beat is how often a worker checks in.
const beat = 5 * time.Second

// ping is a check-in: the worker's figures of this moment, and the next one in five seconds.
func (p *Puma) ping(w *worker) {
	if !w.alive {
		return
	}
	first := w.status == nil
	w.checkin, w.status = p.t.now, p.sample(w)
	w.peak = len(w.waiting)
	p.after(beat, func() { p.ping(w) })
	if first && p.unit.active == "activating" && p.checkedIn() {
		p.ready()
	}
	if first && p.unit.active == "reloading" && p.leaving.IsZero() && !p.phasing() && p.checkedIn() {
		p.ready()
	}
}

func (p *Puma) checkedIn() bool {
	for _, w := range p.workers {
		if w.status == nil {
			return false
		}
	}
	return len(p.workers) > 0
}

// exit is the end of a worker's process. What the master knows of it, it learns later.
func (p *Puma) exit(w *worker, how ending) {
	if !w.alive {
		return
	}
	w.alive = false
	if how == byKill {
		p.lost += len(w.inflight) + len(w.waiting)
	}
	w.inflight, w.waiting = nil, nil
	p.load.serving(p)
	if p.single() {
		p.lone = nil
		p.allLeft()
		return
	}
	p.after(p.reaping(w, how), func() { p.reap(w) })
}

// reaping is how long the master takes to notice: the pace of its version. From 5.0 on it is woken by every end. Before,
// it looks every five seconds, counted anew from each worker that it forks, and 4.x needs two looks.
func (p *Puma) reaping(w *worker, how ending) time.Duration {
	quick := p.t.about(2 * time.Millisecond)
	switch {
	case !p.leaving.IsZero():
		const often = 200 * time.Millisecond // stop_workers looks five times a second
		return often - p.t.now.Sub(p.leaving)%often
	case w.orphan() && !w.term.IsZero():
		return look - p.t.now.Sub(w.term)%look
	case w.orphan():
		return p.tick()
	case !p.before(5, 0) || !p.anyBooted():
		return quick
	case p.before(4, 0):
		if how == byItself && !p.justForked() {
			return p.tick()
		}
		return quick
	case how == byKill:
		return p.tick()
	case p.justForked() || how == byFailure:
		return 2 * look
	}
	return p.tick() + 2*look
}

// look is how often a master before 5.0 looks after its workers.
const look = 5 * time.Second

// tick is how long it is to the next look of an idle master before 5.0.
func (p *Puma) tick() time.Duration { return look - p.t.now.Sub(p.opened)%look }

// justForked reports whether the last worker was forked so short a time ago that the master's looks count from it.
func (p *Puma) justForked() bool {
	return slices.ContainsFunc(p.workers, func(w *worker) bool { return p.t.now.Sub(w.forked) < look && w.forked != p.opened })
}

func (p *Puma) anyBooted() bool {
	return slices.ContainsFunc(p.workers, func(w *worker) bool { return w.booted && w.alive })
}

// reap takes a dead worker off the list and puts another in its place.
func (p *Puma) reap(w *worker) {
	if !slices.Contains(p.workers, w) {
		return
	}
	p.drop(w)
	switch {
	case !p.leaving.IsZero():
		p.allLeft()
		return
	case len(p.workers) < p.want:
		p.spawn(w.index)
	}
	if p.frozen != nil { // in a hook of that fork
		p.deferred = append(p.deferred, p.check)
		return
	}
	p.check()
}

func (p *Puma) drop(w *worker) {
	p.workers = slices.DeleteFunc(p.workers, func(x *worker) bool { return x == w })
}

// drained ends a leaving worker once no request is left in it.
func (p *Puma) drained(w *worker) {
	if w.term.IsZero() || len(w.inflight)+len(w.waiting) > 0 {
		return
	}
	image, wait := p.image, p.load.drain(p)
	p.t.after(wait, func() {
		if image == p.image && w.alive && len(w.inflight)+len(w.waiting) == 0 {
			p.exit(w, byItself)
		}
	})
}

// resize is TTIN or TTOU: at once from 5.0 on, with the tick before.
func (p *Puma) resize(want int) {
	if p.single() {
		return
	}
	p.want = want
	wait := p.t.about(3 * time.Millisecond)
	if p.before(5, 0) {
		wait = p.tick()
	}
	p.after(wait, func() {
		for len(p.workers) < p.want {
			p.spawn(p.free())
		}
		for i := len(p.workers); i > p.want; i-- {
			p.cull()
		}
	})
}

// free is the lowest index without a worker.
func (p *Puma) free() int {
	for i := 0; ; i++ {
		if p.at(i) == nil {
			return i
		}
	}
}

// cull sends the youngest worker away, which is the default strategy.
func (p *Puma) cull() {
	var youngest *worker
	for _, w := range p.workers {
		if p.forks() && w.index == 0 {
			continue // it has the others to fork
		}
		if !w.culled && (youngest == nil || !w.began.Before(youngest.began)) {
			youngest = w
		}
	}
	if youngest == nil {
		return
	}
	youngest.culled, youngest.term = true, p.t.now
	p.line(terminating(p, youngest))
	p.drained(youngest)
}
