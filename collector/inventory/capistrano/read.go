package capistrano

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/inventory"
	"pumatop/collector/ruby"
)

// The places of Capistrano's files, where the Capfile names no others.
const (
	capfile    = "Capfile"
	deployFile = "config/deploy.rb"
	stageDir   = "config/deploy"
)

// maxStages bounds the stages of a project.
const maxStages = 200

// Read reads the project in fsys. Without files of Capistrano it has no environments. The error is that of a file that
// cannot be read; what the files say in a way that is not followed is in the gaps.
func Read(fsys fs.FS) (inventory.Import, error) {
	p := &project{fsys: fsys, parsed: map[string]*source{}, deploy: deployFile, stages: stageDir}
	p.lock()
	base := p.walk("")
	if err := p.load(base); err != nil {
		return inventory.Import{}, err
	}
	if len(p.files) == 0 && len(p.stageFiles()) == 0 {
		return inventory.Import{Tool: "Capistrano"}, nil
	}
	out := inventory.Import{Tool: "Capistrano", Config: config.Config{Environments: map[string]config.Environment{}}}
	for _, s := range p.environments(base) {
		if p.failed != nil {
			return inventory.Import{}, p.failed
		}
		out.Config.Environments[s.name] = s.environment()
	}
	out.Config.Environment = p.opened(out.Config.Environments)
	if p.exhausted {
		p.gap(p.files[len(p.files)-1], 1, "the files take more work than is done for them; what is missing is not known")
	}
	out.Files = p.files
	out.Gaps = p.sortedGaps()
	return out, p.failed
}

// project is the files of one checkout.
type project struct {
	fsys   fs.FS
	parsed map[string]*source
	files  []string
	gaps   []inventory.Gap
	failed error
	// deploy and stages are where deploy.rb and the stages' files are, as the Capfile has it.
	deploy, stages string
	// old is Capistrano 2; defaultStage the stage that the files open by themselves.
	old          bool
	defaultStage string
	puma         plugin
	steps        int
	exhausted    bool
}

// walk begins to follow the files as if for a stage.
func (p *project) walk(name string) *stage {
	s := &stage{project: p, name: name, vars: map[string]setting{}, tasks: map[string]*ruby.Block{}}
	s.reader = &ruby.Reader{Variables: map[string]ruby.Value{}, Here: root, Home: "~", Host: s, Steps: p.steps}
	if name != "" {
		s.vars["stage"] = setting{value: ruby.Value{Kind: ruby.Symbol, Text: name, Literal: true}}
	}
	return s
}

// load follows the Capfile and deploy.rb. Capistrano 2 loads the second by the first, Capistrano 3 by itself.
func (p *project) load(s *stage) error {
	s.follow(capfile)
	if !slices.Contains(s.loaded, p.deploy) {
		s.follow(p.deploy)
	}
	return p.failed
}

// stageFiles are the files of the stages, by name.
func (p *project) stageFiles() []string {
	names, err := fs.Glob(p.fsys, path.Join(quoteGlob(p.stages), "*.rb"))
	if err != nil {
		return nil
	}
	return names[:min(len(names), maxStages)]
}

// quoteGlob takes the special characters out of a path.
func quoteGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// environments follows every stage: those with a file, else the tasks of Capistrano 2 that name servers, else the one that
// deploy.rb is by itself.
func (p *project) environments(base *stage) []*stage {
	base.done()
	var out []*stage
	for _, file := range p.stageFiles() {
		s := p.walk(strings.TrimSuffix(path.Base(file), ".rb"))
		if p.load(s) != nil {
			return []*stage{s}
		}
		s.follow(file)
		s.done()
		out = append(out, s)
	}
	if len(out) > 0 {
		return out
	}
	for _, name := range base.stageTasks() {
		s := p.walk(name)
		_ = p.load(s)
		s.runTask(name)
		s.done()
		out = append(out, s)
	}
	if len(out) == 0 && (len(base.servers) > 0 || base.unsure) {
		base.name = base.ownName()
		out = append(out, base)
	}
	return out
}

// done hands on how much work the stage took.
func (s *stage) done() {
	s.steps, s.exhausted = s.reader.Steps, s.exhausted || s.reader.Exhausted()
}

// ownName is what a project without stages is called.
func (s *stage) ownName() string {
	for _, key := range []string{"stage", "rails_env", "default_stage"} {
		if v, ok := s.vars[key]; ok && v.value.IsText() && v.value.Text != "" {
			return clean.Line(v.value.Text)
		}
	}
	return "production"
}

// opened is the environment that is meant where none is named.
func (p *project) opened(all map[string]config.Environment) string {
	if _, ok := all[p.defaultStage]; ok {
		return p.defaultStage
	}
	if len(all) == 1 {
		for name := range all {
			return name
		}
	}
	return ""
}

// harmless are the names, or words of names, of stages that no users depend on.
const harmless = " staging stage stg test tests testing qa dev devel development demo sandbox review preview uat int integration ci vagrant local localhost training "

// protected reports whether a stage's name leaves it possible that it is production.
func protected(stage string) bool {
	ask := true
	for _, word := range strings.FieldsFunc(strings.ToLower(stage), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		word = strings.TrimRight(word, "0123456789")
		if word == "production" || word == "prod" || word == "live" {
			return true
		}
		ask = ask && !strings.Contains(harmless, " "+word+" ")
	}
	return ask
}

// isMissing reports a file that is not there, or cannot be in the tree at all.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid)
}
