package probe

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Begin and end of a report; noise that a login shell prints comes before the one and after the other.
const (
	firstLine = "pumatop-probe 1"
	lastLine  = "end"
)

// Encode is the report as the script prints it.
func (r Report) Encode() []byte {
	e := encoder{}
	e.b = append(e.b, "\n"+firstLine+"\n"...)
	if !r.Clock.IsZero() {
		e.record("clock", epoch(r.Clock))
	}
	if r.Ticks != 0 {
		e.record("ticks", strconv.FormatInt(r.Ticks, 10), strconv.FormatInt(r.TickRate, 10))
	}
	e.record("login", r.Login)
	for _, c := range r.Complaints {
		e.record("complaint", c.Code, c.Detail)
	}
	for _, uid := range slices.Sorted(maps.Keys(r.Lingers)) {
		e.record("linger", uid, yesNo(r.Lingers[uid]))
	}
	for _, dir := range slices.Sorted(maps.Keys(r.Revisions)) {
		e.record("revision", dir)
		e.body(r.Revisions[dir])
	}
	for _, u := range r.Units {
		e.record("unit", string(u.Scope), u.Manager)
		for _, k := range slices.Sorted(maps.Keys(u.Properties)) {
			e.body(k + "=" + u.Properties[k])
		}
	}
	for _, group := range r.Self {
		e.record("self", group)
	}
	for _, p := range r.Processes {
		e.process(p)
	}
	for _, c := range r.Containers {
		e.container(c)
	}
	return append(e.b, lastLine+"\n"...)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type encoder struct{ b []byte }

func (e *encoder) record(fields ...string) {
	for i, f := range fields {
		if i > 0 {
			e.b = append(e.b, '\t')
		}
		e.b = append(e.b, oneLine(f)...)
	}
	e.b = append(e.b, '\n')
}

func (e *encoder) body(lines ...string) {
	for _, l := range lines {
		e.b = append(e.b, '|')
		e.b = append(e.b, oneLine(l)...)
		e.b = append(e.b, '\n')
	}
}

func (e *encoder) process(p RawProcess) {
	pid := strconv.Itoa(p.PID)
	e.title(pid, p)
	if p.Created != 0 {
		e.record("created", pid, strconv.FormatInt(p.Created, 10))
	}
	for _, l := range [...]struct{ name, target string }{{"cwd", p.Cwd}, {"exe", p.Exe}} {
		if l.target != "" {
			e.record("link", pid, l.name, l.target)
		}
	}
	if p.Inner != 0 {
		e.record("inner", pid, strconv.Itoa(p.Inner))
	}
	if p.Box != "" {
		e.record("box", pid, p.Box)
	}
	if p.Seen != "" {
		e.record("process", pid, p.Seen)
	}
	for _, l := range p.Cgroup {
		e.record("cgroup", pid, l)
	}
	for _, s := range p.States {
		e.record("state", pid, s.From, s.Verdict, s.Stamp, s.Path)
		e.body(s.Text...)
	}
	if p.SocketPath != "" {
		e.record("socket", pid, p.Socket, p.SocketPath)
	}
	for _, l := range p.Listens {
		e.record("listens", pid, l.Network, l.Address)
	}
	if p.ConfigNewer {
		e.record("newer", pid)
	}
	e.text("config", pid, p.Config)
	for _, l := range p.Links {
		e.record("current", pid, l.From)
		e.body("Named="+l.Named, "Link="+l.Link, "Target="+l.Target, "Revision="+l.Revision, "Moved="+statTime(l.Moved))
	}
	if p.Journal != nil {
		e.record("journal", pid)
		e.body(p.Journal...)
	}
	e.text("log", pid, p.Log)
}

func (e *encoder) title(pid string, p RawProcess) {
	if p.Title == "" {
		return
	}
	e.record("title", pid, p.Title)
	if !strings.HasPrefix(p.Title, workerTitle) {
		e.record("owner", pid, strconv.Itoa(p.UID), p.User)
	}
}

func (e *encoder) container(c RawContainer) {
	e.record("container", c.ID, c.Engine)
	e.body(c.Properties...)
	if c.Inside != nil {
		e.record("inside", c.ID)
		e.body(c.Inside...)
	}
	if c.Log != nil {
		e.record("started", c.ID)
		e.body(c.Log...)
	}
}

func (e *encoder) text(name, pid string, f TextFile) {
	if f.Verdict == "" {
		return
	}
	e.record(name, pid, f.Verdict, f.Path)
	e.body(f.Lines...)
}

// oneLine keeps foreign text from breaking the frame: what is a line in the report must stay one.
func oneLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i]
	}
	return s
}

// statLayout is how stat(1) prints a time for %y.
const statLayout = "2006-01-02 15:04:05.999999999 -0700"

// statTime is t as stat(1) prints it for `%Y %y`.
func statTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10) + " " + t.UTC().Format("2006-01-02 15:04:05.000000000 -0700")
}
