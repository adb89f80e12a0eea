package config

import "time"

// Config is a whole configuration. The zero value is that of an empty file.
type Config struct {
	Environment  string                 `yaml:"environment" eg:"production" doc:"the environment that is opened where none is named"`
	Environments map[string]Environment `yaml:"environments" doc:"what is watched and deployed together: production, staging" kind:"name"`

	// Reach and Pace at the top hold for every environment that says nothing else.
	Reach `yaml:",inline"`
	Pace  `yaml:",inline"`

	// Looks are how the screen looks and moves.
	Looks `yaml:",inline"`

	Interval   time.Duration     `yaml:"interval" eg:"2s" doc:"pause between two polls of a target" min:"250ms" max:"1m"`
	SSHConfig  string            `yaml:"ssh_config" eg:"~/.ssh/config" doc:"ssh configuration file, as ssh -F; none reads none" kind:"path" trust:"may run commands"`
	ReadOnly   bool              `yaml:"read_only" doc:"change nothing on any server" safer:"true"`
	Protected  bool              `yaml:"protected" doc:"ask for the environment's name before anything is done" safer:"true"`
	Thresholds Thresholds        `yaml:"thresholds" doc:"what check calls a warning and what critical, which alerts call for"`
	Columns    []string          `yaml:"columns" eg:"[target, state, busy]" doc:"the fleet's columns, from left to right" values:"columns"`
	Sort       string            `yaml:"sort" eg:"-busy" doc:"the column that the fleet is sorted by, with - in front the other way around" values:"columns"`
	Filter     string            `yaml:"filter" eg:"'!canary'" doc:"what the fleet is filtered by at the start"`
	Theme      string            `yaml:"theme" eg:"dark" doc:"colours of the screen" values:"themes"`
	Color      string            `yaml:"color" eg:"auto" doc:"how many colours the terminal has" oneof:"auto truecolor 256 16 none"`
	ASCII      bool              `yaml:"ascii" doc:"draw with ASCII alone"`
	Mouse      *bool             `yaml:"mouse" doc:"take the mouse; false leaves it to the terminal"`
	Alerts     Alerts            `yaml:"alerts" doc:"how a person is called who looks elsewhere"`
	Keys       map[string]string `yaml:"keys" eg:"{ reload: ctrl+r }" doc:"other keys for what the keys do: reload: ctrl+r" values:"keys"`
}

// Environment is what is watched and deployed together.
type Environment struct {
	Color     string           `yaml:"color" eg:"red" doc:"its colour in the header" oneof:"red yellow green blue magenta cyan"`
	Protected bool             `yaml:"protected" doc:"ask for the environment's name before anything is done" safer:"true"`
	ReadOnly  bool             `yaml:"read_only" doc:"change nothing on its servers" safer:"true"`
	AllowStop bool             `yaml:"allow_stop" doc:"let targets be stopped" safer:"false"`
	Groups    map[string]Group `yaml:"groups" doc:"its hosts, by what they are for" kind:"name"`

	Reach `yaml:",inline"`
	Pace  `yaml:",inline"`

	Interval   time.Duration `yaml:"interval" eg:"2s" doc:"pause between two polls of a target" min:"250ms" max:"1m"`
	Thresholds Thresholds    `yaml:"thresholds" doc:"what check calls a warning and what critical, which alerts call for"`
}

// Group is hosts that are reached and restarted in one way.
type Group struct {
	Hosts []Host `yaml:"hosts" doc:"[user@]host[:port][/app], with ranges: web[01-12].example.com"`

	Reach `yaml:",inline"`
	Pace  `yaml:",inline"`
}

// Host is one entry of a group: a text, or a mapping where it has a name or settings of its own.
type Host struct {
	Host string `yaml:"host" eg:"deploy@web13.example.com:2222/shop" doc:"[user@]host[:port][/app], with ranges" short:"true"`
	Name string `yaml:"name" eg:"web13" doc:"what it is called on the screen and the command line"`

	Reach `yaml:",inline"`

	// At is where the entry is written.
	At Origin `yaml:"-"`
}

// Reach is how hosts are reached and what of them is watched. What an inner level does not say, the outer one does.
type Reach struct {
	App       string   `yaml:"app" eg:"shop" doc:"the one Puma of the host that is meant; every one where it is left out"`
	State     string   `yaml:"state" eg:"/srv/shop/shared/tmp/pids/puma.state" doc:"state file, where the probe cannot find it: /srv/shop/shared/tmp/puma.state" kind:"remote"`
	Socket    string   `yaml:"socket" eg:"unix:///srv/shop/shared/tmp/sockets/pumactl.sock" doc:"control app, where the host does not show it: unix:///path, tcp://127.0.0.1:9293" kind:"control" trust:"is where the token goes"`
	Token     Token    `yaml:"token" doc:"where the token of the control app comes from; the state file where it is left out" merge:"whole"`
	Unit      string   `yaml:"unit" eg:"puma_shop.service" doc:"systemd unit, where the probe cannot find it" kind:"word"`
	Via       string   `yaml:"via" eg:"systemd" doc:"the one way that a restart may take" oneof:"control systemd signal"`
	Become    string   `yaml:"become" eg:"shop" doc:"user that scripts and control sockets are of, through sudo -n" kind:"word"`
	Command   []string `yaml:"command" eg:"[docker, exec, -i, '{host}', sh]" doc:"a command of this machine that is a shell on the host, in place of ssh; {host} is its name" kind:"command" trust:"runs a command"`
	Transport string   `yaml:"transport" eg:"auto" doc:"what connects" oneof:"auto native openssh"`
	SSH       SSH      `yaml:"ssh" doc:"what ssh is told beside its own configuration"`

	// Untrusted are the settings of this level that a project's file has and that count only once it is trusted, each with
	// where it is written. Hosts that they are for, here or below, are not to be reached: [NotTrusted] says why.
	Untrusted []string `yaml:"-"`
}

// Token says where a token comes from. It is never written in the file itself.
type Token struct {
	Env     string   `yaml:"env" eg:"SHOP_PUMA_TOKEN" doc:"environment variable" trust:"sends a secret of yours"`
	File    string   `yaml:"file" eg:"~/.puma-token" doc:"file of this machine, of which the first line counts" kind:"path" trust:"sends a secret of yours"`
	Command []string `yaml:"command" eg:"[pass, show, puma/shop]" doc:"command of this machine that prints it" kind:"command" trust:"runs a command"`
}

// SSH is told to ssh as with -o, before its own configuration.
type SSH struct {
	User      string            `yaml:"user" eg:"deploy" doc:"login" kind:"word"`
	Port      int               `yaml:"port" eg:"22" doc:"port" min:"1" max:"65535"`
	Identity  []string          `yaml:"identity" eg:"[~/.ssh/deploy]" doc:"key files" kind:"path"`
	ProxyJump string            `yaml:"proxy_jump" eg:"bastion.example.com" doc:"hosts on the way, as ssh -J" kind:"word"`
	Options   map[string]string `yaml:"options" eg:"{ ServerAliveInterval: 5 }" doc:"any other keyword of ssh_config: ServerAliveInterval: 5" kind:"option" trust:"may run a command or weaken what is checked"`
}

// Pace is how a rollout goes through its targets.
type Pace struct {
	Batch          string        `yaml:"batch" eg:"25%" doc:"how many targets at a time: 2 or 25%" kind:"amount"`
	Canary         *int          `yaml:"canary" eg:"1" doc:"how many targets first, by themselves" min:"0"`
	MaxUnavailable string        `yaml:"max_unavailable" eg:"1" doc:"how many targets may not serve at any time: 2 or 25%" kind:"amount"`
	Pause          time.Duration `yaml:"pause" eg:"30s" doc:"pause between two batches" min:"0s" max:"24h"`
}

// Thresholds are the limits of what is well.
type Thresholds struct {
	Utilisation    Limits `yaml:"utilisation" eg:"{ warning: 80, critical: 95 }" doc:"threads in use, in percent of all"`
	Backlog        Limits `yaml:"backlog" eg:"{ warning: 1, critical: 20 }" doc:"requests that wait in Puma"`
	ListenQueue    Limits `yaml:"listen_queue" eg:"{ warning: 1, critical: 100 }" doc:"connections that wait in the kernel"`
	SampleAge      Limits `yaml:"sample_age" eg:"{ warning: 15, critical: 60 }" doc:"age of a worker's figures, in seconds"`
	WorkersMissing Limits `yaml:"workers_missing" eg:"{ warning: 1, critical: 2 }" doc:"workers that a target has too few"`
	Memory         Limits `yaml:"memory" eg:"{ warning: 800, critical: 1200 }" doc:"memory of one worker, in MB"`
	Releases       Limits `yaml:"releases" eg:"{ warning: 2 }" doc:"releases that run side by side; 2 is a mix"`
	Versions       Limits `yaml:"versions" eg:"{ warning: 2 }" doc:"versions of Puma that run side by side; 2 is a mix"`
}

// Limits are the figures from which on something is a warning, or critical; nil is none.
type Limits struct {
	Warning  *float64 `yaml:"warning" eg:"80" doc:"a warning from here on" min:"0"`
	Critical *float64 `yaml:"critical" eg:"95" doc:"critical from here on" min:"0"`
}

// Alerts are how a person is called at the end of a restart, and where a target becomes critical.
type Alerts struct {
	Bell     bool   `yaml:"bell" eg:"true" doc:"ring the terminal's bell at the end of a restart and where a target becomes critical"`
	Desktop  string `yaml:"desktop" eg:"auto" doc:"desktop notification for the same, by a sequence of the terminal" oneof:"off auto osc9 osc777"`
	Progress string `yaml:"progress" eg:"auto" doc:"how far a restart is, in the terminal's tab (OSC 9;4)" oneof:"auto on off"`
}
