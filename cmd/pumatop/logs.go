package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/probe"
)

// logLines is how many lines of each log are shown where nobody says how many.
const logLines = 100

type logsOptions struct {
	follow  bool
	lines   int
	since   time.Duration
	format  format
	timeout time.Duration
	color   string
}

func newLogs(s streams, f *flags) *cobra.Command {
	o := logsOptions{lines: logLines, format: textFormat, timeout: statusTimeout}
	cmd := &cobra.Command{
		Use:   "logs [flags] [TARGET...]",
		Short: "Print the logs of targets as one",
		Long: `Print the logs of targets as one, in the order of time: the journal of each unit, the output of each container, or
Puma's own log file.

Lines of a log file have no times: they come first, and those that are seen to be written, with -f, have the time of
that with a ~ in front. A log that breaks off is taken up again where it was once its host is back, and both is said.

Exit code: 0; 5 if the log of a target could not be reached, else 3 if one has none.`,
		Example: "  pumatop logs -f web1 web2\n  pumatop logs -n 1000 --since 10m web1/shop | grep -i error",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			targets, err := f.targets(args, s.in)
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}
			return runLogs(cmd.Context(), s, so, o)
		},
	}
	fl := cmd.Flags()
	fl.BoolVarP(&o.follow, "follow", "f", false, "go on with what is written from now on")
	fl.IntVarP(&o.lines, "lines", "n", o.lines, "how many of the newest lines of each log come first")
	fl.DurationVar(&o.since, "since", 0, "only lines that are younger than that: 10m. Log files, which have no times, are not cut")
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long hosts may take to answer")
	fl.StringVar(&o.color, "color", "auto", "auto, truecolor, 256, 16 or none")
	fl.StringVarP((*string)(&o.format), "output", "o", string(o.format), "text or jsonl")
	return cmd
}

func (o logsOptions) check() error {
	switch {
	case o.format != textFormat && o.format != linesFormat:
		return usagef("use text or jsonl", "unknown output %q", string(o.format))
	case o.lines < 0:
		return usagef("use 0 for none of the past", "%d lines are not possible", o.lines)
	case o.since < 0:
		return usagef("use 10m or 2h", "a time to come is not possible for --since")
	}
	_, _, err := profileOf(o.color, os.Getenv)
	return err
}

// query is what is asked of each host.
func (o logsOptions) query(now time.Time) probe.LogQuery {
	q := probe.LogQuery{Past: o.lines, Once: !o.follow}
	if o.since > 0 {
		q.Since = now.Add(-o.since)
	}
	return q
}

func runLogs(ctx context.Context, s streams, so sessionOptions, o logsOptions) error {
	saw, err := lookHeadless(ctx, so, o.timeout)
	if err != nil {
		return err
	}
	defer saw.close()
	codes := missingLogs(s.err, saw)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ids := idsOf(saw.targets)
	logs := saw.collector.Logs(ctx, ids, o.query(time.Now()))
	p := newLogPrinter(s.out, o, ids)
	if err := p.all(ctx, logs); err != nil {
		return err
	}
	for _, err := range logs.Errors() {
		fmt.Fprintf(s.err, "pumatop: %v\n", err)
		codes = append(codes, logExit(err))
	}
	if code := actions.WorstExit(codes...); code != 0 {
		return &exitError{code}
	}
	return nil
}

func logExit(err error) int {
	if errors.Is(err, collector.ErrNoLog) {
		return actions.ExitUnhealthy
	}
	return actions.ExitUnreachable
}

// missingLogs tells of the targets whose logs will not be there, and what of the others cannot be read.
func missingLogs(w io.Writer, saw sighting) []int {
	var codes []int
	for _, r := range saw.missing {
		fmt.Fprintf(w, "pumatop: %s: %s\n", r.Target, because(r.Reason, r.Remedy))
		codes = append(codes, r.Exit)
	}
	for _, h := range saw.fleet.Hosts {
		for _, n := range h.Notes {
			if strings.Contains(n.Text, "journal") {
				fmt.Fprintf(w, "pumatop: %s: %s\n", h.Name, because(n.Text, n.Remedy))
			}
		}
	}
	return codes
}

// logPrinter writes lines for people or for scripts.
type logPrinter struct {
	out    io.Writer
	format format
	tint   tint
	names  names
	begun  time.Time
}

func newLogPrinter(out io.Writer, o logsOptions, ids []collector.TargetID) *logPrinter {
	p := &logPrinter{format: o.format, begun: time.Now()}
	p.tint, p.out = newTint(out, o.color)
	p.names = p.tint.names(ids)
	return p
}

// all prints until the logs have ended.
func (p *logPrinter) all(ctx context.Context, logs *collector.Logs) error {
	for {
		lines, err := logs.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil { // ctrl-c, which is how following ends
			return &exitError{actions.ExitInterrupted}
		}
		if err := p.print(lines); err != nil {
			return fmt.Errorf("print the logs: %w", err)
		}
	}
}

func (p *logPrinter) print(lines []collector.LogLine) error {
	var b strings.Builder
	for _, l := range lines {
		if p.format == linesFormat {
			p.object(&b, l)
			continue
		}
		text := l.Text
		if l.Ours {
			text = p.tint.faint("-- " + text + " --")
		}
		fmt.Fprintf(&b, "%20s  %s  %s\n", p.when(l), p.names.of(l.Target), text)
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// when is the time of a line. One without is told by when it was seen, where that was while it was written.
func (p *logPrinter) when(l collector.LogLine) string {
	switch {
	case !l.At.IsZero():
		return l.At.Local().Format(time.StampMilli)
	case l.Seen.Sub(p.begun) > seenLive:
		return "~" + l.Seen.Local().Format(time.StampMilli)
	}
	return "–"
}

// seenLive is how long after the start a line without a time is one that has just been written, and not of the past.
const seenLive = 5 * time.Second

// logObject is a line in JSON, which scripts rely on: fields are added, never renamed. At is null where the log has no
// times; of a line that pumatop wrote itself, kind is "note".
type logObject struct {
	At     *time.Time `json:"at"`
	Seen   time.Time  `json:"seen"`
	Target string     `json:"target"`
	Kind   string     `json:"kind"`
	Text   string     `json:"text"`
}

func (p *logPrinter) object(b *strings.Builder, l collector.LogLine) {
	o := logObject{Seen: l.Seen.UTC(), Target: string(l.Target), Kind: "line", Text: l.Text}
	if !l.At.IsZero() {
		at := l.At.UTC()
		o.At = &at
	}
	if l.Ours {
		o.Kind = "note"
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(o) // strings and times cannot fail
}
