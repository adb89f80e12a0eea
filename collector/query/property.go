package query

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/clean"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// Property is something that targets are compared by: how one is set up, or a figure.
type Property struct {
	Name string
	// Live is a figure, which differs between any two targets and says nothing by that.
	Live bool
	// value is what a target has, empty where that is not known.
	value func(*collector.Snapshot) string
	// together is what several targets have; nil tells how many of them have what.
	together func([]*collector.Snapshot) string
}

// properties is the table, in the order in which they are read. It is never changed.
var properties = [...]*Property{
	{Name: "puma", value: (*collector.Snapshot).Version},
	{Name: "ruby", value: func(s *collector.Snapshot) string { return s.Stats.Ruby }},
	{Name: "mode", value: func(s *collector.Snapshot) string { return string(s.Stats.Mode) }},
	{Name: "workers", value: workersOf},
	{Name: "threads", value: threadsOf},
	{Name: "phased", value: phased(func(p *puma.Phased) string { return string(p.Answer) })},
	{Name: "phased, why", value: phased(func(p *puma.Phased) string { return p.Evidence })},
	{Name: "preload_app", value: set(func(s *puma.Settings) puma.Setting { return s.Preload })},
	{Name: "fork_worker", value: set(func(s *puma.Settings) puma.Setting { return s.ForkWorker })},
	{Name: "prune_bundler", value: set(func(s *puma.Settings) puma.Setting { return s.PruneBundler })},
	{Name: "directory", value: set(func(s *puma.Settings) puma.Setting { return s.Directory })},
	{Name: "workers set", value: set(func(s *puma.Settings) puma.Setting { return s.Workers })},
	{Name: "environment", value: set(func(s *puma.Settings) puma.Setting { return s.Environment })},
	{Name: "shutdown after", value: set(func(s *puma.Settings) puma.Setting { return s.WorkerShutdownTimeout })},
	{Name: "boot within", value: set(func(s *puma.Settings) puma.Setting { return s.WorkerBootTimeout })},
	{Name: "worker timeout", value: set(func(s *puma.Settings) puma.Setting { return s.WorkerTimeout })},
	{Name: "puma.rb", value: read(func(p *probe.Puma) string { return p.ConfigPath })},
	{Name: "unit", value: read(func(p *probe.Puma) string { return p.Unit.Name })},
	{Name: "scope", value: read(func(p *probe.Puma) string { return string(p.Unit.Scope) })},
	{Name: "unit's type", value: read(func(p *probe.Puma) string { return p.Unit.Type })},
	{Name: "ExecReload", value: ofUnit(func(u *probe.Unit) string { return u.ExecReload })},
	{Name: "ExecStart", value: ofUnit(func(u *probe.Unit) string { return u.ExecStart })},
	{Name: "WatchdogSec", value: ofUnit(func(u *probe.Unit) string { return some(u.Watchdog) })},
	{Name: "starts at boot", value: ofUnit(func(u *probe.Unit) string { return u.Enabled })},
	{Name: "user", value: read(func(p *probe.Puma) string { return p.User })},
	{Name: "Ruby's path", value: read(func(p *probe.Puma) string { return p.Exe })},
	{Name: "image", value: read(func(p *probe.Puma) string { return p.Container.Image })},
	{Name: "release", value: releasesOf},
	{Name: "revision", value: func(s *collector.Snapshot) string { return Row{Target: s}.revision() }},
	{Name: "current", value: func(s *collector.Snapshot) string { return Row{Target: s}.current() }},
	{Name: "current link", value: read(func(p *probe.Puma) string { return p.CurrentLink })},
	{Name: "control app", value: controlOf},
	{Name: "token", value: tokenOf},
	{Name: "listens on", value: read(func(p *probe.Puma) string { return strings.Join(p.Listeners, " ") })},
	{Name: "log", value: read(func(p *probe.Puma) string { return p.LogPath })},
	{Name: "state", Live: true, value: func(s *collector.Snapshot) string { return s.State.String() }},
	{Name: "threads busy", Live: true, value: func(s *collector.Snapshot) string { return busyOf(s.Load) }, together: busyTogether},
	sum("backlog", Find(string(Backlog))),
	sum("listen queue", Find("queue")),
	sum("requests/s", Find(string(Requests))),
	{Name: "slowest request", Live: true, value: slowest},
	sum("cpu", Find(string(CPU))),
	sum("memory", Find(string(Memory))),
	most("answers in", Find(string(RTT))),
	least("up", Find(string(Up))),
	most("phase", Find(string(Phase))),
	{Name: "full restarts seen", Live: true, value: func(s *collector.Snapshot) string { return itoa(s.Restarts) }},
	{Name: "systemd restarts", Live: true, value: func(s *collector.Snapshot) string { return known(s.Facts().Unit.Restarts) }},
}

// phased is something of whether a target can be restarted phased, where that is known: an answer that is unknown differs
// from nobody's.
func phased(of func(*puma.Phased) string) func(*collector.Snapshot) string {
	return func(s *collector.Snapshot) string {
		if s.Phased.Answer == puma.Unknown {
			return ""
		}
		return of(&s.Phased)
	}
}

// Properties are all of them.
func Properties() []*Property { return properties[:] }

// Cell is what a target has, for people; empty where that is not known.
func (p *Property) Cell(s *collector.Snapshot) string { return clean.Line(p.value(s)) }

// Together is what several targets have: what they share, else how many have what, the most frequent first; of a figure it
// is the sum, the most or the least, as that figure means something. Empty is not known of any.
func (p *Property) Together(targets []*collector.Snapshot) string {
	switch {
	case len(targets) == 1:
		return p.Cell(targets[0])
	case p.together != nil:
		return p.together(targets)
	}
	return p.tally(targets)
}

// sum, most and least are figures that are columns too, by what several of them are together.
func sum(name string, c *Column) *Property {
	return figureOf(name, c, func(a, b float64) float64 { return a + b })
}

func most(name string, c *Column) *Property {
	return figureOf(name, c, func(a, b float64) float64 { return max(a, b) })
}

func least(name string, c *Column) *Property {
	return figureOf(name, c, func(a, b float64) float64 { return min(a, b) })
}

func figureOf(name string, c *Column, put func(a, b float64) float64) *Property {
	return &Property{
		Name: name, Live: true,
		value: func(s *collector.Snapshot) string {
			r := Row{Target: s}
			if !c.Value(r).Known {
				return ""
			}
			return c.Cell(r)
		},
		together: func(targets []*collector.Snapshot) string {
			var v Value
			for _, s := range targets {
				switch one := c.Value(Row{Target: s}); {
				case !one.Known:
				case !v.Known:
					v = one
				default:
					v.Number = put(v.Number, one.Number)
				}
			}
			if !v.Known {
				return ""
			}
			return c.Kind.cell(v)
		},
	}
}

// busyOf is a load's threads in use of those there are, and their share.
func busyOf(l collector.Load) string {
	u, ok := l.Utilisation()
	if !ok {
		return ""
	}
	return fraction(l.InUse.String(), l.Max.String()) + " " + Percent(u)
}

func busyTogether(targets []*collector.Snapshot) string {
	var l collector.Load
	for _, s := range targets {
		l.InUse, l.Max = l.InUse.Plus(s.Load.InUse), l.Max.Plus(s.Load.Max)
	}
	return busyOf(l)
}

// tally writes values with how many targets have them. Most targets have what the one before has.
func (p *Property) tally(targets []*collector.Snapshot) string {
	count := map[string]int{}
	var values []string
	last, run := "", 0
	keep := func() {
		if run > 0 && count[last] == 0 {
			values = append(values, last)
		}
		count[last] += run
	}
	for _, s := range targets {
		v := p.value(s)
		if run > 0 && v != last {
			keep()
			run = 0
		}
		last = v
		run++
	}
	keep()
	if len(values) < 2 {
		return clean.Line(last)
	}
	slices.SortStableFunc(values, func(a, b string) int { return count[b] - count[a] })
	for i, v := range values {
		values[i] = fmt.Sprintf("%d× %s", count[v], cmp.Or(clean.Line(v), Unknown))
	}
	return strings.Join(values, ", ")
}

// workersOf is how many there are to be.
func workersOf(s *collector.Snapshot) string {
	if s.Stats.Mode != puma.Cluster {
		return ""
	}
	return itoa(wanted(s))
}

// releasesOf are the releases that run.
func releasesOf(s *collector.Snapshot) string {
	var names []string
	for _, dir := range s.Releases() {
		names = append(names, ReleaseName(dir))
	}
	return strings.Join(names, " + ")
}

// threadsOf is how many a pool has at least and at most, as Puma takes them: the least is known from puma.rb alone.
func threadsOf(s *collector.Snapshot) string {
	limit := puma.Count{}
	for i := range s.Workers {
		if n := s.Workers[i].Pool.MaxThreads.Count(); n.Known && n.N > limit.N {
			limit = n
		}
	}
	switch low := s.Facts().Settings.ThreadsMin.Count(); {
	case !limit.Known:
		return ""
	case low.Known:
		return low.String() + ":" + limit.String()
	}
	return "up to " + limit.String()
}

// set is a setting as the text of puma.rb has it, and how far that decides it.
func set(of func(*puma.Settings) puma.Setting) func(*collector.Snapshot) string {
	return func(s *collector.Snapshot) string {
		settings := &s.Facts().Settings
		x := of(settings)
		switch {
		case settings.Lines == 0, !x.IsSet() && settings.Opaque.IsSet():
			return ""
		case !x.IsSet():
			return "not set"
		case x.Text == "":
			return "computed"
		case x.Conditional:
			return x.Text + ", on a condition"
		case !x.Literal:
			return x.Text + ", or what a variable says"
		}
		return x.Text
	}
}

// read is a fact of the probe's.
func read(of func(*probe.Puma) string) func(*collector.Snapshot) string {
	return func(s *collector.Snapshot) string { return of(s.Facts()) }
}

// ofUnit is a property of a unit; what a unit that is known does not have is none.
func ofUnit(of func(*probe.Unit) string) func(*collector.Snapshot) string {
	return func(s *collector.Snapshot) string {
		u := &s.Facts().Unit
		if u.Name == "" {
			return ""
		}
		if text := of(u); text != "" {
			return text
		}
		return "none"
	}
}

func some(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return Duration(d)
}

func known(c puma.Count) string {
	if !c.Known {
		return ""
	}
	return c.String()
}

// controlOf is where the control app listens, and whether it takes commands.
func controlOf(s *collector.Snapshot) string {
	f := s.Facts()
	switch {
	case f.Control.IsZero() && f.PID == 0:
		return ""
	case f.Control.IsZero():
		return "none"
	case f.Settings.Control.DataOnly:
		return f.Control.String() + ", data_only"
	}
	return f.Control.String()
}

// tokenOf is whether there is one, never which.
func tokenOf(s *collector.Snapshot) string {
	switch f := s.Facts(); {
	case f.Control.IsZero():
		return ""
	case f.Token.IsSet():
		return "yes"
	case f.Settings.Control.NoToken:
		return "no_token"
	}
	return "not read"
}

// slowest is the age of the oldest request in flight; no stock Puma tells it.
func slowest(s *collector.Snapshot) string {
	var oldest time.Time
	for i := range s.Workers {
		if at := s.Workers[i].Pool.OldestRequestStart.Time(); !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	if oldest.IsZero() {
		return ""
	}
	return Duration(max(s.At.Add(s.Offset).Sub(oldest), 0))
}
