package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"pumatop/collector/puma"
)

// instead is a line of a configuration and what to write there. What it stands for is in comments, so that all of it can be
// pasted into the file.
func (c config) instead(s puma.Setting, lines ...string) string {
	file := cmp.Or(s.File, c.path)
	head := fmt.Sprintf("# %s, line %d", file, s.Line)
	if old := c.line(file, s.Line); old != "" {
		head += ", instead of\n#   " + old
	}
	return head + "\n" + strings.Join(lines, "\n") + "\n"
}

// add is what to write into the configuration.
func (c config) add(lines ...string) string {
	return fmt.Sprintf("# %s, one line more\n%s\n", cmp.Or(c.path, "config/puma.rb"), strings.Join(lines, "\n"))
}

// mend replaces the setting where it stands, else adds it.
func (c config) mend(s puma.Setting, lines ...string) string {
	if s.IsSet() {
		return c.instead(s, lines...)
	}
	return c.add(lines...)
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
		return "-S " + t.Puma.StatePath + " "
	}
	return ""
}

// systemctl is a command for the target's unit.
func systemctl(t *Target, verb string) string {
	if t.Puma.Unit.Scope == "user" {
		return "systemctl --user " + verb + " " + t.Puma.Unit.Name
	}
	return "sudo systemctl " + verb + " " + t.Puma.Unit.Name
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
