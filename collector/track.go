package collector

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

	link    bool
	linkErr error
	retry   time.Time

	stats    puma.Stats
	answered time.Time
	latency  time.Duration
	pollErr  error
	failedAt time.Time

	facts  probe.Puma
	probed time.Time
	offset time.Duration

	image      Image
	phased     puma.Phased
	imageSince time.Time // when this image was first seen: only facts of a later probe hold for it

	boots   BootWatch
	rates   rateWatch
	ratesBy map[int]Rate
	history historyWatch
	usage   usageWatch
	queued  puma.Count
	dead    []int

	wanted      int
	shrunkSince time.Time
	signature   string
	movedAt     time.Time

	last Snapshot
}

func newTrack(host, app string) *track {
	return &track{id: TargetID(host + "/" + app), host: host, app: app, phased: notReadYet}
}

var notReadYet = puma.Phased{Answer: puma.Unknown, Evidence: "not read yet for this image of the master"}

// up notes that the host's connection stands.
func (t *track) up(up bool, err error, retry time.Time) {
	t.link, t.linkErr, t.retry = up, err, retry
}

// answer takes a successful poll.
func (t *track) answer(s puma.Stats, at time.Time, latency time.Duration) {
	if t.pollErr != nil || !s.StartedAt.Equal(t.stats.StartedAt) || s.Mode != t.stats.Mode {
		t.maybeNewImage(s, at)
	}
	t.stats, t.answered, t.latency, t.pollErr = s, at, latency, nil
	t.image.StartedAt = s.StartedAt
	t.boots.Observe(s, at)
	t.ratesBy = t.rates.observe(s, at, at.Add(t.offset))
	t.resize(s, at)
	t.move(at)
	if s.Mode == puma.Single {
		t.phased = puma.Phased{Answer: puma.No, Evidence: "single mode has no workers to replace one by one", From: puma.FromMode}
	}
}

// maybeNewImage forgets what held for the image before, unless the answer proves that it is the same one. An image
// without started_at (up to Puma 4.0) is taken as another after every gap: the next probe tells.
func (t *track) maybeNewImage(s puma.Stats, at time.Time) {
	if !t.answered.IsZero() && !s.StartedAt.IsZero() && s.StartedAt.Equal(t.stats.StartedAt) {
		return
	}
	if t.answered.IsZero() && t.imageSince.IsZero() {
		t.imageSince = at
		return
	}
	t.imageSince = at
	t.phased = notReadYet
	t.image = Image{}
}

// fail takes a poll that failed.
func (t *track) fail(err error, at time.Time) {
	if t.pollErr == nil {
		t.failedAt = at
	}
	t.pollErr = err
}

// probe takes what a probe that began at `began` found of this target.
func (t *track) probe(p probe.Puma, began, done time.Time, offset time.Duration) {
	before := t.facts
	t.facts, t.probed, t.offset = p, began, offset
	if p.PID == 0 {
		t.masterLeft(before, p, done)
		t.move(done)
		return
	}
	if before.PID != 0 && (before.PID != p.PID || before.StateStamp != p.StateStamp) {
		t.masterLeft(before, p, done)
	}
	if began.Before(t.imageSince) {
		t.move(done)
		return // the image changed while the probe ran: what it read may be of the one before
	}
	if p.Phased.Answer != "" && t.stats.Mode != puma.Single {
		t.phased = p.Phased
	}
	t.image.PID, t.image.Stamp = p.PID, p.StateStamp
	t.move(done)
}

// masterLeft counts a master that systemd had to start again before its workers had booted.
func (t *track) masterLeft(before, now probe.Puma, at time.Time) {
	restarts := int(now.Unit.Restarts.Or(0) - before.Unit.Restarts.Or(0))
	if before.Unit.Restarts.Known && now.Unit.Restarts.Known && restarts > 0 && t.answered.Before(t.probed.Add(-time.Second)) {
		t.boots.MasterLeft(restarts, at)
	}
}

// sample takes memory, CPU and queues. A pid that was asked for, is missing, and is listed by Puma all the same, is
// dead.
func (t *track) sample(s probe.Sample, asked map[int]bool, at time.Time) {
	t.usage.observe(s, at)
	t.queued = puma.Count{}
	for _, listener := range t.facts.Listeners {
		if n, ok := s.Queues[listener]; ok {
			t.queued = t.queued.Plus(puma.Of(n))
		}
	}
	t.dead = nil
	for _, w := range t.stats.Workers {
		if _, alive := s.Processes[w.PID]; w.PID != 0 && !alive && asked[w.PID] {
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

// move remembers when something that belongs to a restart last changed.
func (t *track) move(at time.Time) {
	var b strings.Builder
	fmt.Fprint(&b, t.stats.Phase, t.stats.StartedAt.Unix(), t.facts.PID, t.facts.Unit.Active, t.facts.Unit.Sub)
	for _, w := range t.stats.Workers {
		fmt.Fprint(&b, " ", w.Index, w.PID, w.Phase, w.Booted, w.CheckedIn)
	}
	if s := b.String(); s != t.signature {
		t.signature, t.movedAt = s, at
	}
}

// snapshot is the target as of now.
func (t *track) snapshot(now time.Time, interval time.Duration) Snapshot {
	boots := t.boots.Boots()
	sight := sight{now: now, interval: interval, linkUp: t.link, linkErr: t.linkErr, stats: t.stats, answered: t.answered,
		pollErr: t.pollErr, failedAt: t.failedAt, facts: t.facts, probed: t.probed, boots: boots, wanted: t.wanted, still: now.Sub(t.movedAt)}
	judged := sight.classify()
	s := Snapshot{
		ID: t.id, Host: t.host, App: t.app, At: now,
		State: judged.state, Reason: judged.reason, Remedy: judged.remedy, Retry: t.retry, Since: now,
		Stats: t.stats, Answered: t.answered, Latency: t.latency,
		Facts: t.facts, Probed: t.probed, Offset: t.offset,
		Image: t.image, Phased: t.phased, Boots: boots, Dead: t.dead, Linked: t.link, Err: t.pollErr, Wanted: t.wanted, Still: now.Sub(t.movedAt),
	}
	if t.last.State == s.State {
		s.Since = t.last.Since
	}
	s.Workers = t.workers(now)
	s.Load = t.load(s.Workers)
	s.History = t.history.observe(s.Load, s.Fresh(), now)
	t.last = s
	return s
}

// workers puts what the kernel and earlier polls say beside Puma's own entries.
func (t *track) workers(now time.Time) []Worker {
	release := make(map[int]string, len(t.facts.Workers))
	for _, p := range t.facts.Workers {
		release[p.PID] = p.Release
	}
	hostNow := now.Add(t.offset)
	out := make([]Worker, len(t.stats.Workers))
	for i, w := range t.stats.Workers {
		pid := w.PID
		if t.stats.Mode == puma.Single {
			pid = t.facts.PID
		}
		memory, shared, cpu := t.usage.of(pid)
		out[i] = Worker{Worker: w, Age: -1, Uptime: -1, Requests: t.ratesBy[w.PID], Memory: memory, Shared: shared, CPU: cpu, Release: release[pid]}
		if t.stats.Mode == puma.Single {
			out[i].PID, out[i].Release, out[i].Age = pid, t.facts.Release, now.Sub(t.answered)
		}
		if !w.LastCheckin.IsZero() {
			out[i].Age = max(hostNow.Sub(w.LastCheckin), 0)
		}
		if started := t.startOf(w); !started.IsZero() {
			out[i].Uptime = max(hostNow.Sub(started), 0)
		}
	}
	return out
}

// startOf is when a worker's handle was made; single mode has only the image's.
func (t *track) startOf(w puma.Worker) time.Time {
	if t.stats.Mode == puma.Single {
		return t.stats.StartedAt
	}
	return w.StartedAt
}

// load sums the workers. Memory includes the master's own.
func (t *track) load(workers []Worker) Load {
	l := Load{ListenQueue: t.queued}
	for _, w := range workers {
		l.InUse = l.InUse.Plus(w.Pool.InUse())
		l.Max = l.Max.Plus(w.Pool.MaxThreads)
		l.Backlog = l.Backlog.Plus(w.Pool.Backlog)
		l.Requests = l.Requests.plus(w.Requests)
	}
	l.Memory, l.Shared = t.memory(workers)
	return l
}

// memory is that of the master and all workers; the sum of a part would pass for less than it is, and is missing.
func (t *track) memory(workers []Worker) (sum puma.Count, shared bool) {
	sum, shared, _ = t.usage.of(t.facts.PID)
	if t.stats.Mode == puma.Single || !sum.Known {
		return sum, shared
	}
	for _, w := range workers {
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

// pids are the processes whose memory is asked for: the master and its workers.
func (t *track) pids() []int {
	set := map[int]bool{}
	if t.facts.PID != 0 {
		set[t.facts.PID] = true
	}
	for _, w := range t.facts.Workers {
		set[w.PID] = true
	}
	maps.Copy(set, t.stats.PIDs())
	return slices.Sorted(maps.Keys(set))
}
