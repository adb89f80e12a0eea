package main

import (
	"fmt"
	"io"
	"strings"

	"pumatop/actions"
)

// sayPlan says before a run what will happen to each target.
func sayPlan(w io.Writer, p actions.Plan) {
	if n := len(p.Steps); n > 1 && !p.Observed {
		fmt.Fprintf(w, "%s of %d targets: %s\n", p.Intent.Kind, n, p.Intent.Pace.Words(string(p.Steps[0].Target), n))
	}
	writeTaken(w, p)
	for _, step := range p.Steps {
		says := step.Says
		if step.Request != "" && !strings.Contains(says, step.Request) {
			says += "; " + step.Request
		}
		if says != "" {
			fmt.Fprintf(w, "%s  %s\n", step.Target, says)
		}
		for _, warning := range step.Warnings {
			fmt.Fprintf(w, "%s  ! %s\n", step.Target, warning)
		}
	}
	for _, r := range p.Refused {
		fmt.Fprintf(w, "%s  refused: %s\n", r.Target, because(r.Reason, r.Remedy))
	}
}

// dryRun prints a plan in full instead of carrying it out.
func dryRun(w io.Writer, p actions.Plan, f format) error {
	doc := planOf(p)
	var err error
	switch f {
	case jsonFormat:
		err = writeJSON(w, doc)
	case linesFormat:
		t := newTeller(streams{out: w}, f, p)
		_ = t.plan() // kept in t.err
		t.event(doneEvent{"done", doc.At, doc.Exit, nil})
		err = t.err
	default:
		err = writePlan(w, p)
	}
	switch {
	case err != nil:
		return fmt.Errorf("write the plan: %w", err)
	case doc.Exit != 0:
		return &exitError{doc.Exit}
	}
	return nil
}

// writeTaken prints what a plan has from the configuration.
func writeTaken(w io.Writer, p actions.Plan) {
	for _, t := range p.Intent.Taken {
		fmt.Fprintf(w, "  %s\n", t)
	}
}

// writePlan prints a plan by batches.
func writePlan(w io.Writer, p actions.Plan) error {
	var b strings.Builder
	if e := p.Intent.Policy; e.Environment != "" {
		fmt.Fprintf(&b, "environment %s%s\n", e.Environment, map[bool]string{true: ", protected"}[e.Protected])
	}
	if n := len(p.Steps); n > 1 {
		fmt.Fprintf(&b, "%s of %d targets: %s\n", p.Intent.Kind, n, p.Intent.Pace.Words(string(p.Steps[0].Target), n))
	}
	writeTaken(&b, p)
	batches, said := batchesOf(p), 0
	for i, step := range p.Steps {
		if batches[i] != said {
			said = batches[i]
			fmt.Fprintf(&b, "batch %d\n", said)
		}
		fmt.Fprintf(&b, "  %s  %s through %s: %s\n      %s\n", step.Target, step.Kind, step.Via, step.Request, step.Says)
		for _, warning := range step.Warnings {
			fmt.Fprintf(&b, "      ! %s\n", warning)
		}
	}
	if len(p.Refused) > 0 {
		b.WriteString("refused\n")
	}
	for _, r := range p.Refused {
		fmt.Fprintf(&b, "  %s  %s (exit %d)\n", r.Target, because(r.Reason, r.Remedy), r.Exit)
	}
	switch {
	case len(p.Refused) > 0 && len(p.Steps) > 0:
		b.WriteString("dry run: nothing was sent, and nothing would be, because of what is refused\n")
	default:
		b.WriteString("dry run: nothing was sent\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeVerdicts prints what became of each target, with what proves it or explains it.
func writeVerdicts(w io.Writer, p actions.Progress) error {
	for _, v := range verdictsOf(p) {
		if _, err := io.WriteString(w, verdictText(v)); err != nil {
			return err
		}
	}
	return nil
}

func verdictText(v actions.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s\n", v.Target, v.Word, phaseWords(v)+v.Summary)
	for _, more := range []string{reasonWords(v), v.Remedy} {
		if more != "" {
			fmt.Fprintf(&b, "    %s\n", more)
		}
	}
	if v.Word != actions.Refused {
		for _, e := range v.Evidence {
			fmt.Fprintf(&b, "    · %s\n", e)
		}
	}
	if !v.Word.Good() {
		for _, line := range v.Log {
			fmt.Fprintf(&b, "    | %s\n", line)
		}
	}
	return b.String()
}

// reasonWords leaves out the reason of a refusal: its summary has it.
func reasonWords(v actions.Verdict) string {
	if v.Word == actions.Refused {
		return ""
	}
	return v.Reason
}

func phaseWords(v actions.Verdict) string {
	if !v.PhaseBefore.Known || !v.PhaseAfter.Known {
		return ""
	}
	return fmt.Sprintf("phase %s→%s  ", v.PhaseBefore, v.PhaseAfter)
}
