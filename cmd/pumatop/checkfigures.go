package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"pumatop/collector"
	"pumatop/collector/config"
	"pumatop/collector/puma"
)

// figureOf is one of the figures that check holds to limits.
type figureOf struct {
	// name is that of the configuration and of the performance data; the flag has - for _.
	name, unit, doc string
	builtin         limits
	configured      func(config.Thresholds) config.Limits
	// of reads it of one target, or side of the targets of one app.
	of   func(*collector.Snapshot) reading
	side func([]*collector.Snapshot) reading
}

// reading is a figure as far as it is known.
type reading struct {
	value float64
	// known is whether there is a value, whole whether it takes in everything that it should, so that it is not less than
	// the truth.
	known, whole bool
	// where says which part of the target has it: "worker 2".
	where string
}

func exactly(v float64) reading { return reading{value: v, known: true, whole: true} }

func counted(c puma.Count) reading {
	return reading{value: float64(c.N), known: c.Known, whole: c.Known}
}

// megabyte is what a MB of memory is here, as on the screen.
const megabyte = 1 << 20

// figures are those of check, in the order of its performance data. The screen draws the same lines for what is busy;
// workers report every five seconds, and Puma gives one up after sixty.
func figures() []figureOf {
	return []figureOf{
		{"utilisation", "%", "threads in use, in percent of all", limits{from(75), from(90)},
			func(t config.Thresholds) config.Limits { return t.Utilisation }, utilisationOf, nil},
		{"backlog", "", "requests that wait in Puma", limits{from(1), from(20)},
			func(t config.Thresholds) config.Limits { return t.Backlog }, func(t *collector.Snapshot) reading { return counted(t.Load.Backlog) }, nil},
		{"listen_queue", "", "connections that wait in the kernel", limits{from(10), from(100)},
			func(t config.Thresholds) config.Limits { return t.ListenQueue }, func(t *collector.Snapshot) reading { return counted(t.Load.ListenQueue) }, nil},
		{"sample_age", "s", "age of a worker's figures, in seconds", limits{from(15), from(60)},
			func(t config.Thresholds) config.Limits { return t.SampleAge }, ageOf, nil},
		{"workers_missing", "", "workers that a target has too few, outside of a restart", limits{warning: from(1)},
			func(t config.Thresholds) config.Limits { return t.WorkersMissing }, missingOf, nil},
		{"memory", "MB", "memory of one worker, in MB", limits{},
			func(t config.Thresholds) config.Limits { return t.Memory }, largestOf, nil},
		{"releases", "", "releases of an app that run side by side, outside of a restart", limits{warning: from(2)},
			func(t config.Thresholds) config.Limits { return t.Releases }, nil, releasesSide},
		{"versions", "", "versions of Puma that an app runs on side by side, outside of a restart", limits{warning: from(2)},
			func(t config.Thresholds) config.Limits { return t.Versions }, nil, versionsSide},
	}
}

// words are the figure's name for people.
func (f figureOf) words() string { return strings.ReplaceAll(f.name, "_", " ") }

func (f figureOf) defaultWords() string {
	w, c := f.builtin.warning.text, f.builtin.critical.text
	switch {
	case w == "" && c == "":
		return "by default " + noLimits
	case c == "":
		return "by default " + w
	}
	return "by default " + w + "," + c
}

func utilisationOf(t *collector.Snapshot) reading {
	u, known := t.Load.Utilisation()
	return reading{value: u * 100, known: known, whole: known}
}

func ageOf(t *collector.Snapshot) reading {
	r := reading{whole: true}
	for i := range t.Workers {
		w := &t.Workers[i]
		switch age := w.Age.Seconds(); {
		case w.Age < 0:
			r.whole = false
		case !r.known || age > r.value:
			r.value, r.known, r.where = age, true, workerWords(t, w)
		}
	}
	r.whole = r.whole && r.known
	return r
}

func missingOf(t *collector.Snapshot) reading {
	if t.Stats.Mode == puma.Single {
		return exactly(0)
	}
	return exactly(float64(max(max(t.Wanted, len(t.Stats.Workers))-t.Stats.Booted(), 0)))
}

func largestOf(t *collector.Snapshot) reading {
	r := reading{whole: len(t.Workers) > 0}
	for i := range t.Workers {
		w := &t.Workers[i]
		switch size := float64(w.Memory.N) / megabyte; {
		case !w.Memory.Known:
			r.whole = false
		case !r.known || size > r.value:
			r.value, r.known, r.where = size, true, workerWords(t, w)
		}
	}
	return r
}

func workerWords(t *collector.Snapshot, w *collector.Worker) string {
	if t.Stats.Mode == puma.Single {
		return ""
	}
	return fmt.Sprintf("worker %d", w.Index)
}

// releasesSide counts releases by name: the same release lies in another directory on another host.
func releasesSide(targets []*collector.Snapshot) reading {
	return distinct(targets, func(t *collector.Snapshot) (names []string, all bool) {
		if v := t.Facts().Container.Version; v != "" {
			return []string{v}, true
		}
		for _, r := range t.Releases() {
			names = append(names, path.Base(r))
		}
		return names, !slices.ContainsFunc(t.Workers, func(w collector.Worker) bool { return w.Release == "" })
	})
}

func versionsSide(targets []*collector.Snapshot) reading {
	return distinct(targets, func(t *collector.Snapshot) (names []string, all bool) {
		if t.Version() == "" {
			return nil, false
		}
		return []string{t.Version()}, true
	})
}

// distinct counts what the targets have of something between them, and names it where there is more than one. of
// says whether its names are all.
func distinct(targets []*collector.Snapshot, of func(*collector.Snapshot) (names []string, all bool)) reading {
	r, names := reading{whole: true}, map[string]bool{}
	for _, t := range targets {
		has, all := of(t)
		r.whole = r.whole && all && len(has) > 0
		for _, name := range has {
			names[name] = true
		}
	}
	r.value, r.known = float64(len(names)), len(names) > 0
	if len(names) > 1 {
		r.where = strings.Join(slices.Sorted(maps.Keys(names)), ", ")
	}
	return r
}
