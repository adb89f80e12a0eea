package pumatest

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
)

// reply is an answer before this version's headers stand around it.
type reply struct {
	status int
	kind   string // content type
	body   string
}

const accepted = `{ "status": "ok" }`

// answer is what the control server says to a request, and whether the connection stays open.
func (p *Puma) answer(head string) (out string, more bool) {
	line, headers, _ := strings.Cut(head, "\r\n")
	words := strings.Split(line, " ")
	if len(words) != 3 || !strings.HasPrefix(words[2], "HTTP/1.") || !strings.HasPrefix(words[1], "/") {
		return p.malformed(), false
	}
	target, query, _ := strings.Cut(words[1], "?")
	r := reply{403, "text/plain", "Invalid auth token"}
	if p.authorised(query) {
		r = p.command(target)
	}
	if words[0] == "HEAD" {
		return p.write(r, words[2], headers, false), false
	}
	keeps := p.before(5, 2) && words[2] == "HTTP/1.1" && !strings.Contains(strings.ToLower(headers), "connection: close")
	return p.write(r, words[2], headers, true), keeps
}

// authorised compares the raw query. Before 6.6 the token has to be the only parameter, since the query is split at
// the two characters "&;".
func (p *Puma) authorised(query string) bool {
	if p.token == "" {
		return true
	}
	parameters := strings.Split(query, "&;")
	if p.v.AtLeast(6, 6, 0) {
		parameters = strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' })
	}
	for _, parameter := range parameters {
		if parameter == "token="+p.token {
			return true
		}
	}
	return false
}

func (p *Puma) write(r reply, proto, headers string, body bool) string {
	kind, length := "Content-Type", "Content-Length"
	if p.v.AtLeast(6, 0, 0) {
		kind = "content-type"
	}
	if p.v.AtLeast(7, 0, 0) {
		length = "content-length"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s\r\n%s: %s\r\n", proto, r.status, http.StatusText(r.status), kind, r.kind)
	closes := p.v.AtLeast(5, 2, 0) || strings.Contains(strings.ToLower(headers), "connection: close")
	if proto == "HTTP/1.1" && closes {
		name := "Connection"
		if p.v.AtLeast(7, 0, 0) {
			name = "connection"
		}
		fmt.Fprintf(&b, "%s: close\r\n", name)
	}
	fmt.Fprintf(&b, "%s: %d\r\n\r\n", length, len(r.body))
	if body {
		b.WriteString(r.body)
	}
	return b.String()
}

// malformed is the answer to what is no HTTP: up to 5.6 a bare status line, later with the exception.
func (p *Puma) malformed() string {
	if p.before(6, 0) {
		return "HTTP/1.1 400 Bad Request\r\n\r\n"
	}
	body := "Puma caught this error: Invalid HTTP format, parsing fails. Are you trying to open an SSL connection to a " +
		"non-SSL Puma? (Puma::HttpParserError)\n/usr/share/rubygems-integration/all/gems/puma/lib/puma/client.rb:302:in `execute'\n"
	return fmt.Sprintf("HTTP/1.0 400 Bad Request\r\ncontent-length: %d\r\n\r\n%s", len(body), body)
}

// command carries out an action: only the last segment of the path counts, and a trailing slash is not ignored.
func (p *Puma) command(target string) reply {
	name := target[strings.LastIndex(target, "/")+1:]
	switch name {
	case "stats":
		return reply{200, "application/json", p.stats()}
	case "gc-stats":
		return reply{200, "application/json", p.gcStats()}
	}
	if p.c.DataOnly && p.v.AtLeast(7, 2, 0) {
		return reply{404, "text/plain", fmt.Sprintf("Command %q unavailable", name)}
	}
	action, refused := p.action(name)
	switch {
	case name == "gc": // in the thread of the request
		action()
		return reply{200, "application/json", accepted}
	case refused:
		return p.unavailable(target)
	case name == "thread-backtraces" && p.v.AtLeast(5, 0, 0):
		return reply{200, "application/json", p.backtraces()}
	case action == nil:
		return reply{404, "text/plain", "Unsupported action"}
	}
	p.after(soon, action)
	return reply{200, "application/json", accepted}
}

// action is what a command makes the master do, nil for none. A refusal does not keep single mode from restarting.
func (p *Puma) action(name string) (do func(), refused bool) {
	switch name {
	case "gc":
		return func() { p.gcs++ }, false
	case "stop", "halt":
		return func() { p.stop(func() { p.gone(); p.unit.again(p, "success") }) }, false
	case "restart":
		return p.restart, false
	case "phased-restart":
		if p.single() && p.v.AtLeast(5, 0, 0) {
			p.after(soon, p.phased)
			return nil, true
		}
		return p.phased, false
	case "reload-worker-directory":
		return p.changeDirectory, p.single()
	case "refork":
		return p.reforkAction()
	}
	return nil, false
}

// reforkAction is what /refork makes the master do. The action was missing from 5.0.3 to 5.6.4; before, it was a signal
// and said nothing.
func (p *Puma) reforkAction() (do func(), refused bool) {
	switch {
	case p.v.AtLeast(5, 6, 5) && !p.forks():
		p.after(soon, p.refork)
		return nil, true
	case p.v.AtLeast(5, 6, 5):
		return p.refork, false
	case p.v.AtLeast(5, 0, 0) && !p.v.AtLeast(5, 0, 3):
		return func() { p.signal("URG") }, false
	}
	return nil, false
}

// soon is how long the master takes to act on what it has just accepted.
const soon = time.Millisecond

// unavailable is a refusal: made of the path, and before 5.0.3 a sentence for the phased restart.
func (p *Puma) unavailable(target string) reply {
	name := strings.ReplaceAll(path.Base(target), "-", "_")
	if name == "phased_restart" && !p.v.AtLeast(5, 0, 3) {
		name = "phased restart"
	}
	return reply{404, "application/json", fmt.Sprintf(`{ "error": "%s not available" }`, name)}
}
