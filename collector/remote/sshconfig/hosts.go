package sshconfig

import (
	"os"
	"path/filepath"
	"strings"

	"pumatop/collector/clean"
)

// What Hosts reads at most, so that a shell that completes never waits for it.
const (
	hostsFiles = 256
	hostsBytes = 8 << 20
)

// Hosts are the names that ssh's configuration has blocks for, as candidates for completion: those of Host lines without
// wildcards, in the order of the files, which are the user's and the system's or the one that is named ("none" for
// none). Whether a block would apply is not asked and nothing is run: a Match is passed over, an Include is followed
// wherever it stands. What cannot be read, or what ssh would refuse since others may write it, has no hosts.
func Hosts(file string) []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	l := lister{home: home, seen: map[string]bool{}, read: map[string]bool{}}
	own := filepath.Join(home, ".ssh")
	switch file {
	case "none":
	case "":
		l.file(filepath.Join(own, "config"), source{dir: own, private: true})
		l.file(systemFile, source{dir: filepath.Dir(systemFile)})
	default:
		l.file(file, source{dir: own})
	}
	return l.hosts
}

// lister collects the names of hosts; no file is read twice.
type lister struct {
	home       string
	hosts      []string
	seen, read map[string]bool
	bytes      int64
}

func (l *lister) file(path string, s source) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || s.private && !trustworthy(info) || l.read[path] || len(l.read) >= hostsFiles {
		return // a pipe would be waited for
	}
	l.read[path] = true
	if l.bytes += info.Size(); l.bytes > hostsBytes {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	l.lines(string(text), s)
}

func (l *lister) lines(text string, s source) {
	for line := range strings.Lines(text) {
		words, ok := split(line)
		if !ok || len(words) < 2 {
			continue
		}
		switch strings.ToLower(words[0]) {
		case "host":
			for _, name := range words[1:] {
				l.name(name)
			}
		case "include":
			if s.depth < includeDepth {
				l.include(words[1:], source{dir: s.dir, depth: s.depth + 1, private: true})
			}
		}
	}
}

// name takes a name that a person could have typed: no pattern, no option, nothing that a terminal would obey.
func (l *lister) name(name string) {
	if name == "" || l.seen[name] || strings.ContainsAny(name, "*?! \t") || name[0] == '-' || clean.Line(name) != name {
		return
	}
	l.seen[name] = true
	l.hosts = append(l.hosts, name)
}

// include follows patterns; those with tokens of a host are not about any one host here.
func (l *lister) include(patterns []string, s source) {
	for _, p := range patterns {
		if strings.Contains(p, "%") {
			continue
		}
		if strings.Contains(p, "${") {
			expanded, err := Config{}.Expand(p, "")
			if err != nil {
				continue
			}
			p = expanded
		}
		if rest, ok := strings.CutPrefix(p, "~/"); ok {
			p = filepath.Join(l.home, rest)
		}
		if !filepath.IsAbs(p) {
			p = filepath.Join(s.dir, p)
		}
		paths, err := filepath.Glob(p)
		if err != nil {
			continue
		}
		for _, path := range paths {
			l.file(path, s)
		}
	}
}
