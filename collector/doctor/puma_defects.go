package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"pumatop/collector/puma"
)

// release is a version of Puma.
type release [3]int

func (r release) String() string { return fmt.Sprintf("%d.%d.%d", r[0], r[1], r[2]) }

// defect is a known one of some versions: from the first up to the one that mends it, which is zero where none does.
type defect struct {
	issue       int
	from, fixed release
	text        string
	severity    Severity
	// touches is whether it bears on a target; nil where it bears on all of that version.
	touches func(*Target, config) (is bool, why string)
}

// in reports whether a version has it.
func (d defect) in(v puma.Version) bool {
	if !v.AtLeast(d.from[0], d.from[1], d.from[2]) {
		return false
	}
	return d.fixed == release{} || !v.AtLeast(d.fixed[0], d.fixed[1], d.fixed[2])
}

func (d defect) evidence(v puma.Version) Evidence {
	text := fmt.Sprintf("Puma %s, puma#%d: %s", v, d.issue, d.text)
	if d.fixed != (release{}) {
		text += "; mended in " + d.fixed.String()
	}
	return Evidence{Command: "ps", Text: text}
}

// forkDefects are those of fork_worker.
var forkDefects = []defect{
	{issue: 2868, from: release{5, 0, 3}, fixed: release{5, 6, 5}, text: "the control app does not know refork"},
	{issue: 2786, from: release{5, 0, 0}, fixed: release{6, 4, 1}, text: "worker 0 is taken for dead in a long phased restart"},
	{issue: 3601, from: release{5, 0, 0}, fixed: release{6, 6, 1}, text: "a worker's boot is missed, and a phased restart waits for ever"},
}

// defects are those that touch restarts, the control app and what protects it.
var defects = []defect{
	{issue: 1926, from: release{3, 12, 0}, fixed: release{4, 0, 0}, severity: Risks, text: "master and idle workers may wait for each other for ever"},
	{issue: 1908, from: release{3, 0, 0}, fixed: release{4, 2, 0}, severity: Risks, text: "a worker that is told to end may lose requests"},
	{issue: 2572, from: release{5, 1, 0}, fixed: release{5, 3, 0}, severity: Advice, text: "systemd is not told of a phased restart",
		touches: func(t *Target, _ config) (bool, string) { return strings.HasPrefix(t.Puma.Unit.Type, "notify"), "" }},
	{issue: 2504, from: release{5, 0, 0}, fixed: release{5, 3, 0}, severity: Risks, text: "a restart closes the socket that systemd opened",
		touches: func(t *Target, _ config) (bool, string) { return t.activated() }},
	{issue: 2789, from: release{5, 0, 0}, severity: Risks, text: "with a socket of systemd's, the control socket may be removed or bound twice at a restart",
		touches: func(t *Target, _ config) (bool, string) {
			if t.Puma.Control.IsZero() {
				return false, ""
			}
			return t.activated()
		}},
	{issue: 3929, from: release{8, 0, 0}, fixed: release{8, 0, 1}, severity: Risks, text: "prune_bundler loses BUNDLE_ variables",
		touches: func(_ *Target, c config) (bool, string) {
			_, why := c.known(c.settings.PruneBundler)
			return c.settings.PruneBundler.IsTrue(), why
		}},
	{issue: 3785, from: release{5, 1, 0}, fixed: release{7, 1, 0}, severity: Security, text: "state_permission is ignored, and the state file has the token",
		touches: func(_ *Target, c config) (bool, string) {
			_, why := c.known(c.settings.StatePermission)
			return c.settings.StatePermission.Certain(), why
		}},
	{issue: 3572, from: release{5, 0, 0}, fixed: release{6, 6, 1}, severity: Advice, text: "the control app answers 500 while a single Puma starts",
		touches: func(t *Target, _ config) (bool, string) { on, _ := t.single(); return on, "" }},
	{issue: 3958, from: release{8, 0, 0}, severity: Advice, text: "pool_capacity stays 0 after threads that were marked as waiting for I/O",
		touches: func(t *Target, _ config) (bool, string) { return t.usesIOThreads(), "" }},
}

// activated reports a unit that a socket of systemd's starts; why is the reason why that is not known.
func (t *Target) activated() (is bool, why string) {
	v := t.unit()
	by, known := v.property("TriggeredBy")
	if !known && v.Name != "" && !t.contained() {
		why = v.silent().Reason
	}
	return strings.Contains(by, ".socket"), why
}

func (t *Target) usesIOThreads() bool {
	for _, w := range t.Stats.Workers {
		if w.Pool.IOThreads.N > 0 {
			return true
		}
	}
	return false
}

func checkDefects(t *Target) Answer {
	v := t.Puma.Version
	if v.IsZero() {
		return unknown("its version is not known")
	}
	c := t.config()
	var evidence []Evidence
	var fixed release
	worst, open := Advice, ""
	for _, d := range defects {
		if !d.in(v) {
			continue
		}
		if d.touches != nil {
			touches, why := d.touches(t, c)
			if open = cmp.Or(open, why); !touches {
				continue
			}
		}
		evidence = append(evidence, d.evidence(v))
		if d.severity.compare(worst) < 0 {
			worst = d.severity
		}
		if later(d.fixed, fixed) {
			fixed = d.fixed
		}
	}
	switch {
	case len(evidence) == 0 && open != "":
		return unknown(open)
	case len(evidence) == 0:
		return ok()
	}
	remedy := "# no release mends it yet: see the issues\n"
	if fixed != (release{}) {
		remedy = fmt.Sprintf("# Gemfile, then a full restart\ngem \"puma\", \">= %s\"\n", fixed)
	}
	a := found(fmt.Sprintf("Puma %s has %s that touches this", v, plural(len(evidence), "known defect")), remedy, evidence...)
	if len(evidence) > 1 {
		a.Says = fmt.Sprintf("Puma %s has %s that touch this", v, plural(len(evidence), "known defect"))
	}
	a.Severity = worst
	return a
}

func later(a, b release) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}
