// Package unitfile reads systemd's unit files as text: a fragment and its drop-ins, in the order in which they count. It
// tells which line says what is in force; what that comes to, systemd itself says better (systemctl show).
package unitfile

import (
	"slices"
	"strings"

	"pumatop/collector/clean"
)

// File is one file of a unit. Cut is whether its text is the beginning only.
type File struct {
	Path, Text string
	Cut        bool
}

// Setting is one assignment. All of it is sanitised.
type Setting struct {
	File string
	Line int // where it begins, from 1
	// Section is the name in brackets, Name what stands before the equals sign, Text what stands behind it, continued lines
	// joined.
	Section, Name, Text string
}

// String is the assignment as it would be written on one line.
func (s Setting) String() string { return s.Name + "=" + s.Text }

// Unit is what the files of a unit say.
type Unit struct {
	// Paths are the files, in order.
	Paths []string
	// Cut is whether not all that they say was read: what is in force may be something else, and what is not found may be there.
	Cut bool
	all []Setting
}

// The bounds.
const (
	maxSettings = 5000
	maxText     = 4096 // of a value
)

// Read reads the files of a unit: the fragment first, then its drop-ins.
func Read(files []File) Unit {
	var u Unit
	for _, f := range files {
		u.Paths = append(u.Paths, clean.Line(f.Path))
		u.Cut = u.Cut || f.Cut
		u.read(f)
	}
	return u
}

func (u *Unit) read(f File) {
	section, joined, first := "", "", 0
	for i, line := range strings.Split(f.Text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue // also between a line and what continues it
		}
		if first == 0 {
			first = i + 1
		}
		rest, goes := strings.CutSuffix(line, `\`)
		u.Cut = u.Cut || len(joined)+len(rest) > maxText
		joined = cut(joined + cut(rest))
		if goes {
			joined = cut(joined + " ")
			continue
		}
		switch name, value, ok := strings.Cut(joined, "="); {
		case strings.HasPrefix(joined, "["):
			section = clean.Line(strings.Trim(joined, "[]"))
		case ok && len(u.all) == maxSettings:
			u.Cut = true
		case ok:
			u.all = append(u.all, Setting{
				File: clean.Line(f.Path), Line: first, Section: section,
				Name: clean.Line(strings.TrimSpace(name)), Text: clean.Line(strings.TrimSpace(value)),
			})
		}
		joined, first = "", 0
	}
}

func cut(s string) string { return s[:min(len(s), maxText)] }

// All are the assignments in force of a setting that may have several, in order: those behind the last empty one, which
// takes back what was said before.
func (u Unit) All(section, name string) []Setting {
	var out []Setting
	for _, s := range u.all {
		switch {
		case s.Section != section || s.Name != name:
		case s.Text == "":
			out = nil
		default:
			out = append(out, s)
		}
	}
	return out
}

// Last is the assignment in force of a setting that has one value; ok is false for none.
func (u Unit) Last(section, name string) (s Setting, ok bool) {
	all := u.All(section, name)
	if len(all) == 0 {
		return Setting{}, false
	}
	return all[len(all)-1], true
}

// Has reports whether the files have a section at all.
func (u Unit) Has(section string) bool {
	return slices.ContainsFunc(u.all, func(s Setting) bool { return s.Section == section })
}

// Words splits a command line as systemd does: quotes where a word begins or within it, and C's escapes.
func Words(s string) []string {
	var out []string
	var w strings.Builder
	open := false
	var quote rune
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			w.WriteRune(unescape(r))
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, open = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if open {
				out = append(out, w.String())
				w.Reset()
			}
			open = false
		default:
			w.WriteRune(r)
			open = true
		}
	}
	if open {
		out = append(out, w.String())
	}
	return out
}

func unescape(r rune) rune {
	switch r {
	case 'n', 't', 'r':
		return ' '
	case 's':
		return ' '
	}
	return r
}
