package puma

import (
	"strconv"
	"strings"

	"pumatop/collector/clean"
)

// Role is what a Puma process is.
type Role string

// The roles. The one process of single mode has a master's title.
const (
	RoleMaster Role = "master"
	RoleWorker Role = "worker"
)

// Title is a process title that Puma gave itself, unchanged from 3.12 to 8.0:
//
//	puma 6.6.1 (unix:///srv/shop/shared/tmp/sockets/puma.sock) [20261121191110]
//	puma: cluster worker 0: 4242 [20261121191110]
//
// It is the only place that has the version of every Puma. A command line ("puma -C config/puma.rb") is not one: there
// Puma has not come up yet. All text in it is safe to draw.
type Title struct {
	Role Role
	// Version and Binds are the master's. Binds are URLs as configured, queries included.
	Version Version
	Binds   []string
	// Tag is the base name of the directory Puma was started in, or the `tag` of its configuration; up to Puma 6.5
	// it goes on naming the old release after a phased restart.
	Tag string
	// Index is a worker's slot and Master the pid of its master.
	Index, Master int
}

// maxTitle bounds what is looked at; /proc/PID/cmdline gives no more than a page or a few.
const maxTitle = 16 << 10

// ParseTitle reads a process title, as `ps` or /proc/PID/cmdline gives it: trailing spaces and NULs are what is left of
// the command line that the title was written over.
func ParseTitle(s string) (Title, bool) {
	if len(s) > maxTitle {
		s = s[:maxTitle]
	}
	s = strings.Trim(s, " \x00\t\r\n")
	if strings.Contains(s, "\x00") {
		s, _, _ = strings.Cut(s, "\x00")
	}
	s = clean.Line(s)
	if rest, ok := strings.CutPrefix(s, "puma: cluster worker "); ok {
		return parseWorkerTitle(rest)
	}
	if rest, ok := strings.CutPrefix(s, "puma "); ok {
		return parseMasterTitle(rest)
	}
	return Title{}, false
}

// parseMasterTitle reads `6.6.1 (bind,bind) [tag]`. The binds end at the last parenthesis before a tag, since a path
// may have one.
func parseMasterTitle(s string) (Title, bool) {
	text, rest, _ := strings.Cut(s, " ")
	version, ok := ParseVersion(text)
	if !ok || !strings.HasPrefix(rest, "(") {
		return Title{}, false
	}
	t := Title{Role: RoleMaster, Version: version}
	binds := rest[1:]
	if i := strings.LastIndex(binds, ") ["); i >= 0 {
		binds, t.Tag = binds[:i], strings.TrimSuffix(binds[i+len(") ["):], "]")
	} else if binds, ok = strings.CutSuffix(binds, ")"); !ok {
		return Title{}, false
	}
	if binds != "" {
		t.Binds = strings.Split(binds, ",")
	}
	return t, true
}

// parseWorkerTitle reads `0: 4242 [tag]`.
func parseWorkerTitle(s string) (Title, bool) {
	index, rest, ok := strings.Cut(s, ": ")
	if !ok {
		return Title{}, false
	}
	master, tag, _ := strings.Cut(rest, " ")
	i, errIndex := strconv.ParseUint(index, 10, 16)
	pid, errPID := strconv.ParseUint(master, 10, 31)
	if errIndex != nil || errPID != nil || pid == 0 {
		return Title{}, false
	}
	tag = strings.TrimSuffix(strings.TrimPrefix(tag, "["), "]")
	return Title{Role: RoleWorker, Index: int(i), Master: int(pid), Tag: tag}, true
}
