package main

import (
	"cmp"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// metric is one family of what there is of T: an empty list where a figure is not known, never 0.
type metric[T any] struct {
	name, kind, help string
	of               func(T) []sample
}

const gauge, counter = "gauge", "counter"

// writePrometheus prints a fleet in Prometheus's text format: names with pumatop_ in front, base units, sorted by target,
// so that two files differ only in what has changed. Figures of a target that does not answer are left out.
func writePrometheus(w io.Writer, f collector.Fleet) error {
	rows := slices.Clone(f.Targets)
	slices.SortFunc(rows, func(a, b *collector.Snapshot) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var workers []workerOn
	for _, t := range rows {
		workers = append(workers, workersOn(t)...)
	}
	families := []family{
		{"pumatop_build_info", gauge, "The pumatop that wrote this.", []sample{{[]label{{"version", version}}, 1}}},
		{"pumatop_snapshot_timestamp_seconds", gauge, "When this was written, in seconds since 1970.", stamp(f.At)},
	}
	families = append(families, familiesOf(hostMetrics(), f.Hosts, hostLabels)...)
	families = append(families, targetFamilies(rows, f.Hosts)...)
	families = append(families, familiesOf(figureMetrics(f.At), slices.DeleteFunc(slices.Clone(rows), notCurrent), targetLabels)...)
	families = append(families, familiesOf(workerMetrics(f.At), workers, workerOn.labels)...)
	return writeExposition(w, families)
}

func notCurrent(t *collector.Snapshot) bool { return !t.Current() }

// familiesOf puts the samples of each metric under the labels of what they are of.
func familiesOf[T any](metrics []metric[T], of []T, labels func(T) []label) []family {
	out := make([]family, len(metrics))
	for i, m := range metrics {
		out[i] = family{name: m.name, kind: m.kind, help: m.help}
		for _, each := range of {
			for _, s := range m.of(each) {
				s.labels = slices.Concat(labels(each), s.labels)
				out[i].samples = append(out[i].samples, s)
			}
		}
	}
	return out
}

// targetFamilies are those that a host without a target has too, so that an alert on them sees it.
func targetFamilies(targets []*collector.Snapshot, hosts []collector.HostStatus) []family {
	type row struct {
		labels []label
		state  collector.State
		up     bool
	}
	var rows []row
	for _, t := range targets {
		rows = append(rows, row{targetLabels(t), t.State, isUp(t)})
	}
	for _, h := range hosts {
		if h.Pumas == 0 {
			rows = append(rows, row{append([]label{{"target", h.Name}}, hostLabels(h)...), hostState(h), false})
		}
	}
	return familiesOf([]metric[row]{
		{"pumatop_target_up", gauge, "1 where it serves: a restart that makes progress does as long as a worker has booted.",
			func(r row) []sample { return zeroOne(r.up) }},
		{"pumatop_target_state", gauge, "1 for the state that the target is in, 0 for the others.",
			func(r row) []sample { return oneOf("state", string(r.state), states()...) }},
	}, rows, func(r row) []label { return r.labels })
}

// isUp reports whether a target counts as healthy.
func isUp(t *collector.Snapshot) bool {
	return t.State == collector.Serving || t.State == collector.Restarting && t.Stats.Booted() > 0 && t.Current()
}

func states() []string {
	var out []string
	for _, s := range [...]collector.State{collector.CrashLoop, collector.Stuck, collector.NotRunning, collector.Unreachable, collector.NoControl,
		collector.Stale, collector.Restarting, collector.Connecting, collector.Serving} {
		out = append(out, string(s))
	}
	return out
}

func hostLabels(h collector.HostStatus) []label {
	return []label{{"host", h.Name}, {"group", strings.Join(h.Groups, ",")}}
}

func targetLabels(t *collector.Snapshot) []label {
	return []label{{"target", string(t.ID)}, {"host", t.Host}, {"app", t.App}, {"group", strings.Join(t.Groups, ",")}}
}

func hostMetrics() []metric[collector.HostStatus] {
	return []metric[collector.HostStatus]{
		{"pumatop_host_connected", gauge, "1 where the connection to the host stands.",
			func(h collector.HostStatus) []sample { return zeroOne(h.Connected) }},
		{"pumatop_host_targets", gauge, "Pumas that were found on the host.", func(h collector.HostStatus) []sample {
			if hostState(h) != collector.NotRunning && h.Pumas == 0 {
				return nil
			}
			return single(float64(h.Pumas), true)
		}},
	}
}

// figureMetrics are what only a target that answers has.
func figureMetrics(now time.Time) []metric[*collector.Snapshot] {
	type target = *collector.Snapshot
	return []metric[target]{
		{"pumatop_target_info", gauge, "Versions and mode of the Puma that answers.", infoOf},
		{"pumatop_target_release_info", gauge, "Releases by name: those that workers run, and the one that the deploy's link points to.", releasesOf},
		{"pumatop_target_phased", gauge, "1 for the answer to whether it can restart phased, 0 for the others.",
			func(t target) []sample {
				return oneOf("phased", string(t.Phased.Answer), string(puma.Yes), string(puma.No), string(puma.Unknown))
			}},
		{"pumatop_target_start_time_seconds", gauge, "When this image of the master began, in seconds since 1970: a full restart moves it.",
			func(t target) []sample { return stamp(t.Stats.StartedAt) }},
		{"pumatop_target_sample_age_seconds", gauge, "How old the oldest figures of its workers are.",
			func(t target) []sample { return oldest(t, now) }},
		{"pumatop_target_poll_duration_seconds", gauge, "How long the control app took to answer.",
			func(t target) []sample { return single(t.Latency.Seconds(), t.Latency > 0) }},
		{"pumatop_target_phase", gauge, "Phased restarts since the master booted.", func(t target) []sample { return count(t.Stats.Phase) }},
		{"pumatop_target_workers", gauge, "Workers that the master has, booted or not.", func(t target) []sample { return count(t.Stats.Handles) }},
		{"pumatop_target_workers_booted", gauge, "Workers that have booted.", func(t target) []sample { return count(t.Stats.BootedWorkers) }},
		{"pumatop_target_workers_old", gauge, "Workers of an older phase.", func(t target) []sample { return count(t.Stats.OldWorkers) }},
		{"pumatop_target_failed_boots", gauge, "Boots in a row that were seen to fail while this was written.",
			func(t target) []sample { return single(float64(t.Boots.Failed), true) }},
		{"pumatop_target_threads_busy", gauge, "Threads at work.", func(t target) []sample { return count(t.Load.InUse) }},
		{"pumatop_target_threads_max", gauge, "Threads that there may be.", func(t target) []sample { return count(t.Load.Max) }},
		{"pumatop_target_backlog", gauge, "Requests that wait in Puma.", func(t target) []sample { return count(t.Load.Backlog) }},
		{"pumatop_target_listen_queue", gauge, "Connections that wait in the kernel.", func(t target) []sample { return count(t.Load.ListenQueue) }},
		{"pumatop_target_memory_bytes", gauge, "Memory of the master and its workers: pss shares out what they share, rss counts it for each.",
			func(t target) []sample { return memoryOf(t.Load.Memory, t.Load.Shared) }},
	}
}

// workerOn is a worker with the target that it is of.
type workerOn struct {
	*collector.Worker
	target *collector.Snapshot
}

// workersOn are the workers of a target that answers. Of two at one index the newer one comes first, and so is the one
// that is told of.
func workersOn(t *collector.Snapshot) []workerOn {
	if !t.Current() {
		return nil
	}
	var out []workerOn
	for i := range t.Workers {
		out = append(out, workerOn{&t.Workers[i], t})
	}
	slices.SortStableFunc(out, func(a, b workerOn) int {
		if a.Index != b.Index {
			return a.Index - b.Index
		}
		return cmp.Compare(b.StartedAt, a.StartedAt)
	})
	return out
}

// labels have no pid: a worker that is replaced goes on under its index, and its counter begins anew.
func (w workerOn) labels() []label {
	return append(targetLabels(w.target), label{"worker", strconv.Itoa(w.Index)})
}

func workerMetrics(now time.Time) []metric[workerOn] {
	return []metric[workerOn]{
		{"pumatop_worker_booted", gauge, "1 where the worker has booted.", func(w workerOn) []sample { return zeroOne(w.Booted) }},
		{"pumatop_worker_phase", gauge, "Phase that the worker was started in.",
			func(w workerOn) []sample { return single(float64(w.Phase), w.target.Stats.Mode == puma.Cluster) }},
		{"pumatop_worker_start_time_seconds", gauge, "When the worker was started, in seconds since 1970.",
			func(w workerOn) []sample { return stamp(w.StartedAt.Time()) }},
		{"pumatop_worker_sample_age_seconds", gauge, "How old the figures of the worker are.",
			func(w workerOn) []sample { return single((w.Age + since(w.target, now)).Seconds(), w.Age >= 0) }},
		{"pumatop_worker_requests_total", counter, "Requests begun since the worker booted.",
			func(w workerOn) []sample { return count(w.Pool.RequestsCount) }},
		{"pumatop_worker_threads_busy", gauge, "Threads at work.", func(w workerOn) []sample { return count(w.Pool.InUse()) }},
		{"pumatop_worker_threads_running", gauge, "Threads that there are, at work or idle.",
			func(w workerOn) []sample { return count(w.Pool.Running.Count()) }},
		{"pumatop_worker_threads_max", gauge, "Threads that there may be.", func(w workerOn) []sample { return count(w.Pool.MaxThreads.Count()) }},
		{"pumatop_worker_backlog", gauge, "Requests that wait in the worker.", func(w workerOn) []sample { return count(w.Pool.Backlog.Count()) }},
		{"pumatop_worker_memory_bytes", gauge, "Memory of the worker: pss shares out what it shares with others, rss does not.",
			func(w workerOn) []sample { return memoryOf(w.Memory, w.Shared) }},
		{"pumatop_worker_cpu_ratio", gauge, "Use of processor time: 1 is one core.",
			func(w workerOn) []sample { return single(w.CPU.PerSecond/100, w.CPU.Known) }},
	}
}

// single is the one sample of a figure, or none where it is not known.
func single(v float64, known bool) []sample {
	if !known {
		return nil
	}
	return []sample{{value: v}}
}

func count(c puma.Count) []sample { return single(float64(c.N), c.Known) }

func stamp(t time.Time) []sample { return single(float64(t.UnixMilli())/1000, !t.IsZero()) }

func zeroOne(b bool) []sample {
	if b {
		return single(1, true)
	}
	return single(0, true)
}

// oneOf is a sample for each of the values that a label may have, 1 for the one that it has.
func oneOf(name, is string, values ...string) []sample {
	var out []sample
	for _, v := range values {
		s := zeroOne(v == is)[0]
		s.labels = []label{{name, v}}
		out = append(out, s)
	}
	return out
}

func memoryOf(c puma.Count, shared bool) []sample {
	kind := map[bool]string{true: "rss", false: "pss"}[shared]
	if !c.Known {
		return nil
	}
	return []sample{{[]label{{"kind", kind}}, float64(c.N)}}
}

// oldest is the age of the oldest figures of a target's workers, now.
func oldest(t *collector.Snapshot, now time.Time) []sample {
	age, known := sampleAge(t)
	return single((age + since(t, now)).Seconds(), known)
}

// since is how long ago a snapshot was made: by so much are its figures older than it says.
func since(t *collector.Snapshot, now time.Time) time.Duration { return max(now.Sub(t.At), 0) }

// sampleAge is how old the oldest figures of a target are; it is not known where a worker's are not.
func sampleAge(t *collector.Snapshot) (age time.Duration, known bool) {
	if t.Answered.IsZero() {
		return 0, false
	}
	age = t.At.Sub(t.Answered)
	for i := range t.Workers {
		if t.Workers[i].Age < 0 {
			return 0, false
		}
		age = max(age, t.Workers[i].Age)
	}
	return age, true
}

func infoOf(t *collector.Snapshot) []sample {
	return []sample{{[]label{{"puma", t.Version()}, {"ruby", t.Stats.Ruby}, {"mode", string(t.Stats.Mode)}}, 1}}
}

// releasesOf are the releases of a target: whether workers run it, and whether the deploy's link points to it.
func releasesOf(t *collector.Snapshot) []sample {
	running, current := t.Releases(), t.Facts().Current
	all := slices.Clone(running)
	if current != "" && !slices.Contains(all, current) {
		all = append(all, current)
	}
	var out []sample
	for _, r := range all {
		is := map[bool]string{true: "yes", false: "no"}
		currently := is[r == current]
		if current == "" {
			currently = "unknown"
		}
		out = append(out, sample{[]label{{"release", path.Base(r)}, {"running", is[slices.Contains(running, r)]}, {"current", currently}}, 1})
	}
	return out
}
