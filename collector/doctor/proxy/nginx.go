package proxy

import (
	"path"
	"strings"
)

// nginx reads nginx's configuration.
func (b *builder) nginx(roots []string) {
	var all []*directive
	for _, root := range roots {
		p := &nginxParser{b: b, prefix: path.Dir(root)}
		all = append(all, p.file(root, Place{File: root})...)
	}
	n := &nginxReader{b: b, groups: map[string]*Group{}}
	n.upstreams(all, false)
	n.walk(all, nginxScope{settings: Settings{}})
}

type nginxReader struct {
	b *builder
	// groups are upstreams by name, those of stream under "stream:" and their name.
	groups map[string]*Group
}

// nginxScope is what holds at a place.
type nginxScope struct {
	settings    Settings
	stream      bool
	conditional bool
}

// key is a group's in groups: http and stream have their own names.
func (n *nginxReader) key(name string, stream bool) string {
	if stream {
		return "stream:" + strings.ToLower(name)
	}
	return strings.ToLower(name)
}

// upstreams collects the groups of servers, which may stand behind the lines that name them.
func (n *nginxReader) upstreams(block []*directive, stream bool) {
	for _, d := range block {
		if d.name == "upstream" && d.isBlock && len(d.args) == 1 {
			g := n.group(d)
			n.groups[n.key(g.Name, stream)] = g
			n.b.config.Groups = append(n.b.config.Groups, g)
			continue
		}
		n.upstreams(d.block, stream || d.name == "stream")
	}
}

func (n *nginxReader) group(d *directive) *Group {
	g := &Group{Place: d.Place, Name: d.args[0], Settings: Settings{}, End: d.end}
	for _, s := range d.block {
		if s.name == "server" && len(s.args) > 0 {
			g.Servers = append(g.Servers, n.server(s))
			continue
		}
		g.Settings[s.name] = s.value()
	}
	return g
}

func (n *nginxReader) server(d *directive) Server {
	s := Server{Place: d.Place, Address: nginxAddress(d.args[0], "80"), Settings: Settings{}}
	for _, arg := range d.args[1:] {
		name, text, _ := strings.Cut(arg, "=")
		s.Settings[name] = Value{Place: d.Place, Name: name, Text: text}
		s.Backup = s.Backup || arg == "backup"
		s.Down = s.Down || arg == "down"
	}
	if s.Address.IsZero() {
		n.b.gap(d.Place, "where the server is, is not in the text")
	}
	return s
}

// nginxAddress reads what stands behind server or behind a URL's scheme.
func nginxAddress(s, port string) Address {
	if strings.Contains(s, "$") {
		return Address{}
	}
	if len(s) > 5 && strings.EqualFold(s[:5], "unix:") {
		name, _, _ := strings.Cut(s[5:], ":")
		return Address{Unix: name}
	}
	a, _ := hostPort(s, port)
	return a
}

func (d *directive) value() Value {
	return Value{Place: d.Place, Name: d.name, Text: strings.Join(d.args, " ")}
}

// inherited are settings that an outer level hands down to those within that do not have them.
func inherited(name string) bool {
	return name == "proxy_read_timeout" || name == "proxy_send_timeout" || name == "proxy_connect_timeout" ||
		strings.HasPrefix(name, "proxy_next_upstream") || name == "proxy_timeout"
}

func (n *nginxReader) walk(block []*directive, at nginxScope) {
	own := Settings{}
	for _, d := range block {
		if inherited(d.name) {
			own[d.name] = d.value()
		}
	}
	at.settings = at.settings.within(own)
	for _, d := range block {
		if d.name == "proxy_pass" && len(d.args) == 1 {
			n.pass(d, at)
		}
		if !d.isBlock || d.name == "upstream" {
			continue
		}
		in := at
		in.stream = at.stream || d.name == "stream"
		in.conditional = at.conditional || d.name == "if"
		n.walk(d.block, in)
	}
}

// pass reads a proxy_pass.
func (n *nginxReader) pass(d *directive, at nginxScope) {
	url, port := d.args[0], "80"
	if !at.stream {
		scheme, rest, _ := strings.Cut(url, "://")
		if strings.EqualFold(scheme, "https") {
			port = "443"
		} else if !strings.EqualFold(scheme, "http") {
			n.b.gap(d.Place, unreadable(url))
			return
		}
		url = rest
	}
	r := Route{Place: d.Place, Settings: at.settings, Conditional: at.conditional}
	name := authority(url)
	if r.To = n.groups[n.key(name, at.stream)]; r.To == nil {
		a := nginxAddress(name, port)
		if a.IsZero() {
			n.b.gap(d.Place, unreadable(name))
			return
		}
		r.To = &Group{Place: d.Place, Servers: []Server{{Place: d.Place, Address: a, Settings: Settings{}}}, Settings: Settings{}}
	}
	n.b.config.Routes = append(n.b.config.Routes, r)
}

// authority is what a URL has before its path; the path of a socket is a part of it.
func authority(url string) string {
	if len(url) > 5 && strings.EqualFold(url[:5], "unix:") {
		return url
	}
	name, _, _ := strings.Cut(url, "/")
	for _, path := range [...]string{"$request_uri", "$uri", "${request_uri}", "${uri}"} {
		name = strings.TrimSuffix(name, path) // begins with a slash
	}
	return name
}

// unreadable says why a place cannot be told.
func unreadable(text string) string {
	if strings.Contains(text, "$") {
		return "where requests go is in a variable"
	}
	return "where requests go cannot be read"
}
