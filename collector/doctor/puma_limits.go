package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

func checkShutdown(t *Target) Answer {
	c := t.config()
	s := c.settings.WorkerShutdownTimeout
	if single, _ := t.single(); single {
		return notHere("single mode has no worker to wait for")
	}
	limit, says := c.settings.ShutdownLimit()
	evidence := c.at(s)
	if on, why := c.known(s); why != "" {
		return unknown(why)
	} else if !on {
		evidence = c.without("worker_shutdown_timeout")
	}
	if !says && s.IsSet() {
		return unknown(c.depends(s))
	}
	if t.Slowest == 0 {
		return notHere(fmt.Sprintf("no request was watched for long; a worker is killed %s after it was told to end", limit))
	}
	seen := Evidence{Text: fmt.Sprintf("the slowest request seen took %s", t.Slowest.Round(100*time.Millisecond))}
	if t.Slowest <= limit {
		return ok(evidence, seen)
	}
	need := (t.Slowest*3/2 + 14*time.Second) / (15 * time.Second) * 15
	return found(fmt.Sprintf("a worker is killed %s after it was told to end, and requests take longer", limit),
		c.mend(s, fmt.Sprintf("worker_shutdown_timeout %d", need))+t.anew(), evidence, seen)
}

// checkTimeout compares the time after which a silent worker is killed with how often it reports. Puma refuses to start with a
// limit that is not longer than the interval.
func checkTimeout(t *Target) Answer {
	c := t.config()
	s, every := c.settings.WorkerTimeout, c.settings.WorkerCheckInterval
	for _, setting := range []puma.Setting{s, every} {
		if _, why := c.known(setting); why != "" {
			return unknown(why)
		}
	}
	limit, interval := int64(60), int64(5)
	var evidence []Evidence
	for _, x := range []struct {
		setting puma.Setting
		value   *int64
	}{{s, &limit}, {every, &interval}} {
		if !x.setting.IsSet() {
			continue
		}
		if !x.setting.Count().Known {
			return unknown(c.depends(x.setting))
		}
		*x.value = x.setting.Count().N
		evidence = append(evidence, c.at(x.setting))
	}
	remedy := c.mend(s, fmt.Sprintf("worker_timeout %d", max(60, 4*min(interval, 1000))))
	switch {
	case limit <= interval:
		a := found(fmt.Sprintf("worker_timeout is %d s, and workers report every %d s: Puma does not start with that", limit, interval), remedy+t.anew(), evidence...)
		a.Severity = Blocks
		return a
	case limit < 3*interval:
		return found(fmt.Sprintf("worker_timeout is %d s, and workers report every %d s", limit, interval), remedy+t.anew(), evidence...)
	case limit >= 600:
		a := found(fmt.Sprintf("worker_timeout is %s: a worker that hangs is not replaced for so long", time.Duration(min(limit, 1_000_000))*time.Second), remedy+t.anew(), evidence...)
		a.Severity, a.Consequence = Advice, "A worker that hangs keeps its connections waiting, and a phased restart waits for it."
		return a
	}
	return ok(evidence...)
}

// workers are how many there are, or are asked for.
func (t *Target) workers(c config) (puma.Count, Evidence) {
	switch s := c.settings.Workers; {
	case t.Stats.Mode == puma.Cluster && t.Stats.Handles.Known:
		return t.Stats.Handles, Evidence{Command: "pumactl " + t.pumactl() + "stats", Text: plural(int(t.Stats.Handles.N), "worker")}
	case t.runs() && len(t.Puma.Workers) > 0:
		return puma.Of(len(t.Puma.Workers)), Evidence{Command: "ps", Text: plural(len(t.Puma.Workers), "worker")}
	case s.Count().Known:
		return s.Count(), c.at(s)
	}
	return puma.Count{}, Evidence{}
}

func checkOneWorker(t *Target) Answer {
	c := t.config()
	if single, _ := t.single(); single {
		return notHere("single mode: see puma.single-mode")
	}
	n, evidence := t.workers(c)
	switch {
	case !n.Known:
		if t.runs() && t.Stats.Mode == "" {
			return unknown("how many workers there are is not known: " + cmp.Or(t.Failing, "the control app did not tell"))
		}
		return unknown("no Puma runs, and how many workers it would have is not known")
	case n.N != 1:
		return ok(evidence)
	}
	all := []Evidence{evidence}
	if s := c.settings.Workers; s.IsSet() && evidence.File == "" {
		all = append(all, c.at(s))
	}
	return found("the cluster has one worker", c.mend(c.settings.Workers, "workers 2")+t.anew(), all...)
}

// memoryOfWorker is what a worker of a small application takes. Puma's own advice is to expect 0.5 to 1 GB.
const memoryOfWorker = 256 << 20

func checkSizing(t *Target) Answer {
	c := t.config()
	n, evidence := t.workers(c)
	if single, _ := t.single(); single {
		return notHere("single mode: see puma.single-mode")
	}
	if !n.Known {
		return unknown("how many workers there are is not known")
	}
	if t.Host == nil {
		return unknown(cmp.Or(t.Silent, "the host was not asked"))
	}
	m := t.master()
	cores, memory := least(m.Cores, t.Host.Cores), least(m.Memory, t.Host.Memory)
	if !cores.Known && !memory.Known {
		return unknown("neither its cores nor its memory are known")
	}
	all := []Evidence{evidence}
	if cores.Known {
		all = append(all, Evidence{Command: "nproc", Text: plural(int(cores.N), "core")})
	}
	if cores.Known && n.N > 2*cores.N {
		return found(fmt.Sprintf("%d workers share %s", n.N, plural(int(cores.N), "core")),
			c.mend(c.settings.Workers, fmt.Sprintf("workers %d", max(2, cores.N)))+t.anew(), all...)
	}
	if memory.Known && n.N*memoryOfWorker > memory.N {
		fit := max(2, memory.N/(2*memoryOfWorker))
		return found(fmt.Sprintf("%d workers share %d MB of memory", n.N, memory.N>>20),
			c.mend(c.settings.Workers, fmt.Sprintf("workers %d", fit))+t.anew(), append(all, Evidence{File: "/proc/meminfo", Text: fmt.Sprintf("%d MB", memory.N>>20)})...)
	}
	return ok(all...)
}

// checkVersions compares the Pumas of one application in one group.
func checkVersions(t *Target) Answer {
	if t.Puma.Version.IsZero() {
		return unknown("its version is not known")
	}
	of := map[string][]string{}
	for _, p := range append([]*Target{t}, t.Peers...) {
		if v := p.Puma.Version; !v.IsZero() && p.Puma.App == t.Puma.App && !slices.Contains(of[v.String()], p.Name) {
			of[v.String()] = append(of[v.String()], p.Name)
		}
	}
	if len(of) < 2 {
		return ok()
	}
	var evidence []Evidence
	versions := slices.Sorted(maps.Keys(of))
	for _, v := range versions {
		slices.Sort(of[v])
		evidence = append(evidence, Evidence{Command: "ps", Text: clean.Short("puma "+v+": "+strings.Join(of[v], ", "), maxEvidence)})
	}
	return found("one application runs on Puma "+strings.Join(versions, " and "),
		"# Gemfile: one version for all, then a full restart of each\ngem \"puma\", \""+versions[len(versions)-1]+"\"\n", evidence...)
}
