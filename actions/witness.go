package actions

import (
	"context"
	"slices"
	"sync"
	"time"

	"pumatop/collector"
)

// pastLines is how much of a log is read from before a restart of somebody else's was noticed.
const pastLines = 500

// Witness notices restarts that nobody here asked for, and judges them like our own: a deploy tool's, a colleague's, or
// one that an earlier pumatop left in flight.
type Witness struct {
	runner *Runner
	run    *Run

	mu       sync.Mutex
	lookouts map[collector.TargetID]*lookout
	seen     map[collector.TargetID]time.Time // when the snapshot was made that was taken last
	places   map[collector.TargetID]int       // of the steps in the run
}

// NewWitness returns a witness whose trials end with the runner's context.
func NewWitness(r *Runner) *Witness {
	return &Witness{runner: r, run: newRun(Plan{Observed: true}, time.Now()), lookouts: map[collector.TargetID]*lookout{},
		seen: map[collector.TargetID]time.Time{}, places: map[collector.TargetID]int{}}
}

// Run is everything that was noticed: a rollout that is never done, whose plan is marked Observed and whose steps come
// as restarts are noticed. A target has one step, the newest.
func (w *Witness) Run() *Run { return w.run }

// Observe takes a fleet; it returns at once.
func (w *Witness) Observe(f collector.Fleet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range f.Targets {
		if !s.At.After(w.seen[s.ID]) {
			continue
		}
		w.seen[s.ID] = s.At
		l := w.lookouts[s.ID]
		if l == nil {
			l = newLookout()
			w.lookouts[s.ID] = l
		}
		busy, acted := w.runner.hands.on(s.ID)
		if acted.After(l.acted) {
			l.acted, l.deaf = acted, true
		}
		if busy || !s.At.After(acted) {
			l.deaf = true
			continue
		}
		if sighting, noticed := l.notice(s); noticed {
			w.follow(sighting, *s)
		}
	}
}

// follow begins the trial of a restart that was noticed.
func (w *Witness) follow(sighting sighting, first collector.Snapshot) {
	r := w.runner
	i := w.enter(sighting.step, first.At)
	if i < 0 {
		return
	}
	r.hands.take(sighting.step.Target)
	r.running.Go(func() {
		defer r.guard()
		defer r.hands.leave(sighting.step.Target)
		ctx, cancel := context.WithCancel(r.ctx)
		defer cancel()
		v, err := r.observe(ctx, w.run, i, sighting, first, nil)
		if err != nil {
			v = refused(sighting.step, ExitUnreachable, "it could not be watched: "+err.Error(), "")
			v.Word, v.Observed = Lost, true
		}
		r.conclude(w.run, i, v)
	})
}

// enter gives a target's restart its place in the run; -1 where the one before is still being judged.
func (w *Witness) enter(step Step, at time.Time) int {
	i, known := w.places[step.Target]
	entered := StepProgress{Target: step.Target, State: Watching, Since: at, Wanted: workersOf(step.Before), Text: "noticed"}
	busy := false
	w.run.change(at, func(p *Progress) {
		switch {
		case !known:
			i = len(p.Steps)
			p.Steps, p.Plan.Steps = append(p.Steps, entered), append(p.Plan.Steps, step)
		case p.Steps[i].State != Judged:
			busy = true
		default: // readers hold the plan as it was
			p.Plan.Steps = slices.Clone(p.Plan.Steps)
			p.Steps[i], p.Plan.Steps[i] = entered, step
		}
	})
	if busy {
		return -1
	}
	w.places[step.Target] = i
	return i
}

// observe judges a restart of somebody else's, from the snapshot that showed it. log is what has been read of the log so
// far, nil to begin.
func (r *Runner) observe(ctx context.Context, run *Run, i int, sighting sighting, first collector.Snapshot, log *pastLog) (Verdict, error) {
	watch, err := r.fleet.Watch(sighting.step.Target)
	if err != nil {
		return Verdict{}, err
	}
	if log == nil {
		log = &pastLog{lines: r.follow(ctx, first, sighting.since(), pastLines)}
	}
	asked := sighting.before.Answered
	if sighting.underWay || sighting.step.Kind == Start || asked.IsZero() {
		asked = first.At.Add(-time.Millisecond)
	}
	trial := NewTrial(sighting.step, sighting.before, asked, first.At.Add(r.options.Timeout))
	if sighting.underWay {
		trial.note("it was under way when pumatop first looked: what came before is not known")
	}
	for _, line := range log.read {
		trial.Log(line)
	}
	text := "a " + sighting.step.Kind.noun() + " was noticed that was not asked for here"
	run.say(first.At, sighting.step.Target, text)
	r.fleet.Note(collector.Event{At: first.At, Target: sighting.step.Target, Kind: collector.ActionEvent, Text: text, Observed: true})
	w := r.watching(ctx, trial, watch, log.lines)
	defer w.close()
	if v, judged := trial.Observe(first); judged {
		return w.explain(v), nil
	}
	return w.verdict(func(s collector.Snapshot) { r.show(run, i, trial, s) }), nil
}

// pastLog is a log that is followed, with the lines that were read already.
type pastLog struct {
	read  []string
	lines <-chan string
}

// add keeps a line; of very many the newest.
func (l *pastLog) add(line string) {
	if len(l.read) >= 2*pastLines {
		l.read = slices.Clone(l.read[pastLines:])
	}
	l.read = append(l.read, line)
}

// noun is the kind as a thing that was noticed.
func (k Kind) noun() string {
	switch k {
	case Reload:
		return "phased restart"
	case Restart:
		return "full restart"
	}
	return k.String()
}
