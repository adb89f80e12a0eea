package collector

import (
	"context"
	"time"
)

// work is what takes time. It returns the step that takes what came of it.
type work func() (then func())

// begin brings it to life, until ctx ends. It never gives up on a host.
func (a *actor) begin(ctx context.Context) {
	a.mu.Lock()
	if a.ended {
		a.mu.Unlock()
		return
	}
	a.life, a.clock = ctx, time.AfterFunc(time.Hour, a.wake)
	a.mu.Unlock()
	a.take(func() {
		a.publish()
		for _, f := range a.early {
			f()
		}
		a.early = nil
	})
}

// finish ends it, and returns when nothing of it runs any more.
func (a *actor) finish() {
	defer a.running.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	if a.clock != nil {
		a.clock.Stop()
	}
	a.hangUp()
}

// wake takes a step. The clock calls it in a goroutine that is new each time, with a stack for little more than this.
func (a *actor) wake() { a.c.crew.Go(func() { a.take(nil) }) }

// post has a step taken; it returns at once. Before the actor has begun the step waits for that, and once it has ended
// there are no more.
func (a *actor) post(f func()) { go a.take(f) }

// take takes a step, and carries out what is due. A panic there must not leave the terminal in the program's hands, so it
// is handed to whoever owns the terminal.
func (a *actor) take(f func()) {
	defer a.c.guard()
	a.carryOut(a.step(f))
}

// carryOut has one work done in this goroutine, and in it again what that makes due, for as long as it lasts; any others
// beside it.
func (a *actor) carryOut(due []work) {
	for len(due) > 0 {
		for _, w := range due[1:] {
			a.c.crew.Go(func() { a.beside(w) })
		}
		due = a.done(due[0])
	}
}

func (a *actor) beside(w work) {
	defer a.c.guard()
	a.carryOut([]work{w})
}

// done does one work, and takes the step that follows.
func (a *actor) done(w work) (due []work) {
	defer a.running.Done()
	return a.step(w())
}

// step runs f, nil for nothing, starts everything that is due, and sets the clock.
func (a *actor) step(f func()) (due []work) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.ended:
		return nil
	case a.life == nil:
		a.early = append(a.early, f)
		return nil
	}
	if f != nil {
		f()
	}
	now := time.Now()
	a.startDue(now)
	a.clock.Reset(max(a.nextDue(now).Sub(now), time.Millisecond))
	due, a.due = a.due, nil
	a.running.Add(len(due))
	return due
}

// spawn makes work due.
func (a *actor) spawn(w work) { a.due = append(a.due, w) }

// ifDown is the step that follows the end of a connection, unless another one has been made meanwhile.
func (a *actor) ifDown() {
	select {
	case <-a.host.Done():
		if a.up {
			a.lost(a.host.Err(), time.Now())
		}
	default:
	}
}

// startDue starts everything that is due.
func (a *actor) startDue(now time.Time) {
	if !a.up {
		if !a.connecting && !a.retry.After(now) && (a.err == nil || !a.retry.IsZero()) {
			a.connect()
		}
		a.age(now)
		return
	}
	if !a.probing && !a.probeAt.After(now) {
		a.probe()
	}
	for _, t := range a.tracks {
		if t.client != nil && !t.polling && !t.due.After(now) {
			a.poll(t)
		}
	}
	if !a.sampling && !a.sampleAt.After(now) && len(a.tracks) > 0 {
		a.sample(now)
	}
	a.age(now)
}

// nextDue is when the next step has to be taken without being told.
func (a *actor) nextDue(now time.Time) time.Time {
	next := a.agesAt(now)
	by := func(at time.Time) {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	if !a.up {
		by(a.retry)
		return next
	}
	if !a.probing {
		by(a.probeAt)
	}
	if !a.sampling {
		by(a.sampleAt)
	}
	for _, t := range a.tracks {
		if t.client != nil && !t.polling {
			by(t.due)
		}
	}
	return next
}

// age makes new snapshots of targets whose figures are not being renewed.
func (a *actor) age(now time.Time) {
	if now.Sub(a.agedAt) < agingTick {
		return
	}
	a.agedAt = now
	var old []*Snapshot
	for _, t := range a.tracks {
		unpolled := t.client == nil
		silent := !a.up || t.pollErr != nil || unpolled || now.Sub(t.answered) > 2*a.interval
		if unpolled && t.watched > 0 || silent && now.Sub(t.last.At) >= agingTick {
			old = append(old, t.snapshot(now, a.interval))
		}
	}
	if len(old) > 0 || a.waits() != a.waiting || a.up && len(a.tracks) == 0 { // the last says that somebody is still there
		a.publish(old...)
	}
}

// agesAt is when age may next find something. While every target answers, that is when the first could have been silent
// for long: a fleet need not be woken each second to be told that it is well.
func (a *actor) agesAt(now time.Time) time.Time {
	next := later(now, a.agedAt.Add(agingTick))
	if !a.up {
		return next
	}
	if len(a.tracks) == 0 {
		return later(now, a.agedAt.Add(idleProbe))
	}
	silence := now.Add(probeInterval)
	for _, t := range a.tracks {
		if t.client == nil || t.pollErr != nil {
			return next
		}
		if at := t.answered.Add(2*a.interval + 1); at.Before(silence) {
			silence = at
		}
	}
	return later(next, silence)
}
