package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/puma"
)

// mapper is a library that keeps connections to a database.
type mapper struct {
	gem, name string
	// careful is the first version that notices a fork by itself; empty where none does.
	careful string
	// close is for before_fork, open for each worker.
	close, open string
}

var mappers = []mapper{
	{"activerecord", "Active Record", "5.2", "ActiveRecord::Base.connection_pool.disconnect!", "ActiveRecord::Base.establish_connection"},
	{"sequel", "Sequel", "", "Sequel::DATABASES.each(&:disconnect)", ""},
	{"mongoid", "Mongoid", "", "Mongoid.disconnect_clients", "Mongoid::Clients.clients.each_value(&:reconnect)"},
	{"rom-sql", "ROM", "", "ROM.env.gateways.each_value(&:disconnect)", ""},
}

// checkConnections asks whether each worker gets connections of its own, by a hook that this version knows.
func checkConnections(t *Target) Answer {
	c := t.config()
	if c.missing != "" {
		return unknown(c.missing)
	}
	if a, bad := t.misnamed(c); bad {
		return a
	}
	forks := t.phased(c).Answer == puma.No || c.settings.Preload.IsTrue() || c.settings.ForkWorker.Certain() && !c.settings.ForkWorker.IsFalse()
	if single, _ := t.single(); single || !forks {
		return rather(t.outdated(c), notHere("nothing is preloaded: each worker connects by itself"))
	}
	hook := slices.IndexFunc(c.settings.Hooks, func(s puma.Setting) bool {
		return !s.Conditional && slices.Contains([]string{"on_worker_boot", "before_worker_boot", "before_fork", "on_refork", "before_refork"}, s.Text)
	})
	if hook >= 0 {
		return rather(t.outdated(c), ok(c.at(c.settings.Hooks[hook])))
	}
	return t.unhooked(c)
}

// unhooked judges an application that is preloaded and has no hook, by the libraries in its Gemfile.lock.
func (t *Target) unhooked(c config) Answer {
	m := t.master()
	switch {
	case t.Host == nil:
		return unknown(cmp.Or(t.Silent, "the host was not asked which libraries the application has"))
	case m.Lock == "" && m.Cwd == "":
		return unknown("the directory that it runs in was not read, so that it is not known what connects to a database")
	case m.LockErr != "":
		return unknown(m.Lock + ": " + m.LockErr)
	case m.Lock == "":
		return unknown("the release has no Gemfile.lock, so that it is not known what connects to a database")
	case c.settings.Opaque.IsSet():
		return unknown(c.depends(c.settings.Opaque))
	}
	for _, x := range mappers {
		version, has := m.Gems[x.gem]
		if !has || x.careful != "" && !older(version, x.careful) {
			continue
		}
		return found(fmt.Sprintf("the application is preloaded with %s %s, and no hook connects each worker anew", x.name, version), c.add(x.hooks(t.Puma.Version)...)+t.anew(),
			Evidence{File: m.Lock, Text: x.gem + " (" + version + ")"}, c.without(bootHook(t.Puma.Version)))
	}
	if m.LockCut {
		return unknown("not all of " + m.Lock + " was read")
	}
	return rather(t.outdated(c), ok(Evidence{File: m.Lock, Text: "no library that keeps connections over a fork"}))
}

func rather(a Answer, b Answer) Answer {
	if a.Result == Found {
		return a
	}
	return b
}

// hooks are the lines that close connections in the master and open them in each worker.
func (m mapper) hooks(v puma.Version) []string {
	lines := []string{"before_fork do", "  " + m.close, "end"}
	if m.open != "" {
		lines = append(lines, bootHook(v)+" do", "  "+m.open, "end")
	}
	return lines
}

// bootHook is what Puma calls the hook of a worker that boots.
func bootHook(v puma.Version) string {
	if v.AtLeast(7, 0, 0) {
		return puma.RenamedHook("on_worker_boot")
	}
	return "on_worker_boot"
}

// misnamed finds hooks by names that came with 7.0, in a Puma that is older.
func (t *Target) misnamed(c config) (Answer, bool) {
	v := t.Puma.Version
	if v.IsZero() || v.AtLeast(7, 0, 0) {
		return Answer{}, false
	}
	for _, s := range c.settings.Hooks {
		old := oldHook(s.Text)
		if old == "" || s.Conditional {
			continue
		}
		a := found(fmt.Sprintf("Puma %s knows no %s: it does not start with this file", v, s.Text), c.instead(s, renamedLine(c.line(fileOf(c, s), s.Line), s.Text, old)), c.at(s))
		a.Severity = Blocks
		a.Consequence = "Puma ends at its next start with NoMethodError: a full restart, or a reboot of the host, takes the application down."
		return a, true
	}
	return Answer{}, false
}

// outdated finds hooks by names from before 7.0, of which 7 and 8 warn.
func (t *Target) outdated(c config) Answer {
	if !t.Puma.Version.AtLeast(7, 0, 0) {
		return Answer{}
	}
	var evidence []Evidence
	remedy := ""
	for _, s := range c.settings.Hooks {
		if name := puma.RenamedHook(s.Text); name != "" {
			evidence = append(evidence, c.at(s))
			remedy += c.instead(s, renamedLine(c.line(fileOf(c, s), s.Line), s.Text, name))
		}
	}
	if len(evidence) == 0 {
		return Answer{}
	}
	a := found("hooks have names from before Puma 7", remedy, evidence...)
	a.Severity, a.Consequence = Advice, "Puma warns of them at each start, and a later version will not start."
	return a
}

func renamedLine(line, from, to string) string {
	if line == "" {
		return to + " do"
	}
	return pasted(strings.Replace(line, from, to, 1))
}

// oldHook is what Puma called a hook before 7.0; empty where it had no other name.
func oldHook(name string) string {
	for _, old := range []string{"on_worker_boot", "on_worker_shutdown", "on_worker_fork", "on_restart", "on_refork", "on_booted", "on_stopped", "on_thread_start", "on_thread_exit"} {
		if puma.RenamedHook(old) == name {
			return old
		}
	}
	return ""
}

// older compares versions of gems by their numbers.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range y {
		n, _ := strconv.Atoi(y[i])
		m := 0
		if i < len(x) {
			m, _ = strconv.Atoi(x[i])
		}
		if m != n {
			return m < n
		}
	}
	return false
}
