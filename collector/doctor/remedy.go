package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// instead is a statement of a configuration and what to write there. What it stands for is in comments, so that all of it
// can be pasted into the file.
func (c config) instead(s puma.Setting, lines ...string) string {
	old := c.statement(s)
	head := fmt.Sprintf("# %s, line %d", fileOf(c, s), s.Line)
	if len(old) > 1 {
		head = fmt.Sprintf("# %s, lines %d to %d", fileOf(c, s), s.Line, s.Line+len(old)-1)
	}
	if len(old) > 0 {
		head += ", instead of"
	}
	for _, line := range old {
		head += "\n#   " + strings.TrimSpace(clean.Line(line))
	}
	return head + "\n" + strings.Join(lines, "\n") + "\n"
}

// add is what to write into the configuration.
func (c config) add(lines ...string) string {
	return fmt.Sprintf("# %s, one line more\n%s\n", cmp.Or(c.path, "config/puma.rb"), strings.Join(lines, "\n"))
}

// mend replaces the setting where it stands, else adds it. One that has effect in some cases only stays: what comes behind it
// counts.
func (c config) mend(s puma.Setting, lines ...string) string {
	switch {
	case !s.IsSet():
		return c.add(lines...)
	case s.Conditional:
		return fmt.Sprintf("# %s, one line more, behind line %d and the block that it is in\n%s\n", fileOf(c, s), s.Line, strings.Join(lines, "\n"))
	}
	return c.instead(s, lines...)
}

// anew is what makes a change of puma.rb count: a phased restart does not read it.
func (t *Target) anew() string {
	if !t.runs() {
		return ""
	}
	if unit := t.Puma.Unit; unit.Name != "" {
		return "# then restart it in full once: a phased restart does not read puma.rb\n" + systemctl(t, "restart") + "\n"
	}
	return "# then restart it in full once: a phased restart does not read puma.rb\n" +
		"pumactl " + t.pumactl() + "restart\n"
}

func (t *Target) pumactl() string {
	if t.Puma.StatePath != "" {
		return "-S " + word(t.Puma.StatePath) + " "
	}
	return ""
}

// systemctl is a command for the target's unit.
func systemctl(t *Target, verb string) string {
	v := unitView{Unit: t.Puma.Unit, target: t}
	return v.change(verb + " " + word(v.Name))
}

// Documentation of Puma's.
const (
	docs          = "https://github.com/puma/puma/blob/master/docs/"
	dsl           = "https://puma.io/puma/Puma/DSL.html#"
	issue         = "https://github.com/puma/puma/issues/"
	linkRestart   = docs + "restart.md"
	linkDeploy    = docs + "deployment.md"
	linkFork      = docs + "fork_worker.md"
	linkControl   = dsl + "activate_control_app-instance_method"
	linkPreload   = dsl + "preload_app!-instance_method"
	linkPrune     = dsl + "prune_bundler-instance_method"
	linkDirectory = dsl + "directory-instance_method"
	linkState     = dsl + "state_path-instance_method"
	linkShutdown  = dsl + "worker_shutdown_timeout-instance_method"
	linkTimeout   = dsl + "worker_timeout-instance_method"
	linkHooks     = dsl + "before_worker_boot-instance_method"
)
