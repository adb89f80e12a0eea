package main

import (
	"time"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// The types of this file are the JSON of `pumatop audit`, which scripts rely on: fields are added, never renamed. Those
// of the file itself are of actions.Record.

type auditDocument struct {
	Path        string        `json:"path"`
	Total       int           `json:"total"`
	BrokenLines int           `json:"broken_lines"`
	Actions     []auditAction `json:"actions"`
}

// auditAction is one action on one target; verdict and what follows are null or empty where none was recorded.
type auditAction struct {
	ID            string           `json:"id"`
	Rollout       string           `json:"rollout"`
	AskedAt       *time.Time       `json:"asked_at"`
	EndedAt       *time.Time       `json:"ended_at"`
	User          string           `json:"user"`
	From          string           `json:"from"`
	PID           *int             `json:"pid"`
	Pumatop       string           `json:"pumatop"`
	Environment   *string          `json:"environment"`
	Target        string           `json:"target"`
	Action        string           `json:"action"`
	Via           *string          `json:"via"`
	Request       string           `json:"request"`
	Expected      []string         `json:"expected"` // why it was thought possible
	Verdict       *string          `json:"verdict"`
	VerdictBefore *string          `json:"verdict_before"` // where it was lost and came back
	Exit          *int             `json:"exit"`
	Summary       *string          `json:"summary"`
	Reason        *string          `json:"reason"`
	Seconds       *float64         `json:"seconds"`
	PhaseBefore   puma.Count       `json:"phase_before"`
	PhaseAfter    puma.Count       `json:"phase_after"`
	Release       auditReleaseJSON `json:"release"`
	Killed        *int             `json:"killed"`
	Evidence      []string         `json:"evidence"`
}

type auditReleaseJSON struct {
	Before *string `json:"before"`
	After  *string `json:"after"`
}

func auditOf(t actions.Trail) auditDocument {
	doc := auditDocument{Path: t.Path, Total: t.Total, BrokenLines: t.Broken, Actions: []auditAction{}}
	for _, e := range t.Entries {
		doc.Actions = append(doc.Actions, auditActionOf(e))
	}
	return doc
}

func auditActionOf(e actions.Entry) auditAction {
	about := e.About()
	a := auditAction{
		ID: about.ID, Rollout: about.Rollout, User: about.User, From: about.From, PID: pidOf(about.PID), Pumatop: about.Pumatop,
		Environment: text(about.Environment), Target: about.Target, Action: about.Action, Via: text(about.Via), Request: about.Request,
		VerdictBefore: text(string(e.Was)), PhaseBefore: about.PhaseBefore, Release: auditReleaseJSON{Before: text(about.ReleaseBefore)},
		Expected: []string{}, Evidence: []string{},
	}
	if e.Asked != nil {
		a.AskedAt, a.Expected = moment(e.Asked.At), append(a.Expected, e.Asked.Evidence...)
	}
	if end := e.Ended; end != nil {
		a.EndedAt, a.Evidence = moment(end.At), append(a.Evidence, end.Evidence...)
		a.Verdict, a.Exit, a.Summary, a.Reason = text(end.Verdict), end.Exit, text(end.Summary), text(end.Reason)
		a.PhaseAfter, a.Release.After, a.Killed = end.PhaseAfter, text(end.ReleaseAfter), &end.Killed
		if end.PhaseBefore.Known { // read right before the request
			a.PhaseBefore = end.PhaseBefore
		}
		if end.Seconds > 0 {
			a.Seconds = &end.Seconds
		}
	}
	return a
}
