package actions

import (
	"fmt"
	"strings"

	"pumatop/collector/puma"
)

// doneWords is the summary of an action that has ended.
func (t *Trial) doneWords(v Verdict) string {
	var b strings.Builder
	b.WriteString(t.deed(v))
	if t.kind.renews() || t.kind == Recycle {
		if t.releasesRead() {
			fmt.Fprintf(&b, ", runs %s", withRevision(baseNames(v.Release.After), v.Release.Revision))
		} else {
			b.WriteString(", release not seen")
		}
	}
	if t.gap > 0 && t.kind != Start {
		fmt.Fprintf(&b, ", control socket closed for %s meanwhile", seconds(t.gap))
	}
	if n := t.furtherRestarts(v); n > 0 && t.raisesPhase() {
		fmt.Fprintf(&b, "; the phase went up by %d: not ours alone", n+1)
	} else if n > 0 {
		fmt.Fprintf(&b, "; the phase went up by %d meanwhile: another restart", n)
	}
	for _, k := range t.killed {
		fmt.Fprintf(&b, ", worker %d killed at the end of its drain with %s requests in flight", k.Index, k.InFlight)
	}
	return b.String()
}

// deed is what was done, in the words of its kind.
func (t *Trial) deed(v Verdict) string {
	is, took := t.fresh.Stats, fmt.Sprintf("%.1fs", v.Cost.Seconds)
	switch {
	case t.step.UnderWay:
		return fmt.Sprintf("%d of %d workers serve, %s after pumatop first looked", is.Booted(), max(t.expected, len(is.Workers)), took)
	case t.kind == Start && is.Mode == puma.Single:
		return "it serves after " + took
	case t.kind == Start:
		return fmt.Sprintf("%s booted in %s", plural(int64(len(is.Workers)), "worker"), took)
	case is.Mode == puma.Single:
		return "a new process image serves after " + took
	case t.renewing() || t.replaced():
		text := fmt.Sprintf("%d of %d workers replaced", count(v.Workers), max(len(v.Workers), t.expected))
		if t.step.Observed && v.Cost.Seconds < 0.1 { // it was over when it was noticed
			return text
		}
		return text + " in " + took
	}
	return t.workerDeed(took)
}

// workerDeed is the deed of what is about single workers.
func (t *Trial) workerDeed(took string) string {
	was, is := len(t.before.Stats.Workers), len(t.fresh.Stats.Workers)
	switch t.kind {
	case AddWorker:
		return fmt.Sprintf("%d→%d workers, the new one booted in %s", was, is, took)
	case RemoveWorker:
		return fmt.Sprintf("%d→%d workers in %s", was, is, took)
	case Recycle:
		return fmt.Sprintf("worker %d replaced in %s, pid %d→%d", t.step.Worker, took, t.step.PID, t.pidOf(t.step.Worker))
	}
	done, wanted := t.Replaced()
	return fmt.Sprintf("%d of %d workers forked anew from worker 0 in %s", done, wanted, took)
}

// count is how many indexes have a new worker.
func count(workers []Replacement) (n int) {
	for _, r := range workers {
		if r.NewPID != 0 {
			n++
		}
	}
	return n
}

// pidOf is the pid at an index as of the newest answer; 0 for none.
func (t *Trial) pidOf(index int) int {
	for _, w := range t.fresh.Stats.Workers {
		if w.Index == index {
			return w.PID
		}
	}
	return 0
}

// withRevision puts the beginning of a revision behind the release that it is of.
func withRevision(release, revision string) string {
	const enough = 8
	switch {
	case revision == "" || release == "" || revision == release:
		return release
	case len(revision) > enough && isHex(revision):
		revision = revision[:enough]
	}
	return release + " (" + revision + ")"
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// stopped is the verdict of a stop after which no process is left.
func (t *Trial) stopped() Verdict {
	v := t.verdict(Verified, "")
	v.Cost.Seconds = t.now.At.Sub(t.asked).Seconds()
	v.Cost.LowestCapacity = 0
	v.Summary = fmt.Sprintf("no process left after %.1fs", v.Cost.Seconds)
	if u := t.now.Facts().Unit; u.Name != "" {
		v.Summary += fmt.Sprintf(", unit %s is %s", u.Name, u.Active)
	}
	v.Evidence = append(v.Evidence, fmt.Sprintf("process %d is gone, and no other Puma of this unit was found", t.before.Facts().PID))
	return v
}

// noRefork is the verdict where Puma says that it cannot.
func (t *Trial) noRefork() Verdict {
	v := t.verdict(Refused, "its log says that a refork is not available")
	v.Evidence = append(v.Evidence, t.lastSeen())
	v.Remedy = "set fork_worker in " + configName(t.before)
	return v
}
