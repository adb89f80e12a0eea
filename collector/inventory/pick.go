package inventory

import "slices"

// pick is one Puma of one machine, or all of one.
type pick struct {
	// address is the machine's, bare that without user and port.
	address, bare string
	app, state    string
	// anyLogin is a name without user and port, which stands for every login of the machine, and whole one without an app.
	// Both are of what stands after an operator.
	anyLogin, whole bool
	// host is what the configuration has of it; its settings count.
	host *Host
}

func (p pick) identity() [3]string { return [3]string{p.address, p.app, p.state} }

// picks is a list in which none is twice, and which finds them by their machine.
type picks struct {
	list  []pick
	known map[[3]string]bool
}

// add appends what is not there.
func (ps *picks) add(more ...pick) {
	if ps.known == nil {
		ps.known = map[[3]string]bool{}
	}
	for _, p := range more {
		if id := p.identity(); !ps.known[id] {
			ps.known[id] = true
			ps.list = append(ps.list, p)
		}
	}
}

// covers tells what a list stands for when it is set against another.
type covers struct {
	exact map[[3]string]bool
	// machines are whole ones, by address or by host alone; parts are apps of them.
	machines, hosts map[string]bool
	parts           map[[3]string]bool
}

func covering(list []pick) covers {
	c := covers{exact: map[[3]string]bool{}, machines: map[string]bool{}, hosts: map[string]bool{}, parts: map[[3]string]bool{}}
	for _, p := range list {
		c.exact[p.identity()] = true
		if p.whole {
			c.machines[p.address] = true
		}
		if p.anyLogin && p.whole {
			c.hosts[p.bare] = true
		}
		if p.anyLogin {
			c.parts[[3]string{p.bare, p.app, p.state}] = true
		}
	}
	return c
}

func (c covers) has(p pick) bool {
	return c.exact[p.identity()] || c.machines[p.address] || c.hosts[p.bare] || c.parts[[3]string{p.bare, p.app, p.state}]
}

// splits reports whether one app is set against a machine of which all is meant: what the others are is not known.
func splits(all, some []pick) bool {
	whole := map[string]bool{}
	for _, p := range all {
		if p.app == "" && p.state == "" {
			whole[p.address], whole[p.bare] = true, true
		}
	}
	return slices.ContainsFunc(some, func(p pick) bool { return !p.whole && (whole[p.address] || p.anyLogin && whole[p.bare]) })
}

// apply is what an operator makes of two lists. It keeps the order of the first.
func apply(op byte, left, right []pick) []pick {
	switch op {
	case difference:
		return without(left, right)
	case intersection:
		c := covering(right)
		return slices.DeleteFunc(slices.Clone(left), func(p pick) bool { return !c.has(p) })
	case symmetric:
		return append(without(left, right), without(right, left)...)
	}
	return append(left, right...)
}

func without(left, right []pick) []pick {
	return slices.DeleteFunc(slices.Clone(left), covering(right).has)
}

// evaluate works terms off from left to right, beginning with what base is.
func evaluate(base []pick, terms []term, find func(term) ([]pick, error)) ([]pick, error) {
	var all picks
	all.add(base...)
	for _, t := range terms {
		found, err := find(t)
		if err != nil {
			return nil, err
		}
		switch {
		case t.op == union:
			all.add(found...)
		case splits(all.list, found) || t.op == symmetric && splits(found, all.list):
			return nil, t.fail(0, "every Puma of the host is meant, and which they are is not known here; --filter '!APP' leaves one out")
		default:
			list := apply(t.op, all.list, found)
			all = picks{}
			all.add(list...)
		}
		if len(all.list) > maxHosts {
			return nil, &LimitError{Text: t.whole}
		}
	}
	return all.list, nil
}
