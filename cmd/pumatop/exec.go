package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/probe"
)

// execAtOnce is how many commands run at a time where nobody says how many.
const execAtOnce = 16

// unknownEnd is the status of a command that did not run or whose end was not seen, as ssh has it.
const unknownEnd = 255

type execOptions struct {
	byHand
	format  format
	atOnce  int
	limit   time.Duration
	timeout time.Duration
	color   string
	line    string
}

func newExec(s streams, f *flags) *cobra.Command {
	o := execOptions{byHand: byHand{verb: "exec"}, format: textFormat, atOnce: execAtOnce, timeout: statusTimeout}
	cmd := &cobra.Command{
		Use:   "exec [flags] TARGET... -- COMMAND [ARG...]",
		Short: "Run a command in the release's directory of each target",
		Long: `Run a command in the directory of the release that each target runs, of one that does not run what current points to: in
its container, where it is in one.

A COMMAND alone is a line for the host's sh; with arguments it is run as it stands. It has no terminal and nothing on
stdin, and ends with pumatop, but for one in a container. Lines of its stdout go to stdout, those of its stderr to
stderr, each with its target in front. The command line is recorded in the audit.

Exit code: the highest status of the commands; 255 where one could not be run, or its end was not seen.`,
		Example: "  pumatop exec web1 web2 -- bin/rails db:version\n  pumatop exec web1/shop -- 'git log -1 | cat'",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := o.read(cmd, f, args, s.in)
			if err != nil {
				return err
			}
			if err := o.allow(cmd, f.policy, s); err != nil {
				return err
			}
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval, audit: auditLog(os.Getenv, f.readOnly, o.noAudit)}
			return runExec(cmd.Context(), s, so, o)
		},
	}
	o.addFlags(cmd)
	fl := cmd.Flags()
	fl.IntVar(&o.atOnce, "at-once", o.atOnce, "how many targets at a time")
	fl.DurationVar(&o.limit, "limit", 0, "how long the command may take on each; none where it is not given")
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long hosts may take to answer")
	fl.StringVar(&o.color, "color", "auto", "auto, truecolor, 256, 16 or none")
	fl.StringVarP((*string)(&o.format), "output", "o", string(o.format), "text or json")
	return cmd
}

// read takes the targets and the command apart.
func (o *execOptions) read(cmd *cobra.Command, f *flags, args []string, in io.Reader) ([]wanted, error) {
	dash := cmd.ArgsLenAtDash()
	switch {
	case dash < 0 || dash == len(args):
		return nil, usagef("pumatop exec web1 web2 -- bin/rails db:version", "no command named behind --")
	case o.format != textFormat && o.format != jsonFormat:
		return nil, usagef("use text or json", "unknown output %q", string(o.format))
	case o.atOnce < 1:
		return nil, usagef("use 1 for one after another", "%d targets at a time are not possible", o.atOnce)
	case o.limit < 0:
		return nil, usagef("use 30s or 5m", "a limit of %s is not possible", o.limit)
	}
	if _, _, err := profileOf(o.color, os.Getenv); err != nil {
		return nil, err
	}
	if err := needTargets(cmd, args[:dash]); err != nil {
		return nil, err
	}
	if o.line = commandLine(args[dash:]); strings.ContainsRune(o.line, 0) || strings.TrimSpace(o.line) == "" {
		return nil, usagef("pumatop exec web1 web2 -- bin/rails db:version", "the command is empty, or has a NUL in it")
	}
	return f.targets(args[:dash], in)
}

// commandLine is the line for sh: one word alone is one already.
func commandLine(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellQuote(w)
	}
	return strings.Join(quoted, " ")
}

// shellQuote makes one word of sh, and leaves alone what is one.
func shellQuote(w string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=@%+,", r)
	}
	if w != "" && !strings.ContainsFunc(w, func(r rune) bool { return !plain(r) }) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

func runExec(ctx context.Context, s streams, so sessionOptions, o execOptions) error {
	saw, err := lookHeadless(ctx, so, o.timeout)
	if err != nil {
		return err
	}
	defer saw.close()
	targets := saw.targets
	e := newExecutor(s, saw.collector, so.audit, o, targets)
	for _, r := range saw.missing {
		e.left(string(r.Target), because(r.Reason, r.Remedy))
	}
	if len(targets) > 0 && !o.agreed(ctx, s, targets, o.line) {
		return &exitError{actions.ExitInterrupted}
	}
	e.all(ctx, targets)
	return e.close()
}

// executor runs one command line on several targets.
type executor struct {
	options   execOptions
	collector *collector.Collector
	audit     actions.Auditor
	out, err  io.Writer
	names     names

	mu      sync.Mutex // of what follows, and of a line of output
	results []execResult
	failed  error // of writing
}

// execResult is how the command went on one target, in JSON, which scripts rely on: fields are added, never renamed.
// Status is null where the command did not run or its end was not seen; error says why.
type execResult struct {
	Target string   `json:"target"`
	Status *int     `json:"status"`
	Error  *string  `json:"error"`
	Stdout []string `json:"stdout"`
	Stderr []string `json:"stderr"`
}

func newExecutor(s streams, c *collector.Collector, log actions.Auditor, o execOptions, targets []collector.Snapshot) *executor {
	ids := idsOf(targets)
	e := &executor{options: o, collector: c, audit: log}
	var p tint
	p, e.out = newTint(s.out, o.color)
	_, e.err = newTint(s.err, o.color)
	e.names = p.names(ids)
	return e
}

// all runs the command, so many at a time, until it has been run everywhere or ctx ends.
func (e *executor) all(ctx context.Context, targets []collector.Snapshot) {
	places := make(chan struct{}, e.options.atOnce)
	var wg sync.WaitGroup
	for _, t := range targets {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			e.left(string(t.ID), "pumatop was stopped before its turn")
			continue
		}
		wg.Go(func() {
			defer func() { <-places }()
			e.one(ctx, t)
		})
	}
	wg.Wait()
}

// one runs it on one target, between the records of that.
func (e *executor) one(ctx context.Context, t collector.Snapshot) {
	newest, found := e.collector.Fleet().Target(t.ID) // others had their turn meanwhile, and a person may have been asked
	if !found {
		e.left(string(t.ID), "it is no longer there")
		return
	}
	t = newest
	dir := directoryOf(t)
	if dir == "" {
		e.left(string(t.ID), noDirectory(t))
		return
	}
	record, err := e.options.begin(e.audit, t, e.options.line)
	if err != nil {
		e.left(string(t.ID), fmt.Sprintf("it is not recorded, so it is not run: %v", err))
		return
	}
	result := execResult{Target: string(t.ID), Stdout: []string{}, Stderr: []string{}}
	status, err := e.run(ctx, t, dir, &result)
	word, summary, reason := actions.Done, fmt.Sprintf("status %d", status), ""
	switch {
	case err != nil:
		text := clean.Line(err.Error())
		result.Error, status, word, summary, reason = &text, unknownEnd, actions.Failed, "its end was not seen", text
	case status != 0:
		word = actions.Failed
	}
	if result.Error == nil {
		result.Status = &status
	}
	if err := record.end(word, status, summary, reason); err != nil {
		e.complain(string(t.ID), fmt.Sprintf("its end is not recorded: %v", err))
	}
	e.done(result)
}

// directoryOf is where a target's code is: the release that all of its workers run, of several the one that current points
// to, and of a target that does not run what current points to. It is empty where that is not known: nothing is run in a
// release that may be another one.
func directoryOf(t collector.Snapshot) string {
	releases := t.Releases()
	switch {
	case len(releases) == 1:
		return releases[0]
	case len(releases) > 1 && slices.Contains(releases, t.Facts().Current), t.Facts().PID == 0:
		return t.Facts().Current
	}
	return ""
}

// noDirectory is why directoryOf knows none.
func noDirectory(t collector.Snapshot) string {
	if n := len(t.Releases()); n > 1 {
		return fmt.Sprintf("it runs %d releases, and none of them is known to be current", n)
	}
	return "its release is not known: the directory of its process cannot be read"
}

func (e *executor) run(ctx context.Context, t collector.Snapshot, dir string, result *execResult) (status int, err error) {
	if e.options.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, e.options.limit, fmt.Errorf("it was ended after %s", e.options.limit))
		defer cancel()
	}
	command := probe.NewExec(*t.Facts(), dir, e.options.line)
	stream, err := e.collector.StreamOn(ctx, t.ID, command.Script())
	if err != nil {
		return 0, err
	}
	defer func() { _ = stream.Close() }()
	output := command.Output(stream)
	for {
		line, err := output.Next()
		if err != nil {
			status, err := output.Status()
			if cause := context.Cause(ctx); err != nil && cause != nil {
				return 0, cause
			}
			return status, err
		}
		e.print(result, line)
	}
}

// print shows a line as it comes, or keeps it for the document.
func (e *executor) print(result *execResult, line probe.ExecLine) {
	text := clean.Line(line.Text)
	if e.options.format == jsonFormat {
		if line.Complaint {
			result.Stderr = append(result.Stderr, text)
		} else {
			result.Stdout = append(result.Stdout, text)
		}
		return
	}
	to := e.out
	if line.Complaint {
		to = e.err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err := fmt.Fprintf(to, "%s  %s\n", e.names.of(collector.TargetID(result.Target)), text)
	e.failed = errors.Join(e.failed, err)
}

// left is a target on which the command did not run.
func (e *executor) left(target, why string) {
	text := clean.Line(why)
	e.done(execResult{Target: target, Error: &text, Stdout: []string{}, Stderr: []string{}})
}

func (e *executor) done(r execResult) {
	if e.options.format == textFormat {
		switch {
		case r.Error != nil:
			e.complain(r.Target, *r.Error)
		case *r.Status != 0:
			e.complain(r.Target, fmt.Sprintf("exit %d", *r.Status))
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.results = append(e.results, r)
}

func (e *executor) complain(target, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintf(e.err, "pumatop: %s: %s\n", target, text)
}

// close prints the document, and ends with the worst status.
func (e *executor) close() error {
	worst := 0
	for _, r := range e.results {
		status := unknownEnd
		if r.Status != nil {
			status = *r.Status
		}
		worst = max(worst, status)
	}
	err := e.failed
	if e.options.format == jsonFormat {
		slices.SortStableFunc(e.results, func(a, b execResult) int { return strings.Compare(a.Target, b.Target) })
		err = writeJSON(e.out, struct {
			Results []execResult `json:"results"`
		}{e.results})
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the output: %w", err)
	case worst != 0:
		return &exitError{worst}
	}
	return nil
}
