package doctor

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// single reports whether it runs in single mode, and what says so.
func (t *Target) single() (bool, Evidence) {
	p := t.Puma.Phased
	switch {
	case t.Stats.Mode == puma.Single:
		return true, Evidence{Command: "pumactl " + t.pumactl() + "stats", Text: "no workers: single mode"}
	case t.Stats.Mode == puma.Cluster:
		return false, Evidence{}
	case p.From == puma.FromMode:
		return true, Evidence{Text: stable(p.Evidence)}
	}
	return false, Evidence{}
}

// ownPID is the number before a line of Puma's, which says nothing and differs from host to host.
var ownPID = regexp.MustCompile(`\[\d+\] *`)

func stable(s string) string { return clean.Short(ownPID.ReplaceAllString(s, ""), maxEvidence) }

func checkPreload(t *Target) Answer {
	c := t.config()
	if single, _ := t.single(); single {
		return notHere("single mode has no phased restart: see puma.single-mode")
	}
	p := t.phased(c)
	switch {
	case p.Answer == puma.Yes:
		return ok(t.phasedEvidence(c, p)...)
	case p.Answer != puma.No:
		return unknown(clean.Short(p.Evidence, maxEvidence))
	}
	if said, sure := puma.PhasedFromSettings(c.settings, t.Puma.Version, c.path); sure && said.Answer == puma.Yes && p.From == puma.FromLog && c.missing == "" {
		return found("what runs preloads the application; "+c.path+" says otherwise, and was not read since", t.anew(), t.phasedEvidence(c, p)...)
	}
	evidence, says, remedy := c.preloads(t, p)
	return found(says, remedy, evidence...)
}

// phased is what the probe found, or where that left it open what the configuration tells with the files that it evaluates.
func (t *Target) phased(c config) puma.Phased {
	p := t.Puma.Phased
	if p.Answer == puma.Yes || p.Answer == puma.No || c.newer {
		return p
	}
	if c.missing == "" {
		if said, sure := puma.PhasedFromSettings(c.settings, t.Puma.Version, c.path); sure {
			return said
		}
	}
	if !t.runs() && p.Evidence == "" {
		p.Evidence = "no Puma runs, and " + cmp.Or(c.missing, c.path+" does not decide it alone")
	}
	if c.missing != "" {
		p.Evidence += "; " + c.missing
		return p
	}
	if t.Puma.Version.AtLeast(5, 0, 0) && !c.settings.Preload.IsSet() && !c.settings.Opaque.IsSet() {
		return t.phasedByEnvironment(c, p)
	}
	return p
}

// phasedByEnvironment is for a Puma whose configuration does not say: 5 and 6 preload where WEB_CONCURRENCY is above 1, later
// ones where there is more than one worker, which that variable may set too.
func (t *Target) phasedByEnvironment(c config, otherwise puma.Phased) puma.Phased {
	m, v, s := t.master(), t.Puma.Version, c.settings
	workers, set := m.Env["WEB_CONCURRENCY"]
	if !set && !m.EnvKnown {
		return otherwise
	}
	what := "WEB_CONCURRENCY=" + clean.Short(workers, 20)
	if !set {
		what = "no WEB_CONCURRENCY"
	}
	if v.AtLeast(7, 0, 0) {
		switch byEnvironment := strings.Contains(c.line(fileOf(c, s.Workers), s.Workers.Line), "WEB_CONCURRENCY"); {
		case s.PruneBundler.IsSet(), s.Workers.IsSet() && (!byEnvironment || s.Workers.Conditional):
			return otherwise
		case !set:
			workers = cmp.Or(s.Workers.Text, "0")
			what += fmt.Sprintf(", and workers %s in line %d of %s", workers, s.Workers.Line, c.path)
		}
	} else if !set {
		workers = "0"
	}
	n, err := strconv.Atoi(workers)
	if err != nil {
		return otherwise
	}
	if n > 1 {
		return puma.Phased{Answer: puma.No, From: puma.FromConfig, Evidence: fmt.Sprintf("%s, and no preload_app!: Puma %s preloads then", what, v)}
	}
	return puma.Phased{Answer: puma.Yes, From: puma.FromConfig, Evidence: what + ", and no preload_app!"}
}

// phasedEvidence is what said it, and the line of the configuration if there is one.
func (t *Target) phasedEvidence(c config, p puma.Phased) []Evidence {
	said := Evidence{Text: stable(p.Evidence)}
	switch {
	case p.From == puma.FromConfig && c.settings.Preload.IsSet():
		return []Evidence{c.at(c.settings.Preload)}
	case p.From == puma.FromConfig:
		said.File = c.path
	case p.From == puma.FromLog && t.Puma.LogPath != "":
		said.File = t.Puma.LogPath
	case p.From == puma.FromLog:
		said.Command = "journalctl -u " + cmp.Or(t.Puma.Unit.Name, "puma")
	default:
		said.Command = "ps"
	}
	if c.settings.Preload.IsSet() {
		return []Evidence{said, c.at(c.settings.Preload)}
	}
	return []Evidence{said}
}

// preloads says why an application is preloaded, and what to change.
func (c config) preloads(t *Target, p puma.Phased) (evidence []Evidence, says, remedy string) {
	s, v := c.settings, t.Puma.Version
	evidence = t.phasedEvidence(c, p)
	workers, set := t.master().Env["WEB_CONCURRENCY"]
	switch {
	case strings.HasPrefix(p.Evidence, "--preload"), strings.Contains(t.Puma.Unit.ExecStart, " --preload"):
		return append(evidence, t.started()),
			"--preload on the command line preloads the application",
			t.withoutPreload() + "\n" + t.anew()
	case s.Preload.IsTrue(), s.Preload.IsSet() && !s.Preload.IsFalse():
		return evidence, "preload_app! is on", c.mend(s.Preload, "preload_app! false") + t.anew()
	case v.AtLeast(7, 0, 0) && c.missing == "":
		if s.Workers.IsSet() {
			evidence = append(evidence, c.at(s.Workers))
		}
		evidence = append(evidence, c.without("preload_app!"))
		return evidence, fmt.Sprintf("Puma %d preloads the application by default where it has more than one worker", v.Major),
			c.add("preload_app! false") + t.anew()
	case set && !v.AtLeast(7, 0, 0) && v.AtLeast(5, 0, 0):
		evidence = append(evidence, t.environment("WEB_CONCURRENCY", workers))
		return evidence, fmt.Sprintf("Puma %d preloads the application by default where WEB_CONCURRENCY is above 1", v.Major),
			c.add("preload_app! false") + t.anew()
	}
	return evidence, "the application is preloaded", c.add("preload_app! false") + t.anew()
}

// withoutPreload is the command of the unit without --preload. What systemctl shows of a command for a shell has lost its quotes,
// so that one can be written back only as the file has it.
func (t *Target) withoutPreload() string {
	v := t.unit()
	text := v.ExecStart
	if s, ok := v.last("Service", "ExecStart"); ok && strings.Contains(s.Text, " --preload") {
		text = s.Text
	} else if strings.Contains(text, " -c ") || strings.ContainsAny(text, "\"'\\;&|$") {
		return "# " + v.Fragment + ": ExecStart without --preload"
	}
	return "# " + v.Fragment + ": ExecStart without --preload\n" + pasted("ExecStart="+hushed(strings.Replace(text, " --preload", "", 1)))
}

// environment is a variable as evidence.
func (t *Target) environment(name, value string) Evidence {
	e := Evidence{Command: "tr '\\0' '\\n' </proc/PID/environ", Text: name + "=" + clean.Short(value, 200)}
	if unit := t.Puma.Unit; unit.Name != "" {
		e.Command = "systemctl " + map[probe.Scope]string{probe.UserScope: "--user "}[unit.Scope] + "show -p Environment,EnvironmentFiles " + unit.Name
	}
	return e
}

func checkSingle(t *Target) Answer {
	c := t.config()
	single, evidence := t.single()
	if !single {
		if !t.runs() {
			if on, why := c.known(c.settings.Workers); on && c.settings.Workers.Text == "0" {
				return found("puma.rb asks for no workers", c.clustered(t), c.at(c.settings.Workers))
			} else if why != "" {
				return unknown("no Puma runs, and " + why)
			}
			return unknown("no Puma runs")
		}
		return ok()
	}
	all := []Evidence{evidence}
	if c.settings.Workers.IsSet() {
		all = append(all, c.at(c.settings.Workers))
	} else if unset, _ := c.unset(c.settings.Workers); unset {
		all = append(all, c.without("workers"))
	}
	return found("it runs in single mode: one process, which a restart ends", c.clustered(t), all...)
}

// clustered are the lines of a cluster whose restarts can be phased.
func (c config) clustered(t *Target) string {
	n := int64(2)
	if t.Host != nil && t.Host.Cores.N > n {
		n = t.Host.Cores.N
	}
	lines := []string{fmt.Sprintf("workers %d", n)}
	if !c.settings.Preload.IsFalse() {
		lines = append(lines, "preload_app! false")
	}
	return c.mend(c.settings.Workers, lines...) + t.anew()
}

func checkPrune(t *Target) Answer {
	c := t.config()
	if single, _ := t.single(); single {
		return notHere("single mode: the process loads its gems anew with every restart")
	}
	if t.phased(c).Answer == puma.No {
		return notHere("the application is preloaded: every restart is a full one, which loads all gems anew")
	}
	start := t.Puma.Unit.ExecStart
	bundled := strings.Contains(start, "bundle exec") || strings.Contains(start, "bundle' exec") || strings.Contains(start, "/bin/bundle ") ||
		strings.Contains(start, "/current/bin/puma")
	switch {
	case start == "" && t.Puma.Unit.Name == "":
		return unknown("it runs in no unit, so that it is not known whether Bundler starts it")
	case !bundled:
		return notHere("Bundler does not start it: ExecStart=" + clean.Short(hushed(start), maxEvidence))
	}
	if on, why := c.known(c.settings.PruneBundler); on && c.settings.PruneBundler.IsTrue() {
		return ok(c.at(c.settings.PruneBundler))
	} else if why != "" {
		return unknown(why)
	}
	evidence := []Evidence{t.started()}
	if c.settings.PruneBundler.IsSet() {
		evidence = append(evidence, c.at(c.settings.PruneBundler))
	} else {
		evidence = append(evidence, c.without("prune_bundler"))
	}
	return found("Bundler starts it, and prune_bundler is not set", c.mend(c.settings.PruneBundler, "prune_bundler")+t.anew(), evidence...)
}

func checkFork(t *Target) Answer {
	c := t.config()
	s, v := c.settings.ForkWorker, t.Puma.Version
	if on, why := c.known(s); why != "" {
		return unknown(why)
	} else if !on || s.IsFalse() {
		return ok()
	}
	says, severity := "fork_worker is on: workers are forked from worker 0, and are lost where that dies meanwhile", Advice
	evidence := []Evidence{c.at(s)}
	for _, d := range forkDefects {
		if d.in(v) {
			says, severity = fmt.Sprintf("fork_worker is on, and Puma %s has a defect with it", v), Risks
			evidence = append(evidence, d.evidence(v))
		}
	}
	a := found(says, c.instead(s, "# fork_worker")+t.anew(), evidence...)
	a.Severity = severity
	return a
}

// checkDirectory asks whether a phased restart gets to the new release: Puma goes to `directory` again, else to what PWD named
// when it was started.
func checkDirectory(t *Target) Answer {
	c := t.config()
	link := t.Puma.CurrentLink
	if link == "" {
		return notHere("no link that a deploy moves was found")
	}
	s := c.settings.Directory
	on, why := c.known(s)
	switch remedy := c.mend(s, fmt.Sprintf("directory %q", link)) + t.anew(); {
	case s.IsSet() && resolves.MatchString(c.line(fileOf(c, s), s.Line)):
		return found("directory is resolved when Puma starts: it is a release, not the link", remedy, c.at(s))
	case on && path.IsAbs(s.Text):
		return t.fixedDirectory(c, link, remedy)
	case c.missing != "":
		return unknown(c.missing)
	case s.IsSet() && !c.settings.Opaque.IsSet() && !s.Conditional && under(s.Text, link):
		return ok(c.at(s))
	case on || why != "":
		return unknown(cmp.Or(why, c.depends(s)))
	default:
		return t.withoutDirectory(c, link, remedy)
	}
}

// fixedDirectory judges a directory that the file alone decides.
func (t *Target) fixedDirectory(c config, link, remedy string) Answer {
	s := c.settings.Directory
	switch {
	case !under(s.Text, link):
		return found("directory is "+clean.Short(s.Text, 200)+", which does not go through "+link, remedy, c.at(s))
	case t.staysBehind():
		return found("its workers were started after "+link+" had moved, and run in another release: what runs has read another directory",
			t.anew(), c.at(s), Evidence{Command: "readlink /proc/PID/cwd", Text: t.Puma.Release}, Evidence{Command: "readlink " + link, Text: t.Puma.Current})
	}
	return ok(c.at(s))
}

func fileOf(c config, s puma.Setting) string {
	if s.File != "" {
		return s.File
	}
	return c.path
}

// resolves is what leaves no link in a path.
var resolves = regexp.MustCompile(`realpath|__dir__|Dir\.(pwd|getwd)`)

func under(name, dir string) bool {
	name = path.Clean(name)
	return name == dir || strings.HasPrefix(name, dir+"/")
}

// withoutDirectory is the case where PWD decides.
func (t *Target) withoutDirectory(c config, link, remedy string) Answer {
	m := t.master()
	pwd, set := m.Env["PWD"]
	evidence := []Evidence{c.without("directory")}
	if set {
		evidence = append(evidence, t.environment("PWD", pwd))
	}
	switch {
	case set && under(pwd, link):
		return ok(evidence...)
	case set || m.EnvKnown:
		return found("puma.rb sets no directory, and nothing else leads Puma through "+link, remedy, evidence...)
	}
	a := found("puma.rb sets no directory: a phased restart goes where PWD led when Puma was started, and that may not be read", remedy, evidence...)
	a.Severity = Risks
	return a
}

// staysBehind reports a phased restart that did not get to where the link leads: all workers are younger than its last move.
func (t *Target) staysBehind() bool {
	p := &t.Puma
	if p.Current == "" || p.Release == "" || p.CurrentMoved.IsZero() || t.Stats.Phase.N == 0 || under(p.Release, p.Current) {
		return false
	}
	for _, w := range p.Workers {
		if w.Started.IsZero() || !w.Started.After(p.CurrentMoved.Add(time.Second)) || w.Release == p.Current {
			return false
		}
	}
	return len(p.Workers) > 0
}
