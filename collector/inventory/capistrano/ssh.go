package capistrano

import (
	"regexp"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/config"
	"pumatop/collector/ruby"
)

// jump marks the text of a value that is a way through other hosts.
const jump = "proxy jump:"

// proxy is Net::SSH::Proxy::Jump.new("bastion"), or Command.new("ssh bastion -W %h:%p") where it says no more than that.
func (s *stage) proxy(c ruby.Call) (ruby.Value, bool) {
	v, ok := c.Arg(0)
	if !ok || !v.IsText() {
		return ruby.Not(c.Line, "the proxy is not followed: "+v.Why), true
	}
	hosts := v.Text
	if strings.Contains(c.Name, "Command") {
		if hosts, ok = jumpOf(v.Text); !ok {
			return ruby.Not(c.Line, "the proxy's command is more than a jump through a host"), true
		}
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if _, _, _, ok := parts(host); !ok {
			return ruby.Not(c.Line, "the proxy names no host that ssh would take"), true
		}
	}
	v.Text = jump + hosts
	return v, true
}

// A ProxyCommand that only goes through a host: ssh, harmless flags, the host among -l, -p and -W, or netcat behind it.
var (
	viaForward = regexp.MustCompile(`^ssh((?: -[qAaTx]+| -[lp] ?\S+| -W \[?%h\]?:%p)*) ([^-\s]\S*)((?: -[qAaTx]+| -[lp] ?\S+| -W \[?%h\]?:%p)*)$`)
	viaNetcat  = regexp.MustCompile(`^ssh((?: -[qAaTx]+| -[lp] ?\S+)*) ([^-\s]\S*)((?: -[qAaTx]+| -[lp] ?\S+)*) (?:exec )?(?:nc|netcat)(?: -w ?\d+)? %h %p$`)
	loginFlag  = regexp.MustCompile(` -l ?(\S+)`)
	portFlag   = regexp.MustCompile(` -p ?(\S+)`)
)

// jumpOf is what a ProxyCommand that only goes through a host is as a ProxyJump.
func jumpOf(command string) (string, bool) {
	command = strings.NewReplacer(`"`, "", "'", "").Replace(strings.Join(strings.Fields(command), " "))
	m := viaForward.FindStringSubmatch(command)
	if m == nil || !strings.Contains(command, "-W ") {
		if m = viaNetcat.FindStringSubmatch(command); m == nil {
			return "", false
		}
	}
	flags, host := m[1]+m[3], m[2]
	if login := loginFlag.FindStringSubmatch(flags); login != nil {
		host = login[1] + "@" + host
	}
	if port := portFlag.FindStringSubmatch(flags); port != nil {
		host += ":" + port[1]
	}
	return host, true
}

// options are ssh_options as the configuration has them. complain is told of what is not followed.
func options(v ruby.Value, complain func(why string)) config.SSH {
	out := config.SSH{Identity: identity(v, complain)}
	if user := optionText(v, "user", complain); plainName.MatchString(user) {
		out.User = user
	}
	if port := optionText(v, "port", complain); isPort(port) {
		out.Port = number(port)
	}
	if way, ok := strings.CutPrefix(optionText(v, "proxy", complain), jump); ok {
		out.ProxyJump = way
	}
	if optionText(v, "host_name", complain) != "" {
		complain("host_name is another host than the server's name")
	}
	return out
}

func optionText(v ruby.Value, name string, complain func(why string)) string {
	o, ok := v.Get(name)
	switch {
	case !ok || o.Kind == ruby.Nil || o.Kind == ruby.Bool:
		return ""
	case !o.IsText():
		complain(name + " is not followed: " + o.Why)
		return ""
	case !o.Literal:
		complain(name + ": " + o.Why + ", and is most likely " + strings.TrimPrefix(o.Text, jump))
	}
	return o.Text
}

// identity are the key files.
func identity(v ruby.Value, complain func(why string)) (files []string) {
	keys, ok := v.Get("keys")
	if !ok {
		return nil
	}
	for _, k := range keys.All() {
		switch {
		case !k.IsText():
			complain("a key is not followed: " + k.Why)
		case strings.Contains(k.Text, root):
			complain("a key lies in the project, wherever that is")
		case k.Text != "" && len(files) < 20:
			files = append(files, clean.Line(k.Text))
		}
	}
	return files
}

func number(port string) int {
	n := 0
	for _, d := range port {
		n = n*10 + int(d-'0')
	}
	return n
}
