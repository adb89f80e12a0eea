package actions

import (
	"context"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// reasonTimeout is how long a crash loop waits for the log to say why.
const reasonTimeout = 3 * time.Second

// placeTimeout is how far apart lines of one trace may come.
const placeTimeout = 500 * time.Millisecond

// watching feeds what is seen of a target and of its log to a trial.
type watching struct {
	trial     *Trial
	fleet     Fleet
	watch     *collector.Watch
	snapshots <-chan collector.Snapshot
	log       <-chan string
	cancel    context.CancelFunc
}

// watching begins to watch; whoever has the verdict closes it.
func (r *Runner) watching(ctx context.Context, trial *Trial, watch *collector.Watch, log <-chan string) *watching {
	ctx, cancel := context.WithCancel(ctx)
	return &watching{trial: trial, fleet: r.fleet, watch: watch, snapshots: r.snapshots(ctx, watch), log: log, cancel: cancel}
}

// snapshots are those of a watch, until it or ctx ends.
func (r *Runner) snapshots(ctx context.Context, watch *collector.Watch) <-chan collector.Snapshot {
	out := make(chan collector.Snapshot)
	r.running.Go(func() {
		defer r.guard()
		defer close(out)
		for {
			s, err := watch.Next(ctx)
			if err != nil {
				return
			}
			select {
			case out <- s:
			case <-ctx.Done():
				return
			}
		}
	})
	return out
}

func (w *watching) close() {
	w.cancel()
	w.watch.Close()
}

// verdict waits for the trial's; each tells of every snapshot that brought none.
func (w *watching) verdict(each func(collector.Snapshot)) Verdict {
	for {
		select {
		case line, open := <-w.log:
			if !open {
				w.log = nil
				continue
			}
			w.trial.Log(line)
		case s, open := <-w.snapshots:
			switch {
			case !open && w.watch.Over():
				return w.trial.unwatched()
			case !open:
				return w.trial.interrupted()
			}
			if v, judged := w.trial.Observe(s); judged {
				return w.explain(v)
			}
			if w.trial.WantsProbe() {
				w.fleet.Probe(w.trial.step.Target)
			}
			each(s)
		}
	}
}

// explain waits a moment for the log of a crash loop to name its reason, and a shorter one for the place of it, which is in
// the lines after.
func (w *watching) explain(v Verdict) Verdict {
	if v.Word != CrashLoop {
		return v
	}
	patience := time.After(reasonTimeout)
	var place <-chan time.Time
	for {
		e, found := puma.FindBootError(v.Log)
		if found {
			v.Reason = bootWords(e)
		}
		if found && place == nil { // once: a crash loop writes without end
			place = time.After(placeTimeout)
		}
		if e.Where != "" || w.log == nil {
			return v
		}
		select {
		case line, open := <-w.log:
			if !open {
				w.log = nil
				continue
			}
			w.trial.Log(line)
			v.Log = w.trial.log.all()
		case <-place:
			return v
		case <-patience:
			return v
		}
	}
}

// follow begins to read the log, if it can be read, from a moment of the host's clock on: before a request of ours no
// line of the past is wanted, since in a crash loop it would explain the restart before. Of a log file, whose lines have
// no time, past lines are read instead.
func (r *Runner) follow(ctx context.Context, s collector.Snapshot, since time.Time, past int) <-chan string {
	if hasJournal(s) {
		past = pastLines
	}
	type result struct {
		lines <-chan string
		err   error
	}
	opened := make(chan result, 1)
	r.running.Go(func() {
		defer r.guard()
		lines, err := r.fleet.Log(ctx, s.ID, past, since)
		opened <- result{lines, err}
	})
	select {
	case o := <-opened:
		return o.lines
	case <-time.After(logTimeout):
		return nil
	}
}

// show publishes how far the step is, where that has changed.
func (r *Runner) show(run *Run, i int, trial *Trial, s collector.Snapshot) {
	done, wanted := trial.Replaced()
	text, capacity := trial.Waiting(), trial.capacity()
	if p := run.at(i); p.Text == text && p.Replaced == done && p.Wanted == wanted && p.Capacity == capacity {
		return
	}
	run.step(s.At, i, func(p *StepProgress) { p.Text, p.Replaced, p.Wanted, p.Capacity = text, done, wanted, capacity })
}
