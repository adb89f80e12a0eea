package actions

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// drainLookBack is how far back the log is asked for a restart that has begun and not ended.
const drainLookBack = 2 * time.Minute

// unended refuses a target whose log says that the image of now is ending: while its workers drain for a full restart or a
// stop the figures show a whole target, and from a worker's end on a smaller one. A log that cannot be read says nothing.
func (r *Runner) unended(ctx context.Context, step Step) error {
	if step.Remedy || step.Kind == Start || step.Kind == Stop || step.Kind == Collect {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	f := step.Before.Facts()
	since := time.Now().Add(step.Before.Offset - drainLookBack)
	out, err := r.fleet.RunOn(ctx, step.Target, probe.TurnsScript(*f, f.Unit, since))
	if err != nil {
		return nil //nolint:nilerr // a host that runs no commands is asked all the same
	}
	if line := lastTurn(string(out)); line != "" {
		return &unsentError{fmt.Errorf("%w: a full restart or a stop has begun, its log says: %s", ErrChanged, line)}
	}
	return nil
}

// lastTurn is the line with which an image began to end, where nothing has begun since; empty otherwise.
func lastTurn(log string) (line string) {
	for l := range strings.Lines(log) {
		switch p := puma.ParseLogLine(l); p.Kind {
		case puma.LogNotPhased, puma.LogShuttingDown, puma.LogRestarting:
			line = p.Text
		case puma.LogStarting, puma.LogReady, puma.LogWorkerBooted:
			line = ""
		}
	}
	return line
}
