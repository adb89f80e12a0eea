package inventory

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

// stages are names of groups that are environments where a single inventory has several of them.
var stages = []string{"production", "prod", "staging", "stage", "preprod", "uat", "qa", "test", "testing", "integration", "demo", "development", "dev", "sandbox"}

// concerns reports the variables that decide on how a host is reached.
func concerns(name string) bool {
	return slices.Contains([]string{
		"ansible_host", "ansible_ssh_host", "ansible_port", "ansible_ssh_port", "ansible_user", "ansible_ssh_user",
		"ansible_ssh_private_key_file", "ansible_private_key_file", "ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args",
		"ansible_become", "ansible_become_user", "ansible_become_method", "ansible_connection",
	}, name)
}

// environments makes them of an inventory: one for each group that is named as a stage, else one of that name.
func (a *ansible) environments(stage string) map[string]config.Environment {
	members := map[string][]string{} // of groups, in the order of the inventory
	entries := map[string]config.Host{}
	for _, name := range a.order {
		groups := a.groupsOf(name)
		entry, ok := a.entry(a.hosts[name], groups)
		if !ok {
			continue
		}
		entries[name] = entry
		for _, g := range groups {
			members[g] = append(members[g], name)
		}
	}
	a.tellApart(entries, members)
	envs := map[string]config.Environment{}
	if stage == wholeInventory {
		for _, s := range stages {
			if len(members[s]) > 0 {
				envs[s] = environmentOf(entries, members, members[s], s)
			}
		}
	}
	if len(envs) == 0 {
		if len(entries) > 0 {
			envs[stage] = environmentOf(entries, members, slices.Sorted(maps.Keys(entries)), stage)
		}
		return envs
	}
	staged := map[string]bool{}
	for _, s := range stages {
		for _, name := range members[s] {
			staged[name] = true
		}
	}
	for _, name := range a.order {
		if _, ok := entries[name]; ok && !staged[name] {
			a.gap(a.hosts[name].at, name, "the host is in none of the groups that are environments here")
		}
	}
	return envs
}

// environmentOf is an environment of some hosts, with the groups that they are in beside its own.
func environmentOf(entries map[string]config.Host, members map[string][]string, hosts []string, stage string) config.Environment {
	within := map[string]bool{}
	for _, h := range hosts {
		within[h] = true
	}
	env := config.Environment{Groups: map[string]config.Group{}}
	placed := map[string]bool{}
	for name, list := range members {
		if name == stage || name == everywhere {
			continue
		}
		var g config.Group
		for _, h := range list {
			if within[h] {
				g.Hosts = append(g.Hosts, copied(entries[h]))
				placed[h] = true
			}
		}
		if len(g.Hosts) > 0 {
			env.Groups[configName(name)] = g
		}
	}
	var rest config.Group
	for _, h := range members[stage] {
		if within[h] && !placed[h] {
			rest.Hosts = append(rest.Hosts, copied(entries[h]))
		}
	}
	if len(rest.Hosts) > 0 {
		env.Groups[configName(stage)] = rest
	}
	hoist(&env)
	return env
}

// copied is an entry whose slices and maps are its own.
func copied(h config.Host) config.Host {
	h.SSH.Identity = slices.Clone(h.SSH.Identity)
	h.SSH.Options = maps.Clone(h.SSH.Options)
	return h
}

// tellApart gives hosts of one address their ports, as virtual machines have them, and keeps one of those that are then one
// machine still.
func (a *ansible) tellApart(entries map[string]config.Host, members map[string][]string) {
	count := map[string]int{}
	for _, e := range entries {
		count[e.Host]++
	}
	first := map[string]string{}
	for _, name := range a.order {
		e, ok := entries[name]
		if !ok {
			continue
		}
		if count[e.Host] > 1 && e.SSH.Port != 0 {
			e.Host, e.SSH.Port = join("", strings.Trim(e.Host, "[]"), strconv.Itoa(e.SSH.Port)), 0
			entries[name] = e
		}
		other, taken := first[e.Host]
		if !taken {
			first[e.Host] = name
			continue
		}
		a.gap(a.hosts[name].at, name, "it is the machine that "+other+" is")
		delete(entries, name)
		for g := range members {
			members[g] = slices.DeleteFunc(members[g], func(n string) bool { return n == name })
		}
	}
}

// localHost is what package remote calls this machine.
const localHost = "local"

// entry is a host as a configuration has it. It is not ok where it cannot be reached.
func (a *ansible) entry(h *ansibleHost, groups []string) (config.Host, bool) {
	v := ansibleVars{a, h, a.variablesOf(h, groups)}
	e := config.Host{Host: h.name, At: h.at}
	address, ok := v.get("ansible_host", "ansible_ssh_host")
	if !ok {
		return e, v.leftOut("ansible_host", "ansible_ssh_host")
	}
	if address != "" && address != h.name {
		e.Host, e.Name = address, configName(h.name)
	}
	if strings.Count(e.Host, ":") > 1 {
		e.Host = "[" + strings.Trim(e.Host, "[]") + "]"
	}
	if !v.connection(&e) {
		return e, false
	}
	if !isHost(e.Host) {
		a.gap(h.at, e.Host, "it is no host name")
		return e, false
	}
	if e.Command == nil && e.Host != localHost {
		v.ssh(&e)
	}
	v.become(&e)
	return e, true
}

// ansibleVars are the variables of one host.
type ansibleVars struct {
	*ansible
	host *ansibleHost
	all  variables
}

// get is the first of some names that is set. It is not ok where that cannot be read.
func (v ansibleVars) get(names ...string) (string, bool) {
	for _, name := range names {
		one, ok := v.all[name]
		if !ok {
			continue
		}
		if one.why != "" {
			v.gap(one.at, name, one.why)
			return "", false
		}
		short, _, _ := strings.Cut(v.host.name, ".")
		return strings.NewReplacer(ownName, v.host.name, ownShortName, short).Replace(one.value), true
	}
	return "", true
}

// leftOut says that a host is left out for a variable.
func (v ansibleVars) leftOut(names ...string) bool {
	for _, name := range names {
		if one, ok := v.all[name]; ok {
			v.gap(v.host.at, v.host.name, "the host is left out for its "+name+behind(one.at))
			break
		}
	}
	return false
}

// connection is how a host is entered. It is false where that is no way of pumatop's.
func (v ansibleVars) connection(e *config.Host) bool {
	kind, ok := v.get("ansible_connection")
	if !ok {
		return v.leftOut("ansible_connection")
	}
	switch kind[strings.LastIndexByte(kind, '.')+1:] {
	case "", "ssh", "smart", "paramiko", "paramiko_ssh", "libssh":
	case "local":
		e.Host = localHost
		e.Name = ""
		if v.host.name != "localhost" {
			e.Name = configName(v.host.name)
		}
	case "docker", "podman":
		e.Command = []string{kind[strings.LastIndexByte(kind, '.')+1:], "exec", "-i", "{host}", "sh"}
	default:
		v.gap(v.host.at, v.host.name, "the host is left out for its connection "+kind)
		return false
	}
	return true
}

// wordPattern keeps out what a shell could act on: users and jump hosts come into commands.
var wordPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:@%+,\[\]\\/-]*$`)

// word is a value that is one word, or nothing.
func (v ansibleVars) word(names ...string) string {
	text, ok := v.get(names...)
	if !ok || text == "" {
		return ""
	}
	if !wordPattern.MatchString(text) {
		for _, name := range names {
			if one, set := v.all[name]; set {
				v.gap(one.at, name, "there is something in the value that a shell could act on")
				break
			}
		}
		return ""
	}
	return text
}

// hostPattern is a name or an IPv4 address, without user and port.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// isHost reports whether another tool's name can be an entry: a name, or an IPv6 address in brackets.
func isHost(host string) bool {
	return len(host) < 256 && hostPattern.MatchString(host) || strings.HasPrefix(host, "[") && addressEnd(host, 0) == len(host) && clean.Line(host) == host &&
		!strings.ContainsAny(host, "% ")
}

func (v ansibleVars) ssh(e *config.Host) {
	e.SSH.User = v.word("ansible_user", "ansible_ssh_user")
	port, ok := v.get("ansible_port", "ansible_ssh_port")
	if ok && port == "" {
		port = v.host.port
	}
	if n, err := strconv.Atoi(port); err == nil && n > 0 && n <= 65535 {
		e.SSH.Port = n
	} else if port != "" {
		v.gap(v.host.at, port, "the port is not a number")
	}
	if key, _ := v.get("ansible_ssh_private_key_file", "ansible_private_key_file"); key != "" {
		e.SSH.Identity = []string{key}
	}
	for _, name := range []string{"ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"} {
		text, _ := v.get(name)
		args, ok := words(text)
		unknown := sshArguments(args, &e.SSH)
		if !ok {
			unknown = append(unknown, "a quote that is not closed")
		}
		if len(unknown) > 0 {
			v.gap(v.all[name].at, name, "not taken over: "+strings.Join(unknown, " "))
		}
	}
	if e.SSH.ProxyJump != "" && !wordPattern.MatchString(e.SSH.ProxyJump) {
		v.gap(v.host.at, v.host.name, "the jump host is no host name")
		e.SSH.ProxyJump = ""
	}
	for _, name := range []string{"ansible_password", "ansible_ssh_pass", "ansible_ssh_password", "ansible_ssh_private_key"} {
		if one, ok := v.all[name]; ok {
			v.gap(one.at, name, "secrets are not taken over; ssh asks, or its agent has the key")
		}
	}
}

// become is the user that scripts run as.
func (v ansibleVars) become(e *config.Host) {
	on, ok := v.get("ansible_become")
	if !ok || !slices.Contains([]string{"true", "yes", "on", "1", "y", "t"}, strings.ToLower(on)) {
		return
	}
	if method, _ := v.get("ansible_become_method"); method != "" && method != "sudo" && method != "ansible.builtin.sudo" {
		v.gap(v.all["ansible_become_method"].at, "ansible_become_method: "+method, "pumatop becomes another user by sudo -n alone")
		return
	}
	if user, set := v.all["ansible_become_user"]; set && user.why != "" {
		v.gap(user.at, "ansible_become_user", user.why)
		return
	}
	e.Become = or(v.word("ansible_become_user"), "root")
	if one, ok := v.all["ansible_become_password"]; ok {
		v.gap(one.at, "ansible_become_password", "pumatop becomes another user by sudo -n, without a password")
	}
}
