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
	key := UnitKey{Name: f[1], User: f[0] == "user"}
	if p.given[key] == nil {
		p.given[key] = &environment{}
	}
	e := p.given[key]
	switch name {
	case "unit":
		properties := map[string]string{}
		p.host.Units[key] = properties
		p.body = func(line string) {
			k, v, ok := strings.Cut(line, "=")
			if k = clean.Line(k); ok && properties[k] == "" {
				properties[k] = clean.Line(v)
			} else if ok { // a unit may have several ExecStartPre and EnvironmentFiles
				properties[k] += "\n" + clean.Line(v)
			}
		}
	case "of":
		file := path.Clean(clean.Line(second(second(rest))))
		p.host.UnitFiles[key] = append(p.host.UnitFiles[key], file)
	case "given":
		e.closed = e.closed || f[2] == "denied"
		p.body = func(line string) { e.files = append(e.files, clean.Line(line)) }
	case "manager":
		p.body = func(line string) { e.manager = append(e.manager, clean.Line(line)) }
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
		m = &process{Master: Master{Workers: map[int]string{}, Gems: map[string]string{}}}
		p.masters[pid] = m
	}
	switch name {
	case "master":
		m.unit = UnitKey{Name: f[2], User: f[1] == "user"}
	case "limit":
		p.limit(&m.Cores, &m.Memory, f)
	case "cwd":
		m.directory(pid, f[1], f[2])
	case "environ":
		m.verdict = f[1]
		p.body = func(line string) { m.own = append(m.own, clean.Line(line)) }
	case "lock":
		if m.Lock == "" {
			m.Lock, m.LockErr = f[2], trouble(f[1])
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

func (m *process) directory(master int, pid, dir string) {
	if n, err := strconv.Atoi(pid); err == nil && n != master {
		m.Workers[n] = dir
	} else if err == nil {
		m.Cwd = dir
	}
}

// gem takes a line of a Gemfile.lock: NAME (VERSION), of several platforms the first.
func (m *process) gem(line string) {
	name, version, ok := strings.Cut(clean.Line(line), " (")
	if _, again := m.Gems[name]; ok && !again {
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

// environment is what /proc has of it where the title was not written over it, else what the unit gives: all of it, unless a
// shell or another program stands between.
func (m *process) environment(given *environment, unit map[string]string) {
	m.Env = map[string]string{}
	if m.verdict == "read" {
		maps.Copy(m.Env, variables(m.own))
		m.EnvKnown = true
		return
	}
	if given == nil || unit == nil {
		return
	}
	maps.Copy(m.Env, variables(given.manager))
	maps.Copy(m.Env, variables(strings.Fields(unit["Environment"])))
	maps.Copy(m.Env, variables(given.files))
	m.EnvKnown = !given.closed && direct.MatchString(unit["ExecStart"])
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
