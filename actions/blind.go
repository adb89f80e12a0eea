package actions

import (
	"regexp"
	"slices"
	"strconv"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// A Puma without a control app shows its processes in /proc, its restarts in its log, and under systemd from 6.1 on
// its count of booted workers in the unit's status. That is enough to prove a restart, and never enough for figures:
// a worker counts as booted where the log names its pid, or where a Type=notify unit is active again with all of them.

// sightless makes of a target without figures what is known of its workers before anything is done.
func sightless(s collector.Snapshot) collector.Snapshot {
	s.Stats = puma.Stats{Mode: puma.Single, Workers: []puma.Worker{{Booted: true, CheckedIn: true}}}
	if len(s.Facts().Workers) > 0 {
		s.Stats = puma.Stats{Mode: puma.Cluster, Phase: puma.Of(0)}
		for _, p := range s.Facts().Workers {
			s.Stats.Workers = append(s.Stats.Workers, puma.Worker{Index: p.Index, PID: p.PID, Booted: true, CheckedIn: true})
		}
	}
	s.Workers = workersSeen(s)
	s.Answered, s.Err = s.At, nil
	return s
}

// processes are the pids of the workers that a look found.
func processes(s collector.Snapshot) map[int]bool {
	pids := map[int]bool{}
	for _, p := range s.Facts().Workers {
		pids[p.PID] = true
	}
	return pids
}

// infer makes figures of a look at the host and of the log. The phase is ours to count: 0 before, 1 once the log has
// said that a phased restart began. A snapshot that rests on no newer look shows what the one before did.
func (t *Trial) infer(s collector.Snapshot) collector.Snapshot {
	s.Err = nil
	if !s.Probed.After(t.asked) || !s.Probed.After(t.now.Probed) || s.Facts().PID == 0 {
		s.Stats, s.Workers, s.Answered = t.now.Stats, t.now.Workers, t.now.Answered
		return s
	}
	if t.log.image && !t.other && t.timed() {
		t.other = true
		t.note("another image of the master, as the log says")
	}
	s.Stats = puma.Stats{Mode: puma.Single, Workers: []puma.Worker{{Booted: t.log.ready || notified(s.Facts()), CheckedIn: true}}}
	if t.before.Stats.Mode == puma.Cluster || len(s.Facts().Workers) > 0 {
		s.Stats = t.cluster(s)
	}
	s.Workers = workersSeen(s)
	s.Answered, s.Latency = s.At, s.At.Sub(s.Probed)
	return s
}

// cluster is what /proc lists with what the log said of each pid.
func (t *Trial) cluster(s collector.Snapshot) puma.Stats {
	phase := 0
	if t.log.phased && !t.log.image {
		phase = 1
	}
	out := puma.Stats{Mode: puma.Cluster, Phase: puma.Of(phase), OldWorkers: puma.Of(0)}
	was := t.before.Stats.PIDs()
	for _, p := range slices.Concat(t.before.Facts().Workers, s.Facts().Workers) {
		t.expected = max(t.expected, p.Index+1) // between two workers at an index there is none to count
	}
	for _, p := range s.Facts().Workers {
		w := puma.Worker{Index: p.Index, PID: p.PID, Phase: phase}
		switch {
		case was[p.PID]:
			w.Phase, w.Booted = 0, true
			out.OldWorkers.N += int64(phase)
		default:
			w.Booted = t.log.booted[p.PID]
			if !w.Booted && t.kind.renews() && notified(s.Facts()) {
				w.Booted, t.byUnit = true, true
			}
		}
		w.CheckedIn = w.Booted
		out.Workers = append(out.Workers, w)
	}
	return out
}

// workersSeen are the workers of a look with what they run.
func workersSeen(s collector.Snapshot) []collector.Worker {
	out := make([]collector.Worker, len(s.Stats.Workers))
	for i, w := range s.Stats.Workers {
		out[i] = collector.Worker{Worker: &w, Age: -1, Uptime: -1, Release: s.Facts().Release}
		for _, p := range s.Facts().Workers {
			if p.PID == w.PID {
				out[i].Release = p.Release
			}
		}
	}
	return out
}

// bootedOf is Puma's own count in the status of its unit: "Puma 6.6.0: cluster: 2/2, worker_status: …".
var bootedOf = regexp.MustCompile(`cluster: (\d+)/(\d+)`)

// notified reports a unit that Puma has told to be ready: all workers of a cluster have booted. Puma takes that back
// while it restarts, from 5.3 on phased restarts too.
func notified(p *probe.Puma) bool {
	u := p.Unit
	if u.Type != "notify" || u.Active != "active" || !p.Version.AtLeast(6, 1, 0) {
		return false
	}
	m := bootedOf.FindStringSubmatch(u.Status)
	if m == nil {
		return u.Status != ""
	}
	return atoi(m[2]) > 0 && atoi(m[1]) == atoi(m[2])
}

// atoi reads digits that a pattern has found.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
