package audit

import (
	"slices"
	"strings"
	"time"

	"pumatop/actions"
)

// Filter is which entries are wanted; the zero value wants all.
type Filter struct {
	// Targets are HOST or HOST/APP; a login before the host counts where the other side has one too.
	Targets []string
	// Since is when an entry's newest record was written at the earliest.
	Since    time.Time
	Verdicts []actions.Word
	// Last is how many of the rest are wanted, the newest; 0 for all.
	Last int
}

// apply returns the wanted ones of all.
func (f Filter) apply(all []actions.Entry) []actions.Entry {
	var out []actions.Entry
	for _, e := range all {
		if f.wants(e) {
			out = append(out, e)
		}
	}
	if f.Last > 0 && len(out) > f.Last {
		out = out[len(out)-f.Last:]
	}
	return out
}

func (f Filter) wants(e actions.Entry) bool {
	id := e.About().Target
	switch {
	case len(f.Targets) > 0 && !slices.ContainsFunc(f.Targets, func(t string) bool { return covers(t, id) }):
		return false
	case len(f.Verdicts) > 0 && !slices.Contains(f.Verdicts, e.Word()):
		return false
	}
	return !e.Latest().Before(f.Since)
}

// covers reports whether a target as it is named on a command line takes in the one with that id.
func covers(wanted, id string) bool {
	wantedHost, wantedApp, one := strings.Cut(wanted, "/")
	host, app, _ := strings.Cut(id, "/")
	return sameHost(wantedHost, host) && (!one || wantedApp == app)
}

func sameHost(a, b string) bool { return a == b || a == withoutUser(b) || withoutUser(a) == b }

func withoutUser(host string) string { return host[strings.LastIndexByte(host, '@')+1:] }
