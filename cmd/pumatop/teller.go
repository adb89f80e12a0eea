package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pumatop/actions"
	"pumatop/collector"
)

// sayAgain is how often a step that does not move says what it waits for.
const sayAgain = 10 * time.Second

// teller tells a run as it goes: in words on stderr, or as objects on stdout, a line each. What cannot be written ends
// no run: it is an error in the end.
type teller struct {
	streams
	format  format
	p       actions.Plan
	batches []int // of each step, from 1
	err     error

	lines, batch int // told of the log, and of the batches
	pausedUntil  time.Time
	steps        map[collector.TargetID]*told
	// stopping is set by the ctrl-c that lets nothing further begin, and stopped once that has been told.
	stopping atomic.Bool
	stopped  bool
}

// told is what was last told of a step.
type told struct {
	moved   string
	at      time.Time
	asked   bool
	verdict *actions.Verdict
}

func newTeller(s streams, f format, p actions.Plan) *teller {
	return &teller{streams: s, format: f, p: p, batches: batchesOf(p), steps: map[collector.TargetID]*told{}}
}

// plan tells what will happen.
func (t *teller) plan() error {
	if t.format == linesFormat {
		for _, target := range planOf(t.p).Targets {
			t.event(planEvent{"plan", t.p.At.UTC(), target.ID, target})
		}
		return t.err
	}
	sayPlan(t.streams.err, t.p)
	return nil
}

// follow tells of a run until it is done. The first ctrl-c lets no further step begin.
func (t *teller) follow(ctx context.Context, run *actions.Run, keys *interrupts) (actions.Progress, error) {
	defer context.AfterFunc(ctx, run.Stop)()
	defer keys.take(func() {
		t.stopping.Store(true)
		run.Stop()
	})()
	var p actions.Progress
	for {
		next, err := run.Next(context.WithoutCancel(ctx), p.Version)
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("follow the rollout: %w", err)
		}
		p = next
		t.tell(p)
		if p.Done { // a script does not wait for a lost host to come back
			return p, nil
		}
	}
}

func (t *teller) tell(p actions.Progress) {
	if t.format != linesFormat {
		for _, line := range p.Log[t.lines:] {
			t.tellBatch(line.At, line.Target)
			say(t.streams.err, line.At, "%s  %s", line.Target, line.Text)
		}
		t.lines = len(p.Log)
	}
	for i, step := range p.Steps {
		t.tellStep(p, i, step)
	}
	if p.PausedUntil.After(t.pausedUntil) {
		t.pausedUntil = p.PausedUntil
		if t.format == linesFormat {
			t.event(pauseEvent{"pause", p.At.UTC(), p.PausedUntil.UTC()})
		} else {
			say(t.streams.err, p.At, "pause of %s before the next batch", p.PausedUntil.Sub(p.At).Round(time.Second))
		}
	}
	if t.stopping.Load() && !t.stopped && !p.Done {
		t.stopped = true
		t.tellStop(p)
	}
}

// tellAsked tells that a restart has been asked for.
func (t *teller) tellAsked(p actions.Plan, i int, at time.Time) {
	if t.format == linesFormat {
		step := p.Steps[i]
		t.event(askedEvent{"asked", at.UTC(), string(step.Target), string(step.Kind), text(string(step.Via)), text(step.Request), p.Observed, t.batchOf(i)})
	}
}

func (t *teller) of(id collector.TargetID) *told {
	is := t.steps[id]
	if is == nil {
		is = &told{}
		t.steps[id] = is
	}
	return is
}

// tellBatch says which targets are taken together, before anything is said of the first of them.
func (t *teller) tellBatch(at time.Time, of collector.TargetID) {
	i := slices.IndexFunc(t.p.Steps, func(s actions.Step) bool { return s.Target == of })
	if i < 0 || t.p.Observed || len(t.batches) < 2 || t.batches[i] <= t.batch {
		return
	}
	t.batch = t.batches[i]
	var members []string
	for k, step := range t.p.Steps {
		if t.batches[k] == t.batch {
			members = append(members, string(step.Target))
		}
	}
	say(t.streams.err, at, "batch %d of %d: %s", t.batch, t.batches[len(t.batches)-1], strings.Join(members, ", "))
}

func (t *teller) tellStep(p actions.Progress, i int, step actions.StepProgress) {
	is := t.of(step.Target)
	if !step.Since.IsZero() && !is.asked {
		is.asked = true
		t.tellAsked(p.Plan, i, step.Since)
	}
	if step.State != actions.Judged && step.Text != "" {
		moved := ""
		if is.asked && step.Wanted > 0 {
			moved = fmt.Sprintf("%d of %d workers replaced", step.Replaced, step.Wanted)
		}
		if moved != is.moved || p.At.Sub(is.at) >= sayAgain {
			is.moved, is.at = moved, p.At
			t.tellProgress(p, step, moved)
		}
	}
	if t.format == linesFormat && step.Verdict != nil && step.Verdict != is.verdict {
		is.verdict = step.Verdict
		v := t.document(p.Plan).target(*step.Verdict)
		t.event(verdictEvent{"verdict", step.Verdict.At.UTC(), v.ID, v})
	}
}

func (t *teller) tellProgress(p actions.Progress, step actions.StepProgress, moved string) {
	if t.format == linesFormat {
		at := p.At
		if at.Before(step.Since) { // of an answer that was on its way when the request was sent
			at = step.Since
		}
		t.event(progressEvent{"progress", at.UTC(), string(step.Target), string(step.State), step.Replaced, step.Wanted,
			capacityOf(step.Capacity), step.Text})
		return
	}
	if step.State != actions.Watching {
		return
	}
	if moved != "" {
		moved += "; "
	}
	say(t.streams.err, p.At, "%s  %s%s", step.Target, moved, step.Text)
}

// tellStop says what a ctrl-c leaves out, and what it does not end.
func (t *teller) tellStop(p actions.Progress) {
	out, on := []string{}, []string{}
	for _, step := range p.Steps {
		switch step.State {
		case actions.Waiting:
			out = append(out, string(step.Target))
		case actions.Asking, actions.Watching:
			on = append(on, string(step.Target))
		case actions.Judged:
		}
	}
	if t.format == linesFormat {
		t.event(stoppingEvent{"stopping", p.At.UTC(), out, on})
	}
	if len(out) > 0 {
		say(t.streams.err, p.At, "stopped: left out: %s", strings.Join(out, ", "))
	}
	if len(on) > 0 {
		say(t.streams.err, p.At, "what Puma accepted cannot be recalled: %s goes on, and is watched to its verdict; ctrl-c again ends pumatop, not the restart",
			strings.Join(on, ", "))
	}
}

// end prints the verdicts and returns what the program ends with.
func (t *teller) end(p actions.Progress) error {
	code := codeOf(p)
	if t.stopping.Load() && slices.ContainsFunc(p.Steps, func(s actions.StepProgress) bool { return s.Verdict != nil && s.Verdict.Word == actions.Untouched }) {
		code = actions.WorstExit(code, actions.ExitInterrupted)
	}
	doc := t.document(p.Plan)
	doc.Exit, doc.Stopped = code, text(p.Stopped)
	switch t.format {
	case jsonFormat:
		for _, v := range verdictsOf(p) {
			doc.Targets = append(doc.Targets, doc.target(v))
		}
		t.keep(writeJSON(t.out, doc))
	case linesFormat:
		for _, v := range refusedOf(p.Plan) {
			of := doc.target(v)
			t.event(verdictEvent{"verdict", p.At.UTC(), of.ID, of})
		}
		for i, step := range p.Steps { // of a run that was not begun
			t.tellStep(p, i, step)
		}
		t.event(doneEvent{"done", p.At.UTC(), code, doc.Stopped})
	default:
		t.keep(writeVerdicts(t.out, p))
	}
	switch {
	case t.err != nil && (code == 0 || !readerGone(t.err)):
		return fmt.Errorf("write what happened: %w", t.err)
	case code != 0:
		return &exitError{code}
	}
	return nil
}

func (t *teller) keep(err error) {
	if t.err == nil {
		t.err = err
	}
}

func codeOf(p actions.Progress) int {
	var codes []int
	for _, v := range verdictsOf(p) {
		codes = append(codes, v.Exit)
	}
	return actions.WorstExit(codes...)
}
