package probe

import (
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// Host is what one probe found on a host. All text in it is sanitised: safe to draw.
type Host struct {
	// Clock is the host's own clock when the script ran.
	Clock time.Time
	// User is the login that ran the script.
	User string
	// Pumas are the running masters, by pid.
	Pumas []Puma
	// Idle are Puma units without a master that could be seen: inactive, failed, between two tries of systemd, or
	// active with a process that has not come up so far as to name itself (a full restart's, for a second).
	Idle []Unit
	// Notes say what could not be read on the host as a whole, each with its remedy.
	Notes []Note
}

// Note is something the probe could not read or does not like, and what to do about it.
type Note struct {
	Text   string // what was seen: "state file /srv/shop/…: permission denied"
	Remedy string // what to do: "log in as puma, or add deploy to its group"
}

// Puma is one running master process (or the one process of single mode).
type Puma struct {
	PID int
	// Started is when the process was created, by the clock that the host has now, to some 10 ms either way: the kernel
	// counts in these. A full restart, which is an exec, leaves it as it is. Zero where it may not be read.
	Started time.Time
	// UID and User own the process; Mine is whether that is the login of the probe.
	UID  int
	User string
	Mine bool
	// Login is the login of the probe, which remedies name.
	Login string
	// MaySignal is whether that login may send signals to the processes: it owns them or is root, and they are in no
	// container, whose processes have other pids outside.
	MaySignal bool
	// Version is from the process title: every Puma has it there, /stats only from 6.0.
	Version puma.Version
	// Tag is the bracketed end of the title, if any.
	Tag string
	// Exe is the Ruby that runs it (/proc/PID/exe); empty where it may not be read.
	Exe string
	// Unit is the systemd unit from the process's cgroup; its zero value where there is none.
	Unit Unit
	// Box is the id of the container that its process is in; empty for none of docker's and podman's.
	Box string
	// Container is what it runs in, where a probe could look inside. All that is said here then is as seen there, pids and
	// paths too, but for Control, which is as it is reached from the host, and for Release, see [Container].
	Container Container
	// App is the name of the target on its host: the unit's without .service, else the Capistrano directory's.
	App string
	// StatePath is the state file found for this pid, empty where none was; StateStamp identifies one writing of
	// it (inode and mtime): it changes with every image and with no phased restart.
	StatePath  string
	StateStamp string
	// Control is how the control app is reached; its zero value where there is none to be found.
	Control puma.Address
	Token   puma.Token
	// ConfigPath is the puma.rb found, if any; Settings what its text says.
	ConfigPath string
	Settings   puma.Settings
	// LogPath is the file Puma logs to where it is not the journal.
	LogPath string
	// Release is the directory that the master runs in (/proc/PID/cwd); Current what the deploy's `current` link
	// resolves to, CurrentLink the link, CurrentMoved when the link was last moved (host's clock; zero unknown).
	Release, Current, CurrentLink string
	CurrentMoved                  time.Time
	// CurrentFrom is what named the link: "directory in /srv/shop/shared/config/puma.rb".
	CurrentFrom string
	// Revision is the REVISION file of Current, as Capistrano writes it; empty where there is none. RunningRevision is
	// that of Release.
	Revision, RunningRevision string
	// Workers are the worker processes by index.
	Workers []Process
	// Phased is from the start-up lines, the configuration or the version, in that order.
	Phased puma.Phased
	// Listeners are the sockets of the application, from the process title: "unix:///…", "tcp://0.0.0.0:9292".
	Listeners []string
	// Notes say what could not be read, what stands in the way of its control app first.
	Notes []Note
	// Enable is what gives it a control app, where it was started without one and its puma.rb has none.
	Enable Enable

	// contained is whether it runs in a container, where its paths mean other files.
	contained bool
}

// Process is one worker process as the kernel shows it.
type Process struct {
	PID, Index int
	// Started is when the process was created, as of Puma.
	Started time.Time
	// Release is the process's working directory, resolved; empty where it may not be read.
	Release string
	// Revision is the REVISION file of Release; empty where there is none.
	Revision string
}

// Unit is what systemd says of a service.
type Unit struct {
	Name  string // "puma.service"
	Scope Scope
	// Active, Sub, Result and Type are systemd's words: "active", "running", "success", "notify".
	Active, Sub, Result, Type string
	MainPID                   int
	// Restarts is NRestarts: automatic restarts since the unit was started by somebody.
	Restarts puma.Count
	// ExecStart and ExecReload are the command lines as `systemctl show` prints them, WorkingDirectory as written.
	ExecStart, ExecReload, WorkingDirectory string
	// Watchdog is WatchdogSec; 0 for none.
	Watchdog time.Duration
	// Quiet is for how long its watchdog had not heard of it: since the last ping, or since READY where systemd has started
	// it after that, while READY after a full restart counts for nothing. 0 for unknown.
	Quiet time.Duration
	// BootTime is how long systemd's last start of the unit took until Puma said that it was ready; 0 for unknown.
	BootTime time.Duration
	// Enabled is UnitFileState: "enabled", "disabled".
	Enabled string
	// Status is the STATUS= line that Puma sends from 6.1 on where Type=notify: a fallback where there is no control app.
	Status string
	// Fragment is the unit file, User whose processes it starts (empty for root's and in user units).
	Fragment, User string
	// Manager is the uid of the user manager that runs it; 0 in the system scope.
	Manager int
	// Lingering is whether the owner of a user unit has it run without a login of theirs, else their last session's end
	// stops it. Empty in the system scope.
	Lingering puma.Answer
	// LogPath is the file that its output goes to; empty where that is the journal.
	LogPath string
	// PrivateTmp is whether its processes have a /tmp of their own, where nobody else finds a socket.
	PrivateTmp bool

	// loaded is whether its file was found and could be read: a unit may outlive its file while it runs.
	loaded bool
	// app is the name that Names gave it.
	app string
}

// Scope is whose manager runs a unit.
type Scope string

// The scopes; NoScope where no unit is known.
const (
	NoScope     Scope = ""
	SystemScope Scope = "system"
	UserScope   Scope = "user"
)

// ID names a unit on its host: user units of the same name as a system unit are another unit.
func (u Unit) ID() string { return string(u.Scope) + "/" + u.Name }

// App is the name of the unit's target: what Names gave it, else the unit's name without .service. In an instance of a
// template systemd's escapes are undone: "puma@my-shop".
func (u Unit) App() string {
	if u.app != "" {
		return u.app
	}
	return clean.Line(unescapeUnit(strings.TrimSuffix(u.Name, ".service")))
}

// AnswersAt reports whether its control app is what the host finds at an address. The same words are another place inside a
// container.
func (p *Puma) AnswersAt(a puma.Address) bool { return p.Control == a && !p.Container.ExecOnly }

// FromOutside reports a Puma in a container that is seen from the host alone: its pids are not those of its figures.
func (p *Puma) FromOutside() bool { return p.contained }
