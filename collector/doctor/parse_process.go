package doctor

import (
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// unit takes a record of a unit.
func (p *parser) unit(name, rest string) {
	f := fields(rest, 4)
	key := unitKey(f[0], f[1])
	if p.given[key] == nil {
		p.given[key] = &environment{}
	}
	e := p.given[key]
	switch name {
	case "unit":
		p.body = p.properties(key)
	case "of":
		file := path.Clean(clean.Line(second(second(rest))))
		p.host.UnitFiles[key] = append(p.host.UnitFiles[key], file)
	case "given":
		if f[2] != "read" && f[2] != "missing" {
			e.close()
		}
		lines := 0
		p.body = func(line string) {
			if lines++; lines > maxVariables {
				e.close()
			} else {
				e.files = append(e.files, clean.Line(line))
			}
		}
	case "manager":
		lines := 0
		p.body = func(line string) {
			if lines++; lines > maxVariables {
				e.close()
			} else {
				e.manager = append(e.manager, clean.Line(line))
			}
		}
	}
}

// close forgets what was set before a file that was not read, or not all of it: it may be set anew there.
func (e *environment) close() {
	e.closed, e.manager, e.files = true, nil, nil
}

// unitKey reads a scope as records have it, system or user:UID.
func unitKey(scope, name string) UnitKey {
	scope, uid, _ := strings.Cut(scope, ":")
	manager, _ := strconv.Atoi(uid)
	return UnitKey{Name: name, User: scope == "user", Manager: manager}
}

// properties takes what systemctl shows of a unit; none of it counts where it is more than is read.
func (p *parser) properties(key UnitKey) func(string) {
	shown, lines, size := map[string]string{}, 0, 0
	p.host.Units[key] = shown
	return func(line string) {
		size += len(line)
		if lines++; lines > maxProperties || size > 2*maxFile {
			delete(p.host.Units, key)
			return
		}
		k, v, ok := strings.Cut(line, "=")
		if k = clean.Line(k); ok && shown[k] == "" {
			shown[k] = clean.Line(v)
		} else if ok { // a unit may have several ExecStartPre and EnvironmentFiles
			shown[k] += "\n" + clean.Line(v)
		}
	}
}

// process takes a record of a master.
func (p *parser) process(name, rest string) {
	f := fields(rest, 3)
	if name == "limit" && f[0] == "self" {
		p.limit(&p.host.Cores, &p.host.Memory, f)
		return
	}
	pid, err := strconv.Atoi(f[0])
	if err != nil || pid <= 0 {
		return
	}
	m := p.masters[pid]
	if m == nil {
		m = &process{Master: Master{Gems: map[string]string{}}}
		p.masters[pid] = m
	}
	switch name {
	case "master":
		m.unit = unitKey(f[1], f[2])
	case "limit":
		p.limit(&m.Cores, &m.Memory, f)
	case "cwd":
		m.Cwd = clean.Line(second(rest))
	case "environ":
		m.verdict = f[1]
		p.body = m.variable
	case "lock":
		if m.Lock == "" {
			m.Lock, m.LockErr, m.LockCut = f[2], trouble(f[1]), f[1] == "cut"
			p.body = m.gem
		}
	case "booted":
		m.Booted = clock(f[1])
	case "newer":
		if file := path.Clean(clean.Line(second(rest))); !slices.Contains(m.Newer, file) {
			m.Newer = append(m.Newer, file)
		}
	}
}

// variable takes a line of its environment.
func (m *process) variable(line string) {
	if m.more = m.more || len(m.own) == maxVariables; !m.more {
		m.own = append(m.own, clean.Line(line))
	}
}

// gem takes a line of a Gemfile.lock: NAME (VERSION), of several platforms the first.
func (m *process) gem(line string) {
	name, version, ok := strings.Cut(clean.Line(line), " (")
	if m.lines++; m.lines > maxGems {
		m.LockCut = true
	} else if _, again := m.Gems[name]; ok && !again {
		m.Gems[name] = strings.TrimSuffix(version, ")")
	}
}

// limit takes what a control group may use: "150000 100000" is one and a half cores.
func (p *parser) limit(cores, memory *puma.Count, f []string) {
	if f[1] == "memory.max" {
		*memory = least(*memory, count(f[2]))
		return
	}
	quota, period, _ := strings.Cut(f[2], " ")
	q, each := count(quota), count(period)
	if q.N > 0 && each.N > 0 {
		*cores = least(*cores, puma.Of(int64(math.Ceil(float64(q.N)/float64(each.N)))))
	}
}

// finish puts together what several records tell.
func (p *parser) finish() {
	for pid, m := range p.masters {
		m.environment(p.given[m.unit], p.host.Units[m.unit])
		m.Cores, m.Memory = least(m.Cores, p.host.Cores), least(m.Memory, p.host.Memory)
		p.host.Masters[pid] = m.Master
	}
}

// environment is what /proc has of it where the title was not written over it, else what the unit gives, unless a shell or
// another program stands between, which may set anything.
func (m *process) environment(given *environment, unit map[string]string) {
	m.Env = map[string]string{}
	if m.verdict == "read" {
		maps.Copy(m.Env, variables(m.own))
		m.EnvKnown = !m.more
		return
	}
	if given == nil || unit == nil || !direct.MatchString(unit["ExecStart"]) {
		return
	}
	if !given.closed {
		maps.Copy(m.Env, variables(given.manager))
		maps.Copy(m.Env, variables(strings.Fields(unit["Environment"])))
	}
	maps.Copy(m.Env, variables(given.files))
	m.EnvKnown = !given.closed
}

// direct is an ExecStart whose command is Puma's own or Bundler's: what systemd gives is what they get.
var direct = regexp.MustCompile(`argv\[\]=\S*/(puma|bundle|ruby[0-9.]*|rails) `)

// variables reads NAME=VALUE lines.
func variables(lines []string) map[string]string {
	out := map[string]string{}
	for _, line := range slices.Backward(lines) { // the last of several counts
		name, value, ok := strings.Cut(line, "=")
		if _, again := out[name]; ok && !again && value != "[hidden]" {
			out[name] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return out
}
