package puma

// LogKind is what a line of Puma's log tells.
type LogKind string

// The kinds. Those in brackets name the fields that such a line fills besides Text and PID.
const (
	LogOther           LogKind = ""                 // not a phrase of Puma's
	LogStarting        LogKind = "starting"         // the first line of an image [Mode]
	LogVersion         LogKind = "version"          // [Version]
	LogMasterPID       LogKind = "master-pid"       // from 5.1 [Subject]
	LogRestarts        LogKind = "restarts"         // which restarts are possible [Hot, Phased, Refork]
	LogPreloading      LogKind = "preloading"       // preload_app! is on [Phased]
	LogListening       LogKind = "listening"        // a socket of the application, new or inherited
	LogControl         LogKind = "control"          // the control app is about to listen
	LogReady           LogKind = "ready"            // "Use Ctrl-C to stop"
	LogWorkerBooted    LogKind = "worker-booted"    // [Index, Subject, Phase, Seconds from 5.3]
	LogWorkerCulled    LogKind = "worker-culled"    // after a TTOU [Index, Subject]
	LogPhasedStarted   LogKind = "phased-started"   // [Phase]
	LogReforkStarted   LogKind = "refork-started"   // from 6.6.1, before it looks like a phased restart [Phase]
	LogDirectory       LogKind = "directory"        // the master changes to a directory
	LogStopping        LogKind = "stopping"         // an old worker's turn in a phased restart or refork [Subject]
	LogTermSent        LogKind = "term-sent"        // [Subject]
	LogKillSent        LogKind = "kill-sent"        // up to Puma 4 [Subject]
	LogNotPhased       LogKind = "not-phased"       // a phased restart was asked, a full one begins [Phased]
	LogNoRefork        LogKind = "no-refork"        // [Refork]
	LogShuttingDown    LogKind = "shutting-down"    // workers or requests are drained
	LogRestarting      LogKind = "restarting"       // the image ends and executes the next
	LogWorkerFailed    LogKind = "worker-failed"    // from 5.3.2: a worker could not load the application
	LogWorkerEnded     LogKind = "worker-ended"     // "Early termination of worker", a worker that never booted
	LogLoadFailed      LogKind = "load-failed"      // single mode and preload: the image ends [Reason]
	LogWorkerTimedOut  LogKind = "worker-timed-out" // the master kills a worker that does not check in [Subject]
	LogWorkerBootLimit LogKind = "boot-timed-out"   // from 5.3: ... that does not boot [Subject]
	LogParentDied      LogKind = "parent-died"      // a worker that lost its master ends
	LogStopped         LogKind = "stopped"          // Puma is gone or will be
)

// LogLine is one line of Puma's log. The zero value is a line that is not Puma's.
type LogLine struct {
	Kind LogKind
	// PID is the process that wrote the line: the bracketed number before it. Single mode has none: 0.
	PID int
	// Subject is the process that the line is about; Index and Phase are its own words. All are 0 where the kind
	// does not name them.
	Subject, Index, Phase int
	// Seconds is how long a worker took to boot, 0 where not said.
	Seconds float64
	// Hot, Phased and Refork are what the line says of these restarts, else Unknown.
	Hot, Phased, Refork Answer
	Mode                Mode
	Version             Version
	// Reason is the application's own error in a line that has one.
	Reason string
	// Text is the line without the bracketed number, sanitised and without any token.
	Text string
}
