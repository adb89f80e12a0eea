package probe

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// Parse reads the output of a probe: Decode, and then what it means. The error is ErrTruncated for output that has
// no end; what could not be read on the host is no error but a Note.
func Parse(out []byte) (Host, error) {
	return Want{}.Parse(out)
}

// login is who ran the probe.
type login struct {
	uid    int
	user   string
	groups string
}

// parseLogin reads the line of id(1): "uid=1500(deploy) gid=1500(deploy) groups=1500(deploy),999(systemd-journal)".
func parseLogin(line string) login {
	line = clean.Line(line)
	l := login{uid: -1}
	number, rest, _ := strings.Cut(strings.TrimPrefix(line, "uid="), "(")
	if n, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(number, " ", 2)[0])); err == nil {
		l.uid = n
	}
	l.user, _, _ = strings.Cut(rest, ")")
	_, l.groups, _ = strings.Cut(line, "groups=")
	return l
}

func (l login) in(groups ...string) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return strings.Contains(l.groups, "("+g+")") })
}

// reader turns a Report into a Host.
type reader struct {
	r     Report
	who   login
	units []Unit
	host  Host
	// inside is whether the report is of a container, and logs what its start-up lines come from.
	inside bool
	logs   string
}

// Host is what the report means.
func (r Report) Host() Host { return (&reader{r: r, logs: "journal"}).read() }

func (d *reader) read() Host {
	r := d.r
	d.who = parseLogin(r.Login)
	d.host = Host{Clock: r.Clock, User: d.who.user}
	seen := map[string]bool{}
	for _, raw := range r.Units {
		u := raw.unit()
		if u.Name == "" || seen[u.identity()] {
			continue
		}
		seen[u.identity()] = true
		u.Lingering = d.lingering(u)
		u.Quiet = r.since(raw.Properties["WatchdogTimestampMonotonic"])
		d.units = append(d.units, u)
	}
	d.masters()
	d.housed()
	d.workers()
	d.idle()
	d.complaints()
	for i := range d.host.Pumas {
		p := &d.host.Pumas[i]
		p.Phased = d.phased(*p)
	}
	d.containers()
	slices.SortFunc(d.host.Pumas, func(a, b Puma) int {
		return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.Container.ID, b.Container.ID))
	})
	new(Names).Apply(&d.host)
	return d.host
}

func (d *reader) masters() {
	for _, raw := range d.r.Processes {
		if title, ok := puma.ParseTitle(raw.Title); ok && title.Role == puma.RoleMaster {
			d.host.Pumas = append(d.host.Pumas, d.master(raw, title))
			continue
		}
		if raw.Title == "" {
			d.untitled(raw)
		}
	}
}

func (d *reader) master(raw RawProcess, title puma.Title) Puma {
	p := Puma{
		PID: raw.PID, Started: d.r.created(raw), UID: raw.UID, User: clean.Line(raw.User), Mine: raw.UID == d.who.uid, Login: d.who.user,
		Version: title.Version, Tag: title.Tag, Unit: d.unit(raw),
		Release: release(raw.Cwd), Exe: clean.Line(raw.Exe), Listeners: listeners(title.Binds, raw.Cwd),
	}
	if p.User == "" {
		p.User = strconv.Itoa(raw.UID)
	}
	if raw.Inner != 0 || raw.Box != "" || inContainer(raw.Cgroup) && !inContainer(d.r.Self) {
		p.contained, p.Unit, p.Box = true, Unit{}, clean.Line(raw.Box)
		if raw.Box == "" { // else its engine has more to say
			p.note("it runs in a container, whose files and sockets are its own", "probe inside the container")
		}
		return p
	}
	p.MaySignal = p.Mine || d.who.uid == 0
	p.RunningRevision = d.revision(raw)
	if raw.Cwd == "" {
		p.note("process "+strconv.Itoa(p.PID)+" belongs to "+p.User+": its directory cannot be read",
			"log in as "+p.User+" to see its release")
	}
	if strings.HasSuffix(raw.Cwd, deleted) {
		p.note("the release it runs in was removed: "+p.Release, "the next phased restart may fail in its master")
	}
	d.config(&p, raw)
	d.state(&p, raw)
	d.current(&p, raw)
	switch raw.Log.Verdict {
	case "read", "denied":
		p.LogPath = clean.Line(raw.Log.Path)
	}
	return p
}

// untitled takes what was found of a process without a title of Puma's: one that /proc hides, or the pid of a state
// file that the caller named.
func (d *reader) untitled(raw RawProcess) {
	if u := d.main(raw.PID); raw.Seen == "hidden" && u.servesPuma() || d.answers(raw) {
		d.unnamed(raw, u)
		return
	}
	for _, s := range raw.States {
		file := "state file " + clean.Line(s.Path)
		pid := strconv.Itoa(raw.PID)
		switch {
		case s.From != "want":
		case s.Verdict == "denied":
			d.note(file+": permission denied", "let "+d.who.user+" read it, or log in as the user that Puma runs as")
		case s.Verdict == "missing":
			d.note(file+": no such file", "check the path; Puma writes it only where state_path is set")
		case raw.PID == 0:
			d.note(file+" has no pid: it is being written, or is no state file of Puma's", "check the path")
		case raw.Seen == "gone":
			d.note(file+" is of process "+pid+", which is gone", "start Puma")
		default:
			d.note(file+" is of process "+pid+", which is no Puma now, or one that is starting", "start Puma")
		}
	}
}

// answers reports whether a process has a state file, and is hidden or has the control socket that it names.
func (d *reader) answers(raw RawProcess) bool {
	return slices.ContainsFunc(raw.States, func(s StateFile) bool { return s.Verdict == "read" }) &&
		(raw.Seen == "hidden" || raw.Seen == "other" && raw.Socket == "open")
}

// main is the unit whose main process this is.
func (d *reader) main(pid int) Unit {
	for _, u := range d.units {
		if pid != 0 && u.MainPID == pid {
			return u
		}
	}
	return Unit{}
}

// unnamed takes a Puma that is known by its files or its unit alone.
func (d *reader) unnamed(raw RawProcess, u Unit) {
	p := Puma{PID: raw.PID, UID: -1, User: u.User, Login: d.who.user, Unit: u}
	pid := strconv.Itoa(p.PID)
	if raw.Seen == "hidden" {
		p.note("/proc hides process "+pid+" from "+d.who.user+": neither version nor release nor workers can be seen",
			"log in as "+owner(&p)+", or see hidepid in proc(5)")
	} else {
		p.note("process "+pid+" has no title of Puma's, as on JRuby: only its state file could be read", "")
	}
	d.config(&p, raw)
	d.state(&p, raw)
	d.current(&p, raw)
	d.host.Pumas = append(d.host.Pumas, p)
}

// deleted is what Linux appends to the name of a directory that is gone.
const deleted = " (deleted)"

// created is when a process was, by the host's clock; the zero time where that could not be read. A host without
// getconf has the rate that nearly all have.
func (r Report) created(raw RawProcess) time.Time {
	c := clockwork{ticks: cmp.Or(r.TickRate, 100)}
	if r.Clock.IsZero() || r.Ticks == 0 || raw.Created == 0 || c.ticks < 10 || c.ticks > maxTickRate {
		return time.Time{}
	}
	return r.Clock.Add(c.duration(raw.Created) - c.duration(r.Ticks))
}

// since is how long ago one of systemd's monotonic timestamps was, which are microseconds; 0 for never and for what cannot be.
// A host that slept has counted less of them than the kernel of ticks, so they seem older than they are.
func (r Report) since(monotonic string) time.Duration {
	at, err := strconv.ParseInt(monotonic, 10, 64)
	rate := cmp.Or(r.TickRate, 100)
	if err != nil || at <= 0 || r.Ticks == 0 || rate < 10 || rate > maxTickRate {
		return 0
	}
	ago := clockwork{ticks: rate}.duration(r.Ticks) - time.Duration(min(at, maxMonotonic))*time.Microsecond
	if ago < -time.Second { // a tick is longer than a microsecond, and no more
		return 0
	}
	return max(ago, time.Microsecond)
}

// maxMonotonic keeps foreign numbers from overflowing: ten years, in microseconds.
const maxMonotonic = 315_576_000_000_000

// revision is the REVISION file of the directory that a process runs in. That of a container's is another directory.
func (d *reader) revision(raw RawProcess) string { return revision(d.r.Revisions[raw.Cwd]) }

func revision(line string) string { return clean.Short(line, 80) }

func release(cwd string) string { return clean.Line(strings.TrimSuffix(cwd, deleted)) }

// unit is what systemd says of the unit that a process runs in. Where its manager could not be asked it is the name
// and the scope.
func (d *reader) unit(raw RawProcess) Unit {
	name, scope, manager := unitOf(raw.Cgroup)
	if name == "" {
		return Unit{}
	}
	for _, u := range d.units {
		if u.Name == name && u.Scope == scope && u.Manager == manager {
			return u
		}
	}
	u := Unit{Name: name, Scope: scope, Manager: manager}
	u.Lingering = d.lingering(u)
	return u
}

// housed gives the one master that is in no unit the unit that the operator says it has.
func (d *reader) housed() {
	var free *Puma
	taken := map[string]bool{}
	for i := range d.host.Pumas {
		p := &d.host.Pumas[i]
		taken[p.Unit.identity()] = true
		if p.Unit.Name != "" || p.contained {
			continue
		}
		if free != nil {
			return
		}
		free = p
	}
	for _, u := range d.units {
		if free != nil && u.loaded && slices.Contains(d.r.wanted, u.Name) && !taken[u.identity()] {
			free.Unit = u
			return
		}
	}
}

// room makes room for the workers of a Puma that is alone.
func (d *reader) room() {
	n := 0
	for i := range d.r.Processes {
		if strings.HasPrefix(d.r.Processes[i].Title, workerTitle) {
			n++
		}
	}
	if n > 0 && len(d.host.Pumas) == 1 {
		d.host.Pumas[0].Workers = make([]Process, 0, n)
	}
}

// workers gives every worker to its master. In a container the title has the pid that the master has there.
func (d *reader) workers() {
	d.room()
	at := map[int]*Puma{}
	type place struct {
		box string
		pid int
	}
	inner := map[place][]*Puma{}
	for i := range d.host.Pumas {
		p := &d.host.Pumas[i]
		at[p.PID] = p
		for _, raw := range d.r.Processes {
			if raw.PID == p.PID && raw.Inner != 0 {
				in := place{raw.Box, raw.Inner}
				inner[in] = append(inner[in], p)
			}
		}
	}
	for _, raw := range d.r.Processes {
		title, ok := puma.ParseTitle(raw.Title)
		if !ok || title.Role != puma.RoleWorker {
			continue
		}
		p := at[title.Master]
		if in := inner[place{raw.Box, title.Master}]; len(in) == 1 && (p == nil || raw.Box != "") {
			p = in[0]
		}
		if p == nil {
			continue
		}
		w := Process{PID: raw.PID, Index: title.Index, Started: d.r.created(raw), Release: release(raw.Cwd)}
		if !p.contained {
			w.Revision = d.revision(raw)
		}
		p.Workers = append(p.Workers, w)
	}
	for i := range d.host.Pumas {
		slices.SortFunc(d.host.Pumas[i].Workers, func(a, b Process) int {
			return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.PID, b.PID))
		})
	}
}

// idle are the Puma units that no master was seen of.
func (d *reader) idle() {
	used := map[string]bool{}
	for _, p := range d.host.Pumas {
		used[p.Unit.identity()] = true
	}
	for _, u := range d.units {
		if !used[u.identity()] && u.loaded && (u.servesPuma() || slices.Contains(d.r.wanted, u.Name)) {
			d.host.Idle = append(d.host.Idle, u)
		}
	}
	slices.SortFunc(d.host.Idle, func(a, b Unit) int { return cmp.Compare(a.identity(), b.identity()) })
}

// current finds the deploy's link.
func (d *reader) current(p *Puma, raw RawProcess) {
	if len(raw.Links) == 0 {
		return
	}
	l := raw.Links[0]
	p.CurrentLink, p.Current, p.CurrentMoved = clean.Line(l.Link), clean.Line(l.Target), l.Moved
	p.Revision = revision(l.Revision)
	switch l.From {
	case "directory":
		p.CurrentFrom = "directory in " + p.ConfigPath
		if p.Settings.Directory.Line > 0 {
			p.CurrentFrom = fmt.Sprintf("directory in line %d of %s", p.Settings.Directory.Line, p.ConfigPath)
		}
	case "unit":
		p.CurrentFrom = "WorkingDirectory of " + p.Unit.Name
	case "release":
		p.CurrentFrom = "beside " + path.Dir(deployRoot(p.Release)+"/releases/x")
	case "shared":
		p.CurrentFrom = "beside " + path.Dir(deployRoot(cmp.Or(p.ConfigPath, p.StatePath))+"/shared/x")
	}
	if p.Current == "" {
		p.note("the link "+p.CurrentLink+" leads nowhere", "deploy again, or point it at a release")
	}
}

// config takes the puma.rb.
func (d *reader) config(p *Puma, raw RawProcess) {
	c := raw.Config
	p.ConfigPath = clean.Line(c.Path)
	switch c.Verdict {
	case "read":
		p.Settings = settingsAt(c.Lines, p.ConfigPath)
	case "denied":
		p.note("configuration "+p.ConfigPath+": permission denied", "let "+d.who.user+" read it, or log in as "+p.User)
	case "missing":
		p.note("configuration "+p.ConfigPath+": no such file", "")
	}
}

// note keeps a note on the host as a whole.
func (d *reader) note(text, remedy string) {
	d.host.Notes = append(d.host.Notes, Note{Text: text, Remedy: remedy})
}

func (p *Puma) note(text, remedy string) {
	p.Notes = append(p.Notes, Note{Text: text, Remedy: remedy})
}
