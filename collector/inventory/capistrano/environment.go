package capistrano

import (
	"cmp"
	"net"
	"path"
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/ruby"
)

// environment is what the stage is as configuration.
func (s *stage) environment() config.Environment {
	env := config.Environment{Protected: protected(s.name), Groups: map[string]config.Group{}}
	watched := s.watched()
	if len(watched) > 0 {
		env.Reach = s.reach()
	}
	for _, srv := range watched {
		h := s.host(srv, env.Reach)
		roles := srv.roles
		if len(roles) == 0 {
			roles = []string{"all"}
		}
		for _, role := range roles {
			name := clean.Line(role)
			g := env.Groups[name]
			g.Hosts = append(g.Hosts, h)
			env.Groups[name] = g
		}
	}
	return env
}

// watched are the servers that run Puma.
func (s *stage) watched() []*server {
	roles := s.pumaRoles()
	var out, rest []*server
	for _, srv := range s.servers {
		if srv.noRelease {
			continue
		}
		rest = append(rest, srv)
		if slices.Contains(roles, "all") || slices.ContainsFunc(srv.roles, func(r string) bool { return slices.Contains(roles, r) }) {
			out = append(out, srv)
		}
	}
	if len(out) == 0 && len(rest) > 0 {
		s.gap(rest[0].file, rest[0].line, "no server has the role that Puma runs in ("+strings.Join(roles, " or ")+"), so all of the stage are watched")
		return rest
	}
	return out
}

func (s *stage) pumaRoles() []string {
	v, ok := s.vars["puma_role"]
	if !ok {
		return s.puma.roles()
	}
	var out []string
	for _, r := range s.value("puma_role", v.line).All() {
		if r.IsText() {
			out = append(out, r.Text)
		}
	}
	if len(out) == 0 {
		s.gap(v.file, v.line, "which role Puma runs in is not followed: "+s.value("puma_role", v.line).Why)
		return s.puma.roles()
	}
	return out
}

// use is a variable that bears on the result as text; where it cannot be told, that is a gap.
func (s *stage) use(name string) (string, bool) {
	set, ok := s.vars[name]
	if !ok {
		return "", false
	}
	v := s.value(name, set.line)
	switch {
	case v.Kind == ruby.Nil || v.Kind == ruby.Bool:
		return v.Text, v.Text == "true"
	case v.IsText() && strings.Contains(v.Text, root):
		s.gap(set.file, set.line, name+" depends on where the project lies")
		return "", false
	case !v.IsText():
		s.gap(set.file, set.line, name+" is not followed: "+v.Why)
		return "", false
	case !v.Literal:
		s.gap(set.file, set.line, name+": "+v.Why+", and is most likely "+v.Text)
	}
	return clean.Line(v.Text), v.Text != ""
}

// reach is what holds for all servers of the stage.
func (s *stage) reach() config.Reach {
	r := config.Reach{SSH: s.login()}
	if unit := s.unit(); unit != "" {
		r.App = strings.TrimSuffix(unit, ".service")
		r.Unit = r.App + ".service"
	}
	r.State = s.shared("puma_state", "tmp/pids/puma.state")
	if _, ok := s.use("puma_control_app"); ok {
		if at, ok := s.use("puma_default_control_app"); ok {
			r.Socket = at
		} else if at := s.shared("", "tmp/sockets/pumactl.sock"); at != "" {
			r.Socket = "unix://" + at
		}
	}
	return r
}

// unit is the name of Puma's unit, empty where there is none or it cannot be told.
func (s *stage) unit() string {
	if _, ok := s.vars["puma_service_unit_name"]; ok {
		name, _ := s.use("puma_service_unit_name")
		return name
	}
	if s.puma.systemd && s.puma.major() == 0 {
		s.gap(s.puma.file, s.puma.line, "the unit's name depends on the version of capistrano3-puma, and Gemfile.lock does not tell it")
		return ""
	}
	if s.puma.systemd && s.puma.major() >= 5 {
		application, _ := s.use("application")
		return s.puma.unit(application, s.name)
	}
	return ""
}

// shared is a file that capistrano-puma before 6 lays into shared, at its default or where the variable says.
func (s *stage) shared(variable, file string) string {
	if _, ok := s.vars[variable]; ok {
		at, _ := s.use(variable)
		return at
	}
	if !s.puma.writesState() {
		return ""
	}
	to, ok := s.use("deploy_to")
	if _, set := s.vars["deploy_to"]; !set {
		application, known := s.use("application")
		to, ok = path.Join("/var/www", application), known
	}
	if !ok || !path.IsAbs(to) {
		return ""
	}
	return path.Join(to, "shared", file)
}

// login is what ssh is told for every server of the stage.
func (s *stage) login() config.SSH {
	var out config.SSH
	if set, ok := s.vars["ssh_options"]; ok {
		v := s.value("ssh_options", set.line)
		if v.Kind == ruby.Hash {
			out = options(v, func(why string) { s.gap(set.file, set.line, why) })
		} else if v.Kind != ruby.Nil {
			s.gap(set.file, set.line, "ssh_options are not followed: "+v.Why)
		}
	}
	if !s.old {
		return out
	}
	if user, ok := s.use("user"); ok && plainName.MatchString(user) && out.User == "" {
		out.User = user
	}
	if gateway, ok := s.use("gateway"); ok {
		if _, _, _, ok := parts(gateway); ok {
			out.ProxyJump = gateway
		}
	}
	return out
}

// host is an entry of a group. What it has in common with the stage is not repeated.
func (s *stage) host(srv *server, common config.Reach) config.Host {
	own := options(srv.ssh, func(why string) { s.gap(srv.file, srv.line, why) })
	user, port := srv.user, srv.port
	if user == "" {
		user = own.User
	}
	if own.Port > 0 {
		port = ""
	}
	if user == common.SSH.User {
		user = ""
	}
	if port != "" && number(port) == common.SSH.Port {
		port = ""
	}
	h := config.Host{Host: joined(user, srv.host, port), At: s.origin(srv.file, srv.line)}
	login := own.User
	own.User = ""
	h.SSH = own
	h.Become = s.become(srv, cmp.Or(srv.user, login, common.SSH.User))
	return h
}

// become is who Puma runs as, where that is known to be another than the login.
func (s *stage) become(srv *server, login string) string {
	user := srv.pumaUser
	if user == "" {
		user, _ = s.use("puma_user")
	}
	if login == "" || user == login || !plainName.MatchString(user) {
		return ""
	}
	return user
}

// joined is [user@]host[:port].
func joined(user, host, port string) string {
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	if user != "" {
		return user + "@" + host
	}
	return host
}
