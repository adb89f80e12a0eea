package inventory

import (
	"maps"
	"slices"
	"strings"

	"pumatop/collector/config"
)

// Candidate is what may stand as TARGET, for completion.
type Candidate struct {
	// Value is what is written, What it is: "environment production", "group of production", "ssh".
	Value, What string
}

// Candidates are what may be written next: environments as long as none of args is one, groups and hosts of the
// environment that args name or else of all, then hosts that only ssh's configuration knows. Nothing is asked and
// nothing fails: an environment with a mistake in it has no hosts.
func Candidates(cfg config.Config, args, sshHosts []string) []Candidate {
	var all []Candidate
	seen := map[string]bool{}
	offer := func(value, what string) {
		if value != "" && !seen[value] {
			seen[value] = true
			all = append(all, Candidate{value, what})
		}
	}
	environments := slices.SortedFunc(maps.Keys(cfg.Environments), Natural)
	named := slices.DeleteFunc(slices.Clone(environments), func(name string) bool { return !slices.Contains(args, name) })
	if len(named) == 0 {
		for _, name := range environments {
			offer(name, "environment "+name)
		}
		named = environments
	}
	for _, name := range named {
		for _, group := range slices.SortedFunc(maps.Keys(cfg.Environments[name].Groups), Natural) {
			offer("@"+group, "group of "+name)
		}
	}
	for _, name := range named {
		hosts, _ := Hosts(cfg, name)
		for _, h := range hosts {
			offer(h.Name, strings.Join(h.Groups, ", ")+" of "+name)
		}
	}
	for _, host := range sshHosts {
		offer(host, "ssh")
	}
	return all
}
