package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/doctor/unitfile"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// unitView is a target's unit: as the probe found it, as systemctl shows it now, and as its files say it. What systemctl shows
// decides; the files have the line.
type unitView struct {
	probe.Unit
	target *Target
	// shown is nil where systemctl was not asked or did not answer.
	shown map[string]string
	files unitfile.Unit
}

// key is the unit's in [Host.Units].
func (v unitView) key() UnitKey { return v.keyOf(v.Name) }

// keyOf is the key of another unit of the same manager.
func (v unitView) keyOf(name string) UnitKey {
	if v.Scope == probe.UserScope {
		return UnitKey{name, true, v.Manager}
	}
	return UnitKey{Name: name}
}

// unit is the unit that the target runs in; its Name is empty for none.
func (t *Target) unit() unitView {
	v := unitView{Unit: t.Puma.Unit, target: t}
	if t.Host != nil {
		v.shown = t.Host.Units[v.key()]
		v.files = t.Host.unitFiles(v.key(), v.Fragment, v.shown["DropInPaths"])
	}
	return v
}

// unitFiles reads the files of a unit, or where their order is not known the fragment and what else there is of it. It counts as
// cut where one of them was not read.
func (h *Host) unitFiles(k UnitKey, fragment, dropins string) unitfile.Unit {
	paths := h.UnitFiles[k]
	if paths == nil {
		paths = append([]string{fragment}, strings.Fields(dropins)...)
	}
	var files []unitfile.File
	missed := false
	for _, p := range paths {
		if f, ok := h.Files[p]; ok && f.Err == "" {
			files = append(files, unitfile.File{Path: p, Text: f.Text, Cut: f.Cut})
		} else {
			missed = missed || p != ""
		}
	}
	u := unitfile.Read(files)
	u.Cut = u.Cut || missed
	return u
}

// last is the line of the unit's files that a setting has its value from; ok is false where that is not certain.
func (v unitView) last(section, setting string) (s unitfile.Setting, ok bool) {
	if v.files.Cut {
		return unitfile.Setting{}, false
	}
	return v.files.Last(section, setting)
}

// property is one that systemctl shows; ok is false where it was not asked, or does not know the property.
func (v unitView) property(name string) (value string, ok bool) {
	value, ok = v.shown[name]
	return value, ok
}

// silent is why systemctl shows nothing.
func (v unitView) silent() Answer {
	return unknown(cmp.Or(v.target.Silent, "systemctl shows nothing of "+v.Name))
}

// evidence is the line of the unit's files that sets something, or else what systemctl shows.
func (v unitView) evidence(setting, property, value string) Evidence {
	for _, section := range [...]string{"Service", "Unit", "Install"} {
		if s, ok := v.last(section, setting); ok {
			return Evidence{File: s.File, Line: s.Line, Text: clean.Short(hushed(s.String()), maxLine)}
		}
	}
	return v.show(property, value)
}

// maxLine is how much of a line an evidence quotes.
const maxLine = 200

// show is what systemctl shows of a property.
func (v unitView) show(property, value string) Evidence {
	return Evidence{Command: v.systemctl("show -p " + property + " " + word(v.Name)), Text: clean.Short(property+"="+hushed(value), maxLine)}
}

// systemctl is a command line that looks.
func (v unitView) systemctl(rest string) string {
	if v.Scope == probe.UserScope {
		return "systemctl --user " + rest
	}
	return "systemctl " + rest
}

// change is a command line that changes something: a unit of the system's is root's, and a user's unit is its owner's.
func (v unitView) change(rest string) string {
	if owner, another := v.another(); another {
		uid := strconv.Itoa(v.Manager)
		if v.Manager == 0 {
			uid = "$(id -u " + word(owner) + ")"
		}
		return v.as() + "env XDG_RUNTIME_DIR=/run/user/" + uid + " " + v.systemctl(rest)
	}
	return v.as() + v.systemctl(rest)
}

// another is the owner of a user's unit, where that is not who asked.
func (v unitView) another() (owner string, is bool) {
	owner = v.target.Puma.User
	return owner, v.Scope == probe.UserScope && owner != "" && owner != v.target.login()
}

// as is what a command begins with that only the unit's owner may run; empty where that is who asked.
func (v unitView) as() string {
	owner, another := v.another()
	root := v.target.login() == "root"
	switch {
	case another && root:
		return "runuser -u " + word(owner) + " -- "
	case another:
		return "sudo -Hu " + word(owner) + " "
	case v.Scope == probe.UserScope || root:
		return ""
	}
	return "sudo "
}

// folder is the directory that the unit's owner has for unit files, as a shell reads it.
func (v unitView) folder() string {
	owner, another := v.another()
	switch {
	case v.Scope != probe.UserScope:
		return "/etc/systemd/system/"
	case another && word(owner) == owner:
		return "~" + owner + "/.config/systemd/user/"
	case another:
		return "\"$(getent passwd " + word(owner) + " | cut -d: -f6)\"/.config/systemd/user/"
	}
	return "~/.config/systemd/user/"
}

// login is who asked the host; empty where that is not known.
func (t *Target) login() string {
	if t.Host != nil && t.Host.Login != "" {
		return t.Host.Login
	}
	return t.Puma.Login
}

// word quotes a word for a shell where it needs that.
func word(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-@:=+,%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// dropIn is a remedy that lays down a drop-in, as systemctl edit does, under a name that counts after all others. Lines are
// settings of [Service]; then are commands that make it count beyond being read.
func (v unitView) dropIn(name string, lines []string, then ...string) string {
	dir := v.folder() + word(v.Name+".d")
	file := dir + "/zz-" + name + ".conf"
	tee := v.as() + "tee " + file + " >/dev/null <<'EOF'"
	return strings.Join(slices.Concat([]string{v.as() + "mkdir -p " + dir, tee, "[Service]"}, lines, []string{"EOF", v.change("daemon-reload")}, then), "\n")
}

// restart is the command that a new setting of a running process waits for, as a comment: it loses requests.
func (v unitView) restart() string {
	return "# counts from the next full start on: " + v.change("restart "+word(v.Name))
}

// onUnit makes a check of what judges a unit, for targets that run in none.
func onUnit(judge func(unitView) Answer) func(*Target) Answer {
	return func(t *Target) Answer {
		if t.inContainer() {
			return notHere("it runs in a container")
		}
		v := t.unit()
		if v.Name == "" {
			return notHere("it runs in no unit of systemd")
		}
		return judge(v)
	}
}

// configLine is the line of puma.rb that has a setting, as far as that was read; else other words for it.
func (t *Target) configLine(s puma.Setting, otherwise string) string {
	if t.Host != nil && s.IsSet() {
		lines := strings.Split(t.Host.Files[t.Puma.ConfigPath].Text, "\n")
		if s.Line <= len(lines) && strings.TrimSpace(lines[s.Line-1]) != "" {
			return clean.Short(strings.TrimSpace(lines[s.Line-1]), maxLine)
		}
	}
	return otherwise
}

// inContainer reports whether its processes are in a container, whose engine does what a unit would.
func (t *Target) inContainer() bool {
	return t.Puma.Container.ID != "" || t.Puma.Box != "" || t.Puma.FromOutside()
}

// running reports whether its master was seen.
func (t *Target) running() bool { return t.Puma.PID != 0 }

// rounded is a time as a person says it.
func rounded(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}
