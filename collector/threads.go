package collector

import (
	"context"
	"errors"
	"time"

	"pumatop/collector/cause"
	"pumatop/collector/puma"
)

// ThreadReport is what a control app told of the process that serves it: the master, and in single mode the application.
type ThreadReport struct {
	// At is when the last of its answers came, by our clock, and Took how long they took together.
	At   time.Time
	Took time.Duration
	// Threads are its threads, NoThreads why there are none.
	Threads   []puma.Backtrace
	NoThreads Gap
	// GC is Ruby's GC.stat, NoGC why there is none.
	GC   map[string]int64
	NoGC Gap
}

// Gap is why something is not known, and what to do about it. The zero value is no gap.
type Gap struct{ Cause, Remedy string }

// threadsTimeout is how long both answers may take together: in single mode the application may compute meanwhile.
const threadsTimeout = 15 * time.Second

// Threads asks a target's control app for the backtraces of its process and for what its garbage collector has done, one
// after the other and each in its turn with the polls: the control server has one thread. Backtraces hold Ruby's lock for
// about a millisecond, in single mode that of the application.
func (c *Collector) Threads(ctx context.Context, id TargetID) ThreadReport {
	ctx, cancel := context.WithTimeout(ctx, threadsTimeout)
	defer cancel()
	began := time.Now()
	var r ThreadReport
	client, err := c.control(ctx, id)
	if err == nil {
		r.GC, err = client.GCStats(ctx)
	}
	r.NoGC = gapOf(err)
	if err == nil || answered(err) {
		r.Threads, err = client.Backtraces(ctx)
		r.NoThreads = threadsGap(err)
	} else {
		r.NoThreads = r.NoGC
	}
	r.At = time.Now()
	r.Took = r.At.Sub(began)
	return r
}

// answered reports an error that is the answer of a control app, which may answer to another question.
func answered(err error) bool {
	var status *puma.StatusError
	return errors.As(err, &status) && !errors.Is(err, puma.ErrForbidden)
}

// gapOf is a failure as a gap.
func gapOf(err error) Gap {
	switch {
	case errors.Is(err, ErrNotConnected):
		return Gap{ErrNotConnected.Error(), "it is tried again by itself"}
	case errors.Is(err, ErrNoListener):
		return Gap{ErrNoListener.Error(), "see whether it runs, and what its log says"}
	case errors.Is(err, context.DeadlineExceeded):
		return Gap{"no answer in time", "ask again: a busy process keeps its control app waiting, in single mode for as long as it computes"}
	}
	c := cause.Of(err)
	return Gap{c.Text, c.Remedy}
}

// threadsGap is why there are no backtraces: two of the answers mean something else for a question than for a command.
func threadsGap(err error) Gap {
	switch {
	case errors.Is(err, puma.ErrUnavailable):
		return Gap{"the control app is data_only: it gives figures and no backtraces",
			"take data_only out of activate_control_app and restart in full, or use rbspy dump --pid on the host"}
	case errors.Is(err, puma.ErrUnsupported):
		return Gap{"this Puma has no backtraces to give: they came with 5.0", "update Puma, or use rbspy dump --pid on the host"}
	}
	return gapOf(err)
}
