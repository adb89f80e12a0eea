package probe

import "time"

// Report is what the script found, before anything is made of it: the lines of its output as values. Parse is Decode
// and then Host; a simulated host fills in a Report and prints Encode's bytes, so that everything that interprets is
// the same code for it as for real hosts.
type Report struct {
	// Clock is the host's, to the nanosecond where its date(1) has %N.
	Clock time.Time
	// Ticks is the same moment as the kernel counts the times that processes were created at, TickRate how often a
	// second; 0 where they could not be read.
	Ticks, TickRate int64
	// Login is the line that id(1) prints: "uid=1500(deploy) gid=1500(deploy) groups=1500(deploy),999(systemd-journal)".
	Login string
	// Processes are all that have a title of Puma's, masters and workers alike, and by pid 0 or that of a hidden
	// process what was found of a wanted state file.
	Processes []RawProcess
	Units     []RawUnit
	// Revisions are the first lines of the REVISION files in the directories that processes run in, by directory.
	Revisions map[string]string
	// Lingers is whether a user's manager stays without a session of theirs, by uid, of those that were looked at.
	Lingers map[string]bool
	// Complaints are what stood in the script's way on the host as a whole.
	Complaints []Complaint
	// Self are the control groups that the script ran in, as in RawProcess.
	Self []string
	// Containers are those that masters were seen in.
	Containers []RawContainer

	wanted []string // Want.Units
}

// RawContainer is a container as its engine describes it.
type RawContainer struct {
	ID, Engine string
	// Properties are lines of NAME=VALUE, the value JSON as `docker inspect` prints it: "role=\"web\"".
	Properties []string
	// Inside is the report of a probe that ran in the container, as it came; Log its last start-up lines.
	Inside, Log []string
}

// RawProcess is a process in a Report. Workers have a PID, a Title, a Cwd and when they were Created, those
// in containers an Inner and a Box; the rest is read of masters only.
type RawProcess struct {
	PID int
	// Title is /proc/PID/cmdline: "puma 6.6.0 (unix:///srv/shop/shared/tmp/sockets/puma.sock) [shop]" or
	// "puma: cluster worker 0: 48 [shop]". Empty for a process that a wanted state file names and /proc hides.
	Title string
	// Created is when it was, in the kernel's ticks; 0 where that may not be read.
	Created int64
	// Cwd and Exe are where /proc/PID/cwd and exe lead, empty where they may not be read.
	Cwd, Exe string
	// UID and User own the process; User empty is UID's number.
	UID  int
	User string
	// Inner is the pid in the process's own namespace, where that is another: it runs in a container. Box is the id of
	// the container where its engine is one that can be asked.
	Inner int
	Box   string
	// Seen is what became of the pid of a wanted state file: "other" program, "hidden" or "gone".
	Seen string
	// Cgroup are the lines of /proc/PID/cgroup that may name a unit: "0::/system.slice/puma.service".
	Cgroup []string
	States []StateFile
	// Socket is the control socket of the state file, as the login may use it: "open", "denied", "missing", or
	// "private" for one in the process's own /tmp; SocketPath is empty where no test was made.
	Socket, SocketPath string
	// Listens are the sockets that a master without a state file listens on.
	Listens []Listen
	Config  TextFile
	// ConfigNewer is whether Config was written after the state file, that is after this image of the master read it.
	ConfigNewer bool
	Links       []CurrentLink
	// Journal are the last start-up lines in the journal, without those of workers, nil where it was not asked; Log those
	// of a log file.
	Journal []string
	Log     TextFile
}

// StateFile is a state file that was looked at.
type StateFile struct {
	// From is who named it: "want" (the caller), "option" (the command line), "config", or "usual" for a place
	// where state files often are.
	From string
	// Verdict is "read", "denied", "missing", or "other:PID" for one that another pid wrote.
	Verdict string
	// Stamp is inode and mtime: "9773475 1795295329 2026-11-21 21:08:49.406425528 +0000".
	Stamp string
	Path  string
	Text  []string
}

// TextFile is a file that was read, its beginning at least; Verdict is "read", "denied" or "missing", empty where
// there is no such file to speak of.
type TextFile struct {
	Verdict, Path string
	Lines         []string
}

// CurrentLink is a deploy's link. From is what named it: "directory" (in the configuration), "unit"
// (WorkingDirectory), "release" (beside releases/) or "shared" (beside shared/).
type CurrentLink struct {
	From string
	// Named is the path as it was given, Link the symbolic link in it, Target what Named resolves to.
	Named, Link, Target string
	// Moved is when the link was made.
	Moved time.Time
	// Revision is the first line of the REVISION file.
	Revision string
}

// Listen is a listening socket: "unix" and its path, or "tcp" and the address in the kernel's hexadecimal.
type Listen struct{ Network, Address string }

// RawUnit is what systemd says of a unit, as the properties of `systemctl show`. Manager is the uid of a user
// manager, empty for the system's.
type RawUnit struct {
	Scope      Scope
	Manager    string
	Properties map[string]string
}

// Complaint is something that stands in the script's way: "no-proc", "hidepid", "manager" or "engine", with a detail.
type Complaint struct{ Code, Detail string }
