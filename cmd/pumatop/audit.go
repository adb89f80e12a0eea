package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"pumatop/actions"
	"pumatop/actions/audit"
)

// auditLast is how many actions are printed where nobody says how many.
const auditLast = 50

type auditOptions struct {
	last     int
	since    age
	verdicts []string
	format   string
}

func newAudit(s streams, f *flags) *cobra.Command {
	o := auditOptions{format: "text", last: auditLast}
	cmd := &cobra.Command{
		Use:   "audit [flags] [TARGET...]",
		Short: "Print what was done from here, and what became of it",
		Long: `Print what was asked of Pumas from here, by whom, and what became of it: a line an action on a target, the newest
last.

A verdict of "unknown" is a request without one: pumatop still watches, or it ended before there was one.

Exit code: 0, also where nothing was done; 1 where the file cannot be read.`,
		Example: "  pumatop audit web1 --since 24h\n  pumatop audit -n 0 --verdict crash-loop,stuck -o jsonl",
		RunE: func(_ *cobra.Command, args []string) error {
			var targets []wanted
			if len(args) > 0 {
				var err error
				if targets, err = f.targets(args, s.in); err != nil {
					return err
				}
			}
			filter, err := o.filter(targets, time.Now())
			if err != nil {
				return err
			}
			return runAudit(s, filter, o.format)
		},
	}
	fl := cmd.Flags()
	fl.IntVarP(&o.last, "last", "n", o.last, "how many, the newest; 0 for all")
	fl.Var(&o.since, "since", "what was done in the last 24h, or 7d")
	fl.StringSliceVar(&o.verdicts, "verdict", nil, "what ended with `WORD`, or with one of several, joined by commas")
	fl.StringVarP(&o.format, "output", "o", o.format, "text, json or jsonl")
	return cmd
}

// auditWords are the verdicts that a record can have.
func auditWords() []actions.Word {
	return []actions.Word{
		actions.Verified, actions.OldCode, actions.RestartedInstead, actions.CrashLoop, actions.Stuck, actions.TimedOut, actions.Lost,
		actions.NotRunning, actions.Refused, actions.Interrupted, actions.Untouched, actions.Done, actions.Failed, actions.Unrecorded,
	}
}

// filter reads what is wanted.
func (o auditOptions) filter(targets []wanted, now time.Time) (audit.Filter, error) {
	f := audit.Filter{Last: o.last}
	for _, w := range targets {
		if len(w.statePaths) > 0 {
			return f, usagef("name it HOST or HOST/APP", "the audit does not know state files: %q", w.name+":"+w.statePaths[0])
		}
		f.Targets = append(f.Targets, w.recorded()...)
	}
	for _, word := range o.verdicts {
		if !slices.Contains(auditWords(), actions.Word(word)) {
			var known []string
			for _, w := range auditWords() {
				known = append(known, string(w))
			}
			return f, usagef("use "+strings.Join(known, ", "), "unknown verdict %q", word)
		}
		f.Verdicts = append(f.Verdicts, actions.Word(word))
	}
	if o.since > 0 {
		f.Since = now.Add(-time.Duration(o.since))
	}
	switch {
	case o.last < 0:
		return f, usagef("use -n 20, or -n 0 for all", "cannot print the last %d", o.last)
	case !slices.Contains([]string{"text", "json", "jsonl"}, o.format):
		return f, usagef("use text, json or jsonl", "unknown output %q", o.format)
	}
	return f, nil
}

// recorded is what the audit calls it: by the name of the configuration, else as it is written.
func (w wanted) recorded() []string {
	host := w.host
	if len(w.from.Groups) > 0 {
		host = w.name
	}
	if w.all {
		return []string{host}
	}
	var names []string
	for _, app := range w.apps {
		names = append(names, host+"/"+app)
	}
	return names
}

// auditTrail is what this login's audit has, for the command and the screen.
func auditTrail(getenv func(string) string, f audit.Filter) (actions.Trail, error) {
	path, err := audit.Path(getenv)
	if err != nil {
		return actions.Trail{}, err
	}
	return audit.Read(path, f)
}

func runAudit(s streams, f audit.Filter, format string) error {
	trail, err := auditTrail(os.Getenv, f)
	if err != nil {
		return err
	}
	switch {
	case trail.Total == 0:
		fmt.Fprintf(s.err, "no action has been recorded yet in %s\n", trail.Path)
	case len(trail.Entries) == 0:
		fmt.Fprintf(s.err, "none of the %d actions in %s is what was asked for\n", trail.Total, trail.Path)
	}
	if trail.Broken > 0 {
		fmt.Fprintf(s.err, "lines of %s that cannot be read and are left out: %d\n", trail.Path, trail.Broken)
	}
	if err := writeAudit(s.out, trail, format); err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	return nil
}

func writeAudit(w io.Writer, t actions.Trail, format string) error {
	switch format {
	case "json":
		return writeJSON(w, auditOf(t))
	case "jsonl":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for _, a := range auditOf(t).Actions {
			if err := e.Encode(a); err != nil {
				return err
			}
		}
		return nil
	}
	var table bytes.Buffer
	tw := tabwriter.NewWriter(&table, 0, 8, 2, ' ', 0)
	for _, e := range t.Entries {
		r := e.About()
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.At.Local().Format(time.DateTime), dash(r.User), r.Target,
			strings.TrimSpace(r.Action+" "+r.Via), e.Word(), secondsCell(e), summaryCell(e))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	// the reasons come in afterwards: in the table they would end its columns
	for _, e := range t.Entries {
		line, err := table.ReadString('\n')
		if err != nil {
			return err
		}
		if e.Ended != nil && e.Ended.Reason != "" && !e.Word().Good() {
			line += "    " + e.Ended.Reason + "\n"
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

func secondsCell(e actions.Entry) string {
	if e.Ended == nil || e.Ended.Seconds <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.1fs", e.Ended.Seconds)
}

func summaryCell(e actions.Entry) string {
	if e.Was != "" {
		return fmt.Sprintf("%s (%s before)", e.Summary(), e.Was)
	}
	return e.Summary()
}

// age is a duration that may count days, as a flag: 36h, 7d.
type age time.Duration

// Set reads one. Nobody has records from before longestAge.
func (a *age) Set(text string) error {
	const day, longestAge = 24 * time.Hour, 100 * 365
	d, err := time.ParseDuration(text)
	if number, days := strings.CutSuffix(text, "d"); days {
		var n int
		n, err = strconv.Atoi(number)
		d = time.Duration(min(n, longestAge)) * day
	}
	if err != nil || d <= 0 {
		return errors.New("use 30m, 24h or 7d")
	}
	*a = age(d)
	return nil
}

// String is the duration, and empty where there is none: the help then names no default.
func (a *age) String() string {
	if *a == 0 {
		return ""
	}
	return time.Duration(*a).String()
}

// Type names the value in the help.
func (*age) Type() string { return "AGE" }
