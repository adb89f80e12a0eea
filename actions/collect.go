package actions

import (
	"context"
	"fmt"
	"time"

	"pumatop/collector/puma"
)

// collect collects garbage in the master. Ruby's own counters tell whether it ran.
func (r *Runner) collect(ctx context.Context, step Step) Verdict {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	was, err := r.fleet.GCStats(ctx, step.Target)
	if err != nil {
		return refused(step, ExitUnreachable, "nothing was sent: "+err.Error(), remedyOf(err))
	}
	asked := time.Now()
	_, err = r.fleet.Command(ctx, step.Target, commandOf(step.Kind), func(s puma.Stats) error { return unchanged(step, s) })
	note, remedy, sent := outcome(step.Via, err)
	if !sent {
		return refused(step, refusalExit(err), note+err.Error(), remedy)
	}
	v := Verdict{Target: step.Target, Word: Verified, Action: step.Kind, Via: step.Via}
	is, err := r.fleet.GCStats(ctx, step.Target)
	v.At = time.Now()
	v.Cost.Seconds = v.At.Sub(asked).Seconds()
	ran := fmt.Sprintf("major collections %d→%d", was["major_gc_count"], is["major_gc_count"])
	switch {
	case err != nil:
		v.Word, v.Summary, v.Reason = Lost, "asked, and no answer came since", err.Error()
	case is["major_gc_count"] > was["major_gc_count"]:
		v.Summary = fmt.Sprintf("%s in %.1fs, %d free slots, before %d", ran, v.Cost.Seconds, is["heap_free_slots"], was["heap_free_slots"])
		v.Evidence = []string{"Ruby counted in the master: " + ran}
	default:
		v.Word, v.Summary = TimedOut, "asked, and Ruby has counted no collection: "+ran
	}
	if note != "" {
		v.Evidence = append(v.Evidence, note)
	}
	v.Exit = v.Word.Exit()
	return v
}
