package doctor

import (
	"bytes"
	"errors"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// ErrTruncated is returned for an answer without an end: nothing of it counts, since what is missing would look like what is
// not there.
var ErrTruncated = errors.New("the doctor's script did not run to its end")

// maxFile bounds the text of one file, maxAnswer what is read of one host, maxRecords how many records it may have. The others
// are bounds of the script's, which sends one more where there are more.
const (
	maxFile       = 64 << 10
	maxAnswer     = 8 << 20
	maxRecords    = 20_000
	maxVariables  = 40
	maxGems       = 1000
	maxProperties = 2000
)

// ParseHost reads what [Reading.Script] printed. What precedes the first line or follows the last is noise of a login shell,
// and records that it does not know are passed over. Its error is [ErrTruncated], for more records than are read as well.
func ParseHost(out []byte) (*Host, error) {
	const first = "\npumatop-doctor 1\n"
	begin := bytes.LastIndex(out, []byte(first))
	if begin < 0 || len(out) > maxAnswer {
		return nil, ErrTruncated
	}
	p := parser{host: &Host{
		Files: map[string]File{}, Units: map[UnitKey]map[string]string{}, UnitFiles: map[UnitKey][]string{}, Sockets: map[string]Inode{},
		Free: map[string]puma.Count{}, May: map[string]Permit{}, UnitMay: map[UnitKey]map[string]Permit{}, Proxies: map[string][]string{}, Serving: map[string]bool{}, Links: map[string]string{},
		Lingers: map[string]puma.Answer{}, Masters: map[int]Master{}, Backlogs: map[string]puma.Count{},
	}, given: map[UnitKey]*environment{}, masters: map[int]*process{}}
	p.host.May["commands"] = Permit{Allowed: puma.Yes, Evidence: Evidence{Command: "sh -s"}}
	for line := range strings.Lines(string(out[begin+len(first):])) {
		line = strings.TrimSuffix(line, "\n")
		if line == "end" {
			p.finish()
			return p.host, nil
		}
		if body, ok := strings.CutPrefix(line, "|"); ok {
			if p.body != nil {
				p.body(body)
			}
			continue
		}
		if line == "" {
			continue
		}
		if p.records++; p.records > maxRecords {
			break
		}
		p.record(line)
	}
	return nil, ErrTruncated
}

// parser reads an answer.
type parser struct {
	host    *Host
	records int
	body    func(string)
	given   map[UnitKey]*environment
	masters map[int]*process
}

// environment is what a unit gives to its processes.
type environment struct {
	manager, files []string
	closed         bool // a file of it was not read, or not all
}

// process is a master, with what its environment can be told from.
type process struct {
	Master
	unit    UnitKey
	own     []string
	verdict string
	more    bool // own is not all of it
	lines   int  // of its Gemfile.lock
}

// fields cuts a record into n of them, the last of which is the rest; missing ones are empty.
func fields(s string, n int) []string {
	f := strings.SplitN(s, "\t", n)
	for i := range f {
		f[i] = clean.Line(f[i])
	}
	return append(f, make([]string, n-len(f))...)
}

func (p *parser) record(line string) {
	p.body = nil
	name, rest, _ := strings.Cut(line, "\t")
	switch name {
	case "file":
		p.file(fields(rest, 2)[0], path.Clean(clean.Line(second(rest))))
	case "inode":
		p.inode(fields(rest, 2)[0], clean.Line(second(rest)))
	case "link":
		from := clean.Line(rest)
		p.body = func(line string) { p.host.Links[from] = clean.Line(line) }
	case "more":
		name := path.Clean(clean.Line(rest))
		f := p.host.Files[name]
		f.Path, f.Cut = name, true
		p.host.Files[name] = f
	case "unit", "of", "given", "manager":
		p.unit(name, rest)
	case "limit", "master", "cwd", "environ", "lock", "booted", "newer":
		p.process(name, rest)
	default:
		p.fact(name, rest, fields(rest, 4))
	}
}

// fact takes a record of one line about the host.
func (p *parser) fact(name, rest string, f []string) {
	h := p.host
	switch name {
	case "clock":
		h.Clock = clock(f[0])
	case "login":
		_, user, _ := strings.Cut(rest, "(")
		user, _, _ = strings.Cut(user, ")")
		h.Login = clean.Line(user)
	case "runtime":
		h.Runtime = clean.Line(rest)
	case "number":
		p.number(f[0], count(f[1]))
	case "listen":
		h.Backlogs[clean.Line(second(rest))] = count(f[0])
	case "space":
		if n := count(f[0]); n.Known && n.N < math.MaxInt64/1024 {
			h.Free[clean.Line(second(rest))] = puma.Of(n.N * 1024)
		}
	case "linger":
		h.Lingers[clean.Line(second(rest))] = answerOf(f[0])
	case "permit":
		p.permit(fields(rest, 6))
	case "hidden":
		h.Hidden = true
	case "serving":
		h.Serving[f[0]] = true
	case "proxy":
		if file := path.Clean(clean.Line(second(rest))); !slices.Contains(h.Proxies[f[0]], file) {
			h.Proxies[f[0]] = append(h.Proxies[f[0]], file)
		}
	}
}

// second is what follows the first field.
func second(s string) string {
	_, rest, _ := strings.Cut(s, "\t")
	return rest
}

func (p *parser) number(name string, n puma.Count) {
	switch name {
	case "cores":
		p.host.Cores = least(p.host.Cores, n)
	case "memory":
		p.host.Memory = least(p.host.Memory, n)
	case "somaxconn":
		p.host.Somaxconn = n
	}
}

func (p *parser) permit(f []string) {
	key := unitKey(f[2], f[3])
	if p.host.UnitMay[key] == nil {
		p.host.UnitMay[key] = map[string]Permit{}
	}
	p.host.UnitMay[key][f[0]] = Permit{Allowed: answerOf(f[1]), Evidence: Evidence{Command: f[4], Text: clean.Short(f[5], maxEvidence)}}
}

func (p *parser) file(verdict, name string) {
	f := File{Path: name, Err: trouble(verdict), Cut: verdict == "cut"}
	p.host.Files[name] = f
	if f.Err != "" {
		return
	}
	var b strings.Builder
	p.body = func(line string) {
		if b.Len()+len(line) >= maxFile {
			f.Cut = true
		} else {
			b.WriteString(clean.Line(line))
			b.WriteByte('\n')
		}
		f.Text = b.String()
		p.host.Files[name] = f
	}
}

// trouble is why a file could not be read; empty where it was.
func trouble(verdict string) string {
	switch verdict {
	case "read", "cut":
		return ""
	case "denied":
		return "permission denied"
	case "missing":
		return "no such file"
	case "other":
		return "not a file"
	case "many":
		return "not read: there is more than a reading takes"
	}
	return "it could not be read"
}

func (p *parser) inode(verdict, name string) {
	in := Inode{Path: name, Err: trouble(verdict), Reach: puma.Unknown}
	p.host.Sockets[name] = in
	var lines int
	p.body = func(line string) {
		f := strings.SplitN(clean.Line(line), " ", 4)
		if len(f) < 4 || len(f[0]) < 10 {
			return
		}
		switch lines++; lines {
		case 1:
			in.Mode, in.User, in.Group, in.Reach = f[0], f[1], f[2], puma.Yes
		case 2:
			in.Dir, in.DirUser, in.DirGroup = f[0], f[1], f[2]
		}
		if x := f[0][9]; lines > 1 && x != 'x' && x != 't' {
			in.Reach = puma.No
		}
		p.host.Sockets[name] = in
	}
}

// count reads a whole number that is not negative.
func count(s string) puma.Count {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return puma.Count{}
	}
	return puma.Of(n)
}

// least is the smaller of two counts, or the one that is known.
func least(a, b puma.Count) puma.Count {
	if !a.Known || b.Known && b.N < a.N {
		return b
	}
	return a
}

func answerOf(s string) puma.Answer {
	switch s {
	case "yes":
		return puma.Yes
	case "no":
		return puma.No
	}
	return puma.Unknown
}

// clock reads the output of `date +%s.%N`.
func clock(s string) time.Time {
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds < 0 || seconds > math.MaxInt32*4 {
		return time.Time{}
	}
	nanoseconds, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil || len(fraction) != 9 || nanoseconds < 0 {
		nanoseconds = 0
	}
	return time.Unix(seconds, nanoseconds).UTC()
}
