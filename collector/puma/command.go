package puma

// Command is an action of the control app. Puma's 200 to one means that it was accepted, never that it was done.
type Command string

// The commands. Worker count, log reopening and stopping one worker have no command, only signals.
const (
	// PhasedRestart replaces the workers one by one. Where that is not possible Puma restarts in full instead:
	// in cluster mode it answers 200 all the same, in single mode 404 from 5.0 on, see [ErrRestartsInFull].
	PhasedRestart Command = "phased-restart"
	// Restart drains the workers and executes Puma anew under the same pid.
	Restart Command = "restart"
	// Refork replaces every worker but worker 0 by its forks, where fork_worker is set. The control app lost it in
	// 5.0.3 and has it again from 5.6.5.
	Refork Command = "refork"
	// ReloadWorkerDirectory makes the master change to its directory, so that workers to come start there.
	ReloadWorkerDirectory Command = "reload-worker-directory"
	// GC collects garbage in the master (in single mode: the process) alone.
	GC Command = "gc"
	// Stop ends Puma after its requests, Halt at once.
	Stop Command = "stop"
	Halt Command = "halt"
)

// The read-only requests.
const (
	statsRequest      Command = "stats"
	backtracesRequest Command = "thread-backtraces"
	gcStatsRequest    Command = "gc-stats"
)

// isWord reports whether c can be the path of a request as it stands.
func (c Command) isWord() bool {
	for _, r := range c {
		if r != '-' && (r < 'a' || r > 'z') {
			return false
		}
	}
	return c != ""
}
