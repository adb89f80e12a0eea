package pumatest

import (
	"math"
	"math/rand/v2"
	"time"
)

// Load is what clients ask of a target. Requests of a rate are a stream without faces: they fill threads, queues and
// counters. Requests that matter one by one, because a worker drains them, are made by Puma.Request or Long.
type Load struct {
	// Rate is requests a second, on average.
	Rate float64
	// Service is how long one takes in its thread.
	Service time.Duration
	// Swing is how far the rate moves up and down, 0 to 1.
	Swing float64
	// Long is how long a slow request takes (an export, a hanging call), of which each worker has one at any time;
	// 0 for none.
	Long time.Duration
	// Patience is how long a request waits before its client goes away; 0 for as long as the queue has room.
	Patience time.Duration
}

// load is the stream of requests of one target at work.
type load struct {
	Load
	at      time.Time // up to when it has been lived through
	epoch   time.Time
	queue   float64    // waiting, in the kernel or in the workers
	busy    float64    // threads at work on the stream, over all workers
	n, room int        // workers that accept, and their free threads
	kernel  []*request // requests of their own that no worker has accepted
	phases  [3]float64
	random  *rand.Rand
}

func newLoad(l Load, t *timeline) load {
	if l.Service == 0 {
		l.Service = 40 * time.Millisecond
	}
	m := load{Load: l, at: t.now, epoch: t.now, random: t.random}
	for i := range m.phases {
		m.phases[i] = t.random.Float64() * 2 * math.Pi
	}
	return m
}

// rate is requests a second at a moment: two slow waves and a quicker one.
func (l *load) rate(at time.Time) float64 {
	s := at.Sub(l.epoch).Seconds()
	wave := 0.55*math.Sin(2*math.Pi*s/210+l.phases[0]) + 0.3*math.Sin(2*math.Pi*s/67+l.phases[1]) +
		0.15*math.Sin(2*math.Pi*s/19+l.phases[2])
	return max(l.Rate*(1+l.Swing*wave), 0)
}

// serving notes how many workers accept requests, after it has lived up to now with as many as there were.
func (l *load) serving(p *Puma) {
	l.live(p)
	l.n, l.room = 0, 0
	for _, w := range p.accepting() {
		l.n++
		l.room += max(p.c.MaxThreads-len(w.inflight), 0)
	}
}

// listenBacklog is where the kernel's queue ends: Puma listens with 1024.
const listenBacklog = 1024

// live lets the stream run until now, in steps that are short against what changes.
func (l *load) live(p *Puma) {
	now := p.t.now
	if l.Rate == 0 || now.Sub(l.at) > time.Hour {
		l.at = now
	}
	for l.at.Before(now) {
		step := min(now.Sub(l.at), 500*time.Millisecond)
		l.at = l.at.Add(step)
		l.step(p, step.Seconds())
	}
}

func (l *load) step(p *Puma, seconds float64) {
	service := l.Service.Seconds()
	offered := l.rate(l.at) * seconds
	could := float64(l.room) / service * seconds
	done := min(l.queue+offered, could)
	l.queue = min(l.queue+offered-done, listenBacklog)
	if l.Patience > 0 {
		l.queue = min(l.queue, could/seconds*l.Patience.Seconds())
	}
	if !p.bound {
		l.queue = 0 // nobody holds the socket: clients are refused
	}
	l.busy = done * service / seconds
	if l.n == 0 {
		return
	}
	for _, w := range p.accepting() {
		w.served += done / float64(l.n)
	}
}

// accepting are the workers that take requests.
func (p *Puma) accepting() []*worker {
	if p.life != up {
		return nil
	}
	if p.single() {
		if p.lone != nil && p.lone.alive && p.lone.term.IsZero() {
			return []*worker{p.lone}
		}
		return nil
	}
	out := make([]*worker, 0, len(p.workers))
	busy := p.reforking()
	for _, w := range p.workers {
		if w.booted && w.alive && w.term.IsZero() && !(busy && w.index == 0) {
			out = append(out, w)
		}
	}
	return out
}

// drain is how long the stream's requests keep a worker that leaves.
func (l *load) drain(p *Puma) time.Duration {
	if l.Rate == 0 {
		return p.t.about(3 * time.Millisecond)
	}
	return time.Duration(float64(l.Service) * (0.3 + 2*l.random.Float64()))
}

// sample is the pool of a worker at this moment.
func (p *Puma) sample(w *worker) *pool {
	p.load.live(p)
	busy, waiting := len(w.inflight), len(w.waiting)
	if p.load.Rate > 0 && p.load.n > 0 && w.term.IsZero() {
		room := p.c.MaxThreads - busy
		mean := p.load.busy / float64(p.load.n)
		noise := p.load.random.NormFloat64() * math.Sqrt(max(mean*(1-mean/float64(max(room, 1))), 0)) * 0.8
		stream := min(max(int(math.Round(mean+noise)), 0), max(room, 0))
		if p.load.queue >= 1 {
			stream = max(room, 0)
		}
		busy += stream
		if p.v.AtLeast(7, 0, 0) {
			waiting += int(p.load.queue) / p.load.n
		}
	}
	w.running = min(max(w.running, p.c.MinThreads, busy), p.c.MaxThreads)
	w.peak = max(w.peak, waiting)
	return &pool{
		backlog: waiting, running: w.running, capacity: p.c.MaxThreads - busy, busy: busy + waiting, peak: w.peak,
		max: p.c.MaxThreads, requests: int(w.served),
	}
}

// listenQueue is what the kernel holds for the application's socket: all that waits up to Puma 6, which accepts only
// what it has a thread for; from 7 on only what nobody is there to accept.
func (p *Puma) listenQueue() int {
	p.load.live(p)
	if p.v.AtLeast(7, 0, 0) && p.load.n > 0 {
		return len(p.backlogged())
	}
	return int(p.load.queue) + len(p.backlogged())
}
