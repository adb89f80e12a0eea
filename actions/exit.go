package actions

import "slices"

// The exit codes of pumatop's commands.
const (
	ExitVerified    = 0
	ExitInternal    = 1
	ExitUsage       = 2
	ExitUnhealthy   = 3 // unhealthy, not running or refused
	ExitTimedOut    = 4
	ExitUnreachable = 5 // a target could not be reached, or was lost
	ExitLoop        = 6 // crash loop or stuck
	ExitNotPhased   = 7 // a reload would have been, or became, a full restart that nobody accepted
	ExitOldCode     = 8
	ExitInterrupted = 130
)

// WorstExit is the one code for several: the first that occurs in the order of how much each asks for a person.
func WorstExit(codes ...int) int {
	for _, code := range [...]int{ExitInternal, ExitUsage, ExitInterrupted, ExitLoop, ExitNotPhased, ExitOldCode,
		ExitTimedOut, ExitUnreachable, ExitUnhealthy} {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return ExitVerified
}

// Exit is the exit code that a verdict of this word stands for.
func (w Word) Exit() int {
	switch w {
	case Verified, Done:
		return ExitVerified
	case OldCode:
		return ExitOldCode
	case RestartedInstead:
		return ExitNotPhased
	case CrashLoop, Stuck:
		return ExitLoop
	case Lost:
		return ExitUnreachable
	case TimedOut:
		return ExitTimedOut
	case Interrupted:
		return ExitInterrupted
	}
	return ExitUnhealthy
}

// Good reports whether a rollout goes on after this verdict.
func (w Word) Good() bool { return w == Verified }

// String is the verdict as the screen writes it: spaces stand for the hyphens.
func (w Word) String() string {
	switch w {
	case OldCode:
		return "old code"
	case RestartedInstead:
		return "restarted instead"
	case CrashLoop:
		return "crash loop"
	case NotRunning:
		return "not running"
	case TimedOut:
		return "timed out"
	}
	return string(w)
}
