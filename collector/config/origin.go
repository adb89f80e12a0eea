package config

import "strconv"

// Origin is where a value was written.
type Origin struct {
	// Layer is what kind of file it is.
	Layer Layer
	// File is its path, Name what messages call it, where that is shorter: from the working directory, or with ~.
	File, Name string
	// Line and Column count from 1.
	Line, Column int
}

// String is the file and line, as compilers write them.
func (o Origin) String() string {
	name := o.Name
	if name == "" {
		name = o.File
	}
	if o.Line == 0 {
		return name
	}
	return name + ":" + strconv.Itoa(o.Line)
}

// Layer is one of the files, or what stands in for them.
type Layer string

// The layers, the weakest first. Imported is what another tool's files say.
const (
	System   Layer = "system"
	User     Layer = "user"
	Project  Layer = "project"
	Named    Layer = "named" // --config, in place of all others
	Imported Layer = "imported"
)
