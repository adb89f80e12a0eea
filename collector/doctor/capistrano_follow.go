package doctor

import (
	"path"
	"slices"
	"strings"

	"pumatop/collector/ruby"
)

// projectRoot stands for the project's directory while its files are followed.
const projectRoot = "/(project)"

// maxLoads bounds files that load files and tasks that run tasks, maxActs what a deploy is found to do, maxHooks hooks and
// plugins.
const (
	maxLoads = 16
	maxActs  = 200
	maxHooks = 1000
)

// deployment is what Capistrano's files come to for one stage. It is the language that they are written in.
type deployment struct {
	*Project
	reader  *ruby.Reader
	gem     capistranoPuma
	vars    map[string]deployVar
	plugins []deployPlugin
	hooks   []deployHook
	tasks   map[string]*deployTask
	cleared map[string]bool
	// scope is the namespace that is followed, "deploy"; loading the files that load one another.
	scope   string
	loading []string
	loaded  map[string]bool

	// What the flow of a deploy comes to: run what is being run, done the tasks that were, acts what they do.
	run  []deployStep
	done map[string]bool
	acts []deployAct
	// checked is whether the task that is followed has asked whether the unit is active.
	checked bool
}

type deployVar struct {
	value ruby.Value
	at    Evidence
}

// deployPlugin is an install_plugin; hooks is false where it says load_hooks: false.
type deployPlugin struct {
	name  string
	hooks ruby.Value
	at    Evidence
}

// deployHook is `after 'deploy:published', 'puma:reload'`.
type deployHook struct {
	when, task string
	scope      string // where task is looked for first
	before     bool
	gem        bool // of the plugin at that line
	at         Evidence
	doubt      *ruby.Doubt
}

type deployTask struct {
	needs  []string
	bodies []ruby.Value
	scope  string
}

// deployStep is a task on the way to what is done, with the line that has it run.
type deployStep struct {
	task  string
	gem   bool
	at    Evidence
	doubt *ruby.Doubt
}

// deployed is the project as its stage has it, followed once.
func (p *Project) deployed() *deployment {
	p.once.Do(func() {
		d := &deployment{Project: p, vars: map[string]deployVar{}, tasks: map[string]*deployTask{}, cleared: map[string]bool{},
			loaded: map[string]bool{}, done: map[string]bool{}, gem: pumaGem(p.Gems["capistrano3-puma"])}
		d.reader = &ruby.Reader{Variables: map[string]ruby.Value{}, Here: projectRoot, Home: "~", Host: d}
		d.set("stage", ruby.Literally(p.stage()), Evidence{})
		d.follow("Capfile")
		if file := d.where("deploy_config_path", "config/deploy.rb"); !d.loaded[file] {
			d.follow(file)
		}
		d.follow(path.Join(d.where("stage_config_path", "config/deploy"), p.stage()+".rb"))
		d.flow()
		p.followed = d
	})
	return p.followed
}

// stage is the stage that is examined.
func (p *Project) stage() string {
	var stages []string
	for name := range p.Files {
		if path.Dir(name) == "config/deploy" && path.Ext(name) == ".rb" {
			stages = append(stages, strings.TrimSuffix(path.Base(name), ".rb"))
		}
	}
	switch {
	case p.Stage != "" && (len(stages) == 0 || slices.Contains(stages, p.Stage)):
		return p.Stage
	case len(stages) == 1:
		return stages[0]
	}
	return "production"
}

// where is a path of Capistrano's own that the Capfile may set.
func (d *deployment) where(name, standard string) string {
	if v := d.vars[name].value; v.IsText() {
		return path.Clean(strings.TrimPrefix(v.Text, projectRoot+"/"))
	}
	return standard
}

// follow reads a file of the project, if it is there.
func (d *deployment) follow(name string) {
	f, ok := d.Files[name]
	if !ok || len(d.loading) >= maxLoads || slices.Contains(d.loading, name) {
		return
	}
	d.loaded[name] = true
	d.loading = append(d.loading, name)
	scope := d.scope
	d.scope = ""
	d.reader.Load(path.Join(projectRoot, name), ruby.Parse(ruby.Tokenize(f.Text, 1)))
	d.scope = scope
	d.loading = d.loading[:len(d.loading)-1]
}

var deployLanguage = map[string]func(*deployment, ruby.Call) ruby.Value{
	"set": (*deployment).onSet, "set_if_empty": (*deployment).onSetIfEmpty, "append": (*deployment).onAppend, "fetch": (*deployment).onFetch,
	"load": (*deployment).onLoad, "require": (*deployment).onLoad, "require_relative": (*deployment).onLoad, "import": (*deployment).onLoad,
	"namespace": (*deployment).onNamespace, "task": (*deployment).onTask, "after": (*deployment).onHook, "before": (*deployment).onHook,
	"install_plugin": (*deployment).onPlugin, "Dir.glob": (*deployment).onGlob, "Dir[]": (*deployment).onGlob, "Rake::Task[]": (*deployment).onRakeTask,
	"invoke": (*deployment).onInvoke, "invoke!": (*deployment).onInvoke, "execute": (*deployment).onExecute, "sudo": (*deployment).onExecute,
	"test": (*deployment).onTest, "capture": (*deployment).onTest,
	"on": (*deployment).onBlock, "within": (*deployment).onBlock, "with": (*deployment).onBlock, "as": (*deployment).onBlock, "run_locally": (*deployment).onBlock,
}

// deployAside are calls that bear on nothing here.
const deployAside = " desc server role lock remove validate puts warn info debug ask roles release_roles primary upload! "

// Call is ruby.Host.
func (d *deployment) Call(c ruby.Call) (ruby.Value, bool) {
	if call, ok := deployLanguage[c.Name]; ok {
		return call(d, c), true
	}
	if strings.Contains(deployAside, " "+c.Name+" ") {
		return ruby.Literally(""), true
	}
	if name, ok := strings.CutPrefix(c.Name, "Capistrano::"); ok {
		return ruby.Literally("Capistrano::" + strings.TrimSuffix(name, ".new")), true
	}
	below := map[string]string{"deploy_path": "", "current_path": "current", "shared_path": "shared", "releases_path": "releases", "release_path": "current"}
	if sub, ok := below[c.Name]; ok && len(c.Args) == 0 {
		v := d.value("deploy_to")
		if v.IsText() {
			v.Text = path.Join(v.Text, sub)
		}
		return v, true
	}
	return ruby.Value{}, false
}

func rubyNil() ruby.Value { return ruby.Value{Kind: ruby.Nil, Text: "nil", Literal: true} }

// seen is where a call stands.
func (d *deployment) seen(c ruby.Call) Evidence {
	return d.at(strings.TrimPrefix(c.File, projectRoot+"/"), c.Line)
}

func wordOf(c ruby.Call, n int) string {
	if v, ok := c.Arg(n); ok && v.IsText() {
		return v.Text
	}
	return ""
}

func (d *deployment) set(name string, v ruby.Value, at Evidence) { d.vars[name] = deployVar{v, at} }

func (d *deployment) onSet(c ruby.Call) ruby.Value {
	v := rubyNil()
	if second, ok := c.Arg(1); ok {
		v = second
	}
	if c.Block != nil {
		v = d.reader.Lambda(c.Block)
	}
	if c.Doubt != nil && !c.Doubt.Unlikely {
		v = ruby.Not(c.Doubt.Line, c.Doubt.Why)
	}
	if name := wordOf(c, 0); name != "" && (c.Doubt == nil || !c.Doubt.Unlikely) {
		d.set(name, v, d.seen(c))
	}
	return v
}

func (d *deployment) onSetIfEmpty(c ruby.Call) ruby.Value {
	if _, ok := d.vars[wordOf(c, 0)]; ok {
		return rubyNil()
	}
	return d.onSet(c)
}

// onAppend adds to a list; what is added only perhaps makes the list unknown.
func (d *deployment) onAppend(c ruby.Call) ruby.Value {
	name := wordOf(c, 0)
	old := d.value(name)
	if _, ok := d.vars[name]; !ok {
		old = ruby.NewList(nil)
	}
	items := slices.Clone(old.All())
	for _, v := range c.Args[min(1, len(c.Args)):] {
		items = append(items, v.All()...)
	}
	v := ruby.NewList(items)
	if c.Doubt != nil {
		v = ruby.Not(c.Doubt.Line, c.Doubt.Why)
	}
	d.set(name, v, d.seen(c))
	return v
}

// value is a variable as fetch has it.
func (d *deployment) value(name string) ruby.Value {
	v, ok := d.vars[name]
	switch {
	case ok:
		v.value = d.reader.Force(v.value)
		return v.value
	case name == "deploy_to":
		if app := d.value("application"); app.IsText() {
			app.Text = "/var/www/" + app.Text
			return app
		}
	}
	return ruby.Not(0, "nothing in these files sets "+name)
}

// onFetch is a variable. In a task that runs, one that nothing sets stands for itself: {puma_service_unit_name}.
func (d *deployment) onFetch(c ruby.Call) ruby.Value {
	name := wordOf(c, 0)
	v := d.value(name)
	if _, set := d.vars[name]; set || v.Known() {
		return v
	}
	if other, ok := c.Arg(1); ok {
		return d.reader.Force(other)
	}
	if c.Block != nil {
		return d.reader.Yield(c.Block)
	}
	if len(d.run) > 0 && name != "" {
		return ruby.Literally("{" + name + "}")
	}
	return v
}

func (d *deployment) onLoad(c ruby.Call) ruby.Value {
	name := wordOf(c, 0)
	if name == "capistrano/puma" && d.gem.hooksOnRequire() {
		d.hooks = append(d.hooks, deployHook{when: "deploy:finished", task: "puma:smart_restart", gem: true, at: d.seen(c)})
	}
	switch inside, ok := strings.CutPrefix(name, projectRoot+"/"); {
	case ok:
		name = inside
	case c.Name == "require_relative":
		name = path.Join(path.Dir(strings.TrimPrefix(c.File, projectRoot+"/")), name)
	}
	name = path.Clean(name)
	for _, candidate := range []string{name, name + ".rb"} {
		if _, ok := d.Files[candidate]; ok {
			d.follow(candidate)
			break
		}
	}
	return rubyNil()
}

func (d *deployment) onGlob(c ruby.Call) ruby.Value {
	pattern := path.Clean(strings.TrimPrefix(wordOf(c, 0), projectRoot+"/"))
	var names []string
	for name := range d.Files {
		ok, _ := path.Match(pattern, name)
		if dir, last, deep := strings.Cut(pattern, "/**/"); deep && strings.HasPrefix(name, dir+"/") {
			ok, _ = path.Match(last, path.Base(name))
		}
		if ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	items := make([]ruby.Value, 0, len(names))
	for _, name := range names {
		items = append(items, ruby.Literally(name))
	}
	if c.Block != nil {
		for _, item := range items {
			d.reader.Yield(c.Block, item)
		}
	}
	return ruby.NewList(items)
}

func (d *deployment) onPlugin(c ruby.Call) ruby.Value {
	hooks, ok := c.Options().Get("load_hooks")
	if !ok {
		hooks = ruby.Value{Kind: ruby.Bool, Text: "true", Literal: true}
	}
	if len(d.plugins) >= maxHooks || len(d.hooks) >= maxHooks {
		return rubyNil()
	}
	p := deployPlugin{name: wordOf(c, 0), hooks: hooks, at: d.seen(c)}
	d.plugins = append(d.plugins, p)
	when, task := d.gem.hook(p.name)
	if task != "" && (!hooks.Known() || hooks.Text != "false") {
		h := deployHook{when: when, task: task, gem: true, at: p.at, doubt: c.Doubt}
		if !hooks.Known() {
			h.doubt = &ruby.Doubt{Line: c.Line, Why: hooks.Why}
		}
		d.hooks = append(d.hooks, h)
	}
	return rubyNil()
}
