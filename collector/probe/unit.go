package probe

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// unit reads what `systemctl show` printed. Properties that an older systemd does not have stay zero; NRestarts is
// missing before systemd 235.
func (r RawUnit) unit() Unit {
	p := func(name string) string { return clean.Line(r.Properties[name]) }
	kept := func(name string) string { return strings.Clone(p(name)) }
	u := Unit{
		Name: kept("Id"), Scope: r.Scope,
		Active: kept("ActiveState"), Sub: kept("SubState"), Result: kept("Result"), Type: kept("Type"),
		ExecStart: strings.Clone(argv(p("ExecStart"))), ExecReload: strings.Clone(argv(p("ExecReload"))),
		WorkingDirectory: strings.Clone(strings.TrimLeft(p("WorkingDirectory"), "!-")),
		Watchdog:         timespan(p("WatchdogUSec")),
		Enabled:          kept("UnitFileState"), Status: kept("StatusText"), Fragment: kept("FragmentPath"), User: kept("User"),
		PrivateTmp: p("PrivateTmp") == "yes" || p("PrivateTmp") == "connected" || p("PrivateTmp") == "disconnected",
	}
	u.loaded = p("LoadState") == "loaded"
	if strings.HasPrefix(u.Type, "notify") {
		u.BootTime = between(p("ExecMainStartTimestampMonotonic"), p("ActiveEnterTimestampMonotonic"))
	}
	if kind, file, ok := strings.Cut(p("StandardOutput"), ":"); ok && kind != "fd" && path.IsAbs(file) {
		u.LogPath = strings.Clone(file)
	}
	u.MainPID, _ = strconv.Atoi(p("MainPID"))
	u.Manager, _ = strconv.Atoi(r.Manager)
	if n, err := strconv.ParseInt(p("NRestarts"), 10, 64); err == nil {
		u.Restarts = puma.Of(n)
	}
	return u
}

// between is the time from one of systemd's monotonic timestamps to a later one, which are microseconds, 0 for never. A
// unit that is being started has one of an earlier run for its end; neither a reload nor a full restart of Puma, which
// systemd sees as a reload too, moves it.
func between(from, to string) time.Duration {
	a, err := strconv.ParseInt(from, 10, 64)
	b, errTo := strconv.ParseInt(to, 10, 64)
	if err != nil || errTo != nil || a <= 0 || b <= a || b-a > int64(24*time.Hour/time.Microsecond) {
		return 0
	}
	return time.Duration(b-a) * time.Microsecond
}

// argv is the command line in systemctl's "{ path=… ; argv[]=… ; ignore_errors=no ; … }"; other text is returned as
// it stands.
func argv(s string) string {
	_, rest, ok := strings.Cut(s, "argv[]=")
	if !ok {
		return s
	}
	if i := strings.Index(rest, " ; ignore_errors="); i >= 0 {
		return rest[:i]
	}
	return strings.TrimSuffix(rest, " }")
}

// timespan reads a time as systemd prints it, "1min 30s"; "infinity" and what it does not know are 0.
func timespan(s string) time.Duration {
	units := map[string]time.Duration{
		"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "min": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
	var sum time.Duration
	for part := range strings.FieldsSeq(s) {
		i := strings.IndexFunc(part, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if i <= 0 {
			return 0
		}
		n, err := strconv.ParseFloat(part[:i], 64)
		unit, ok := units[part[i:]]
		if err != nil || !ok || n > 1e6 {
			return 0
		}
		if n*float64(unit) > float64(maxTimespan-sum) {
			return 0
		}
		sum += time.Duration(n * float64(unit))
	}
	return sum
}

// maxTimespan is more than any unit waits for, and keeps foreign numbers from overflowing: ten years.
const maxTimespan = 10 * 365 * 24 * time.Hour

// servesPuma reports whether the unit's command starts a Puma server. Many units only have Puma in their name
// (an exporter, a log shipper) or in an argument; a target that is none would be called not running for ever.
func (u Unit) servesPuma() bool {
	words := strings.FieldsFunc(u.ExecStart, func(r rune) bool { return strings.ContainsRune(" \t;&|\"'()", r) })
	for i, word := range words {
		before := ""
		if i > 0 {
			before = words[i-1]
		}
		switch path.Base(word) {
		case "puma":
			if !strings.HasPrefix(before, "-") || slices.Contains([]string{"-c", "-lc", "-lic", "-S", "--"}, before) {
				return true
			}
		case "pumactl":
			if slices.Contains(words[i:], "start") {
				return true
			}
		case "rails", "rackup":
			if strings.Contains(u.Name, "puma") {
				return true
			}
		}
	}
	// a start script of the house's own, in a unit that is named after nothing but Puma
	name, _, _ := strings.Cut(strings.TrimSuffix(u.Name, ".service"), "@")
	return name == "puma" && u.ExecStart != ""
}

// hosting are services in whose control groups processes of all sorts run, by beginnings of their names.
var hosting = regexp.MustCompile(`^(cron|crond|atd|ssh|sshd|ssh@|sshd@|docker|containerd|crio|getty|user@|init)[^a-z]`)

// unitOf finds the unit of a process in the lines of its /proc/PID/cgroup: the last component ending in .service,
// below the user manager if there is one. On a host with both hierarchies either may have it.
func unitOf(cgroup []string) (name string, scope Scope, manager int) {
	for _, line := range cgroup {
		_, rest, _ := strings.Cut(line, ":")
		controller, group, ok := strings.Cut(rest, ":")
		if !ok || controller != "" && controller != "name=systemd" {
			continue
		}
		in, of := SystemScope, 0
		if _, rest, ok := strings.Cut(group, "/user@"); ok {
			uid, below, ok := strings.Cut(rest, ".service/")
			if !ok {
				continue
			}
			in, group = UserScope, below
			of, _ = strconv.Atoi(uid)
		}
		parts := strings.Split(group, "/")
		for _, part := range slices.Backward(parts) {
			if strings.HasSuffix(part, ".service") && !hosting.MatchString(part) {
				return clean.Line(part), in, of
			}
		}
	}
	return "", NoScope, 0
}

// inContainer reports whether the control group is that of a container's: its paths and pids are its own.
func inContainer(cgroup []string) bool {
	for _, line := range cgroup {
		for _, mark := range [...]string{"/docker", "libpod-", "/kubepods", "cri-containerd", "/lxc"} {
			if strings.Contains(line, mark) {
				return true
			}
		}
	}
	return false
}

// unescapeUnit undoes systemd's \xNN.
func unescapeUnit(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], `\x`) && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
