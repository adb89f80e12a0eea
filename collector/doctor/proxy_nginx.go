package doctor

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/doctor/proxy"
)

// withWords puts words behind the last one of a quoted line, before its semicolon.
func withWords(line, words string) string {
	line, comment, _ := strings.Cut(line, "#")
	line = strings.TrimSpace(line)
	if comment != "" {
		comment = " #" + comment
	}
	if before, ok := strings.CutSuffix(line, ";"); ok {
		return before + " " + words + ";" + comment
	}
	return line + " " + words + comment
}

// without takes a parameter away from a line: fail_timeout=10s.
func without(line, name string) string {
	fields := strings.Fields(strings.TrimSuffix(line, ";"))
	var out []string
	for _, f := range fields {
		if !strings.HasPrefix(f, name+"=") {
			out = append(out, f)
		}
	}
	if strings.HasSuffix(line, ";") {
		return strings.Join(out, " ") + ";"
	}
	return strings.Join(out, " ")
}

// severalAddresses reports whether a name may stand for more than one address: localhost often is two.
func severalAddresses(a proxy.Address) bool {
	if a.Unix != "" {
		return false
	}
	_, err := netip.ParseAddr(a.Host)
	return err != nil
}

// failTimeout: nginx counts failures of a server only where it has another one to turn to, a second address included.
func failTimeout(p *proxied, r proxy.Route, s proxy.Server) Answer {
	if len(r.To.Primaries()) > 1 {
		return notHere("nginx has other servers to turn to")
	}
	if v, set := s.Settings["max_fails"]; set && strings.TrimSpace(v.Text) == "0" {
		return ok(lineOf(s.Place))
	}
	v, set := s.Settings["fail_timeout"]
	d, known := proxy.Nginx.Duration(v.Text)
	switch {
	case set && !known:
		return unknown("fail_timeout in " + at(s.Place) + " cannot be read")
	case set && d == 0:
		return ok(lineOf(s.Place))
	}
	several := severalAddresses(s.Address)
	if r.To.Name == "" && !several {
		return notHere("proxy_pass names the server itself, and nginx does not count its failures")
	}
	out := failedFor(set, v)
	says, remedy := fmt.Sprintf("fail_timeout is %s for the only server of %s", out, r.To.Name), neverOut(p, s)
	switch {
	case r.To.Name == "":
		says = s.Address.Host + " may be several addresses, of which nginx takes each out for 10 s after one failure"
		remedy = "upstream puma {\n  server " + s.Address.String() + " fail_timeout=0;\n}\n# " + at(s.Place) + "\nproxy_pass http://puma;\n" + reloadProxy(p)
	case !set:
		says = "fail_timeout is 10 s by default for the only server of " + r.To.Name
	}
	a := found(says, remedy, lineOf(s.Place))
	switch {
	case len(r.To.Servers) > len(r.To.Primaries()):
		a.Consequence = "One failed attempt, as during a restart, has nginx send all requests to the backup for " + out + ", though Puma is back."
	case !several:
		a.Severity = Advice
		a.Consequence = "As long as the server is the only one, with one address, nginx does not count its failures. With a second one or a backup " +
			"beside it, one failed attempt during a restart takes it out for " + out + "."
	case set:
		a.Consequence = "One failed attempt, as during a restart, takes the server out for " + out + ": nginx answers 502 in that time " +
			"without asking Puma, which has long been back."
	}
	return a
}

// neverOut is the line of a server with fail_timeout=0.
func neverOut(p *proxied, s proxy.Server) string {
	line := s.Place.Text
	if !strings.HasPrefix(line, "server ") || strings.Count(line, ";") != 1 {
		return "# " + at(s.Place) + ": the server with fail_timeout=0\nserver " + s.Address.String() + " fail_timeout=0;\n" + reloadProxy(p)
	}
	return "# " + at(s.Place) + "\n" + pasted(withWords(without(line, "fail_timeout"), "fail_timeout=0")) + "\n" + reloadProxy(p)
}

func failedFor(set bool, v proxy.Value) string {
	if d, ok := proxy.Nginx.Duration(v.Text); ok && set {
		return rounded(d)
	}
	return "10 s"
}

func nextUpstream(p *proxied, r proxy.Route, s proxy.Server) Answer {
	v, set := r.Settings["proxy_next_upstream"]
	words := strings.Fields(v.Text)
	has := func(w string) bool {
		for _, word := range words {
			if word == w {
				return true
			}
		}
		return false
	}
	switch {
	case len(r.To.Primaries()) < 2:
		return notHere("nginx has no other server to turn to")
	case !set:
		return ok(lineOf(r.Place)) // error and timeout, by default
	case has("non_idempotent"):
		a := found("nginx sends a POST to another server too, when one has failed on it", "# "+at(v.Place)+"\nproxy_next_upstream "+
			strings.Join(strings.Fields(strings.ReplaceAll(" "+v.Text+" ", " non_idempotent ", " ")), " ")+";\n"+reloadProxy(p), lineOf(v.Place))
		a.Consequence = "A request that changes something may be done twice: the first server has worked on it when it was restarted."
		return a
	case has("off") || !has("error"):
		return found("nginx does not try another server when the connection to this one fails", "# "+at(v.Place)+"\nproxy_next_upstream error timeout;\n"+reloadProxy(p), lineOf(v.Place))
	}
	if t, limited := r.Settings["proxy_next_upstream_tries"]; limited && strings.TrimSpace(t.Text) == "1" {
		return found("nginx tries one server only", "# "+at(t.Place)+"\nproxy_next_upstream_tries 0;\n"+reloadProxy(p), lineOf(t.Place))
	}
	return ok(lineOf(v.Place))
}

// wait is how long a proxy waits for an answer, and the line that says so; 0 for as long as it takes.
func (p *proxied) wait(r proxy.Route, s proxy.Server) (d time.Duration, v proxy.Value, known bool) {
	names, fallback := waits(p.config.Kind)
	for _, name := range names {
		for _, settings := range [...]proxy.Settings{s.Settings, r.To.Settings, r.Settings} {
			if v, set := settings[name]; set {
				d, known := p.config.Kind.Duration(v.Text)
				return d, v, known && !v.Conditional && !strings.ContainsAny(v.Text, "${}%")
			}
		}
	}
	return fallback, proxy.Value{}, true
}

func timeouts(p *proxied, r proxy.Route, s proxy.Server) Answer {
	t := p.target
	limit, v, known := p.wait(r, s)
	names, _ := waits(p.config.Kind)
	if !known {
		return unknown("how long " + proxyName(p.config.Kind) + " waits cannot be read: " + at(v.Place))
	}
	e := lineOf(v.Place)
	says := v.Name
	if v.Name == "" {
		says = names[0]
		e = lineOf(r.Place)
	}
	says = strings.TrimPrefix(says, "transport ")
	if limit == 0 {
		return ok(e)
	}
	suggest := func(seconds int) string {
		where := "# " + at(v.Place)
		if v.Place.IsZero() {
			where = "# behind " + at(r.Place)
		}
		return where + "\n" + setWait(p.config.Kind, seconds) + "\n" + reloadProxy(p)
	}
	settings := t.Puma.Settings
	drain, sure := settings.ShutdownLimit()
	switch boot := t.Puma.Unit.BootTime; {
	case t.Slowest >= limit:
		return found(fmt.Sprintf("%s is %s, and a request was seen that had taken %s", says, rounded(limit), rounded(t.Slowest)), suggest(int(2*t.Slowest.Seconds())+1), e)
	case t.fullRestarts() && boot >= limit:
		a := found(fmt.Sprintf("%s is %s, and Puma takes %s to boot", says, rounded(limit), rounded(boot)), suggest(int(2*boot.Seconds())+1), e)
		a.Consequence = "Every reload is a full restart, while which requests wait at Puma's socket: the first ones are given up before it has booted."
		return a
	case v.Name != "" && limit > drain && (sure || !settings.WorkerShutdownTimeout.IsSet()) && drain > 0 && settings.Lines > 0:
		a := found(fmt.Sprintf("%s lets requests take %s, and a worker that restarts is killed after %s", says, rounded(limit), rounded(drain)),
			fmt.Sprintf("# %s\nworker_shutdown_timeout %d", orElse(clean.Line(t.Puma.ConfigPath), "puma.rb"), int(limit.Seconds())), e,
			Evidence{File: t.Puma.ConfigPath, Line: settings.WorkerShutdownTimeout.Line, Text: t.configLine(settings.WorkerShutdownTimeout, drainLine(t))})
		a.Severity = Advice
		a.Consequence = "A request that takes longer than worker_shutdown_timeout is cut off by every restart, though the proxy would have waited for it."
		return a
	}
	return ok(e)
}

func drainLine(t *Target) string {
	s := t.Puma.Settings.WorkerShutdownTimeout
	if !s.IsSet() {
		return "no worker_shutdown_timeout, which is 30 by default"
	}
	return "worker_shutdown_timeout " + clean.Short(s.Text, 20)
}
