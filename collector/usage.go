package collector

import (
	"maps"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// pssFor is how long a proportional set size is shown after it was read: reading it makes the kernel walk the
// process's pages, so it is asked for rarely.
const pssFor = 90 * time.Second

// usageFor is how long memory, CPU and queues of a sample go with the figures of a poll: several samples must fail first.
const usageFor = 20 * time.Second

// usageWatch keeps memory and CPU of processes between samples.
type usageWatch struct {
	first, newest time.Time // when the first and the newest sample were taken
	byPID         map[int]processUsage
}

type processUsage struct {
	rss, pss puma.Count
	pssAt    time.Duration // since the first sample
	cpu      time.Duration
	percent  Rate
	past     memoryPast
}

// observe takes a sample. A pid that the sample lacks is gone; one that was started anew is another process.
func (u *usageWatch) observe(s probe.Sample, at time.Time) {
	if u.byPID == nil {
		u.first, u.byPID = at, make(map[int]processUsage, len(s.Processes))
	}
	since := at.Sub(u.first)
	seconds := at.Sub(u.newest).Seconds()
	u.newest = at
	for pid, p := range s.Processes {
		before, known := u.byPID[pid]
		now := processUsage{rss: p.RSS, pss: p.PSS, pssAt: since, cpu: p.CPU}
		if known && p.CPU < before.cpu { // another process
			before, known = processUsage{}, false
		}
		if known {
			if !p.PSS.Known && since-before.pssAt < pssFor {
				now.pss, now.pssAt = before.pss, before.pssAt
			}
			if seconds > 0 {
				now.percent = Rate{PerSecond: 100 * (p.CPU - before.cpu).Seconds() / seconds, Known: true}
			}
		}
		memory, shared := now.memory()
		now.past = before.past.grown(memory, shared, since)
		u.byPID[pid] = now
	}
	if len(u.byPID) > len(s.Processes) {
		maps.DeleteFunc(u.byPID, func(pid int, _ processUsage) bool {
			_, lives := s.Processes[pid]
			return !lives
		})
	}
}

// of returns memory in bytes, whether it is RSS with shared pages counted in, and percent of a core, as of a poll. What
// was sampled long before that is not of it.
func (u *usageWatch) of(pid int, polled time.Time) (memory puma.Count, shared bool, cpu Rate) {
	p, ok := u.byPID[pid]
	if !ok || polled.Sub(u.newest) > usageFor {
		return puma.Count{}, false, Rate{}
	}
	memory, shared = p.memory()
	return memory, shared, p.percent
}

// memory is what a process takes: its proportional set size, or where that was not read its resident one.
func (p *processUsage) memory() (n puma.Count, shared bool) {
	if p.pss.Known {
		return p.pss, false
	}
	return p.rss, p.rss.Known
}
