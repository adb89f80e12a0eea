package inventory

import (
	"cmp"
	"slices"
	"strings"

	"pumatop/collector/config"
)

// choose finds the environment where none is named: the one that has all that is named, else the one that the
// configuration opens by itself.
func (r *resolver) choose(terms []term) error {
	var wanted []target
	for _, t := range terms {
		targets, err := t.targets()
		if err != nil {
			return err
		}
		if wanted = append(wanted, targets...); len(wanted) > 10*maxHosts {
			return &LimitError{Text: t.whole}
		}
	}
	if r.explicit {
		return r.checkExplicit(wanted)
	}
	if len(terms) == 0 || terms[0].op != union {
		return r.byDefault()
	}
	return r.byContent(wanted)
}

// byDefault is the environment that is opened without arguments.
func (r *resolver) byDefault() error {
	name := r.cfg.Environment
	switch _, ok := r.cfg.Environments[name]; {
	case name != "" && !ok:
		return &UnknownError{Kind: kindEnvironment, Name: name, Known: r.names, Nearest: config.Nearest(name, r.names)}
	case name != "":
		r.environment = name
	case len(r.names) == 1:
		r.environment = r.names[0]
	case len(r.names) == 0:
		return &NothingError{}
	default:
		return &ChoiceError{Known: r.names}
	}
	return nil
}

// checkExplicit refuses what another environment has and this one has not.
func (r *resolver) checkExplicit(wanted []target) error {
	for _, w := range wanted {
		if r.has(r.environment, w) {
			continue
		}
		others := r.having(w)
		switch {
		case w.group != "":
			return r.noGroup(r.environment, w.group)
		case len(others) > 0:
			return &MixedError{One: w.address, First: others[0], Other: r.environment, Second: r.environment}
		}
	}
	return nil
}

// having are the environments that have it.
func (r *resolver) having(w target) []string {
	return slices.DeleteFunc(slices.Clone(r.names), func(name string) bool { return !r.has(name, w) })
}

func (r *resolver) noGroup(environment, group string) error {
	e := &UnknownError{Kind: kindGroup, Name: group, Environment: environment}
	for _, name := range r.names {
		groups := r.cfg.Environments[name].Groups
		if _, ok := groups[group]; ok && e.Elsewhere == "" {
			e.Elsewhere = name
		}
		for g := range groups {
			if environment == "" || environment == name {
				e.Known = append(e.Known, g)
			}
		}
	}
	slices.SortFunc(e.Known, Natural)
	e.Known = slices.Compact(e.Known)
	e.Nearest = config.Nearest(group, e.Known)
	return e
}

// byContent finds the environment that has what is named. Names that none has are hosts for ssh.
func (r *resolver) byContent(wanted []target) error {
	var common []string // environments that have all so far
	var first target
	for _, w := range wanted {
		having := r.having(w)
		switch {
		case len(having) == 0 && w.group != "":
			return r.noGroup("", w.group)
		case len(having) == 0:
			if err := r.misspelt(w); err != nil {
				return err
			}
			continue
		case common == nil:
			common, first = having, w
			continue
		}
		both := slices.DeleteFunc(slices.Clone(common), func(name string) bool { return !slices.Contains(having, name) })
		if len(both) == 0 {
			return &MixedError{One: first.text(), First: common[0], Other: w.text(), Second: having[0]}
		}
		common = both
	}
	switch {
	case len(common) == 0:
		return nil
	case len(common) == 1:
		r.environment = common[0]
	case slices.Contains(common, r.cfg.Environment):
		r.environment = r.cfg.Environment
	default:
		return &ChoiceError{Text: first.text(), Known: common}
	}
	return nil
}

// misspelt refuses what is an environment's name but for a letter, or is one with an app behind it: ssh would look for a
// host of that name.
func (r *resolver) misspelt(w target) error {
	if slices.Contains(r.names, w.address) && w.app != "" {
		return &UnknownError{Kind: kindHost, Name: w.address, Nearest: w.address + " @all/" + w.app}
	}
	if len(w.address) < 4 || w.app != "" || w.state != "" || strings.ContainsAny(w.address, ".@:0123456789") {
		return nil
	}
	if near := config.Nearest(w.address, r.names); near != "" {
		return &UnknownError{Kind: kindEnvironment, Name: w.address, Known: r.names, Nearest: near}
	}
	return nil
}

// text is a target as it may be written.
func (w target) text() string {
	s := w.address
	if w.group != "" {
		s = "@" + w.group
	}
	switch {
	case w.app != "":
		s += "/" + w.app
	case w.state != "":
		s += ":" + w.state
	}
	return s
}

// pick is a target that no configuration has.
func (w target) pick() pick {
	user, host, port := parts(w.address)
	return pick{address: w.address, bare: canonical(host), app: w.app, state: w.state, anyLogin: user == "" && port == "", whole: w.app == "" && w.state == ""}
}

// of is what of a host of the configuration a target means. A login of its own is another one than that of the
// configuration; an app of its own is that one alone.
func (w target) of(h *Host) []pick {
	whole := w.app == "" && w.state == ""
	p := pick{address: h.Address, bare: bareHost(h.Address), app: w.app, state: w.state, anyLogin: true, whole: whole, host: h}
	if w.group != "" || w.address == h.Name || w.address == h.Address {
		p.anyLogin = false
	} else if user, _, port := parts(w.address); user != "" || port != "" {
		oldUser, host, oldPort := parts(h.Address)
		other := *h
		other.Address = join(cmp.Or(user, oldUser), host, cmp.Or(port, oldPort))
		other.Reach = levels{h.Reach}.host(other.Address, "", "", h.At).Reach
		p.address, p.host, p.anyLogin = other.Address, &other, false
		if other.Name == shown(h.Address) {
			other.Name = shown(other.Address)
		}
	}
	if !whole {
		return []pick{p}
	}
	var all []pick
	for _, app := range h.Apps {
		p.app = app
		all = append(all, p)
	}
	p.app = ""
	for _, state := range h.StatePaths {
		p.state = state
		all = append(all, p)
	}
	if p.state = ""; h.All {
		all = append(all, p)
	}
	return all
}

// machine is the host of a pick, of which nothing is wanted yet.
func (p pick) machine(cfg config.Config) Host {
	if p.host == nil {
		h := levels{cfg.Reach}.host(p.address, p.app, p.state, config.Origin{})
		h.Pace = cfg.Pace
		h.All, h.Apps, h.StatePaths = false, nil, nil
		return h
	}
	h := *p.host
	h.All, h.Apps, h.StatePaths = false, nil, nil
	return h
}

// targets writes a term out.
func (t term) targets() ([]target, error) {
	texts, err := t.expand()
	if err != nil {
		return nil, err
	}
	all := make([]target, 0, len(texts))
	for _, text := range texts {
		w, err := t.parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}
