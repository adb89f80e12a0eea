package pumatest

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"pumatop/collector/probe"
)

// The login of every simulated host, and the user that its Pumas run as.
const (
	login   = "deploy"
	loginID = 1500
	// foreign is another user that a Puma may run as.
	foreign   = "puma"
	foreignID = 1600
)

// runs is the user that the processes belong to.
func (p *Puma) runs() (user string, id int) {
	if p.c.ForeignUser {
		return foreign, foreignID
	}
	return login, loginID
}

// report is what the probe script would find at this moment, when it is asked for some state files besides.
func (h *Host) report(wanted []string) probe.Report {
	r := probe.Report{
		Clock: h.t.now.Add(h.skew), Ticks: h.t.ticks(h.t.now), TickRate: tickRate,
		Login: fmt.Sprintf("uid=%d(%s) gid=%d(%s) groups=%d(%s),999(systemd-journal)", loginID, login, loginID, login, loginID, login),
	}
	r.Lingers, r.Revisions = map[string]bool{strconv.Itoa(loginID): true}, map[string]string{}
	for _, p := range h.pumas {
		if p.c.NoLinger {
			r.Lingers[strconv.Itoa(loginID)] = false
		}
		r.Units = append(r.Units, p.rawUnit())
		if p.life == down || !p.titled {
			continue
		}
		all := p.processes()
		r.Processes = append(r.Processes, all...)
		for _, one := range all {
			if revision := p.site.releases[path.Base(one.Cwd)].Revision; revision != "" {
				r.Revisions[one.Cwd] = revision
			}
		}
	}
	for _, path := range wanted {
		r.Processes = append(r.Processes, h.wantedState(path))
	}
	return r
}

// wantedState is what became of a state file that somebody named: nothing to add where a running Puma wrote it.
func (h *Host) wantedState(path string) probe.RawProcess {
	for _, p := range h.pumas {
		if p.site.stateFile() != path || p.state == "" {
			continue
		}
		file := p.stateFile("want")
		if p.life != down && p.titled && p.statePID == p.pid {
			return probe.RawProcess{PID: p.pid, States: []probe.StateFile{file}}
		}
		return probe.RawProcess{PID: p.statePID, Seen: "gone", States: []probe.StateFile{file}}
	}
	return probe.RawProcess{States: []probe.StateFile{{From: "want", Verdict: "missing", Path: path}}}
}

func (p *Puma) stateFile(from string) probe.StateFile {
	text := p.state
	if p.fault == WrongToken {
		text = strings.ReplaceAll(text, p.token, "0ld")
	}
	return probe.StateFile{
		From: from, Verdict: "read", Stamp: p.stamp, Path: p.site.stateFile(),
		Text: strings.Split(strings.TrimSuffix(text, "\n"), "\n"),
	}
}

// processes are the master, as the script reads it, and its workers.
func (p *Puma) processes() []probe.RawProcess {
	user, id := p.runs()
	cgroup := "0::/system.slice/" + p.c.Unit
	if p.c.UserUnit {
		cgroup = fmt.Sprintf("0::/user.slice/user-%d.slice/user@%d.service/app.slice/%s", loginID, loginID, p.c.Unit)
	}
	master := probe.RawProcess{
		PID: p.pid, Title: fmt.Sprintf("puma %s (unix://%s) [%s]", p.v, p.site.socket(), p.tag),
		Created: p.t.ticks(p.forked), Cwd: p.site.path(p.release), Exe: "/usr/bin/ruby3.1",
		UID: id, User: user, Cgroup: []string{cgroup},
		Config:  probe.TextFile{Verdict: "read", Path: p.site.configFile(), Lines: p.configText()},
		Links:   []probe.CurrentLink{p.currentLink()},
		Journal: p.startup(),
	}
	if p.state != "" && p.statePID == p.pid {
		master.States = []probe.StateFile{p.stateFile("config")}
		if !p.c.NoControl {
			master.Socket, master.SocketPath = p.fault.usable(), p.site.control()
		}
	}
	out := []probe.RawProcess{master}
	for _, w := range p.workers {
		if w.alive && w.pid != 0 {
			out = append(out, probe.RawProcess{
				PID: w.pid, Title: fmt.Sprintf("puma: cluster worker %d: %d [%s]", w.index, p.pid, p.tag),
				Created: p.t.ticks(w.forked), Cwd: p.site.path(w.release),
			})
		}
	}
	return out
}

// currentLink is the deploy's link, named by what leads to it: a resolved directory does not.
func (p *Puma) currentLink() probe.CurrentLink {
	from := "directory"
	if p.c.Directory == DirectoryResolved {
		from = "unit"
	}
	return probe.CurrentLink{
		From: from, Named: p.site.link(), Link: p.site.link(), Target: p.site.path(p.site.current), Moved: p.site.moved,
		Revision: p.site.releases[p.site.current].Revision,
	}
}

// startup are the last start-up lines in the journal and what followed, as far as the script reads on.
func (p *Puma) startup() []string {
	const follow = 40
	own := fmt.Sprintf("puma[%d]", p.pid)
	lines, n := []string{}, 0
	for i := len(p.log.entries) - 1; i >= 0; i-- {
		if e := p.log.entries[i]; e.From != own || !strings.Contains(e.Text, "Puma starting in ") {
			continue
		}
		for _, e := range p.log.entries[i:] {
			if e.From != own || n == follow {
				continue
			}
			if n++; !strings.Contains(e.Text, "] - Worker ") {
				lines = append(lines, e.Text)
			}
		}
		break
	}
	return lines
}

// rawUnit is what `systemctl show` prints of the unit.
func (p *Puma) rawUnit() probe.RawUnit {
	user, _ := p.runs()
	argv := "/usr/bin/puma -C " + p.site.configFile()
	exec := func(path, argv string) string {
		return fmt.Sprintf("{ path=%s ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }", path, argv)
	}
	u := probe.RawUnit{Scope: probe.SystemScope, Properties: map[string]string{
		"Id": p.c.Unit, "LoadState": "loaded", "ActiveState": p.unit.active, "SubState": p.unit.sub, "Result": p.unit.result,
		"Type": "notify", "MainPID": strconv.Itoa(p.pid), "NRestarts": strconv.Itoa(p.unit.restarts),
		"ExecStart": exec("/usr/bin/puma", argv), "ExecReload": exec(strings.Fields(p.c.ExecReload)[0], p.c.ExecReload),
		"WorkingDirectory": p.site.link(), "WatchdogUSec": timespan(p.c.Watchdog), "UnitFileState": "enabled", "StandardOutput": "journal",
		"StatusText": p.statusText(), "FragmentPath": "/etc/systemd/system/" + p.c.Unit, "User": user,
		"PrivateTmp": "no", "ExecMainStartTimestampMonotonic": p.t.monotonic(p.forked),
		"ActiveEnterTimestampMonotonic": p.t.monotonic(p.unit.entered), "WatchdogTimestampMonotonic": p.t.monotonic(p.heard()),
	}}
	if !p.v.AtLeast(6, 1, 0) { // without the gem sd_notify it says nothing
		u.Properties["Type"] = "simple"
	}
	if p.c.NoExecReload {
		delete(u.Properties, "ExecReload")
	}
	if p.c.Stopped {
		u.Properties["UnitFileState"] = "disabled"
	}
	if p.c.UserUnit {
		u.Scope, u.Manager = probe.UserScope, strconv.Itoa(loginID)
		u.Properties["FragmentPath"] = "/home/" + login + "/.config/systemd/user/" + p.c.Unit
		delete(u.Properties, "User")
	}
	return u
}

// statusText is the STATUS= line that Puma sends systemd every second from 6.1 on.
func (p *Puma) statusText() string {
	if p.life != up || !p.v.AtLeast(6, 1, 0) {
		return ""
	}
	one := func(s *pool) string {
		if s == nil {
			return "{ / threads,  available,  backlog }"
		}
		return fmt.Sprintf("{ %d/%d threads, %d available, %d backlog }", s.running, s.max, s.capacity, s.backlog)
	}
	if p.single() {
		return fmt.Sprintf("Puma %s: worker: %s", p.v, one(p.sample(p.lone)))
	}
	booted, items := 0, make([]string, len(p.workers))
	for i, w := range p.workers {
		if w.booted {
			booted++
		}
		items[i] = one(w.status)
	}
	return fmt.Sprintf("Puma %s: cluster: %d/%d, worker_status: [%s]", p.v, booted, len(p.workers), strings.Join(items, ","))
}
