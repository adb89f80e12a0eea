package proxy

import (
	"slices"
	"strings"

	"pumatop/collector/clean"
)

type haReader struct {
	b        *builder
	backends map[string]*Group
}

// haSettings are what of a section bears on its servers, by the first words of the line.
func haSettings(s *haSection, depth int) Settings {
	out := Settings{}
	if s == nil || depth > maxDepth {
		return out
	}
	out = haSettings(s.defaults, depth+1)
	for _, l := range s.lines {
		name, args := l.words[0], l.words[1:]
		no := name == "no"
		if no && len(args) > 0 {
			name, args = args[0], args[1:]
		}
		switch name {
		case "timeout", "option", "http-request", "http-check":
			if len(args) > 0 {
				name, args = name+" "+args[0], args[1:]
			}
		case "retries", "retry-on", "balance", "mode", "default-server":
		default:
			continue
		}
		v := Value{Place: l.Place, Name: name, Text: strings.Join(args, " "), Conditional: l.conditional}
		if no {
			v.Text = "no"
		}
		out[name] = v
	}
	return out
}

// section takes the servers of a backend or listen, and where the process is locked up.
func (r *haReader) section(s *haSection) {
	kind := s.head.words[0]
	if kind == "global" {
		for _, l := range s.lines {
			if l.words[0] == "chroot" && len(l.words) > 1 {
				r.b.config.Chroot = Value{Place: l.Place, Name: "chroot", Text: clean.Line(l.words[1]), Conditional: l.conditional}
			}
		}
	}
	if kind != "backend" && kind != "listen" {
		return
	}
	g := &Group{Place: s.head.Place, Name: s.name(), Settings: haSettings(s, 0), End: s.end}
	for _, l := range s.lines {
		if (l.words[0] == "server" || l.words[0] == "server-template") && len(l.words) > 2 {
			g.Servers = append(g.Servers, r.server(l, g.Settings["default-server"]))
		}
	}
	r.backends[g.Name] = g
	r.b.config.Groups = append(r.b.config.Groups, g)
}

// valued are options of a server that have a value behind them.
var valued = []string{"inter", "fastinter", "downinter", "fall", "rise", "weight", "maxconn", "minconn", "maxqueue", "cookie", "on-error",
	"on-marked-down", "on-marked-up", "observe", "error-limit", "slowstart", "port", "addr", "track", "resolvers", "init-addr", "id", "source"}

// haOptions reads the words behind a server's address.
func haOptions(p Place, words []string) Settings {
	out := Settings{}
	for i := 0; i < len(words); i++ {
		v := Value{Place: p, Name: words[i]}
		if slices.Contains(valued, words[i]) && i+1 < len(words) {
			i++
			v.Text = words[i]
		}
		out[v.Name] = v
	}
	return out
}

func (r *haReader) server(l haLine, defaults Value) Server {
	at := l.words[2]
	if l.words[0] == "server-template" && len(l.words) > 3 {
		at = l.words[3]
	}
	s := Server{Place: l.Place, Address: r.address(at), Settings: haOptions(defaults.Place, strings.Fields(defaults.Text))}
	for name, v := range haOptions(l.Place, l.words[3:]) {
		s.Settings[name] = v
		if name == "no-check" {
			delete(s.Settings, "check")
		}
	}
	_, s.Backup = s.Settings["backup"]
	_, s.Down = s.Settings["disabled"]
	if s.Address.IsZero() {
		r.b.gap(l.Place, "where the server is, is not in the text")
	}
	return s
}

// address reads a server's: a path of a socket, with or without unix@, or host and port.
func (r *haReader) address(s string) Address {
	if strings.Contains(s, "$") {
		return Address{}
	}
	s = strings.TrimPrefix(s, "unix@")
	if strings.HasPrefix(s, "/") {
		return Address{Unix: s}
	}
	if name, ok := strings.CutPrefix(s, "abns@"); ok {
		return Address{Unix: "@" + name}
	}
	for _, family := range [...]string{"ipv4@", "ipv6@", "tcp4@", "tcp6@", "tcp@"} {
		s = strings.TrimPrefix(s, family)
	}
	if i := strings.LastIndexByte(s, ':'); i > 0 && strings.Count(s, ":") > 1 && !strings.HasPrefix(s, "[") {
		s = "[" + s[:i] + "]" + s[i:]
	}
	a, _ := hostPort(s, "")
	return a
}

// routes takes which backends a frontend leads to; a listen leads to its own servers.
func (r *haReader) routes(s *haSection) {
	kind := s.head.words[0]
	if kind != "frontend" && kind != "listen" {
		return
	}
	if g := r.backends[s.name()]; kind == "listen" && g != nil && len(g.Servers) > 0 {
		r.add(s.head, g, false)
	}
	lines := s.lines
	if s.defaults != nil {
		lines = slices.Concat(s.defaults.lines, lines)
	}
	for _, l := range lines {
		if (l.words[0] != "default_backend" && l.words[0] != "use_backend") || len(l.words) < 2 {
			continue
		}
		g := r.backends[l.words[1]]
		if g == nil {
			why := "there is no backend " + l.words[1]
			if strings.ContainsAny(l.words[1], "%$") {
				why = "which backend is used is decided by each request"
			}
			r.b.gap(l.Place, why)
			continue
		}
		r.add(l, g, l.conditional)
	}
}

func (r *haReader) add(l haLine, g *Group, conditional bool) {
	r.b.config.Routes = append(r.b.config.Routes, Route{Place: l.Place, To: g, Settings: g.Settings, Conditional: conditional})
}
