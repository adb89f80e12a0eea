package capistrano

import (
	"regexp"
	"strconv"
	"strings"
)

// plugin is capistrano-puma, the gem capistrano3-puma, as far as its version and what the Capfile installs of it decide the
// defaults.
type plugin struct {
	// version is major, minor and patch of Gemfile.lock; zero where not known.
	version [3]int
	// systemd is whether the Capfile installs its units, line where.
	systemd bool
	file    string
	line    int
}

var locked = regexp.MustCompile(`(?m)^    capistrano3?-puma \((\d+)\.(\d+)\.(\d+)`)

// lock reads the version out of Gemfile.lock.
func (p *project) lock() {
	text, err := p.text("Gemfile.lock")
	if err != nil {
		return
	}
	m := locked.FindStringSubmatch(text)
	for i := range p.puma.version {
		if len(m) > i+1 {
			p.puma.version[i], _ = strconv.Atoi(m[i+1])
		}
	}
}

func (g plugin) major() int { return g.version[0] }

// roles are those that Puma runs in where puma_role says nothing.
func (g plugin) roles() []string {
	switch {
	case g.major() >= 6:
		return []string{"web"}
	case g.major() > 0:
		return []string{"app"}
	}
	return []string{"app", "web"}
}

// unit is the name of the unit where puma_service_unit_name says nothing; empty where there is none, or it is not known.
func (g plugin) unit(application, stage string) string {
	switch {
	case !g.systemd || g.major() < 5:
		return ""
	case g.major() == 5 && g.version[1] == 0 && g.version[2] < 3:
		return "puma"
	case application == "" || stage == "":
		return ""
	case g.major() == 5:
		return "puma_" + application + "_" + stage
	}
	return application + "_puma_" + stage
}

// writesState reports whether the gem writes a puma.rb of its own, with a state file in shared.
func (g plugin) writesState() bool { return g.major() > 0 && g.major() < 6 }

// install notes install_plugin Capistrano::Puma::Systemd and the like.
func (g *plugin) install(name, file string, line int) {
	if strings.Contains(name, "Puma") {
		g.file, g.line = file, line
		g.systemd = g.systemd || strings.HasSuffix(name, "Systemd")
	}
}
