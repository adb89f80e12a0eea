package collector

import (
	"errors"
	"slices"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// shrunkFor is how long a smaller cluster must be whole before it is taken as the new size: Puma up to 4 takes ten
// seconds to replace a dead worker, and a full restart under load shrinks the list while it drains.
const shrunkFor = 15 * time.Second

// track is what is remembered of one target between polls. It takes observations and makes snapshots; it does no
// I/O and reads no clock, so that a recording yields the same snapshots as the host did.
type track struct {
	id        TargetID
	host, app string
	groups    []string

	link    bool
	linkErr error
	retry   time.Time

	stats    puma.Stats
	answered time.Time
	latency  time.Duration
	pollErr  error
	failedAt time.Time
	given    bool      // the token is from a source of the operator's
	deniedAt time.Time // when the first of the polls was refused that have been for the token; zero where the newest was not

	facts  *probe.Puma // never nil, and shared with snapshots
	probed time.Time
	offset time.Duration
	unseen bool // named by the operator, and never found by a probe

	image      Image
	phased     puma.Phased
	imageSince time.Time // when this image was first seen: only facts of a later probe hold for it
	restarts   int       // images that were seen to follow another
	countedAt  time.Time // of the newest of them
	statsOf    int       // restarts when stats came
	leftAt     time.Time // when a master was last counted that ended before it had booted

	boots   BootWatch
	rates   rateWatch
	history historyWatch
	usage   usageWatch
	queued  puma.Count
	// queuedAt is when queued was read.
	queuedAt time.Time
	dead     []int

	wanted      int
	shrunkSince time.Time
	moved       movable // as of the newest look at it, which shares all that it refers to with the track
	movedAt     time.Time

	last *Snapshot // the newest made; never nil
}

func newTrack(host, app string) *track {
	return &track{id: TargetID(host + "/" + app), host: host, app: app, facts: &probe.Puma{}, phased: notReadYet, last: &Snapshot{}}
}

var notReadYet = puma.Phased{Answer: puma.Unknown, Evidence: "not read yet for this image of the master"}

// up notes that the host's connection stands.
func (t *track) up(up bool, err error, retry time.Time) {
	t.link, t.linkErr, t.retry = up, err, retry
}

// answer takes a successful poll.
func (t *track) answer(s puma.Stats, at time.Time, latency time.Duration) {
	if t.unseen { // the one thing that its figures tell in place of the probe
		known := *t.facts
		known.Version, _ = puma.ParseVersion(s.Puma)
		t.facts = &known
	}
	if t.answered.IsZero() {
		t.imageSince = t.firstSeen(s, at)
	} else {
		t.maybeNewImage(s, at)
	}
	t.stats, t.answered, t.latency, t.pollErr, t.deniedAt = s, at, latency, nil, time.Time{}
	t.image.StartedAt, t.statsOf = s.StartedAt, t.restarts
	t.boots.Observe(s, at)
	t.rates.observe(s, at, at.Add(t.offset))
	if len(t.dead) > 0 {
		listed := s.PIDs()
		t.dead = slices.DeleteFunc(slices.Clone(t.dead), func(pid int) bool { return !listed[pid] })
	}
	t.resize(s, at)
	t.move(at)
	if s.Mode == puma.Single {
		t.phased = puma.Phased{Answer: puma.No, Evidence: "single mode has no workers to replace one by one", From: puma.FromMode}
	}
}

// clockMargin is by how much a host's clock may seem off: it is read to the second.
const clockMargin = 2 * time.Second

// firstSeen is since when the first image that answered is known: since the probe that led to it, unless the image
// began only after that.
func (t *track) firstSeen(s puma.Stats, at time.Time) time.Time {
	if !s.StartedAt.IsZero() && s.StartedAt.Add(-t.offset).After(t.probed.Add(-clockMargin)) {
		return at
	}
	return t.probed
}

// maybeNewImage forgets what held for the image before, unless the answer proves that it is the same one. An image
// without started_at (up to Puma 4.0) is taken as another after every gap, and where no worker is left of those before:
// the next probe tells.
func (t *track) maybeNewImage(s puma.Stats, at time.Time) {
	was := t.stats
	unnamed := was.StartedAt.IsZero() && s.StartedAt.IsZero()
	switch {
	case !s.StartedAt.Equal(was.StartedAt), s.Mode != was.Mode, unnamed && replaced(was, s):
		if !t.countedAt.After(t.answered) { // else a probe was the first to see it
			t.countRestart(at)
		}
	case unnamed && t.pollErr != nil:
	default:
		return
	}
	t.imageSince, t.image = at, Image{}
	if !t.unseen {
		t.phased = notReadYet
	}
}

// countRestart notes another image; its workers count their requests from 0.
func (t *track) countRestart(at time.Time) {
	t.restarts++
	t.countedAt = at
	t.rates.restart()
}

// replaced reports whether all workers of a cluster were replaced and not by a phased restart, which raises the phase.
func replaced(was, is puma.Stats) bool {
	before := was.PIDs()
	if len(before) < 2 || was.Booted() == 0 || is.Phase.N > was.Phase.N { // a single worker may just have died
		return false
	}
	for pid := range is.PIDs() {
		if before[pid] {
			return false
		}
	}
	return true
}

// named reports whether the facts were read of the image that answers.
func (t *track) named() bool { return t.unseen || !t.probed.Before(t.imageSince) }

// fail takes a poll that failed.
func (t *track) fail(err error, at time.Time) {
	if t.pollErr == nil {
		t.failedAt = at
	}
	t.pollErr = err
	switch {
	case !errors.Is(err, puma.ErrForbidden):
		t.deniedAt = time.Time{}
	case t.deniedAt.IsZero():
		t.deniedAt = at
	}
}

// probe takes what a probe that began at `began` found of this target.
func (t *track) probe(p probe.Puma, began, done time.Time, offset time.Duration) {
	before, looked := t.facts, t.probed
	t.facts, t.probed, t.offset, t.unseen = &p, began, offset, false
	if !t.deniedAt.IsZero() && p.Token != before.Token {
		t.deniedAt = began // it was the old token that was refused: the new one has yet to be tried
	}
	t.masterLeft(before.Unit.Restarts, p.Unit.Restarts, done)
	t.move(done)
	if p.PID == 0 || !t.named() { // in the second case what was read may be of the image before
		return
	}
	if t.unnamedRestart(before, t.facts) && t.countedAt.Before(looked) {
		t.countRestart(done)
	}
	if p.Phased.Answer != "" && t.stats.Mode != puma.Single {
		t.phased = p.Phased
	}
	t.image.PID, t.image.Stamp = p.PID, p.StateStamp
}

// unnamedRestart reports another image of a Puma whose polls may not have shown it: one without started_at (up to 4.0).
// For one without a control app it is the image before that counts, however long there was none between.
func (t *track) unnamedRestart(before, now *probe.Puma) bool {
	was := Image{PID: before.PID, Stamp: before.StateStamp}
	switch {
	case before.Control.IsZero() && now.Control.IsZero():
		was = t.image
	case t.answered.IsZero() || !t.stats.StartedAt.IsZero():
		return false
	}
	return was.PID != 0 && !was.Same(Image{PID: now.PID, Stamp: now.StateStamp})
}

// masterLeft counts masters that systemd had to start again before their workers had booted. The first of them that
// left after an answer was one that served.
func (t *track) masterLeft(before, now puma.Count, at time.Time) {
	restarts := int(now.Or(0) - before.Or(0))
	if !before.Known || !now.Known || restarts <= 0 {
		return
	}
	if t.stats.Booted() > 0 && t.answered.After(t.leftAt) {
		restarts--
	}
	t.leftAt = at
	if restarts > 0 {
		t.boots.MasterLeft(restarts, at)
	}
}

// sample takes memory, CPU and queues. A pid that was asked for, is missing, and is listed by Puma all the same, is
// dead; on a host that does not show even the master (hidepid) that means nothing.
func (t *track) sample(s probe.Sample, asked map[int]bool, at time.Time) {
	t.usage.observe(s, at)
	t.queued, t.queuedAt = puma.Count{}, at
	for _, listener := range t.facts.Listeners {
		if t.facts.Container.ID != "" {
			break // a container's sockets are in a network of its own, where the sampler does not look
		}
		n, ok := s.Queues[listener]
		if !ok { // of which nobody knows what waits there: a part is not the whole
			t.queued = puma.Count{}
			break
		}
		t.queued = t.queued.Plus(puma.Of(n))
	}
	t.dead = nil
	if _, seen := s.Processes[t.facts.OnHost(t.facts.PID)]; !seen {
		return
	}
	for _, w := range t.stats.Workers {
		pid := t.facts.OnHost(w.PID)
		if _, alive := s.Processes[pid]; pid != 0 && !alive && asked[pid] {
			t.boots.Dead(w.PID, at)
			t.dead = append(t.dead, w.PID)
		}
	}
}

// resize keeps the number of workers that the target is meant to have.
func (t *track) resize(s puma.Stats, at time.Time) {
	n := len(s.Workers)
	switch {
	case !s.AllServing():
		t.shrunkSince = time.Time{}
	case n >= t.wanted:
		t.wanted, t.shrunkSince = n, time.Time{}
	case t.shrunkSince.IsZero():
		t.shrunkSince = at
	case at.Sub(t.shrunkSince) >= shrunkFor:
		t.wanted, t.shrunkSince = n, time.Time{}
	}
}

// snapshot is the target as of now.
func (t *track) snapshot(now time.Time, interval time.Duration) *Snapshot {
	boots := t.boots.Boots()
	sight := sight{now: now, interval: interval, linkUp: t.link, linkErr: t.linkErr, stats: t.stats, answered: t.answered,
		pollErr: t.pollErr, failedAt: t.failedAt, deniedAt: t.deniedAt, facts: t.facts, probed: t.probed, given: t.given, unseen: t.unseen, boots: boots, wanted: t.wanted, still: now.Sub(t.movedAt)}
	judged := sight.classify()
	s := &Snapshot{
		ID: t.id, Host: t.host, App: t.app, Groups: t.groups, At: now, Interval: interval,
		State: judged.state, Reason: judged.reason, Remedy: judged.remedy, Stage: string(judged.stage), Retry: t.retry, Since: now,
		Stats: t.stats, Answered: t.answered, Latency: t.latency,
		facts: t.facts, Probed: t.probed, Offset: t.offset, Unseen: t.unseen,
		Image: t.image, Restarts: t.restarts, statsOf: t.statsOf, Phased: t.phased, Boots: boots, Dead: t.dead, Linked: t.link, Err: t.pollErr, Wanted: t.wanted, Still: now.Sub(t.movedAt),
	}
	if t.last.State == s.State {
		s.Since = t.last.Since
	}
	s.Workers = t.workers(now)
	s.Load = t.load(s.Workers)
	s.History = t.history.observe(s.Load, s.Fresh(), now, 2*max(interval, historyStep))
	t.last = s
	return s
}

// load sums the workers. Memory includes the master's own.
func (t *track) load(workers []Worker) Load {
	l := Load{}
	if t.answered.Sub(t.queuedAt) <= usageFor {
		l.ListenQueue = t.queued
	}
	for i := range workers {
		w := &workers[i]
		l.InUse = l.InUse.Plus(w.Pool.InUse())
		l.Max = l.Max.Plus(w.Pool.MaxThreads.Count())
		l.Backlog = l.Backlog.Plus(w.Pool.Backlog.Count())
	}
	l.Requests = requestsOf(workers)
	l.Memory, l.Shared = t.memory(workers)
	return l
}

// requestsOf sums the rates of the workers that count requests. While one of them has not reported twice the sum is
// unknown: a part of it would pass for a load that rises.
func requestsOf(workers []Worker) Rate {
	var sum Rate
	for i := range workers {
		w := &workers[i]
		switch {
		case w.Pool.RequestsCount.Known && !w.Requests.Known:
			return Rate{}
		case w.Requests.Known:
			sum = sum.plus(w.Requests)
		}
	}
	return sum
}

// memory is that of the master and all workers; the sum of a part would pass for less than it is, and is missing.
func (t *track) memory(workers []Worker) (sum puma.Count, shared bool) {
	sum, shared, _ = t.usage.of(t.facts.OnHost(t.facts.PID), t.answered)
	if t.stats.Mode == puma.Single || !sum.Known {
		return sum, shared
	}
	for i := range workers {
		w := &workers[i]
		if !w.Memory.Known {
			return puma.Count{}, false
		}
		sum, shared = sum.Plus(w.Memory), shared || w.Shared
	}
	return sum, shared
}

func (r Rate) plus(o Rate) Rate {
	return Rate{PerSecond: r.PerSecond + o.PerSecond, Known: r.Known || o.Known}
}
