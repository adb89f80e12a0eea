package remote

import (
	"strconv"
	"strings"

	"pumatop/collector/clean"
)

// Local is the name of the host that needs no SSH: the machine pumatop runs on.
const Local = "local"

// address is a host as the user wrote it: [user@]host[:port].
type address struct{ text, user, host, port string }

// parseAddress takes a host apart. It refuses what a shell or an option parser could take for something else,
// as OpenSSH does since CVE-2023-51385: names come from inventories and end up in commands (ProxyCommand %h).
func parseAddress(text string) (address, error) {
	a := address{text: text, host: text}
	why := ""
	if i := strings.LastIndexByte(a.host, '@'); i >= 0 {
		a.user, a.host = a.host[:i], a.host[i+1:]
		if o := objection(a.user); o != "" {
			why = "user: " + o
		}
	}
	colons := strings.Count(a.host, ":")
	rest, hasPort := "", false
	switch {
	case strings.HasPrefix(a.host, "["):
		var closed bool
		a.host, rest, closed = strings.Cut(a.host[1:], "]")
		rest, hasPort = strings.CutPrefix(rest, ":")
		if !closed || (rest != "" && !hasPort) {
			why = "the bracket is not closed"
		}
	case colons == 1:
		a.host, rest, hasPort = strings.Cut(a.host, ":")
	}
	if why == "" {
		why = objection(a.host)
	}
	if hasPort {
		a.port = rest
		if n, err := strconv.Atoi(rest); why == "" && (err != nil || n < 1 || n > 65535) {
			why = "the port is not a number from 1 to 65535"
		}
	}
	if why == "" {
		return a, nil
	}
	return address{}, &ConfigError{Host: clean.Short(text, 80), Text: "not a host name: " + why,
		Fix: "write [user@]host[:port], or a name of the ssh configuration"}
}

// objection says why s can be neither host nor user; it is empty where there is none.
func objection(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case s[0] == '-':
		return "it begins with -"
	case len(s) > 255:
		return "it is longer than 255 characters"
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("'`\"$\\;&<>|(){}*?!#,/=~^", r) {
			return "it contains " + strconv.QuoteRune(r)
		}
	}
	if clean.Line(s) != s {
		return "it contains invisible characters"
	}
	return ""
}

// quote makes s one word of a POSIX shell, whatever it contains.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
