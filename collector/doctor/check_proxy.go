package doctor

import "pumatop/collector/doctor/proxy"

// Where the proxies say so.
const (
	nginxProxy    = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html"
	nginxUpstream = "https://nginx.org/en/docs/http/ngx_http_upstream_module.html"
	apacheProxy   = "https://httpd.apache.org/docs/2.4/mod/mod_proxy.html"
	haproxyManual = "https://docs.haproxy.org/3.0/configuration.html"
	caddyProxy    = "https://caddyserver.com/docs/caddyfile/directives/reverse_proxy"
)

func proxyChecks() []Check {
	out := append(nginxChecks(), apacheChecks()...)
	return append(append(out, haproxyChecks()...), caddyChecks()...)
}

// reachChecks are those that every proxy has: whether it leads to this Puma, and by which socket.
func reachChecks(kind proxy.Kind, link string) []Check {
	name := proxyName(kind)
	return []Check{
		{ID: string(kind) + ".upstream", Severity: Risks, Asks: name + " leads to this Puma", run: onProxy(kind, upstream), Link: link,
			Consequence: "No request that " + name + " takes comes to this Puma."},
		{ID: string(kind) + ".socket", Severity: Risks, Asks: name + " and Puma mean the same socket", run: onProxy(kind, socketPath), Link: link,
			Consequence: name + " finds no socket, or one that nobody listens on: its requests fail with 502 or 503."},
	}
}

func nginxChecks() []Check {
	return append(reachChecks(proxy.Nginx, nginxProxy+"#proxy_pass"), []Check{
		{ID: "nginx.fail-timeout", Severity: Risks, Asks: "nginx keeps its only server", run: onReached(proxy.Nginx, failTimeout), Link: nginxUpstream + "#fail_timeout",
			Consequence: "One failed attempt, as during a restart, takes the server out for 10 seconds: nginx answers 502 in that time " +
				"without asking Puma, which has long been back."},
		{ID: "nginx.next-upstream", Severity: Risks, Asks: "nginx tries another server", run: onReached(proxy.Nginx, nextUpstream), Link: nginxProxy + "#proxy_next_upstream",
			Consequence: "A request to a server that is being restarted fails, though another one could have answered it."},
		{ID: "nginx.timeouts", Severity: Risks, Asks: "nginx waits long enough", run: onReached(proxy.Nginx, timeouts), Link: nginxProxy + "#proxy_read_timeout",
			Consequence: "nginx answers 504 while Puma still works on the request."},
	}...)
}

func apacheChecks() []Check {
	return append(reachChecks(proxy.Apache, apacheProxy+"#proxypass"), []Check{
		{ID: "apache.retry", Severity: Risks, Asks: "Apache keeps its only server", run: onReached(proxy.Apache, apacheRetry), Link: apacheProxy + "#proxypass",
			Consequence: "One connection that fails, as during a restart, puts the server into the error state: Apache answers 503 for a " +
				"minute without asking Puma, which has long been back."},
		{ID: "apache.timeouts", Severity: Risks, Asks: "Apache waits long enough", run: onReached(proxy.Apache, timeouts), Link: apacheProxy + "#proxytimeout",
			Consequence: "Apache answers 504 or 502 while Puma still works on the request."},
	}...)
}

func haproxyChecks() []Check {
	return append(reachChecks(proxy.HAProxy, haproxyManual+"#4.2-server"), []Check{
		{ID: "haproxy.health-check", Severity: Risks, Asks: "HAProxy keeps its only server", run: onReached(proxy.HAProxy, healthCheck), Link: haproxyManual + "#5.2-check",
			Consequence: "HAProxy takes the only server for down while Puma restarts, and answers 503 until its checks have passed again."},
		{ID: "haproxy.retries", Severity: Risks, Asks: "HAProxy tries again, or another server", run: onReached(proxy.HAProxy, haproxyRetries), Link: haproxyManual + "#4.2-retries",
			Consequence: "A connection that fails during a restart is answered 503, though a second try would have been served."},
		{ID: "haproxy.timeouts", Severity: Risks, Asks: "HAProxy waits long enough", run: onReached(proxy.HAProxy, timeouts), Link: haproxyManual + "#4.2-timeout%20server",
			Consequence: "HAProxy answers 504 while Puma still works on the request."},
	}...)
}

func caddyChecks() []Check {
	return append(reachChecks(proxy.Caddy, caddyProxy+"#upstreams"), []Check{
		{ID: "caddy.fail-duration", Severity: Risks, Asks: "Caddy keeps its only server", run: onReached(proxy.Caddy, failDuration), Link: caddyProxy + "#passive-health-checks",
			Consequence: "One request that fails takes the only server out for fail_duration: Caddy answers 503 in that time without asking Puma."},
		{ID: "caddy.retries", Severity: Advice, Asks: "Caddy waits for a server to come back", run: onReached(proxy.Caddy, caddyRetries), Link: caddyProxy + "#load-balancing",
			Consequence: "While Puma's unit is stopped and started, Caddy answers 502 at once, where it could hold requests until Puma listens again."},
		{ID: "caddy.timeouts", Severity: Risks, Asks: "Caddy waits long enough", run: onReached(proxy.Caddy, timeouts), Link: caddyProxy + "#the-http-transport",
			Consequence: "Caddy answers 504 or 502 while Puma still works on the request."},
	}...)
}
