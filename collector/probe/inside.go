package probe

import (
	"slices"
	"strings"

	"pumatop/collector/clean"
)

// containers puts what probes found inside of containers in the place of what the host shows of them from outside:
// paths, pids and sockets there mean other ones.
func (d *reader) containers() {
	var found []Puma
	seen := map[string]bool{}
	for _, raw := range d.r.Containers {
		if raw.ID == "" || seen[raw.ID] {
			continue
		}
		seen[raw.ID] = true
		c := raw.container()
		c.PIDs = d.pidsIn(raw.ID)
		pumas, why := raw.look(c)
		if len(pumas) == 0 {
			d.unseen(raw.ID, c, why)
			continue
		}
		d.host.Pumas = slices.DeleteFunc(d.host.Pumas, func(p Puma) bool { return d.box(p.PID) == raw.ID })
		rootless := d.rootless(raw.ID)
		for _, p := range pumas {
			if rootless {
				c.addresses = nil // these are of a network that the host is not in
			}
			p.settle(c)
			p.Box = c.ID
			found = append(found, p)
		}
	}
	d.denied()
	d.host.Pumas = append(d.lentAway(found), found...)
	markOlder(d.host.Pumas)
}

// look reads the report of the probe that ran inside. Where it has no Puma it says why. The engines' own errors stand
// where the report should.
func (r RawContainer) look(c Container) (pumas []Puma, why string) {
	report, err := Decode([]byte(strings.Join(r.Inside, "\n") + "\n"))
	if err != nil {
		for _, line := range slices.Backward(r.Inside) {
			if why = clean.Short(line, 200); why != "" {
				return nil, why
			}
		}
		return nil, err.Error()
	}
	report.Containers, report.Complaints = nil, nil // one within the other is not looked into, systemd is not there
	for i := range report.Processes {
		if p := &report.Processes[i]; len(r.Log) > 0 && p.Journal == nil {
			p.Journal = r.Log
		}
	}
	h := (&reader{r: report, inside: true, logs: c.Engine + " logs"}).read()
	if len(h.Pumas) == 0 {
		return nil, "its Puma was not found there"
	}
	return h.Pumas, ""
}

// settle makes of a Puma as it looks from inside what it is for the host.
func (p *Puma) settle(c Container) {
	p.Unit, p.Control = Unit{}, c.reach(p.Control)
	if name, ok := c.onHost(p.StatePath); ok && p.StatePath != "" {
		p.StatePath = name
	}
	if name, ok := c.onHost(p.LogPath); ok && p.LogPath != "" {
		p.LogPath = name
	} else {
		p.LogPath = "" // what the container wrote is what can be followed
	}
	p.Container = c
	p.Current, p.CurrentLink, p.CurrentFrom, p.Revision = "", "", "", ""
	p.Release = c.release()
	for i := range p.Workers {
		p.Workers[i].Release = p.Release
	}
}

// unseen attaches the container to what the host shows of its Pumas, with why that is all.
func (d *reader) unseen(id string, c Container, why string) {
	for i := range d.host.Pumas {
		p := &d.host.Pumas[i]
		if d.box(p.PID) != id {
			continue
		}
		c.PIDs = nil // its pids are the host's
		p.Container, p.Release = c, c.release()
		for i := range p.Workers {
			p.Workers[i].Release = p.Release
		}
		p.note("it runs in container "+c.Short()+", which could not be looked into: "+why,
			"see whether "+c.Engine+" exec -i "+c.Name+" sh works on the host")
	}
}

// denied says why containers of Pumas could not be asked for.
func (d *reader) denied() {
	why := ""
	for _, c := range d.r.Complaints {
		if c.Code == "engine" && (why == "" || strings.Contains(c.Detail, "ermission denied")) {
			why = clean.Short(c.Detail, 200)
		}
	}
	for i := range d.host.Pumas {
		p := &d.host.Pumas[i]
		if d.box(p.PID) == "" || p.Container.ID != "" {
			continue
		}
		engine, _, _ := strings.Cut(why, ":")
		switch {
		case strings.Contains(why, "ermission denied"):
			p.note("it runs in a container, and "+d.who.user+" may not ask "+engine+" for it",
				"usermod -aG "+engine+" "+d.who.user+" lets it (which makes it as good as root)")
		case why != "":
			p.note("it runs in a container that could not be asked for: "+why, "log in as the user who runs it")
		default:
			p.note("it runs in a container, whose files and sockets are its own", "probe inside the container")
		}
	}
}

// box is the container that a process of the host is in.
func (d *reader) box(pid int) string {
	for _, raw := range d.r.Processes {
		if raw.PID == pid {
			return raw.Box
		}
	}
	return ""
}

// pidsIn maps the pids in a container to those of the host.
func (d *reader) pidsIn(id string) map[int]int {
	pids := map[int]int{}
	for _, raw := range d.r.Processes {
		if raw.Box == id && raw.Inner != 0 {
			pids[raw.Inner] = raw.PID
		}
	}
	return pids
}

// rootless reports whether a user's own engine runs a container, whose networks are not the host's.
func (d *reader) rootless(id string) bool {
	return slices.ContainsFunc(d.r.Processes, func(raw RawProcess) bool {
		return raw.Box == id && slices.ContainsFunc(raw.Cgroup, func(line string) bool { return strings.Contains(line, "/user@") })
	})
}

// markOlder finds the containers that are being replaced. Kamal takes the one that was made last for the current one, and
// so do we: a container that was made before and has only been started again is no newer one. Of two engines each has its own.
func markOlder(pumas []Puma) {
	type role struct{ engine, app string }
	newest := map[role]Container{}
	for _, p := range pumas {
		c := p.Container
		r := role{c.Engine, c.app()}
		if before, ok := newest[r]; !ok || c.Created.After(before.Created) {
			newest[r] = c
		}
	}
	for i := range pumas {
		c := &pumas[i].Container
		c.Older = c.ID != "" && newest[role{c.Engine, c.app()}].ID != c.ID
	}
}

// lentAway are the Pumas of the host without those that are known by a state file alone which a container keeps in a
// directory of the host.
func (d *reader) lentAway(found []Puma) []Puma {
	return slices.DeleteFunc(d.host.Pumas, func(p Puma) bool {
		return p.StatePath != "" && slices.ContainsFunc(found, func(q Puma) bool { return q.StatePath == p.StatePath })
	})
}

// OnHost is a process of the Puma, by its pid in Puma's own figures, as the host's /proc has it; 0 where that is not
// known.
func (p *Puma) OnHost(pid int) int {
	if p.Container.PIDs == nil {
		return pid
	}
	return p.Container.PIDs[pid]
}

// Enter is the command that runs a shell inside of the container and gives it its own stdin.
func (c Container) Enter() []string { return []string{c.Engine, "exec", "-i", c.ID, "sh", "-s"} }

// In makes a script that runs inside the container, where the pids and paths are those of its Pumas. Nothing of it can be
// seen in a process list. It ends with the script's own status.
func (c Container) In(script string) string {
	return "printf '%s\\n' " + Quote(script) + " | " + c.Engine + " exec -i " + Quote(c.ID) + " sh -s\n"
}
