package actions

import (
	"fmt"
	"path"
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// oldest is how old the figures of a target may be for it to be planned on; longer intervals between polls stretch it.
const oldest = 10 * time.Second

// oldestLook is how old the last look at a target may be that has no control app and so no figures.
const oldestLook = time.Minute

// NewPlan plans an action on targets, in their order, from snapshots alone. A reload of a target that would restart
// in full, or that is not running, is refused; with OrRestart it is planned as what it would be.
func NewPlan(in Intent, targets []collector.Snapshot, now time.Time) Plan {
	p := Plan{Intent: in, At: now}
	seen := map[collector.TargetID]bool{}
	for _, s := range targets {
		if seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		step, refusal := planOne(in, s, now)
		if refusal != nil {
			refusal.Target = s.ID
			p.Refused = append(p.Refused, *refusal)
			continue
		}
		p.Steps = append(p.Steps, step)
	}
	p.settle()
	return p
}

// Confirmation is what has to be typed: the name of a protected environment, else "y" for what replaces at most one
// worker of one target at a time, else the number of targets.
func (p Plan) Confirmation() string {
	if p.Intent.Policy.Protected {
		return p.Intent.Policy.Environment
	}
	if len(p.Steps) == 1 && p.Steps[0].light() {
		return "y"
	}
	return strconv.Itoa(len(p.Steps))
}

// light reports whether a step takes at most one worker of the target at a time, as far as is known.
func (s Step) light() bool {
	switch s.Kind {
	case Reload:
		return s.Before.Phased.Answer == puma.Yes
	case Refork, AddWorker, RemoveWorker, Recycle, Collect:
		return true
	}
	return false
}

// Exit is the exit code of the refusals; 0 where there are none.
func (p Plan) Exit() int {
	codes := make([]int, len(p.Refused))
	for i, r := range p.Refused {
		codes[i] = r.Exit
	}
	return WorstExit(codes...)
}

func refusal(exit int, reason, remedy string) *Refusal {
	return &Refusal{Reason: reason, Remedy: remedy, Exit: exit}
}

func planOne(in Intent, s collector.Snapshot, now time.Time) (Step, *Refusal) {
	if no := unfit(s, now); no != nil {
		return Step{}, no
	}
	in.Via = in.via(s)
	if s.State == collector.NotRunning || s.Facts().PID == 0 && !s.Unseen {
		return planDown(in, s)
	}
	switch in.Kind {
	case Reload:
		return planReload(in, s)
	case Restart:
		return planRestart(in, s)
	case Start:
		return Step{}, refusal(ExitUnhealthy, "it runs already", "")
	case Stop:
		return planStop(in, s)
	}
	return planWorkers(in, s)
}

// unfit refuses what nobody knows enough of, and what another restart is busy with.
func unfit(s collector.Snapshot, now time.Time) *Refusal {
	switch s.State {
	case collector.Unreachable, collector.Stale, collector.Connecting:
		return refusal(ExitUnreachable, fmt.Sprintf("%s: %s", s.State, s.Reason), s.Remedy)
	case collector.Restarting:
		return refusal(ExitUnhealthy, "a restart is in flight and makes progress: "+s.Reason, "wait for it to end")
	case collector.NotRunning, collector.NoControl:
		if s.Unseen {
			return refusal(ExitUnhealthy, fmt.Sprintf("no control app to ask, and nothing else is seen of it: %s", s.Reason), s.Remedy)
		}
		if age := now.Sub(s.Probed); age > oldestLook {
			return refusal(ExitUnreachable, fmt.Sprintf("its host was looked at %.0f s ago", age.Seconds()), "wait for the next look, or refresh")
		}
		return nil
	}
	switch age := s.Age(now); {
	case s.Facts().PID == 0 && s.State == collector.CrashLoop:
	case s.Facts().PID == 0 && !s.Unseen || s.Answered.IsZero():
		return refusal(ExitUnreachable, "its process was not seen when the host was last looked at", "wait for the next look, or refresh")
	case age > max(oldest, 2*s.Interval):
		return refusal(ExitUnreachable, fmt.Sprintf("its figures are %.0f s old", age.Seconds()), "wait until it answers again")
	}
	return nil
}

// planDown plans what fits a target without a process.
func planDown(in Intent, s collector.Snapshot) (Step, *Refusal) {
	u := s.Facts().Unit
	switch {
	case s.Facts().Container.ID != "": // no unit stands behind it: who made the container makes the next
		return Step{}, refusal(ExitUnhealthy, fmt.Sprintf("%s: %s", s.State, s.Reason), s.Remedy)
	case in.Kind == Stop && s.State == collector.CrashLoop && u.Name != "":
		return planStop(in, s)
	case in.Kind != Reload && in.Kind != Restart && in.Kind != Start:
		return Step{}, refusal(ExitUnhealthy, fmt.Sprintf("%s: %s", s.State, s.Reason), s.Remedy)
	case !in.OrRestart && in.Kind != Start:
		return Step{}, refusal(ExitUnhealthy, fmt.Sprintf("%s: %s", s.State, s.Reason), string(in.Kind)+" --or-restart starts it")
	case u.Name == "":
		return Step{}, refusal(ExitUnhealthy, s.Reason, s.Remedy)
	}
	via, no := wayTo(Start, AnyWay, s)
	if no.closed() {
		return Step{}, refusal(no.exit, no.reason, no.remedy)
	}
	step := newStep(s, Start, via)
	step.Says = "not running: " + step.Request
	switch {
	case u.Result == "start-limit-hit":
		step.Warnings = append(step.Warnings, "it crashed too often for systemd to start it: reset-failed first")
	case u.Active == "failed": // systemd keeps the result of the crash before the one too many
		step.Warnings = append(step.Warnings, fmt.Sprintf("it failed (%s): reset-failed first, it may have crashed too often for systemd to start it", u.Result))
	}
	step.Warnings = append(step.Warnings, unitWarnings(Start, via, s)...)
	return step, nil
}

// newStep is a step with what follows from its way.
func newStep(s collector.Snapshot, k Kind, via Via) Step {
	step := Step{Target: s.ID, Kind: k, Via: via, Before: s}
	step.Request = requestOf(step)
	return step
}

func planReload(in Intent, s collector.Snapshot) (Step, *Refusal) {
	if s.Phased.Answer == puma.No {
		if !in.OrRestart {
			return Step{}, refusal(ExitNotPhased, "a reload would be a full restart: "+s.Phased.Evidence, "reload --or-restart accepts that")
		}
		return planRestart(in, s)
	}
	via, no := wayTo(Reload, in.Via, s)
	if no.closed() {
		if no.exit == ExitNotPhased && in.OrRestart {
			return planRestart(in, s)
		}
		return Step{}, refusal(no.exit, no.reason, no.remedy)
	}
	step := newStep(s, Reload, via)
	n := workersOf(s)
	step.Says = fmt.Sprintf("phased: one worker at a time, %d of %d serve meanwhile", max(n-1, 0), n)
	if n == 1 {
		step.Warnings = append(step.Warnings, "its only worker is replaced: nothing serves while the new one boots")
	}
	if s.Phased.Answer == puma.Unknown {
		step.Says = fmt.Sprintf("phased or full, not known which: %s", s.Phased.Evidence)
		step.Warnings = append(step.Warnings, "if Puma preloads the application it restarts in full instead")
		if no := watchdogObstacle(via, s); no.closed() {
			step.Warnings = append(step.Warnings, no.reason)
		}
	}
	step.finish(s)
	return step, nil
}

func planRestart(in Intent, s collector.Snapshot) (Step, *Refusal) {
	if s.Unseen && s.Stats.StartedAt.IsZero() && len(s.Stats.Workers) < 2 {
		return Step{}, refusal(ExitUnhealthy, "a full restart could not be proved: up to Puma 4.0 the figures of a lone process do not tell one image from another, and nothing else is seen of it",
			"use a login that may run commands")
	}
	via, no := wayTo(Restart, in.Via, s)
	if !no.closed() && s.Phased.Answer == puma.No { // of unknown kind it is perhaps up before the application has booted
		no = watchdogObstacle(via, s)
	}
	if no.closed() {
		return Step{}, refusal(no.exit, no.reason, no.remedy)
	}
	step := newStep(s, Restart, via)
	step.Says = "full restart: every worker at once, requests wait at the listening socket meanwhile"
	if via == ViaSystemd {
		step.Says = "full restart by systemd: Puma is stopped and started, nothing listens meanwhile unless a socket unit does"
	}
	if s.Facts().Container.ID != "" {
		step.Says = "full restart: the container's process executes itself anew, every worker at once, requests wait at the listening socket meanwhile"
	}
	if in.Kind == Reload && s.Phased.Answer == puma.No {
		step.Says = "full restart, phased is not possible: " + s.Phased.Evidence
	}
	if s.Stats.Mode == puma.Single {
		step.Warnings = append(step.Warnings, "nothing serves until the application has booted again")
	}
	step.Warnings = append(step.Warnings, watchdogWarning(via, s)...)
	step.finish(s)
	return step, nil
}

// finish adds what concerns every step that brings in new code.
func (step *Step) finish(s collector.Snapshot) {
	step.Warnings = append(step.Warnings, unitWarnings(step.Kind, step.Via, s)...)
	if step.blind() {
		step.Warnings = append(step.Warnings, "no figures: what happens is read from its processes and its log, nothing is said of requests")
	}
	step.asRemedy(s)
	if s.Unseen && s.Facts().Token.IsSet() && (step.Kind == Restart || s.Phased.Answer != puma.Yes) {
		step.Warnings = append(step.Warnings, "a full restart makes a new token unless puma.rb sets auth_token: then nothing more is seen of it")
	}
	step.Warnings = append(step.Warnings, releaseWarnings(s)...)
}

// planStop plans the end of a target, which only the configuration can allow.
func planStop(in Intent, s collector.Snapshot) (Step, *Refusal) {
	if !in.Policy.AllowStop {
		return Step{}, refusal(ExitUnhealthy, "stopping is not allowed here", "allow it with --allow-stop or PUMATOP_ALLOW_STOP=1")
	}
	if s.Unseen {
		return Step{}, refusal(ExitUnhealthy, "that it has stopped could not be proved: nothing is seen of its process", "use a login that may run commands")
	}
	via, no := wayTo(Stop, in.Via, s)
	if no.closed() {
		return Step{}, refusal(no.exit, no.reason, no.remedy)
	}
	step := newStep(s, Stop, via)
	step.Says = "stop: requests in flight are answered, then nothing serves until somebody starts it"
	if via != ViaSystemd && s.Facts().Unit.Name != "" {
		step.Warnings = append(step.Warnings, "unit "+s.Facts().Unit.Name+" may start it again by itself")
	}
	if c := s.Facts().Container; c.ID != "" && c.Policy != "" && c.Policy != "no" {
		step.Warnings = append(step.Warnings, fmt.Sprintf("%s starts the container again by itself: its restart policy is %s", c.Engine, c.Policy))
	}
	return step, nil
}

// asRemedy marks a step that is the way out of a restart that makes no progress.
func (step *Step) asRemedy(s collector.Snapshot) {
	if s.State != collector.CrashLoop && s.State != collector.Stuck {
		return
	}
	step.Remedy = true
	step.Warnings = append(step.Warnings, fmt.Sprintf("%s: %s", s.State, s.Reason))
	if s.State == collector.CrashLoop {
		step.Warnings = append(step.Warnings, sameRelease(s)...)
	}
}

// sameRelease warns where a new try would boot what just failed: the master stays in the release that a phased
// restart began with, and only the next one moves it to what `current` is then.
func sameRelease(s collector.Snapshot) []string {
	switch {
	case s.Facts().Container.ID != "":
		return []string{"the image stays what it is, and so does what failed: roll back or deploy first"}
	case s.Facts().Release == "" || s.Facts().Current == "":
		return []string{"which release fails, and what current is now, could not be read"}
	case s.Facts().Release == s.Facts().Current:
		return []string{fmt.Sprintf("current still is the release that does not boot, %s: roll back or deploy first", path.Base(s.Facts().Current))}
	}
	return []string{fmt.Sprintf("%s does not boot, current is now %s", path.Base(s.Facts().Release), path.Base(s.Facts().Current))}
}

func releaseWarnings(s collector.Snapshot) []string {
	if s.Facts().Container.ID != "" {
		return []string{recycles(s)}
	}
	if s.Facts().Current == "" {
		return []string{"what current points to is not known: the verdict cannot compare releases"}
	}
	return nil
}

// workersOf is how many workers the target has when it is whole.
func workersOf(s collector.Snapshot) int {
	if s.State == collector.NoControl {
		return max(s.Wanted, len(s.Facts().Workers))
	}
	return max(s.Wanted, len(s.Stats.Workers))
}
