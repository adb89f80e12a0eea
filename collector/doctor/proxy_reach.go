package doctor

import (
	"fmt"
	"path"
	"strings"

	"pumatop/collector/doctor/proxy"
	"pumatop/collector/probe"
)

func upstream(p *proxied) Answer {
	t, name := p.target, proxyName(p.config.Kind)
	if len(p.reaching) > 0 {
		for i, r := range p.reaching {
			if !r.Conditional {
				return ok(lineOf(p.servers[i].Place), lineOf(r.Place))
			}
		}
		return unknown(at(p.reaching[0].Place) + " stands under a condition")
	}
	if other := p.otherwise(); other != "" {
		return notHere(other + " leads to it")
	}
	if s, may := p.mayBeUs(); may {
		return unknown(fmt.Sprintf("whether %s in %s is this host is not in the text", s.Address, at(s.Place)))
	}
	if len(p.config.Gaps) > 0 {
		return unknown(gapReason(p.config.Gaps))
	}
	if len(p.idle) > 0 {
		g := p.idle[0]
		return found(fmt.Sprintf("%s of %s has this Puma, and nothing passes requests to it", g.Name, name), passTo(p.config.Kind, g.Name), lineOf(g.Place))
	}
	switch {
	case len(p.near) > 0:
		return notHere(fmt.Sprintf("see %s.socket", p.config.Kind))
	case t.open() != "":
		return notHere("other hosts may reach it at " + t.open())
	case len(p.config.Routes) == 0:
		return notHere(name + " passes no requests on")
	case !t.Host.Serving[string(p.config.Kind)] && t.Host.Hidden:
		return unknown("whether " + name + " runs is not known: " + t.askedBy() + " does not see the processes of others")
	case !t.Host.Serving[string(p.config.Kind)]:
		return notHere("no process of " + name + " was seen")
	}
	listener := t.Puma.Listeners[0]
	a := found(name+" passes requests on, and none to "+listener, sketch(p.config.Kind, listener),
		lineOf(p.config.Routes[0].Place), Evidence{Command: fmt.Sprintf("ps -o args= %d", t.Puma.PID), Text: strings.Join(t.Puma.Listeners, " ")})
	if !strings.HasPrefix(listener, "unix:") {
		a.Severity = Advice // something else on this host may be meant to use it
	}
	return a
}

// otherwise is another proxy of the host's that leads to the target; empty for none.
func (p *proxied) otherwise() string {
	for _, k := range proxy.Kinds() {
		if k != p.config.Kind && len(p.target.Host.Proxies[string(k)]) > 0 && len(p.target.proxied(k).reaching) > 0 {
			return proxyName(k)
		}
	}
	return ""
}

// gapReason says what the text does not tell.
func gapReason(gaps []proxy.Gap) string {
	g := gaps[0]
	where := ""
	if !g.Place.IsZero() {
		where = at(g.Place) + ": "
	}
	if n := len(gaps) - 1; n > 0 {
		return fmt.Sprintf("%s%s, and %d more", where, g.Why, n)
	}
	return where + g.Why
}

// passTo is what passes requests to a group.
func passTo(kind proxy.Kind, name string) string {
	switch kind {
	case proxy.Nginx:
		return "# in the server that is meant:\nlocation / {\n  proxy_pass http://" + name + ";\n  proxy_set_header Host $host;\n}"
	case proxy.Apache:
		return "# in the virtual host that is meant:\nProxyPass \"/\" \"balancer://" + name + "/\""
	}
	return "# in the frontend that is meant:\ndefault_backend " + name
}

// sketch is the least that has a proxy pass requests to a listener.
func sketch(kind proxy.Kind, listener string) string {
	scheme, name, _ := strings.Cut(listener, "://")
	unix := scheme == "unix"
	switch kind {
	case proxy.Nginx:
		server := name
		if unix {
			server = "unix:" + name
		}
		return "upstream puma {\n  server " + server + " fail_timeout=0;\n}\n# in the server that is meant:\nlocation / {\n  proxy_pass http://puma;\n  proxy_set_header Host $host;\n}"
	case proxy.Apache:
		if unix {
			return "ProxyPass \"/\" \"unix:" + name + "|http://localhost/\" retry=0"
		}
		return "ProxyPass \"/\" \"http://" + name + "/\" retry=0"
	case proxy.HAProxy:
		if unix {
			name = "unix@" + name
		}
		return "backend puma\n  server puma " + name + "\n# in the frontend that is meant:\n  default_backend puma"
	}
	if unix {
		name = "unix/" + name
	}
	return "reverse_proxy " + name + " {\n\tlb_try_duration 10s\n}"
}

func socketPath(p *proxied) Answer {
	name := proxyName(p.config.Kind)
	if a := worst(append(p.paths(), ok())); a.Result != OK {
		return a
	}
	switch other := p.otherwise(); {
	case len(p.reaching) > 0 && p.servers[0].Address.Unix == "":
		return notHere(name + " reaches it by TCP")
	case len(p.reaching) > 0:
		return ok(lineOf(p.servers[0].Place))
	case len(p.near) == 0 && len(p.config.Gaps) > 0 && other == "":
		return unknown(fmt.Sprintf("whether %s leads to this Puma is not known, see %s.upstream", name, p.config.Kind))
	case other != "" || len(p.near) == 0:
		return notHere(fmt.Sprintf("%s does not lead to this Puma, see %s.upstream", name, p.config.Kind))
	}
	return p.missed(p.near[0])
}

// paths are the answers on the paths of the sockets that lead to this Puma.
func (p *proxied) paths() []Answer {
	var out []Answer
	for i, r := range p.reaching {
		s := p.servers[i]
		if s.Address.Unix == "" || strings.HasPrefix(s.Address.Unix, "@") {
			continue
		}
		a := p.judgePath(s)
		if a.Result == Found && r.Conditional {
			a = unknown(at(r.Place) + " stands under a condition")
		}
		out = append(out, a)
	}
	return out
}

// missed is a finding: the socket that the proxy connects to is another one than Puma's.
func (p *proxied) missed(s proxy.Server) Answer {
	socket := ""
	for _, l := range p.target.Puma.Listeners {
		if name, unix := strings.CutPrefix(l, "unix://"); unix {
			socket = name
		}
	}
	if p.config.Chroot.Text != "" && s.Address.Unix == socket {
		return p.lockedUp(s, socket)
	}
	return found(fmt.Sprintf("%s connects to %s, and Puma listens on %s", proxyName(p.config.Kind), s.Address.Unix, socket),
		p.replaced(s, socket), lineOf(s.Place), Evidence{Command: fmt.Sprintf("ps -o args= %d", p.target.Puma.PID), Text: "unix://" + socket})
}

// lockedUp is a finding: the proxy looks for the same path below its chroot.
func (p *proxied) lockedUp(s proxy.Server, socket string) Answer {
	return found(fmt.Sprintf("%s is locked up in %s and looks for %s there", proxyName(p.config.Kind), p.config.Chroot.Text, socket),
		"# puma.rb: one more socket, where the proxy finds it\nbind \"unix://"+path.Join(p.config.Chroot.Text, s.Address.Unix)+"\"", lineOf(s.Place),
		lineOf(p.config.Chroot.Place))
}

// replaced is the line of a server with another path in it.
func (p *proxied) replaced(s proxy.Server, socket string) string {
	line := s.Place.Text
	if !strings.Contains(line, s.Address.Unix) {
		return "# " + at(s.Place) + ": the path is " + socket
	}
	return "# " + at(s.Place) + "\n" + pasted(strings.Replace(line, s.Address.Unix, socket, 1)) + "\n" + reloadProxy(p)
}

// reloadProxy is the command that has a proxy read its configuration again, once it has checked it.
func reloadProxy(p *proxied) string {
	sudo := "sudo "
	if p.target.login() == "root" {
		sudo = ""
	}
	switch p.config.Kind {
	case proxy.Nginx:
		return sudo + "nginx -t && " + sudo + "systemctl reload nginx"
	case proxy.Apache:
		unit := "apache2"
		for _, root := range p.target.Host.Proxies[string(proxy.Apache)] {
			if strings.Contains(root, "httpd") {
				unit = "httpd"
			}
		}
		return sudo + "apachectl configtest && " + sudo + "systemctl reload " + unit
	case proxy.HAProxy:
		return sudo + "haproxy -c" + p.roots(" -f ") + " && " + sudo + "systemctl reload haproxy"
	}
	return sudo + "caddy validate" + p.roots(" --config ") + " && " + sudo + "systemctl reload caddy"
}

// roots are the files that the proxy's configuration begins with, each behind a flag.
func (p *proxied) roots(flag string) string {
	out := ""
	for _, root := range p.target.Host.Proxies[string(p.config.Kind)] {
		out += flag + word(root)
	}
	return out
}

// judgePath looks at the path of a socket that proxy and Puma share.
func (p *proxied) judgePath(s proxy.Server) Answer {
	t := p.target
	name := s.Address.Unix
	if release := inRelease(name); release != "" {
		to := path.Join(release, "shared/tmp/sockets", path.Base(name))
		a := found("the socket is inside of one release: "+name, "# puma.rb, and then "+at(s.Place)+": a place that outlives releases\nbind \"unix://"+to+"\"", lineOf(s.Place))
		a.Consequence = "The socket goes with its release, when the deploy removes that, though Puma still serves on it: every request fails."
		return a
	}
	link := t.Puma.CurrentLink
	if _, through := strings.CutPrefix(name, link+"/"); link == "" || !through {
		return ok()
	}
	real := t.Host.Links[name]
	if real == "" {
		return unknown("where " + name + " leads was not read")
	}
	if inRelease(real) == "" {
		return ok()
	}
	to := path.Join(path.Dir(link), "shared/tmp/sockets", path.Base(name))
	a := found("the path leads through "+link+" into one release: "+real, "# puma.rb, and then "+at(s.Place)+": a place that outlives releases\nbind \"unix://"+to+"\"\n"+
		"# or config/deploy.rb:\nappend :linked_dirs, \"tmp/sockets\"", lineOf(s.Place))
	a.Consequence = "As soon as a deploy moves the link, the path names a socket that is not there, until Puma is restarted in full: every request fails."
	return a
}

// fullRestarts reports whether a reload of this Puma is a full restart, at which requests wait for the whole boot.
func (t *Target) fullRestarts() bool {
	return t.Puma.Phased.Answer == "no" && t.Puma.Unit.Scope != probe.NoScope
}
