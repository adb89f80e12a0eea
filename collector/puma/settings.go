package puma

import (
	"strconv"
	"strings"
	"time"
)

// Setting is one setting as the text of a puma.rb has it. The zero value is not set.
//
// The text of a configuration is not the configuration: Ruby runs it. So each setting says how far the text alone
// decides it, and only a [Setting.Certain] one may be taken as a fact.
type Setting struct {
	// Text is the value as Puma would take it: the string, the number in decimal, "true", "false", "auto". It is
	// empty where the value cannot be read, and not sanitised.
	Text string
	// Literal is whether the file alone decides the value. It is false for what an environment variable may change
	// (Text then is the fallback), for what depends on the directory Puma was started in (Text then is the likely
	// value), and for what cannot be read.
	Literal bool
	// Conditional is whether it is not certain that this line has effect: it stands under an if, a block or the like,
	// or has a condition behind it.
	Conditional bool
	// Line is the line of the file, from 1; 0 where the setting is not there.
	Line int
	// File is the path of the file where that is another one, which the first evaluates.
	File string
}

// IsSet reports whether the file has the setting at all.
func (s Setting) IsSet() bool { return s.Line > 0 }

// Certain reports whether the file sets exactly this value, whatever else is the case.
func (s Setting) Certain() bool { return s.IsSet() && s.Literal && !s.Conditional }

// before reports whether it certainly stands before another one, or nowhere.
func (s Setting) before(other Setting) bool {
	return !s.IsSet() || s.File == other.File && s.Line <= other.Line
}

// Count is the value as a whole number, missing where it is not certain or no number.
func (s Setting) Count() Count {
	n, err := strconv.ParseInt(s.Text, 10, 64)
	if err != nil || !s.Certain() {
		return Count{}
	}
	return Of(n)
}

// IsTrue and IsFalse report a flag that is certainly on, or certainly off by this line.
func (s Setting) IsTrue() bool { return s.Certain() && s.Text == "true" }

// IsFalse reports a flag that is certainly off by this line.
func (s Setting) IsFalse() bool { return s.Certain() && (s.Text == "false" || s.Text == "nil") }

// Settings is what the text of a puma.rb says. Where a setting stands more than once, the last line that may have
// effect counts, as in Ruby.
type Settings struct {
	// Lines is how many lines the text had; 0 where none was read, and then nothing is known to be unset.
	Lines int

	Preload, PruneBundler, ForkWorker Setting
	Workers, ThreadsMin, ThreadsMax   Setting
	Directory, StatePath, PIDFile     Setting
	StatePermission                   Setting
	Rackup, Environment, Tag          Setting
	Control                           Control
	// Stdout and Stderr are the files of stdout_redirect, Append its third argument.
	Stdout, Stderr, Append Setting
	// Binds are the bind and port lines, in order; ports as "tcp://0.0.0.0:3000".
	Binds []Setting
	// The timeouts are in seconds as written; see [Settings.ShutdownLimit] and [Settings.BootLimit].
	WorkerShutdownTimeout, WorkerBootTimeout, WorkerTimeout, WorkerCheckInterval Setting
	// Hooks are the blocks that Puma runs at certain moments, in order; Text is the name: "on_worker_boot".
	Hooks []Setting
	// Included are the files that were read because this one evaluates them.
	Included []string
	// Opaque is the last line that may set anything: a plug-in that is not one of Puma's own, or text that the file
	// evaluates and that was not read. What the file does not mention is then not known to be unset, nor what it sets before that line.
	Opaque Setting
}

// Control is activate_control_app. Its Text is the URL: "auto" where the line has none, which is Puma's default.
type Control struct {
	Setting
	// Token is set where the file has it in plain text; a random one is in the state file only.
	Token Token
	// NoToken and DataOnly are those options, where they are certain.
	NoToken, DataOnly bool
	// Umask is whether it is given umask: as an option, which Puma heeds up to 4; OptionsUnread whether some of its options
	// cannot be read.
	Umask, OptionsUnread bool
}

// Puma's defaults, unchanged from 3.12 to 8.0.
const (
	DefaultShutdownTimeout = 30 * time.Second
	DefaultBootTimeout     = 60 * time.Second
)

// ShutdownLimit is how long a worker may drain until the master kills it (worker_shutdown_timeout), and whether the
// file says so. Where the file is not certain it is the longer of its value and the default: a limit too short would
// call a draining worker stuck.
func (s Settings) ShutdownLimit() (time.Duration, bool) {
	return s.WorkerShutdownTimeout.seconds(DefaultShutdownTimeout)
}

// BootLimit is how long a worker may boot until the master kills it (worker_boot_timeout), as ShutdownLimit.
func (s Settings) BootLimit() (time.Duration, bool) {
	return s.WorkerBootTimeout.seconds(DefaultBootTimeout)
}

// maxSeconds is a day: a longer timeout is a way to switch one off, and no limit to wait for.
const maxSeconds = 24 * 60 * 60

func (s Setting) seconds(fallback time.Duration) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s.Text, 64)
	if !s.IsSet() || err != nil || !(f > 0) {
		return fallback, false
	}
	d := time.Duration(min(f, maxSeconds) * float64(time.Second))
	if !s.Certain() {
		return max(d, fallback), false
	}
	return d, true
}

// Address is where the control app of this file listens; see [ParseAddress] for its errors. runningFrom is the
// directory that Puma was started in.
func (c Control) Address(runningFrom string) (Address, error) {
	return ParseAddress(strings.TrimSpace(c.Text), runningFrom)
}
