package actions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// slot is one worker index over a restart.
type slot struct {
	old       puma.Worker // before the request; PID 0 for an index that was not there
	drainFrom time.Time   // from when the old worker may have been draining
	lastSeen  time.Time   // when its old pid was last listed
	gone      time.Time   // when a poll first lacked it
	pid       int         // the newest booted pid that is not the old one
	booted    time.Time
	inFlight  puma.Count // threads the old pid last reported at work
}

// cost keeps the worst that was seen.
func (t *Trial) cost(s collector.Snapshot) {
	if booted := s.Stats.Booted(); booted < t.lowest {
		t.lowest = booted
	}
	if n := waiting(s); n.Known && n.N >= t.queue.N {
		t.queue = n
	}
}

// waiting are the requests that no thread has yet, in Puma and in the kernel.
func waiting(s collector.Snapshot) puma.Count { return s.Load.Backlog.Plus(s.Load.ListenQueue) }

// follow pairs the workers of the poll with those before the request.
func (t *Trial) follow(s collector.Snapshot) {
	if s.Stats.Mode == puma.Single {
		return
	}
	t.leave(s)
	for _, w := range s.Stats.Workers {
		k := t.slots[w.Index]
		if k == nil {
			k = &slot{}
			t.slots[w.Index] = k
			if t.kind != Start && !t.step.UnderWay {
				t.note("worker %d was added meanwhile", w.Index)
			}
		}
		switch {
		case w.PID == k.old.PID:
			if n := w.Pool.InUse(); n.Known {
				k.inFlight = n
			}
		case w.Booted && w.PID != k.pid && t.isNew(w):
			k.pid, k.booted = w.PID, s.At
			t.nextDrains(s.At)
		}
	}
}

// leave notes which old pids are listed no more. One worker drains at a time, and an idle one leaves at once: of several
// that left between two polls the only one that was at work took the time, and with two of them nobody knows which.
func (t *Trial) leave(s collector.Snapshot) {
	listed := s.Stats.PIDs()
	var left, busy []*slot
	for _, k := range t.slots {
		switch {
		case k.old.PID == 0: // there was none, or Puma did not know its pid yet
		case listed[k.old.PID]:
			k.lastSeen = s.At
		case k.gone.IsZero():
			k.gone = s.At
			left = append(left, k)
			if k.inFlight != puma.Of(0) {
				busy = append(busy, k)
			}
		}
	}
	for _, k := range left {
		if t.log.killed[k.old.PID] || len(busy) == 1 && k == busy[0] {
			t.drained(k)
		}
	}
	if len(left) > 0 {
		t.nextDrains(s.At)
	}
}

// nextDrains sets the beginning of the drains that are still to come: Puma stops the next worker when the last
// replacement has booted.
func (t *Trial) nextDrains(at time.Time) {
	for _, k := range t.slots {
		if k.gone.IsZero() {
			k.drainFrom = at
		}
	}
}

// killMargin is by how much a poll may see a drain shorter than it was.
const killMargin = 300 * time.Millisecond

// closelySeen is how far apart the last poll with a pid and the first without may be for the moment between to be known.
const closelySeen = 2 * time.Second

// drained looks at how long the old worker of a slot took to leave. One that took as long as worker_shutdown_timeout
// was killed at its end: Puma from 5.0 on does not log that, and its clients' connections just close. In a full restart
// the drain has no end, and what left while nobody looked may have left early.
func (t *Trial) drained(k *slot) {
	if !t.drainEnds() || t.replaced() || k.gone.Sub(k.lastSeen) > closelySeen ||
		k.gone.Sub(k.drainFrom) < t.drainLimit()-killMargin {
		return
	}
	t.killed = append(t.killed, Killed{Index: k.old.Index, PID: k.old.PID, InFlight: k.inFlight})
}

// drainLimit is Puma's worker_shutdown_timeout on this target.
func (t *Trial) drainLimit() time.Duration {
	limit, _ := t.before.Facts().Settings.ShutdownLimit()
	return limit
}

// signature is everything whose change is progress.
func signature(s collector.Snapshot) string {
	var b strings.Builder
	fmt.Fprint(&b, s.Stats.Phase, s.Stats.StartedAt.Unix())
	for _, w := range s.Stats.Workers {
		fmt.Fprint(&b, " ", w.Index, w.PID, w.Phase, w.Booted, w.CheckedIn)
	}
	return b.String()
}

// Waiting says what the restart waits for at this moment: "draining 22 s, 1 of 5 threads in use".
func (t *Trial) Waiting() string {
	s := t.fresh
	switch {
	case !t.now.Linked:
		return "the host does not answer: " + t.now.Reason
	case !t.silent.IsZero():
		return fmt.Sprintf("the control socket does not answer, %s so far", seconds(t.now.At.Sub(t.silent)))
	case s.ID == "":
		return "no answer since the request yet"
	case t.doneFor >= 2:
		return t.waitingDone()
	}
	if i := t.booting(); i >= 0 {
		return fmt.Sprintf("worker %d boots, %s so far", i, seconds(s.At.Sub(t.moved)))
	}
	if words := t.draining(); words != "" {
		return words
	}
	for _, w := range s.Stats.Workers {
		if !w.CheckedIn {
			return fmt.Sprintf("worker %d has booted and not yet checked in", w.Index)
		}
	}
	switch {
	case t.doneFor == 1:
		return "a second poll has to show the same"
	case t.kind == Stop:
		return "it still answers: its workers drain, or Puma has not begun"
	case t.began.IsZero() && t.kind == Restart:
		return "the image of before still answers: its workers drain, or Puma has not begun"
	case t.began.IsZero():
		return "Puma has not begun yet"
	}
	return fmt.Sprintf("%d of %d workers are listed", len(s.Stats.Workers), t.needed())
}

// waitingDone is what a restart waits for that is done.
func (t *Trial) waitingDone() string {
	if !t.wantsReleases() && t.threatened() {
		return fmt.Sprintf("systemd's watchdog has not heard of the new image: it may end it within %s", seconds(max(firstPing(t.watchdog(), t.upBy()).Sub(t.now.At), 0)))
	}
	return "reading the releases again"
}

// draining says which old worker is on its way out. Stats do not tell: a draining worker looks like any other. The log
// does, and a single one left needs no telling.
func (t *Trial) draining() string {
	if !t.raisesPhase() || t.began.IsZero() || t.replaced() {
		return ""
	}
	var old []puma.Worker
	for _, w := range t.fresh.Stats.Workers {
		if k := t.slots[w.Index]; k != nil && w.PID != 0 && w.PID == k.old.PID && !t.stays(w) {
			old = append(old, w)
		}
	}
	if len(old) > 1 {
		if i := slices.IndexFunc(old, func(w puma.Worker) bool { return w.PID == t.log.stopping }); i >= 0 {
			old = old[i : i+1]
		}
	}
	switch len(old) {
	case 0:
		return ""
	case 1:
		w := old[0]
		return fmt.Sprintf("worker %d drains, %s so far, %s of %s threads in use", w.Index,
			seconds(t.fresh.At.Sub(t.slots[w.Index].drainFrom)), w.Pool.InUse(), w.Pool.MaxThreads)
	}
	return fmt.Sprintf("one of %d old workers drains, %s so far", len(old), seconds(t.fresh.At.Sub(t.slots[old[0].Index].drainFrom)))
}

// Replaced counts the workers that are new, booted and checked in, of how many there have to be.
func (t *Trial) Replaced() (done, wanted int) {
	was := t.before.Stats.PIDs()
	if t.kind == RemoveWorker {
		if len(t.fresh.Stats.Workers) == t.expected {
			done = 1
		}
		return done, 1
	}
	for _, w := range t.fresh.Stats.Workers {
		if w.Booted && w.CheckedIn && !was[w.PID] && t.isNew(w) {
			done++
		}
	}
	return done, t.due()
}

// note keeps a piece of evidence, once.
func (t *Trial) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(t.notes, text) {
		t.notes = append(t.notes, text)
	}
}

// clock is a moment of the host's clock as ours shows it, to the second.
func clock(at time.Time, s collector.Snapshot) string {
	return at.Add(-s.Offset).Local().Format(time.TimeOnly)
}

func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
