package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pumatop/actions"
	"pumatop/collector"
)

type reloadOptions struct {
	yes, orRestart bool
	timeout        time.Duration
	format         string
}

const (
	// planTimeout is how long the figures for the plan may take.
	planTimeout = time.Minute
	// slowProgressTime is progressTime for Puma up to 4, which tries a release that does not boot once in ten seconds.
	slowProgressTime = 25 * time.Second
	// sayAgain is how often a step that does not move says what it waits for.
	sayAgain = 10 * time.Second
)

func newReload(s streams, f *flags) *cobra.Command {
	o := reloadOptions{format: "text", timeout: actions.DefaultTimeout}
	cmd := &cobra.Command{
		Use:   "reload [flags] TARGET...",
		Short: "Reload targets one after another, and prove it",
		Long: `Reload targets one after another and stop at the first bad verdict.

A target that would restart in full, or that is not running, is refused unless --or-restart accepts that. Steps go to
stderr, verdicts to stdout.

Exit code: 0 verified · 1 internal error · 2 usage · 3 unhealthy, not running or refused · 4 timed out · 5 unreachable
or lost · 6 crash loop or stuck · 7 not phased · 8 old code · 130 interrupted.`,
		Args: needTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := parseTargets(args)
			if err != nil {
				return err
			}
			if o.format != "text" && o.format != "json" {
				return usagef("use text or json", "unknown output %q", o.format)
			}
			if !o.yes && !canAsk(s) {
				return usagef("add --yes to reload without being asked", "there is no terminal to ask for confirmation")
			}
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval, timeout: o.timeout}
			return runReload(cmd.Context(), s, so, o)
		},
	}
	fl := cmd.Flags()
	fl.BoolVar(&o.yes, "yes", false, "do not ask")
	fl.BoolVar(&o.orRestart, "or-restart", false, "restart in full what cannot reload phased, start what does not run")
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long each target may take")
	fl.StringVarP(&o.format, "output", "o", o.format, "text or json")
	return cmd
}

// canAsk reports whether somebody is there to answer.
func canAsk(s streams) bool {
	in, ok := s.in.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

func runReload(ctx context.Context, s streams, so sessionOptions, o reloadOptions) error {
	session, err := startSession(ctx, so)
	if err != nil {
		return err
	}
	defer session.close()
	plan, err := session.plan(ctx, so.targets, o.orRestart)
	if err != nil {
		return err
	}
	sayPlan(s.err, plan)
	progress := actions.Progress{Plan: plan, Done: true}
	if len(plan.Steps) > 0 && len(plan.Refused) == 0 {
		if !o.yes && !confirmed(ctx, s, plan) {
			return &exitError{actions.ExitInterrupted}
		}
		progress, err = follow(ctx, s, session.runner.Start(plan))
	} else {
		progress.Steps = leftOut(plan)
	}
	if writeErr := writeVerdicts(s.out, progress, o.format); writeErr != nil {
		return fmt.Errorf("write the verdicts: %w", writeErr)
	}
	if err != nil {
		return err
	}
	if code := codeOf(progress); code != 0 {
		return &exitError{code}
	}
	return nil
}

// plan looks at the targets and plans. A restart that is found in flight is watched until it shows what it is: a crash
// loop may be reloaded out of, one that makes progress may not be reloaded into, even where it ends meanwhile.
func (s *session) plan(ctx context.Context, hosts []wanted, orRestart bool) (actions.Plan, error) {
	fleet, err := s.settle(ctx, patience{answers: planTimeout})
	if err != nil {
		return actions.Plan{}, err
	}
	inFlight := map[collector.TargetID]bool{}
	watch := time.Duration(0)
	for _, t := range fleet.Targets {
		if t.State == collector.Restarting {
			inFlight[t.ID] = true
			watch = max(watch, progressOf(t))
		}
	}
	if len(inFlight) > 0 {
		if fleet, err = s.settle(ctx, patience{answers: planTimeout, progress: watch}); err != nil {
			return actions.Plan{}, err
		}
	}
	p := actions.NewPlan(actions.Intent{Kind: actions.Reload, OrRestart: orRestart}, inOrder(fleet, hosts), fleet.At)
	p.Refused = append(p.Refused, refusedHosts(fleet)...)
	p.Steps = slices.DeleteFunc(p.Steps, func(step actions.Step) bool {
		ended := inFlight[step.Target] && step.Before.State == collector.Serving
		if ended {
			p.Refused = append(p.Refused, actions.Refusal{Target: step.Target, Exit: actions.ExitUnhealthy,
				Reason: "another restart was in flight when this one was asked for, and has just ended", Remedy: "look whether that one did it, else ask again"})
		}
		return ended
	})
	return p, nil
}

// progressOf is how long a restart is watched before it counts as one that makes progress.
func progressOf(t collector.Snapshot) time.Duration {
	if t.Facts.Version.AtLeast(5, 0, 0) {
		return progressTime
	}
	return slowProgressTime
}

// inOrder are the fleet's targets in the order of the command line, those of one host by name.
func inOrder(f collector.Fleet, hosts []wanted) []collector.Snapshot {
	var out []collector.Snapshot
	for _, h := range hosts {
		for _, t := range f.Targets {
			if t.Host == h.name {
				out = append(out, t)
			}
		}
	}
	return out
}

// refusedHosts are the hosts that have nothing to reload.
func refusedHosts(f collector.Fleet) []actions.Refusal {
	var out []actions.Refusal
	for _, h := range f.Hosts {
		if h.Pumas > 0 {
			continue
		}
		code := actions.ExitUnhealthy
		if !h.Connected || !h.Asked {
			code = actions.ExitUnreachable
		}
		out = append(out, actions.Refusal{Target: collector.TargetID(h.Name), Reason: hostReason(h), Remedy: h.Remedy, Exit: code})
	}
	return out
}

// leftOut are the steps of a plan that was not begun because one of its targets was refused: a rollout that can be
// seen to end badly does not begin.
func leftOut(p actions.Plan) []actions.StepProgress {
	var out []actions.StepProgress
	for _, step := range p.Steps {
		out = append(out, actions.StepProgress{Target: step.Target, State: actions.Judged, Verdict: &actions.Verdict{
			Target: step.Target, Word: actions.Untouched, Action: step.Kind, Via: step.Via, At: p.At, Exit: actions.Untouched.Exit(),
			Summary: "left out: " + string(p.Refused[0].Target) + " is refused"}})
	}
	return out
}

func sayPlan(w io.Writer, p actions.Plan) {
	for _, step := range p.Steps {
		fmt.Fprintf(w, "%s  %s\n", step.Target, step.Says)
		for _, warning := range step.Warnings {
			fmt.Fprintf(w, "%s  ! %s\n", step.Target, warning)
		}
	}
	for _, r := range p.Refused {
		fmt.Fprintf(w, "%s  refused: %s\n", r.Target, because(r.Reason, r.Remedy))
	}
}

// confirmed asks on the terminal. The end of ctx, which is a ctrl-c, is a no; what reads the terminal then ends with the
// process, since nothing else can end it.
func confirmed(ctx context.Context, s streams, p actions.Plan) bool {
	fmt.Fprintf(s.err, "type %s to go on: ", p.Confirmation())
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.in).ReadString('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		return strings.TrimSpace(line) == p.Confirmation()
	case <-ctx.Done():
		fmt.Fprintln(s.err)
		return false
	}
}

// follow prints a run as it goes and returns its last progress.
func follow(ctx context.Context, s streams, run *actions.Run) (actions.Progress, error) {
	said, texts, saidAt := 0, map[collector.TargetID]string{}, time.Time{}
	stop := context.AfterFunc(ctx, run.Stop)
	defer stop()
	var p actions.Progress
	for {
		next, err := run.Next(context.WithoutCancel(ctx), p.Version)
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err != nil {
			return p, fmt.Errorf("follow the reload: %w", err)
		}
		p = next
		for _, line := range p.Log[said:] {
			fmt.Fprintf(s.err, "%s  %s  %s\n", line.At.Local().Format(time.TimeOnly), line.Target, line.Text)
		}
		said = len(p.Log)
		for _, step := range p.Steps {
			text := fmt.Sprintf("%d of %d workers replaced", step.Replaced, step.Wanted)
			if step.State == actions.Watching && (texts[step.Target] != text || p.At.Sub(saidAt) >= sayAgain) {
				texts[step.Target], saidAt = text, p.At
				fmt.Fprintf(s.err, "%s  %s  %s; %s\n", p.At.Local().Format(time.TimeOnly), step.Target, text, step.Text)
			}
		}
		if p.Done { // a script does not wait for a lost host to come back
			return p, nil
		}
	}
}

func codeOf(p actions.Progress) int {
	var codes []int
	for _, v := range verdictsOf(p) {
		codes = append(codes, v.Exit)
	}
	return actions.WorstExit(codes...)
}

func writeVerdicts(w io.Writer, p actions.Progress, format string) error {
	if format == "json" {
		return writeJSON(w, reloadOf(p))
	}
	for _, v := range verdictsOf(p) {
		if _, err := fmt.Fprintf(w, "%s  %s  %s\n", v.Target, v.Word, phaseWords(v)+v.Summary); err != nil {
			return err
		}
		for _, more := range []string{reasonWords(v), v.Remedy} {
			if more != "" {
				fmt.Fprintf(w, "    %s\n", more)
			}
		}
		if v.Word != actions.Refused {
			for _, e := range v.Evidence {
				fmt.Fprintf(w, "    · %s\n", e)
			}
		}
	}
	return nil
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
