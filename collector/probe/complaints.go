package probe

import (
	"strconv"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// complaints turns what stood in the script's way into notes, where it matters for what was found.
func (d *reader) complaints() {
	for _, c := range d.r.Complaints {
		detail := clean.Line(c.Detail)
		switch c.Code {
		case "no-proc":
			d.note("the host has no /proc ("+detail+"): only Linux can be probed", "name the state file: HOST:/path/puma.state")
		case "hidepid":
			d.note("/proc hides the processes of other users (hidepid)", "log in as the user that Puma runs as, or name the state file: HOST:/path/puma.state")
		case "manager":
			d.note("systemctl: "+detail, "")
		}
	}
	for i := range d.host.Pumas {
		p := &d.host.Pumas[i]
		if p.Unit.Lingering == puma.No {
			p.note("lingering is off for "+p.User+": its units stop with the last session", "loginctl enable-linger "+p.User)
		}
		d.journal(p)
	}
}

// lingering is whether a unit stays when the last session of its owner ends. A unit of the system does not know the
// question.
func (d *reader) lingering(u Unit) puma.Answer {
	if u.Scope != UserScope {
		return ""
	}
	switch on, ok := d.r.Lingers[strconv.Itoa(u.Manager)]; {
	case !ok:
		return puma.Unknown
	case on:
		return puma.Yes
	}
	return puma.No
}

// journal says where the start-up lines of a unit may not be read.
func (d *reader) journal(p *Puma) {
	for _, raw := range d.r.Processes {
		if raw.PID != p.PID {
			continue
		}
		switch {
		case raw.Log.Verdict == "denied":
			p.note("log file "+p.LogPath+": permission denied", "let "+d.who.user+" read it, or log in as "+owner(p))
		case raw.Journal != nil && len(raw.Journal) == 0 && d.who.uid != 0 && !d.who.in("systemd-journal", "adm", "wheel"):
			p.note("the journal has no start-up lines that "+d.who.user+" may read", "add "+d.who.user+" to the group systemd-journal")
		}
	}
}
