package actions

import (
	"fmt"
	"path"
	"time"

	"pumatop/collector/puma"
)

// prove writes down what makes the restart done, in the order in which it is asked: was it ours, are the workers new,
// are they all, what do they run, and what did it cost.
func (t *Trial) prove(v *Verdict) {
	v.Evidence = append(v.Evidence, t.proofOfKind(v)...)
	v.Evidence = append(v.Evidence, t.proofOfWorkers(v)...)
	if t.kind.renews() || t.kind == Recycle {
		v.Evidence = append(v.Evidence, t.proofOfRelease(v))
	}
	if t.outlived() && v.Word == Verified && !t.endedMeanwhile() {
		v.Evidence = append(v.Evidence, fmt.Sprintf("it has outlived the time in which systemd's watchdog, of %s, could have ended it", t.watchdog()))
	}
	for _, k := range t.killed {
		v.Evidence = append(v.Evidence, fmt.Sprintf(
			"worker %d, pid %d, left only when worker_shutdown_timeout (%s) ran out: killed, %s requests in flight when it last reported",
			k.Index, k.PID, t.drainLimit(), k.InFlight))
	}
}

// proofOfKind tells a phased restart from a full one, and ours from somebody else's.
func (t *Trial) proofOfKind(v *Verdict) []string {
	var out []string
	switch {
	case t.replaced():
	case t.step.blind():
		out = append(out, fmt.Sprintf("no control app: its log says that a phased restart began, phase %d, and no other image", t.log.phase))
	case t.raisesPhase():
		out = append(out, fmt.Sprintf("phase %s→%s, the master is the same image", v.PhaseBefore, v.PhaseAfter))
	case t.drainEnds():
		out = append(out, fmt.Sprintf("phase %s before and %s after, the master is the same image", v.PhaseBefore, v.PhaseAfter))
	}
	if n := t.furtherRestarts(*v); n > 0 && t.raisesPhase() {
		out = append(out, fmt.Sprintf("the phase went up by %d: %s, phased or a refork, beside ours", n+1, plural(n, "restart")))
	} else if n > 0 {
		out = append(out, fmt.Sprintf("the phase went up by %d: %s, phased or a refork", n, plural(n, "restart")))
	}
	if t.gap > 0 && t.kind != Start {
		out = append(out, fmt.Sprintf("its control socket was closed for %s: what served then was not seen", seconds(t.gap)))
	}
	return out
}

// proofOfWorkers is who was replaced by whom, and that nobody is missing.
func (t *Trial) proofOfWorkers(v *Verdict) []string {
	var out []string
	booted, serve := "booted and checked in", "%d of %d workers serve, none of an older phase, in %d polls with the same pids"
	if t.step.blind() {
		booted, serve = "booted, as its log or its unit says", "%d of %d workers have booted and none is left from before, in %d looks with the same pids"
	}
	for _, r := range v.Workers {
		switch {
		case r.NewPID == 0:
		case r.OldPID == 0:
			out = append(out, fmt.Sprintf("worker %d: pid %d, %s", r.Index, r.NewPID, booted))
		default:
			out = append(out, fmt.Sprintf("worker %d: pid %d→%d, %s", r.Index, r.OldPID, r.NewPID, booted))
		}
	}
	if s := t.fresh.Stats; s.Mode == puma.Cluster {
		out = append(out, fmt.Sprintf(serve, s.Booted(), max(t.expected, len(s.Workers)), t.doneFor))
	}
	switch n := len(t.log.culled); {
	case n == 0 || t.kind == RemoveWorker:
	case n == 1:
		out = append(out, "1 worker was removed meanwhile, as the log says")
	default:
		out = append(out, fmt.Sprintf("%d workers were removed meanwhile, as the log says", n))
	}
	if c := t.configured(); c.Known && int(c.N) < t.expected {
		out = append(out, fmt.Sprintf("puma.rb now says %s workers, before there were %d", c, t.expected))
	}
	return out
}

// proofOfRelease is what the workers run, as far as it was read.
func (t *Trial) proofOfRelease(v *Verdict) string {
	switch {
	case !t.releasesRead():
		return "the directories of the workers could not be read: what they run was not seen"
	case t.now.Facts().Container.ID != "":
		return fmt.Sprintf("workers run %s: the image of container %s, which no restart changes", baseNames(v.Release.After), t.now.Facts().Container.Short())
	case t.now.Facts().Current == "":
		return fmt.Sprintf("workers run %s; what current points to is not known", withRevision(baseNames(v.Release.After), v.Release.Revision))
	}
	return fmt.Sprintf("workers run %s, current is %s", withRevision(baseNames(v.Release.After), v.Release.Revision),
		withRevision(path.Base(t.now.Facts().Current), t.now.Facts().Revision))
}

// lastSeen is the newest answer since the request in a line: what a verdict rests on that nothing was proved for.
func (t *Trial) lastSeen() string {
	if t.fresh.ID == "" {
		return "no answer came since the request"
	}
	if t.step.blind() {
		return fmt.Sprintf("when last looked at: %d of %d workers booted, as far as its log and its unit say", t.fresh.Stats.Booted(), t.expected)
	}
	s := t.fresh.Stats
	at := t.fresh.Answered.Local().Format(time.TimeOnly)
	if s.Mode == puma.Single {
		return "last answer at " + at + ": single mode"
	}
	return fmt.Sprintf("last answer at %s: phase %s, %d of %d workers booted, %s of an older phase", at, s.Phase, s.Booted(), t.expected, s.OldWorkers)
}
