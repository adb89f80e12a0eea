package proxy

import (
	"path"
	"strings"
)

// haLine is one line of a HAProxy configuration as words.
type haLine struct {
	Place
	words       []string
	conditional bool
}

// haSection is a section: its first line and those that follow.
type haSection struct {
	head     haLine
	lines    []haLine
	defaults *haSection
	end      int
}

func (s *haSection) name() string {
	if len(s.head.words) > 1 {
		return s.head.words[1]
	}
	return ""
}

// haproxy reads HAProxy's configuration: all files in their order as if they were one.
func (b *builder) haproxy(roots []string) {
	var sections []*haSection
	for _, root := range roots {
		for _, name := range b.directory(root) {
			sections = b.haFile(name, sections)
		}
	}
	r := &haReader{b: b, backends: map[string]*Group{}}
	for _, s := range sections {
		r.section(s)
	}
	for _, s := range sections {
		r.routes(s)
	}
}

// directory is a file itself, and of a directory its .cfg files: what -f takes.
func (b *builder) directory(name string) []string {
	if _, ok := b.files[name]; ok {
		return []string{name}
	}
	if in := b.matching(path.Join(name, "*.cfg")); len(in) > 0 {
		return in
	}
	return []string{name}
}

func (b *builder) haFile(name string, sections []*haSection) []*haSection {
	text, ok := b.open(name, Place{File: name})
	if !ok {
		return sections
	}
	depth := 0
	var defaults *haSection
	for _, s := range sections {
		if s.head.words[0] == "defaults" {
			defaults = s
		}
	}
	for i, raw := range strings.Split(text, "\n") {
		l := b.haLine(name, i+1, raw)
		if len(l.words) == 0 {
			continue
		}
		if b.spent(l.Place) {
			break
		}
		if strings.HasPrefix(l.words[0], ".") {
			depth = haCondition(l.words[0], depth)
			continue
		}
		l.conditional = depth > 0
		if !haSections[l.words[0]] {
			if len(sections) > 0 {
				s := sections[len(sections)-1]
				s.lines, s.end = append(s.lines, l), i+1
			}
			continue
		}
		s := &haSection{head: l, defaults: defaults, end: i + 1}
		s.from(sections)
		if l.words[0] == "defaults" {
			defaults = s
		}
		sections = append(sections, s)
	}
	return sections
}

// from takes the defaults that a section names instead of those before it: "backend shop from web".
func (s *haSection) from(sections []*haSection) {
	for i, w := range s.head.words[:max(len(s.head.words)-1, 0)] {
		if w != "from" || i == 0 {
			continue
		}
		for _, d := range sections {
			if d.head.words[0] == "defaults" && d.name() == s.head.words[i+1] {
				s.defaults = d
			}
		}
	}
	if s.head.words[0] == "defaults" && !strings.Contains(strings.Join(s.head.words, " "), " from ") {
		s.defaults = nil
	}
}

var haSections = map[string]bool{
	"global": true, "defaults": true, "frontend": true, "backend": true, "listen": true, "userlist": true, "peers": true,
	"resolvers": true, "mailers": true, "cache": true, "program": true, "http-errors": true, "ring": true, "log-forward": true,
	"fcgi-app": true, "crt-store": true, "traces": true, "acme": true, "log-profile": true,
}

// haCondition follows .if, .elif, .else and .endif, whose conditions are not evaluated.
func haCondition(word string, depth int) int {
	switch word {
	case ".if":
		return depth + 1
	case ".endif":
		return max(depth-1, 0)
	}
	return depth
}

// haLine splits a line: quotes of both kinds, backslashes, comments from # on. Variables of the environment stay as they are
// written.
func (b *builder) haLine(name string, number int, raw string) haLine {
	l := haLine{Place: b.place(name, number)}
	for rest := strings.TrimLeft(raw, " \t\r"); rest != "" && rest[0] != '#'; rest = strings.TrimLeft(rest, " \t\r") {
		var w string
		w, rest = haWord(rest)
		l.words = append(l.words, w)
	}
	return l
}

// haWord is the first word of a text that does not begin with a blank, and what follows it.
func haWord(s string) (w, rest string) {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteByte(c)
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte(" \t\r#", c) >= 0:
			return b.String(), s[i:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
