package probe

import (
	"cmp"
	"fmt"
	"path"
	"strings"
)

// Enable is what to add to a puma.rb, and its zero value nothing. It takes effect with a full restart: a phased one does not
// read that part of the file again.
type Enable struct {
	// File is the puma.rb, or that name alone where none was found; Lines go to its end. Both are sanitised.
	File  string
	Lines []string
}

// withoutApp notes a Puma that runs without a control app, and the lines that give it one.
func (d *reader) withoutApp(p *Puma, raw RawProcess) {
	says := "it was started without activate_control_app"
	remedy := enable(p, raw)
	switch set := p.Settings.Control; {
	case p.Settings.Lines == 0:
	case set.IsSet() && set.Certain():
		says += ", which " + p.ConfigPath + " has by now"
		remedy, p.Enable = "restart Puma in full: a phased restart does not read it again", Enable{}
	case set.IsSet():
		says += fmt.Sprintf(", which line %d of %s has under a condition", set.Line, p.ConfigPath)
		remedy = "have the condition met, then restart Puma in full; or " + remedy
	default:
		says = p.ConfigPath + " has no activate_control_app"
	}
	p.note(says, remedy)
}

// enable sets what to add to the puma.rb, and says it in a sentence.
func enable(p *Puma, raw RawProcess) string {
	p.Enable = enabling(p, raw)
	e := &p.Enable
	return fmt.Sprintf("add to %s: %s, then restart Puma in full", e.File, strings.Join(e.Lines, "; "))
}

// enabling is what to add to the puma.rb of this very Puma: its files go beside those that it has.
func enabling(p *Puma, raw RawProcess) Enable {
	e := Enable{File: cmp.Or(p.ConfigPath, "puma.rb")}
	sockets, pids, name := places(p, raw)
	if p.StatePath == "" && !p.Settings.StatePath.IsSet() {
		e.Lines = append(e.Lines, fmt.Sprintf("state_path %q", path.Join(pids, name+".state")))
	}
	e.Lines = append(e.Lines, fmt.Sprintf("activate_control_app \"unix://%s\"", path.Join(sockets, name+"ctl.sock")))
	return e
}

// places are where this Puma has sockets and pid files, and what its own are called: beside the socket that it listens on,
// else where Capistrano or Rails put them.
func places(p *Puma, raw RawProcess) (sockets, pids, name string) {
	name = "puma"
	for _, l := range p.Listeners {
		file, ok := strings.CutPrefix(l, "unix:///")
		if !ok {
			continue
		}
		sockets = path.Dir("/" + file)
		if base := strings.TrimSuffix(path.Base(file), path.Ext(file)); base != "" {
			name = base
		}
		if path.Base(sockets) == "sockets" {
			return sockets, path.Join(path.Dir(sockets), "pids"), name
		}
		return sockets, sockets, name
	}
	root := "/ABSOLUTE/PATH/TO/THE/APP"
	if cwd := release(raw.Cwd); cwd != "" {
		root = cwd
		if before, _, ok := strings.Cut(cwd, "/releases/"); ok { // not in a release, which the next deploy replaces
			root = path.Join(before, "shared")
		}
	}
	return path.Join(root, "tmp/sockets"), path.Join(root, "tmp/pids"), name
}
