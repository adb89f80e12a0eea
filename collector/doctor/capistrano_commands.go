package doctor

import (
	"regexp"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/ruby"
)

// commandOf is what execute, sudo or test run, as one line; where that is not known, the line of the file.
func (d *deployment) commandOf(c ruby.Call) string {
	var words []string
	for _, v := range c.Args {
		switch {
		case v.Kind == ruby.Hash:
		case v.IsText():
			words = append(words, v.Text)
		default:
			return d.seen(c).Text
		}
	}
	return clean.Short(strings.Join(words, " "), 400)
}

func (d *deployment) onTest(c ruby.Call) ruby.Value {
	command := d.commandOf(c)
	d.checked = d.checked || strings.Contains(command, "systemctl") && (strings.Contains(command, "is-active") || strings.Contains(command, "status"))
	return ruby.Not(c.Line, "it depends on what the host answers")
}

var systemctlVerb = regexp.MustCompile(`\bsystemctl\b(.*?)[\s"':,](try-reload-or-restart|reload-or-restart|try-restart|force-reload|restart|reload|stop|kill)\b["',\s]*(.*)`)

// pumaCommands are ways to renew Puma without systemctl, with the word that says how, and what else the line must have.
var pumaCommands = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\bpumactl\b.*?\b(phased-restart|restart|stop|halt)\b`), ""},
	{regexp.MustCompile(`(?:\bservice\s+|/etc/init\.d/)\S*puma\S*\s+(restart|reload|phased-restart|stop)\b`), ""},
	{regexp.MustCompile(`\bpumatop\b.*?\s(reload|restart)\b`), ""},
	{regexp.MustCompile(`\bkill\b.*?-(?:s\s*|-signal[= ])?(?:SIG)?(USR1|USR2|TERM|INT|QUIT)\b`), "puma"},
	{regexp.MustCompile(`(tmp/restart\.txt)`), ""},
}

func (d *deployment) onExecute(c ruby.Call) ruby.Value {
	if len(d.run) == 0 {
		return rubyNil()
	}
	command := d.commandOf(c)
	if strings.Contains(command, "systemctl") && strings.Contains(command, "status") {
		d.checked = true
	}
	a, ok := d.renews(command)
	if !ok {
		return rubyNil()
	}
	a.at = d.seen(c)
	if c.Doubt != nil {
		a.doubt = c.Doubt.Why
	}
	d.act(a)
	return rubyNil()
}

// renews reports what a command line does to Puma.
func (d *deployment) renews(command string) (a deployAct, ok bool) {
	if m := systemctlVerb.FindStringSubmatch(command); m != nil && d.isPuma(m[3], command) {
		a.kind, a.scope = deployRestarts, "system"
		if strings.Contains(m[1]+m[3], "--user") {
			a.scope = "user"
		}
		a.plain = m[2] == "reload" && !strings.Contains(command, "||") && !d.checked
		if strings.Contains(m[2], "reload") || m[2] == "kill" && strings.Contains(command, "USR1") {
			a.kind = deployReloads
		}
		return a, true
	}
	for _, way := range pumaCommands {
		if m := way.pattern.FindStringSubmatch(command); m != nil && strings.Contains(command, way.with) {
			a.kind = kindOf(m[1])
			return a, true
		}
	}
	return a, false
}

func kindOf(verb string) deployKind {
	switch verb {
	case "reload", "phased-restart", "USR1":
		return deployReloads
	}
	return deployRestarts
}

// isPuma reports whether a unit of a command line is Puma's.
func (d *deployment) isPuma(unit, command string) bool {
	unit = strings.TrimSuffix(strings.TrimSpace(unit), ".service")
	if strings.Contains(strings.ToLower(unit), "puma") || strings.Contains(command, "puma_service_unit_name") {
		return true
	}
	for _, name := range []string{"puma_service_unit_name", "application"} {
		if v := d.value(name); v.IsText() && v.Text != "" && v.Text == unit {
			return true
		}
	}
	return false
}
