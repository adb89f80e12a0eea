package probe

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Names keeps the names of the targets on one host. A name is given once: the same Puma has it after a restart
// under another pid, while it is down, and whatever else appears or goes. Parse uses a new Names each time, which is
// good for one look; whoever probes a host again and again keeps one and gives each Host to Apply.
type Names struct {
	given map[string]string // identity to name
	taken map[string]bool
	// drained are the containers of each name that are being replaced, each in the place that it keeps until it has gone.
	drained map[string][]string
}

// Apply gives every Puma and every idle unit of the host its name. It is not safe for concurrent use.
func (n *Names) Apply(h *Host) {
	if n.given == nil {
		n.given, n.taken, n.drained = map[string]string{}, map[string]bool{}, map[string][]string{}
	}
	type named struct {
		identity, base string
		set            func(string)
	}
	var all []named
	owners := unitOwners(h.Pumas)
	n.drain(h.Pumas)
	for i := range h.Pumas {
		p := &h.Pumas[i]
		identity := "2 " + p.place()
		if p.Container.ID != "" {
			identity = fmt.Sprintf("3 %s %s %d", p.Container.Engine, p.baseName(), n.placeOf(p))
		} else if p.Unit.Name != "" {
			identity = p.Unit.identity()
			if owners[identity] != p {
				identity += " " + p.place()
			}
		}
		all = append(all, named{identity, p.baseName(), func(s string) { p.App, p.Unit.app = s, s }})
	}
	for i := range h.Idle {
		u := &h.Idle[i]
		u.app = ""
		all = append(all, named{u.identity(), u.App(), func(s string) { u.app = s }})
	}
	// units first, those of the system before those of users: the plain name is theirs
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(a.identity, b.identity) })
	used := map[string]bool{}
	for _, t := range all {
		identity := t.identity
		for i := 2; used[identity]; i++ { // two masters that nothing tells apart
			identity = fmt.Sprintf("%s #%d", t.identity, i)
		}
		used[identity] = true
		t.set(n.name(identity, t.base))
	}
}

func (n *Names) name(identity, base string) string {
	if s, ok := n.given[identity]; ok {
		return s
	}
	name := base
	for i := 2; n.taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	n.given[identity], n.taken[name] = name, true
	return name
}

// drain gives the containers that are being replaced their places: with two of one name at a time, the second must not take the
// name of the first when that ends. A place that has become free is the next one's.
func (n *Names) drain(pumas []Puma) {
	there := map[string]bool{}
	for _, p := range pumas {
		there[p.Container.ID] = p.Container.Older
	}
	for _, places := range n.drained {
		for i, id := range places {
			if !there[id] {
				places[i] = ""
			}
		}
	}
	for i := range pumas {
		p := &pumas[i]
		if !p.Container.Older || n.placeOf(p) >= 0 {
			continue
		}
		base := p.baseName()
		if free := slices.Index(n.drained[base], ""); free >= 0 {
			n.drained[base][free] = p.Container.ID
		} else {
			n.drained[base] = append(n.drained[base], p.Container.ID)
		}
	}
}

// placeOf is a container's place among those of its name that are being replaced, -1 where it has none.
func (n *Names) placeOf(p *Puma) int { return slices.Index(n.drained[p.baseName()], p.Container.ID) }

// identity is what stays of a unit whatever it does.
func (u Unit) identity() string {
	return fmt.Sprintf("1 %s %d %s", u.Scope, u.Manager, u.Name)
}

// unitOwners finds for each unit the Puma that goes by its name: its main process, else the first by place. Others in
// the same control group, which somebody started beside it, are named after it.
func unitOwners(pumas []Puma) map[string]*Puma {
	owners := map[string]*Puma{}
	for i := range pumas {
		p := &pumas[i]
		identity := p.Unit.identity()
		before := owners[identity]
		switch {
		case before == nil, p.Unit.MainPID == p.PID,
			before.Unit.MainPID != before.PID && p.place() < before.place():
			owners[identity] = p
		}
	}
	return owners
}

// place is where a Puma lives, as far as every look at it shows it: its directory and its sockets are the same after
// each deploy and each start. The state file stands in for them where nothing else can be read.
func (p Puma) place() string {
	root := deployRoot(p.Release)
	if root == "" && len(p.Listeners) == 0 {
		return p.StatePath
	}
	return root + " " + strings.Join(p.Listeners, ",")
}

// baseName is the name a Puma would have if it were alone on its host.
func (p Puma) baseName() string {
	if p.Container.ID != "" {
		return p.Container.app()
	}
	if p.Unit.Name != "" {
		u := p.Unit
		u.app = ""
		return u.App()
	}
	for _, dir := range [...]string{p.Release, p.CurrentLink, p.StatePath, p.ConfigPath} {
		if root := deployRoot(dir); root != "" && root != "/" {
			return path.Base(root)
		}
	}
	return "puma"
}

// deployRoot is the directory that Capistrano calls the deploy's: above releases/, shared/ and current. For a path
// without any of these it is the directory itself, or the one that a file of the application is in.
func deployRoot(dir string) string {
	for _, mark := range [...]string{"/releases/", "/shared/", "/current/"} {
		if root, _, ok := strings.Cut(dir+"/", mark); ok {
			return root
		}
	}
	for _, below := range [...]string{"/config/", "/tmp/"} {
		if root, _, ok := strings.Cut(dir, below); ok {
			return root
		}
	}
	return dir
}
