package collector

import (
	"slices"
	"time"

	"pumatop/collector/puma"
)

// BootWatch counts boots that fail, from what successive polls show: a pid that was seen unbooted and is then gone,
// replaced or dead never served. A boot that succeeds at an index ends the count there.
//
// A release that raises is respawned up to a hundred times a second, so that every poll shows another pid; Puma 4
// tries once in ten seconds and keeps the dead pid listed in between, which only the kernel's process table tells.
type BootWatch struct {
	byIndex map[int]*bootCount
	master  bootCount
}

type bootCount struct {
	pid    int // unbooted pid of the newest poll, 0 for none
	dead   int // pid already counted as failed though Puma still lists it
	failed int
	since  time.Time
	absent time.Time // since when the index has not been listed; zero while it is
}

// absentFor is how long an index may be missing from the list and still be meant to have a worker: up to Puma 4 a dead
// one is replaced after ten seconds. Then it was taken away, and what failed there concerns nobody.
const absentFor = 15 * time.Second

// Observe takes the workers of a poll.
func (b *BootWatch) Observe(s puma.Stats, now time.Time) {
	if s.Mode == puma.Single {
		b.master = bootCount{}
		return
	}
	if b.byIndex == nil {
		b.byIndex = map[int]*bootCount{}
	}
	for i := range s.Workers {
		w := &s.Workers[i]
		c := b.byIndex[w.Index]
		if w.PID != 0 && w.Booted { // as most are: nothing is left to remember of its index
			delete(b.byIndex, w.Index)
			continue
		}
		if c == nil {
			c = &bootCount{}
			b.byIndex[w.Index] = c
		}
		c.observe(w, now)
	}
	for index, c := range b.byIndex {
		switch {
		case hasIndex(s.Workers, index):
			c.absent = time.Time{}
		case c.absent.IsZero():
			c.leave(now)
			c.absent = now
		case now.Sub(c.absent) >= absentFor:
			delete(b.byIndex, index)
		}
	}
	if s.AllServing() {
		b.master = bootCount{}
	}
}

// hasIndex reports whether a worker of that index is listed. Workers are sorted by it and mostly have no gaps.
func hasIndex(workers []puma.Worker, index int) bool {
	if index >= 0 && index < len(workers) && workers[index].Index == index {
		return true
	}
	return slices.ContainsFunc(workers, func(w puma.Worker) bool { return w.Index == index })
}

func (c *bootCount) observe(w *puma.Worker, now time.Time) {
	if w.PID != c.pid {
		c.leave(now)
	}
	switch {
	case w.PID == 0: // fork_worker: not reported yet, so nothing to hold on to
	default:
		c.pid = w.PID
	}
}

// leave counts the pid that was last seen unbooted as a failed boot.
func (c *bootCount) leave(now time.Time) {
	if c.pid != 0 && c.pid != c.dead {
		c.fail(1, now)
	}
	c.pid = 0
}

func (c *bootCount) fail(n int, now time.Time) {
	if c.failed == 0 {
		c.since = now
	}
	c.failed += n
}

// Dead takes a pid that Puma lists but the kernel does not know.
func (b *BootWatch) Dead(pid int, now time.Time) {
	for _, c := range b.byIndex {
		if c.pid == pid && c.dead != pid {
			c.dead = pid
			c.fail(1, now)
		}
	}
}

// MasterLeft takes n masters that ended before their workers had booted.
func (b *BootWatch) MasterLeft(n int, now time.Time) { b.master.fail(n, now) }

// Boots is the worst index, or the master.
func (b *BootWatch) Boots() Boots {
	worst := Boots{Index: -1, Failed: b.master.failed, Since: b.master.since}
	for index, c := range b.byIndex {
		if c.failed > worst.Failed || (c.failed == worst.Failed && c.failed > 0 && worst.Index >= 0 && index < worst.Index) {
			worst = Boots{Index: index, Failed: c.failed, Since: c.since}
		}
	}
	return worst
}
