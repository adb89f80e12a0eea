package actions

import (
	"fmt"
	"strings"
	"time"
)

// recordAsked writes the audit's line of a request that is about to be sent. Its error refuses the action: what cannot
// be recorded is not done.
func (r *Runner) recordAsked(run *Run, step Step) (Record, error) {
	e := r.options.Signature
	if r.options.Audit == nil {
		return e, nil
	}
	policy := run.Progress().Plan.Intent.Policy
	e.Version, e.Event, e.At = RecordVersion, RecordAsked, time.Now()
	e.Rollout = fmt.Sprintf("%d-%d-%d", e.PID, run.begun.Unix(), run.number)
	e.ID = e.Rollout + "/" + string(step.Target)
	e.Environment = policy.Environment
	e.Target, e.Action, e.Via, e.Request = string(step.Target), string(step.Kind), string(step.Via), step.Request
	e.Evidence = append([]string{step.Says}, step.Warnings...)
	if step.Kind == Reload && step.Before.Phased.Evidence != "" {
		e.Evidence = append(e.Evidence, fmt.Sprintf("phased %s: %s", step.Before.Phased.Answer, step.Before.Phased.Evidence))
	}
	e.PhaseBefore = step.Before.Stats.Phase
	e.ReleaseBefore = strings.Join(step.Before.Releases(), ", ")
	return e, r.options.Audit.Write(e)
}

// recordEnded completes the audit's line with a verdict.
func (r *Runner) recordEnded(asked Record, v Verdict) error { return r.record(asked, RecordEnded, v) }

// recordAmended corrects it with the verdict on a target that was lost.
func (r *Runner) recordAmended(asked Record, v Verdict) error {
	return r.record(asked, RecordAmended, v)
}

func (r *Runner) record(e Record, event RecordEvent, v Verdict) error {
	if r.options.Audit == nil {
		return nil
	}
	e.Event, e.At, e.Evidence = event, v.At, v.Evidence
	e.Verdict, e.Exit, e.Summary, e.Reason = string(v.Word), &v.Exit, v.Summary, v.Reason
	e.Seconds, e.Killed = v.Cost.Seconds, len(v.Cost.Killed)
	e.PhaseBefore, e.PhaseAfter = v.PhaseBefore, v.PhaseAfter
	e.ReleaseAfter = strings.Join(v.Release.After, ", ")
	return r.options.Audit.Write(e)
}
