package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pumatop/collector"
)

const (
	// checkTimeout is below the ten seconds that monitoring systems give a plugin, by as much as a busy machine takes to
	// start one.
	checkTimeout = 8 * time.Second
	// closing is how long of it is left for an answer to be printed and connections to be closed.
	closing = 500 * time.Millisecond
)

type checkOptions struct {
	limits      checkFlags
	format      string
	unreachable string
	timeout     time.Duration
}

// plugin marks a command whose exit codes are those of monitoring plugins, 3 for whatever kept it from an answer.
const plugin = "plugin"

const checkLong = `Check the fleet for Nagios, Icinga and the like: one line with performance data, what is wrong on lines after it.

A limit is WARNING,CRITICAL: "80,95" warns from 80 on; either may be left out ("80" or ",95"); each may be a range as
Nagios writes them ("10:20" alarms outside, "@10:20" within); "none" takes the limits away. A flag stands for both limits
of its figure; without it they are the configuration's, and else those below. A figure that a limit asks for and that
is not known is UNKNOWN.

CRITICAL are a target that does not run, crash-loops, is stuck, does not answer, or restarts without any worker booted.
A restart that makes progress is no alarm while a worker serves, and neither are the workers missing in it, nor the
releases and versions side by side. A Puma without a control app is UNKNOWN.

Nobody is asked for a passphrase or the like. Performance data has each figure where it is worst, whatever the number of
targets.

Exit code: 0 ok · 1 warning · 2 critical · 3 unknown, also after a wrong command line or configuration.`

func newCheck(s streams, f *flags) *cobra.Command {
	o := checkOptions{limits: checkFlags{}, format: "text", unreachable: checkCritical.String(), timeout: checkTimeout}
	cmd := &cobra.Command{
		Use:         "check [flags] [TARGET...]",
		Short:       "Hold the fleet to limits, as a plugin of Nagios or Icinga",
		Long:        checkLong,
		Example:     "  pumatop check web1 web2\n  pumatop check --utilisation 80,95 --memory 800,1200 --releases none web1",
		Annotations: map[string]string{plugin: plugin},
		Args:        cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := f.targets(args, s.in)
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}
			return runCheck(cmd.Context(), s, so, o, limitsBy(o.limits, f.thresholds()...))
		},
	}
	fl := cmd.Flags()
	o.limits.add(fl)
	fl.StringVar(&o.unreachable, "unreachable", o.unreachable, "what a host that cannot be reached is: critical or unknown")
	fl.StringVarP(&o.format, "output", "o", o.format, "text or json")
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long the whole check may take")
	return cmd
}

func (o checkOptions) check() error {
	switch {
	case o.format != "text" && o.format != "json":
		return usagef("use text or json", "unknown output %q", o.format)
	case o.unreachable != checkCritical.String() && o.unreachable != checkUnknown.String():
		return usagef("use critical or unknown", "a host that cannot be reached cannot be %q", o.unreachable)
	case o.timeout < time.Second:
		return usagef("use 1s or more", "a timeout of %s is not possible", o.timeout)
	}
	return nil
}

// runCheck takes one snapshot and judges it. It asks nobody anything, and is done when its time is over.
func runCheck(ctx context.Context, s streams, so sessionOptions, o checkOptions, by map[string]limits) error {
	so.remote.Ask = nil
	session, err := startSession(ctx, so)
	if err != nil {
		return err
	}
	defer closeSoon(session)
	began := time.Now()
	fleet, err := session.settle(ctx, patience{answers: o.timeout - closing, sample: sampleTime, progress: progressTime})
	if err != nil {
		return err
	}
	fleet = session.seeReleases(ctx, fleet, min(youngTime, o.timeout-closing-time.Since(began)))
	lost := checkCritical
	if o.unreachable == checkUnknown.String() {
		lost = checkUnknown
	}
	result := judge(fleet, by, lost, missingTargets(fleet, so.targets)...)
	if o.format == "json" {
		err = writeJSON(s.out, checkOf(result, fleet.At))
	} else {
		err = writePlugin(s.out, result)
	}
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	if result.severity != checkOK {
		return &exitError{int(result.severity)}
	}
	return nil
}

// youngTime is how much longer a target is looked at that has just been executed, and young is how long that is said of it.
const youngTime, young = 3 * time.Second, 15 * time.Second

// seeReleases looks again at targets that serve and have just been executed: a look from before tells nothing of what they
// run.
func (s *session) seeReleases(ctx context.Context, fleet collector.Fleet, within time.Duration) collector.Fleet {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var asked time.Time
	for {
		unread := justExecuted(fleet)
		if len(unread) == 0 || ctx.Err() != nil {
			return fleet
		}
		if time.Since(asked) > time.Second {
			for _, id := range unread {
				s.collector.Probe(id)
			}
			asked = time.Now()
		}
		next, err := s.collector.Next(ctx)
		if err != nil {
			return fleet
		}
		fleet = next
	}
}

// justExecuted are the targets that are so young that their releases are not known yet.
func justExecuted(fleet collector.Fleet) (ids []collector.TargetID) {
	for _, t := range fleet.Targets {
		if t.State != collector.Serving || t.Image.StartedAt.IsZero() || t.At.Add(t.Offset).Sub(t.Image.StartedAt) > young {
			continue
		}
		if len(t.Workers) == 0 || slices.ContainsFunc(t.Workers, func(w collector.Worker) bool { return w.Release == "" }) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// closeSoon closes a session, and leaves what takes long to the end of the process.
func closeSoon(s *session) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.close()
	}()
	timer := time.NewTimer(closing / 2)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

func isPlugin(cmd *cobra.Command) bool { return cmd != nil && cmd.Annotations[plugin] != "" }

// pluginExit is the exit code of a plugin. What kept it from an answer is its answer: monitoring systems show stdout.
func pluginExit(cmd *cobra.Command, out io.Writer, err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return int(checkOK)
	case errors.As(err, &exit):
		return exit.code
	}
	text := err.Error()
	if remedy := remedyOf(err); remedy != "" {
		text += ": " + remedy
	}
	if output := cmd.Flag("output"); output != nil && output.Value.String() == "json" {
		_ = writeJSON(out, checkOf(checked{severity: checkUnknown, problems: []problem{{severity: checkUnknown, text: text}}}, time.Now()))
	} else {
		fmt.Fprintln(out, pluginLine(checkUnknown, text))
	}
	return int(checkUnknown)
}
