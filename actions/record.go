package actions

import (
	"time"

	"pumatop/collector/puma"
)

// RecordVersion is the version of the records that this program writes. Fields are added without a new one.
const RecordVersion = 1

// RecordEvent is what a record of the audit tells.
type RecordEvent string

// The events.
const (
	// RecordAsked is written before a request. A record that stands alone is a request that was perhaps sent.
	RecordAsked RecordEvent = "asked"
	// RecordEnded has the verdict, that nothing was sent after all among them.
	RecordEnded RecordEvent = "ended"
	// RecordAmended has the verdict on a target that was lost and came back.
	RecordAmended RecordEvent = "amended"
)

// Record is one line of the audit: a JSON object. Each says anew who did what to what, so that a line found alone, by
// grep or behind a rotation, can be understood. None holds a token.
type Record struct {
	Version int `json:"v"`
	// ID is one action on one target, and no other one ever: its records share it.
	ID    string      `json:"id"`
	Event RecordEvent `json:"event"`
	At    time.Time   `json:"at"`
	// User is who ran pumatop, with the login that became them in parentheses: "root (ana)". From is the host where.
	User string `json:"user"`
	From string `json:"from"`
	// PID is pumatop's and Pumatop its version.
	PID         int    `json:"pid"`
	Pumatop     string `json:"pumatop"`
	Environment string `json:"environment,omitempty"`
	// Rollout is shared by the actions of one plan.
	Rollout string `json:"rollout"`
	Target  string `json:"target"`
	// Action is the Kind that was asked for and Via the way of Request, which is as an operator would type it.
	Action  string `json:"action"`
	Via     string `json:"via"`
	Request string `json:"request"`
	// Evidence is, of what was asked, why it was thought possible; of what has ended, what was observed.
	Evidence []string `json:"evidence"`

	// Verdict is a Word, and empty where nothing has ended; so are Exit to Killed, but for what was known before.
	Verdict       string     `json:"verdict,omitempty"`
	Exit          *int       `json:"exit,omitempty"`
	Summary       string     `json:"summary,omitempty"`
	Reason        string     `json:"reason,omitempty"`
	Seconds       float64    `json:"seconds,omitempty"`
	PhaseBefore   puma.Count `json:"phase_before,omitzero"`
	PhaseAfter    puma.Count `json:"phase_after,omitzero"`
	ReleaseBefore string     `json:"release_before,omitempty"`
	ReleaseAfter  string     `json:"release_after,omitempty"`
	// Killed is how many workers left only when worker_shutdown_timeout ran out.
	Killed int `json:"killed,omitempty"`
}

// Auditor keeps records. An error of Write before a request refuses the action: what cannot be recorded is not done.
// It may be called by several goroutines.
type Auditor interface{ Write(r Record) error }

// Unrecorded is the Word of an entry without a verdict: pumatop still watches, or has ended, or could not write.
const Unrecorded Word = "unknown"

// Trail is what the audit has, as it can be shown: whatever a terminal would act on has been taken out of it.
type Trail struct {
	Path    string
	Entries []Entry // those that were wanted, in the order in which they were asked
	// Total is how many there are, wanted or not.
	Total int
	// Broken is how many lines could not be read.
	Broken int
}

// Entry is one action on one target, put together from its records; one of Asked and Ended is there.
type Entry struct {
	// Asked is nil where that line is gone with an older file.
	Asked *Record
	// Ended has the newest verdict, and is nil where none was recorded.
	Ended *Record
	// Was is the verdict that an amendment has replaced.
	Was Word
}

// About is the record to read who did what to what from, and the phase and release of before.
func (e Entry) About() Record {
	switch {
	case e.Asked != nil:
		return *e.Asked
	case e.Ended != nil:
		return *e.Ended
	}
	return Record{}
}

// Word is the verdict, Unrecorded where there is none.
func (e Entry) Word() Word {
	if e.Ended == nil || e.Ended.Verdict == "" {
		return Unrecorded
	}
	return Word(e.Ended.Verdict)
}

// Summary is the verdict in a line without its word.
func (e Entry) Summary() string {
	if e.Ended == nil {
		return "no verdict was recorded: pumatop still watches, or ended before there was one"
	}
	return e.Ended.Summary
}

// Latest is when anything was last recorded of it.
func (e Entry) Latest() time.Time {
	if e.Ended != nil {
		return e.Ended.At
	}
	return e.About().At
}
