package query

import (
	"math"
	"strings"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// columns is the table. Its order is that of CSV, which scripts rely on: new ones go to the end.
var columns = [...]*Column{
	{ID: Target, Help: "host and app", value: func(r Row) Value { return text(string(r.ID())) }},
	{ID: "host", Help: "as it is called here", value: func(r Row) Value { return text(r.HostName()) }},
	{ID: "app", Help: "the target's name on its host", value: of(func(s *collector.Snapshot) Value { return text(s.App) })},
	{ID: "group", Help: "the groups that the host is in", Kind: List, value: func(r Row) Value { return text(strings.Join(r.Groups(), ",")) }},
	{
		ID: State, Help: "what the target is doing, worst first", Kind: Word, Words: stateWords(),
		value: func(r Row) Value { return text(string(r.State())) },
		order: func(r Row) Value { return number(-r.Severity()) },
		cell:  func(r Row, _ Value) string { return r.State().String() },
	},
	{ID: Phase, Help: "phased restarts since boot", Kind: Number, has: Row.Answered, value: figure(func(s *collector.Snapshot) Value { return count(s.Stats.Phase) })},
	{
		ID: "phased", Help: "whether a phased restart is possible", Kind: Word, Words: []string{string(puma.Yes), string(puma.No)},
		value: of(func(s *collector.Snapshot) Value {
			if s.Phased.Answer != puma.Yes && s.Phased.Answer != puma.No {
				return Value{}
			}
			return text(string(s.Phased.Answer))
		}),
	},
	{
		ID: Workers, Help: "worker processes", Kind: Number, has: Row.Answered, cell: workersCell,
		value: figure(func(s *collector.Snapshot) Value { return count(s.Stats.Handles) }),
		order: figure(func(s *collector.Snapshot) Value { return number(len(s.Stats.Workers)) }),
	},
	{ID: "booted", Help: "workers that have booted, leaving ones included", Kind: Number, value: figure(func(s *collector.Snapshot) Value { return count(s.Stats.BootedWorkers) })},
	{ID: "old", Help: "workers of an older phase", Kind: Number, value: figure(func(s *collector.Snapshot) Value { return count(s.Stats.OldWorkers) })},
	{ID: "missing", Help: "workers that have not booted of those that there were", Kind: Number, value: func(r Row) Value {
		n, known := r.missing()
		return Value{Number: float64(n), Known: known}
	}},
	{
		ID: Threads, Help: "threads in use of those the pools may have", Kind: Number, has: Row.Answered, cell: threadsCell, order: utilisation,
		value: figure(func(s *collector.Snapshot) Value { return count(s.Load.InUse) }),
	},
	{ID: "max", Help: "threads that the pools may have", Kind: Number, value: figure(func(s *collector.Snapshot) Value { return count(s.Load.Max) })},
	{ID: "busy", Help: "threads in use, in percent", Kind: Percent100, value: utilisation},
	{
		ID: Backlog, Help: "requests waiting: in Puma + in the kernel's listen queue", Kind: Number, has: Row.Answered,
		value:    figure(func(s *collector.Snapshot) Value { return count(s.Load.Backlog) }),
		order:    figure(func(s *collector.Snapshot) Value { return count(waiting(s)) }),
		compared: figure(func(s *collector.Snapshot) Value { return count(waiting(s)) }),
	},
	{ID: "queue", Help: "requests waiting in the kernel's listen queue", Kind: Number, value: figure(func(s *collector.Snapshot) Value { return count(s.Load.ListenQueue) })},
	{ID: Requests, Help: "requests begun per second", Kind: PerSecond, value: figure(func(s *collector.Snapshot) Value { return rate(s.Load.Requests) })},
	{ID: CPU, Help: "of all workers, in percent of one core", Kind: Percent100, value: living(func(s *collector.Snapshot) Value {
		percent, known := Row{Target: s}.CPU()
		return Value{Number: percent, Known: known}
	})},
	{ID: Memory, Help: "of master and workers", Kind: ByteCount, value: living(func(s *collector.Snapshot) Value { return count(s.Load.Memory) }), cell: memoryCell},
	{ID: Release, Help: "the release that runs", cell: releaseCell, value: func(r Row) Value {
		running, _ := r.Running()
		return text(ReleaseName(running))
	}},
	{ID: "current", Help: "the release that the deploy's link points to", value: func(r Row) Value { return text(r.current()) }},
	{ID: "revision", Help: "the REVISION file of the release that runs", value: func(r Row) Value { return text(r.revision()) }, cell: revisionCell},
	{
		ID: Up, Help: "since the master was executed", Kind: Span,
		value: of(func(s *collector.Snapshot) Value { return whole(seconds(Uptime(s, s.At))) }),
		order: of(func(s *collector.Snapshot) Value { // not by what is left of two clocks: rows would change places
			v := moment(s.Image.StartedAt)
			return Value{Number: -v.Number, Known: v.Known && s.State != collector.NotRunning}
		}),
	},
	{ID: "started", Help: "when the master was executed", Kind: Moment, value: figure(func(s *collector.Snapshot) Value { return moment(s.Stats.StartedAt) })},
	{ID: Puma, Help: "Puma's version", Kind: Version, value: of(func(s *collector.Snapshot) Value { return text(s.Version()) })},
	{ID: "ruby", Help: "Ruby's version, as Puma tells it", Kind: Version, value: of(func(s *collector.Snapshot) Value { return text(s.Stats.Ruby) })},
	{ID: "mode", Help: "with workers or without", Kind: Word, Words: []string{string(puma.Cluster), string(puma.Single)}, value: figure(func(s *collector.Snapshot) Value { return text(string(s.Stats.Mode)) })},
	{ID: "pid", Help: "of the master", Kind: Number, value: of(func(s *collector.Snapshot) Value {
		return Value{Number: float64(s.Facts().PID), Known: s.Facts().PID != 0}
	})},
	{ID: "user", Help: "who its processes are", value: of(func(s *collector.Snapshot) Value { return text(s.Facts().User) })},
	{ID: Unit, Help: "systemd unit", value: of(func(s *collector.Snapshot) Value { return text(s.Facts().Unit.Name) })},
	{ID: "scope", Help: "whose systemd has the unit", Kind: Word, Words: []string{"system", "user"}, value: of(func(s *collector.Snapshot) Value {
		return text(string(s.Facts().Unit.Scope))
	})},
	{ID: "container", Help: "the container it runs in", value: of(func(s *collector.Snapshot) Value { return text(s.Facts().Container.Name) })},
	{ID: RTT, Help: "how long the newest answer took", Kind: Trip, value: figure(func(s *collector.Snapshot) Value {
		return Value{Number: s.Latency.Seconds(), Known: s.Latency > 0}
	})},
	{ID: "age", Help: "of the figures", Kind: Span, value: func(r Row) Value {
		if !r.Answered() {
			return Value{}
		}
		return seconds(r.at().Sub(r.Target.Answered))
	}},
	{ID: Reason, Help: "why it does not serve", value: func(r Row) Value { reason, _ := r.Reason(); return text(reason) }},
	{ID: "remedy", Help: "what to do about it", value: func(r Row) Value { _, remedy := r.Reason(); return text(remedy) }},
}

// of is a value that a host without a target does not have.
func of(value func(*collector.Snapshot) Value) func(Row) Value {
	return func(r Row) Value {
		if r.Target == nil {
			return Value{}
		}
		return value(r.Target)
	}
}

// living is a value that is not of a process that is gone.
func living(value func(*collector.Snapshot) Value) func(Row) Value {
	return func(r Row) Value {
		if r.Target == nil || r.Target.State == collector.NotRunning {
			return Value{}
		}
		return value(r.Target)
	}
}

// figure is a value that only a target that has answered has.
func figure(value func(*collector.Snapshot) Value) func(Row) Value {
	return func(r Row) Value {
		if !r.Answered() {
			return Value{}
		}
		return value(r.Target)
	}
}

func utilisation(r Row) Value {
	if !r.Answered() {
		return Value{}
	}
	u, known := r.Target.Load.Utilisation()
	return Value{Number: u * 100, Known: known}
}

// whole drops what is less than a second.
func whole(v Value) Value {
	v.Number = math.Floor(v.Number)
	return v
}

// States are the states, worst first.
func States() []collector.State {
	return []collector.State{
		collector.CrashLoop, collector.Stuck, collector.NotRunning, collector.Unreachable,
		collector.NoControl, collector.Stale, collector.Restarting, collector.Connecting, collector.Serving,
	}
}

func stateWords() []string {
	var words []string
	for _, s := range States() {
		words = append(words, string(s))
	}
	return words
}

func workersCell(r Row, _ Value) string {
	s := r.Target
	if s.Stats.Mode == puma.Single {
		return string(puma.Single)
	}
	return fraction(itoa(s.Stats.Booted()), itoa(max(s.Wanted, len(s.Stats.Workers))))
}

func threadsCell(r Row, _ Value) string {
	return fraction(r.Target.Load.InUse.String(), r.Target.Load.Max.String())
}

func memoryCell(r Row, v Value) string {
	if r.Target.Load.Shared {
		return "≤" + ByteCount.cell(v)
	}
	return ByteCount.cell(v)
}

// releaseCell is what runs, and what it should be where that is something else.
func releaseCell(r Row, v Value) string {
	var names []string
	for _, dir := range r.Target.Releases() {
		names = append(names, ReleaseName(dir))
	}
	if len(names) == 0 {
		names = []string{v.Text}
	}
	cell := strings.Join(names, "+")
	if old, known := r.oldCode(); old && known {
		cell += " (current " + r.current() + ")"
	}
	return cell
}

// shortRevision is how much of a commit people read.
const shortRevision = 10

func revisionCell(_ Row, v Value) string { return v.Text[:min(len(v.Text), shortRevision)] }
