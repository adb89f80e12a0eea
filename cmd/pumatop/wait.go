package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pumatop/actions"
	"pumatop/collector"
)

// beginTime is how long a restart may take to begin.
const beginTime = 30 * time.Second

type waitOptions struct {
	actions.AwaitOptions
	release string
	format  format
	timeout time.Duration
}

func newWait(s streams, f *flags) *cobra.Command {
	o := waitOptions{AwaitOptions: actions.AwaitOptions{Within: beginTime}, format: textFormat, timeout: actions.DefaultTimeout}
	cmd := &cobra.Command{
		Use:   "wait [flags] [TARGET...]",
		Short: "Wait for restarts that somebody else asks for, and judge them",
		Long: `Wait for restarts that somebody else asks for, and judge them. Nothing is sent, nothing is asked, nothing is recorded.

The restart may be in flight, may begin within --within, or may be over: one that ended since --since is judged from
what it left behind. All targets are waited for side by side, whatever the verdicts.
` + exitLong,
		Example: "  pumatop wait web1 web2\n  pumatop wait --release current --timeout 10m web1",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := f.targets(args, s.in)
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			o.Current = o.release == "current"
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval, timeout: o.timeout}
			return runWait(cmd.Context(), s, so, o)
		},
	}
	fl := cmd.Flags()
	fl.DurationVar(&o.Within, "within", o.Within, "how long a restart may take to begin")
	fl.DurationVar(&o.Since, "since", 0, "how far back a restart counts that is over: where it is not given, to when current was moved, else a minute")
	fl.StringVar(&o.release, "release", "", "with \"current\": until every worker runs what current points to, restarted or not")
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long each target may take")
	o.format.addFlag(fl)
	return cmd
}

func (o waitOptions) check() error {
	switch {
	case o.release != "" && o.release != "current":
		return usagef("use --release current", "there is no waiting for release %q", o.release)
	case o.Within < 0 || o.Since < 0:
		return usagef("use 30s or 2m", "a time before now is not possible for --within and --since")
	case o.timeout <= 0:
		return usagef("use 30s or 5m", "a timeout of %s is not possible", o.timeout)
	}
	return o.format.check()
}

func runWait(ctx context.Context, s streams, so sessionOptions, o waitOptions) error {
	saw, err := lookHeadless(ctx, so, planTimeout)
	if err != nil {
		return err
	}
	defer saw.close()
	return judgeOthers(ctx, s, o, saw.runner, saw.targets, saw.missing, saw.fleet)
}

// judgeOthers follows what somebody else does to the targets that there are.
func judgeOthers(ctx context.Context, s streams, o waitOptions, r *actions.Runner, targets []collector.Snapshot, missing []actions.Refusal, fleet collector.Fleet) error {
	plan := actions.Plan{Intent: actions.Intent{Kind: actions.Reload}, At: fleet.At, Observed: true}
	progress := actions.Progress{Plan: plan, Done: true, At: fleet.At}
	var run *actions.Run
	if len(targets) > 0 {
		run = r.Await(targets, o.AwaitOptions)
		plan = run.Progress().Plan
	}
	plan.Refused = slices.Concat(plan.Refused, missing)
	t := newTeller(s, o.format, plan)
	if err := t.plan(); err != nil {
		return err
	}
	if run != nil {
		var err error
		if progress, err = t.follow(ctx, run, nil); err != nil {
			return err
		}
	}
	progress.Plan.Refused = slices.Concat(progress.Plan.Refused, missing)
	return t.end(progress)
}
