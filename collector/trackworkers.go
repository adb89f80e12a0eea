package collector

import (
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// workers puts what the kernel and earlier polls say beside Puma's own entries.
func (t *track) workers(now time.Time) []Worker {
	hostNow := now.Add(t.offset)
	out := make([]Worker, len(t.stats.Workers))
	for i := range t.stats.Workers {
		w := &t.stats.Workers[i]
		if t.stats.Mode == puma.Single {
			out[i] = t.lone(i, now)
		} else {
			memory, shared, cpu := t.usage.of(t.facts.OnHost(w.PID), t.answered)
			out[i] = Worker{Worker: w, Age: -1, Uptime: -1, Requests: t.rates.of(i), Memory: memory, Shared: shared, CPU: cpu,
				MemoryPast: t.usage.past(t.facts.OnHost(w.PID))}
			if p := t.process(i, w.PID); p != nil {
				out[i].Release, out[i].Revision = p.Release, p.Revision
			}
		}
		if !w.LastCheckin.IsZero() {
			out[i].Age = max(hostNow.Sub(w.LastCheckin.Time()), 0)
		}
		if started := t.startOf(w); !started.IsZero() {
			out[i].Uptime = max(hostNow.Sub(started), 0)
		}
	}
	return out
}

// process is what the probe found of a worker's pid, nil for nothing. It mostly stands where the worker does.
func (t *track) process(guess, pid int) *probe.Process {
	found := t.facts.Workers
	if guess < len(found) && found[guess].PID == pid {
		return &found[guess]
	}
	for i := range found {
		if found[i].PID == pid {
			return &found[i]
		}
	}
	return nil
}

// lone is the one worker of single mode, which is the master. Its process is known once a probe has looked at this
// image.
func (t *track) lone(i int, now time.Time) Worker {
	w := &t.stats.Workers[i]
	out := Worker{Worker: w, Age: now.Sub(t.answered), Uptime: -1, Requests: t.rates.of(i)}
	if t.named() {
		own := *w
		own.PID, out.Worker = t.facts.PID, &own
		out.Release, out.Revision = t.facts.Release, t.facts.RunningRevision
		pid := t.facts.OnHost(t.facts.PID)
		out.Memory, out.Shared, out.CPU = t.usage.of(pid, t.answered)
		out.MemoryPast = t.usage.past(pid)
	}
	return out
}

// startOf is when a worker's handle was made; single mode has only the image's.
func (t *track) startOf(w *puma.Worker) time.Time {
	if t.stats.Mode == puma.Single {
		return t.stats.StartedAt
	}
	return w.StartedAt.Time()
}
