package doctor

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// scripts are the parts of the script, in their order by name.
//
//go:embed script/*.sh
var scripts embed.FS

// mostAsked bounds the Pumas and the units that one reading asks about.
const mostAsked = 60

// Reading is what a host is asked about: its Pumas, and its units without one, as the probe found them.
//
// The answer is lines. The first is "pumatop-doctor 1", the last "end". A line is a record, its name and fields apart by
// tabs, the last of them free text; lines that begin with "|" are the body of the record before.
//
//	clock   SECONDS.NANOSECONDS
//	login   LINE                            of id
//	runtime PATH                            XDG_RUNTIME_DIR as a command of the login's has it
//	number  cores|memory|somaxconn NUMBER
//	limit   PID|self cpu.max|memory.max TEXT   of a control group and those above it
//	listen  BACKLOG ADDRESS                 a listening socket, with how many connections may wait at it
//	space   KIB DIRECTORY                   KIB is empty where that may not be seen
//	permit  journal|systemctl ANSWER SCOPE UNIT COMMAND TEXT
//	linger  yes|no USER
//	unit    SCOPE NAME                      body: what systemctl show prints; a user's SCOPE is user:UID
//	of      SCOPE NAME PATH                 a file that the unit is made of
//	given   SCOPE NAME VERDICT PATH         an EnvironmentFile; body: variables of it
//	manager SCOPE NAME                      body: variables of the manager's environment
//	file    VERDICT PATH                    body: its text, 64 KiB at most
//	more    PATH                            a file that names more than was followed
//	inode   VERDICT PATH                    body: MODE USER GROUP PATH, of it and of the directories above
//	master  PID SCOPE UNIT
//	cwd     PID PATH
//	environ PID VERDICT                     body: variables of its environment
//	lock    PID VERDICT PATH                body: NAME (VERSION) of the gems in its Gemfile.lock
//	booted  PID SECONDS                     when its state file was written
//	newer   PID PATH                        a configuration that was written after that
//	proxy   NAME PATH                       a file that its configuration begins with
//	serving NAME                            a proxy that runs
//	hidden                                  the login does not see the processes of others
//	link    PATH                            of a socket that a proxy names; body: where it is once links are followed
type Reading struct {
	Pumas []probe.Puma
	Idle  []probe.Unit
}

// Script asks a host. It is POSIX sh for the stdin of `sh -s`: it leaves no file behind, needs no privilege, and ends by
// itself. Of what is secret it sends nothing: tokens and passwords in configurations, and values of variables that are not
// Puma's own.
func (r Reading) Script() string {
	return functions() + "doctor() {\nbegin\n" + strings.Join(r.calls(), "") + "proxies\necho end\n}\ndoctor </dev/null 2>/dev/null\n"
}

// functions is the script without what runs any of it.
func functions() string {
	var b strings.Builder
	b.WriteString(probe.Words())
	parts, err := fs.Glob(scripts, "script/*.sh")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range parts {
		text, err := fs.ReadFile(scripts, name)
		if err != nil {
			panic(err) // it is embedded
		}
		b.WriteString(probe.Bare(string(text)))
	}
	return b.String()
}

// calls are the functions of the script to call for what was found.
func (r Reading) calls() []string {
	var out []string
	call := func(words ...string) {
		for i, w := range words {
			if strings.ContainsFunc(w, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				return // no path that somebody meant, and it would break the lines of the answer
			}
			if i > 0 {
				words[i] = probe.Quote(w)
			}
		}
		if c := strings.Join(words, " ") + "\n"; !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, u := range r.Idle[:min(len(r.Idle), mostAsked)] {
		askUnit(call, u, u.User)
		for _, c := range configurations(u) {
			call("ruby", u.WorkingDirectory, c)
		}
	}
	for i := range r.Pumas[:min(len(r.Pumas), mostAsked)] {
		p := &r.Pumas[i]
		if p.Box != "" || p.Container.ID != "" || p.FromOutside() {
			continue // its paths are those of its container
		}
		askUnit(call, p.Unit, p.User)
		call("master", strconv.Itoa(p.PID), managed(p.Unit), p.Unit.Name, p.StatePath, p.ConfigPath)
		for _, file := range inodes(p) {
			call("inode", file)
		}
		if path.IsAbs(p.LogPath) {
			call("space", path.Dir(p.LogPath))
		}
	}
	return out
}

func askUnit(call func(...string), u probe.Unit, user string) {
	if u.Name == "" || u.Scope == probe.NoScope {
		return
	}
	manager := ""
	if u.Scope == probe.UserScope {
		manager = strconv.Itoa(u.Manager)
		if user != "" {
			call("linger", user)
		}
	}
	call("unit", managed(u), manager, u.Name)
}

// managed is a unit's scope as records have it.
func managed(u probe.Unit) string {
	if u.Scope == probe.UserScope {
		return fmt.Sprintf("user:%d", u.Manager)
	}
	return string(u.Scope)
}

// inodes are the files of a Puma whose modes matter.
func inodes(p *probe.Puma) []string {
	var out []string
	add := func(name string) {
		if path.IsAbs(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if p.Control.Network == puma.Unix {
		add(p.Control.Name)
	}
	for _, l := range p.Listeners {
		if name, ok := strings.CutPrefix(l, "unix://"); ok {
			add(name)
		}
	}
	add(p.StatePath)
	return out
}

// configurations are where Puma would look for its configuration if the unit was started, the first that is there.
func configurations(u probe.Unit) []string {
	if !path.IsAbs(u.WorkingDirectory) {
		return nil
	}
	environment := "production"
	words := strings.Fields(u.ExecStart)
	for i, w := range words {
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch name, inline, cut := strings.Cut(w, "="); {
		case w == "-C" || w == "--config":
			return []string{absolute(u.WorkingDirectory, value)}
		case cut && name == "--config":
			return []string{absolute(u.WorkingDirectory, inline)}
		case w == "-e" || w == "--environment":
			environment = value
		}
	}
	return []string{path.Join(u.WorkingDirectory, fmt.Sprintf("config/puma/%s.rb", environment)), path.Join(u.WorkingDirectory, "config/puma.rb")}
}

func absolute(base, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(base, name)
}
