package proxy

import (
	"path"
	"slices"
	"strings"
	"time"

	"pumatop/collector/clean"
)

// Kind is a web server that passes requests on.
type Kind string

// The kinds, as [Read] takes them.
const (
	Nginx   Kind = "nginx"
	Apache  Kind = "apache"
	HAProxy Kind = "haproxy"
	Caddy   Kind = "caddy"
)

// Kinds are all that can be read.
func Kinds() []Kind { return []Kind{Nginx, Apache, HAProxy, Caddy} }

// File is one file of a configuration.
type File struct {
	Text string
	// Err is why it was not read, in the host's words; Cut is whether Text is its beginning only.
	Err string
	Cut bool
}

// Place is a line of a file. All of it is sanitised.
type Place struct {
	File string
	Line int    // from 1
	Text string // the line itself
}

// IsZero reports whether no line is meant.
func (p Place) IsZero() bool { return p.Line == 0 }

// Value is a setting as it is written. The zero value is not set.
type Value struct {
	Place
	// Name is how the configuration calls it: "proxy_read_timeout", "fail_timeout". Text is its arguments.
	Name, Text string
	// Conditional is whether it is not certain that the line has effect.
	Conditional bool
}

// Settings are values by the names that their proxy has for them.
type Settings map[string]Value

// Address is where a server is. The zero value is one that the text does not tell.
type Address struct {
	// Unix is the path of a socket; Host and Port are set else.
	Unix       string
	Host, Port string
}

// String is the address as one says it.
func (a Address) String() string {
	if a.Unix != "" {
		return "unix:" + a.Unix
	}
	if strings.Contains(a.Host, ":") {
		return "[" + a.Host + "]:" + a.Port
	}
	return a.Host + ":" + a.Port
}

// IsZero reports whether the text does not tell.
func (a Address) IsZero() bool { return a == Address{} }

// Server is one that requests are passed to.
type Server struct {
	Place
	Address Address
	// Backup is whether it serves only where the others do not, Down whether it is written down as out of service.
	Backup, Down bool
	Settings     Settings
}

// Group is servers of which one gets a request: an upstream, a balancer, a backend. A server that a route names by itself
// is a group of its own, without a name.
type Group struct {
	Place
	Name     string
	Servers  []Server
	Settings Settings
	// End is the last line of the group, where a line may be added before.
	End int
}

// Primaries are its servers that are neither backups nor down.
func (g *Group) Primaries() []Server {
	return slices.DeleteFunc(slices.Clone(g.Servers), func(s Server) bool { return s.Backup || s.Down })
}

// Route is a line that passes requests on, with what is in force there.
type Route struct {
	Place
	To       *Group
	Settings Settings
	// Conditional is whether it is not certain that the line has effect.
	Conditional bool
}

// Gap is what the text does not tell, or text that was not to be had.
type Gap struct {
	Place
	Why string
}

// Config is what a configuration says of where requests go.
type Config struct {
	Kind   Kind
	Routes []Route
	// Groups are all that are named, routes to them or not.
	Groups []*Group
	Gaps   []Gap
	// Chroot is the directory that is the root of the proxy's paths where it connects; not set for the host's own.
	Chroot Value
}

// The bounds.
const (
	maxDirectives = 50_000
	maxFiles      = 500
	maxDepth      = 24 // of includes
	maxNesting    = 64 // of blocks
	maxGaps       = 50
	maxText       = 200 // of a quoted line
)

// Read reads the configuration of one proxy that begins with the files named by roots. Files are all that were read, by
// path.
func Read(kind Kind, files map[string]File, roots []string) Config {
	b := &builder{files: files, config: Config{Kind: kind}}
	switch kind {
	case Nginx:
		b.nginx(roots)
	case Apache:
		b.apache(roots)
	case HAProxy:
		b.haproxy(roots)
	case Caddy:
		b.caddy(roots)
	}
	return b.config
}

// builder is what the readers share.
type builder struct {
	files  map[string]File
	config Config
	// names are the paths of files, sorted.
	names      []string
	directives int
	full       bool
	opened     int
	lines      map[string][]string
}

// place is a line of a file, quoted.
func (b *builder) place(file string, line int) Place {
	if b.lines == nil {
		b.lines = map[string][]string{}
	}
	lines, ok := b.lines[file]
	if !ok {
		lines = strings.Split(b.files[file].Text, "\n")
		b.lines[file] = lines
	}
	p := Place{File: clean.Line(file), Line: line}
	if line > 0 && line <= len(lines) {
		text := strings.TrimSpace(lines[line-1])
		p.Text = clean.Short(text[:min(len(text), 4*maxText)], maxText)
	}
	return p
}

func (b *builder) gap(p Place, why string) {
	if len(b.config.Gaps) < maxGaps {
		b.config.Gaps = append(b.config.Gaps, Gap{p, clean.Short(why, maxText)})
	}
}

// spent counts a directive and reports whether there were too many.
func (b *builder) spent(p Place) bool {
	b.directives++
	if b.directives < maxDirectives {
		return false
	}
	if !b.full {
		b.full = true
		b.gap(p, "the configuration is longer than is read")
	}
	return true
}

// open is the text of a file, and whether there is one; where there is none, or not all of it, that is a gap at from.
func (b *builder) open(name string, from Place) (string, bool) {
	f, ok := b.files[name]
	b.opened++
	switch {
	case b.opened > maxFiles:
		b.gap(from, "more files are included than are read")
		return "", false
	case !ok:
		b.gap(from, name+" was not read")
		return "", false
	case f.Err != "":
		b.gap(from, name+": "+f.Err)
		return "", false
	case f.Cut:
		b.gap(from, "not all of "+name+", or of what it includes, was read")
	}
	return f.Text, true
}

// matching are the files of a pattern, sorted: itself where it has nothing to match with, and itself where the host said
// that what it matches may not be seen.
func (b *builder) matching(pattern string) []string {
	if _, ok := b.files[pattern]; ok || !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}
	}
	if b.names == nil {
		for name := range b.files {
			b.names = append(b.names, name)
		}
		slices.Sort(b.names)
	}
	var out []string
	for _, name := range b.names {
		base := path.Base(name)
		if strings.HasPrefix(base, ".") && !strings.HasPrefix(path.Base(pattern), ".") {
			continue
		}
		if ok, err := path.Match(pattern, name); ok && err == nil {
			out = append(out, name)
		}
	}
	return out
}

// within is a copy of settings with more of them; the outer map stays as it is.
func (s Settings) within(more Settings) Settings {
	out := make(Settings, len(s)+len(more))
	for k, v := range s {
		out[k] = v
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// Duration reads a time as its proxy writes it; ok is false where it is none.
func (k Kind) Duration(text string) (d time.Duration, ok bool) {
	text = strings.TrimSpace(text)
	switch k {
	case Nginx:
		return spans(text, time.Second, map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute,
			"h": time.Hour, "d": day, "w": 7 * day, "M": 30 * day, "y": 365 * day})
	case Apache:
		return spans(text, time.Second, map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "mi": time.Minute,
			"min": time.Minute, "h": time.Hour})
	case HAProxy:
		return spans(text, time.Millisecond, map[string]time.Duration{"us": time.Microsecond, "ms": time.Millisecond,
			"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day})
	}
	return spans(text, time.Nanosecond, map[string]time.Duration{"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond,
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day})
}

const day = 24 * time.Hour

// spans reads "1m30s" and "90": numbers with a unit behind each, the last of which may be missing.
func spans(text string, bare time.Duration, units map[string]time.Duration) (time.Duration, bool) {
	var sum float64
	rest := text
	for rest != "" {
		n := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if n < 0 {
			n = len(rest)
		}
		number, ok := decimal(rest[:n])
		rest = rest[n:]
		m := strings.IndexFunc(rest, func(r rune) bool { return r >= '0' && r <= '9' || r == ' ' })
		if m < 0 {
			m = len(rest)
		}
		unit := bare
		if m > 0 {
			var known bool
			if unit, known = units[rest[:m]]; !known {
				return 0, false
			}
		}
		if !ok {
			return 0, false
		}
		sum += number * float64(unit)
		rest = strings.TrimLeft(rest[m:], " ")
	}
	if text == "" || sum > float64(10*365*day) {
		return 0, false
	}
	return time.Duration(sum), true
}
