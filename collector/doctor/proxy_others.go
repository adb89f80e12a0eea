package doctor

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/doctor/proxy"
)

// waits are the settings that say how long a proxy waits for an answer, the one that counts first, and what it is without
// any; 0 for as long as it takes.
func waits(k proxy.Kind) ([]string, time.Duration) {
	switch k {
	case proxy.Nginx:
		return []string{"proxy_read_timeout", "proxy_timeout"}, time.Minute
	case proxy.Apache:
		return []string{"timeout", "proxytimeout"}, time.Minute
	case proxy.HAProxy:
		return []string{"timeout server"}, 0
	}
	return []string{"transport response_header_timeout", "transport read_timeout"}, 0
}

// setWait is the line that has a proxy wait for so many seconds.
func setWait(k proxy.Kind, seconds int) string {
	switch k {
	case proxy.Nginx:
		return fmt.Sprintf("proxy_read_timeout %ds;", seconds)
	case proxy.Apache:
		return fmt.Sprintf("ProxyTimeout %d", seconds)
	case proxy.HAProxy:
		return fmt.Sprintf("timeout server %ds", seconds)
	}
	return fmt.Sprintf("transport http {\n\tresponse_header_timeout %ds\n}", seconds)
}

// apacheRetry: a server that a connection failed to is in the error state for retry seconds, the only one as well.
func apacheRetry(p *proxied, r proxy.Route, s proxy.Server) Answer {
	if len(r.To.Primaries()) > 1 {
		return notHere("Apache has other servers to turn to")
	}
	v, set := s.Settings["retry"]
	if !set {
		v, set = r.To.Settings["retry"]
	}
	d := time.Minute
	if set {
		var known bool
		if d, known = proxy.Apache.Duration(v.Text); !known {
			return unknown("retry in " + at(v.Place) + " cannot be read")
		}
	}
	if set && d == 0 {
		return ok(lineOf(v.Place))
	}
	e := lineOf(s.Place)
	remedy := "# " + at(s.Place) + "\n" + pasted(withWords(without(s.Place.Text, "retry"), "retry=0")) + "\n" + reloadProxy(p)
	lower := strings.ToLower(s.Place.Text)
	if !strings.HasPrefix(lower, "proxypass") && !strings.HasPrefix(lower, "balancermember") || strings.HasSuffix(lower, `\`) {
		remedy = "# beside " + at(s.Place) + "\n<Proxy \"" + apacheURL(s.Address) + "\">\n  ProxySet retry=0\n</Proxy>\n" + reloadProxy(p)
	}
	says := "retry is 60 s by default for the only server"
	if set {
		says = "retry is " + rounded(d) + " for the only server"
		e = lineOf(v.Place)
	}
	a := found(says, remedy, e)
	if set {
		a.Consequence = "One connection that fails, as during a restart, puts the server into the error state: Apache answers 503 for " + rounded(d) +
			" without asking Puma, which has long been back."
	}
	return a
}

func apacheURL(a proxy.Address) string {
	if a.Unix != "" {
		return "unix:" + a.Unix + "|http://localhost"
	}
	return "http://" + a.String()
}

// healthCheck: HAProxy sends nothing to a server that its checks hold for down, the only one as well.
func healthCheck(p *proxied, r proxy.Route, s proxy.Server) Answer {
	if len(r.To.Servers) > 1 {
		return notHere("HAProxy has other servers to turn to")
	}
	_, checks := s.Settings["check"]
	e := lineOf(s.Place)
	if v, observes := s.Settings["on-error"]; observes && v.Text != "fastinter" && s.Settings["observe"].Text != "" {
		return found("bad answers take the only server down: on-error "+v.Text, "# "+at(s.Place)+"\n"+pasted(withoutOption(s.Place.Text, "observe", "on-error", "error-limit"))+"\n"+reloadProxy(p), e)
	}
	http, asks := r.To.Settings["option httpchk"]
	if !checks || !asks || http.Text == "no" {
		return ok(e)
	}
	switch boot := p.target.Puma.Unit.BootTime; {
	case p.target.Puma.Phased.Answer == "yes":
		return ok(e)
	case boot == 0:
		return unknown("how long Puma takes to boot is not known")
	case boot < patience(s):
		return ok(e)
	default:
		fall := int(boot/interval(s)) + 2
		return found(fmt.Sprintf("the only server is down for HAProxy after %s without an answer, and Puma takes %s to boot", rounded(patience(s)), rounded(boot)),
			"# "+at(s.Place)+"\n"+pasted(withWords(withoutOption(s.Place.Text, "fall"), "fall "+strconv.Itoa(fall)))+"\n"+reloadProxy(p), e, lineOf(http.Place))
	}
}

func interval(s proxy.Server) time.Duration {
	if d, ok := proxy.HAProxy.Duration(s.Settings["inter"].Text); ok && d > 0 {
		return d
	}
	return 2 * time.Second
}

// patience is how long a server may fail its checks until it is held for down.
func patience(s proxy.Server) time.Duration {
	fall := 3
	if n, err := strconv.Atoi(s.Settings["fall"].Text); err == nil && n > 0 && n < 1000 {
		fall = n
	}
	return time.Duration(fall) * interval(s)
}

// withoutOption takes options with their values away from a HAProxy line.
func withoutOption(line string, names ...string) string {
	var out []string
	words := strings.Fields(line)
	for i := 0; i < len(words); i++ {
		skip := false
		for _, name := range names {
			skip = skip || words[i] == name
		}
		if skip {
			i++
			continue
		}
		out = append(out, words[i])
	}
	return strings.Join(out, " ")
}

func haproxyRetries(p *proxied, r proxy.Route, s proxy.Server) Answer {
	settings := r.To.Settings
	if v := settings["retries"]; strings.TrimSpace(v.Text) == "0" {
		return found("HAProxy does not try again when a connection fails", "# "+at(v.Place)+"\nretries 3\n"+reloadProxy(p), lineOf(v.Place))
	}
	if v, set := settings["retry-on"]; set && doesTwice(v.Text) && !strings.Contains(settings["http-request disable-l7-retry"].Name, "disable-l7-retry") {
		a := found("HAProxy sends requests again that a server has begun to work on: retry-on "+v.Text,
			"# behind "+at(v.Place)+"\nhttp-request disable-l7-retry if METH_POST\n"+reloadProxy(p), lineOf(v.Place))
		a.Consequence = "A request that changes something may be done twice: the first server has worked on it when it was restarted."
		return a
	}
	v, set := settings["option redispatch"]
	if len(r.To.Primaries()) > 1 && (!set || v.Text == "no") {
		e := lineOf(r.To.Place)
		if set {
			e = lineOf(v.Place)
		}
		a := found("HAProxy tries the same server again, and no other one", "# behind "+at(r.To.Place)+"\noption redispatch\n"+reloadProxy(p), e)
		a.Severity = Advice
		a.Consequence = "A connection that fails while one server is down is tried there again, and then answered 503, though another server could have taken it."
		return a
	}
	return ok(lineOf(r.To.Place))
}

// doesTwice reports whether requests are sent again after a server may have begun to work on them.
func doesTwice(events string) bool {
	for _, w := range strings.Fields(events) {
		switch w {
		case "response-timeout", "empty-response", "junk-response", "all-retryable-errors", "500", "502", "503", "504":
			return true
		}
	}
	return false
}

// failDuration: from fail_duration on, Caddy counts failures, those of the only server as well.
func failDuration(p *proxied, r proxy.Route, s proxy.Server) Answer {
	v, set := r.To.Settings["fail_duration"]
	switch {
	case len(r.To.Servers) > 1:
		return notHere("Caddy has other servers to turn to")
	case !set:
		return ok(lineOf(r.Place))
	}
	d, known := proxy.Caddy.Duration(v.Text)
	if !known {
		return unknown("fail_duration in " + at(v.Place) + " cannot be read")
	}
	if d == 0 {
		return ok(lineOf(v.Place))
	}
	return found("fail_duration is "+rounded(d)+" for the only server", "# "+at(v.Place)+": remove the line\n"+reloadProxy(p), lineOf(v.Place))
}

func caddyRetries(p *proxied, r proxy.Route, s proxy.Server) Answer {
	v, set := r.To.Settings["lb_try_duration"]
	if _, counted := r.To.Settings["lb_retries"]; counted && !set {
		return ok(lineOf(r.To.Settings["lb_retries"].Place))
	}
	if d, known := proxy.Caddy.Duration(v.Text); set && (!known || d > 0) {
		return ok(lineOf(v.Place))
	}
	return found("Caddy does not wait for the server to come back", "# in the block of "+at(r.Place)+"\nlb_try_duration 10s\n"+reloadProxy(p), lineOf(r.Place))
}
