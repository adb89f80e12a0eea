package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pumatop/actions"
	"pumatop/collector"
)

// severity is a result of a monitoring plugin; its number is the exit code.
type severity int

const (
	checkOK severity = iota
	checkWarning
	checkCritical
	checkUnknown
)

// String is the severity as the JSON has it.
func (s severity) String() string { return [...]string{"ok", "warning", "critical", "unknown"}[s] }

// rank orders severities, the worst last: what is known to be bad outweighs what is not known.
func (s severity) rank() int {
	return [...]int{checkOK: 0, checkUnknown: 1, checkWarning: 2, checkCritical: 3}[s]
}

// problem is one thing that is not well.
type problem struct {
	severity severity
	// target is a target, a host without one, or an app.
	target string
	// figure is empty where the problem is the state.
	figure       string
	value        *float64
	text, remedy string
}

// measured is a figure as performance data has it: of the target where it is worst.
type measured struct {
	figure figureOf
	limits limits
	value  *float64 // nil where it is not known of any
	target string
}

// checked is what a check came to.
type checked struct {
	severity         severity
	targets, serving int
	problems         []problem // worst first
	measured         []measured
}

// judge holds a fleet to limits. lost is what a host that cannot be reached comes to, missing what was named and is not
// there: without it a check would be well because what it is for is gone.
func judge(f collector.Fleet, by map[string]limits, lost severity, missing ...actions.Refusal) checked {
	var o checked
	for _, m := range missing {
		o.targets++
		o.problems = append(o.problems, problem{severity: checkCritical, target: string(m.Target), text: m.Reason, remedy: m.Remedy})
	}
	for _, t := range f.Targets {
		o.targets++
		if t.State == collector.Serving {
			o.serving++
		}
		if s, text := judgeState(t, lost); s != checkOK {
			o.problems = append(o.problems, problem{severity: s, target: string(t.ID), text: text, remedy: t.Remedy})
		}
	}
	for _, h := range f.Hosts {
		if h.Pumas > 0 {
			continue
		}
		o.targets++
		s := lost
		if hostState(h) == collector.NotRunning {
			s = checkCritical
		}
		o.problems = append(o.problems, problem{severity: s, target: h.Name, text: hostState(h).String() + ": " + hostReason(h), remedy: h.Remedy})
	}
	if o.targets == 0 {
		o.problems = append(o.problems, problem{severity: checkUnknown, target: "fleet", text: "there is no target to check"})
	}
	for _, fig := range figures() {
		o.measured = append(o.measured, o.measure(fig, by[fig.name], f.Targets))
	}
	slices.SortStableFunc(o.problems, func(a, b problem) int { return cmp.Compare(b.severity.rank(), a.severity.rank()) })
	if len(o.problems) > 0 {
		o.severity = o.problems[0].severity
	}
	return o
}

// judgeState is what a state by itself comes to. A restart is no alarm while it makes progress and a worker serves.
func judgeState(t *collector.Snapshot, lost severity) (s severity, text string) {
	text = t.State.String()
	if t.Reason != "" {
		text += ": " + t.Reason
	}
	switch t.State {
	case collector.Serving:
		if !t.Current() {
			return checkUnknown, "its figures are old"
		}
		return checkOK, ""
	case collector.Restarting:
		switch {
		case isUp(t):
			return checkOK, ""
		case t.Current():
			return checkCritical, "restarting, and no worker has booted"
		}
		return checkCritical, text // nobody knows of its workers
	case collector.NoControl:
		return checkUnknown, text
	case collector.Stale, collector.Connecting:
		return lost, text
	case collector.Unreachable:
		if t.Linked { // the host is there, and its Puma does not answer
			return checkCritical, text
		}
		return lost, text
	}
	return checkCritical, text
}

// measure reads one figure everywhere, notes where it is beyond its limits or not known, and returns it where it is worst.
func (o *checked) measure(fig figureOf, l limits, targets []*collector.Snapshot) measured {
	m := measured{figure: fig, limits: l}
	worst := -1
	for _, p := range places(fig, targets) {
		s, at := checkOK, bound{}
		if p.known {
			s, at = l.severity(p.value)
			if worst < s.rank() || worst == s.rank() && p.value > *m.value {
				worst, m.value, m.target = s.rank(), &p.value, p.target
			}
		}
		switch {
		case s != checkOK:
			o.problems = append(o.problems, problem{s, p.target, fig.name, &p.value, fig.breachWords(p.reading, s, at), ""})
		case !p.whole && l.set() && !p.excused:
			o.problems = append(o.problems, problem{checkUnknown, p.target, fig.name, nil, fig.words() + " not known",
				fmt.Sprintf("--%s %s leaves it out", strings.ReplaceAll(fig.name, "_", "-"), noLimits)})
		}
	}
	return m
}

func (f figureOf) breachWords(r reading, s severity, at bound) string {
	text := f.words() + " " + trimmed(r.value) + f.unit
	if r.where != "" {
		text += " (" + r.where + ")"
	}
	return fmt.Sprintf("%s, %s %s", text, s, at.words(f.unit))
}

// place is where a figure was read: a target, or the targets of one app.
type place struct {
	reading
	target string
	// excused means that a figure need not be known there: the target's state says enough.
	excused bool
}

// places reads a figure of every target that answers. What a restart changes by its nature is not read while there is
// one: how many workers there are, and what of an app runs side by side.
func places(fig figureOf, targets []*collector.Snapshot) []place {
	if fig.side != nil {
		return sides(fig, targets)
	}
	var out []place
	for _, t := range targets {
		if !t.Current() || t.State == collector.Restarting && fig.name == "workers_missing" {
			continue
		}
		out = append(out, place{fig.of(t), string(t.ID), t.State != collector.Serving})
	}
	return out
}

func sides(fig figureOf, targets []*collector.Snapshot) []place {
	apps, restarting := map[string][]*collector.Snapshot{}, map[string]bool{}
	for _, t := range targets {
		if t.Current() {
			apps[t.App] = append(apps[t.App], t)
			restarting[t.App] = restarting[t.App] || t.State == collector.Restarting
		}
	}
	var out []place
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		if !restarting[app] {
			healthy := !slices.ContainsFunc(apps[app], func(t *collector.Snapshot) bool { return t.State != collector.Serving })
			out = append(out, place{fig.side(apps[app]), app, !healthy})
		}
	}
	return out
}
