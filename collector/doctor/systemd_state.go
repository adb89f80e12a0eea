package doctor

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

func unitFound(t *Target) Answer {
	v := t.unit()
	switch {
	case t.inContainer():
		return notHere("it runs in a container")
	case !t.running() && v.Name == "":
		return unknown("Puma does not run, and no unit of it is known")
	case v.Name == "":
		return found(fmt.Sprintf("process %d runs in no unit of systemd", t.Puma.PID), t.newUnit(),
			Evidence{File: fmt.Sprintf("/proc/%d/cgroup", t.Puma.PID), Text: "no .service"})
	}
	if state, known := v.property("LoadState"); known && state == "not-found" {
		a := found("the file of "+v.Name+" is gone, and the unit still runs", t.newUnit(), v.show("LoadState", state))
		a.Consequence = "The unit ends for good with its next stop: systemd has nothing to start it by."
		return a
	}
	return ok(Evidence{File: v.Fragment, Text: v.Name})
}

// newUnit is a unit file for a Puma that has none.
func (t *Target) newUnit() string {
	p := &t.Puma
	dir := cmp.Or(p.CurrentLink, p.Release, "/srv/app/current")
	name := cmp.Or(p.Unit.Name, "puma-"+strings.Map(func(r rune) rune {
		if strings.ContainsRune(" /:@", r) {
			return '-'
		}
		return r
	}, cmp.Or(p.App, "app"))+".service")
	kind := "simple"
	if p.Version.AtLeast(6, 1, 0) {
		kind = "notify"
	}
	lines := []string{
		"sudo tee " + word("/etc/systemd/system/"+name) + " >/dev/null <<'EOF'",
		"[Unit]", "Description=Puma of " + cmp.Or(p.App, "the application"), "After=network.target", "",
		"[Service]", "Type=" + kind,
	}
	if p.User != "" && p.User != "root" {
		lines = append(lines, "User="+p.User)
	}
	config := ""
	if p.ConfigPath != "" {
		config = " -C " + p.ConfigPath
	}
	lines = append(lines, "WorkingDirectory="+dir, "# the command that starts Puma now, by its full path:", "ExecStart=/usr/bin/env bundle exec puma"+config,
		"ExecReload=/bin/kill -USR1 $MAINPID", "Restart=always", "", "[Install]", "WantedBy=multi-user.target", "EOF",
		"sudo systemctl daemon-reload", "# once the Puma that runs now is stopped:", "# sudo systemctl enable --now "+word(name))
	return strings.Join(lines, "\n")
}

// bySocket is the socket unit that starts the unit, empty for none.
func (v unitView) bySocket() string {
	s, _ := v.property("TriggeredBy")
	for name := range strings.FieldsSeq(s) {
		if strings.HasSuffix(name, ".socket") {
			return name
		}
	}
	return ""
}

func inactive(v unitView) Answer {
	if v.Active == "" {
		return v.silent()
	}
	if v.Active != "inactive" {
		return ok(v.show("ActiveState", v.Active))
	}
	if socket := v.bySocket(); socket != "" && v.other(socket)["ActiveState"] == "active" {
		return notHere("its socket starts it with the first request")
	}
	start := "start "
	if v.Enabled == "disabled" {
		start = "enable --now "
	}
	return found(v.Name+" is not active", v.change(start+word(v.Name)), v.show("ActiveState", v.Active))
}

// other are the properties of another unit of the same manager.
func (v unitView) other(name string) map[string]string {
	if v.target.Host == nil {
		return nil
	}
	return v.target.Host.Units[v.keyOf(name)]
}

// manyRestarts are as many as no operator would call a slip.
const manyRestarts = 3

func failing(v unitView) Answer {
	state := v.show("Result", v.Result)
	logs := "journalctl -u " + word(v.Name) + " -n 100"
	if owner, another := v.another(); another {
		logs = fmt.Sprintf("journalctl _UID=$(id -u %s) _SYSTEMD_USER_UNIT=%s -n 100", word(owner), word(v.Name))
		if v.target.login() != "root" {
			logs = "sudo " + logs
		}
	} else if v.Scope == probe.UserScope {
		logs = "journalctl --user -u " + word(v.Name) + " -n 100"
	}
	if v.LogPath != "" {
		logs = "tail -n 100 " + word(v.LogPath)
	}
	again := logs + "\n# once that is mended:\n" + v.change("reset-failed "+word(v.Name)) + "\n" + v.change("start "+word(v.Name))
	n := v.Restarts.Or(0)
	switch {
	case v.Active == "":
		return v.silent()
	case v.Active == "failed" && v.Result == "start-limit-hit":
		a := found("systemd has given up starting "+v.Name, again, state)
		a.Consequence = "Nothing serves, and systemd does not try again by itself."
		return a
	case v.Active == "failed":
		a := found(fmt.Sprintf("%s failed: %s", v.Name, cmp.Or(v.Result, "no result")), again, state)
		a.Consequence = "Nothing serves. systemctl reload fails on a unit that is not active."
		return a
	case v.Sub == "auto-restart" || v.Sub == "auto-restart-queued":
		return found(fmt.Sprintf("%s failed (%s), and systemd waits to start it again", v.Name, cmp.Or(v.Result, "no result")),
			logs, state, v.show("NRestarts", v.Restarts.String()))
	case n >= manyRestarts:
		a := found(fmt.Sprintf("systemd has had to start %s again %d times", v.Name, n), logs, v.show("NRestarts", v.Restarts.String()))
		a.Severity = Risks
		return a
	}
	return ok(state)
}

func enabled(v unitView) Answer {
	e := v.show("UnitFileState", v.Enabled)
	switch {
	case v.Enabled == "" && v.shown == nil:
		return v.silent()
	case v.Active == "inactive":
		return notHere("it does not run, see systemd.inactive")
	case v.bySocket() != "":
		return notHere("its socket starts it")
	}
	enable := v.change("enable " + word(v.Name))
	switch v.Enabled {
	case "disabled", "static", "linked", "masked", "enabled-runtime", "linked-runtime":
	default:
		return ok(e)
	}
	switch {
	case strings.HasSuffix(v.Enabled, "-runtime"):
		return found(v.Name+" is enabled until the host's next boot only", enable, e)
	case v.wanted():
		return notHere("another unit starts it")
	case v.Enabled == "masked":
		return found(v.Name+" is masked: nobody can start it once it stops", v.change("unmask "+word(v.Name))+"\n"+enable, e)
	case v.Enabled == "static" || len(v.files.Paths) > 0 && !v.files.Cut && !v.files.Has("Install"):
		return found(v.Name+" has no [Install], and nothing else starts it", v.install(enable), e)
	}
	return found(v.Name+" is not enabled", enable, e)
}

// install is a drop-in with an [Install] for a unit without one.
func (v unitView) install(enable string) string {
	target := "multi-user.target"
	if v.Scope == probe.UserScope {
		target = "default.target"
	}
	return strings.Replace(v.dropIn("install", nil, enable), "[Service]", "[Install]\nWantedBy="+target, 1)
}

// wanted reports whether another unit brings it up: a target of the house's own, or a service.
func (v unitView) wanted() bool {
	for _, name := range [...]string{"WantedBy", "RequiredBy", "UpheldBy", "BoundBy"} {
		if s, _ := v.property(name); s != "" {
			return true
		}
	}
	return false
}

func daemonReload(v unitView) Answer {
	need, known := v.property("NeedDaemonReload")
	if !known {
		return v.silent()
	}
	if need != "yes" {
		return ok(v.show("NeedDaemonReload", need))
	}
	return found("the files of "+v.Name+" have changed since systemd read them", v.change("daemon-reload"), v.show("NeedDaemonReload", need))
}

func restartPolicy(v unitView) Answer {
	policy, known := v.property("Restart")
	if !known {
		return v.silent()
	}
	e := v.evidence("Restart", "Restart", policy)
	remedy := v.dropIn("restart", []string{"Restart=always", "RestartSec=1"})
	switch policy {
	case "no":
		return found("systemd does not start "+v.Name+" again when it dies", remedy, e)
	case "on-success":
		return found(v.Name+" is started again after it ended well, and not after it failed", remedy, e)
	case "on-abort", "on-abnormal", "on-watchdog":
		a := found(v.Name+" is not started again when Puma ends with an error", remedy, e)
		a.Consequence = "When Puma's master ends with an error, as it does where an application cannot be loaded, nothing serves until somebody notices."
		return a
	}
	return ok(e)
}

func workingDirectory(v unitView) Answer {
	dir := v.WorkingDirectory
	e := v.evidence("WorkingDirectory", "WorkingDirectory", dir)
	_, sets := v.files.Last("Service", "WorkingDirectory")
	c := v.target.config()
	link := v.target.Puma.CurrentLink
	to := link
	release := inRelease(dir)
	switch {
	case dir == "" && !sets && v.shown == nil:
		return v.silent()
	case dir == "" || dir == "/":
		return v.noDirectory(c, e)
	case release == "" && (v.target.Puma.Current == "" || dir != v.target.Puma.Current || dir == link):
		return ok(e)
	case to == "":
		to = path.Join(release, "current")
	}
	a := found("WorkingDirectory is inside of one release", v.dropIn("working-directory", []string{"WorkingDirectory=" + to}, v.restart()), e)
	if unset, _ := c.unset(c.settings.Directory); unset {
		a.Severity = Blocks
		a.Consequence = "A phased restart runs the code of that release whatever was deployed since, and a start fails once the deploy has removed it."
	}
	return a
}

// noDirectory judges a unit that names none.
func (v unitView) noDirectory(c config, e Evidence) Answer {
	link := v.target.Puma.CurrentLink
	if c.settings.Directory.IsSet() || strings.Contains(v.ExecStart, "cd ") {
		return ok(e)
	}
	if link == "" {
		return notHere("the unit names no directory, and there is no link to a release")
	}
	if _, why := c.unset(c.settings.Directory); why != "" {
		return unknown(why)
	}
	a := found("the unit names no WorkingDirectory, and puma.rb no directory", v.dropIn("working-directory", []string{"WorkingDirectory=" + link}, v.restart()), e)
	a.Consequence = "Puma starts in the root directory: what a phased restart runs then does not follow the link to the release."
	return a
}

// inRelease is the directory that has the releases/ which a path is in; empty where it is in none.
func inRelease(p string) string {
	root, rest, ok := strings.Cut(p, "/releases/")
	if !ok || strings.Trim(rest, "/") == "" {
		return ""
	}
	return cmp.Or(root, "/")
}

func privateTmp(v unitView) Answer {
	if !v.PrivateTmp {
		return ok(v.show("PrivateTmp", "no"))
	}
	e := v.evidence("PrivateTmp", "PrivateTmp", "yes")
	for _, l := range v.target.Puma.Listeners {
		if name, unix := strings.CutPrefix(l, "unix://"); unix && inTmp(name) {
			runtime, dropIn := v.runtimeDirectory()
			a := found("Puma listens on "+name+" in a /tmp that only the unit sees",
				fmt.Sprintf("# puma.rb: a place that all share\n# bind \"unix://%s/puma.sock\"\n# before the next full start:\n%s", runtime, dropIn), e)
			a.Severity, a.Consequence = Risks, "The proxy looks for the socket in the host's own /tmp and finds none: every request fails."
			return a
		}
	}
	c := v.target.Puma.Settings.Control
	auto := c.IsSet() && (c.Text == "auto" || inTmp(strings.TrimPrefix(c.Text, "unix://")))
	control := v.target.Puma.Control
	inside := control.Network == puma.Unix && (inTmp(control.Name) || strings.HasPrefix(control.Name, "/proc/"))
	if !auto && !inside {
		return ok(e)
	}
	evidence := []Evidence{e}
	if c.IsSet() {
		evidence = append(evidence, Evidence{File: v.target.Puma.ConfigPath, Line: c.Line, Text: v.target.configLine(c.Setting, clean.Short("activate_control_app "+c.Text, maxLine))})
	}
	remedy := "# puma.rb: a place outside of /tmp\n" + v.target.activate()
	if v.target.root() == "" {
		runtime, dropIn := v.runtimeDirectory()
		remedy = fmt.Sprintf("# puma.rb: a place outside of /tmp\n# activate_control_app \"unix://%s/pumactl.sock\"\n# before the next full start:\n%s", runtime, dropIn)
	}
	return found("the control socket is in a /tmp that only the unit sees", remedy, evidence...)
}

// runtimeDirectory is a directory of the unit's own that outlives its restarts, and the drop-in that makes it.
func (v unitView) runtimeDirectory() (dir, dropIn string) {
	name := strings.TrimSuffix(v.Name, ".service")
	under := "/run/"
	if v.Scope == probe.UserScope {
		under = fmt.Sprintf("/run/user/%d/", v.Manager)
	}
	return under + name, v.dropIn("runtime-directory", []string{"RuntimeDirectory=" + name, "RuntimeDirectoryPreserve=yes"}, v.restart())
}

func inTmp(p string) bool { return strings.HasPrefix(p, "/tmp/") || strings.HasPrefix(p, "/var/tmp/") }
