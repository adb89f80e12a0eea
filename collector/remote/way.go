package remote

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
	// host (docker exec -i web sh). It is run as it stands, without a shell of ours.
	Command []string
	// Become is a user of the host that scripts and forwarded connections act as, through `sudo -n -u`; empty is the login.
	Become string
}
