package capistrano

import (
	"maps"
	"path"
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/ruby"
)

// stage is what following the files for one stage comes to. It is the language that the files are written in.
type stage struct {
	*project
	name    string
	reader  *ruby.Reader
	vars    map[string]setting
	servers []*server
	// tasks are those at the top, of which Capistrano 2 makes stages.
	tasks           map[string]*ruby.Block
	loading, loaded []string
	known           map[string]*server
	nested          bool // in a namespace
	// unsure is whether a server was named in a way that is not followed.
	unsure bool
}

// setting is a variable with where it was set.
type setting struct {
	value ruby.Value
	file  string
	line  int
}

var nothing = ruby.Value{Kind: ruby.Nil, Text: "nil", Literal: true}

// language are the calls that are followed.
var language = map[string]func(*stage, ruby.Call) (ruby.Value, bool){
	"set": (*stage).set, "set_default": (*stage).setIfEmpty, "_cset": (*stage).setIfEmpty, "set_if_empty": (*stage).setIfEmpty,
	"fetch": (*stage).fetch, "ask": (*stage).ask, "ssh_options[]=": (*stage).setOption,
	"server": (*stage).server, "role": (*stage).role,
	"load": (*stage).load, "require": (*stage).load, "require_relative": (*stage).load, "import": (*stage).load,
	"namespace": (*stage).namespace, "task": (*stage).task, "invoke": (*stage).invoke, "install_plugin": (*stage).install,
	"Dir.glob": (*stage).globbed, "Dir[]": (*stage).globbed,
	"Net::SSH::Proxy::Command.new": (*stage).proxy, "Net::SSH::Proxy::Jump.new": (*stage).proxy,
}

// aside are the calls that bear on no server: what their blocks do happens in a deployment.
const aside = " after before on run_locally desc lock append remove validate puts warn at_exit default_run_options[]= default_environment[]= depend "

// Call is ruby.Host.
func (s *stage) Call(c ruby.Call) (ruby.Value, bool) {
	if call, ok := language[c.Name]; ok {
		return call(s, c)
	}
	if strings.Contains(aside, " "+c.Name+" ") {
		return nothing, true
	}
	if strings.HasPrefix(c.Name, "Capistrano::") { // the constant of install_plugin
		return ruby.Literally(c.Name), true
	}
	if len(c.Args) > 0 || c.Block != nil {
		return ruby.Value{}, false
	}
	if _, ok := s.vars[c.Name]; ok { // Capistrano 2 has variables as methods
		return s.value(c.Name, c.Line), true
	}
	return s.place(c.Name, c.Line)
}

// place is one of the directories that Capistrano derives, or a variable with a default.
func (s *stage) place(name string, line int) (ruby.Value, bool) {
	below := map[string]string{"deploy_path": "", "current_path": "current", "shared_path": "shared", "releases_path": "releases", "release_path": "current"}
	if sub, ok := below[name]; ok {
		v := s.value("deploy_to", line)
		if v.IsText() {
			v.Text = path.Join(v.Text, sub)
		}
		return v, true
	}
	if name == "deploy_to" || name == "application" || name == "stage" {
		return s.value(name, line), true
	}
	return ruby.Value{}, false
}

// value is a variable as fetch has it: a lambda is called, and kept as what it returned.
func (s *stage) value(name string, line int) ruby.Value {
	v, ok := s.vars[name]
	switch {
	case ok:
		if v.value.Kind == ruby.Lambda {
			v.value = s.reader.Force(v.value)
			s.vars[name] = v
		}
		return v.value
	case name == "deploy_to" && s.vars["application"].value.IsText():
		v := s.value("application", line)
		v.Text = map[bool]string{false: "/var/www/", true: "/u/apps/"}[s.old] + v.Text
		return v
	}
	return ruby.Not(line, "nothing in these files sets "+name)
}

// key is the first argument as a variable's name.
func key(c ruby.Call) (string, bool) {
	v, ok := c.Arg(0)
	return v.Text, ok && v.IsText()
}

func (s *stage) set(c ruby.Call) (ruby.Value, bool) {
	name, ok := key(c)
	if !ok {
		return ruby.Value{}, true
	}
	v := nothing
	if second, ok := c.Arg(1); ok {
		v = second
	}
	if c.Block != nil {
		v = s.reader.Lambda(c.Block)
	}
	s.put(name, v, c)
	return v, true
}

// put sets a variable. One that may be set has no value that can be told, unless it is unlikely.
func (s *stage) put(name string, v ruby.Value, c ruby.Call) {
	if c.Doubt != nil {
		if old, ok := s.vars[name]; ok && c.Doubt.Unlikely {
			if old.value.Literal && old.value.Kind != ruby.Lambda {
				old.value.Literal, old.value.Why, old.value.Line = false, c.Doubt.Why, c.Doubt.Line
				s.vars[name] = old
			}
			return
		}
		v = ruby.Not(c.Doubt.Line, c.Doubt.Why)
	}
	s.vars[name] = setting{value: v, file: fileOf(c), line: c.Line}
	s.locate(name, v)
}

// locate notes where the Capfile says that the other files are.
func (s *stage) locate(name string, v ruby.Value) {
	if !v.IsText() {
		return
	}
	where := path.Clean(strings.TrimPrefix(v.Text, root+"/"))
	switch name {
	case "deploy_config_path":
		s.deploy = where
	case "stage_config_path", "stage_dir":
		s.stages = where
	case "default_stage":
		s.defaultStage = clean.Line(v.Text)
	}
}

// ask is a variable that the person who deploys is asked for.
func (s *stage) ask(c ruby.Call) (ruby.Value, bool) {
	if name, ok := key(c); ok {
		s.put(name, ruby.Not(c.Line, "whoever deploys is asked for it"), c)
	}
	return nothing, true
}

func (s *stage) setIfEmpty(c ruby.Call) (ruby.Value, bool) {
	if name, ok := key(c); ok {
		if _, set := s.vars[name]; set {
			return nothing, true
		}
	}
	return s.set(c)
}

func (s *stage) fetch(c ruby.Call) (ruby.Value, bool) {
	name, ok := key(c)
	if !ok {
		return ruby.Not(c.Line, "which variable is fetched is not followed"), true
	}
	v := s.value(name, c.Line)
	if _, set := s.vars[name]; set || v.Known() {
		return v, true
	}
	if other, ok := c.Arg(1); ok {
		return s.reader.Force(other), true
	}
	if c.Block != nil {
		return s.reader.Yield(c.Block), true
	}
	return v, true
}

// setOption is ssh_options[:port] = 22.
func (s *stage) setOption(c ruby.Call) (ruby.Value, bool) {
	name, ok := key(c)
	options := s.vars["ssh_options"].value
	if !ok || len(c.Args) < 2 {
		return ruby.Value{}, true
	}
	if options.Kind != ruby.Hash {
		options = ruby.Value{Kind: ruby.Hash, Literal: true}
	}
	if len(options.Pairs) < 100 {
		options.Pairs = append(slices.Clone(options.Pairs), ruby.Pair{Key: name, Value: c.Args[1]})
	}
	s.put("ssh_options", options, c)
	return c.Args[1], true
}

// load follows a file of the project; what is in a gem says nothing of hosts.
func (s *stage) load(c ruby.Call) (ruby.Value, bool) {
	v, _ := c.Arg(0)
	if !v.IsText() {
		if v.Kind == ruby.Unknown {
			s.callGap(c, "which file it loads is not followed: "+v.Why)
		}
		return nothing, true
	}
	s.recognise(v.Text)
	name, ok := s.loadable(c, v.Text)
	switch {
	case ok && strings.HasSuffix(name, ".yml"):
	case ok:
		s.follow(name)
	case strings.HasSuffix(v.Text, ".rb") && c.Name != "require":
		s.callGap(c, "the file that it loads is not in the project")
	}
	return nothing, true
}

// recognise notes what a required library says of the version of Capistrano.
func (s *stage) recognise(library string) {
	switch library {
	case "deploy", "capistrano/ext/multistage":
		s.old = true
	case "capistrano/setup", "capistrano/deploy":
		s.old = false
	}
}

func (s *stage) namespace(c ruby.Call) (ruby.Value, bool) {
	if c.Block != nil {
		depth := s.nested
		s.nested = true
		s.reader.Yield(c.Block)
		s.nested = depth
	}
	return nothing, true
}

// task notes a task of the top; what it does when it is run is no matter here, unless it is a stage.
func (s *stage) task(c ruby.Call) (ruby.Value, bool) {
	name, ok := key(c)
	if options := c.Options(); !ok && len(options.Pairs) > 0 { // task name: :before
		name, ok = options.Pairs[0].Key, true
	}
	if ok && c.Block != nil && !s.nested {
		s.tasks[clean.Line(name)] = c.Block
	}
	return nothing, true
}

// stageTasks are the tasks that name servers, which is how Capistrano 2 has stages without files.
func (s *stage) stageTasks() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.tasks)) {
		if namesServers(s.tasks[name]) && len(out) < maxStages {
			out = append(out, name)
		}
	}
	return out
}

func namesServers(b *ruby.Block) bool {
	for _, branch := range b.Branches {
		for _, sentence := range branch.Body {
			if len(sentence.Tokens) == 0 {
				continue
			}
			if t := sentence.Tokens[0]; t.Is(ruby.TokenWord, "server") || t.Is(ruby.TokenWord, "role") || t.Block != nil && namesServers(t.Block) {
				return true
			}
		}
	}
	return false
}

func (s *stage) runTask(name string) {
	if b := s.tasks[name]; b != nil {
		s.vars["stage"] = setting{value: ruby.Value{Kind: ruby.Symbol, Text: name, Literal: true}}
		s.reader.File = path.Join(root, s.deploy)
		s.reader.Yield(b)
	}
}

// invoke at the top of a Capfile is the stage that is meant where none is named.
func (s *stage) invoke(c ruby.Call) (ruby.Value, bool) {
	if name, ok := key(c); ok && c.Doubt == nil && fileOf(c) == capfile {
		s.defaultStage = clean.Line(name)
	}
	return nothing, true
}

func (s *stage) install(c ruby.Call) (ruby.Value, bool) {
	if v, ok := c.Arg(0); ok {
		s.puma.install(v.Text, fileOf(c), c.Line)
	}
	return nothing, true
}

func (s *stage) globbed(c ruby.Call) (ruby.Value, bool) {
	v, _ := c.Arg(0)
	if !v.IsText() {
		return ruby.Not(c.Line, v.Why), true
	}
	files := ruby.NewList(s.glob(v.Text))
	if c.Block == nil {
		return files, true
	}
	for _, file := range files.Items {
		s.reader.Yield(c.Block, file)
	}
	return files, true
}
