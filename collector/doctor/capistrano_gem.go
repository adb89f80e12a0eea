package doctor

import (
	"strconv"
	"strings"
)

// capistranoPuma is the gem capistrano3-puma, by the version in Gemfile.lock: major and minor, -1 where it is not known.
type capistranoPuma struct {
	major, minor int
	text         string
}

func pumaGem(version string) capistranoPuma {
	g := capistranoPuma{-1, -1, version}
	parts := strings.Split(version, ".")
	if len(parts) < 2 {
		return g
	}
	major, errMajor := strconv.Atoi(parts[0])
	minor, errMinor := strconv.Atoi(parts[1])
	if errMajor == nil && errMinor == nil {
		g.major, g.minor = major, minor
	}
	return g
}

func (g capistranoPuma) known() bool { return g.major >= 0 }

func (g capistranoPuma) atLeast(major, minor int) bool {
	return g.major > major || g.major == major && g.minor >= minor
}

// hooksOnRequire: up to version 2 the gem hung its restart on the deploy when it was required.
func (g capistranoPuma) hooksOnRequire() bool { return g.known() && g.major < 3 }

// hook is what a plugin of the gem hangs on which task of a deploy; empty where it hangs nothing. Since version 5 it is not
// Capistrano::Puma that does, but the plugin for the way in which Puma is run.
func (g capistranoPuma) hook(plugin string) (when, task string) {
	switch {
	case plugin == "Capistrano::Puma::Systemd" && g.known() && !g.atLeast(5, 1):
		return "deploy:finished", "puma:restart"
	case plugin == "Capistrano::Puma::Systemd" && g.known() && !g.atLeast(5, 2):
		return "deploy:finished", "puma:reload"
	case plugin == "Capistrano::Puma::Systemd" && g.known() && !g.atLeast(7, 0):
		return "deploy:finished", "puma:smart_restart"
	case plugin == "Capistrano::Puma::Systemd": // of an unknown version the newest
		return "deploy:published", "puma:smart_restart"
	case plugin == "Capistrano::Puma::Daemon", plugin == "Capistrano::Puma" && g.known() && g.major < 5:
		return "deploy:finished", "puma:smart_restart"
	}
	return "", ""
}

// systemctlUser is puma_systemctl_user where nothing sets it.
func (g capistranoPuma) systemctlUser() string {
	switch {
	case g.atLeast(6, 0):
		return "user"
	case g.known():
		return "system"
	}
	return ""
}

// reloads reports whether the gem has a task puma:reload for systemd, which restarts a unit that is not active.
func (g capistranoPuma) reloads() bool { return g.atLeast(5, 1) }
