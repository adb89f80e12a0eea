package doctor

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// hostChecks are about what the login may do on a host, and about the host itself.
func hostChecks() []Check {
	const sshd = "https://man.openbsd.org/sshd_config"
	return []Check{
		{ID: "host.forward", Severity: Risks, Asks: "sockets may be forwarded", Link: sshd + "#AllowStreamLocalForwarding", run: checkForward,
			Consequence: "The control app is reached through commands at best, which is slower and takes a process for each question."},
		{ID: "host.disk", Severity: Risks, Asks: "room for logs", Link: linkDeploy, run: checkDisk,
			Consequence: "A release that does not boot writes about 0.7 MB of log in 9 s. Where the disk is full, Puma's own writes fail, the state file's among them."},
		{ID: "host.commands", Severity: Advice, Asks: "commands may be run", Link: sshd + "#ForceCommand", run: checkCommands,
			Consequence: "Nothing but the control socket can be seen: neither releases, nor why a worker does not boot, nor most of these checks."},
		{ID: "host.journal", Severity: Advice, Asks: "the journal may be read", Link: "https://www.freedesktop.org/software/systemd/man/latest/journalctl.html", run: checkJournal,
			Consequence: "Whether a phased restart is possible, and why a worker does not boot, stands in the start-up lines only."},
		{ID: "host.systemctl", Severity: Advice, Asks: "systemctl may be asked", Link: "https://www.freedesktop.org/software/systemd/man/latest/systemctl.html", run: checkSystemctl,
			Consequence: "What systemd knows of Puma cannot be seen: whether it failed, how often it was started, what a reload does."},
		{ID: "host.clock", Severity: Advice, Asks: "its clock agrees with ours", Link: "https://www.freedesktop.org/software/systemd/man/latest/timedatectl.html", run: checkClock,
			Consequence: "Times in its log do not compare with those of other hosts, and who watches from elsewhere takes ages for wrong."},
		{ID: "host.somaxconn", Severity: Advice, Asks: "the kernel lets as many wait as Puma asks", Link: linkDeploy, run: checkSomaxconn,
			Consequence: "While a restart keeps requests waiting, the kernel turns away those beyond: clients get an error instead of a late answer."},
	}
}

// permit is what a host said of something that a login may do.
func (t *Target) permit(name string) (Permit, string) {
	if t.Host == nil {
		return Permit{}, cmp.Or(t.Silent, "the host was not asked")
	}
	p, asked := t.Host.May[name]
	if name == "journal" || name == "systemctl" {
		p, asked = t.Host.UnitMay[t.unit().key()][name]
	}
	if !asked {
		return p, "it was not tried"
	}
	return p, ""
}

func (t *Target) askedBy() string {
	if t.Host != nil && t.Host.Login != "" {
		return t.Host.Login
	}
	return cmp.Or(t.Puma.Login, "deploy")
}

// allowed makes an answer of a permit.
func (t *Target) allowed(name, says, remedy string) Answer {
	p, why := t.permit(name)
	switch {
	case why != "":
		return unknown(why)
	case p.Allowed == puma.Yes:
		return ok(p.Evidence)
	case p.Allowed == puma.No:
		return found(says, remedy, p.Evidence)
	}
	return unknown(strings.TrimPrefix(p.Evidence.Command+": "+cmp.Or(p.Evidence.Text, "it did not tell"), ": "))
}

func checkForward(t *Target) Answer {
	if t.Puma.Control.Network != puma.Unix && !t.Puma.Control.IsZero() {
		return notHere("the control app listens on no socket with a path")
	}
	return t.allowed("forward", "its sshd forwards no sockets", fmt.Sprintf(
		"# at the end of /etc/ssh/sshd_config: a Match holds until the next one\nMatch User %s\n    AllowStreamLocalForwarding yes\n# then\nsudo sshd -t && sudo systemctl reload ssh   # sshd on Red Hat\n", word(t.askedBy())))
}

func checkCommands(t *Target) Answer {
	return t.allowed("commands", t.askedBy()+" may run no commands", fmt.Sprintf(
		"# /etc/ssh/sshd_config: no ForceCommand for %[1]s; in authorized_keys no command=; and a shell\nsudo chsh -s /bin/sh %[1]s\n", word(t.askedBy())))
}

func checkJournal(t *Target) Answer {
	if t.Puma.LogPath != "" {
		return notHere("Puma logs to " + t.Puma.LogPath)
	}
	if t.Puma.Unit.Name == "" {
		return notHere("it runs in no unit")
	}
	return t.allowed("journal", t.askedBy()+" may not read the journal", "sudo usermod -aG systemd-journal "+word(t.askedBy())+"\n# then log in anew\n")
}

func checkSystemctl(t *Target) Answer {
	if t.Puma.Unit.Name == "" {
		return notHere("it runs in no unit")
	}
	remedy := "# see what it says\n"
	v := unitView{Unit: t.Puma.Unit, target: t}
	if owner, another := v.another(); another {
		remedy = "# " + owner + "'s manager answers " + owner + " alone: log in as that user, or see by hand\n" + v.change("status "+word(v.Name)) + "\n"
	} else if t.Puma.Unit.Scope == "user" {
		remedy = fmt.Sprintf("sudo loginctl enable-linger %s\nexport XDG_RUNTIME_DIR=/run/user/$(id -u)\n", word(cmp.Or(t.Puma.User, t.askedBy())))
	}
	return t.allowed("systemctl", "systemctl does not answer "+t.askedBy(), remedy)
}

// maxSkew is how far a clock may be off, beyond how exactly it was read.
const maxSkew = 2 * time.Second

func checkClock(t *Target) Answer {
	if t.Host == nil || t.Host.Clock.IsZero() {
		return unknown(cmp.Or(t.Silent, "its clock was not read"))
	}
	off := max(t.Host.Ahead, -t.Host.Ahead)
	if off <= maxSkew+t.Host.Within {
		return ok(Evidence{Command: "date +%s.%N", Text: "within " + (maxSkew + t.Host.Within).Round(100*time.Millisecond).String() + " of ours"})
	}
	how := "ahead of"
	if t.Host.Ahead < 0 {
		how = "behind"
	}
	return found(fmt.Sprintf("its clock is %s %s ours", off.Round(time.Second), how), "sudo timedatectl set-ntp true\n",
		Evidence{Command: "date +%s.%N", Text: fmt.Sprintf("%s %s", off.Round(100*time.Millisecond), how)})
}

// What is little room for logs, and what is hardly any.
const (
	littleRoom = 1 << 30
	hardlyRoom = 200 << 20
)

// logRoom is where the system's own log is, the journal's included.
var logRoom = []string{"/var/log", "/var/log/journal"}

// checkDisk looks where this Puma's log is written and where the system's is, not where others of the host write theirs.
func checkDisk(t *Target) Answer {
	if t.Host == nil {
		return unknown(cmp.Or(t.Silent, "the host was not asked"))
	}
	own := ""
	if path.IsAbs(t.Puma.LogPath) {
		own = path.Dir(t.Puma.LogPath)
	}
	worst := ""
	for _, dir := range append([]string{own}, logRoom...) {
		if free := t.Host.Free[dir]; free.Known && (worst == "" || free.N < t.Host.Free[worst].N) {
			worst = dir
		}
	}
	if worst != "" && t.Host.Free[worst].N < littleRoom {
		return t.fullDisk(worst)
	}
	switch {
	case t.contained():
		return unknown("what its container writes is not kept where others write their logs")
	case own != "" && !t.Host.Free[own].Known:
		return unknown("how much is free in " + own + " could not be read")
	case worst == "":
		return unknown("df told nothing")
	}
	return ok(t.roomIn(worst))
}

func (t *Target) roomIn(dir string) Evidence {
	return Evidence{Command: "df -Pk " + word(dir), Text: fmt.Sprintf("%d MB free", t.Host.Free[dir].N>>20)}
}

// fullDisk is the finding that little or hardly any room is left.
func (t *Target) fullDisk(dir string) Answer {
	free := t.Host.Free[dir].N
	remedy := "df -h " + word(dir) + "\nls -lhS " + word(dir) + " | head # what is largest there\n"
	if slices.Contains(logRoom, dir) {
		remedy = "df -h " + word(dir) + "\n# old lines of the journal beyond 500 MB are deleted:\nsudo journalctl --vacuum-size=500M\n"
	}
	a := found(fmt.Sprintf("%d MB are free for logs in %s", free>>20, dir), remedy, t.roomIn(dir))
	if free >= hardlyRoom {
		a.Severity = Advice
	}
	return a
}

// Puma's backlog where a bind names none.
const defaultBacklog = 1024

// checkSomaxconn compares with what the listener asks for that asks for most. Where not all that puma.rb binds is known, what
// the kernel gave each listener decides, if that is less than it may give.
func checkSomaxconn(t *Target) Answer {
	if t.Host == nil {
		return unknown(cmp.Or(t.Silent, "the host was not asked"))
	}
	if t.contained() {
		return unknown("a container has a limit of its own")
	}
	if !t.Host.Somaxconn.Known {
		return unknown("/proc/sys/net/core/somaxconn was not read")
	}
	limit := t.Host.Somaxconn.N
	want, evidence, why := t.backlog()
	evidence = append([]Evidence{{File: "/proc/sys/net/core/somaxconn", Line: 1, Text: strconv.FormatInt(limit, 10)}}, evidence...)
	switch {
	case want > limit:
		return found(fmt.Sprintf("the kernel lets %d connections wait, and Puma asks for %d", limit, want),
			fmt.Sprintf("# /etc/sysctl.d/50-puma.conf\nnet.core.somaxconn = %d\n# then\nsudo sysctl --system\n", max(4096, want)), evidence...)
	case why == "":
		return ok(evidence...)
	}
	given, why := t.givenBacklogs(limit, why)
	if why != "" {
		return unknown(why)
	}
	return ok(append(evidence, given...)...)
}

// backlog is the longest that the configuration certainly asks for, with its line; why is the reason why there may be a longer one.
func (t *Target) backlog() (want int64, evidence []Evidence, why string) {
	c := t.config()
	if c.missing != "" {
		return 0, nil, c.missing
	}
	if start := t.Puma.Unit.ExecStart; strings.Contains(start, " -b") || strings.Contains(start, " --bind") {
		return 0, nil, "the command line binds, and not " + c.path
	}
	if c.newer {
		why = c.path + " was written after this Puma had read it"
	}
	if c.settings.Opaque.IsSet() {
		why = c.depends(c.settings.Opaque)
	}
	if len(c.settings.Binds) == 0 && why == "" {
		return defaultBacklog, []Evidence{c.without("bind")}, ""
	}
	for _, s := range c.settings.Binds {
		n := backlogOf(s.Text)
		port := !s.Conditional && strings.HasPrefix(c.line(fileOf(c, s), s.Line), "port") // which has no backlog, whatever its number
		switch {
		case !s.Certain() && !port || !n.Known:
			why = c.depends(s)
		case n.N > want:
			want, evidence = n.N, []Evidence{c.at(s)}
		}
	}
	return want, evidence, why
}

// givenBacklogs are what the kernel gave the listeners of this Puma; why is the reason why that does not tell what they asked for.
func (t *Target) givenBacklogs(limit int64, why string) ([]Evidence, string) {
	var out []Evidence
	for _, l := range t.Puma.Listeners {
		_, name, _ := strings.Cut(l, "://")
		n := t.Host.Backlogs[name]
		if port, all := strings.CutPrefix(name, "[::]"); all && !n.Known {
			n = t.Host.Backlogs["*"+port] // as ss has it where IPv4 is served as well
		}
		switch {
		case !n.Known:
			return nil, "how many may wait at " + name + " was not read, and " + why
		case n.N >= limit:
			return nil, why
		default:
			out = append(out, Evidence{Command: "ss -xlnt", Text: fmt.Sprintf("%d may wait at %s", n.N, clean.Short(name, maxLine))})
		}
	}
	if len(out) == 0 {
		return nil, why
	}
	return out, ""
}

// backlogOf is the backlog that a bind asks for; not known where it cannot be read.
func backlogOf(bind string) puma.Count {
	_, query, _ := strings.Cut(bind, "?")
	values, err := url.ParseQuery(query)
	switch {
	case err != nil:
		return puma.Count{}
	case !values.Has("backlog"):
		return puma.Of(defaultBacklog)
	}
	return count(clean.Line(values.Get("backlog")))
}
