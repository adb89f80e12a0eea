package main

import (
	"encoding/json"
	"time"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// The types of this file are the plan in JSON, and the lines of -o jsonl, which scripts rely on: fields are added, never
// renamed.

type planDocument struct {
	At          time.Time    `json:"at"`
	Environment *string      `json:"environment"`
	Protected   bool         `json:"protected"`
	Exit        int          `json:"exit"` // that of the refusals
	Targets     []planTarget `json:"targets"`
}

// planTarget is one target of a plan. Via, request and batch are null where it is refused, reason, remedy and exit
// where it is not.
type planTarget struct {
	ID       string   `json:"id"`
	Action   string   `json:"action"`
	Via      *string  `json:"via"`
	Request  *string  `json:"request"`
	Batch    *int     `json:"batch"` // from 1
	Says     *string  `json:"says"`
	Warnings []string `json:"warnings"`
	Reason   *string  `json:"reason"`
	Remedy   *string  `json:"remedy"`
	Exit     *int     `json:"exit"`
}

type planEvent struct {
	Event  string    `json:"event"`
	At     time.Time `json:"at"`
	Target string    `json:"target"`
	planTarget
}

type askedEvent struct {
	Event    string    `json:"event"`
	At       time.Time `json:"at"`
	Target   string    `json:"target"`
	Action   string    `json:"action"`
	Via      *string   `json:"via"`
	Request  *string   `json:"request"`
	Observed bool      `json:"observed"`
	Batch    *int      `json:"batch"`
}

type progressEvent struct {
	Event    string        `json:"event"`
	At       time.Time     `json:"at"`
	Target   string        `json:"target"`
	State    string        `json:"state"`
	Replaced int           `json:"replaced"`
	Of       int           `json:"of"`
	Capacity *capacityJSON `json:"capacity"` // null where no answer tells
	Text     string        `json:"text"`
}

// capacityJSON is what the target can take meanwhile: serving workers, free threads, and what waits.
type capacityJSON struct {
	Serving     int        `json:"serving"`
	Of          int        `json:"of"`
	FreeThreads puma.Count `json:"free_threads"`
	MaxThreads  puma.Count `json:"max_threads"`
	Queue       puma.Count `json:"queue"`
	QueueBefore puma.Count `json:"queue_before"`
}

type pauseEvent struct {
	Event string    `json:"event"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

type stoppingEvent struct {
	Event   string    `json:"event"`
	At      time.Time `json:"at"`
	LeftOut []string  `json:"left_out"`
	GoesOn  []string  `json:"goes_on"`
}

type verdictEvent struct {
	Event  string    `json:"event"`
	At     time.Time `json:"at"`
	Target string    `json:"target"`
	actionTarget
}

type doneEvent struct {
	Event   string    `json:"event"`
	At      time.Time `json:"at"`
	Exit    int       `json:"exit"`
	Stopped *string   `json:"stopped"`
}

func capacityOf(c actions.Capacity) *capacityJSON {
	if c.Serving == 0 && !c.Max.Known && !c.Queue.Known { // before the first answer, and where there is no control app
		return nil
	}
	return &capacityJSON{c.Serving, c.Wanted, c.Free, c.Max, c.Queue, c.QueueBefore}
}

// event writes an object on a line of its own.
func (t *teller) event(v any) {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	t.keep(e.Encode(v))
}

func planOf(p actions.Plan) planDocument {
	doc := planDocument{At: p.At.UTC(), Environment: text(p.Intent.Policy.Environment), Protected: p.Intent.Policy.Protected,
		Exit: p.Exit(), Targets: []planTarget{}}
	batches := batchesOf(p)
	for i, step := range p.Steps {
		target := planTarget{ID: string(step.Target), Action: string(step.Kind), Via: text(string(step.Via)), Request: text(step.Request),
			Says: text(step.Says), Warnings: append([]string{}, step.Warnings...)}
		if !p.Observed {
			target.Batch = &batches[i]
		}
		doc.Targets = append(doc.Targets, target)
	}
	for _, r := range p.Refused {
		doc.Targets = append(doc.Targets, planTarget{ID: string(r.Target), Action: string(p.Intent.Kind), Warnings: []string{},
			Reason: text(r.Reason), Remedy: text(r.Remedy), Exit: &r.Exit})
	}
	return doc
}
