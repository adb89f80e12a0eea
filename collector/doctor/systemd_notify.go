package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// notifies says whether this Puma talks to systemd: by itself from 6.1 on, with the gem sd_notify from 5.1 on, else not.
func (v unitView) notifies() puma.Answer {
	p := &v.target.Puma
	if p.Version.IsZero() {
		return puma.Unknown
	}
	if base := path.Base(p.Exe); strings.Contains(base, "java") || strings.Contains(base, "jruby") {
		return puma.No
	}
	if p.Version.AtLeast(6, 1, 0) {
		return puma.Yes
	}
	if !p.Version.AtLeast(5, 1, 0) {
		return puma.No
	}
	if strings.HasPrefix(v.Type, "notify") && v.Active == "active" && v.BootTime > 0 {
		return puma.Yes // it said that it was ready
	}
	if v.target.Host != nil {
		if m, ok := v.target.Host.Masters[p.PID]; ok && m.Lock != "" && m.LockErr == "" {
			if _, has := m.Gems["sd_notify"]; has {
				return puma.Yes
			}
			if !m.LockCut {
				return puma.No
			}
		}
	}
	return puma.Unknown
}

func unitType(v unitView) Answer {
	if v.Type == "" {
		return v.silent()
	}
	e := v.evidence("Type", "Type", v.Type)
	kind := "simple"
	if v.notifies() == puma.Yes {
		kind = "notify"
	}
	remedy := v.dropIn("type", []string{"Type=" + kind}, v.restart())
	version := v.target.Puma.Version
	switch v.Type {
	case "forking":
		if !version.IsZero() && !version.AtLeast(5, 0, 0) {
			return ok(e)
		}
		a := found("Type=forking waits for Puma to go into the background, which it does no more since 5.0", remedy, e)
		a.Consequence = "systemd holds every start for failed after TimeoutStartSec and kills what was started."
		return a
	case "oneshot":
		a := found("Type=oneshot is for commands that end", remedy, e)
		a.Consequence = "The unit is starting for ever: it is never active, and cannot be reloaded."
		return a
	case "notify-reload":
		a := found("Type=notify-reload expects of a reload what Puma does not send", remedy, e)
		a.Consequence = "systemctl reload waits for a message with the time of the reload (MONOTONIC_USEC), which Puma does not send, and fails after a while."
		return a
	case "notify":
		if v.notifies() == puma.No {
			a := found(fmt.Sprintf("Type=notify waits for a message that Puma %s does not send", version), remedy, e)
			a.Consequence = "systemd holds every start for failed after TimeoutStartSec and kills what was started. " +
				"Puma sends it from 6.1 on, from 5.1 on with the gem sd_notify."
			return a
		}
		if v.notifies() == puma.Unknown {
			return unknown("whether this Puma has the gem sd_notify is not known")
		}
	case "simple", "exec", "idle":
		if v.notifies() == puma.Yes && version.AtLeast(6, 1, 0) {
			a := found("Puma could tell systemd when it is ready, and Type="+v.Type+" does not listen", remedy, e)
			a.Severity = Advice
			a.Consequence = "systemctl start and restart return before Puma serves, and succeed where it does not boot; what starts after it starts too early."
			return a
		}
	}
	return ok(e)
}

func notifyAccess(v unitView) Answer {
	access, known := v.property("NotifyAccess")
	if !known {
		return v.silent()
	}
	e := v.evidence("NotifyAccess", "NotifyAccess", access)
	listens := strings.HasPrefix(v.Type, "notify") || v.Watchdog > 0
	switch {
	case !listens:
		return notHere("the unit does not wait for notifications")
	case v.target.running() && v.MainPID == 0:
		return unknown("the main process of the unit is not known")
	case access == "all", !v.wrapped():
		return ok(e)
	}
	return found(fmt.Sprintf("NotifyAccess=%s hears process %d alone, and Puma's master is %d", access, v.MainPID, v.target.Puma.PID),
		v.execRemedy("notify-access"), e, v.show("MainPID", fmt.Sprint(v.MainPID)))
}

// boots is how long a full restart keeps this Puma from being up, from the end of its drain, in which it still pings. A
// cluster that does not preload is up as soon as its master is; ok is false where the boot time is not known.
func (v unitView) boots() (d time.Duration, ok bool) {
	if v.target.Puma.Phased.Answer == puma.Yes {
		return masterUp, true
	}
	return v.BootTime, v.BootTime > 0
}

// masterUp is what a master without an application takes to come up, at least.
const masterUp = time.Second

func watchdog(v unitView) Answer {
	if v.Watchdog == 0 {
		if v.Active == "" && v.shown == nil {
			return v.silent()
		}
		return notHere("the unit has no watchdog")
	}
	e := v.evidence("WatchdogSec", "WatchdogUSec", rounded(v.Watchdog))
	off := v.dropIn("watchdog", []string{"WatchdogSec=0"}, v.restart())
	switch v.notifies() {
	case puma.No:
		a := found(fmt.Sprintf("Puma %s does not ping the watchdog", v.target.Puma.Version), off, e)
		a.Consequence = "systemd kills Puma with all its requests whenever " + rounded(v.Watchdog) + " have passed."
		return a
	case puma.Unknown:
		return unknown("whether this Puma has the gem sd_notify is not known")
	}
	boot, known := v.boots()
	if !known {
		if v.Type != "notify" {
			return unknown("how long Puma takes to boot is not known, since Type is " + v.Type)
		}
		return unknown("how long Puma takes to boot is not known")
	}
	return v.outlasts(boot, e)
}

// tolerable is how many full restarts of a hundred the watchdog may end without a finding.
const tolerable = 10

// outlasts judges a watchdog by how many full restarts it ends. Puma pings every half of WatchdogSec, for the first time when
// it has been up for that half, so that a boot longer than what is left of the half since the last ping is too long.
func (v unitView) outlasts(boot time.Duration, e Evidence) Answer {
	ends := min(200*boot/v.Watchdog, 100)
	if ends <= tolerable {
		return ok(e)
	}
	evidence, says := []Evidence{e}, "longer" // by how much, nobody has measured of a master without its application
	if v.target.Puma.Phased.Answer != puma.Yes {
		says = fmt.Sprintf("%s: up to %d of 100 end so", rounded(v.Watchdog+boot), ends)
		evidence = append(evidence, Evidence{Command: v.systemctl("show -p ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic " + word(v.Name)),
			Text: "the last start took " + rounded(v.BootTime)})
	}
	enough := max(30, (boot*200/tolerable+10*time.Second-1)/(10*time.Second)*10)
	if enough > 300 { // which would wait for as long until it helped
		enough = 0
	}
	return found(fmt.Sprintf("WatchdogSec is %s, and a full restart may keep Puma from pinging for %s", rounded(v.Watchdog), says),
		v.dropIn("watchdog", []string{fmt.Sprintf("WatchdogSec=%d", int(enough))}, v.restart()), evidence...)
}

func timeoutStop(v unitView) Answer {
	text, known := v.property("TimeoutStopUSec")
	if !known {
		return v.silent()
	}
	e := v.evidence("TimeoutStopSec", "TimeoutStopUSec", text)
	limit := span(text)
	if limit == 0 {
		return ok(e)
	}
	c := v.target.config()
	settings := c.settings
	drain, says := settings.ShutdownLimit()
	if _, why := c.known(settings.WorkerShutdownTimeout); why != "" {
		return unknown(why)
	}
	if limit > drain {
		return ok(e)
	}
	because := Evidence{File: v.target.Puma.ConfigPath, Line: settings.WorkerShutdownTimeout.Line,
		Text: v.target.configLine(settings.WorkerShutdownTimeout, "worker_shutdown_timeout "+settings.WorkerShutdownTimeout.Text)}
	if !says {
		because = Evidence{Text: "worker_shutdown_timeout is " + rounded(drain) + " by default"}
	}
	return found(fmt.Sprintf("systemd waits %s for a stop, and Puma's workers may take %s", rounded(limit), rounded(drain)),
		v.dropIn("timeout-stop", []string{fmt.Sprintf("TimeoutStopSec=%d", int((drain + 10*time.Second).Seconds()))}), e, because)
}

// span reads a time as systemctl shows it, "1min 30s"; 0 for none and for what it does not know.
func span(s string) time.Duration {
	var sum time.Duration
	for part := range strings.FieldsSeq(s) {
		part = strings.Replace(part, "min", "m", 1)
		days, isDays := strings.CutSuffix(part, "d")
		if isDays {
			part = days + "h"
		}
		d, err := time.ParseDuration(part)
		if err != nil {
			return 0
		}
		if isDays {
			d *= 24
		}
		sum += d
	}
	return max(sum, 0)
}

func socketActivation(v unitView) Answer {
	if _, known := v.property("TriggeredBy"); !known {
		return v.silent()
	}
	socket := v.bySocket()
	if socket == "" {
		return notHere("no socket unit starts it")
	}
	e := v.show("TriggeredBy", socket)
	if version := v.target.Puma.Version; !version.IsZero() && !version.AtLeast(5, 3, 0) {
		a := found(fmt.Sprintf("Puma %s closes systemd's sockets when it restarts", version), "bundle update puma # to 5.3 or later", e)
		a.Consequence = "After a full restart Puma listens no more on the sockets that systemd keeps open (puma#2504)."
		return a
	}
	if !v.target.running() {
		return unknown("Puma does not run, so its sockets are not known")
	}
	listen, known := v.other(socket)["Listen"]
	if !known {
		return unknown("systemctl shows nothing of " + socket)
	}
	for line := range strings.SplitSeq(listen, "\n") {
		at, _, _ := strings.Cut(line, " (")
		if at == "" || slices.ContainsFunc(v.target.Puma.Listeners, func(l string) bool { return listensOn(l, at) }) {
			continue
		}
		file, remedy := v.socketLine(socket, at)
		return found(fmt.Sprintf("%s opens %s, and Puma does not listen there", socket, at), remedy, file,
			Evidence{Command: "ps -o args= " + fmt.Sprint(v.target.Puma.PID), Text: strings.Join(v.target.Puma.Listeners, " ")})
	}
	return ok(e)
}

// socketLine is the line of a socket unit that opens an address, and what puma.rb would say for it.
func (v unitView) socketLine(socket, at string) (Evidence, string) {
	bind := "tcp://" + at
	if strings.HasPrefix(at, "/") {
		bind = "unix://" + at
	}
	remedy := fmt.Sprintf("# puma.rb: the same address as in %s\nbind %q", socket, bind)
	k := v.keyOf(socket)
	shown := v.target.Host.Units[k]
	for _, s := range v.target.Host.unitFiles(k, shown["FragmentPath"], shown["DropInPaths"]).All("Socket", "ListenStream") {
		if s.Text == at || strings.HasSuffix(at, ":"+s.Text) {
			return Evidence{File: s.File, Line: s.Line, Text: s.String()}, remedy
		}
	}
	return Evidence{Command: v.systemctl("show -p Listen " + word(socket)), Text: at}, remedy
}

// listensOn reports whether one of Puma's listeners is the address that systemd opened.
func listensOn(listener, at string) bool {
	scheme, name, _ := strings.Cut(listener, "://")
	if scheme == "unix" {
		return name == at
	}
	return name[strings.LastIndexByte(name, ':')+1:] == at[strings.LastIndexByte(at, ':')+1:] && !strings.HasPrefix(at, "/")
}

func linger(v unitView) Answer {
	if v.Scope != probe.UserScope {
		return notHere("it is a unit of the system's")
	}
	owner := v.target.Puma.User
	if owner == "" {
		owner = v.target.login()
	}
	lingers := v.Lingering
	if v.target.Host != nil {
		if a, known := v.target.Host.Lingers[owner]; known {
			lingers = a
		}
	}
	e := Evidence{Command: "loginctl show-user -p Linger " + word(owner), Text: "Linger=no"}
	switch lingers {
	case puma.Yes:
		e.Text = "Linger=yes"
		return ok(e)
	case puma.No:
		return found("lingering is off for "+owner, "sudo loginctl enable-linger "+word(owner), e)
	}
	return unknown("whether " + owner + " lingers is not known")
}

func runtimeDir(v unitView) Answer {
	owner := v.target.Puma.User
	switch {
	case v.Scope != probe.UserScope:
		return notHere("it is a unit of the system's")
	case v.target.Host == nil:
		return v.silent()
	case owner != "" && v.target.login() != "" && owner != v.target.login():
		return notHere("the unit is " + owner + "'s, and " + v.target.login() + " looks")
	}
	e := Evidence{Command: "echo $XDG_RUNTIME_DIR", Text: v.target.Host.Runtime}
	if v.target.Host.Runtime != "" {
		return ok(e)
	}
	uid := v.Manager
	if uid == 0 {
		uid = v.target.Puma.UID
	}
	return found("XDG_RUNTIME_DIR is not set for commands over SSH", fmt.Sprintf("# config/deploy.rb:\nset :default_env, "+
		"{ \"XDG_RUNTIME_DIR\" => \"/run/user/%d\" }\n# or on the host, so that sessions have it: UsePAM yes in /etc/ssh/sshd_config, "+
		"and the package libpam-systemd", uid), e)
}
