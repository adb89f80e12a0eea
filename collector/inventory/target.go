package inventory

import (
	"net"
	"strings"
)

// target is one word of an argument after its ranges are written out.
type target struct {
	// group is a name after @, address [user@]host[:port]; one of the two.
	group, address string
	// app or state is what of it is meant; neither is all of it.
	app, state string
}

// parse reads [user@]host[:port][/app], host:/path/puma.state, and both with @group in place of the host. Whether a name
// is one that ssh takes is for ssh to say.
func (t term) parse(text string) (target, error) {
	host, rest, hasPath := strings.Cut(text, "/")
	var w target
	slash := max(len(t.text)-len(text)+len(host), 0)
	switch {
	case hasPath && strings.HasSuffix(host, ":"):
		host, w.state = strings.TrimSuffix(host, ":"), "/"+rest
	case hasPath && rest == "":
		return target{}, t.fail(slash, "no app stands after the /")
	case hasPath && strings.Contains(rest, "/"):
		return target{}, t.fail(slash, "an app has no / in its name")
	case hasPath:
		w.app = rest
	}
	if name, ok := strings.CutPrefix(host, "@"); ok {
		if w.group = name; name == "" {
			return target{}, t.fail(0, "it names no group")
		}
		return w, nil
	}
	w.address = host
	if bareHost(host) == "" || strings.HasPrefix(host, "-") {
		return target{}, t.fail(-1, "it names no host")
	}
	return w, nil
}

// parts takes an address apart as ssh does: several colons without brackets are an IPv6 address.
func parts(address string) (user, host, port string) {
	host = address
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		user, host = host[:i], host[i+1:]
	}
	if inside, rest, ok := strings.Cut(strings.TrimPrefix(host, "["), "]"); ok && host[0] == '[' {
		return user, inside, strings.TrimPrefix(rest, ":")
	}
	if strings.Count(host, ":") == 1 {
		host, port, _ = strings.Cut(host, ":")
	}
	return user, host, port
}

// bareHost is an address without user and port, as names are compared: a capital letter or a dot at the end names no other
// host, and must not lead around what its environment protects.
func bareHost(address string) string {
	_, host, _ := parts(address)
	return canonical(host)
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// join is parts the other way around.
func join(user, host, port string) string {
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	if user != "" {
		host = user + "@" + host
	}
	return host
}

// shown is an address without its user.
func shown(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
