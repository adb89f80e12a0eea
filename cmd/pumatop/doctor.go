package main

import (
	"cmp"
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
	"pumatop/collector/cause"
	"pumatop/collector/doctor"
)

const doctorLong = `Examine whether targets are ready for deploys without downtime, and say which line to change.

Puma's configuration, the unit and the web server in front are read as text on each host, once, with what the host allows;
an application's own directory is read for what its deploys with Capistrano do. Nothing is run but commands that look, and
nothing is changed. What depends on code, or may not be read, is unknown, with the reason.

A NAME of --only and --skip is a check, puma.preload, or an area: puma, systemd, nginx. The severities, the worst first:
blocks (no phased restart), risks (requests may be lost or wait), security, advice.

Exit code: 0 clean · 1 internal error · 2 usage or config · 3 findings that block or risk requests, or a target that is
not there · 5 a host could not be reached · 130 interrupted; over several the first that occurs of 1, 2, 130, 5, 3, 0.`

type doctorOptions struct {
	format     string
	only, skip []string
	severity   string
	project    string
	color      string
	timeout    time.Duration
}

const markdownFormat = "markdown"

func newDoctor(s streams, f *flags) *cobra.Command {
	o := doctorOptions{format: string(textFormat), severity: string(doctor.Advice), timeout: statusTimeout}
	cmd := &cobra.Command{
		Use:     "doctor [flags] [TARGET...]",
		Short:   "Examine whether targets are ready for deploys without downtime",
		Long:    doctorLong,
		Example: "  pumatop doctor web1 web2\n  pumatop doctor production -o markdown --severity risks\n  pumatop doctor --only capistrano --project ~/src/shop production",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			checks, err := o.check()
			if err != nil {
				return err
			}
			targets, err := f.targets(args, s.in)
			if err != nil && (o.project == "" || len(args) > 0) {
				return err
			}
			project, err := localProject(cmp.Or(o.project, "."), f.fleet.Name)
			switch {
			case o.project == "": // what is in the working directory is examined where it can be
			case errors.As(err, new(*openDirectoryError)):
				return usageFrom(err)
			case err != nil:
				return usagef("name an application's directory", "cannot read the project: %v", err)
			case project == nil:
				return usagef("name the directory with the Capfile", "no Capfile and no config/deploy.rb in %s", o.project)
			}
			so := sessionOptions{remote: f.remote(), targets: targets, interval: f.interval}
			return runDoctor(cmd.Context(), s, so, o, examiner{checks: checks, project: project})
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&o.format, "output", "o", o.format, "text, json or markdown")
	fl.StringSliceVar(&o.only, "only", nil, "run these checks alone: `NAME,NAME`")
	fl.StringSliceVar(&o.skip, "skip", nil, "leave these checks out: `NAME,NAME`")
	fl.StringVar(&o.severity, "severity", o.severity, "tell what is as bad as this, or worse: blocks, risks, security or advice")
	fl.StringVar(&o.project, "project", "", "`DIR` of the application on this machine, where its Capfile is; the working directory where it has one")
	fl.DurationVar(&o.timeout, "timeout", o.timeout, "how long hosts may take to answer")
	fl.StringVar(&o.color, "color", "auto", "auto, truecolor, 256, 16 or none")
	return cmd
}

// check refuses what cannot be meant, and chooses the checks.
func (o doctorOptions) check() ([]doctor.Check, error) {
	switch {
	case !slices.Contains([]string{string(textFormat), string(jsonFormat), markdownFormat}, o.format):
		return nil, usagef("use text, json or markdown", "unknown output %q", o.format)
	case !slices.Contains(doctor.Severities(), doctor.Severity(o.severity)):
		return nil, usagef("use blocks, risks, security or advice", "unknown severity %q", o.severity)
	}
	if _, _, err := profileOf(o.color, os.Getenv); err != nil {
		return nil, err
	}
	checks, err := doctor.Choose(doctor.Checks(), o.only, o.skip)
	if err != nil {
		return nil, usageFrom(err)
	}
	if len(checks) == 0 {
		return nil, usagef("leave one", "--skip leaves no check")
	}
	return checks, nil
}

// absent is a host or a target that was named and cannot be examined.
type absent struct {
	Target string  `json:"target"`
	Error  string  `json:"error"`
	Remedy *string `json:"remedy"`
	exit   int
}

// examination is what the doctor found, and what it could not look at.
type examination struct {
	doctor.Report
	at      time.Time
	targets []string
	absent  []absent
	// untold is how many findings are less severe than what was asked for.
	untold int
}

// exit is the exit code.
func (e examination) exit() int {
	worst := actions.ExitVerified
	for _, a := range e.absent {
		if a.exit == actions.ExitUnreachable {
			return a.exit
		}
		worst = max(worst, a.exit)
	}
	if s, ok := e.Worst(); ok && s.Reaches(doctor.Risks) {
		worst = actions.ExitUnhealthy
	}
	return worst
}

func runDoctor(ctx context.Context, s streams, so sessionOptions, o doctorOptions, e examiner) error {
	result, err := e.look(ctx, so, o.timeout)
	if err != nil {
		return err
	}
	all := len(result.Findings)
	result.Report = result.From(doctor.Severity(o.severity))
	result.untold = all - len(result.Findings)
	switch o.format {
	case string(jsonFormat):
		err = writeJSON(s.out, doctorOf(result))
	case markdownFormat:
		_, err = io.WriteString(s.out, doctorMarkdown(result))
	default:
		err = writeDoctor(s.out, result, o.color)
	}
	switch code := result.exit(); {
	case err != nil:
		return fmt.Errorf("print the findings: %w", err)
	case ctx.Err() != nil:
		return &exitError{actions.ExitInterrupted}
	case code != actions.ExitVerified:
		return &exitError{code}
	}
	return nil
}

// look reaches the targets, where there are any, and examines them.
func (e examiner) look(ctx context.Context, so sessionOptions, answers time.Duration) (examination, error) {
	if len(so.targets) == 0 {
		return examination{Report: e.examine(ctx, nil, nil), at: time.Now(), targets: []string{projectName(e.project)}}, nil
	}
	saw, err := lookHeadless(ctx, so, answers)
	if err != nil {
		return examination{}, err
	}
	defer saw.close()
	e.hosts = saw.collector
	result := examination{Report: e.examine(ctx, saw.fleet.Targets, idsOf(saw.targets)), at: time.Now()}
	for _, t := range saw.targets {
		result.targets = append(result.targets, string(t.ID))
	}
	if e.project != nil {
		result.targets = append(result.targets, projectName(e.project))
	}
	own, _ := split(e.checks)
	for _, r := range saw.missing {
		if forbidsCommands(saw.fleet, r.Target) { // which is its right: nothing of it is known
			r.Exit = actions.ExitVerified
		}
		result.absent = append(result.absent, absent{string(r.Target), r.Reason, text(r.Remedy), r.Exit})
		for _, c := range own {
			result.Checks = append(result.Checks, doctor.Checked{ID: c.ID, Target: string(r.Target), Result: doctor.Unknown, Reason: r.Reason})
		}
	}
	return result, nil
}

// forbidsCommands reports a host that lets us in and runs nothing for us.
func forbidsCommands(f collector.Fleet, name collector.TargetID) bool {
	return slices.ContainsFunc(f.Hosts, func(h collector.HostStatus) bool {
		return h.Name == string(name) && h.Connected && h.Stage == string(cause.Shell)
	})
}

// The types that follow are the JSON of `pumatop doctor`, which scripts rely on: fields are added, never renamed.
type doctorDocument struct {
	At       time.Time     `json:"at"`
	Exit     int           `json:"exit"`
	Targets  []string      `json:"targets"`
	Absent   []absent      `json:"absent"`
	Findings []findingJSON `json:"findings"`
	Checks   []checkedJSON `json:"checks"`
	Untold   int           `json:"untold"`
}

type findingJSON struct {
	ID          string         `json:"id"`
	Severity    string         `json:"severity"`
	Targets     []string       `json:"targets"`
	Summary     string         `json:"summary"`
	Evidence    []evidenceJSON `json:"evidence"`
	Consequence string         `json:"consequence"`
	Remedy      string         `json:"remedy"`
	Link        string         `json:"link"`
}

type evidenceJSON struct {
	File    *string `json:"file"`
	Command *string `json:"command"`
	Line    *int    `json:"line"`
	Text    string  `json:"text"`
}

type checkedJSON struct {
	ID     string  `json:"id"`
	Target string  `json:"target"`
	Result string  `json:"result"`
	Reason *string `json:"reason"`
}

func doctorOf(e examination) doctorDocument {
	d := doctorDocument{At: e.at.UTC(), Exit: e.exit(), Targets: append([]string{}, e.targets...), Absent: append([]absent{}, e.absent...),
		Findings: []findingJSON{}, Checks: []checkedJSON{}, Untold: e.untold}
	for _, f := range e.Findings {
		j := findingJSON{f.ID, string(f.Severity), f.Targets, f.Says, []evidenceJSON{}, f.Consequence, f.Remedy, f.Link}
		for _, seen := range f.Evidence {
			line := &seen.Line
			if seen.Line == 0 {
				line = nil
			}
			j.Evidence = append(j.Evidence, evidenceJSON{text(seen.File), text(seen.Command), line, seen.Text})
		}
		d.Findings = append(d.Findings, j)
	}
	for _, c := range e.Checks {
		d.Checks = append(d.Checks, checkedJSON{c.ID, c.Target, string(c.Result), text(c.Reason)})
	}
	return d
}

// widthOf is how wide lines for w may be: a terminal's width within reason, else what tickets and mails have room for.
func widthOf(w io.Writer) int {
	const standard = 80
	if file, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return min(max(width, 40), 100)
		}
	}
	return standard
}

// some are the first of a list, and how many more there are.
func some(list []string, most int) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most-1], ", "), len(list)-most+1)
}

// tally is how many findings there are of each severity: "2 block, 1 risks requests".
func tallyOf(e examination) string {
	counts := map[doctor.Severity]int{}
	for _, f := range e.Findings {
		counts[f.Severity]++
	}
	var parts []string
	for _, s := range doctor.Severities() {
		if n := counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severityWords(s, n)))
		}
	}
	switch {
	case e.untold > 0:
		parts = append(parts, fmt.Sprintf("%d less severe not told", e.untold))
	case len(parts) == 0:
		parts = []string{"nothing found"}
	}
	blind := 0
	for _, u := range e.Checks {
		if u.Result == doctor.Unknown {
			blind++
		}
	}
	if blind > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", blind))
	}
	noun := "targets"
	if len(e.targets) == 1 {
		noun = "target"
	}
	return fmt.Sprintf("%d %s examined: %s", len(e.targets), noun, strings.Join(parts, ", "))
}

// severityWords say what findings of a severity do.
func severityWords(s doctor.Severity, n int) string {
	one := map[doctor.Severity]string{doctor.Blocks: "blocks a phased restart", doctor.Risks: "risks requests", doctor.Security: "weakens security", doctor.Advice: "advice"}
	many := map[doctor.Severity]string{doctor.Blocks: "block a phased restart", doctor.Risks: "risk requests", doctor.Security: "weaken security", doctor.Advice: "advice"}
	if n == 1 {
		return one[s]
	}
	return many[s]
}
