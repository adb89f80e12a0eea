package inventory

import "pumatop/collector/config"

// Fleet is what the arguments and the configuration come to.
type Fleet struct {
	// Environment is the one that the hosts are of, with its name; both are empty where hosts were named by themselves.
	Name        string
	Environment config.Environment
	Hosts       []Host
}

// Host is one machine and what is wanted of it. Several arguments that name one machine are one Host.
type Host struct {
	// Address is what ssh is given, [user@]host[:port], "local" is this machine; Name is how it is shown, without the user unless two hosts
	// would have one name.
	Address, Name string
	// All is every Puma of the host; else the Apps and those that wrote the state files.
	All        bool
	Apps       []string
	StatePaths []string
	// Groups are the names of the groups that it is in, in their order.
	Groups []string
	// Reach and Pace are what its entry, group, environment and the top of the configuration say, the innermost first.
	Reach config.Reach
	Pace  config.Pace
	// At is where it was written; zero for an argument.
	At config.Origin
}

// Import is what the files of another tool say.
type Import struct {
	// Tool is its name, "Capistrano", and Files what was read, from the project's directory.
	Tool  string
	Files []string
	// Config has one environment a stage.
	Config config.Config
	// Gaps are what the reader could not follow: hosts may be missing, or settings.
	Gaps []Gap
}

// Gap is a line that could not be followed.
type Gap struct {
	At config.Origin
	// Text is what stands there, Why what is in the way, sanitised.
	Text, Why string
}

// String is the gap in a line, with its place in front.
func (g Gap) String() string { return place(g.At, 0) + g.Text + ": " + g.Why }
