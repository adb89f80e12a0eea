package puma

import (
	"errors"
	"fmt"
	"net"
	"path"
	"strings"

	"pumatop/collector/clean"
)

// Network is how a control app is reached.
type Network string

// The networks of control URLs.
const (
	Unix     Network = "unix"
	Abstract Network = "abstract" // Linux's socket names without a file, from Puma 5.3
	TCP      Network = "tcp"
	SSL      Network = "ssl" // from Puma 4.3
)

// Address is where a control app listens. The zero value is none.
type Address struct {
	Network Network
	// Name is an absolute path (unix), a name without the leading @ (abstract), or host:port (tcp, ssl).
	Name string
	// ClientCert is set for ssl where only a client with a certificate of its own gets in.
	ClientCert bool
}

// Errors of ParseAddress that call for something else than a mended configuration.
var (
	// ErrRelative is returned for a relative path where the directory that Puma started in is not known: the state
	// file of Puma 3 and 4 does not have it, /proc/PID/cwd does as long as no phased restart has moved it.
	ErrRelative = errors.New("relative socket path, and the directory that Puma started in is not known")
	// ErrAuto is returned for "auto": the path is made up by each image, and only its state file has it.
	ErrAuto = errors.New("the socket path is made up at each start and stands in the state file only")
)

// maxURL is longer than any path that a socket can be bound to (108 bytes on Linux), with room for a query.
const maxURL = 4096

// ParseAddress reads a control URL as a state file or a puma.rb has it. The query, where Puma keeps umask, mode,
// backlog and the certificate, is dropped, but for whether ssl wants one of its client; a relative path is joined with the directory that Puma was started in;
// %20 in a path stands for a space and nothing else is unescaped, as in Puma's binder. An empty URL is no error and
// no address.
func ParseAddress(controlURL, runningFrom string) (Address, error) {
	if controlURL == "" {
		return Address{}, nil
	}
	if controlURL == "auto" {
		return Address{}, ErrAuto
	}
	if len(controlURL) > maxURL || strings.ContainsFunc(controlURL, isControl) {
		return Address{}, errors.New("read control URL: it is too long or has control characters")
	}
	rest, query, _ := strings.Cut(controlURL, "?")
	scheme, name, ok := strings.Cut(rest, "://")
	if !ok || name == "" {
		return Address{}, fmt.Errorf("read control URL %q: not a unix, tcp or ssl URL", clean.Short(rest, 120))
	}
	switch strings.ToLower(scheme) {
	case "unix":
		return unixAddress(name, runningFrom)
	case "tcp":
		return hostAddress(TCP, name)
	case "ssl":
		a, err := hostAddress(SSL, name)
		a.ClientCert = wantsClientCert(query)
		return a, err
	}
	return Address{}, fmt.Errorf("read control URL %q: not a unix, tcp or ssl URL", clean.Short(rest, 120))
}

// isControl reports whether r could not be part of a path that a person chose. A NUL in one makes sshd drop the
// whole connection.
func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

func unixAddress(name, runningFrom string) (Address, error) {
	name = strings.ReplaceAll(name, "%20", " ")
	if abstract, ok := strings.CutPrefix(name, "@"); ok {
		if abstract == "" {
			return Address{}, errors.New("read control URL: the abstract socket has no name")
		}
		return Address{Network: Abstract, Name: abstract}, nil
	}
	if path.IsAbs(name) {
		return Address{Network: Unix, Name: path.Clean(name)}, nil
	}
	if !path.IsAbs(runningFrom) || strings.ContainsFunc(runningFrom, isControl) {
		return Address{}, ErrRelative
	}
	return Address{Network: Unix, Name: path.Join(runningFrom, name)}, nil
}

func hostAddress(network Network, name string) (Address, error) {
	name, _, _ = strings.Cut(name, "/")
	host, port, err := net.SplitHostPort(name)
	if err != nil || host == "" || port == "" || port == "0" {
		return Address{}, fmt.Errorf("read control URL %q: no host and port", clean.Short(string(network)+"://"+name, 120))
	}
	return Address{Network: network, Name: net.JoinHostPort(host, port)}, nil
}

// wantsClientCert reports whether Puma refuses a client without a certificate. With verify_mode=peer it only asks for one.
func wantsClientCert(query string) bool {
	for part := range strings.SplitSeq(query, "&") {
		if part == "verify_mode=force_peer" {
			return true
		}
	}
	return false
}

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// String is the address as a URL without its query, empty for none. It is safe to draw.
func (a Address) String() string {
	switch a.Network {
	case "":
		return ""
	case Abstract:
		return clean.Line("unix://@" + a.Name)
	}
	return clean.Line(string(a.Network) + "://" + a.Name)
}
