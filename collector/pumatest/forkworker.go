package pumatest

import (
	"slices"
	"time"
)

// forks reports fork_worker: worker 0 forks the others.
func (p *Puma) forks() bool { return p.c.ForkWorker && !p.single() && !p.before(5, 0) }

// refork replaces every worker but worker 0, which is moved to the new phase as it is, by forks of that one.
func (p *Puma) refork() {
	switch {
	case p.life != up, !p.leaving.IsZero():
		return
	case !p.forks():
		p.line("* refork called but not available.")
		return
	}
	if zero := p.at(0); zero != nil {
		zero.phase++
	}
	what := "phased worker restart"
	if p.v.AtLeast(6, 6, 1) {
		what = "worker refork"
	}
	p.reforks = true
	p.nextPhase(what)
	p.stir()
}

// forkTry is how often worker 0 is looked at while it is not there to fork another.
const forkTry = 10 * time.Millisecond

// byZero lets worker 0 fork a worker, which until then is a handle without a pid. It has all that worker 0 has loaded,
// and runs in its directory.
func (p *Puma) byZero(w *worker) {
	w.pid, w.release = 0, ""
	p.after(forkTry/2, func() { p.tryFork(w) })
}

func (p *Puma) tryFork(w *worker) {
	zero := p.at(0)
	switch {
	case !w.alive || !slices.Contains(p.workers, w):
	case zero == nil || !zero.alive || !zero.booted:
		p.after(forkTry, func() { p.tryFork(w) })
	default:
		boot := p.t.about(4 * time.Millisecond)
		for _, other := range p.workers {
			if other.parent == zero && !other.booted {
				boot += 6 * time.Millisecond // they come one after another
			}
		}
		w.pid, w.forked, w.parent, w.release = p.t.pid(), p.t.now, zero, zero.release
		p.after(boot, func() { p.boots(w, boot) })
	}
}

// orphan reports whether the worker 0 that forked w is gone: the master is no parent of w and learns of its end only
// when it looks, every five seconds.
func (w *worker) orphan() bool { return w.parent != nil && !w.parent.alive }

// reforking reports whether worker 0 forks workers for a new phase: it takes no requests meanwhile.
func (p *Puma) reforking() bool { return p.forks() && p.phasing() }

// lateCheckin is how long a new worker 0 that has others to fork does not check in from 6.4.1 on; before, it does only
// when it has forked the last.
const lateCheckin = 3420 * time.Millisecond

// firstPing plans the first check-in of a worker that has just booted.
func (p *Puma) firstPing(w *worker) {
	first := p.t.about(6 * time.Millisecond)
	switch {
	case p.before(5, 0):
		first = beat
	case w.index == 0 && p.reforking() && p.before641():
		return // see resume
	case w.index == 0 && p.reforking():
		first = lateCheckin
	}
	p.after(first, func() { p.ping(w) })
}

func (p *Puma) before641() bool { return !p.v.AtLeast(6, 4, 1) }

// resume lets worker 0 go on when all are in one phase.
func (p *Puma) resume() {
	if zero := p.at(0); p.forks() && zero != nil && zero.status == nil && p.before641() {
		p.after(p.t.about(6*time.Millisecond), func() {
			if zero.status == nil {
				p.ping(zero)
			}
		})
	}
	p.load.serving(p)
}
