package pumatest

import "time"

// Config is a Puma before its first start. The zero value of a field means what Puma does without that setting.
type Config struct {
	// App is the name of the application and of its directory, "shop" of /srv/shop.
	App string
	// Version is Puma's, "3.12.6" to "8.0.2".
	Version string
	// Workers is the configured number; 0 is single mode.
	Workers                int
	MinThreads, MaxThreads int
	Preload                Preload
	Directory              Directory
	// ShutdownTimeout is worker_shutdown_timeout (30 s), BootTimeout worker_boot_timeout (60 s).
	ShutdownTimeout, BootTimeout time.Duration
	// RubyStart is how long an image takes from its exec to the reading of its configuration (150 ms).
	RubyStart time.Duration
	// ForkWorker is fork_worker (from 5.0): worker 0 forks the others, and a refork replaces them.
	ForkWorker bool
	// NoControl leaves activate_control_app out; DataOnly lets it answer stats alone (from 7.2).
	NoControl, DataOnly bool
	// Token is a token that the configuration sets. Without one each image makes its own, as Puma does.
	Token string
	// Unit is the service, "shop.service" if empty, and UserUnit whether it is one of the login's own manager.
	Unit     string
	UserUnit bool
	// Stopped leaves the unit inactive: installed, never started.
	Stopped bool
	// RestartSec is how long systemd waits before it starts a Puma again that failed (Restart=always; 5 s).
	RestartSec time.Duration //lint:ignore ST1011 systemd's own name
	// NoExecReload leaves ExecReload out of the unit, as Puma's own documentation does.
	NoExecReload bool
	// ExecReload is the unit's command for a reload: "/bin/kill -USR1 $MAINPID", or with another signal.
	ExecReload string
	// Watchdog is WatchdogSec: systemd kills a Puma that is silent for longer, as it is in a full restart.
	Watchdog time.Duration
	// ProxyDefault means that the upstream of nginx for it has no fail_timeout=0.
	ProxyDefault bool
	// NoLinger means that the owner of a user unit does not linger.
	NoLinger bool
	// ForeignUser lets Puma run as another user than the login, who may read everything and signal nothing.
	ForeignUser bool
	// LogRotated means that the journal no longer holds the start-up lines of the running image.
	LogRotated bool
	// HookHangs lets before_worker_fork hang in the first worker of a phased restart: the master stops for good.
	HookHangs bool
	// Denied lets systemctl refuse everything that changes the unit: the login may not.
	Denied bool
	// Condition is a path that the unit asks for with ConditionPathExists and that is not there: systemd accepts a
	// start, skips it and leaves the unit inactive.
	Condition string
	// MendedAfter is how long after a phased restart into a broken release somebody deploys one that boots; 0 for
	// never. Nothing is reloaded by that.
	MendedAfter time.Duration
	// CutsOff takes the host off the network for so long, a moment after a phased restart has begun.
	CutsOff time.Duration
	// Uptime is how long Puma has been running when the simulation begins.
	Uptime time.Duration
	// Phase is how many phased restarts it has had by then.
	Phase int
	// Releases are what is deployed, oldest first. Running is the one that Puma was started in, by default the
	// last; `current` points to the last.
	Releases []Release
	Running  string
	Load     Load
}

// Preload is where preload_app! comes from, which decides who can know of it.
type Preload string

// The ways to preload; NoPreload is preload_app! false, written down from Puma 7 on, where it is not the default.
const (
	NoPreload          Preload = ""
	PreloadConfig      Preload = "config"      // the line stands in puma.rb
	PreloadDefault     Preload = "default"     // nothing is written, and from Puma 7 on that means on
	PreloadConditional Preload = "conditional" // puma.rb decides by an environment variable: its text does not tell
)

// Directory is what puma.rb says of the directory that workers start in.
type Directory string

// The directories.
const (
	DirectoryCurrent  Directory = ""         // directory "/srv/shop/current": read anew with each phased restart
	DirectoryResolved Directory = "resolved" // File.realpath of it: frozen in the release of the master's start
)

// Release is one deployed version of the application.
type Release struct {
	// Name is the directory under releases, as Capistrano names it: "20261121194902".
	Name string
	// Revision is what its REVISION file says.
	Revision string
	// Boot is how long the application takes to load, or to fail.
	Boot time.Duration
	// Failure is what it raises while it loads; nil where it boots.
	Failure *Failure
	// Hangs means that it never finishes to load.
	Hangs bool
	// Puma is the version in its Gemfile.lock if another than before: only a full restart brings it in.
	Puma string
}

// Failure is the exception that a broken release raises at boot.
type Failure struct {
	// Class and Message are as Ruby prints them; Where is the first line of the trace, "config.ru:2:in `block'".
	Class, Message, Where string
}

// site is an application as Capistrano lays it out on a host.
type site struct {
	root     string
	releases map[string]Release
	current  string
	moved    time.Time
}

func newSite(app string, releases []Release, at time.Time) *site {
	s := &site{root: "/srv/" + app, releases: map[string]Release{}, moved: at}
	for _, r := range releases {
		s.deploy(r, at)
	}
	return s
}

func (s *site) deploy(r Release, at time.Time) {
	s.releases[r.Name], s.current, s.moved = r, r.Name, at
}

func (s *site) path(release string) string { return s.root + "/releases/" + release }
func (s *site) link() string               { return s.root + "/current" }
func (s *site) socket() string             { return s.root + "/shared/tmp/sockets/puma.sock" }
func (s *site) control() string            { return s.root + "/shared/tmp/sockets/pumactl.sock" }
func (s *site) stateFile() string          { return s.root + "/shared/tmp/pids/puma.state" }
func (s *site) configFile() string         { return s.root + "/shared/config/puma.rb" }

// withDefaults fills in what Puma and the unit do where nothing is said.
func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&c.ShutdownTimeout, 30*time.Second)
	set(&c.BootTimeout, 60*time.Second)
	set(&c.RubyStart, 150*time.Millisecond)
	set(&c.RestartSec, 5*time.Second)
	if c.ExecReload == "" {
		c.ExecReload = "/bin/kill -USR1 $MAINPID"
	}
	if c.App == "" {
		c.App = "shop"
	}
	if c.Version == "" {
		c.Version = "6.6.1"
	}
	if c.MaxThreads == 0 {
		c.MaxThreads = 5
	}
	if c.MinThreads == 0 {
		c.MinThreads = c.MaxThreads
	}
	if c.Unit == "" {
		c.Unit = c.App + ".service"
	}
	if len(c.Releases) == 0 {
		c.Releases = []Release{{Name: "20261121191110", Boot: 20 * time.Millisecond}}
	}
	if c.Running == "" {
		c.Running = c.Releases[len(c.Releases)-1].Name
	}
	return c
}

// preloads reports whether the application is loaded before the workers are forked.
func (c Config) preloads() bool { return c.Workers > 0 && c.Preload != NoPreload }
