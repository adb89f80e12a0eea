package tui

import (
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/prompt"
)

// fleetMsg is a newer fleet from the Feed. Its lines were made on the way, as lens said; nil where they were not.
type fleetMsg struct {
	fleet     collector.Fleet
	projected *projection
	lens      int
	alarms    map[collector.TargetID]string // see Alerts
}

// feedEndedMsg says that the Feed will yield no more.
type feedEndedMsg struct{ err error }

// progressMsg is newer progress of the run that has the given number; progress of an older run is dropped.
type progressMsg struct {
	run      int
	progress actions.Progress
}

// runEndedMsg says that a run yields no more.
type runEndedMsg struct {
	run int
	err error
}

// startedMsg is a run that the Operator has begun.
type startedMsg struct {
	run  int
	live Run
}

// auditMsg is what the audit has.
type auditMsg struct {
	trail actions.Trail
	err   error
}

// tickMsg is the time, once a second and four times a second while a sheet shows the age of its figures. It is the
// only clock that the screens have beside Fleet.At. A tick of an older generation has been replaced by another.
type tickMsg struct {
	at         time.Time
	generation int
}

// armedMsg is a beat of the moment in which a new overlay takes no consent, and the last one ends it.
type armedMsg struct {
	overlay int
	beats   int // to come
}

// promptsMsg is the questions that wait for an answer; changed is closed when they are others.
type promptsMsg struct {
	waiting []prompt.Pending
	changed <-chan struct{}
}

// lullEndMsg says that a login has had its time to ask more, unless it has been given more since.
type lullEndMsg struct{ lull int }

// noticeEndMsg takes a passing notice away, unless a newer one stands there.
type noticeEndMsg struct{ notice int }
