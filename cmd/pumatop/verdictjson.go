package main

import (
	"strings"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// The types of this file are the JSON of `pumatop reload`, which scripts rely on: fields are added, never renamed.

type reloadDocument struct {
	Targets []reloadTarget `json:"targets"`
}

type reloadTarget struct {
	ID           string            `json:"id"`
	Action       string            `json:"action"`
	Via          *string           `json:"via"`
	Verdict      string            `json:"verdict"`
	Exit         int               `json:"exit"`
	Summary      string            `json:"summary"`
	Reason       *string           `json:"reason"`
	Remedy       *string           `json:"remedy"`
	PhaseBefore  puma.Count        `json:"phase_before"`
	PhaseAfter   puma.Count        `json:"phase_after"`
	ImageChanged bool              `json:"image_changed"`
	Workers      []replacementJSON `json:"workers"`
	Release      releaseChangeJSON `json:"release"`
	Cost         *costJSON         `json:"cost"` // null where nothing was done
	Evidence     []string          `json:"evidence"`
	Log          []string          `json:"log"`
}

type replacementJSON struct {
	Index   int      `json:"index"`
	OldPID  *int     `json:"old_pid"`
	NewPID  *int     `json:"new_pid"`
	Seconds *float64 `json:"seconds"`
}

// releaseChangeJSON has the directories that the workers ran and run; several are joined by ", ".
type releaseChangeJSON struct {
	Before  *string `json:"before"`
	After   *string `json:"after"`
	Current *string `json:"current"`
}

type costJSON struct {
	Seconds        float64      `json:"seconds"`
	LowestCapacity int          `json:"lowest_capacity"`
	Of             int          `json:"of"`
	HighestQueue   puma.Count   `json:"highest_queue"`
	Killed         []killedJSON `json:"killed"`
}

type killedJSON struct {
	Index    int        `json:"index"`
	PID      int        `json:"pid"`
	InFlight puma.Count `json:"in_flight"`
}

func reloadOf(p actions.Progress) reloadDocument {
	doc := reloadDocument{Targets: []reloadTarget{}}
	for _, v := range verdictsOf(p) {
		doc.Targets = append(doc.Targets, verdictJSON(v))
	}
	return doc
}

func verdictJSON(v actions.Verdict) reloadTarget {
	t := reloadTarget{
		ID: string(v.Target), Action: string(v.Action), Via: text(string(v.Via)), Verdict: string(v.Word), Exit: v.Exit,
		Summary: v.Summary, Reason: text(v.Reason), Remedy: text(v.Remedy),
		PhaseBefore: v.PhaseBefore, PhaseAfter: v.PhaseAfter, ImageChanged: v.ImageChanged, Workers: []replacementJSON{},
		Release: releaseChangeJSON{text(strings.Join(v.Release.Before, ", ")), text(strings.Join(v.Release.After, ", ")), text(v.Release.Current)},
		Cost: &costJSON{Seconds: v.Cost.Seconds, LowestCapacity: v.Cost.LowestCapacity, Of: v.Cost.Of,
			HighestQueue: v.Cost.HighestQueue, Killed: []killedJSON{}},
		Evidence: append([]string{}, v.Evidence...), Log: append([]string{}, v.Log...),
	}
	if v.Word == actions.Refused || v.Word == actions.Untouched {
		t.Cost = nil
		return t
	}
	for _, r := range v.Workers {
		w := replacementJSON{Index: r.Index, OldPID: pidOf(r.OldPID), NewPID: pidOf(r.NewPID)}
		if r.NewPID != 0 {
			w.Seconds = &r.Seconds
		}
		t.Workers = append(t.Workers, w)
	}
	for _, k := range v.Cost.Killed {
		t.Cost.Killed = append(t.Cost.Killed, killedJSON(k))
	}
	return t
}

// verdictsOf are the verdicts of a run that is done, the refused targets among them.
func verdictsOf(p actions.Progress) []actions.Verdict {
	var out []actions.Verdict
	for _, r := range p.Plan.Refused {
		out = append(out, actions.Verdict{Target: r.Target, Word: actions.Refused, Action: p.Plan.Intent.Kind, Exit: r.Exit,
			Summary: "nothing was sent: " + r.Reason, Reason: r.Reason, Remedy: r.Remedy, Evidence: []string{r.Reason}})
	}
	for _, s := range p.Steps {
		if s.Verdict != nil {
			out = append(out, *s.Verdict)
		}
	}
	return out
}

func pidOf(pid int) *int {
	if pid == 0 {
		return nil
	}
	return &pid
}
