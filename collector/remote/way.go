package remote

import (
	"strconv"

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
	return nil
}
