package actions

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"pumatop/collector"
	"pumatop/collector/cause"
)

// guard keeps a panic from taking the process while the terminal is not whole.
func (r *Runner) guard() {
	if r.options.OnPanic == nil {
		return
	}
	if v := recover(); v != nil {
		r.options.OnPanic(v, debug.Stack())
	}
}

// ending is why the rest of a rollout is left out, and the exit code that this stands for.
type ending struct {
	why  string
	exit int
}

// roll takes the steps batch by batch.
func (r *Runner) roll(run *Run) {
	plan := run.Progress().Plan
	var end ending
	next := 0
	for b, size := range plan.Intent.Pace.Batches(len(plan.Steps)) {
		batch := make([]int, size)
		for i := range batch {
			batch[i] = next + i
		}
		next += size
		at := size
		if end.why == "" && b > 0 {
			end = r.pause(run, plan.Intent.Pace.Pause)
		}
		if end.why == "" {
			at, end = r.room(run, batch)
		}
		if end.why != "" {
			r.leaveOut(run, batch, end)
			continue
		}
		end = r.batch(run, b, batch, at)
	}
	run.change(time.Now(), func(p *Progress) {
		p.Done, p.Stopped = true, ""
		if slices.ContainsFunc(p.Steps, func(s StepProgress) bool { return s.Verdict != nil && s.Verdict.Word == Untouched }) {
			p.Stopped = end.why
		}
	})
}

// batch takes steps side by side, at most so many at a time, and returns why no other batch may begin.
func (r *Runner) batch(run *Run, number int, batch []int, at int) ending {
	plan := run.Progress().Plan
	run.change(time.Now(), func(p *Progress) { p.Batch = number })
	var steps sync.WaitGroup
	var end firstEnding
	turns := make(chan struct{}, at)
	for _, i := range batch {
		steps.Go(func() {
			defer r.guard()
			turns <- struct{}{}
			defer func() { <-turns }()
			if end.set(r.over(run)); end.get().why != "" { // while it waited for a turn within the batch
				run.judge(i, untouched(plan.Steps[i], end.get()))
				return
			}
			v := r.take(run, i, plan.Steps[i])
			r.conclude(run, i, v)
			if !v.Word.Good() {
				end.set(ending{fmt.Sprintf("left out: %s ended with %s", v.Target, v.Word), Untouched.Exit()})
			}
		})
	}
	steps.Wait()
	end.set(r.over(run))
	return end.get()
}

// firstEnding keeps the first ending of a batch.
type firstEnding struct {
	mu  sync.Mutex
	end ending
}

func (f *firstEnding) set(e ending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.end.why == "" {
		f.end = e
	}
}

func (f *firstEnding) get() ending {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

// over is why nothing more may begin; empty while it may.
func (r *Runner) over(run *Run) ending {
	switch {
	case r.ctx.Err() != nil:
		return ending{"pumatop ended before its turn", ExitInterrupted}
	case run.stopped():
		return ending{"stopped before its turn", Untouched.Exit()}
	}
	return ending{}
}

// pause waits between two batches; a stop ends it.
func (r *Runner) pause(run *Run, d time.Duration) ending {
	if end := r.over(run); end.why != "" || d <= 0 {
		return end
	}
	until := time.Now().Add(d)
	run.change(time.Now(), func(p *Progress) { p.PausedUntil = until })
	select {
	case <-time.After(d):
	case <-run.stop:
	case <-r.ctx.Done():
	}
	run.change(time.Now(), func(p *Progress) { p.PausedUntil = time.Time{} })
	return r.over(run)
}

// roomPatience is how long a rollout waits for other targets of its own to serve before the next batch.
const roomPatience = time.Minute

// room is how many steps of a batch may be under way at a time without more targets of the rollout being out of
// service than its pace allows.
func (r *Runner) room(run *Run, batch []int) (at int, end ending) {
	plan := run.Progress().Plan
	limit := plan.Intent.Pace.MaxUnavailable
	if limit.IsZero() {
		return len(batch), r.over(run)
	}
	for began := time.Now(); ; {
		if end := r.over(run); end.why != "" {
			return 0, end
		}
		out := r.outOfService(plan, batch)
		if at = limit.Of(len(plan.Steps)) - out; at > 0 {
			return min(at, len(batch)), ending{}
		}
		if time.Since(began) >= roomPatience {
			return 0, ending{fmt.Sprintf("left out: %d of its targets do not serve, at most %d may", out, limit.Of(len(plan.Steps))), Untouched.Exit()}
		}
		select {
		case <-time.After(time.Second):
		case <-run.stop:
		case <-r.ctx.Done():
		}
	}
}

// outOfService counts the targets of a plan that do not serve, those of the batch aside.
func (r *Runner) outOfService(plan Plan, batch []int) int {
	f := r.fleet.Fleet()
	n := 0
	for i, step := range plan.Steps {
		s, found := f.Target(step.Target)
		if !slices.Contains(batch, i) && (!found || s.State != collector.Serving && !(step.blind() && s.State == collector.NoControl)) {
			n++
		}
	}
	return n
}

// leaveOut judges steps that are not begun.
func (r *Runner) leaveOut(run *Run, batch []int, end ending) {
	for _, i := range batch {
		run.judge(i, untouched(run.Progress().Plan.Steps[i], end))
	}
}

func untouched(step Step, end ending) Verdict {
	return Verdict{Target: step.Target, Word: Untouched, Action: step.Kind, Via: step.Via, At: time.Now(), Exit: end.exit, Summary: end.why}
}

// conclude publishes the verdict of a step.
func (r *Runner) conclude(run *Run, i int, v Verdict) {
	run.judge(i, v)
	text := verdictWords(v)
	run.say(v.At, v.Target, text)
	r.fleet.Note(collector.Event{At: time.Now(), Target: v.Target, Kind: collector.ActionEvent, Text: text, Verdict: string(v.Word), Observed: v.Observed})
}

func verdictWords(v Verdict) string {
	text := fmt.Sprintf("%s: %s", v.Word, v.Summary)
	if v.Observed {
		text = fmt.Sprintf("%s, not asked for here: %s", v.Word, v.Summary)
	}
	if v.Reason != "" {
		text += "; " + v.Reason
	}
	return text
}

// take does one step and returns its verdict.
func (r *Runner) take(run *Run, i int, step Step) Verdict {
	ctx, cancel := context.WithCancel(r.ctx)
	keep := false // a target that was lost is watched on
	defer func() {
		if !keep {
			cancel()
		}
	}()
	run.step(time.Now(), i, func(p *StepProgress) { p.State, p.Text = Asking, "reading fresh figures" })
	if !r.hands.claim(step.Target) {
		return refused(step, ExitUnhealthy, "nothing was sent: another action of this pumatop is at work on it", "wait for its verdict")
	}
	defer r.hands.release(step.Target)
	entry, err := r.recordAsked(run, step)
	if err != nil {
		return refused(step, ExitUnhealthy, "nothing was sent: "+err.Error(), remedyOf(err))
	}
	var v Verdict
	if step.Kind == Collect {
		v = r.collect(ctx, step)
	} else {
		v, keep = r.perform(ctx, cancel, run, i, step, entry)
	}
	if err := r.recordEnded(entry, v); err != nil {
		v.Evidence = append(v.Evidence, "the audit could not be completed: "+err.Error())
	}
	return v
}

func refused(step Step, exit int, summary, remedy string) Verdict {
	return Verdict{Target: step.Target, Word: Refused, Action: step.Kind, Via: step.Via, At: time.Now(), Exit: exit, Summary: summary, Remedy: remedy,
		Evidence: []string{summary}}
}

// perform sends the request of a step and watches what comes of it. keep means that it is watched on after a verdict
// of lost, until cancel is called.
func (r *Runner) perform(ctx context.Context, cancel func(), run *Run, i int, step Step, entry Record) (v Verdict, keep bool) {
	watch, err := r.fleet.Watch(step.Target)
	if err != nil {
		return refused(step, ExitUnreachable, err.Error(), ""), false
	}
	log := r.follow(ctx, step.Before, time.Now().Add(step.Before.Offset), 0)
	var asked time.Time
	var before collector.Snapshot
	if err = r.unended(ctx, step); err == nil {
		asked, before, err = r.ask(ctx, step, watch)
	}
	note, remedy, sent := outcome(step.Via, err)
	if !sent {
		watch.Close()
		exit := refusalExit(err)
		if r.ctx.Err() != nil {
			exit = ExitInterrupted
		}
		return refused(step, exit, note+cause.Text(err), remedy), false
	}
	trial := NewTrial(step, before, asked, asked.Add(r.options.Timeout))
	if note != "" {
		trial.note("%s", note)
	}
	r.announce(run, i, step, asked, before)
	w := r.watching(ctx, trial, watch, log)
	v = w.verdict(func(s collector.Snapshot) { r.show(run, i, trial, s) })
	if v.Word != Lost || r.ctx.Err() != nil {
		w.close()
		return v, false
	}
	r.awaitReturn(run, i, w, entry, cancel)
	return v, true
}

// announce says that a request is out.
func (r *Runner) announce(run *Run, i int, step Step, asked time.Time, before collector.Snapshot) {
	text := requestWords(step, before)
	run.step(asked, i, func(p *StepProgress) { p.State, p.Since, p.Text = Watching, asked, "asked" })
	run.say(asked, step.Target, text)
	r.fleet.Note(collector.Event{At: asked, Target: step.Target, Kind: collector.ActionEvent, Text: text})
}

// returnPatience is how long a target that was lost is waited for.
const returnPatience = 12 * time.Hour

// awaitReturn watches a lost target on: when it is back, its verdict follows from what is found.
func (r *Runner) awaitReturn(run *Run, i int, w *watching, entry Record, cancel func()) {
	run.change(time.Now(), func(p *Progress) { p.Awaited++ })
	w.trial.extend(time.Now().Add(returnPatience))
	r.hands.take(w.trial.step.Target)
	r.running.Go(func() {
		defer r.guard()
		defer r.hands.leave(w.trial.step.Target)
		defer cancel()
		defer w.close()
		v := w.verdict(func(collector.Snapshot) {})
		if v.Word != Lost && v.Word != Interrupted {
			v.Evidence = append(v.Evidence, "it was lost before, and has been judged from what was found")
			if err := r.recordAmended(entry, v); err != nil {
				v.Evidence = append(v.Evidence, "the audit could not be completed: "+err.Error())
			}
			r.conclude(run, i, v)
		}
		run.change(time.Now(), func(p *Progress) { p.Awaited-- })
	})
}
