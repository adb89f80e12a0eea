package actions

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

const (
	// requestTimeout bounds the fresh answer and the request together. It is generous: in single mode the control
	// server shares Ruby's lock with the application.
	requestTimeout = 15 * time.Second
	// logTimeout is how long the log may take to be followed before the request goes out without it.
	logTimeout = 3 * time.Second
	// reasonTimeout is how long a crash loop waits for the log to say why.
	reasonTimeout = 3 * time.Second
)

// ErrChanged means that a target is no longer what the plan was made from; nothing was sent.
var ErrChanged = errors.New("the target has changed since the plan was made")

// guard keeps a panic from taking the process while the terminal is not whole.
func (r *Runner) guard() {
	if r.onPanic == nil {
		return
	}
	if v := recover(); v != nil {
		r.onPanic(v, debug.Stack())
	}
}

// roll takes the steps in turn.
func (r *Runner) roll(run *Run) {
	why, exit := "", Untouched.Exit()
	for i, step := range run.Progress().Plan.Steps {
		if why == "" && run.stopped() {
			why = "stopped before its turn"
		}
		if why == "" && r.ctx.Err() != nil {
			why, exit = "pumatop ended before its turn", ExitInterrupted
		}
		if why != "" {
			v := Verdict{Target: step.Target, Word: Untouched, Action: step.Kind, Via: step.Via, At: time.Now(), Exit: exit, Summary: why}
			run.step(time.Now(), i, func(p *StepProgress) { p.State, p.Verdict = Judged, &v })
			continue
		}
		v := r.take(run, i, step)
		r.conclude(run, i, v)
		if !v.Word.Good() {
			why = fmt.Sprintf("left out: %s ended with %s", v.Target, v.Word)
		}
	}
	run.change(time.Now(), func(p *Progress) {
		p.Done, p.Stopped = true, ""
		if slices.ContainsFunc(p.Steps, func(s StepProgress) bool { return s.Verdict != nil && s.Verdict.Word == Untouched }) {
			p.Stopped = why
		}
	})
}

// conclude publishes the verdict of a step.
func (r *Runner) conclude(run *Run, i int, v Verdict) {
	now := time.Now()
	run.step(now, i, func(p *StepProgress) {
		p.State, p.Verdict, p.Text = Judged, &v, ""
		if v.Word == Verified && slices.ContainsFunc(v.Workers, func(w Replacement) bool { return w.NewPID != 0 }) {
			p.Replaced = p.Wanted
		}
	})
	text := fmt.Sprintf("%s: %s", v.Word, v.Summary)
	if v.Reason != "" {
		text += "; " + v.Reason
	}
	run.say(now, v.Target, text)
	r.fleet.Note(collector.Event{At: now, Target: v.Target, Kind: collector.ActionEvent, Text: text})
}

// take does one step and returns its verdict.
func (r *Runner) take(run *Run, i int, step Step) Verdict {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	refused := func(word Word, exit int, summary, remedy string) Verdict {
		return Verdict{Target: step.Target, Word: word, Action: step.Kind, Via: step.Via, At: time.Now(), Exit: exit, Summary: summary, Remedy: remedy}
	}
	run.step(time.Now(), i, func(p *StepProgress) { p.State, p.Text = Asking, "reading fresh figures" })
	watch, err := r.fleet.Watch(step.Target)
	if err != nil {
		return refused(Refused, ExitUnreachable, err.Error(), "")
	}
	defer watch.Close()
	log := r.follow(ctx, step.Target)

	asked, before, err := r.ask(ctx, step)
	note, remedy, sent := outcome(err)
	if !sent {
		exit := refusalExit(err)
		if r.ctx.Err() != nil {
			exit = ExitInterrupted
		}
		return refused(Refused, exit, note+err.Error(), remedy)
	}
	trial := NewTrial(step, before, asked, asked.Add(r.timeout))
	if note != "" {
		trial.note("%s", note)
	}
	text := requestWords(step, before)
	run.step(asked, i, func(p *StepProgress) { p.State, p.Since, p.Text = Watching, asked, "asked" })
	run.say(asked, step.Target, text)
	r.fleet.Note(collector.Event{At: asked, Target: step.Target, Kind: collector.ActionEvent, Text: text})
	return r.watch(ctx, run, i, trial, watch, log)
}

// outcome tells from the error of a request whether it may have been carried out: then the target is watched,
// whatever the answer was, and note is evidence. Else note begins the sentence that the error ends.
func outcome(err error) (note, remedy string, sent bool) {
	var (
		maybe    *puma.MaybeSentError
		refused  *puma.StatusError
		unsent   *puma.NotSentError
		systemd  exitStatus
		lostNote = "the answer to the request was lost: it has perhaps been carried out, and was not sent again"
	)
	switch {
	case err == nil:
		return "", "", true
	case errors.Is(err, ErrChanged):
		return "", "nothing was sent; look at it again and reload", false
	case errors.As(err, &unsent), errors.Is(err, collector.ErrNotConnected), errors.Is(err, collector.ErrNoListener):
		return "nothing was sent: ", remedyOf(err), false
	case errors.As(err, &maybe):
		return lostNote, "", true
	case errors.Is(err, puma.ErrRestartsInFull):
		return "Puma answered that it cannot restart phased: it restarts in full because of the request", "", true
	case errors.As(err, &refused) && refused.Status >= 500:
		return fmt.Sprintf("the control app answered %d: the request has perhaps been carried out", refused.Status), "", true
	case errors.As(err, &refused):
		return "Puma refused: ", remedyOf(err), false
	case errors.As(err, &systemd) && systemd.ExitStatus() > 0:
		return "systemd refused: ", "start it the way it is started on this host, as a login that may", false
	}
	return lostNote, "", true
}

// exitStatus is the error of a script that ended with another status than 0; negative where the host did not say.
type exitStatus interface{ ExitStatus() int }

func refusalExit(err error) int {
	var status *puma.StatusError
	var systemd exitStatus
	if errors.As(err, &status) || errors.As(err, &systemd) || errors.Is(err, ErrChanged) {
		return ExitUnhealthy
	}
	return ExitUnreachable
}

func remedyOf(err error) string {
	var r interface{ Remedy() string }
	if errors.As(err, &r) {
		return r.Remedy()
	}
	return ""
}

func requestWords(step Step, before collector.Snapshot) string {
	switch step.Kind {
	case Reload:
		return fmt.Sprintf("phased restart asked, phase %s", before.Stats.Phase)
	case Restart:
		return "full restart asked"
	}
	return "start asked of systemd"
}

// follow begins to read the log, if it can be read. What came before the request is not wanted: in a crash loop it
// would explain the restart before.
func (r *Runner) follow(ctx context.Context, id collector.TargetID) <-chan string {
	type result struct {
		lines <-chan string
		err   error
	}
	opened := make(chan result, 1)
	r.running.Go(func() {
		defer r.guard()
		lines, err := r.fleet.Log(ctx, id, 0)
		opened <- result{lines, err}
	})
	select {
	case o := <-opened:
		return o.lines
	case <-time.After(logTimeout):
		return nil
	}
}

// ask reads the target afresh and sends the request. before is the target as it was right before it.
func (r *Runner) ask(ctx context.Context, step Step) (asked time.Time, before collector.Snapshot, err error) {
	before = step.Before
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if step.Kind == Start {
		asked = time.Now()
		_, err := r.fleet.RunOn(ctx, step.Target, startScript(step.Before.Facts.Unit))
		return asked, before, err
	}
	command := puma.PhasedRestart
	if step.Kind == Restart {
		command = puma.Restart
	}
	_, err = r.fleet.Command(ctx, step.Target, command, func(s puma.Stats) error {
		if err := unchanged(step, s); err != nil {
			return err
		}
		asked = time.Now()
		before.Stats, before.Answered, before.At = s, asked, asked
		return nil
	})
	return asked, before, err
}

// unchanged compares a fresh answer with what the plan was made from.
func unchanged(step Step, s puma.Stats) error {
	was := step.Before.Stats
	switch {
	case was.Mode != s.Mode:
		return fmt.Errorf("%w: it runs in %s mode, the plan says %s", ErrChanged, s.Mode, was.Mode)
	case !was.StartedAt.Equal(s.StartedAt):
		return fmt.Errorf("%w: another image of the master runs", ErrChanged)
	case s.StartedAt.IsZero() && noneLeft(was, s):
		return fmt.Errorf("%w: every worker has been replaced", ErrChanged)
	case was.Phase != s.Phase:
		return fmt.Errorf("%w: it is in phase %s, the plan says %s", ErrChanged, s.Phase, was.Phase)
	case step.Kind == Reload && s.Mode == puma.Single:
		return fmt.Errorf("%w: it runs in single mode and would restart in full", ErrChanged)
	case !step.Remedy && !s.AllServing():
		return fmt.Errorf("%w: a restart has begun, or a worker has left", ErrChanged)
	}
	return nil
}

// noneLeft reports whether no worker that had booted is there any more: up to Puma 4.0, which has no started_at, that
// is how another image shows.
func noneLeft(was, is puma.Stats) bool {
	was.Workers = slices.DeleteFunc(slices.Clone(was.Workers), func(w puma.Worker) bool { return !w.Booted })
	return len(was.PIDs()) > 0 && !anyOf(is.PIDs(), was.PIDs())
}

// watch feeds snapshots and log lines to the trial until it has a verdict.
func (r *Runner) watch(ctx context.Context, run *Run, i int, trial *Trial, watch *collector.Watch, log <-chan string) Verdict {
	snapshots := make(chan collector.Snapshot)
	r.running.Go(func() {
		defer r.guard()
		defer close(snapshots)
		for {
			s, err := watch.Next(ctx)
			if err != nil {
				return
			}
			select {
			case snapshots <- s:
			case <-ctx.Done():
				return
			}
		}
	})
	for {
		select {
		case line, open := <-log:
			if !open {
				log = nil
				continue
			}
			trial.Log(line)
		case s, open := <-snapshots:
			if !open {
				return trial.interrupted()
			}
			v, judged := trial.Observe(s)
			if judged {
				return r.explain(trial, v, log)
			}
			if trial.WantsProbe() {
				r.fleet.Probe(trial.step.Target)
			}
			r.show(run, i, trial, s.At)
		}
	}
}

// show publishes how far the step is, where that has changed.
func (r *Runner) show(run *Run, i int, trial *Trial, now time.Time) {
	done, wanted := trial.Replaced()
	text := trial.Waiting()
	if p := run.Progress().Steps[i]; p.Text == text && p.Replaced == done && p.Wanted == wanted {
		return
	}
	run.step(now, i, func(p *StepProgress) { p.Text, p.Replaced, p.Wanted = text, done, wanted })
}

// explain waits a moment for the log of a crash loop to name its reason.
func (r *Runner) explain(trial *Trial, v Verdict, log <-chan string) Verdict {
	if v.Word != CrashLoop || v.Reason != "" {
		return v
	}
	patience := time.After(reasonTimeout)
	for log != nil {
		select {
		case line, open := <-log:
			if !open {
				log = nil
				continue
			}
			trial.Log(line)
			v.Log = trial.log.all()
			if e, ok := puma.FindBootError(v.Log); ok {
				v.Reason = bootWords(e)
				return v
			}
		case <-patience:
			return v
		}
	}
	return v
}

// startCommand is what starts a unit, as an operator would type it.
func startCommand(u probe.Unit) string {
	if u.Scope == probe.UserScope {
		return "systemctl --user reload-or-restart " + u.Name
	}
	return "systemctl reload-or-restart " + u.Name
}
