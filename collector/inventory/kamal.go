package inventory

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

// ReadKamal reads Kamal's config/deploy.yml and the destinations beside it, deploy.STAGE.yml, each an environment; without
// any the one is production. Its groups are the roles that run the image's own command, which is a server: a role
// with a cmd of its own runs something else. Templates are not evaluated.
func ReadKamal(fsys fs.FS) (Import, error) {
	r := &kamalReader{reader: reader{fsys: fsys}}
	envs := map[string]config.Environment{}
	base, err := r.file(kamalFile)
	if err != nil || base == nil {
		return r.done("Kamal", envs), err
	}
	destinations, err := fs.Glob(fsys, "config/deploy.*.yml")
	if err != nil {
		return Import{}, fmt.Errorf("look for destinations: %w", err)
	}
	for _, file := range destinations {
		over, err := r.file(file)
		if err != nil {
			return Import{}, err
		}
		if over == nil {
			continue
		}
		stage := strings.TrimSuffix(strings.TrimPrefix(path.Base(file), "deploy."), ".yml")
		if env, ok := r.environment(overlaid(base, over), stage); ok {
			envs[configName(stage)] = env
		}
	}
	needsOne := base.value("require_destination")
	if len(envs) == 0 && !(isText(needsOne) && needsOne.Value == "true") {
		if env, ok := r.environment(base, ""); ok {
			envs["production"] = env
		}
	}
	return r.done("Kamal", envs), nil
}

const kamalFile = "config/deploy.yml"

type kamalReader struct{ reader }

// kamal is what one file, or one laid over another, has at its top.
type kamal struct {
	pairs []kamalPair
}

type kamalPair struct {
	pair
	file string
	// below is what a destination's mapping is laid over.
	below *kamal
}

func (k *kamal) find(key string) (kamalPair, bool) {
	if k == nil {
		return kamalPair{}, false
	}
	i := slices.IndexFunc(k.pairs, func(p kamalPair) bool { return p.key == key })
	if i < 0 {
		return kamalPair{}, false
	}
	return k.pairs[i], true
}

func (k *kamal) value(key string) *yaml.Node {
	p, _ := k.find(key)
	return p.value
}

// template is a piece of ERB, which Kamal runs before it reads the YAML.
var template = regexp.MustCompile(`(?s)<%.*?(%>|$)`)

// mark stands for a template in a value; no YAML has it otherwise.
const mark = "\ufffctemplate\ufffc"

// file reads one file; nil where it is none.
func (r *kamalReader) file(file string) (*kamal, error) {
	text, err := r.text(file)
	if err != nil || text == "" {
		return nil, err
	}
	top, err := r.document(file, r.withoutTemplates(file, text))
	if err != nil {
		r.gap(at(file, 0), file, err.Error())
		return nil, nil
	}
	return r.level(file, top), nil
}

func (r *kamalReader) level(file string, n *yaml.Node) *kamal {
	k := &kamal{}
	for _, p := range r.pairs(n) {
		k.pairs = append(k.pairs, kamalPair{pair: p, file: file})
	}
	return k
}

// withoutTemplates puts a mark in the place of each template that makes a value, and takes out those that make none.
func (r *kamalReader) withoutTemplates(file, text string) string {
	return template.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "<%#") {
			return strings.Repeat("\n", strings.Count(s, "\n"))
		}
		if strings.HasPrefix(s, "<%=") {
			return mark + strings.Repeat("\n", strings.Count(s, "\n"))
		}
		line := 1 + strings.Count(text[:strings.Index(text, s)], "\n")
		r.gap(at(file, line), s, "a template is not evaluated; its lines are read as if they always counted")
		return strings.Repeat("\n", strings.Count(s, "\n"))
	})
}

// overlaid is a destination over the file that is for all, as Kamal merges them: mappings key by key, all else whole.
func overlaid(base, over *kamal) *kamal {
	out := &kamal{}
	for _, p := range base.pairs {
		o, ok := over.find(p.key)
		if !ok {
			out.pairs = append(out.pairs, p)
			continue
		}
		if isMapping(p.value) && isMapping(o.value) {
			b := p
			o.below = &kamal{pairs: []kamalPair{b}}
		}
		out.pairs = append(out.pairs, o)
	}
	for _, o := range over.pairs {
		if _, ok := base.find(o.key); !ok {
			out.pairs = append(out.pairs, o)
		}
	}
	return out
}

func isMapping(n *yaml.Node) bool { return n != nil && n.Kind == yaml.MappingNode }

// inside are the keys of a mapping, with those of the file that it is laid over.
func (r *kamalReader) inside(p kamalPair) *kamal {
	own := r.level(p.file, p.value)
	if p.below == nil || len(p.below.pairs) == 0 {
		return own
	}
	return overlaid(r.inside(p.below.pairs[0]), own)
}

// text is a single value. What a template makes is not known.
func (r *kamalReader) textOf(k *kamal, key string) string {
	p, ok := k.find(key)
	if !ok || !isText(p.value) {
		return ""
	}
	if strings.Contains(p.value.Value, mark) {
		r.template(p)
		return ""
	}
	if clean.Line(p.value.Value) != p.value.Value {
		r.gap(at(p.file, p.line), key, "there are characters in the value that a terminal would act on")
		return ""
	}
	return p.value.Value
}

func (r *kamalReader) template(p kamalPair) {
	r.gap(at(p.file, p.line), p.key+": "+strings.ReplaceAll(p.value.Value, mark, "<%= … %>"), "a template is not evaluated")
}

// environment is what Kamal deploys to one destination. It is not ok without servers.
func (r *kamalReader) environment(k *kamal, stage string) (config.Environment, bool) {
	env := config.Environment{Groups: map[string]config.Group{}}
	servers, ok := k.find("servers")
	if !ok || isNull(servers.value) {
		return env, false
	}
	service := r.textOf(k, "service")
	if servers.value.Kind == yaml.SequenceNode {
		r.role(env, "web", servers, service, stage)
	} else {
		roles := r.inside(servers)
		for _, p := range roles.pairs {
			r.role(env, p.key, p, service, stage)
		}
	}
	if len(env.Groups) == 0 {
		return env, false
	}
	r.ssh(k, &env)
	r.boot(k, &env)
	return env, true
}

// role is a group. The name of its containers is the app that pumatop finds: service-role, with the destination behind.
func (r *kamalReader) role(env config.Environment, name string, p kamalPair, service, stage string) {
	hosts := p
	if isMapping(p.value) {
		settings := r.inside(p)
		if cmd, ok := settings.find("cmd"); ok && !isNull(cmd.value) {
			r.gap(at(p.file, p.line), name, "the role has a cmd of its own and is left out")
			return
		}
		if hosts, _ = settings.find("hosts"); hosts.value == nil {
			r.gap(at(p.file, p.line), name, "the role has no hosts")
			return
		}
	}
	var g config.Group
	if service != "" && !strings.Contains(service, "/") {
		g.App = strings.Trim(strings.Join([]string{service, name, stage}, "-"), "-")
	}
	for _, n := range r.items(hosts.value) {
		if entry, tags, ok := r.host(hosts, n); ok {
			g.Hosts = append(g.Hosts, entry)
			r.tagged(env, tags, entry, g.App)
		}
	}
	if len(g.Hosts) > 0 {
		g.Hosts = append(g.Hosts, env.Groups[configName(name)].Hosts...)
		env.Groups[configName(name)] = g
	}
}

// host is an entry of a role, a text or a mapping of one to its tags.
func (r *kamalReader) host(p kamalPair, n *yaml.Node) (entry config.Host, tags []string, ok bool) {
	name := n
	if isMapping(n) && len(n.Content) == 2 {
		name = n.Content[0]
		for _, t := range r.items(n.Content[1]) {
			if isText(t) && !strings.Contains(t.Value, mark) {
				tags = append(tags, t.Value)
			}
		}
	}
	where := at(p.file, name.Line)
	switch {
	case !isText(name):
		r.gap(where, p.key, "a server is a name or an address")
		return entry, nil, false
	case strings.Contains(name.Value, mark):
		r.gap(where, strings.ReplaceAll(name.Value, mark, "<%= … %>"), "a template is not evaluated; the server is left out")
		return entry, nil, false
	}
	host := name.Value
	if strings.Count(host, ":") > 1 && host[0] != '[' {
		host = "[" + host + "]"
	}
	if !isLogin(host) {
		r.gap(where, host, "it is no host name")
		return entry, nil, false
	}
	return config.Host{Host: host, At: where}, tags, true
}

// isLogin reports [user@]host[:port].
func isLogin(text string) bool {
	user, host, port := parts(text)
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) || user != "" && !wordPattern.MatchString(user) {
		return false
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return join(user, strings.Trim(host, "[]"), port) == text && isHost(host)
}

// tagged puts a host into the groups of its tags, too.
func (r *kamalReader) tagged(env config.Environment, tags []string, entry config.Host, app string) {
	for _, tag := range tags {
		g := env.Groups[configName(tag)]
		if g.App == "" || g.App == app {
			g.App = app
		}
		if g.App != app {
			entry.App = app
		}
		g.Hosts = append(g.Hosts, entry)
		env.Groups[configName(tag)] = g
	}
}

// ssh is how Kamal logs in: as root where nothing else is said.
func (r *kamalReader) ssh(k *kamal, env *config.Environment) {
	env.SSH.User = "root"
	p, ok := k.find("ssh")
	if !ok || !isMapping(p.value) {
		return
	}
	ssh := r.inside(p)
	if user, ok := ssh.find("user"); ok && isText(user.value) {
		env.SSH.User = r.word(ssh, "user")
	}
	if port := r.textOf(ssh, "port"); port != "" {
		if n, err := strconv.Atoi(port); err == nil && n > 0 && n <= 65535 {
			env.SSH.Port = n
		} else {
			r.gap(at(p.file, p.line), "port: "+port, "the port is not a number")
		}
	}
	if proxy := r.word(ssh, "proxy"); proxy != "" {
		if !strings.Contains(proxy, "@") {
			proxy = "root@" + proxy
		}
		env.SSH.ProxyJump = proxy
	}
	r.sshOptions(ssh, env)
}

func (r *kamalReader) sshOptions(ssh *kamal, env *config.Environment) {
	if command := r.textOf(ssh, "proxy_command"); command != "" && env.SSH.ProxyJump == "" {
		sshOption("ProxyCommand", command, &env.SSH)
	}
	if r.textOf(ssh, "keys_only") == "true" {
		sshOption("IdentitiesOnly", "yes", &env.SSH)
	}
	if keys, ok := ssh.find("keys"); ok {
		for _, n := range r.items(keys.value) {
			if isText(n) && (strings.Contains(n.Value, mark) || clean.Line(n.Value) != n.Value) {
				r.gap(at(keys.file, n.Line), "keys", "a template is not evaluated")
			} else if isText(n) && n.Value != "" {
				env.SSH.Identity = append(env.SSH.Identity, n.Value)
			}
		}
	}
	if data, ok := ssh.find("key_data"); ok {
		r.gap(at(data.file, data.line), "key_data", "secrets are not taken over; give the key to ssh's agent")
	}
	if file, ok := ssh.find("config"); ok && isText(file.value) && file.value.Value != "true" {
		r.gap(at(file.file, file.line), "config: "+clip(file.value.Value), "another ssh configuration is named with -F or ssh_config")
	}
}

func clip(s string) string { return strings.ReplaceAll(s, mark, "<%= … %>") }

// word is a value that no shell can act on.
func (r *kamalReader) word(k *kamal, key string) string {
	text := r.textOf(k, key)
	if text != "" && !wordPattern.MatchString(text) {
		p, _ := k.find(key)
		r.gap(at(p.file, p.line), key, "there is something in the value that a shell could act on")
		return ""
	}
	return text
}

var amountPattern = regexp.MustCompile(`^([1-9][0-9]{0,4}|[1-9][0-9]?%|100%)$`)

// boot is how many hosts at a time, and the pause between them.
func (r *kamalReader) boot(k *kamal, env *config.Environment) {
	p, ok := k.find("boot")
	if !ok || !isMapping(p.value) {
		return
	}
	boot := r.inside(p)
	if limit := r.textOf(boot, "limit"); amountPattern.MatchString(limit) {
		env.Batch = limit
	} else if limit != "" {
		r.gap(at(p.file, p.line), "limit: "+limit, "it is no number of hosts")
	}
	if wait := r.textOf(boot, "wait"); wait != "" {
		if n, err := strconv.ParseFloat(wait, 64); err == nil && n >= 0 && n <= 86_400 {
			env.Pause = cmp.Or(env.Pause, time.Duration(n*float64(time.Second)))
		} else {
			r.gap(at(p.file, p.line), "wait: "+wait, "it is no number of seconds")
		}
	}
}
