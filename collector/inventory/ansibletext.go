package inventory

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"pumatop/collector/config"
)

var sectionPattern = regexp.MustCompile(`^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$`)

const vaultHeader = "$ANSIBLE_VAULT;"

// readINI reads sections of hosts, children and variables.
func (a *ansible) readINI(file, text string) error {
	group, kind := nowhere, "hosts"
	line := 0
	for s := range strings.Lines(text) {
		line++
		where := at(file, line)
		s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
		switch {
		case s == "" || s[0] == '#' || s[0] == ';':
		case s[0] == '[' && sectionPattern.MatchString(s):
			m := sectionPattern.FindStringSubmatch(s)
			group, kind = m[1], or(m[2], "hosts")
			a.group(group)
			if kind != "hosts" && kind != "children" && kind != "vars" {
				a.gap(where, s, "there is no such kind of section")
			}
		case kind == "hosts":
			a.hostLine(s, group, where)
		case kind == "children":
			name, _, _ := strings.Cut(s, "#")
			a.below(group, strings.TrimSpace(name), where)
		case kind == "vars":
			if name, value, ok := strings.Cut(s, "="); ok {
				a.group(group).own.set(strings.TrimSpace(name), iniValue(value), where)
			} else {
				a.gap(where, s, "a variable is written name=value")
			}
		}
	}
	return nil
}

// iniValue is a value without its quotes, and without the comment that follows them.
func iniValue(value string) string {
	value = strings.TrimSpace(value)
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return value
	}
	n, text := quotedWord(value)
	if rest := strings.TrimSpace(value[n:]); n > 0 && (rest == "" || rest[0] == '#') {
		return text
	}
	return value
}

func (a *ansible) hostLine(s, group string, where config.Origin) {
	tokens, ok := words(s)
	if !ok || len(tokens) == 0 {
		a.gap(where, s, "a quote is not closed")
		return
	}
	for _, t := range tokens[1:] {
		if !strings.Contains(t, "=") {
			a.gap(where, s, "a variable is written name=value")
			return
		}
	}
	for _, h := range a.pattern(tokens[0], group, where) {
		for _, t := range tokens[1:] {
			name, value, _ := strings.Cut(t, "=")
			h.own.set(name, value, where)
		}
	}
}

// pattern adds the hosts of a pattern to a group.
func (a *ansible) pattern(pattern, group string, where config.Origin) []*ansibleHost {
	names, port, why := expandPattern(pattern)
	if why == "" && len(a.order)+len(names) > maxHosts {
		why = "the inventory has too many hosts"
	}
	if why != "" {
		a.gap(where, pattern, why)
		return nil
	}
	var hosts []*ansibleHost
	for _, name := range names {
		hosts = append(hosts, a.host(name, port, group, where))
	}
	return hosts
}

// readYAML reads groups with hosts, vars and children.
func (a *ansible) readYAML(file, text string) error {
	top, err := a.document(file, text)
	if err != nil || top == nil {
		why := "there are no groups in it"
		if err != nil {
			why = err.Error()
		}
		a.gap(at(file, 0), file, why)
		return nil
	}
	if plugin := a.child(top, "plugin"); isText(plugin) {
		a.dynamic = true
		a.gap(at(file, plugin.Line), "plugin: "+plugin.Value, "an inventory that is asked for somewhere else is not asked")
		return nil
	}
	for _, p := range a.pairs(top) {
		a.yamlGroup(file, p, 0)
	}
	return nil
}

func (a *ansible) yamlGroup(file string, p pair, depth int) {
	where := at(file, p.line)
	if depth > maxDepth || !isNull(p.value) && p.value.Kind != yaml.MappingNode {
		a.gap(where, p.key, "a group has hosts, vars and children")
		return
	}
	a.group(p.key)
	for _, part := range a.pairs(p.value) {
		switch part.key {
		case "hosts":
			for _, h := range a.pairs(part.value) {
				for _, host := range a.pattern(h.key, p.key, at(file, h.line)) {
					a.yamlVars(file, h.value, host.own)
				}
			}
			if !isNull(part.value) && part.value.Kind != yaml.MappingNode {
				a.gap(at(file, part.line), "hosts", "hosts are written as a mapping, each with a colon behind it")
			}
		case "vars":
			a.yamlVars(file, part.value, a.group(p.key).own)
		case "children":
			for _, c := range a.pairs(part.value) {
				if p.key != everywhere {
					a.below(p.key, c.key, at(file, c.line))
				}
				a.yamlGroup(file, c, depth+1)
			}
		}
	}
}

// yamlVars keeps what a mapping says of how hosts are reached.
func (a *ansible) yamlVars(file string, n *yaml.Node, to variables) {
	for _, p := range a.pairs(n) {
		if !strings.HasPrefix(p.key, "ansible_") {
			continue
		}
		where := at(file, p.line)
		switch {
		case isNull(p.value):
		case p.value.Tag == "!vault":
			to[p.key] = variable{at: where, why: "the value is encrypted"}
		case !isText(p.value):
			to[p.key] = variable{at: where, why: "the value is not a text"}
		default:
			to.set(p.key, p.value.Value, where)
		}
	}
}

// vars reads group_vars and host_vars of a directory.
func (a *ansible) vars(dir string) error {
	a.group(everywhere)
	for _, name := range slices.Sorted(maps.Keys(a.groups)) {
		if err := a.varsOf(path.Join(dir, "group_vars", name), a.groups[name].files); err != nil {
			return err
		}
	}
	if _, err := fs.Stat(a.fsys, path.Join(dir, "host_vars")); err != nil {
		return nil
	}
	for _, name := range a.order {
		if strings.ContainsAny(name, "/\\") {
			continue
		}
		if err := a.varsOf(path.Join(dir, "host_vars", name), a.hosts[name].files); err != nil {
			return err
		}
	}
	return nil
}

// varsOf reads a file of variables, with or without an extension, or all of a directory.
func (a *ansible) varsOf(base string, to variables) error {
	if !fs.ValidPath(base) {
		return nil
	}
	files := []string{base, base + ".yml", base + ".yaml", base + ".json"}
	if entries, err := fs.ReadDir(a.fsys, base); err == nil {
		for _, e := range entries {
			if ext := path.Ext(e.Name()); ext == "" || ext == ".yml" || ext == ".yaml" || ext == ".json" {
				files = append(files, path.Join(base, e.Name()))
			}
		}
	}
	for _, file := range files {
		text, err := a.text(file)
		if err != nil {
			return err
		}
		if strings.HasPrefix(text, vaultHeader) {
			a.gap(at(file, 1), file, "the file is encrypted")
			continue
		}
		top, err := a.document(file, text)
		if err != nil {
			a.gap(at(file, 0), file, err.Error())
			continue
		}
		a.yamlVars(file, top, to)
	}
	return nil
}
