package doctor

import (
	"time"

	"pumatop/collector/puma"
)

// Host is what one host said of itself: answers of [Script].
type Host struct {
	// Login is who asked.
	Login string
	// Ahead is how far the host's clock is ahead of ours, and Within how exactly that is known.
	Ahead, Within time.Duration
	// Cores and Memory (bytes) are the machine's, or the container's limits; Somaxconn is net.core.somaxconn.
	Cores, Memory, Somaxconn puma.Count
	// Files are what was read, by path: configurations of Puma, units with their drop-ins, configurations of proxies.
	Files map[string]File
	// Units are properties of the units that the targets run in, by name and scope, as systemctl show prints them.
	Units map[UnitKey]map[string]string
	// Sockets are control and listening sockets with their modes.
	Sockets map[string]Inode
	// Free are the bytes free where logs are written, by directory.
	Free map[string]puma.Count
	// May says what the login may do: "forward", "commands", "journal", "systemctl". What is not in it is not known.
	May map[string]Permit
	// Proxies are the web servers found, by name: nginx, apache, haproxy, caddy, with the files their configuration begins with.
	Proxies map[string][]string
}

// UnitKey names a unit and whose manager runs it.
type UnitKey struct {
	Name string
	User bool
}

// Inode is what ls says of a file or directory.
type Inode struct {
	Path        string
	Mode        string // "srwxrwxrwx"
	User, Group string
	// Dir is the mode of the directory that it is in, and DirUser its owner.
	Dir, DirUser string
	Err          string
}

// Permit is whether something is allowed, and what said so.
type Permit struct {
	Allowed  puma.Answer
	Evidence Evidence
}
