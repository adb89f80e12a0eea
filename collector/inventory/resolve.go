package inventory

import (
	"io"
	"maps"
	"slices"
	"strings"

	"pumatop/collector/config"
)

const kindGroup, kindEnvironment, kindHost = "group", "environment", "host"

// Resolve finds the hosts that arguments name: hosts with ranges, host/app, host:/path/puma.state, @group, an
// environment, - for names from in, and any of them behind the operators of ClusterShell. Without arguments it is the whole
// environment that the configuration opens by itself.
//
// All hosts are of one environment. A name that the configuration has is reached and restarted as it says there; any
// other is a host for ssh, for which only the top of the configuration holds.
func Resolve(cfg config.Config, args []string, in io.Reader) (Fleet, error) {
	r := resolver{cfg: cfg, names: slices.SortedFunc(maps.Keys(cfg.Environments), Natural), known: map[string]*directory{}}
	terms, err := r.read(args, in)
	if err != nil {
		return Fleet{}, err
	}
	if err := r.choose(terms); err != nil {
		return Fleet{}, err
	}
	var base []pick
	if len(terms) == 0 || terms[0].op != union {
		if base, err = r.everything(terms); err != nil {
			return Fleet{}, err
		}
	}
	found, err := evaluate(base, terms, r.find)
	if err != nil {
		return Fleet{}, err
	}
	return r.fleet(found)
}

// resolver is one run of Resolve.
type resolver struct {
	cfg   config.Config
	names []string // of all environments
	known map[string]*directory
	// environment is the one that was named or found; explicit tells which.
	environment string
	explicit    bool
}

// read makes terms of the arguments and takes the environment out of them.
func (r *resolver) read(args []string, in io.Reader) ([]term, error) {
	var all []term
	piped := false
	for _, arg := range args {
		if arg == "-" {
			if piped {
				continue
			}
			piped = true
			terms, err := readNames(in)
			if err != nil {
				return nil, err
			}
			all = append(all, terms...)
			continue
		}
		if _, ok := r.cfg.Environments[arg]; ok {
			if r.explicit && r.environment != arg {
				return nil, &MixedError{First: r.environment, Second: arg}
			}
			r.environment, r.explicit = arg, true
			continue
		}
		terms, err := split(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, terms...)
	}
	if len(all) > maxHosts {
		return nil, &LimitError{Text: strings.Join(args, " ")}
	}
	if piped && len(all) == 0 {
		return nil, &NothingError{Text: "the standard input names no host"}
	}
	return all, nil
}

// directory is an environment with its hosts by what they may be called.
type directory struct {
	hosts                   []Host
	byName, byAddress, bare map[string][]int
	err                     error
}

func (r *resolver) directory(environment string) *directory {
	if d := r.known[environment]; d != nil {
		return d
	}
	d := &directory{byName: map[string][]int{}, byAddress: map[string][]int{}, bare: map[string][]int{}}
	d.hosts, d.err = Hosts(r.cfg, environment)
	for i, h := range d.hosts {
		d.byName[h.Name] = append(d.byName[h.Name], i)
		if name := canonical(h.Name); name != h.Name {
			d.byName[name] = append(d.byName[name], i)
		}
		d.byAddress[h.Address] = append(d.byAddress[h.Address], i)
		d.bare[bareHost(h.Address)] = append(d.bare[bareHost(h.Address)], i)
	}
	r.known[environment] = d
	return d
}

// lookup are the hosts that an address of the command line stands for: by name, by address, by that without user and
// port.
func (d *directory) lookup(address string) []int {
	for _, found := range [][]int{d.byName[address], d.byAddress[address], d.byName[bareHost(address)], d.bare[bareHost(address)]} {
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// has reports whether an environment has what a target names.
func (r *resolver) has(environment string, w target) bool {
	if w.group != "" {
		_, ok := r.cfg.Environments[environment].Groups[w.group]
		return ok || everyone(w.group)
	}
	return len(r.directory(environment).lookup(w.address)) > 0
}

// everyone are the names of the group that all hosts are in.
func everyone(group string) bool { return group == "*" || group == "all" }

// find makes picks of a term, in the environment that was chosen.
func (r *resolver) find(t term) ([]pick, error) {
	targets, err := t.targets()
	if err != nil {
		return nil, err
	}
	var found []pick
	for _, w := range targets {
		hosts, err := r.hosts(w)
		if err != nil {
			return nil, err
		}
		if hosts == nil {
			p := w.pick()
			if p.whole {
				p.app, p.state = levels{r.cfg.Reach}.which()
			}
			found = append(found, p)
			continue
		}
		for _, h := range hosts {
			found = append(found, w.of(h)...)
		}
		if len(found) > maxHosts {
			return nil, &LimitError{Text: t.whole}
		}
	}
	return found, nil
}

// hosts are those of the environment that a target stands for; nil where ssh has to know it.
func (r *resolver) hosts(w target) ([]*Host, error) {
	if r.environment == "" {
		return nil, nil
	}
	d := r.directory(r.environment)
	if d.err != nil {
		return nil, d.err
	}
	found := []*Host{}
	if w.group == "" {
		for _, i := range d.lookup(w.address) {
			found = append(found, &d.hosts[i])
		}
		if len(found) == 0 {
			return nil, nil
		}
		return found, nil
	}
	_, own := r.cfg.Environments[r.environment].Groups[w.group]
	for i := range d.hosts {
		if !own || slices.Contains(d.hosts[i].Groups, w.group) {
			found = append(found, &d.hosts[i])
		}
	}
	return found, nil
}

// everything is the whole environment.
func (r *resolver) everything(terms []term) ([]pick, error) {
	if r.environment == "" {
		return nil, terms[0].fail(-1, "nothing stands before the "+string(terms[0].op))
	}
	hosts, err := r.hosts(target{group: "*"})
	if err != nil {
		return nil, err
	}
	var all []pick
	for _, h := range hosts {
		all = append(all, target{group: "*"}.of(h)...)
	}
	return all, nil
}

// fleet makes hosts of picks again.
func (r *resolver) fleet(found []pick) (Fleet, error) {
	f := Fleet{Name: r.environment, Environment: r.cfg.Environments[r.environment]}
	if len(found) == 0 {
		if r.environment != "" {
			return Fleet{}, &NothingError{Text: "no host of " + r.environment + " is left over"}
		}
		return Fleet{}, &NothingError{Text: "no host is left over"}
	}
	at := map[string]int{}
	for _, p := range found {
		i, ok := at[p.address]
		if !ok {
			i = len(f.Hosts)
			at[p.address] = i
			f.Hosts = append(f.Hosts, p.machine(r.cfg))
		}
		f.Hosts[i].want(p.app, p.state)
	}
	nameApart(f.Hosts)
	return f, nil
}
