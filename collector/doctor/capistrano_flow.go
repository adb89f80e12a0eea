package doctor

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/ruby"
)

// deployKind is what a deploy does to Puma.
type deployKind string

const (
	// deployRestarts is a full restart, in which no worker stays, or a stop.
	deployRestarts deployKind = "restart"
	// deployReloads is a phased restart, by systemctl reload, pumactl or a signal.
	deployReloads deployKind = "reload"
)

// deployAct is one thing that a deploy does to Puma.
type deployAct struct {
	kind deployKind
	// plain is a systemctl reload, which fails where the unit is not active.
	plain bool
	// scope is whose unit systemctl means: "user" or "system"; empty for other ways.
	scope string
	// at is the line that does it, hook the one that has it run, task the task that it is in.
	at, hook Evidence
	task     string
	gem      bool // the gem's own task does it
	// doubt is why it may not happen.
	doubt string
}

// deployPhases are those of a deploy, in their order.
var deployPhases = []string{"deploy:starting", "deploy:started", "deploy:updating", "deploy:updated", "deploy:publishing", "deploy:published",
	"deploy:finishing", "deploy:finished", "deploy"}

// unreached are tasks of Capistrano that a deploy which goes well does not run.
var unreached = regexp.MustCompile(`^deploy:(revert|rollback|failed|finishing_rollback|cleanup_rollback|restart$)`)

// flow follows what a deploy runs: each task once, as Rake does.
func (d *deployment) flow() {
	for _, phase := range deployPhases {
		d.runTask(phase, deployStep{task: phase})
	}
	for _, h := range d.hooks { // tasks of Capistrano's own within the phases
		if strings.HasPrefix(h.when, "deploy:") && !unreached.MatchString(h.when) && d.tasks[h.when] == nil {
			d.runTask(h.when, deployStep{task: h.when})
		}
	}
}

func (d *deployment) runTask(name string, step deployStep) {
	if d.done[name] || len(d.run) >= maxLoads {
		return
	}
	d.done[name] = true
	d.run = append(d.run, step)
	defer func() { d.run = d.run[:len(d.run)-1] }()
	own := d.tasks[name]
	if own != nil {
		for _, need := range own.needs {
			d.runTask(d.resolve(need, own.scope), deployStep{task: need, at: step.at, gem: step.gem})
		}
	}
	d.runHooks(name, true)
	if !d.cleared[name] {
		d.runGem(name)
	}
	if own != nil {
		checked := d.checked
		for _, body := range own.bodies {
			d.checked = false
			d.reader.Force(body)
		}
		d.checked = checked
	}
	d.runHooks(name, false)
}

func (d *deployment) runHooks(name string, before bool) {
	for _, h := range d.hooks {
		if h.when == name && h.before == before {
			task := d.resolve(h.task, h.scope)
			d.runTask(task, deployStep{task: task, gem: h.gem, at: h.at, doubt: h.doubt})
		}
	}
}

// runGem does what a task of capistrano3-puma does.
func (d *deployment) runGem(name string) {
	if !d.hasPlugin() {
		return
	}
	systemd := d.plugged("Capistrano::Puma::Systemd")
	switch name {
	case "puma:smart_restart":
		next, why := d.smartRestart(systemd)
		if why != "" {
			d.act(deployAct{kind: deployRestarts, gem: true, doubt: why})
			return
		}
		d.runTask(next, d.run[len(d.run)-1])
	case "puma:restart", "puma:stop":
		a := deployAct{kind: deployRestarts, gem: true}
		if systemd {
			a.scope = d.systemctlUser()
		}
		d.act(a)
	case "puma:reload":
		if systemd && d.gem.reloads() {
			d.act(deployAct{kind: deployReloads, gem: true, scope: d.systemctlUser()})
		}
	case "puma:phased-restart":
		if !systemd {
			d.act(deployAct{kind: deployReloads, gem: true})
		}
	}
}

// smartRestart is the task that puma:smart_restart runs, or why that is not known.
func (d *deployment) smartRestart(systemd bool) (task, why string) {
	if systemd {
		switch v, set := d.vars["puma_phased_restart"]; {
		case set && !d.reader.Force(v.value).Known():
			return "", "puma_phased_restart is not known: " + d.reader.Force(v.value).Why
		case set && truthyValue(d.reader.Force(v.value)):
			return "puma:reload", ""
		case !d.gem.known():
			return "", "Gemfile.lock does not say which version of capistrano3-puma it is"
		}
		return "puma:restart", ""
	}
	preload, workers := d.value("puma_preload_app"), d.value("puma_workers")
	if !truthyValue(preload) && workers.IsText() && workers.Text != "0" && workers.Text != "1" {
		return "puma:phased-restart", ""
	}
	return "puma:restart", ""
}

func truthyValue(v ruby.Value) bool {
	return v.Known() && v.Kind != ruby.Nil && (v.Kind != ruby.Bool || v.Text == "true")
}

func (d *deployment) hasPlugin() bool {
	_, locked := d.Gems["capistrano3-puma"]
	return locked || slices.ContainsFunc(d.plugins, func(p deployPlugin) bool { return strings.HasPrefix(p.name, "Capistrano::Puma") })
}

func (d *deployment) plugged(name string) bool {
	return slices.ContainsFunc(d.plugins, func(p deployPlugin) bool { return p.name == name })
}

// systemctlUser is whose units the gem means, empty where that is not known.
func (d *deployment) systemctlUser() string {
	for _, name := range []string{"puma_systemctl_user", "systemctl_user"} {
		if name == "systemctl_user" && d.gem.known() && !d.gem.atLeast(6, 0) {
			break
		}
		if _, ok := d.vars[name]; ok {
			switch v := d.value(name); {
			case !v.Known():
				return ""
			case v.Text == "system" && v.Kind == ruby.Symbol: // a String is none of the gem's symbols
				return "system"
			}
			return "user"
		}
	}
	return d.gem.systemctlUser()
}

// act notes what is done to Puma, with the way to it.
func (d *deployment) act(a deployAct) {
	if len(d.run) == 0 || len(d.acts) >= maxActs {
		return
	}
	for _, step := range d.run {
		if step.at.File != "" && a.hook.File == "" {
			a.hook = step.at
		}
		if step.doubt != nil && a.doubt == "" {
			a.doubt = step.doubt.Why
		}
	}
	a.task = clean.Short(d.run[len(d.run)-1].task, 100)
	if a.at.File == "" {
		a.at = a.hook
	}
	if a.doubt != "" && a.at.File != "" {
		a.doubt = clean.Short(a.at.File+":"+strconv.Itoa(a.at.Line)+": "+a.doubt, 300)
	}
	d.acts = append(d.acts, a)
}

func (d *deployment) onNamespace(c ruby.Call) ruby.Value {
	if c.Block != nil && len(d.run) == 0 {
		outer := d.scope
		d.scope = strings.Trim(outer+":"+wordOf(c, 0), ":")
		d.reader.Yield(c.Block)
		d.scope = outer
	}
	return rubyNil()
}

// onTask notes a task; a second one of that name adds to the first, as in Rake.
func (d *deployment) onTask(c ruby.Call) ruby.Value {
	name := wordOf(c, 0)
	var needs []string
	for _, v := range c.Args {
		if v.Kind == ruby.Hash && len(v.Pairs) > 0 {
			if name == "" {
				name = v.Pairs[0].Key
			}
			for _, need := range v.Pairs[0].Value.All() {
				needs = append(needs, need.Text)
			}
		}
	}
	if name != "" && len(d.run) == 0 {
		d.define(name, c.Block, needs)
	}
	return rubyNil()
}

func (d *deployment) define(name string, body *ruby.Block, needs []string) {
	full := strings.TrimPrefix(strings.Trim(d.scope+":"+name, ":"), ":")
	t := d.tasks[full]
	if t == nil {
		t = &deployTask{scope: d.scope}
		d.tasks[full] = t
	}
	t.needs = append(t.needs, needs...)
	if body != nil {
		t.bodies = append(t.bodies, d.reader.Lambda(body))
	}
}

// resolve is a task's full name as Rake looks it up from a namespace: in that first, and then further out.
func (d *deployment) resolve(name, scope string) string {
	for {
		full := strings.Trim(scope+":"+name, ":")
		if _, own := d.tasks[full]; own || slices.Contains(deployPhases, full) || scope == "" {
			return full
		}
		scope = scope[:max(strings.LastIndexByte(scope, ':'), 0)]
	}
}

// onHook is after and before. What hangs on a task is looked for in the namespace of that one first.
func (d *deployment) onHook(c ruby.Call) ruby.Value {
	when, task := wordOf(c, 0), wordOf(c, 1)
	if len(d.run) > 0 || when == "" || task == "" || len(d.hooks) >= maxHooks {
		return rubyNil()
	}
	if c.Block != nil {
		d.define(task, c.Block, nil)
		task = strings.Trim(d.scope+":"+task, ":")
	}
	when = d.resolve(when, d.scope)
	scope := d.scope
	if i := strings.LastIndexByte(when, ':'); i >= 0 && c.Name == "after" {
		scope = when[:i]
	}
	d.hooks = append(d.hooks, deployHook{when: when, task: task, scope: scope, before: c.Name == "before", at: d.seen(c), doubt: c.Doubt})
	return rubyNil()
}

// onRakeTask is Rake::Task["puma:restart"].clear, which takes away what the gem does there.
func (d *deployment) onRakeTask(c ruby.Call) ruby.Value {
	if name := wordOf(c, 0); name != "" && strings.Contains(d.seen(c).Text, "].clear") {
		d.cleared[name] = true
		delete(d.tasks, name)
	}
	return rubyNil()
}

func (d *deployment) onInvoke(c ruby.Call) ruby.Value {
	if name := wordOf(c, 0); name != "" && len(d.run) > 0 {
		d.runTask(d.resolve(name, ""), deployStep{task: name, at: d.seen(c)})
	}
	return rubyNil()
}

func (d *deployment) onBlock(c ruby.Call) ruby.Value {
	if c.Block != nil {
		return d.reader.Yield(c.Block)
	}
	return rubyNil()
}

// unit is the name of the unit as the gem has it; empty where that is not known.
func (d *deployment) unit() string {
	if v := d.value("puma_service_unit_name"); v.IsText() {
		return strings.TrimSuffix(v.Text, ".service") + ".service"
	}
	app := d.value("application")
	switch {
	case !app.IsText() || !d.plugged("Capistrano::Puma::Systemd") || !d.gem.known():
		return ""
	case d.gem.atLeast(6, 0):
		return app.Text + "_puma_" + d.stage() + ".service"
	case d.gem.major == 5 && d.gem.minor > 0:
		return "puma_" + app.Text + "_" + d.stage() + ".service"
	}
	return ""
}
