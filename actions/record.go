package actions

import (
	"time"

	"pumatop/collector/puma"
)

// RecordEvent is what a record of the audit tells.
type RecordEvent string

// The events.
const (
	RecordAsked   RecordEvent = "asked"
	RecordEnded   RecordEvent = "ended"
	RecordAmended RecordEvent = "amended"
)

// Record is one line of the audit.
type Record struct {
	Version       int         `json:"v"`
	ID            string      `json:"id"`
	Event         RecordEvent `json:"event"`
	At            time.Time   `json:"at"`
	User          string      `json:"user"`
	From          string      `json:"from"`
	PID           int         `json:"pid"`
	Pumatop       string      `json:"pumatop"`
	Environment   string      `json:"environment,omitempty"`
	Rollout       string      `json:"rollout"`
	Target        string      `json:"target"`
	Action        string      `json:"action"`
	Via           string      `json:"via"`
	Request       string      `json:"request"`
	Evidence      []string    `json:"evidence"`
	Verdict       string      `json:"verdict,omitempty"`
	Exit          *int        `json:"exit,omitempty"`
	Summary       string      `json:"summary,omitempty"`
	Reason        string      `json:"reason,omitempty"`
	Seconds       float64     `json:"seconds,omitempty"`
	PhaseBefore   puma.Count  `json:"phase_before"`
	PhaseAfter    puma.Count  `json:"phase_after"`
	ReleaseBefore string      `json:"release_before,omitempty"`
	ReleaseAfter  string      `json:"release_after,omitempty"`
	Killed        int         `json:"killed,omitempty"`
}

// Auditor keeps records. An error of Write before a request refuses the action.
type Auditor interface{ Write(r Record) error }
