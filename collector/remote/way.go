package remote

import (
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/clean"
)

// Transport is what carries the connection to a host.
type Transport string

// The transports.
const (
	// Auto is pumatop's own SSH, and OpenSSH's where the configuration wants what that lacks; [Host.Notes] say why.
	Auto Transport = "auto"
	// Native is pumatop's own SSH alone.
	Native Transport = "native"
	// OpenSSH is a master connection of the ssh on PATH, which pumatop starts and ends.
	OpenSSH Transport = "openssh"
)

// HostOptions are how one host is reached where it is not as `ssh NAME` would. The zero value is that.
type HostOptions struct {
	// Transport overrides the pool's.
	Transport Transport
	// Command is run on this machine in place of an SSH connection: its stdin and stdout have to be a POSIX shell on the
	// host (docker exec -i web sh). It is run as it stands, without a shell of ours, once for every script; sockets are
	// reached through one of them that is a relay.
	Command []string
	// Become is a user of the host that scripts run as and sockets are opened as, through `sudo -n -u`, never with a
	// password; empty is the login. TCP connections are nobody's, and are made as ever.
	Become string
	// Set is told to ssh before its configuration, "Keyword=value" each, as with -o: for the host itself, and not for those
	// on the way to it.
	Set []string
}

// check refuses options that cannot be carried out.
func (o HostOptions) check(a address) error {
	switch {
	case o.Become != "" && !userName.MatchString(o.Become):
		return &ConfigError{Host: clean.Short(a.text, 80), Text: "not a user to become: " + clean.Short(strconv.Quote(o.Become), 60),
			Fix: "name a user of the host"}
	case len(o.Command) > 0 && (a.text == Local || a.user != "" || a.port != ""):
		return &ConfigError{Host: clean.Short(a.text, 80), Text: "not a name for what a command leads to",
			Fix: "choose a name without user and port, and not local"}
	case len(o.Command) > 0 && o.Command[0] == "":
		return &ConfigError{Host: clean.Short(a.text, 80), Text: "the command has no name", Fix: "write it as for a shell: docker exec -i web sh"}
	}
	for _, line := range o.Set {
		if err := checkSetting(line); err != nil {
			err.Host = clean.Short(a.text, 80)
			return err
		}
	}
	return nil
}

// settingName is the keyword of a line of HostOptions.Set.
func settingName(line string) string {
	name, _, _ := strings.Cut(line, "=")
	return strings.TrimSpace(name)
}

// checkSetting refuses what is no line of an ssh configuration, or one that cannot stand beside its files. What value a
// keyword takes is for ssh to say.
func checkSetting(line string) *ConfigError {
	_, value, ok := strings.Cut(line, "=")
	name := settingName(line)
	k, known := lookUp(name)
	switch {
	case !ok || strings.TrimSpace(value) == "":
		return &ConfigError{Text: "not an ssh option: " + clean.Short(strconv.Quote(line), 80), Fix: "write Keyword=value"}
	case !known:
		return &ConfigError{Text: "ssh has no option " + clean.Short(strconv.Quote(name), 60), Fix: "use a keyword of `man ssh_config`"}
	case slices.Contains([]string{"Host", "Match", "Include"}, k.name):
		return &ConfigError{Text: k.name + " stands in ssh's own files alone", Fix: "name such a file with -F, or leave it out"}
	case strings.ContainsAny(line, "\n\r\x00"):
		return &ConfigError{Text: "the ssh option " + k.name + " has more than one line", Fix: "write Keyword=value"}
	case slices.Contains([]string{"user", "proxyjump", "hostname"}, strings.ToLower(k.name)):
		if why := unfit(strings.TrimSpace(value)); why != "" {
			return &ConfigError{Text: "not a value for " + k.name + ": " + why, Fix: "write a name that no shell acts on"}
		}
	}
	return nil
}

// unfit says why text can be no name that comes into commands: ssh writes it out for %r and %h, and for the ssh that leads
// through a jump host, and those before 9.6 do so as it stands.
func unfit(text string) string {
	switch {
	case strings.HasPrefix(text, "-"):
		return "it begins with -"
	case strings.HasSuffix(text, `\`):
		return `it ends with \`
	}
	for _, r := range text {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("'`\"$;&<>|(){}*?!#~^", r) {
			return "it contains " + strconv.QuoteRune(r)
		}
	}
	return ""
}
