package doctor

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// The documentation of Capistrano and of its plugin for Puma.
const (
	capistranoPumaDocs = "https://github.com/seuros/capistrano-puma#usage"
	capistranoDocs     = "https://capistranorb.com/documentation/getting-started/configuration/"
	capistranoFlowDocs = "https://capistranorb.com/documentation/getting-started/flow/"
	lingerDocs         = "https://www.freedesktop.org/software/systemd/man/latest/loginctl.html"
	systemctlDocs      = "https://www.freedesktop.org/software/systemd/man/latest/systemctl.html"
)

// inProject is a check of Capistrano's files, where there are any.
func inProject(check func(*Target, *deployment) Answer) func(*Target) Answer {
	return func(t *Target) Answer {
		if t.Project == nil {
			return notHere("no Capfile or config/deploy.rb here")
		}
		d := t.Project.deployed()
		for _, name := range []string{"Capfile", d.where("deploy_config_path", "config/deploy.rb")} {
			if f, ok := d.Files[name]; ok && f.Err != "" {
				return unknown(name + " cannot be read: " + f.Err)
			}
		}
		if d.reader.Exhausted() {
			return unknown("the files take more work than is done for them")
		}
		return check(t, d)
	}
}

func capistranoChecks() []Check {
	return []Check{
		{ID: "capistrano.reload", Severity: Risks, Asks: "a deploy reloads rather than restarts", Link: capistranoPumaDocs,
			Consequence: "Each deploy stops Puma and starts it again: requests wait or are refused until the application has booted.",
			run:         inProject(checkDeployReloads)},
		{ID: "capistrano.load-hooks", Severity: Risks, Asks: "a deploy renews Puma once", Link: capistranoPumaDocs,
			Consequence: "Two restarts run in one deploy. The second begins while the first still replaces workers, and one that is full undoes a phased one.",
			run:         inProject(checkLoadHooks)},
		{ID: "capistrano.reload-or-restart", Severity: Risks, Asks: "a deploy starts a Puma that is down", Link: systemctlDocs,
			Consequence: "systemctl reload fails where the unit is not active: the deploy ends there, and the Puma that was down stays down.",
			run:         inProject(checkReloadOrRestart)},
		{ID: "capistrano.systemctl-user", Severity: Risks, Asks: "a deploy means the unit that runs", Link: capistranoPumaDocs,
			Consequence: "systemctl is asked for a unit that the other manager runs, system or user: the deploy fails there, or enables a second Puma beside the first.",
			run:         inProject(checkSystemctlUser)},
		{ID: "capistrano.lingering", Severity: Risks, Asks: "user units outlive the login", Link: lingerDocs,
			Consequence: "The user's manager, and Puma in it, ends with the last login of that user, and is not started at boot.",
			run:         inProject(checkLingering)},
		{ID: "capistrano.keep-releases", Severity: Risks, Asks: "the releases that run are kept", Link: capistranoDocs,
			Consequence: "The deploy deletes the release that processes run in: what they load later is not there, and a phased restart fails with a LoadError or Bundler::GemNotFound.",
			run:         inProject(checkKeepReleases)},
		{ID: "capistrano.linked-dirs", Severity: Risks, Asks: "sockets and pids are in shared directories", Link: capistranoDocs,
			Consequence: "Each release has a directory of its own for them: after a deploy the web server and pumactl look where no socket is.",
			run:         inProject(checkLinkedDirs)},
	}
}

// checkDeployReloads: what a deploy does to Puma is a reload.
func checkDeployReloads(t *Target, d *deployment) Answer {
	if len(d.acts) == 0 {
		return notHere("nothing in the flow of a deploy restarts Puma")
	}
	for _, a := range d.acts {
		if a.kind == deployReloads {
			continue
		}
		if a.doubt != "" {
			return unknown(a.doubt)
		}
		says := "a deploy restarts Puma in full: " + a.task
		answer := found(says, d.reloadRemedy(a), actEvidence(a)...)
		for _, p := range t.Peers {
			if d.runs(p) && p.Puma.Phased.Answer == puma.No {
				answer.Says += "; on " + p.Name + " a phased restart is not possible yet, see puma.preload and puma.single-mode"
				break
			}
		}
		return answer
	}
	return ok(actEvidence(d.acts[0])...)
}

// actEvidence is the line that does something, and before it the one that has it run.
func actEvidence(a deployAct) []Evidence {
	if a.hook.File == "" || a.hook == a.at {
		return []Evidence{a.at}
	}
	return []Evidence{a.hook, a.at}
}

var restartWord = regexp.MustCompile(`(:|\b)(?:try-)?restart\b`)

// reloadRemedy is what makes a restart a reload.
func (d *deployment) reloadRemedy(a deployAct) string {
	if strings.Contains(a.hook.Text, "puma:restart") && d.gem.reloads() && (a.gem || a.scope == "") {
		return inPlace(a.hook, strings.Replace(a.hook.Text, "puma:restart", "puma:reload", 1))
	}
	if a.gem {
		return d.gemRemedy()
	}
	switch {
	case a.scope != "":
		return inPlace(a.at, withVerb(a.at.Text, "reload-or-restart"))
	case strings.Contains(a.at.Text, "pumactl"):
		return inPlace(a.at, strings.Replace(restartWord.ReplaceAllString(a.at.Text, "${1}phased-restart"), ":phased-restart", `"phased-restart"`, 1))
	}
	return "# " + a.at.File + ", line " + strconv.Itoa(a.at.Line) + ": in place of that command\nexecute :systemctl, \"reload-or-restart\", fetch(:puma_service_unit_name)"
}

// gemRemedy is the setting that makes the gem reload.
func (d *deployment) gemRemedy() string {
	const phased = "set :puma_phased_restart, true"
	switch v, set := d.vars["puma_phased_restart"]; {
	case !d.plugged("Capistrano::Puma::Systemd"):
		return "# config/deploy.rb\nset :puma_preload_app, false\nset :puma_workers, 2"
	case d.gem.known() && !d.gem.atLeast(5, 2):
		return "# Gemfile; this version of the gem knows no reload. Then: bundle update capistrano3-puma\ngem \"capistrano3-puma\", \"~> 7.1\"\n# config/deploy.rb\n" + phased
	case set:
		return inPlace(v.at, phased)
	}
	return "# config/deploy.rb\n" + phased
}

// withVerb is a line with another verb of systemctl; a symbol cannot have a dash.
func withVerb(line, verb string) string {
	at := strings.Index(line, "systemctl") + len("systemctl")
	if at < len("systemctl") {
		at = 0
	}
	rest, once := line[at:], false
	rest = regexp.MustCompile(`:?\b(?:try-)?(?:restart|reload)\b`).ReplaceAllStringFunc(rest, func(s string) string {
		switch {
		case once:
			return s
		case strings.HasPrefix(s, ":"):
			once = true
			return `"` + verb + `"`
		}
		once = true
		return verb
	})
	return line[:at] + rest
}

// inPlace is a remedy that puts a line in place of another.
func inPlace(at Evidence, line string) string {
	return fmt.Sprintf("# %s, line %d, in place of: %s\n%s", at.File, at.Line, at.Text, pasted(line))
}

// checkLoadHooks: the gem's own hook and a task of the project's do not both renew Puma.
func checkLoadHooks(_ *Target, d *deployment) Answer {
	var certain []deployAct
	for _, a := range d.acts {
		if a.doubt == "" {
			certain = append(certain, a)
		}
	}
	switch {
	case len(certain) < 2 && len(d.acts) > 1:
		return unknown("one of them may not run: " + d.doubtful())
	case len(certain) < 2:
		return ok()
	}
	plugin := d.hookingPlugin()
	if plugin == nil {
		return found("a deploy restarts or reloads Puma twice: "+certain[0].task+" and "+certain[1].task,
			fmt.Sprintf("# %s, line %d: take this line out\n# %s", certain[1].hook.File, certain[1].hook.Line, certain[1].hook.Text),
			append(actEvidence(certain[0]), actEvidence(certain[1])...)...)
	}
	var evidence []Evidence
	own := certain[0]
	for _, a := range certain {
		if a.hook != plugin.at {
			own = a
			break
		}
	}
	evidence = append([]Evidence{plugin.at}, actEvidence(own)...)
	_, task := d.gem.hook(plugin.name)
	says := fmt.Sprintf("a deploy restarts or reloads Puma twice: %s hangs %s on it, the project %s", plugin.name, task, own.task)
	remedy := inPlace(plugin.at, "install_plugin "+plugin.name+", load_hooks: false")
	if plugin.name == "Capistrano::Puma" { // up to version 4 it has another hook, which is wanted
		remedy += "\n# config/deploy.rb; without the hooks this one is missing, too\nafter \"deploy:check\", \"puma:check\""
	}
	for _, p := range d.plugins {
		if p.name == "Capistrano::Puma" && plugin.name != p.name && p.hooks.Text == "false" {
			says += "; load_hooks: false stands at Capistrano::Puma, which has no such hook"
			evidence = append(evidence, p.at)
		}
	}
	return found(says, remedy, evidence...)
}

func (d *deployment) doubtful() string {
	for _, a := range d.acts {
		if a.doubt != "" {
			return a.doubt
		}
	}
	return ""
}

// hookingPlugin is the plugin whose hooks are among what restarts Puma.
func (d *deployment) hookingPlugin() *deployPlugin {
	for _, a := range d.acts {
		for i := range d.plugins {
			if p := &d.plugins[i]; a.hook == p.at {
				return p
			}
		}
	}
	return nil
}

// checkReloadOrRestart: the project's own reload also starts what is down.
func checkReloadOrRestart(_ *Target, d *deployment) Answer {
	seen := false
	for _, a := range d.acts {
		if a.plain {
			return found("a deploy runs systemctl reload, which an inactive unit refuses", inPlace(a.at, withVerb(a.at.Text, "reload-or-restart")), actEvidence(a)...)
		}
		seen = seen || a.kind == deployReloads
	}
	if !seen {
		return notHere("no deploy of these files reloads Puma")
	}
	return ok()
}

// runs reports whether a target is what this project deploys: by its unit, or by the release that it runs.
func (d *deployment) runs(t *Target) bool {
	if unit := d.unit(); unit != "" && t.Puma.Unit.Name == unit {
		return true
	}
	to := d.value("deploy_to")
	return to.IsText() && to.Text != "" && strings.HasPrefix(t.Puma.Release+"/", strings.TrimSuffix(to.Text, "/")+"/")
}

// checkSystemctlUser: systemctl in the deploy means the manager that runs the unit.
func checkSystemctlUser(t *Target, d *deployment) Answer {
	for _, a := range d.acts {
		for _, p := range t.Peers {
			runs := p.Puma.Unit.Scope
			if a.scope == "" || !d.runs(p) || runs == probe.NoScope || string(runs) == a.scope {
				continue
			}
			remedy := "# config/deploy.rb\nset :puma_systemctl_user, :" + string(runs)
			if !a.gem {
				remedy = inPlace(a.at, managedBy(a.at.Text, runs))
			}
			evidence := append(actEvidence(a), Evidence{Command: "cat /proc/" + strconv.Itoa(p.Puma.PID) + "/cgroup",
				Text: p.Name + " runs in the " + string(runs) + " unit " + p.Puma.Unit.Name})
			return found(fmt.Sprintf("a deploy asks for a %s unit, and %s runs in a %s unit", a.scope, p.Name, runs), remedy, evidence...)
		}
	}
	return d.oneScope(t)
}

// oneScope: where no unit is known, the files at least agree with themselves.
func (d *deployment) oneScope(t *Target) Answer {
	var last *deployAct
	for i := range d.acts {
		a := &d.acts[i]
		if a.scope == "" {
			continue
		}
		if last != nil && last.scope != a.scope {
			return found("a deploy asks for a "+last.scope+" unit in one place and for a "+a.scope+" unit in another",
				"# config/deploy.rb\nset :puma_systemctl_user, :"+a.scope, append(actEvidence(*last), actEvidence(*a)...)...)
		}
		last = a
	}
	switch {
	case last == nil:
		return notHere("a deploy runs no systemctl")
	case len(t.Peers) == 0:
		return unknown("no target was examined that these files deploy")
	}
	for _, p := range t.Peers {
		if d.runs(p) && p.Puma.Unit.Scope != probe.NoScope {
			return ok(actEvidence(*last)...)
		}
	}
	return unknown("none of the targets runs a unit or a release that these files name")
}

var systemctlCall = regexp.MustCompile(`(?:sudo\s+)?(?:/\S*/)?systemctl\b(?:["']?,\s*)?(?:\s*["']?--user["']?,?)?`)

// managedBy is a line with systemctl for the other manager.
func managedBy(line string, scope probe.Scope) string {
	if scope == probe.SystemScope {
		return strings.Replace(regexp.MustCompile(`\s*["']?--user["']?,?`).ReplaceAllString(line, ""), "execute ", "sudo ", 1)
	}
	if strings.Contains(line, ":systemctl,") {
		line = strings.Replace(strings.Replace(line, "sudo ", "execute ", 1), ":sudo, ", "", 1)
		return strings.Replace(line, ":systemctl,", `:systemctl, "--user",`, 1)
	}
	line = systemctlCall.ReplaceAllString(line, "systemctl --user")
	return strings.Replace(line, "sudo \"", "execute \"", 1)
}
