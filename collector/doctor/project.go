package doctor

// Project is an application's directory on the operator's own machine: what Capistrano reads there.
type Project struct {
	// Dir is the directory, Files what was read of it by path relative to Dir: Capfile, config/deploy.rb, config/deploy/*.rb,
	// lib/capistrano/tasks/*.rake.
	Dir   string
	Files map[string]File
	// Gems are versions of gems by name, from Gemfile.lock.
	Gems map[string]string
}

func capistranoChecks() []Check { return nil }
