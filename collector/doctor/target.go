package doctor

import (
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// Target is all that is known of one target, or of an application's directory on the operator's machine.
type Target struct {
	// Name is its id: web1/shop. Machine is what its host is called, empty where that is not known, and Groups are those that
	// the host is in.
	Name    string
	Machine string
	Groups  []string
	// Puma is what the probe found; its PID is 0 where none runs. Stats is what the control app answered last, its zero value
	// where nothing did.
	Puma  probe.Puma
	Stats puma.Stats
	// Failing is why the control app was not reached, in words; empty where it was.
	Failing string
	// Slowest is the oldest request seen while the target was watched; 0 for none.
	Slowest time.Duration
	// Host is what its host said; nil where no commands may be run there, or it was not asked, and then Silent says why.
	Host   *Host
	Silent string
	// Peers are the other targets that are examined and share a group with it.
	Peers []*Target
	// Project is the application's directory on the operator's machine, for the checks of Capistrano; nil for none.
	Project *Project
}

// beside reports whether another target is on the same host.
func (t *Target) beside(other *Target) bool {
	return t == other || t.Host != nil && t.Host == other.Host || t.Machine != "" && t.Machine == other.Machine
}

// File is a file that was read as text.
type File struct {
	Path string
	Text string
	// Err is why it could not be read, in the host's words; Cut is whether it was longer than what was read of it.
	Err string
	Cut bool
}
