package main

import (
	"fmt"
	"slices"
	"strings"

	"pumatop/collector"
	"pumatop/collector/remote"
)

// wanted is one host of the command line with what is wanted of it.
type wanted struct {
	// host is what ssh is given, [user@]host[:port]; name is how it is shown, without the user unless two hosts would
	// have one name.
	host, name string
	// all is every Puma of the host; else the apps and those that wrote the state files.
	all        bool
	apps       []string
	statePaths []string
	options    remote.HostOptions
	// controls are control apps of it that the command line names.
	controls []collector.Control
}

// parseTargets reads TARGET arguments: [user@]host[:port], host/app, host:/path/puma.state. Several that name the
// same host are one connection.
func parseTargets(args []string) ([]wanted, error) {
	var hosts []wanted
	for _, arg := range args {
		w, err := parseTarget(arg)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(hosts, func(h wanted) bool { return h.host == w.host })
		if i < 0 {
			hosts = append(hosts, w)
			continue
		}
		h := &hosts[i]
		h.all = h.all || w.all
		h.apps = append(h.apps, w.apps...)
		h.statePaths = append(h.statePaths, w.statePaths...)
	}
	named := map[string]int{}
	for _, h := range hosts {
		named[h.name]++
	}
	for i := range hosts {
		if h := &hosts[i]; named[h.name] > 1 {
			h.name = h.host
		}
	}
	return hosts, nil
}

func parseTarget(arg string) (wanted, error) {
	host, rest, hasPath := strings.Cut(arg, "/")
	w := wanted{host: host}
	switch {
	case hasPath && strings.HasSuffix(host, ":"):
		w.host = strings.TrimSuffix(host, ":")
		w.statePaths = []string{"/" + rest}
	case hasPath && rest == "", hasPath && strings.Contains(rest, "/"):
		return wanted{}, usagef("TARGET is HOST, HOST/APP or HOST:/path/puma.state", "cannot read target %q", arg)
	case hasPath:
		w.apps = []string{rest}
	default:
		w.all = true
	}
	w.name = w.host
	if i := strings.LastIndexByte(w.name, '@'); i >= 0 {
		w.name = w.name[i+1:]
	}
	if w.name == "" || strings.HasPrefix(arg, "-") {
		return wanted{}, usagef("TARGET is HOST, HOST/APP or HOST:/path/puma.state", "cannot read target %q: it names no host", arg)
	}
	return w, nil
}

// usageError is a command line that cannot be carried out, with what to write instead.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

func usagef(hint, format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...), hint: hint}
}
