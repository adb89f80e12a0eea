package actions

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// DefaultTimeout is how long one target may take before its verdict is timed-out or lost.
const DefaultTimeout = 5 * time.Minute

// Fleet is what a run needs of the collector.
type Fleet interface {
	Observer
	Requester
	Journal
}

// Observer shows what a target does.
type Observer interface {
	Fleet() collector.Fleet
	Watch(id collector.TargetID) (*collector.Watch, error)
	Probe(id collector.TargetID)
}

// Requester sends requests; none of them is ever sent twice.
type Requester interface {
	Command(ctx context.Context, id collector.TargetID, cmd puma.Command, ok func(puma.Stats) error) (puma.Accepted, error)
	Ask(ctx context.Context, id collector.TargetID) (puma.Stats, error)
	GCStats(ctx context.Context, id collector.TargetID) (map[string]int64, error)
	RunOn(ctx context.Context, id collector.TargetID, script string) ([]byte, error)
}

// Journal reads a target's log and writes pumatop's own time line.
type Journal interface {
	Log(ctx context.Context, id collector.TargetID, past int, since time.Time) (<-chan string, error)
	Note(e collector.Event)
}

// Options shape a runner. The zero value is the default.
type Options struct {
	// Timeout is how long one target may take before its verdict is timed-out or lost; DefaultTimeout where it is 0.
	Timeout time.Duration
	// OnPanic, where it is not nil, is told of a panic in a run.
	OnPanic func(value any, stack []byte)
	// Audit keeps a record of every request, from before it is sent; nil keeps none. Signature is what all records of
	// this program have in common: who, from where.
	Audit     Auditor
	Signature Record
}

// Runner starts runs. They go on until they are done or ctx ends, whoever looks.
type Runner struct {
	ctx     context.Context //nolint:containedctx // the life of the runs, not of a call
	fleet   Fleet
	options Options
	running sync.WaitGroup
	rollout atomic.Int64 // numbers the rollouts in the audit
	hands   hands

	mu     sync.Mutex
	active map[*Run]bool
}

// NewRunner returns a runner whose runs end with ctx.
func NewRunner(ctx context.Context, fleet Fleet, o Options) *Runner {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return &Runner{ctx: ctx, fleet: fleet, options: o, active: map[*Run]bool{}}
}

// Start begins a plan. Its targets take their turns in the plan's order; the first bad verdict ends the rollout.
func (r *Runner) Start(p Plan) *Run {
	run := newRun(p, time.Now())
	run.number = r.rollout.Add(1)
	r.mu.Lock()
	r.active[run] = true
	r.mu.Unlock()
	r.running.Go(func() {
		defer r.guard()
		defer r.ended(run)
		r.roll(run)
	})
	return run
}

func (r *Runner) ended(run *Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, run)
}

// Busy reports whether a run that has not ended has a target of the host: to lose sight of it now would cost a verdict.
func (r *Runner) Busy(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for run := range r.active {
		if slices.ContainsFunc(run.Progress().Plan.Steps, func(s Step) bool { return s.Before.Host == host }) {
			return true
		}
	}
	return false
}

// Wait returns when every run has ended.
func (r *Runner) Wait() { r.running.Wait() }

// Run is a plan being carried out.
type Run struct {
	mu sync.Mutex
	// progress is written in place, under mu; shared is what readers have of it, made when one asks for a newer version.
	progress Progress
	shared   Progress
	changed  chan struct{} // closed with the next change
	number   int64
	begun    time.Time
	stop     chan struct{} // closed when no further step may begin
	stopOnce sync.Once
}

func newRun(p Plan, now time.Time) *Run {
	run := &Run{changed: make(chan struct{}), stop: make(chan struct{}), begun: now}
	run.progress = Progress{Version: 1, Plan: p, At: now}
	for _, s := range p.Steps {
		run.progress.Steps = append(run.progress.Steps, StepProgress{Target: s.Target, State: Waiting, Wanted: workersOf(s.Before)})
	}
	return run
}

// read is the newest progress for readers. What they have is never written again: steps are copied once a version, and
// the log and the plan only grow. It is called under mu.
func (r *Run) read() Progress {
	if r.shared.Version != r.progress.Version {
		r.shared = r.progress
		r.shared.Steps = slices.Clone(r.progress.Steps)
	}
	return r.shared
}

// Stop lets no further step begin. What Puma has accepted cannot be recalled.
func (r *Run) Stop() {
	r.stopOnce.Do(func() {
		close(r.stop)
		r.change(time.Now(), func(p *Progress) {
			if !p.Done && slices.ContainsFunc(p.Steps, func(s StepProgress) bool { return s.State == Waiting }) {
				p.Stopped = "stopped: what has not begun is left out"
			}
		})
	})
}

// Progress is the newest progress.
func (r *Run) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read()
}

// Next waits for a progress of a version above `after`. Behind the last one it returns io.EOF; a run that is done goes on
// while a lost target is awaited.
func (r *Run) Next(ctx context.Context, after int) (Progress, error) {
	for {
		r.mu.Lock()
		p, changed := r.read(), r.changed
		r.mu.Unlock()
		switch {
		case p.Version > after:
			return p, nil
		case p.Done && p.Awaited == 0:
			return p, io.EOF
		}
		select {
		case <-ctx.Done():
			return p, context.Cause(ctx)
		case <-changed:
		}
	}
}

// at is a step as it is now.
func (r *Run) at(i int) StepProgress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress.Steps[i]
}

// change publishes a new progress.
func (r *Run) change(now time.Time, f func(p *Progress)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.progress)
	r.progress.Version++
	r.progress.At = now
	close(r.changed)
	r.changed = make(chan struct{})
}

// keptLines is how long the log of a run grows that has no end.
const keptLines = 2000

// say adds a line to the log of the run.
func (r *Run) say(now time.Time, id collector.TargetID, text string) {
	r.change(now, func(p *Progress) {
		if p.Plan.Observed && len(p.Log) >= keptLines {
			p.Log = slices.Clone(p.Log[keptLines/2:])
		}
		p.Log = append(p.Log, Line{At: now, Target: id, Text: text})
	})
}

func (r *Run) step(now time.Time, i int, f func(s *StepProgress)) {
	r.change(now, func(p *Progress) { f(&p.Steps[i]) })
}

// judge publishes a verdict.
func (r *Run) judge(i int, v Verdict) {
	r.step(time.Now(), i, func(p *StepProgress) {
		p.State, p.Verdict, p.Text = Judged, &v, ""
		if v.Word == Verified && slices.ContainsFunc(v.Workers, func(w Replacement) bool { return w.NewPID != 0 }) {
			p.Replaced = p.Wanted
		}
	})
}

func (r *Run) stopped() bool {
	select {
	case <-r.stop:
		return true
	default:
		return false
	}
}
