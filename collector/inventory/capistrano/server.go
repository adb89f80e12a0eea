package capistrano

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/ruby"
)

// server is one machine of a stage.
type server struct {
	host, user, port string
	roles            []string
	noRelease        bool
	// ssh are its own ssh_options, later ones winning.
	ssh ruby.Value
	// pumaUser is who Puma runs as, where that is not the login.
	pumaUser string
	file     string
	line     int
}

// maxServers bounds a stage.
const maxServers = 10_000

// A host or user that is not of these would be something else to ssh or to the configuration.
var (
	plainHost = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@\\$-]*$`)
)

// callGap notes what is not followed in the line of a call.
func (s *stage) callGap(c ruby.Call, why string) {
	if c.Doubt != nil {
		why = c.Doubt.Why
		if c.Doubt.Line > 0 && c.Doubt.Line != c.Line {
			why += " (line " + strconv.Itoa(c.Doubt.Line) + ")"
		}
	}
	if why == "" {
		why = "it is not followed"
	}
	s.gap(fileOf(c), c.Line, why)
}

// server is `server "web1", user: "deploy", roles: %w[app web]`, and Capistrano 2's `server "web1", :app, :web, primary: true`.
func (s *stage) server(c ruby.Call) (ruby.Value, bool) {
	if len(c.Args) == 0 {
		return ruby.Value{}, false
	}
	var roles []ruby.Value
	rest := c.Args[1:]
	for _, v := range rest {
		switch v.Kind {
		case ruby.Hash:
		case ruby.Unknown:
			s.callGap(c, "its settings are not followed: "+v.Why)
		default:
			roles = append(roles, v.All()...)
		}
	}
	for _, host := range c.Args[0].All() {
		s.add(c, host, roles)
	}
	return nothing, true
}

// role is `role :app, %w[web1 web2], user: "deploy"`, with any number of hosts, and a block that lists them.
func (s *stage) role(c ruby.Call) (ruby.Value, bool) {
	if len(c.Args) == 0 {
		return ruby.Value{}, false
	}
	var hosts []ruby.Value
	for _, v := range c.Args[1:] {
		if v.Kind != ruby.Hash {
			hosts = append(hosts, v.All()...)
		}
	}
	if c.Block != nil {
		hosts = append(hosts, s.reader.Yield(c.Block).All()...)
	}
	for _, host := range hosts {
		s.add(c, host, c.Args[:1])
	}
	return nothing, true
}

// add notes a host of a call; who was named before gets the roles and settings added.
func (s *stage) add(c ruby.Call, host ruby.Value, roles []ruby.Value) {
	switch {
	case c.Doubt != nil || !host.IsText():
		s.unsure = true
		s.callGap(c, "the host is not followed: "+host.Why)
		return
	case !host.Literal:
		s.callGap(c, host.Why+", and is most likely "+host.Text)
	}
	user, name, port, ok := parts(host.Text)
	if !ok {
		s.unsure = true
		s.callGap(c, "it names no host that ssh would take")
		return
	}
	options := c.Options()
	if v, ok := s.option(c, options, "port"); ok {
		port = v
	}
	srv := s.find(name, port, c)
	if srv == nil {
		return
	}
	if user != "" {
		srv.user = user
	}
	s.settle(srv, c, options, roles)
}

// find is the server of that name and port, a new one where there is none.
func (s *stage) find(host, port string, c ruby.Call) *server {
	key := net.JoinHostPort(host, port)
	if srv, ok := s.known[key]; ok {
		return srv
	}
	if len(s.servers) >= maxServers {
		s.callGap(c, "there are more servers than are read")
		return nil
	}
	srv := &server{host: host, port: port, file: fileOf(c), line: c.Line, ssh: ruby.Value{Kind: ruby.Hash, Literal: true}}
	if s.known == nil {
		s.known = map[string]*server{}
	}
	s.known[key] = srv
	s.servers = append(s.servers, srv)
	return srv
}

// settle applies roles and named arguments to a server.
func (s *stage) settle(srv *server, c ruby.Call, options ruby.Value, roles []ruby.Value) {
	s.addRoles(srv, c, options, roles)
	if more, ok := options.Get("**"); ok {
		s.callGap(c, "its settings are not followed: "+more.Why)
	}
	if v, ok := s.option(c, options, "user"); ok {
		if plainName.MatchString(v) {
			srv.user = v
		} else {
			s.callGap(c, "it names no user that ssh would take")
		}
	}
	for _, name := range []string{"puma_user", "run_as"} {
		if v, ok := s.option(c, options, name); ok && plainName.MatchString(v) {
			srv.pumaUser = v
			break
		}
	}
	if v, ok := options.Get("no_release"); ok && v.Known() && v.Text == "true" {
		srv.noRelease = true
	}
	v, ok := options.Get("ssh_options")
	switch {
	case !ok || v.Kind == ruby.Nil:
	case v.Kind != ruby.Hash:
		s.callGap(c, "its ssh_options are not followed: "+v.Why)
	case len(srv.ssh.Pairs) < 100:
		srv.ssh.Pairs = append(srv.ssh.Pairs, v.Pairs...)
	}
}

func (s *stage) addRoles(srv *server, c ruby.Call, options ruby.Value, roles []ruby.Value) {
	for _, name := range []string{"roles", "role"} {
		if v, ok := options.Get(name); ok {
			roles = append(slices.Clone(roles), v.All()...)
		}
	}
	for _, r := range roles {
		if !r.IsText() {
			s.callGap(c, "a role is not followed: "+r.Why)
			continue
		}
		if !slices.Contains(srv.roles, r.Text) && len(srv.roles) < 100 {
			srv.roles = append(srv.roles, r.Text)
		}
	}
}

// option is a named argument as text; where it cannot be told, that is a gap.
func (s *stage) option(c ruby.Call, options ruby.Value, name string) (string, bool) {
	v, ok := options.Get(name)
	switch {
	case !ok || v.Kind == ruby.Nil:
		return "", false
	case !v.IsText():
		s.callGap(c, name+" is not followed: "+v.Why)
		return "", false
	case !v.Literal:
		s.callGap(c, name+": "+v.Why+", and is most likely "+v.Text)
	}
	if name == "port" && !isPort(v.Text) {
		s.callGap(c, "it is no port")
		return "", false
	}
	return v.Text, true
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// parts takes [user@]host[:port] apart.
func parts(text string) (user, host, port string, ok bool) {
	host = strings.TrimSpace(text)
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		user, host = host[:i], host[i+1:]
		if !plainName.MatchString(user) {
			return "", "", "", false
		}
	}
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
		if !isPort(port) {
			return "", "", "", false
		}
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err != nil && (!plainHost.MatchString(host) || len(host) > 255) {
		return "", "", "", false
	}
	return user, host, port, true
}
