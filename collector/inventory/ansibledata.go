package inventory

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

// ansible is one inventory: groups of groups of hosts, with variables.
type ansible struct {
	*reader
	groups map[string]*ansibleGroup
	hosts  map[string]*ansibleHost
	// defaults are the variables of ansible.cfg.
	defaults variables
	// order has the hosts as they are written.
	order []string
	// above are all groups that a group is part of, and deep how many it is inside of, once both were asked for.
	above map[string][]string
	deep  map[string]int
	// dynamic is set where one that is a program was passed over.
	dynamic bool
}

type ansibleGroup struct {
	parents []string
	// own are the variables of the inventory itself, files those of group_vars.
	own, files variables
}

type ansibleHost struct {
	name, port string
	groups     []string
	at         config.Origin
	own, files variables
}

// variables are those that say how a host is reached, by name.
type variables map[string]variable

// variable is a value with its place. One that cannot be read here has a reason.
type variable struct {
	value string
	at    config.Origin
	why   string
}

// everywhere and nowhere are the groups that Ansible makes itself.
const everywhere, nowhere = "all", "ungrouped"

func newAnsible(r *reader) *ansible {
	return &ansible{reader: r, groups: map[string]*ansibleGroup{}, hosts: map[string]*ansibleHost{},
		above: map[string][]string{}, deep: map[string]int{}}
}

func (a *ansible) group(name string) *ansibleGroup {
	g := a.groups[name]
	if g == nil {
		g = &ansibleGroup{own: variables{}, files: variables{}}
		a.groups[name] = g
	}
	return g
}

// host adds a host to a group.
func (a *ansible) host(name, port, group string, where config.Origin) *ansibleHost {
	h := a.hosts[name]
	if h == nil {
		h = &ansibleHost{name: name, port: port, at: where, own: variables{}, files: variables{}}
		a.hosts[name] = h
		a.order = append(a.order, name)
	}
	if !slices.Contains(h.groups, group) {
		h.groups = append(h.groups, group)
	}
	a.group(group)
	return h
}

// below makes one group part of another, unless it is the other way around already.
func (a *ansible) below(parent, child string, where config.Origin) {
	switch {
	case len(a.groups) > maxGroups:
		a.gap(where, child, "the inventory has too many groups")
		return
	case parent == child || slices.Contains(a.findAncestors(parent), child):
		a.gap(where, child, "a group cannot be part of itself")
		return
	}
	a.group(parent)
	if c := a.group(child); !slices.Contains(c.parents, parent) {
		c.parents = append(c.parents, parent)
	}
}

// maxGroups bounds an inventory.
const maxGroups = 1000

func (a *ansible) findAncestors(group string) []string {
	var all []string
	for next := []string{group}; len(next) > 0; {
		g := a.groups[next[0]]
		next = next[1:]
		if g == nil {
			continue
		}
		for _, p := range g.parents {
			if !slices.Contains(all, p) {
				all, next = append(all, p), append(next, p)
			}
		}
	}
	return all
}

// ancestors are all groups that a group is part of, once the inventory has been read.
func (a *ansible) ancestors(group string) []string {
	all, ok := a.above[group]
	if !ok {
		all = a.findAncestors(group)
		a.above[group] = all
	}
	return all
}

// depth is how many groups a group is inside of.
func (a *ansible) depth(group string) int {
	if d, ok := a.deep[group]; ok {
		return d
	}
	deepest := 0
	for _, p := range a.groups[group].parents {
		deepest = max(deepest, a.depth(p)+1)
	}
	a.deep[group] = deepest
	return deepest
}

// groupsOf are the groups of a host, those that say the least first.
func (a *ansible) groupsOf(host string) []string {
	var all []string
	for _, name := range a.hosts[host].groups {
		for _, n := range append([]string{name}, a.ancestors(name)...) {
			if n != everywhere && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	if len(all) == 0 {
		a.group(nowhere)
		return []string{nowhere}
	}
	slices.SortFunc(all, func(x, y string) int {
		return cmp.Or(a.depth(x)-a.depth(y), strings.Compare(x, y))
	})
	return all
}

// variablesOf are those that count for a host: the inventory's of all, of its groups, then those of files, then the
// host's own.
func (a *ansible) variablesOf(h *ansibleHost, groups []string) variables {
	all := variables{}
	take := func(from variables) {
		for k, v := range from {
			all[k] = v
		}
	}
	take(a.defaults)
	top := a.group(everywhere)
	take(top.own)
	for _, g := range groups {
		take(a.groups[g].own)
	}
	take(top.files)
	for _, g := range groups {
		take(a.groups[g].files)
	}
	take(h.own)
	take(h.files)
	return all
}

// set keeps a variable, where it is one of those that count.
func (v variables) set(name, value string, where config.Origin) {
	if strings.HasPrefix(name, "ansible_") {
		why := ""
		if value, why = plainValue(value); why == "" || concerns(name) {
			v[name] = variable{value, where, why}
		}
	}
}

// plainValue fills in the one expression that stands for the host itself, and says why it cannot read another. The mark
// for the host's name is filled in where it is known.
func plainValue(value string) (text, why string) {
	if clean.Line(value) != value {
		return "", "there are characters in the value that a terminal would act on"
	}
	for _, form := range []string{"{{ inventory_hostname }}", "{{inventory_hostname}}"} {
		value = strings.ReplaceAll(value, form, ownName)
	}
	for _, form := range []string{"{{ inventory_hostname_short }}", "{{inventory_hostname_short}}"} {
		value = strings.ReplaceAll(value, form, ownShortName)
	}
	if strings.Contains(value, "{{") || strings.Contains(value, "{%") {
		return "", "an expression is not evaluated"
	}
	return value, ""
}

// The marks of the host's own name, which no text has.
const ownName, ownShortName = "\x00name\x00", "\x00short\x00"

// read reads one file of an inventory.
func (a *ansible) read(file string) error {
	text, err := a.text(file)
	if err != nil || text == "" {
		return err
	}
	if strings.HasPrefix(text, "#!") || slices.Contains([]string{".py", ".sh", ".rb", ".pl", ".js"}, path.Ext(file)) {
		a.dynamic = true
		a.gap(at(file, 1), file, "an inventory that is a program is not run")
		return nil
	}
	if strings.HasPrefix(text, vaultHeader) {
		a.gap(at(file, 1), file, "the file is encrypted")
		return nil
	}
	ext := path.Ext(file)
	if ext == ".ini" || ext != ".yml" && ext != ".yaml" && ext != ".json" && !a.looksYAML(file, text) {
		return a.readINI(file, text)
	}
	return a.readYAML(file, text)
}

// looksYAML reports whether a file without an extension is a mapping, as Ansible finds out.
func (a *ansible) looksYAML(file, text string) bool {
	top, err := a.document(file, text)
	return err == nil && top != nil
}

// expandPattern writes out a host as Ansible does: web[01:50:2], db-[a:f], with a port behind it.
func expandPattern(pattern string) (names []string, port, why string) {
	host := pattern
	if inside, rest, ok := strings.Cut(strings.TrimPrefix(host, "["), "]"); ok && host[0] == '[' && strings.Count(inside, ":") > 1 && addressEnd(host, 0) > 0 {
		return []string{inside}, strings.TrimPrefix(rest, ":"), ""
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') && strings.Count(host[strings.LastIndexByte(host, ']')+1:], ":") == 1 {
		if n, err := strconv.Atoi(host[i+1:]); err != nil || n < 1 || n > 65535 {
			return nil, "", "the port is not a number"
		}
		host, port = host[:i], host[i+1:]
	}
	names = []string{""}
	for host != "" {
		before, rest, ok := strings.Cut(host, "[")
		if !ok {
			names = product(names, before, []string{""})
			break
		}
		inside, after, closed := strings.Cut(rest, "]")
		list, why := ansibleRange(inside)
		if !closed || why != "" {
			return nil, "", or(why, "the bracket is not closed")
		}
		if len(names)*len(list) > maxHosts {
			return nil, "", "the range is too long"
		}
		names, host = product(names, before, list), after
	}
	return names, port, ""
}

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// ansibleRange writes out 01:50, 1:9:2 or a:f.
func ansibleRange(inside string) (list []string, why string) {
	ends := strings.Split(inside, ":")
	if len(ends) < 2 || len(ends) > 3 || ends[1] == "" {
		return nil, wrongRange
	}
	step := 1
	if len(ends) == 3 {
		n, ok := number(ends[2])
		if !ok || n == 0 {
			return nil, "a step is a number from 1 on"
		}
		step = n
	}
	low, high := or(ends[0], "0"), ends[1]
	from, ok := number(low)
	to, okTo := number(high)
	if !ok || !okTo {
		return lettered(low, high, step)
	}
	if from > to {
		return nil, wrongRange
	}
	if low[0] == '0' && len(low) > 1 && len(low) != len(high) {
		return nil, "with leading zeros both ends are as long"
	}
	return numbered(from, to, step, low), ""
}

const wrongRange = "a range is written [01:50] or [a:f]"

func lettered(low, high string, step int) (list []string, why string) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	i, j := strings.Index(letters, low), strings.Index(letters, high)
	if len(low) != 1 || len(high) != 1 || i < 0 || j < i {
		return nil, wrongRange
	}
	for ; i <= j; i += step {
		list = append(list, letters[i:i+1])
	}
	return list, ""
}

func numbered(from, to, step int, low string) (list []string) {
	width := 0
	if low[0] == '0' && len(low) > 1 {
		width = len(low)
	}
	for n := from; n <= to && len(list) <= maxHosts; n += step {
		digits := strconv.Itoa(n)
		list = append(list, strings.Repeat("0", max(width-len(digits), 0))+digits)
	}
	return list
}
