package probe

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrTruncated is returned for output that has no end: the connection broke, or the host did not let the script
// run to it. Nothing of such a report counts, since what is missing would look like what is not there.
var ErrTruncated = errors.New("the probe's output is incomplete")

// Decode reads the script's output into values and interprets none of them. What precedes the first line of the
// report or follows its last is noise of a login shell, and records it does not know are left out: a newer script
// may print more. The error is ErrTruncated, or says which record makes no sense.
func Decode(out []byte) (Report, error) { return newDecoder().decode(out) }

// decode reads out into what the decoder has. The bodies of records and the properties of units are parts of one text;
// whoever keeps something of them for longer clones it. All else has been cloned.
func (d *decoder) decode(out []byte) (Report, error) {
	framed, ok := frame(out)
	if !ok {
		return Report{}, ErrTruncated
	}
	d.rest = string(framed)
	d.r.Processes = slices.Grow(d.r.Processes, min(strings.Count(d.rest, "\ntitle\t"), mostAtOnce))
	for len(d.rest) > 0 {
		line, rest, whole := strings.Cut(d.rest, "\n")
		if !whole {
			break
		}
		d.rest = rest
		if line == lastLine {
			return d.r, nil
		}
		if line == "" {
			continue
		}
		if body, ok := strings.CutPrefix(line, "|"); ok {
			if d.body != nil {
				d.body(body)
			}
			continue
		}
		if err := d.record(line); err != nil {
			return Report{}, err
		}
	}
	return Report{}, ErrTruncated
}

// frame returns what follows the last first line; ok is false where there is none.
func frame(out []byte) (lines []byte, ok bool) {
	if begin := bytes.LastIndex(out, []byte("\n"+firstLine+"\n")); begin >= 0 {
		return out[begin+len(firstLine)+2:], true
	}
	return bytes.CutPrefix(out, []byte(firstLine+"\n"))
}

// lines makes room for the lines of the body that comes next.
func (d *decoder) lines() []string { return make([]string, 0, d.ahead()) }

// ahead is how many lines of a body come next.
func (d *decoder) ahead() (n int) {
	for rest := d.rest; strings.HasPrefix(rest, "|"); n++ {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return n
}

// process returns the place of the pid in the report. It is good until the next call.
func (d *decoder) process(pid int) *RawProcess {
	i, ok := d.at[pid]
	if !ok {
		i = len(d.r.Processes)
		d.at[pid] = i
		d.r.Processes = append(d.r.Processes, RawProcess{PID: pid})
	}
	return &d.r.Processes[i]
}

// record takes one record: its name, its fields, and what to do with the body that follows.
func (d *decoder) record(line string) error {
	d.body = nil
	name, rest, _ := strings.Cut(line, "\t")
	switch name {
	case "clock", "ticks":
		d.moment(name, rest)
	case "login":
		d.r.Login = d.own(rest)
	case "complaint":
		code, detail, _ := strings.Cut(rest, "\t")
		d.r.Complaints = append(d.r.Complaints, Complaint{Code: d.own(code), Detail: d.own(detail)})
	case "linger", "revision", "unit", "self":
		d.host(name, rest)
	case "container", "inside", "started":
		d.container(name, rest)
	case "title", "created", "owner", "link", "inner", "box", "process", "cgroup", "state", "socket", "listens", "newer", "config", "current", "journal", "log":
		number, rest, _ := strings.Cut(rest, "\t")
		pid, err := strconv.Atoi(number)
		if err != nil || pid < 0 {
			return fmt.Errorf("read the probe's output: record %q has no pid", name)
		}
		if name == "state" || name == "config" || name == "current" || name == "journal" || name == "log" {
			d.document(name, pid, rest)
			return nil
		}
		d.fact(name, d.process(pid), rest)
	}
	return nil
}

// host takes what is about no single process.
func (d *decoder) host(name, rest string) {
	switch name {
	case "linger":
		d.linger(rest)
	case "revision":
		d.revision(rest)
	case "unit":
		d.unit(rest)
	case "self":
		d.r.Self = append(d.r.Self, d.own(rest))
	}
}

// moment takes when the script ran.
func (d *decoder) moment(name, rest string) {
	if name == "clock" {
		d.r.Clock = clock(rest)
		return
	}
	now, rate, _ := strings.Cut(rest, "\t")
	d.r.Ticks, d.r.TickRate = parseTicks(now), parseTicks(rate)
}

func (d *decoder) linger(rest string) {
	uid, answer, _ := strings.Cut(rest, "\t")
	if d.r.Lingers == nil {
		d.r.Lingers = map[string]bool{}
	}
	d.r.Lingers[d.own(uid)] = answer == "yes"
}

func (d *decoder) revision(dir string) {
	if d.r.Revisions == nil {
		d.r.Revisions = map[string]string{}
	}
	dir = d.own(dir)
	d.r.Revisions[dir] = ""
	d.body = func(line string) { d.r.Revisions[dir] = d.own(line) }
}

func (d *decoder) unit(rest string) {
	scope, manager, _ := strings.Cut(rest, "\t")
	properties := make(map[string]string, d.ahead())
	d.r.Units = append(d.r.Units, RawUnit{Scope: Scope(d.own(scope)), Manager: d.own(manager), Properties: properties})
	d.body = func(line string) {
		// a unit with several ExecStart lines has the property as often: the first is enough to know it by
		if k, v, ok := strings.Cut(line, "="); ok && properties[k] == "" {
			properties[k] = v
		}
	}
}

// workerTitle begins the title of a worker.
const workerTitle = "puma: cluster worker "

// fact takes a record of one line.
func (d *decoder) fact(name string, p *RawProcess, rest string) {
	first, last, _ := strings.Cut(rest, "\t")
	switch name {
	case "title":
		if p.Title = rest; !strings.HasPrefix(rest, workerTitle) { // of these nothing is kept but numbers
			p.Title = strings.Clone(rest)
		}
	case "created":
		p.Created = parseTicks(rest)
	case "owner":
		p.UID, _ = strconv.Atoi(first)
		p.User = d.own(last)
	case "link":
		switch first {
		case "cwd":
			p.Cwd = d.own(last)
		case "exe":
			p.Exe = d.own(last)
		}
	case "inner":
		p.Inner, _ = strconv.Atoi(rest)
	case "box":
		p.Box = d.own(rest)
	case "process":
		p.Seen = d.own(rest)
	case "cgroup":
		p.Cgroup = append(p.Cgroup, d.own(rest))
	case "socket":
		p.Socket, p.SocketPath = d.own(first), d.own(last)
	case "newer":
		p.ConfigNewer = true
	case "listens":
		p.Listens = append(p.Listens, Listen{Network: d.own(first), Address: d.own(last)})
	}
}

// document takes a record that has a body, and leaves d.body set to read it.
func (d *decoder) document(name string, pid int, rest string) {
	p := d.process(pid)
	first, last, _ := strings.Cut(rest, "\t")
	switch name {
	case "state":
		f := strings.SplitN(rest, "\t", 4)
		if len(f) < 4 {
			return
		}
		p.States = append(p.States, StateFile{From: d.own(f[0]), Verdict: d.own(f[1]), Stamp: d.own(f[2]), Path: d.own(f[3]), Text: d.lines()})
		i := len(p.States) - 1
		d.body = func(line string) {
			s := &d.process(pid).States[i]
			s.Text = append(s.Text, line)
		}
	case "current":
		p.Links = append(p.Links, CurrentLink{From: d.own(rest)})
		i := len(p.Links) - 1
		d.body = func(line string) {
			k, v, _ := strings.Cut(line, "=")
			d.process(pid).Links[i].set(k, d.own(v))
		}
	case "journal":
		p.Journal = d.lines()
		d.body = func(line string) {
			p := d.process(pid)
			p.Journal = append(p.Journal, line)
		}
	case "config":
		p.Config = TextFile{Verdict: d.own(first), Path: d.own(last), Lines: d.lines()}
		d.body = func(line string) {
			p := d.process(pid)
			p.Config.Lines = append(p.Config.Lines, line)
		}
	case "log":
		p.Log = TextFile{Verdict: d.own(first), Path: d.own(last), Lines: d.lines()}
		d.body = func(line string) {
			p := d.process(pid)
			p.Log.Lines = append(p.Log.Lines, line)
		}
	}
}

func (l *CurrentLink) set(k, v string) {
	switch k {
	case "Named":
		l.Named = v
	case "Link":
		l.Link = v
	case "Target":
		l.Target = v
	case "Revision":
		l.Revision = v
	case "Moved":
		l.Moved = parseStatTime(v)
	}
}

// clock reads the output of `date +%s.%N`; a date without %N prints that as it stands, and the seconds count.
func clock(s string) time.Time {
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, fractionOf(fraction)).UTC()
}

// fractionOf is the nanoseconds of the digits after a decimal point; 0 where they are none.
func fractionOf(digits string) int64 {
	if len(digits) > 9 {
		digits = digits[:9]
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	for range 9 - len(digits) {
		n *= 10
	}
	return int64(n)
}

// parseStatTime reads what statTime prints: the second field has the fraction where the host's stat has it.
func parseStatTime(s string) time.Time {
	seconds, rest, _ := strings.Cut(s, " ")
	if t, err := time.Parse(statLayout, rest); err == nil {
		return t.UTC()
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// maxTickRate is more than any kernel has; as maxTicks does, it keeps foreign numbers from overflowing.
const maxTickRate = 1_000_000

// parseTicks reads a number of the kernel's; 0 for what is none.
func parseTicks(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxTicks {
		return 0
	}
	return n
}

// container takes a record of a container, whose body is what its engine or its inside said.
func (d *decoder) container(name, rest string) {
	id, engine, _ := strings.Cut(rest, "\t")
	i := slices.IndexFunc(d.r.Containers, func(c RawContainer) bool { return c.ID == id })
	if i < 0 {
		if name != "container" {
			return
		}
		i = len(d.r.Containers)
		d.r.Containers = append(d.r.Containers, RawContainer{ID: d.own(id), Engine: d.own(engine)})
	}
	c := &d.r.Containers[i].Properties
	switch name {
	case "inside":
		c = &d.r.Containers[i].Inside
	case "started":
		c = &d.r.Containers[i].Log
	}
	*c = d.lines()
	d.body = func(line string) {
		at := &d.r.Containers[i]
		switch name {
		case "container":
			at.Properties = append(at.Properties, line)
		case "inside":
			at.Inside = append(at.Inside, line)
		case "started":
			at.Log = append(at.Log, line)
		}
	}
}
