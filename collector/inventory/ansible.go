package inventory

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"pumatop/collector/config"
)

// ReadAnsible reads the inventories of a project: those that ansible.cfg names, and those in their customary places, each
// a stage. They are INI or YAML, with group_vars and host_vars beside them; only the variables count that say how a
// host is reached. Inventories that are programs are not run.
func ReadAnsible(fsys fs.FS) (Import, error) {
	r := &ansibleReader{reader: reader{fsys: fsys}, environments: map[string]config.Environment{}}
	for _, dir := range []string{".", "ansible"} {
		if err := r.project(dir); err != nil {
			return Import{}, err
		}
	}
	return r.done("Ansible", r.environments), nil
}

// ansibleReader reads one project.
type ansibleReader struct {
	reader
	environments map[string]config.Environment
	known        []string  // inventories that have been read, by path
	defaults     variables // of the project's ansible.cfg
}

// wholeInventory is the environment of an inventory whose place says nothing of a stage.
const wholeInventory = "ansible"

// The names that an inventory goes by inside the directory of its stage, or of the project.
func inventoryNames() []string {
	return []string{"hosts", "hosts.yml", "hosts.yaml", "hosts.ini", "inventory", "inventory.yml", "inventory.yaml", "inventory.ini"}
}

// project reads what ansible.cfg and custom make an inventory.
func (r *ansibleReader) project(dir string) error {
	configured, err := r.configured(path.Join(dir, "ansible.cfg"))
	if err != nil {
		return err
	}
	for _, p := range configured {
		if err := r.source(p, stageOf(p), dir, true); err != nil {
			return err
		}
	}
	for _, p := range r.customary(dir) {
		if err := r.source(p, stageOf(p), dir, false); err != nil {
			return err
		}
	}
	return nil
}

// settings are those of ansible.cfg that stand in for variables of every host.
var settings = map[string]string{
	"defaults/remote_user": "ansible_user", "defaults/remote_port": "ansible_port", "defaults/private_key_file": "ansible_ssh_private_key_file",
	"ssh_connection/ssh_args": "ansible_ssh_args", "ssh_connection/ssh_common_args": "ansible_ssh_common_args",
	"privilege_escalation/become": "ansible_become", "privilege_escalation/become_user": "ansible_become_user",
	"privilege_escalation/become_method": "ansible_become_method",
}

// configured are the inventories of an ansible.cfg, whose settings become defaults.
func (r *ansibleReader) configured(file string) ([]string, error) {
	r.defaults = variables{}
	text, err := r.text(file)
	if err != nil {
		return nil, err
	}
	var found []string
	section := ""
	line := 0
	for s := range strings.Lines(text) {
		line++
		s = strings.TrimSpace(s)
		if strings.HasPrefix(s, "[") {
			section = strings.Trim(s, "[]")
		}
		key, value, ok := strings.Cut(s, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if name := settings[section+"/"+key]; ok && name != "" {
			r.defaults.set(name, value, at(file, line))
		}
		if !ok || section != "defaults" || key != "inventory" {
			continue
		}
		for p := range strings.SplitSeq(value, ",") {
			below := path.Join(path.Dir(file), strings.TrimSpace(p))
			if strings.HasPrefix(strings.TrimSpace(p), "/") || !fs.ValidPath(below) {
				r.gap(at(file, line), s, "the inventory is outside of the project")
				continue
			}
			found = append(found, below)
		}
	}
	return found, nil
}

// customary are the inventories in a project's usual places: a file of its own, a directory with one for each stage,
// or one with a directory for each.
func (r *ansibleReader) customary(dir string) []string {
	var found []string
	for _, name := range inventoryNames() {
		if p := path.Join(dir, name); r.regular(p) {
			found = append(found, p)
		}
	}
	for _, name := range []string{"inventory", "inventories"} {
		below := path.Join(dir, name)
		entries, err := fs.ReadDir(r.fsys, below)
		if err != nil {
			continue
		}
		for _, e := range entries {
			p := path.Join(below, e.Name())
			switch {
			case r.regular(p) && !ignoredInventory(e.Name()):
				found = append(found, p)
			case e.IsDir() && !varsDir(e.Name()):
				found = append(found, r.stageFiles(p)...)
			}
		}
	}
	return found
}

// stageFiles are the inventories in the directory of a stage.
func (r *ansibleReader) stageFiles(dir string) []string {
	var found []string
	for _, name := range inventoryNames() {
		if p := path.Join(dir, name); r.regular(p) {
			found = append(found, p)
		}
	}
	return found
}

func varsDir(name string) bool { return name == "group_vars" || name == "host_vars" }

// ignoredInventory reports files that Ansible passes over in a directory of inventories. It passes over .ini, too, which
// is then named by itself.
func ignoredInventory(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || slices.Contains([]string{
		".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
	}, path.Ext(name))
}

// stageOf is the environment that an inventory is of, by its place.
func stageOf(p string) string {
	for p != "." && p != "/" {
		base := path.Base(p)
		stem := strings.TrimSuffix(base, path.Ext(base))
		if !slices.Contains([]string{"hosts", "inventory", "inventories", "ansible"}, stem) {
			return configName(stem)
		}
		p = path.Dir(p)
	}
	return wholeInventory
}

// source reads one inventory, a file or a directory of them, and makes its environments. One that was not asked for is
// passed over without hosts.
func (r *ansibleReader) source(p, stage, project string, asked bool) error {
	if slices.ContainsFunc(r.known, func(k string) bool { return k == p || strings.HasPrefix(p, k+"/") }) {
		return nil
	}
	inv := newAnsible(&r.reader)
	inv.defaults = r.defaults
	gaps := len(r.gaps)
	files := []string{p}
	if !r.regular(p) {
		files = r.inside(p)
	}
	if files == nil {
		if asked {
			r.gap(at(p, 0), p, "there is no such inventory")
		}
		return nil
	}
	r.known = append(r.known, p)
	for _, file := range files {
		if err := inv.read(file); err != nil {
			return err
		}
	}
	if len(inv.hosts) == 0 && !asked && !inv.dynamic {
		r.gaps = r.gaps[:gaps]
		r.files = slices.DeleteFunc(r.files, func(f string) bool { return slices.Contains(files, f) })
		return nil
	}
	dirs := slices.Compact([]string{path.Dir(files[0]), project})
	for _, dir := range dirs {
		if err := inv.vars(dir); err != nil {
			return err
		}
	}
	r.keep(inv.environments(stage), files)
	return nil
}

// keep adds environments. One of each name counts.
func (r *ansibleReader) keep(envs map[string]config.Environment, files []string) {
	for _, name := range slices.Sorted(maps.Keys(envs)) {
		old, ok := r.environments[name]
		if !ok {
			r.environments[name] = envs[name]
			continue
		}
		for _, file := range files {
			r.gap(at(file, 0), file, "there are two inventories of "+name+"; "+firstFile(old)+" counts")
		}
	}
}

// firstFile is where an environment comes from.
func firstFile(env config.Environment) string {
	var first config.Origin
	for _, g := range env.Groups {
		for _, h := range g.Hosts {
			if first.File == "" || cmp.Or(strings.Compare(h.At.File, first.File), cmp.Compare(h.At.Line, first.Line)) < 0 {
				first = h.At
			}
		}
	}
	return cmp.Or(first.File, "the first")
}

// inside are the inventories of a directory, in the order in which Ansible lays them over one another.
func (r *ansibleReader) inside(dir string) []string {
	entries, err := fs.ReadDir(r.fsys, dir)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		if p := path.Join(dir, e.Name()); r.regular(p) && !ignoredInventory(e.Name()) && path.Ext(p) != ".ini" {
			files = append(files, p)
		}
	}
	if files == nil {
		files = r.stageFiles(dir)
	}
	return files
}

// configName makes a name of a configuration of another tool's.
func configName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return '_'
	}, name)
	if name == "" || strings.ContainsAny(name[:1], ".-") {
		name = "_" + name
	}
	return name
}
