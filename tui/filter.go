package tui

import "pumatop/collector"

// stateHelp says what a state means.
func stateHelp(s collector.State) string {
	switch s {
	case collector.CrashLoop:
		return "workers or the master start again and again and do not boot"
	case collector.Stuck:
		return "a restart that has not moved for longer than a drain or a boot may take"
	case collector.NotRunning:
		return "the unit is inactive or failed, there is no process"
	case collector.Unreachable:
		return "the host or the control socket does not answer"
	case collector.NoControl:
		return "the process runs, its figures cannot be read"
	case collector.Stale:
		return "it answered before; the figures are too old to act on"
	case collector.Restarting:
		return "workers are being replaced, and it makes progress"
	case collector.Connecting:
		return "not asked yet"
	case collector.Serving:
		return "every worker booted and checked in"
	}
	return ""
}
