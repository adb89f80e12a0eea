package doctor

import (
	"sync"
	"time"

	"pumatop/collector/doctor/proxy"
	"pumatop/collector/puma"
)

// Host is what one host said of itself: answers of [Reading.Script].
type Host struct {
	// Login is who asked.
	Login string
	// Clock is the host's own clock when it answered.
	Clock time.Time
	// Ahead is how far the host's clock is ahead of ours, and Within how exactly that is known; see [Host.Between].
	Ahead, Within time.Duration
	// Cores and Memory (bytes) are the machine's, or the container's limits; Somaxconn is net.core.somaxconn.
	Cores, Memory, Somaxconn puma.Count
	// Files are what was read, by clean path: configurations of Puma, units with their drop-ins, configurations of proxies. A
	// pattern of an include in a directory that may not be read is here as well, with the reason.
	Files map[string]File
	// Units are properties of the units that the targets run in, by name and scope, as systemctl show prints them;
	// one that comes several times has a line for each. Of Environment only what [Master.Env] may have is left. A socket unit
	// that starts one of them is here as well.
	Units map[UnitKey]map[string]string
	// UnitFiles are the files that a unit is made of, in the order in which they count: the fragment, then its drop-ins,
	// as systemctl cat prints them. Their texts are in Files.
	UnitFiles map[UnitKey][]string
	// Sockets are control and listening sockets with their modes, by path.
	Sockets map[string]Inode
	// Backlogs are how many connections may wait at a listening socket, by its address as ss prints it. Those that are not in
	// it were not read: there may be more than are, or no ss.
	Backlogs map[string]puma.Count
	// Free are the bytes free where logs are written, by directory. Those that are not in it could not be read.
	Free map[string]puma.Count
	// May says what the login may do: "forward", "commands"; UnitMay what of a unit, since what may be asked of one need not
	// be of another: "journal", "systemctl". What is not in them is not known.
	May     map[string]Permit
	UnitMay map[UnitKey]map[string]Permit
	// Proxies are the web servers found, by name: nginx, apache, haproxy, caddy, with the files their configuration begins
	// with. Every file that these include is in Files, under the path that the include comes to.
	Proxies map[string][]string
	// Links are where the sockets are that these files name once symbolic links are followed, by path. Where one leads that is
	// not in it is not known.
	Links map[string]string
	// Serving are the proxies of which a process runs. Hidden is whether the login does not see processes of others.
	Serving map[string]bool
	Hidden  bool
	// Lingers says whether a user's manager stays without a session of theirs, by user name.
	Lingers map[string]puma.Answer
	// Runtime is XDG_RUNTIME_DIR as a command of the login's has it; empty for none.
	Runtime string
	// Masters are by pid.
	Masters map[int]Master

	reading sync.Mutex
	configs map[proxy.Kind]proxy.Config
}

// proxy is the configuration of a proxy. It is read once: what the host said does not change any more.
func (h *Host) proxy(kind proxy.Kind) proxy.Config {
	h.reading.Lock()
	defer h.reading.Unlock()
	c, read := h.configs[kind]
	if read {
		return c
	}
	files := make(map[string]proxy.File, len(h.Files))
	for name, f := range h.Files {
		files[name] = proxy.File{Text: f.Text, Err: f.Err, Cut: f.Cut}
	}
	c = proxy.Read(kind, files, h.Proxies[string(kind)])
	if h.configs == nil {
		h.configs = map[proxy.Kind]proxy.Config{}
	}
	h.configs[kind] = c
	return c
}

// Between notes when the host was asked and when it had answered, by our clock, so that its own can be compared.
func (h *Host) Between(asked, answered time.Time) {
	if h.Clock.IsZero() {
		return
	}
	took := answered.Sub(asked)
	h.Ahead, h.Within = h.Clock.Sub(asked.Add(took/2)), took/2
}

// Master is what the host says of one Puma's master process beside what the probe found.
type Master struct {
	// Cwd is its real directory now; empty where it may not be read.
	Cwd string
	// Env are variables of its environment that bear on Puma, by name. A title that is longer than the command line is
	// written over what /proc has; then its unit and its manager tell. EnvKnown is whether what is missing here is not set.
	Env      map[string]string
	EnvKnown bool
	// Cores and Memory (bytes) are the limits of its control group and of all above it, else the host's.
	Cores, Memory puma.Count
	// Lock is the path of the Gemfile.lock of the release that it runs, empty for none, LockErr why it could not be read, and
	// Gems are the versions of the gems in it by name: with LockCut not all of them.
	Lock, LockErr string
	LockCut       bool
	Gems          map[string]string
	// Booted is when its image read its configuration, and Newer are configuration files written since.
	Booted time.Time
	Newer  []string
}

// UnitKey names a unit and whose manager runs it: several users may have units of one name.
type UnitKey struct {
	Name string
	User bool
	// Manager is the uid of a user's manager.
	Manager int
}

// Inode is what ls says of a file or directory.
type Inode struct {
	Path        string
	Mode        string // "srwxrwxrwx"
	User, Group string
	// Dir is the mode of the directory that it is in, and DirUser its owner. Reach is whether others, who are neither owner
	// nor in the group, may pass every directory down to it.
	Dir, DirUser, DirGroup string
	Reach                  puma.Answer
	Err                    string
}

// Permit is whether something is allowed, and what said so.
type Permit struct {
	Allowed  puma.Answer
	Evidence Evidence
}
