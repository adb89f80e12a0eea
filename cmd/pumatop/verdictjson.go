package main

import (
	"slices"
	"strings"
	"time"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// The types of this file are the JSON of `pumatop reload` and of every other command that ends with verdicts, which
// scripts rely on: fields are added, never renamed.

type actionDocument struct {
	Exit    int            `json:"exit"`
	Stopped *string        `json:"stopped"` // why targets were left out
	Targets []actionTarget `json:"targets"`

	plan    actions.Plan
	batches []int
}

type actionTarget struct {
	ID           string            `json:"id"`
	At           *time.Time        `json:"at"`
	Action       string            `json:"action"`
	Observed     bool              `json:"observed"` // somebody else asked for it: via, request and batch are null
	Via          *string           `json:"via"`
	Request      *string           `json:"request"`
	Batch        *int              `json:"batch"` // from 1
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
	Cost         *costJSON         `json:"cost"` // null where nothing was seen to be done
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
	Before   *string `json:"before"`
	After    *string `json:"after"`
	Current  *string `json:"current"`
	Revision *string `json:"revision"` // of After, where Capistrano wrote one
}

type costJSON struct {
	Seconds          float64      `json:"seconds"`
	PerWorkerSeconds *float64     `json:"per_worker_seconds"`
	LowestCapacity   int          `json:"lowest_capacity"`
	Of               int          `json:"of"`
	HighestQueue     puma.Count   `json:"highest_queue"`
	QueueBefore      puma.Count   `json:"queue_before"`
	Killed           []killedJSON `json:"killed"`
}

type killedJSON struct {
	Index    int        `json:"index"`
	PID      int        `json:"pid"`
	InFlight puma.Count `json:"in_flight"`
}

// document is an empty document about a plan: the plan of a run that observes may grow while it runs.
func (t *teller) document(p actions.Plan) actionDocument {
	return actionDocument{Targets: []actionTarget{}, plan: p, batches: batchesOf(p)}
}

func (t *teller) batchOf(i int) *int {
	if t.p.Observed {
		return nil
	}
	return &t.batches[i]
}

// target is a verdict with what was sent for it.
func (d actionDocument) target(v actions.Verdict) actionTarget {
	t := verdictJSON(v)
	i := slices.IndexFunc(d.plan.Steps, func(s actions.Step) bool { return s.Target == v.Target })
	if i < 0 || t.Observed || d.plan.Observed {
		return t
	}
	t.Request, t.Batch = text(d.plan.Steps[i].Request), &d.batches[i]
	return t
}

func verdictJSON(v actions.Verdict) actionTarget {
	t := actionTarget{
		ID: string(v.Target), At: moment(v.At), Action: string(v.Action), Observed: v.Observed, Via: text(string(v.Via)), Verdict: string(v.Word), Exit: v.Exit,
		Summary: v.Summary, Reason: text(v.Reason), Remedy: text(v.Remedy),
		PhaseBefore: v.PhaseBefore, PhaseAfter: v.PhaseAfter, ImageChanged: v.ImageChanged, Workers: []replacementJSON{},
		Release: releaseChangeJSON{text(strings.Join(v.Release.Before, ", ")), text(strings.Join(v.Release.After, ", ")),
			text(v.Release.Current), text(v.Release.Revision)},
		Cost: &costJSON{Seconds: v.Cost.Seconds, LowestCapacity: v.Cost.LowestCapacity, Of: v.Cost.Of,
			HighestQueue: v.Cost.HighestQueue, QueueBefore: v.Cost.QueueBefore, Killed: []killedJSON{}},
		Evidence: append([]string{}, v.Evidence...), Log: append([]string{}, v.Log...),
	}
	if v.Cost.PerWorker > 0 {
		t.Cost.PerWorkerSeconds = &v.Cost.PerWorker
	}
	if v.Observed {
		t.Via = nil
	}
	if v.Word == actions.Refused || v.Word == actions.Untouched {
		t.Cost = nil
		return t
	}
	for _, r := range v.Workers {
		w := replacementJSON{Index: r.Index, OldPID: pidOf(r.OldPID), NewPID: pidOf(r.NewPID)}
		if r.Seconds > 0 {
			w.Seconds = &r.Seconds
		}
		t.Workers = append(t.Workers, w)
	}
	if v.Cost.Of == 0 && v.Cost.Seconds == 0 { // it was over before it could be watched, or replaces nobody
		t.Cost = nil
		return t
	}
	for _, k := range v.Cost.Killed {
		t.Cost.Killed = append(t.Cost.Killed, killedJSON(k))
	}
	return t
}

// verdictsOf are the verdicts of a run that is done, the refused targets among them.
func verdictsOf(p actions.Progress) []actions.Verdict {
	out := refusedOf(p.Plan)
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

// refusedOf are the verdicts of what a plan refuses.
func refusedOf(p actions.Plan) []actions.Verdict {
	var out []actions.Verdict
	for _, r := range p.Refused {
		summary := r.Reason
		if !p.Observed {
			summary = "nothing was sent: " + r.Reason
		}
		out = append(out, actions.Verdict{Target: r.Target, Word: actions.Refused, Action: p.Intent.Kind, At: p.At, Observed: p.Observed, Exit: r.Exit,
			Summary: summary, Reason: r.Reason, Remedy: r.Remedy, Evidence: []string{r.Reason}})
	}
	return out
}
