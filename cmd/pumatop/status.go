package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pumatop/actions"
	"pumatop/collector"
)

const (
	// statusTimeout is how long one snapshot may take.
	statusTimeout = 20 * time.Second
	// sampleTime is how much longer it takes for memory, progressTime for a restart to show what it is: from Puma 5 on a
	// release that does not boot is tried many times a second.
	sampleTime   = 2 * time.Second
	progressTime = 3 * time.Second
)

type statusOptions struct {
	viewOptions
	format  string
	timeout time.Duration
	// watch writes it again and again, every interval.
	watch    bool
	interval time.Duration
	reread   *rereading // where it is watched and there is a configuration to follow
}

func newStatus(s streams, f *flags) *cobra.Command {
	o := statusOptions{format: "table", timeout: statusTimeout}
	cmd := &cobra.Command{
		Use:   "status [flags] [TARGET...]",
		Short: "Print one snapshot of the fleet",
		Long: `Print one snapshot of the fleet.

Exit code: 0 if every target shown serves; 5 if one could not be reached, else 3 if one does not serve. What the filter
leaves out does not count; what was named and is not there does. A restart that makes progress serves as long as a worker has booted.

` + formatHelp() + "\n" + viewHelp(),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			targets, err := f.targets(args, s.in)
			if err != nil {
				return err
			}
			if o.watch {
				if err := refuseWatch(o.format); err != nil {
					return err
				}
				o.interval, o.reread = f.interval, &rereading{flags: f, args: args}
			}
			return runStatus(cmd.Context(), s, sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}, o)
		},
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().DurationVar(&o.timeout, "timeout", o.timeout, "how long hosts may take to answer")
	return cmd
}

// addFlags adds the flags of what is written.
func (o *statusOptions) addFlags(fl *pflag.FlagSet) {
	fl.StringVarP(&o.format, "output", "o", o.format, statusFormatNames())
	fl.BoolVarP(&o.watch, "watch", "w", false, "print it again and again, every --interval, by the configuration as it then is; jsonl prints what changes")
	o.viewOptions.addFlags(fl)
}

// check refuses what cannot be read before any host is asked.
func (o *statusOptions) check() error {
	if _, err := statusFormatNamed(o.format); err != nil {
		return err
	}
	_, err := o.read()
	return err
}

func runStatus(ctx context.Context, s streams, so sessionOptions, o statusOptions) error {
	format, err := statusFormatNamed(o.format)
	if err != nil {
		return err
	}
	lens, err := o.read()
	if err != nil {
		return err
	}
	session, err := startHeadless(ctx, so)
	if err != nil {
		return err
	}
	defer session.close()
	if o.watch {
		return watchStatus(ctx, s, session, format, o)
	}
	fleet, err := session.settle(ctx, patience{answers: o.timeout, sample: sampleTime, progress: progressTime})
	if err != nil {
		return err
	}
	view := viewOf(fleet, lens)
	if err := format.write(s.out, view); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	codes := []int{healthCode(view.fleet)}
	for _, r := range missingTargets(fleet, so.targets) {
		fmt.Fprintf(s.err, "pumatop: %s: %s\n", r.Target, because(r.Reason, r.Remedy))
		codes = append(codes, r.Exit)
	}
	if code := actions.WorstExit(codes...); code != 0 {
		return &exitError{code}
	}
	return nil
}

// healthCode is the exit code that a fleet stands for.
func healthCode(f collector.Fleet) int {
	var codes []int
	for _, t := range f.Targets {
		switch t.State {
		case collector.Serving:
		case collector.Unreachable, collector.Stale, collector.Connecting:
			codes = append(codes, actions.ExitUnreachable)
		case collector.Restarting:
			if t.Stats.Booted() == 0 || !t.Current() {
				codes = append(codes, actions.ExitUnhealthy)
			}
		default:
			codes = append(codes, actions.ExitUnhealthy)
		}
	}
	for _, h := range f.Hosts {
		switch {
		case h.Pumas > 0:
		case hostState(h) == collector.NotRunning:
			codes = append(codes, actions.ExitUnhealthy)
		default:
			codes = append(codes, actions.ExitUnreachable)
		}
	}
	return actions.WorstExit(codes...)
}
