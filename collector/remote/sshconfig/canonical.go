package sshconfig

import (
	"net/netip"
	"strconv"
	"strings"

	"pumatop/collector/remote/wildcard"
)

// canonicalize settles the host's name after the first pass: HostName, then CanonicalizeHostname and its like. Either
// CanonicalizeHostname or a Match final asks for a second pass.
func (e *evaluation) canonicalize() {
	e.host = e.hostname()
	if addr, err := netip.ParseAddr(e.host); err == nil {
		e.host = addr.String()
	} else {
		e.host = strings.ToLower(e.host)
		e.rename()
	}
	if e.mode() != "" {
		e.wantFinal = true
	}
}

// mode is CanonicalizeHostname: "true", "always", or empty where it is off.
func (e *evaluation) mode() string {
	if m := e.config.Get("canonicalizehostname"); m == "true" || m == "always" {
		return m
	}
	return ""
}

// isDirect reports whether the name is resolved here: not by a proxy or a jump host.
func (e *evaluation) isDirect() bool {
	return !e.config.Set("proxycommand") && !e.config.Set("proxyjump")
}

// rename finds the canonical name of a host that is no address.
func (e *evaluation) rename() {
	mayAsk := e.isDirect() || e.mode() == "always"
	if e.mode() != "" && mayAsk && e.qualify() {
		return
	}
	if e.err != nil || !e.config.Set("canonicalizepermittedcnames") || !mayAsk {
		return
	}
	cname, err := e.names.canonical(e.ctx, e.host)
	switch {
	case err == nil && e.mode() != "":
		e.host = e.follow(e.host, cname)
	case err != nil && e.isDirect():
		e.fail("could not resolve hostname %s: %w", e.host, err)
	}
}

// qualify tries the domains of CanonicalDomains in turn, and reports whether one has the host.
func (e *evaluation) qualify() bool {
	candidates := []string{e.host}
	if !strings.HasSuffix(e.host, ".") {
		candidates = nil
		most, err := strconv.Atoi(e.config.Get("canonicalizemaxdots"))
		if err != nil {
			most = 1
		}
		if strings.Count(e.host, ".") > most {
			return false
		}
		for _, domain := range strings.Fields(e.config.Get("canonicaldomains")) {
			if strings.EqualFold(domain, "none") {
				break
			}
			candidates = append(candidates, e.host+"."+domain+".")
		}
	}
	for _, name := range candidates {
		if cname, err := e.names.canonical(e.ctx, name); err == nil {
			e.host = e.follow(strings.TrimSuffix(name, "."), cname)
			return true
		}
	}
	if e.config.Get("canonicalizefallbacklocal") == "no" {
		e.fail("could not resolve host %q", e.host)
	}
	return false
}

// follow is the name that a host has by CanonicalizePermittedCNAMEs.
func (e *evaluation) follow(name, cname string) string {
	if cname == "" || cname == name {
		return name
	}
	for _, rule := range strings.Fields(e.config.Get("canonicalizepermittedcnames")) {
		sources, targets, ok := strings.Cut(rule, ":")
		if ok && matchHosts(strings.Split(sources, ","), name) && wildcard.List(strings.Split(targets, ","), strings.ToLower(cname)) {
			return strings.ToLower(cname)
		}
	}
	return name
}
