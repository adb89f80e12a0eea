package proxy

import (
	"path"
	"strings"
)

// apache reads Apache httpd's configuration.
func (b *builder) apache(roots []string) {
	var all []*directive
	for _, root := range roots {
		p := &apacheParser{b: b, root: apacheRoot(root), defines: map[string]string{}}
		all = append(all, p.file(root, Place{File: root})...)
	}
	r := &apacheReader{b: b, balancers: map[string]*Group{}, workers: map[string]Settings{}}
	r.collect(all)
	r.walk(all, apacheScope{settings: Settings{}})
}

// apacheRoot is ServerRoot where the text does not set it: httpd.conf is in conf/ below it.
func apacheRoot(file string) string {
	dir := path.Dir(file)
	if path.Base(dir) == "conf" {
		return path.Dir(dir)
	}
	return dir
}

type apacheReader struct {
	b         *builder
	balancers map[string]*Group
	// workers are what <Proxy URL> says of a server, by that URL.
	workers map[string]Settings
}

type apacheScope struct {
	settings    Settings
	location    bool // in a <Location> or the like, where ProxyPass has no path
	conditional bool
}

// collect takes <Proxy> sections, which may stand behind the lines that name them.
func (r *apacheReader) collect(block []*directive) {
	for _, d := range block {
		if d.name == "balancermember" && len(d.args) > 1 && isBalancer(d.args[0]) {
			g := r.balancer(d.args[0], d.Place)
			g.Servers = append(g.Servers, r.server(d, d.args[1:]))
		}
		if d.name != "proxy" || !d.isBlock || len(d.args) == 0 {
			r.collect(d.block)
			continue
		}
		settings := Settings{}
		for _, in := range d.block {
			if in.name == "proxyset" {
				settings = settings.within(apacheParams(in.Place, in.args))
			}
		}
		url := d.args[0]
		if !isBalancer(url) {
			r.workers[workerKey(url)] = r.workers[workerKey(url)].within(settings)
			continue
		}
		g := r.balancer(url, d.Place)
		g.End = d.end
		g.Settings = g.Settings.within(settings)
		for _, in := range d.block {
			if in.name == "balancermember" && len(in.args) > 0 {
				g.Servers = append(g.Servers, r.server(in, in.args))
			}
		}
	}
}

func isBalancer(url string) bool { return strings.HasPrefix(strings.ToLower(url), "balancer://") }

func balancerName(url string) string {
	name := url[len("balancer://"):]
	if end := strings.IndexAny(name, "/%$"); end >= 0 {
		name = name[:end]
	}
	return strings.ToLower(name)
}

func (r *apacheReader) balancer(url string, at Place) *Group {
	name := balancerName(url)
	g := r.balancers[name]
	if g == nil {
		g = &Group{Place: at, Name: name, Settings: Settings{}, End: at.Line}
		r.balancers[name] = g
		r.b.config.Groups = append(r.b.config.Groups, g)
	}
	return g
}

func workerKey(url string) string { return strings.TrimRight(url, "/") }

// apacheParams reads key=value words, and a status with what it means.
func apacheParams(at Place, words []string) Settings {
	out := Settings{}
	for _, w := range words {
		if name, text, ok := strings.Cut(w, "="); ok {
			name = strings.ToLower(name)
			out[name] = Value{Place: at, Name: name, Text: text}
		}
	}
	return out
}

// server reads a URL and the words behind it.
func (r *apacheReader) server(d *directive, words []string) Server {
	s := Server{Place: d.Place, Address: apacheAddress(words[0]), Settings: apacheParams(d.Place, words[1:])}
	status := s.Settings["status"].Text
	s.Backup = strings.Contains(status, "H")
	s.Down = strings.ContainsAny(status, "DS")
	if s.Address.IsZero() {
		r.b.gap(d.Place, "where the server is, is not in the text")
	}
	return s
}

// apacheAddress reads "unix:/path|http://localhost/" and "http://host:port/path".
func apacheAddress(s string) Address {
	if len(s) > 5 && strings.EqualFold(s[:5], "unix:") {
		name, _, _ := strings.Cut(s[5:], "|")
		if strings.Contains(name, "${") {
			return Address{}
		}
		return Address{Unix: name}
	}
	if strings.Contains(s, "${") {
		return Address{}
	}
	a, _ := webURL(s)
	return a
}

// apacheModules are modules without which nothing would be passed on at all, so that a section for them hangs on nothing.
func apacheModule(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "mod_proxy") || strings.HasPrefix(name, "proxy_") || strings.HasPrefix(name, "mod_ssl") ||
		name == "ssl_module" || strings.HasPrefix(name, "mod_rewrite") || name == "rewrite_module"
}

// decided is whether a section's content counts for certain.
func (d *directive) decided() bool {
	switch d.name {
	case "ifmodule":
		return len(d.args) > 0 && apacheModule(d.args[0])
	case "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection", "if", "elseif", "else":
		return false
	}
	return true
}

func (r *apacheReader) walk(block []*directive, at apacheScope) {
	own := Settings{}
	for _, d := range block {
		if (d.name == "timeout" || d.name == "proxytimeout") && len(d.args) > 0 {
			v := d.value()
			v.Conditional = at.conditional
			own[d.name] = v
		}
	}
	at.settings = at.settings.within(own)
	for _, d := range block {
		if !d.isBlock {
			r.pass(d, at)
			continue
		}
		if d.name == "macro" || d.name == "proxy" {
			continue
		}
		in := at
		in.conditional = at.conditional || !d.decided()
		in.location = at.location || strings.HasPrefix(d.name, "location") || strings.HasPrefix(d.name, "directory") || strings.HasPrefix(d.name, "files")
		r.walk(d.block, in)
	}
}

// pass reads the lines that pass requests on.
func (r *apacheReader) pass(d *directive, at apacheScope) {
	args := d.args
	switch d.name {
	case "proxypass", "proxypassmatch":
		if !at.location && len(args) > 0 {
			args = args[1:]
		}
	case "rewriterule":
		if len(args) < 3 || !proxyFlag(args[2]) {
			return
		}
		args = args[1:2]
	case "sethandler":
		if len(args) != 1 || !strings.HasPrefix(args[0], "proxy:") {
			return
		}
		args = []string{strings.TrimPrefix(args[0], "proxy:")}
	default:
		return
	}
	if len(args) == 0 || args[0] == "!" {
		return
	}
	r.route(d, args, at)
}

// proxyFlag reports whether the flags of a rewrite, "[P,L]", pass the request on.
func proxyFlag(flags string) bool {
	for _, f := range strings.Split(strings.Trim(flags, "[]"), ",") {
		if f = strings.TrimSpace(f); f == "P" || strings.EqualFold(f, "proxy") {
			return true
		}
	}
	return false
}

func (r *apacheReader) route(d *directive, args []string, at apacheScope) {
	to := Route{Place: d.Place, Settings: at.settings, Conditional: at.conditional}
	url := args[0]
	switch {
	case isBalancer(url) && !strings.Contains(url, "${"):
		to.To = r.balancer(url, d.Place)
		to.To.Settings = to.To.Settings.within(apacheParams(d.Place, args[1:]))
	case strings.Contains(strings.ToLower(url), "://") || strings.HasPrefix(strings.ToLower(url), "unix:"):
		if scheme, _, _ := strings.Cut(strings.ToLower(url), ":"); scheme != "http" && scheme != "https" && scheme != "unix" &&
			scheme != "ws" && scheme != "wss" && scheme != "h2c" && scheme != "h2" {
			return // another protocol than Puma's
		}
		if unix := strings.HasPrefix(strings.ToLower(url), "unix:"); unix && !strings.Contains(url, "|http") {
			return
		}
		s := r.server(d, args)
		if s.Address.IsZero() {
			return
		}
		s.Settings = r.workers[workerKey(url)].within(s.Settings)
		to.To = &Group{Place: d.Place, Servers: []Server{s}, Settings: Settings{}}
	default:
		r.b.gap(d.Place, "where requests go is not in the text")
		return
	}
	r.b.config.Routes = append(r.b.config.Routes, to)
}
