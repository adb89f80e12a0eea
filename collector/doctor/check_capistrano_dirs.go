package doctor

import (
	"path"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// checkLingering: the gem is let have user units linger.
func checkLingering(t *Target, d *deployment) Answer {
	if !d.userUnits(t) {
		return notHere("a deploy asks for no user unit")
	}
	lingering := d.value("puma_enable_lingering")
	at, set := d.vars["puma_enable_lingering"]
	switch {
	case set && !lingering.Known():
		return unknown("whether puma_enable_lingering is set is not known: " + lingering.Why)
	case set && !truthyValue(lingering):
		return found("puma_enable_lingering is off, and Puma runs in a user unit",
			inPlace(at.at, "set :puma_enable_lingering, true")+"\n# once, on the operator's machine\nbundle exec cap "+d.stage()+" puma:enable", at.at)
	case d.plugged("Capistrano::Puma::Systemd") && d.gem.known():
		return ok()
	}
	return unknown("these files do not say whether the user's units linger; systemd.linger asks the host")
}

// userUnits reports whether a deploy means units of a user's own manager.
func (d *deployment) userUnits(t *Target) bool {
	for _, a := range d.acts {
		if a.scope != "" {
			return a.scope == "user"
		}
	}
	for _, p := range t.Peers {
		if d.runs(p) && p.Puma.Unit.Scope == probe.UserScope {
			return true
		}
	}
	return d.plugged("Capistrano::Puma::Systemd") && d.systemctlUser() == "user"
}

// deletedMark is what the kernel puts behind the directory of a process that is no more.
const deletedMark = " (deleted)"

// checkKeepReleases: what runs is not deleted by a deploy.
func checkKeepReleases(t *Target, d *deployment) Answer {
	v, set := d.vars["keep_releases"]
	keep, evidence := 5, []Evidence(nil)
	if set {
		value := d.value("keep_releases")
		n, err := strconv.Atoi(value.Text)
		if !value.IsText() || err != nil {
			return unknown("keep_releases is not known: " + value.Why)
		}
		keep, evidence = n, []Evidence{v.at}
	}
	more := "# config/deploy.rb\nset :keep_releases, " + strconv.Itoa(max(keep*2, 5))
	if set {
		more = inPlace(v.at, "set :keep_releases, "+strconv.Itoa(max(keep*2, 5)))
	}
	for _, p := range t.Peers {
		if dir := goneDirectory(p.Puma); dir != "" && d.runs(p) {
			gone := Evidence{Command: "ls -l /proc/" + strconv.Itoa(p.Puma.PID) + "/cwd", Text: p.Name + " runs in " + dir}
			return found(p.Name+" runs in a release that has been deleted, with "+strconv.Itoa(keep)+" kept", more, append(evidence, gone)...)
		}
	}
	if keep < 2 {
		return found("only "+strconv.Itoa(keep)+" release is kept: a deploy deletes the one that runs before Puma has been reloaded", more, evidence...)
	}
	return ok(evidence...)
}

// goneDirectory is a release that a process of p runs in and that has been deleted.
func goneDirectory(p probe.Puma) string {
	all := []string{p.Release}
	for _, w := range p.Workers {
		all = append(all, w.Release)
	}
	for _, dir := range all {
		if strings.HasSuffix(dir, deletedMark) {
			return dir
		}
	}
	return ""
}

// checkLinkedDirs: what Puma has in its directory and others look for is in a directory that all releases share.
func checkLinkedDirs(t *Target, d *deployment) Answer {
	linked := d.value("linked_dirs")
	at, set := d.vars["linked_dirs"]
	if set && !linked.Known() {
		return unknown("linked_dirs is not known: " + linked.Why)
	}
	var dirs []string
	for _, v := range linked.All() {
		if v.IsText() && set {
			dirs = append(dirs, strings.Trim(v.Text, "/"))
		} else if set {
			return unknown("linked_dirs is not known: " + v.Why)
		}
	}
	for _, s := range d.runtimeFiles(t) {
		if coveredBy(s.dir, dirs) {
			continue
		}
		evidence := []Evidence{s.at}
		if set {
			evidence = append(evidence, at.at)
		}
		return found(s.what+" is in "+clean.Short(s.dir, 200)+" of each release, which is no linked directory",
			"# config/deploy.rb\nappend :linked_dirs, \"tmp/pids\", \"tmp/sockets\"", evidence...)
	}
	if set {
		return ok(at.at)
	}
	return ok()
}

// runtimeFile is a file that Puma makes, in a directory below the application's.
type runtimeFile struct {
	what, dir string
	at        Evidence
}

// runtimeFiles are the sockets and the state and pid files that are in a release, as the targets have them and as
// config/puma.rb says.
func (d *deployment) runtimeFiles(t *Target) []runtimeFile {
	var out []runtimeFile
	if to := d.value("deploy_to"); to.IsText() {
		for _, p := range t.Peers {
			if !d.runs(p) {
				continue
			}
			for _, file := range pumaFiles(p.Puma) {
				if dir, ok := belowRelease(file.path, to.Text); ok {
					out = append(out, runtimeFile{file.what, dir, Evidence{Command: file.command, Text: p.Name + ": " + file.path}})
				}
			}
		}
	}
	return append(out, d.configuredFiles()...)
}

// configuredFiles are those that config/puma.rb has below its own release.
func (d *deployment) configuredFiles() []runtimeFile {
	f, ok := d.Files["config/puma.rb"]
	if !ok || f.Err != "" {
		return nil
	}
	// Read as if it lay there: whatever is below it is in the release.
	const app = "/(application)"
	s := puma.ReadSettingsAt([]byte(f.Text), app+"/config/puma.rb")
	var out []runtimeFile
	add := func(what string, setting puma.Setting) {
		name := strings.TrimPrefix(strings.TrimPrefix(setting.Text, "unix:"), "//")
		rest, inside := strings.CutPrefix(name, app+"/")
		if !inside && (name == "" || name == "auto" || path.IsAbs(name) || strings.ContainsAny(name, ":@")) {
			return
		}
		out = append(out, runtimeFile{what, path.Dir(rest), d.at("config/puma.rb", setting.Line)})
	}
	for _, bind := range s.Binds {
		add("the socket", bind)
	}
	add("the control socket", s.Control.Setting)
	add("the state file", s.StatePath)
	add("the pid file", s.PIDFile)
	return out
}

type pumaFile struct{ what, path, command string }

func pumaFiles(p probe.Puma) []pumaFile {
	ps := "ps -o args= -p " + strconv.Itoa(p.PID)
	var out []pumaFile
	for _, l := range p.Listeners {
		if name, ok := strings.CutPrefix(l, "unix://"); ok {
			out = append(out, pumaFile{"the socket", name, ps})
		}
	}
	if p.StatePath != "" {
		out = append(out, pumaFile{"the state file", p.StatePath, "ls -l " + p.StatePath})
	}
	return out
}

// belowRelease is the directory of a file below the release that it is in.
func belowRelease(file, deployTo string) (string, bool) {
	rest, ok := strings.CutPrefix(file, strings.TrimSuffix(deployTo, "/")+"/")
	if !ok {
		return "", false
	}
	if rest, ok := strings.CutPrefix(rest, "current/"); ok {
		return path.Dir(rest), true
	}
	if rest, ok := strings.CutPrefix(rest, "releases/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		return path.Dir(rest), true
	}
	return "", false
}

// coveredBy reports whether a directory is one of the linked ones, or below one.
func coveredBy(dir string, linked []string) bool {
	for _, l := range linked {
		if dir == l || strings.HasPrefix(dir, l+"/") {
			return true
		}
	}
	return false
}
