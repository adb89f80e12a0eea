package actions

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// oldest is how old the figures of a target may be for it to be planned on; longer intervals between polls stretch it.
const oldest = 10 * time.Second

// NewPlan plans an action on targets, in their order, from snapshots alone. A reload of a target that would restart
// in full, or that is not running, is refused; with orRestart it is planned as what it would be.
func NewPlan(asked Kind, targets []collector.Snapshot, now time.Time, orRestart bool) Plan {
	p := Plan{Asked: asked, At: now}
	for _, s := range targets {
		step, refusal := planOne(asked, s, now, orRestart)
		if refusal != nil {
			p.Refused = append(p.Refused, *refusal)
			continue
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// Confirmation is what has to be typed: "y" for the phased reload of one target, else the number of targets.
func (p Plan) Confirmation() string {
	if len(p.Steps) == 1 && p.Steps[0].Kind == Reload && p.Steps[0].Before.Phased.Answer == puma.Yes {
		return "y"
	}
	return strconv.Itoa(len(p.Steps))
}

// Exit is the exit code of the refusals; 0 where there are none.
func (p Plan) Exit() int {
	codes := make([]int, len(p.Refused))
	for i, r := range p.Refused {
		codes[i] = r.Exit
	}
	return WorstExit(codes...)
}

func planOne(asked Kind, s collector.Snapshot, now time.Time, orRestart bool) (Step, *Refusal) {
	refuse := func(exit int, reason, remedy string) (Step, *Refusal) {
		return Step{}, &Refusal{Target: s.ID, Reason: reason, Remedy: remedy, Exit: exit}
	}
	switch s.State {
	case collector.Unreachable, collector.Stale, collector.Connecting:
		return refuse(ExitUnreachable, fmt.Sprintf("%s: %s", s.State, s.Reason), s.Remedy)
	case collector.NoControl:
		return refuse(ExitUnhealthy, s.Reason, s.Remedy)
	case collector.NotRunning:
		return planStart(s, orRestart, refuse)
	case collector.Restarting:
		return refuse(ExitUnhealthy, "a restart is in flight and makes progress: "+s.Reason, "wait for it to end")
	}
	if s.Facts.PID == 0 && s.State == collector.CrashLoop {
		return planStart(s, orRestart, refuse)
	}
	if s.Facts.PID == 0 || s.Answered.IsZero() {
		return refuse(ExitUnreachable, "its process was not seen when the host was last looked at", "wait for the next look, or refresh")
	}
	if age := s.Age(now); age > max(oldest, 2*s.Interval) {
		return refuse(ExitUnreachable, fmt.Sprintf("its figures are %.0f s old", age.Seconds()), "wait until it answers again")
	}
	if asked == Reload && s.Phased.Answer == puma.No && !orRestart {
		return refuse(ExitNotPhased, "a reload would be a full restart: "+s.Phased.Evidence, "reload --or-restart accepts that")
	}
	if asked == Restart || s.Phased.Answer == puma.No {
		return planRestart(s), nil
	}
	return planReload(s), nil
}

// planStart plans what fits a target without a process.
func planStart(s collector.Snapshot, orRestart bool, refuse func(int, string, string) (Step, *Refusal)) (Step, *Refusal) {
	switch {
	case !orRestart:
		return refuse(ExitUnhealthy, fmt.Sprintf("%s: %s", s.State, s.Reason), "reload --or-restart starts it")
	case s.Facts.Unit.Name == "":
		return refuse(ExitUnhealthy, s.Reason, s.Remedy)
	}
	return Step{Target: s.ID, Kind: Start, Via: ViaSystemd, Before: s,
		Says: fmt.Sprintf("not running: %s", startCommand(s.Facts.Unit))}, nil
}

func planRestart(s collector.Snapshot) Step {
	step := Step{Target: s.ID, Kind: Restart, Via: ViaControl, Before: s}
	if s.Phased.Answer == puma.No {
		step.Says = "full restart, phased is not possible: " + s.Phased.Evidence
	} else {
		step.Says = "full restart: every worker at once, requests wait at the listening socket meanwhile"
	}
	if s.Stats.Mode == puma.Single {
		step.Warnings = append(step.Warnings, "nothing serves until the application has booted again")
	}
	step.asRemedy(s)
	step.Warnings = append(step.Warnings, releaseWarnings(s)...)
	return step
}

func planReload(s collector.Snapshot) Step {
	step := Step{Target: s.ID, Kind: Reload, Via: ViaControl, Before: s}
	n := workersOf(s)
	step.Says = fmt.Sprintf("phased: one worker at a time, %d of %d serve meanwhile", max(n-1, 0), n)
	if n == 1 {
		step.Warnings = append(step.Warnings, "its only worker is replaced: nothing serves while the new one boots")
	}
	if s.Phased.Answer == puma.Unknown {
		step.Says = fmt.Sprintf("phased or full, not known which: %s", s.Phased.Evidence)
		step.Warnings = append(step.Warnings, "if Puma preloads the application it restarts in full instead")
	}
	step.asRemedy(s)
	step.Warnings = append(step.Warnings, releaseWarnings(s)...)
	return step
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
	case s.Facts.Release == "" || s.Facts.Current == "":
		return []string{"which release fails, and what current is now, could not be read"}
	case s.Facts.Release == s.Facts.Current:
		return []string{fmt.Sprintf("current still is the release that does not boot, %s: roll back or deploy first", path.Base(s.Facts.Current))}
	}
	return []string{fmt.Sprintf("%s does not boot, current is now %s", path.Base(s.Facts.Release), path.Base(s.Facts.Current))}
}

func releaseWarnings(s collector.Snapshot) []string {
	if s.Facts.Current == "" {
		return []string{"what current points to is not known: the verdict cannot compare releases"}
	}
	return nil
}

// workersOf is how many workers the target has when it is whole.
func workersOf(s collector.Snapshot) int { return max(s.Wanted, len(s.Stats.Workers)) }

// FreshRelease reports whether every worker already runs what `current` points to; ok is false where either is not
// known.
func (s Step) FreshRelease() (fresh, ok bool) {
	running := s.Before.Releases()
	if len(running) == 0 || s.Before.Facts.Current == "" {
		return false, false
	}
	return !slices.ContainsFunc(running, func(r string) bool { return r != s.Before.Facts.Current }), true
}
