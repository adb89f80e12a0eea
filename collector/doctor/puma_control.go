package doctor

import (
	"cmp"
	"fmt"
	"net"
	"path"
	"regexp"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

func checkStatePath(t *Target) Answer {
	c := t.config()
	s := c.settings.StatePath
	evidence := func(command string) []Evidence {
		if s.IsSet() {
			return []Evidence{c.at(s)}
		}
		return []Evidence{{Command: command, Text: t.Puma.StatePath}}
	}
	remedy := func() string {
		return c.mend(s, fmt.Sprintf("state_path %q", t.shared()+"/tmp/pids/puma.state")) + t.anew()
	}
	if where := cmp.Or(t.Puma.StatePath, certainText(s)); strings.Contains(where, "/releases/") {
		return found("the state file lies in a release, and goes with it", remedy(), evidence("ls "+where)...)
	}
	if t.Puma.StatePath != "" {
		return ok(evidence("ls " + t.Puma.StatePath)...)
	}
	switch on, why := c.known(s); {
	case why != "":
		return unknown(why)
	case on && t.runs():
		return unknown("state_path is set, and the state file was not read: " + t.firstNote())
	case on:
		return ok(c.at(s))
	case strings.Contains(t.Puma.Unit.ExecStart, " -S ") || strings.Contains(t.Puma.Unit.ExecStart, " --state"):
		return ok(t.started())
	}
	return found("puma.rb sets no state_path", remedy(), c.without("state_path"))
}

func certainText(s puma.Setting) string {
	if s.Certain() {
		return s.Text
	}
	return ""
}

func (t *Target) firstNote() string {
	if len(t.Puma.Notes) > 0 {
		return t.Puma.Notes[0].Text
	}
	return "its state file was not found"
}

func checkControl(t *Target) Answer {
	c := t.config()
	s := c.settings.Control.Setting
	switch {
	case !t.Puma.Control.IsZero() && t.Failing != "":
		return unknown("it is set up and was not reached: " + t.Failing)
	case !t.Puma.Control.IsZero():
		if s.IsSet() {
			return ok(c.at(s))
		}
		return ok(Evidence{Command: "cat " + t.Puma.StatePath, Text: "control_url: " + t.Puma.Control.String()})
	}
	for _, n := range t.Puma.Notes {
		if strings.HasPrefix(n.Text, "control app: ") {
			return unknown(n.Text)
		}
	}
	lines := []string{t.activate()}
	if !c.settings.StatePath.IsSet() && t.Puma.StatePath == "" {
		lines = append(lines, fmt.Sprintf("state_path %q", t.shared()+"/tmp/pids/puma.state"))
	}
	remedy := c.mend(reached(s), lines...) + t.anew()
	if t.Puma.StatePath != "" { // it is this image's, and has no control_url
		evidence := []Evidence{{Command: "cat " + t.Puma.StatePath, Text: "no control_url"}}
		if s.IsSet() {
			evidence = append(evidence, c.at(s))
		} else if unset, _ := c.unset(s); unset {
			evidence = append(evidence, c.without("activate_control_app"))
		}
		return found("its control app is off", remedy, evidence...)
	}
	return t.controlAsWritten(c, remedy)
}

// controlAsWritten judges by the text alone: no state file was read.
func (t *Target) controlAsWritten(c config, remedy string) Answer {
	s := c.settings.Control.Setting
	switch on, why := c.known(s); {
	case on && t.runs():
		return unknown("it is set up in " + where(c.at(s)) + ", and was not found: " + t.firstNote())
	case on:
		return ok(c.at(s))
	case strings.Contains(t.Puma.Unit.ExecStart, " --control"):
		return ok(Evidence{Command: "systemctl cat " + t.Puma.Unit.Name, Text: "--control-url in ExecStart"})
	case why != "":
		return unknown(why)
	}
	return found("puma.rb activates no control app", remedy, c.without("activate_control_app"))
}

// reached is a setting that had no effect, as the place for a better one: behind a condition that does not hold no line has any.
func reached(s puma.Setting) puma.Setting {
	if s.Conditional {
		return puma.Setting{}
	}
	return s
}

func where(e Evidence) string { return fmt.Sprintf("line %d of %s", e.Line, e.File) }

// activate is the line of a control app that only the owner and the group may use, with its umask as this version has it.
func (t *Target) activate() string {
	name := t.shared() + "/tmp/sockets/pumactl.sock"
	if t.Puma.Version.IsZero() || t.Puma.Version.AtLeast(5, 0, 0) {
		return fmt.Sprintf("activate_control_app %q", "unix://"+name+"?umask=0117")
	}
	return fmt.Sprintf("activate_control_app %q, umask: 0117", "unix://"+name)
}

// socketURL is the literal of a socket in a line of Ruby, up to the quote that ends it.
var socketURL = regexp.MustCompile(`(unix:/?/?[^"'\s]*|pumactl?[^"'\s/]*\.sock[^"'\s]*)(["'])`)

// The ways in which a line goes on behind the URL: with nothing, with options in braces, with a variable.
var (
	bareControl    = regexp.MustCompile(`^activate_control_app[\s(]+["'][^"'#]*["']\)?$`)
	controlOptions = regexp.MustCompile(`^(activate_control_app.*,\s*\{)(.*\}\)?)$`)
	controlNamed   = regexp.MustCompile(`^(activate_control_app.*, [a-z_][a-z0-9_]*)(\)?)$`)
)

// closed is the control app with a umask, which leaves the rest of the line alone where it is of a usual form.
func (c config) closed(t *Target) string {
	s := c.settings.Control.Setting
	lines := c.statement(s)
	if !s.IsSet() || len(lines) != 1 {
		return c.mend(s, t.activate()) + t.anew()
	}
	line := strings.TrimSpace(lines[0])
	at := socketURL.FindStringSubmatchIndex(line)
	switch old := !t.Puma.Version.IsZero() && !t.Puma.Version.AtLeast(5, 0, 0); {
	case strings.Contains(line, "[hidden]"):
		line = t.activate()
	case old && bareControl.MatchString(line):
		line = strings.TrimSuffix(line, ")") + ", umask: 0117" + strings.Repeat(")", strings.Count(line, ")"))
	case old && controlOptions.MatchString(line):
		line = controlOptions.ReplaceAllString(line, "$1 umask: 0117,$2")
	case old && controlNamed.MatchString(line):
		line = controlNamed.ReplaceAllString(line, "$1.merge(umask: 0117)$2")
	case old, at == nil:
		line = t.activate()
	case strings.Contains(line[at[2]:at[3]], "?"):
		line = line[:at[3]] + "&umask=0117" + line[at[3]:]
	default:
		line = line[:at[3]] + "?umask=0117" + line[at[3]:]
	}
	return c.instead(s, line) + t.anew()
}

// checkSocket asks who may use the control socket.
func checkSocket(t *Target) Answer {
	c, a := t.config(), t.Puma.Control
	switch {
	case a.IsZero():
		return notHere("no control app was found")
	case a.Network == puma.Abstract:
		return found("the control app listens on a name that has no file, which every user of the host may connect to",
			c.mend(c.settings.Control.Setting, t.activate())+t.anew(), c.controlEvidence(t)...)
	case a.Network != puma.Unix:
		return t.controlPort(c)
	case t.contained():
		return unknown("its socket lies in a container")
	case t.Host == nil:
		return unknown(cmp.Or(t.Silent, "the host was not asked"))
	}
	in, read := t.Host.Sockets[a.Name]
	if !read || in.Err != "" {
		return unknown(a.Name + ": " + cmp.Or(in.Err, "its mode was not read"))
	}
	evidence := []Evidence{{Command: "ls -l " + a.Name, Text: in.rights()},
		{Command: "ls -ld " + path.Dir(a.Name), Text: fmt.Sprintf("%s %s %s", in.Dir, in.DirUser, in.DirGroup)}}
	if !in.others('w') {
		return ok(evidence...)
	}
	if in.Reach != puma.Yes {
		return ok(append(evidence, Evidence{Command: "namei -l " + a.Name, Text: "others may not pass all of its directories"})...)
	}
	return t.openSocket(c, evidence)
}

// openSocket is the finding that everybody may connect, and what else they need.
func (t *Target) openSocket(c config, evidence []Evidence) Answer {
	says := "every user of the host may connect to the control socket"
	if more, seen := t.tokenFile(); more != "" {
		says += more
		evidence = append(evidence, seen...)
	}
	if c.settings.Control.IsSet() {
		evidence = append(evidence, c.at(c.settings.Control.Setting))
	}
	if v := t.Puma.Version; c.settings.Control.Umask && v.AtLeast(5, 0, 0) {
		says += fmt.Sprintf("; Puma %d ignores umask: beside the URL", v.Major)
	}
	return found(says, c.closed(t), evidence...)
}

// tokenFile says what stands between every user and the token; empty where there is none, or it is not known.
func (t *Target) tokenFile() (says string, evidence []Evidence) {
	state, ok := t.Host.Sockets[t.Puma.StatePath]
	switch {
	case !ok || !t.Puma.Token.IsSet():
		return "", nil
	case state.others('r') && state.Reach == puma.Yes:
		return ", and read its token in the state file", []Evidence{{Command: "ls -l " + t.Puma.StatePath, Text: state.rights()}}
	}
	return ", and needs the token", nil
}

// others reports whether who is neither owner nor in the group may read or write.
func (in Inode) others(right byte) bool {
	at := map[byte]int{'r': 7, 'w': 8}[right]
	return len(in.Mode) >= 10 && in.Mode[at] == right
}

func (in Inode) rights() string { return in.Mode + " " + in.User + " " + in.Group }

func (c config) controlEvidence(t *Target) []Evidence {
	if c.settings.Control.IsSet() {
		return []Evidence{c.at(c.settings.Control.Setting)}
	}
	return []Evidence{{Command: "cat " + t.Puma.StatePath, Text: "control_url: " + t.Puma.Control.String()}}
}

// controlPort is about a control app on a TCP port.
func (t *Target) controlPort(c config) Answer {
	host, _, _ := net.SplitHostPort(t.Puma.Control.Name)
	if text := c.settings.Control.Text; strings.Contains(text, "//0.0.0.0") || strings.Contains(text, "//[::]") {
		host = "0.0.0.0"
	}
	remedy := c.mend(c.settings.Control.Setting, t.activate()) + t.anew()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return found("the control app listens on a port, which every user of the host may connect to", remedy, c.controlEvidence(t)...)
	}
	return found("the control app listens on a port of "+clean.Short(host, 60)+", which others than this host may reach", remedy, c.controlEvidence(t)...)
}

func checkToken(t *Target) Answer {
	c := t.config()
	control := c.settings.Control
	switch {
	case t.Puma.Control.IsZero() && !control.IsSet():
		return notHere("no control app was found")
	case control.NoToken:
		return found("the control app takes commands without a token", c.tokened(t), c.at(control.Setting))
	case control.Token.IsSet() && !control.Conditional:
		a := found("the token of the control app stands in puma.rb", c.tokened(t), c.at(control.Setting))
		a.Severity, a.Consequence = Advice, "Whoever reads the file, or the repository that it is in, can stop Puma."
		return a
	case t.Puma.Token.IsSet():
		return ok(Evidence{Command: "cat " + t.Puma.StatePath, Text: "control_auth_token is set"})
	case t.Puma.StatePath != "" && !t.Puma.Control.IsZero():
		evidence := []Evidence{{Command: "cat " + t.Puma.StatePath, Text: "control_auth_token: none"}}
		if control.IsSet() {
			evidence = append(evidence, c.at(control.Setting))
		}
		return found("the control app takes commands without a token", c.tokened(t), evidence...)
	case control.IsSet() && !control.Certain():
		return unknown(c.depends(control.Setting))
	}
	return unknown("no state file was read, and so no token")
}

// tokened is the control app without options: Puma makes a token of its own then, anew with every image.
func (c config) tokened(t *Target) string {
	s := c.settings.Control.Setting
	if !s.Certain() || s.Text == "auto" || s.Text == "" {
		return c.mend(s, t.activate()) + t.anew()
	}
	return c.instead(s, fmt.Sprintf("activate_control_app %q", s.Text)) + t.anew()
}

func checkDataOnly(t *Target) Answer {
	c := t.config()
	control := c.settings.Control
	v := t.Puma.Version
	switch {
	case c.missing != "":
		return unknown(c.missing)
	case !control.IsSet():
		return notHere("puma.rb activates no control app")
	case control.DataOnly && !v.IsZero() && !v.AtLeast(7, 2, 0):
		a := found(fmt.Sprintf("data_only is set, and Puma %s does not know it: the control app takes all commands", v),
			"# upgrade to Puma 7.2, or leave data_only out\n"+c.instead(control.Setting, t.activate())+t.anew(), c.at(control.Setting))
		a.Severity, a.Consequence = Security, "Whoever reaches the control socket may stop Puma, though puma.rb reads as if only figures could be asked for."
		return a
	case control.DataOnly:
		return found("the control app gives figures and takes no commands", c.tokened(t), c.at(control.Setting))
	case control.OptionsUnread && v.AtLeast(7, 2, 0):
		return unknown(c.depends(control.Setting))
	}
	return ok(c.at(control.Setting))
}
