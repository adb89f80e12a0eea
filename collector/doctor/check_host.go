package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
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
	if t.Puma.Unit.Scope == "user" {
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

func checkDisk(t *Target) Answer {
	if t.Host == nil {
		return unknown(cmp.Or(t.Silent, "the host was not asked"))
	}
	if len(t.Host.Free) == 0 {
		return unknown("df told nothing")
	}
	worst := ""
	for _, dir := range slices.Sorted(maps.Keys(t.Host.Free)) {
		if free := t.Host.Free[dir]; free.Known && (worst == "" || free.N < t.Host.Free[worst].N) {
			worst = dir
		}
	}
	if worst == "" {
		return unknown("df told nothing")
	}
	free := t.Host.Free[worst].N
	evidence := Evidence{Command: "df -Pk " + worst, Text: fmt.Sprintf("%d MB free", free>>20)}
	if free >= littleRoom {
		return ok(evidence)
	}
	a := found(fmt.Sprintf("%d MB are free for logs in %s", free>>20, worst), "sudo journalctl --vacuum-size=500M\ndf -h "+word(worst)+"\n", evidence)
	if free >= hardlyRoom {
		a.Severity = Advice
	}
	return a
}

// Puma's backlog where a bind names none.
const defaultBacklog = 1024

func checkSomaxconn(t *Target) Answer {
	if t.Host == nil {
		return unknown(cmp.Or(t.Silent, "the host was not asked"))
	}
	if !t.Host.Somaxconn.Known {
		return unknown("/proc/sys/net/core/somaxconn was not read")
	}
	c := t.config()
	want, from := int64(defaultBacklog), Evidence{}
	for _, s := range c.settings.Binds {
		if n := backlogOf(s.Text); n > 0 && s.Certain() {
			want, from = n, c.at(s)
		}
	}
	evidence := []Evidence{{File: "/proc/sys/net/core/somaxconn", Line: 1, Text: strconv.FormatInt(t.Host.Somaxconn.N, 10)}}
	if from.File != "" {
		evidence = append(evidence, from)
	}
	if t.Host.Somaxconn.N >= want {
		return ok(evidence...)
	}
	return found(fmt.Sprintf("the kernel lets %d connections wait, and Puma asks for %d", t.Host.Somaxconn.N, want),
		fmt.Sprintf("# /etc/sysctl.d/50-puma.conf\nnet.core.somaxconn = %d\n# then\nsudo sysctl --system\n", max(4096, want)), evidence...)
}

// backlogOf is the backlog in the query of a bind; 0 where there is none.
func backlogOf(bind string) int64 {
	_, query, _ := strings.Cut(bind, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0
	}
	return count(clean.Line(values.Get("backlog"))).N
}
