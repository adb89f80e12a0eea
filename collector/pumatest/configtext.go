package pumatest

import (
	"fmt"
	"time"
)

// configText is the puma.rb that says what Config says, as a careful person writes one.
func (p *Puma) configText() []string {
	root := p.site.root
	var lines []string
	add := func(format string, a ...any) { lines = append(lines, fmt.Sprintf(format, a...)) }
	add("# %s: managed by the deploy, see %s/shared/config", p.c.App, root)
	add("shared_dir = %q", root+"/shared")
	switch p.c.Directory {
	case DirectoryResolved:
		add("directory File.realpath(%q)", p.site.link())
	default:
		add("directory %q", p.site.link())
	}
	add("environment \"production\"")
	add("")
	if p.c.Workers > 0 {
		add("workers %d", p.c.Workers)
	}
	add("threads %d, %d", p.c.MinThreads, p.c.MaxThreads)
	lines = append(lines, p.forkText()...)
	if p.c.ShutdownTimeout != 30*time.Second {
		add("worker_shutdown_timeout %d", int(p.c.ShutdownTimeout.Seconds()))
	}
	if p.c.BootTimeout != 60*time.Second {
		add("worker_boot_timeout %d", int(p.c.BootTimeout.Seconds()))
	}
	add("")
	add("bind \"unix://#{shared_dir}/tmp/sockets/puma.sock\"")
	add("state_path \"#{shared_dir}/tmp/pids/puma.state\"")
	if !p.c.NoControl {
		options := ""
		switch {
		case p.c.Token != "":
			options = ", { auth_token: File.read(\"#{shared_dir}/config/control_token\").strip }"
		case p.c.DataOnly:
			options = ", { data_only: true }"
		}
		add("activate_control_app \"unix://#{shared_dir}/tmp/sockets/pumactl.sock\"%s", options)
	}
	if p.c.HookHangs {
		add("")
		add("before_worker_fork { Warmup.run }")
	}
	return lines
}

// forkText is what it says of the way in which workers come to their application.
func (p *Puma) forkText() (lines []string) {
	switch p.c.Preload {
	case PreloadConfig:
		lines = append(lines, "preload_app!")
	case PreloadConditional:
		lines = append(lines, `preload_app! if ENV["PUMA_PRELOAD"] == "1"`)
	case NoPreload:
		if p.c.Workers > 0 && p.v.AtLeast(5, 0, 0) {
			lines = append(lines, "preload_app! false")
		}
	case PreloadDefault:
	}
	if p.c.ForkWorker {
		lines = append(lines, "fork_worker")
	}
	return lines
}
