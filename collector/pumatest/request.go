package pumatest

import (
	"slices"
	"time"
)

// request is one request that matters by itself: a leaving worker waits for it.
type request struct {
	takes time.Duration
	// again means that the next such request comes as soon as this one has ended.
	again bool
}

// Request sends n requests at once, each of which keeps a thread as long as it takes.
func (p *Puma) Request(n int, takes time.Duration) {
	p.t.do(func() {
		for range n {
			p.load.kernel = append(p.load.kernel, &request{takes: takes})
		}
		p.dispatch()
	})
}

// backlogged are the requests that no worker has accepted yet.
func (p *Puma) backlogged() []*request { return p.load.kernel }

// dispatch hands waiting requests to workers. From 7.0 on every worker accepts at once and queues inside; before, a
// worker accepts only while it has a thread free.
func (p *Puma) dispatch() {
	for len(p.load.kernel) > 0 {
		w := p.idlest()
		if w == nil {
			break
		}
		r := p.load.kernel[0]
		p.load.kernel = p.load.kernel[1:]
		w.waiting = append(w.waiting, r)
		p.work(w)
	}
	p.load.serving(p)
}

// idlest is the worker that accepts next, nil where none does.
func (p *Puma) idlest() *worker {
	var best *worker
	for _, w := range p.accepting() {
		if p.before(7, 0) && len(w.inflight) >= p.threads(w) {
			continue
		}
		if best == nil || len(w.inflight)+len(w.waiting) < len(best.inflight)+len(best.waiting) {
			best = w
		}
	}
	return best
}

// threads is how many requests a worker up to 6.x takes at a time. Its accept gate counts a just spawned thread
// twice, so that a cluster worker whose threads were not all there from the start stalls one below its maximum, with
// capacity left and clients waiting in the kernel. It was seen in every version recorded but 5.6.9.
func (p *Puma) threads(w *worker) int {
	if !p.single() && w.running < p.c.MaxThreads && (p.before(5, 6) || p.v.AtLeast(6, 0, 0)) {
		return max(p.c.MaxThreads-1, 1)
	}
	return p.c.MaxThreads
}

// work starts what a worker holds and has a thread for.
func (p *Puma) work(w *worker) {
	for len(w.waiting) > 0 && len(w.inflight) < p.c.MaxThreads {
		r := w.waiting[0]
		w.waiting = w.waiting[1:]
		w.inflight = append(w.inflight, r)
		w.served++
		w.running = min(max(w.running, len(w.inflight)), p.c.MaxThreads)
		image := p.image
		p.t.after(r.takes, func() {
			if image == p.image && w.alive {
				p.finish(w, r)
			}
		})
	}
	w.peak = max(w.peak, len(w.waiting))
}

func (p *Puma) finish(w *worker, r *request) {
	w.inflight = slices.DeleteFunc(w.inflight, func(x *request) bool { return x == r })
	p.work(w)
	p.drained(w)
	if r.again && w.term.IsZero() {
		p.long(w)
	}
	p.dispatch()
}

// long gives a worker the slow request that it always has one of, where the load has such.
func (p *Puma) long(w *worker) {
	if p.c.Load.Long == 0 || !w.alive {
		return
	}
	w.waiting = append(w.waiting, &request{takes: p.t.about(p.c.Load.Long), again: true})
	p.work(w)
	p.load.serving(p)
}
