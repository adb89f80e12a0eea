package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"pumatop/actions"
)

// deed is one command that does something to targets. All of them are the same but for what is asked of Puma.
type deed struct {
	kind        actions.Kind // its name too
	group       string
	short, long string
	// orRestart and worker are whether it has those flags.
	orRestart, worker bool
}

func deeds() []deed {
	return []deed{
		{kind: actions.Reload, group: renewing, orRestart: true, short: "Reload targets phased, and prove it",
			long: `A target that would restart in full, or that is not running, is refused unless --or-restart accepts that.`},
		{kind: actions.Restart, group: renewing, orRestart: true, short: "Restart targets in full, and prove it",
			long: `A target that is not running is refused unless --or-restart lets it be started.`},
		{kind: actions.Refork, group: tending, short: "Fork workers anew from worker 0, where fork_worker is set",
			long: `Worker 0 keeps its pid and its release.`},
		{kind: actions.AddWorker, group: tending, short: "Add a worker to each target, until its next full restart",
			long: `Sends TTIN.`},
		{kind: actions.RemoveWorker, group: tending, short: "Take a worker from each target, until its next full restart",
			long: `Sends TTOU; Puma keeps the last worker.`},
		{kind: actions.Recycle, group: tending, worker: true, short: "Replace one worker of each target",
			long: `Sends TERM to one worker, which ends after its requests and is replaced in the same phase.`},
		{kind: actions.Collect, group: tending, short: "Collect garbage in the master of each target",
			long: `Workers are left alone.`},
		{kind: actions.Stop, group: tending, short: "Stop targets, where that is allowed",
			long: `Needs --allow-stop or ` + allowStopVariable + `=1. ` + "`pumatop restart --or-restart`" + ` starts them again.`},
	}
}

const (
	actLong = `

Targets are taken one after another, or in batches; the first verdict that is not verified ends the rollout, and a
target that is refused keeps the others untouched. Steps go to stderr, verdicts to stdout; -o jsonl prints an object a
line as things happen.

ctrl-c lets nothing further begin and watches what is under way to its verdict; a second one ends pumatop at once.
`
	exitLong = `
Exit code: 0 verified · 1 internal error · 2 usage · 3 unhealthy, not running or refused · 4 timed out · 5 unreachable
or lost · 6 crash loop or stuck · 7 not phased · 8 old code · 130 interrupted.`
)

// actOptions are what a deed was asked with.
type actOptions struct {
	consent
	intent          actions.Intent
	format          format
	timeout         time.Duration
	dryRun, noAudit bool
	keys            *interrupts
}

func newAct(s streams, f *flags, d deed) *cobra.Command {
	o := actOptions{intent: actions.Intent{Kind: d.kind}, format: textFormat, timeout: actions.DefaultTimeout}
	cmd := &cobra.Command{
		Use:     string(d.kind) + " [flags] TARGET...",
		Short:   d.short,
		Long:    d.short + ".\n\n" + d.long + actLong + exitLong,
		Example: d.example(),
		Args:    needTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := f.targets(args, s.in)
			if err != nil {
				return err
			}
			o.intent.Pace, o.intent.Via = f.asked(o.intent.Pace)
			if err := o.check(cmd, f.policy, d, canAsk(s)); err != nil {
				return err
			}
			o.intent.Policy, o.intent.Manners, o.keys = f.actions(), f.manners(targets), f.keys
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval, timeout: o.timeout}
			if !o.dryRun {
				so.audit = auditLog(os.Getenv, f.readOnly, o.noAudit)
			}
			return runAct(cmd.Context(), s, so, o)
		},
	}
	o.addFlags(cmd.Flags(), f, d)
	return cmd
}

func (d deed) example() string {
	switch d.kind {
	case actions.Reload:
		return "  pumatop reload --yes web1 web2 web3\n  pumatop reload --yes --batch 25% --pause 30s web1 web2 web3 web4\n  pumatop reload --dry-run web1"
	case actions.Recycle:
		return "  pumatop recycle --worker 2 --yes web1/shop"
	}
	return fmt.Sprintf("  pumatop %s --yes web1/shop", d.kind)
}

func (o *actOptions) addFlags(fl *pflag.FlagSet, f *flags, d deed) {
	fl.BoolVar(&o.yes, "yes", false, "do not ask")
	fl.StringVar(&o.confirm, "confirm", "", "the `ENVIRONMENT` that is meant: needed beside --yes where it is protected")
	fl.BoolVar(&o.dryRun, "dry-run", false, "look and plan, print what would be sent, send nothing")
	fl.BoolVar(&o.noAudit, "no-audit", false, "act without a record of it")
	paceFlags(fl, &o.intent.Pace)
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long each target may take")
	fl.StringVar((*string)(&f.via), "via", "", "only through `WAY`: control, systemd or signal; also "+viaVariable)
	o.format.addFlag(fl)
	if d.orRestart && d.kind == actions.Reload {
		fl.BoolVar(&o.intent.OrRestart, "or-restart", false, "restart in full what cannot reload phased, start what does not run")
	} else if d.orRestart {
		fl.BoolVar(&o.intent.OrRestart, "or-restart", false, "start what does not run")
	}
	if d.worker {
		fl.IntVar(&o.intent.Worker, "worker", -1, "index of the worker to replace")
	}
	if d.kind == actions.Stop {
		fl.BoolVar(&f.allowStop, "allow-stop", false, "let targets be stopped; also "+allowStopVariable)
	}
}

// paceFlags are how a rollout goes through its targets.
func paceFlags(fl *pflag.FlagSet, pace *actions.Pace) {
	fl.Var(&pace.Batch, "batch", "how many targets at a time: 2 or 25%, one where it is not given")
	fl.IntVar(&pace.Canary, "canary", 0, "how many targets first, by themselves: 1 where --batch is given")
	fl.Var(&pace.MaxUnavailable, "max-unavailable", "how many of the targets may not serve at any time: 2 or 25%")
	fl.DurationVar(&pace.Pause, "pause", 0, "pause between two batches")
}

// checkPace refuses a pace that cannot be meant, and sets a target apart to go first where several follow at a time.
func checkPace(fl *pflag.FlagSet, pace *actions.Pace) error {
	if !pace.Batch.IsZero() && !fl.Changed("canary") {
		pace.Canary = 1
	}
	switch {
	case pace.Canary < 0:
		return usagef("use 0 to set none apart", "a canary of %d targets is not possible", pace.Canary)
	case pace.Pause < 0:
		return usagef("use 30s or 2m", "a pause of %s is not possible", pace.Pause)
	}
	return nil
}

// check refuses what cannot be meant.
func (o *actOptions) check(cmd *cobra.Command, p policy, d deed, canAsk bool) error {
	if err := checkPace(cmd.Flags(), &o.intent.Pace); err != nil {
		return err
	}
	switch {
	case o.timeout <= 0:
		return usagef("use 30s or 5m", "a timeout of %s is not possible", o.timeout)
	case d.worker && o.intent.Worker < 0:
		return usagef(cmd.CommandPath()+" --worker 2 web1/shop", "no worker named")
	case o.dryRun && p.readOnly, !o.dryRun:
		if err := o.format.check(); err != nil {
			return err
		}
		return o.consent.check(cmd, p, canAsk)
	}
	return o.format.check()
}

// needTargets is for what changes something: all of an environment is then named.
func needTargets(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	say := cmd.CommandPath() + " web1 web2"
	if cmd.ArgsLenAtDash() >= 0 {
		say += " -- COMMAND"
	}
	return usagef(say+" · what is an action opens no environment by itself", "no target named")
}

// canAsk reports whether somebody is there to answer.
func canAsk(s streams) bool {
	in, ok := s.in.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// runAct plans, asks, acts and tells.
func runAct(ctx context.Context, s streams, so sessionOptions, o actOptions) error {
	session, err := startHeadless(ctx, so)
	if err != nil {
		return err
	}
	defer session.close()
	plan, err := session.plan(ctx, so.targets, o.intent)
	if err != nil {
		return err
	}
	if o.dryRun {
		return dryRun(s.out, plan, o.format)
	}
	t := newTeller(s, o.format, plan)
	if err := t.plan(); err != nil {
		return err
	}
	progress := actions.Progress{Plan: plan, Done: true, At: plan.At}
	if len(plan.Steps) > 0 && len(plan.Refused) == 0 {
		if !o.yes && !confirmed(ctx, s, plan) {
			return &exitError{actions.ExitInterrupted}
		}
		progress, err = t.follow(ctx, session.runner.Start(plan), o.keys)
	} else {
		progress.Steps = leftOut(plan)
	}
	if err != nil {
		return err
	}
	return t.end(progress)
}

// confirmed asks on the terminal. The end of ctx, which is a ctrl-c, is a no; what reads the terminal then ends with the
// process, since nothing else can end it.
func confirmed(ctx context.Context, s streams, p actions.Plan) bool {
	word := p.Confirmation()
	fmt.Fprintf(s.err, "type %s to go on: ", word)
	return word != "" && readWord(ctx, s) == word
}

// format is how a command prints what it found.
type format string

const (
	textFormat  format = "text"
	jsonFormat  format = "json"  // one document at the end
	linesFormat format = "jsonl" // an object a line, as things happen
)

func (f *format) addFlag(fl *pflag.FlagSet) {
	fl.StringVarP((*string)(f), "output", "o", string(*f), "text, json or jsonl")
}

func (f format) check() error {
	if !slices.Contains([]format{textFormat, jsonFormat, linesFormat}, f) {
		return usagef("use text, json or jsonl", "unknown output %q", string(f))
	}
	return nil
}

// say writes a line to a log of the run, with its time.
func say(w io.Writer, at time.Time, format string, args ...any) {
	fmt.Fprintf(w, "%s  %s\n", at.Local().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
