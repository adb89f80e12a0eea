package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"pumatop/collector/config"
)

// Reader reads the files of one tool from a project's directory. Where there are none it is an [fs.ErrNotExist], or an Import
// without environments.
type Reader func(fs.FS) (Import, error)

// Discover reads what a project's directory has of other tools, in the order of the readers. Those that fail are an error
// beside what the others found. A directory that everybody may write in is nobody's project.
func Discover(fsys fs.FS, readers ...Reader) ([]Import, error) {
	if info, err := fs.Stat(fsys, "."); err == nil && info.Mode()&0o002 != 0 {
		return nil, nil
	}
	var found []Import
	var failed []error
	for _, read := range readers {
		in, err := read(fsys)
		switch {
		case errors.Is(err, fs.ErrNotExist): // not a project of this tool's
		case err != nil:
			failed = append(failed, err)
		case len(in.Config.Environments) > 0 || len(in.Gaps) > 0:
			found = append(found, in)
		}
	}
	return found, errors.Join(failed...)
}

// Merge lays a configuration over what was discovered: environments that it has not are added, of two imports with one
// name the first. What runs commands in them is withheld.
func Merge(cfg config.Config, imports []Import) config.Config {
	all := maps.Clone(cfg.Environments)
	for _, in := range imports {
		for _, name := range slices.Sorted(maps.Keys(in.Config.Environments)) {
			if _, ok := all[name]; ok {
				continue
			}
			if all == nil {
				all = map[string]config.Environment{}
			}
			all[name] = withhold(in.Config.Environments[name])
		}
	}
	cfg.Environments = all
	return cfg
}

// Imported is the import that an environment of a merged configuration comes from.
func Imported(cfg config.Config, imports []Import, environment string) (Import, bool) {
	if _, ok := cfg.Environments[environment]; !ok {
		for _, in := range imports {
			if _, ok := in.Config.Environments[environment]; ok {
				return in, true
			}
		}
	}
	return Import{}, false
}

// Shadowed are the environments of imports that do not count, since the configuration or an earlier import has one of that
// name.
func Shadowed(own map[string]config.Environment, imports []Import) []string {
	var all []string
	taken := map[string]string{}
	for name := range own {
		taken[name] = "the configuration"
	}
	for _, in := range imports {
		for _, name := range slices.SortedFunc(maps.Keys(in.Config.Environments), Natural) {
			if by, ok := taken[name]; ok {
				all = append(all, fmt.Sprintf("%s's %s is left out: %s has one", in.Tool, name, by))
				continue
			}
			taken[name] = in.Tool
		}
	}
	return all
}

// withhold takes out of an environment what a stranger could do harm with, as of any file that comes with a clone.
func withhold(env config.Environment) config.Environment {
	where := config.Origin{Layer: config.Imported, File: firstFile(env)}
	env.Reach = env.Withhold(where)
	groups := map[string]config.Group{}
	for name, g := range env.Groups {
		where := where
		if len(g.Hosts) > 0 {
			where.File = g.Hosts[0].At.File
		}
		g.Reach = g.Withhold(where)
		g.Hosts = slices.Clone(g.Hosts)
		for i := range g.Hosts {
			g.Hosts[i].Reach = g.Hosts[i].Withhold(g.Hosts[i].At)
		}
		groups[name] = g
	}
	env.Groups = groups
	return env
}
