package doctor

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/doctor/proxy"
)

// proxied is how the configuration of one proxy bears on a target.
type proxied struct {
	target *Target
	config proxy.Config
	// reaching are the routes that lead to this Puma, and servers the ones of their groups that are it, one for each.
	reaching []proxy.Route
	servers  []proxy.Server
	// idle are groups that have this Puma in them and no route to them.
	idle []*proxy.Group
	// near are sockets of the same application that are none of this Puma's, with a route to them.
	near []proxy.Server
}

// onProxy makes a check of what judges how a proxy reaches a target, for targets that one bears on.
func onProxy(kind proxy.Kind, judge func(*proxied) Answer) func(*Target) Answer {
	return func(t *Target) Answer {
		switch {
		case t.inContainer():
			return notHere("it runs in a container")
		case t.Host == nil:
			return unknown(orElse(t.Silent, "the host was not asked"))
		case len(t.Host.Proxies[string(kind)]) == 0 && t.Host.Serving[string(kind)]:
			return unknown(proxyName(kind) + " runs, and its configuration is not where it is looked for, or may not be read")
		case len(t.Host.Proxies[string(kind)]) == 0 && t.Host.Hidden:
			return unknown("whether " + proxyName(kind) + " runs is not known: " + t.askedBy() + " does not see the processes of others")
		case len(t.Host.Proxies[string(kind)]) == 0:
			return notHere("no " + proxyName(kind) + " on this host")
		case !t.running() || len(t.Puma.Listeners) == 0:
			return unknown("Puma does not run, so its sockets are not known")
		}
		return judge(t.proxied(kind))
	}
}

// onReached makes a check of a route and the server in it that is this Puma: the first route that has a finding tells.
func onReached(kind proxy.Kind, judge func(*proxied, proxy.Route, proxy.Server) Answer) func(*Target) Answer {
	return onProxy(kind, func(p *proxied) Answer {
		if len(p.reaching) == 0 && len(p.config.Gaps) > 0 && p.otherwise() == "" {
			return unknown(fmt.Sprintf("whether %s leads to this Puma is not known, see %s.upstream", proxyName(kind), kind))
		}
		if len(p.reaching) == 0 {
			return notHere(fmt.Sprintf("%s does not lead to this Puma, see %s.upstream", proxyName(kind), kind))
		}
		var answers []Answer
		for i, r := range p.reaching {
			a := judge(p, r, p.servers[i])
			if a.Result == Found && r.Conditional {
				a = unknown(at(r.Place) + " stands under a condition")
			}
			if g, open := p.overridden(r); open && a.Result == OK && a.Reason == "" && !slices.Contains(a.Evidence, lineOf(p.servers[i].Place)) {
				a = unknown("what was read is well, and what was not may say otherwise: " + gapReason([]proxy.Gap{g}))
			}
			answers = append(answers, a)
		}
		return worst(answers)
	})
}

// overridden is a gap that may have settings which bear on a route: in its file, or where the configuration begins.
func (p *proxied) overridden(r proxy.Route) (proxy.Gap, bool) {
	for _, g := range p.config.Gaps {
		if g.File == r.File || slices.Contains(p.target.Host.Proxies[string(p.config.Kind)], g.File) {
			return g, true
		}
	}
	return proxy.Gap{}, false
}

// worst is the answer that matters most: a finding before what is unknown, and that before all being well.
func worst(answers []Answer) Answer {
	rank := map[Result]int{Found: 0, Unknown: 1, OK: 2}
	best := answers[0]
	for _, a := range answers[1:] {
		switch {
		case rank[a.Result] < rank[best.Result]:
			best = a
		case a.Result == Found && best.Result == Found && a.Severity != best.Severity && a.Severity != "" &&
			(best.Severity == "" || a.Severity.Reaches(best.Severity)):
			best = a
		}
	}
	return best
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func proxyName(k proxy.Kind) string {
	return map[proxy.Kind]string{proxy.Nginx: "nginx", proxy.Apache: "Apache httpd", proxy.HAProxy: "HAProxy", proxy.Caddy: "Caddy"}[k]
}

// at is a place as people write it.
func at(p proxy.Place) string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// lineOf is a place as evidence.
func lineOf(p proxy.Place) Evidence { return Evidence{File: p.File, Line: p.Line, Text: p.Text} }

func (t *Target) proxied(kind proxy.Kind) *proxied {
	p := &proxied{target: t, config: t.Host.proxy(kind)}
	p.reach(sure)
	if len(p.reaching) == 0 { // a link may make another path the same socket
		p.reach(likely)
	}
	routed := p.routed()
	led := map[*proxy.Group]bool{}
	for _, g := range routed {
		led[g] = true
		for _, s := range g.Servers {
			if p.isNear(s) {
				p.near = append(p.near, s)
			}
		}
	}
	for _, g := range p.config.Groups {
		if led[g] {
			continue
		}
		if _, ok := p.find(g, likely); ok {
			p.idle = append(p.idle, g)
		}
	}
	return p
}

// routed are the groups that routes lead to, each once.
func (p *proxied) routed() []*proxy.Group {
	var out []*proxy.Group
	again := map[*proxy.Group]bool{}
	for _, r := range p.config.Routes {
		if !again[r.To] {
			again[r.To] = true
			out = append(out, r.To)
		}
	}
	return out
}

// reach finds the routes that lead to the target. Of a group that several lead to, the servers are looked at once.
func (p *proxied) reach(least matching) {
	type finding struct {
		server proxy.Server
		ok     bool
	}
	found := map[*proxy.Group]finding{}
	for _, r := range p.config.Routes {
		f, again := found[r.To]
		if !again {
			f.server, f.ok = p.find(r.To, least)
			found[r.To] = f
		}
		if f.ok {
			p.reaching, p.servers = append(p.reaching, r), append(p.servers, f.server)
		}
	}
}

// matching is how sure it is that a server is this Puma.
type matching int

const (
	apart matching = iota
	likely
	sure
)

// find is the server of a group that is this Puma.
func (p *proxied) find(g *proxy.Group, least matching) (proxy.Server, bool) {
	for _, s := range g.Servers {
		for _, l := range p.target.Puma.Listeners {
			if p.matches(s.Address, l) >= least {
				return s, true
			}
		}
	}
	return proxy.Server{}, false
}

func (p *proxied) matches(a proxy.Address, listener string) matching {
	scheme, name, _ := strings.Cut(listener, "://")
	if a.Unix == "" {
		if scheme != "unix" && !a.IsZero() && sameAddress(a, name) {
			return sure
		}
		return apart
	}
	if scheme != "unix" {
		return apart
	}
	if strings.HasPrefix(name, "@") || strings.HasPrefix(a.Unix, "@") {
		if name == a.Unix {
			return sure
		}
		return apart
	}
	return p.samePath(p.onHost(a.Unix), path.Clean(name))
}

// onHost is a path of the proxy's as the host has it.
func (p *proxied) onHost(name string) string {
	if !path.IsAbs(name) {
		name = "/" + name
	}
	return path.Join("/", p.config.Chroot.Text, name)
}

func (p *proxied) samePath(a, b string) matching {
	if a == b || p.target.resolved(a) == p.target.resolved(b) {
		return sure
	}
	if p.target.Host.Links[a] != "" && strings.HasPrefix(b, p.target.root()+"/shared/") {
		return apart // where a leads is known, and in shared nothing leads elsewhere
	}
	tailA, okA := p.target.within(a)
	tailB, okB := p.target.within(b)
	if okA && okB && tailA == tailB {
		return likely
	}
	return apart
}

// resolved is a path as the host resolves it, as far as that is known: what it says itself, else the link of the deploy followed.
func (t *Target) resolved(name string) string {
	if real := t.Host.Links[name]; real != "" {
		return real
	}
	link, current := t.Puma.CurrentLink, t.Puma.Current
	if rest, ok := strings.CutPrefix(name, link+"/"); ok && link != "" && current != "" {
		return path.Join(current, rest)
	}
	return name
}

// root is the directory that the application is deployed to: what has current, releases and shared.
func (t *Target) root() string {
	if t.Puma.CurrentLink != "" {
		return path.Dir(t.Puma.CurrentLink)
	}
	for _, l := range append([]string{"unix://" + t.Puma.Release}, t.Puma.Listeners...) {
		name, ok := strings.CutPrefix(l, "unix://")
		for _, below := range [...]string{"/shared/", "/current/", "/releases/"} {
			if root, _, in := strings.Cut(name, below); ok && in && root != "" {
				return root
			}
		}
	}
	return ""
}

// within is what a path has below the application's shared or current directory, or that of a release.
func (t *Target) within(name string) (tail string, ok bool) {
	root := t.root()
	rest, ok := strings.CutPrefix(name, root+"/")
	if root == "" || !ok {
		return "", false
	}
	for _, below := range [...]string{"shared/", "current/"} {
		if tail, ok := strings.CutPrefix(rest, below); ok {
			return tail, true
		}
	}
	if rest, ok := strings.CutPrefix(rest, "releases/"); ok {
		_, tail, ok := strings.Cut(rest, "/")
		return tail, ok
	}
	return "", false
}

// isNear reports whether a server is a socket of the same application that is not this Puma's, nor another's on this host: a
// Puma of another one may well listen on the same path.
func (p *proxied) isNear(s proxy.Server) bool {
	root, name := p.target.root(), s.Address.Unix
	if p.config.Chroot.Text != "" && slices.Contains(p.target.Puma.Listeners, "unix://"+name) {
		return p.onHost(name) != name
	}
	if name == "" || root == "" || !strings.HasPrefix(p.onHost(name), root+"/") {
		return false
	}
	for _, t := range append([]*Target{p.target}, p.target.Peers...) {
		if p.target.beside(t) && slices.ContainsFunc(t.Puma.Listeners, func(l string) bool { return p.matches(s.Address, l) != apart }) {
			return false
		}
	}
	return slices.ContainsFunc(p.target.Puma.Listeners, func(l string) bool { return strings.HasPrefix(l, "unix://") })
}

// sameAddress reports whether a proxy's host and port lead to one of Puma's listeners, whose host may be a wildcard.
func sameAddress(a proxy.Address, listener string) bool {
	i := strings.LastIndexByte(listener, ':')
	if i < 0 || listener[i+1:] != a.Port {
		return false
	}
	host := strings.ToLower(strings.Trim(listener[:i], "[]"))
	return host == a.Host || isLoopback(host) && isLoopback(a.Host) && sameFamily(host, a.Host)
}

// sameFamily reports whether who connects to a loopback address gets to who listens on another one: localhost is both, and who
// listens on all of IPv6 serves IPv4 as well, as Linux has it.
func sameFamily(listens, connects string) bool {
	if listens == "localhost" || connects == "localhost" || listens == "::" {
		return true
	}
	x, errX := netip.ParseAddr(listens)
	y, errY := netip.ParseAddr(connects)
	same := errX == nil && errY == nil && x.Is4() == y.Is4()
	return same && (x == y || x.IsUnspecified() || y.IsUnspecified() && x.Compare(loopback(x)) == 0)
}

// loopback is the address that a connection to all addresses gets to.
func loopback(of netip.Addr) netip.Addr {
	if of.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (addr.IsLoopback() || addr.IsUnspecified())
}

func isWildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsUnspecified()
}

// mayBeUs is a server with a port of this Puma's on a host of which the text does not say that it is this one.
func (p *proxied) mayBeUs() (proxy.Server, bool) {
	for _, g := range p.routed() {
		for _, s := range g.Servers {
			for _, l := range p.target.Puma.Listeners {
				scheme, name, _ := strings.Cut(l, "://")
				i := strings.LastIndexByte(name, ':')
				if scheme != "unix" && s.Address.Port != "" && i >= 0 && name[i+1:] == s.Address.Port && isWildcard(strings.Trim(name[:i], "[]")) {
					return s, true
				}
			}
		}
	}
	return proxy.Server{}, false
}

// open is a listener that other hosts may reach; empty for none.
func (t *Target) open() string {
	for _, l := range t.Puma.Listeners {
		scheme, name, _ := strings.Cut(l, "://")
		host := strings.Trim(name[:max(strings.LastIndexByte(name, ':'), 0)], "[]")
		if scheme != "unix" && (isWildcard(host) || !isLoopback(host)) {
			return clean.Line(l)
		}
	}
	return ""
}
