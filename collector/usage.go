package collector

import (
	"cmp"
	"slices"
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
	first, newest time.Time      // when the first and the newest sample were taken
	processes     []processUsage // by pid
}

// processUsage is what is kept of one process: a fleet has sixteen thousand.
type processUsage struct {
	pid      int32
	rated    bool          // whether percent is known
	rss, pss int64         // bytes, unknown where negative
	percent  float64       // of a core
	pssAt    time.Duration // since the first sample
	cpu      time.Duration
	past     memoryPast
}

// observe takes a sample. A pid that the sample lacks is gone; one that was started anew is another process.
func (u *usageWatch) observe(s probe.Sample, at time.Time) {
	if u.first.IsZero() {
		u.first = at
	}
	since, seconds := at.Sub(u.first), at.Sub(u.newest).Seconds()
	u.newest = at
	live := u.processes[:0]
	for i := range u.processes {
		p := &u.processes[i]
		if now, lives := s.Processes[int(p.pid)]; lives {
			p.take(now, since, seconds)
			live = append(live, *p)
		}
	}
	clear(u.processes[len(live):])
	u.processes = live
	if len(live) < len(s.Processes) {
		u.add(s, since)
	}
}

// add takes those of a sample that are not known yet.
func (u *usageWatch) add(s probe.Sample, since time.Duration) {
	known := len(u.processes)
	u.processes = slices.Grow(u.processes, len(s.Processes)-known)
	for pid, now := range s.Processes {
		if _, is := findUsage(u.processes[:known], pid); !is && pid == int(int32(pid)) {
			p := processUsage{pid: int32(pid)}
			p.begin(now, since)
			u.processes = append(u.processes, p)
		}
	}
	slices.SortFunc(u.processes, func(a, b processUsage) int { return cmp.Compare(a.pid, b.pid) })
}

func findUsage(processes []processUsage, pid int) (at int, is bool) {
	return slices.BinarySearchFunc(processes, pid, func(p processUsage, pid int) int { return cmp.Compare(int(p.pid), pid) })
}

// begin is the first sample of a process.
func (p *processUsage) begin(now probe.Usage, since time.Duration) {
	*p = processUsage{pid: p.pid, rss: now.RSS.Or(-1), pss: now.PSS.Or(-1), pssAt: since, cpu: now.CPU}
	p.grow(since)
}

// take is the next sample, seconds after the one before.
func (p *processUsage) take(now probe.Usage, since time.Duration, seconds float64) {
	if now.CPU < p.cpu { // another process
		p.begin(now, since)
		return
	}
	if now.PSS.Known || since-p.pssAt >= pssFor {
		p.pss, p.pssAt = now.PSS.Or(-1), since
	}
	if p.rated = seconds > 0; p.rated {
		p.percent = 100 * (now.CPU - p.cpu).Seconds() / seconds
	}
	p.rss, p.cpu = now.RSS.Or(-1), now.CPU
	p.grow(since)
}

func (p *processUsage) grow(since time.Duration) {
	memory, shared := p.memory()
	p.past = p.past.grown(memory, shared, since)
}

// of returns memory in bytes, whether it is RSS with shared pages counted in, and percent of a core, as of a poll. What
// was sampled long before that is not of it.
func (u *usageWatch) of(pid int, polled time.Time) (memory puma.Count, shared bool, cpu Rate) {
	i, ok := findUsage(u.processes, pid)
	if !ok || polled.Sub(u.newest) > usageFor {
		return puma.Count{}, false, Rate{}
	}
	p := &u.processes[i]
	memory, shared = p.memory()
	if p.rated {
		cpu = Rate{p.percent, true}
	}
	return memory, shared, cpu
}

// past is what a process took, as of a poll; nil where that is not known.
func (u *usageWatch) past(pid int) []float32 {
	if i, ok := findUsage(u.processes, pid); ok {
		return u.processes[i].past.points
	}
	return nil
}

// memory is what a process takes: its proportional set size, or where that was not read its resident one.
func (p *processUsage) memory() (n puma.Count, shared bool) {
	switch {
	case p.pss >= 0:
		return puma.Of(p.pss), false
	case p.rss >= 0:
		return puma.Of(p.rss), true
	}
	return puma.Count{}, false
}
