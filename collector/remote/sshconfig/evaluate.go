package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"pumatop/collector/clean"
)

// includeDepth is ssh's own limit of files that include files.
const includeDepth = 16

// Evaluate reads ssh's configuration files itself, for machines without an ssh to ask: the user's and the system's, or
// the one of the query. It knows Host, Include, and Match by all, host, originalhost, user and localuser; a block with
// any other condition does not apply and leaves a warning. Values come back as `ssh -G` would print them, as far as
// pumatop asks for them. The error is an *[Error].
func Evaluate(q Query) (Config, []string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, nil, fmt.Errorf("find out who runs pumatop: %w", err)
	}
	e := &evaluation{query: q, home: me.HomeDir, localUser: me.Username, config: Config{}}
	e.preset("user", q.User)
	e.preset("port", q.Port)
	switch q.File {
	case "none":
	case "":
		e.file(filepath.Join(e.home, ".ssh", "config"), source{dir: filepath.Join(e.home, ".ssh"), optional: true, private: true, active: true})
		e.file("/etc/ssh/ssh_config", source{dir: "/etc/ssh", optional: true, active: true})
	default:
		e.file(q.File, source{dir: filepath.Join(e.home, ".ssh"), active: true})
	}
	if e.err != nil {
		return nil, nil, &Error{Host: clean.Line(q.Host), Text: clean.Line(e.err.Error())}
	}
	return e.finish(), e.warnings, nil
}

// evaluation is one pass over the files for one host.
type evaluation struct {
	query           Query
	home, localUser string
	config          Config
	warnings        []string
	err             error // the first; nothing is read after it
}

// source is where a file stands.
type source struct {
	dir      string // of relative includes
	optional bool
	private  bool // nobody else may be able to write it
	depth    int
	active   bool // it applies at all: the block that includes it does
}

func (e *evaluation) preset(keyword, value string) {
	if value != "" {
		e.config[keyword] = []string{value}
	}
}

func (e *evaluation) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

// file reads one file. The first value of a keyword stands, so what is read earlier takes precedence.
func (e *evaluation) file(path string, s source) {
	text, err := os.ReadFile(path)
	if err != nil {
		if !s.optional || !errors.Is(err, fs.ErrNotExist) {
			e.fail("%w", err)
		}
		return
	}
	if info, err := os.Stat(path); s.private && err == nil && info.Mode().Perm()&0o022 != 0 {
		e.fail("bad permissions on %s: others may write it", path)
		return
	}
	applies, number := s.active, 0
	for line := range strings.Lines(string(text)) {
		number++
		words, ok := split(line)
		switch {
		case !ok:
			e.fail("%s: line %d: a quote is not closed", path, number)
		case len(words) == 1:
			e.fail("%s: line %d: %s has no value", path, number, words[0])
		case len(words) > 1:
			applies = e.line(words, fmt.Sprintf("%s:%d", path, number), s, applies)
		}
		if e.err != nil {
			return
		}
	}
}

// line takes one line of a block that applies or does not, and returns whether the following ones do.
func (e *evaluation) line(words []string, at string, s source, applies bool) bool {
	switch keyword := strings.ToLower(words[0]); keyword {
	case "host":
		return s.active && matchHosts(words[1:], e.query.Host)
	case "match":
		return s.active && e.match(words[1:], at)
	case "include":
		e.include(words[1:], source{dir: s.dir, depth: s.depth + 1, optional: true, private: s.private, active: applies})
	default:
		if applies {
			e.set(keyword, words[1:], at)
		}
	}
	return applies
}

func (e *evaluation) include(patterns []string, s source) {
	if s.depth > includeDepth {
		e.fail("more than %d files include each other", includeDepth)
		return
	}
	for _, p := range patterns {
		if rest, ok := strings.CutPrefix(p, "~/"); ok {
			p = filepath.Join(e.home, rest)
		}
		if !filepath.IsAbs(p) {
			p = filepath.Join(s.dir, p)
		}
		paths, err := filepath.Glob(p)
		if err != nil {
			e.fail("include %s: %w", p, err)
			return
		}
		for _, path := range paths {
			e.file(path, s)
		}
	}
}

// set takes a value unless there is one; keys accumulate.
func (e *evaluation) set(keyword string, values []string, at string) {
	value := strings.Join(values, " ")
	switch keyword {
	case "identityfile", "certificatefile":
		if !slices.Contains(e.config[keyword], value) {
			e.config[keyword] = append(e.config[keyword], value)
		}
		return
	case "canonicalizehostname":
		if value != "no" {
			e.fail("%s: CanonicalizeHostname needs the OpenSSH client", at)
		}
		return
	case "connecttimeout", "serveraliveinterval":
		value = seconds(value)
	}
	if isAlgorithms(keyword) && strings.ContainsAny(value[:1], "+-^") {
		e.warn("%s: %s %s is left out: there is no ssh to tell the list it changes", at, keyword, value)
		return
	}
	// The two ways to a host exclude each other: the first stands.
	for _, k := range []string{keyword, map[string]string{"proxyjump": "proxycommand", "proxycommand": "proxyjump"}[keyword]} {
		if _, ok := e.config[k]; ok {
			return
		}
	}
	e.config[keyword] = []string{value}
}

func isAlgorithms(keyword string) bool {
	return strings.HasSuffix(keyword, "algorithms") || keyword == "ciphers" || keyword == "macs"
}

func (e *evaluation) warn(format string, args ...any) {
	e.warnings = append(e.warnings, clean.Line(fmt.Sprintf(format, args...)))
}

// hostname is the host's name so far, for Match host.
func (e *evaluation) hostname() string {
	if name := e.config.Get("hostname"); name != "" {
		return strings.ReplaceAll(strings.ReplaceAll(name, "%%", "%"), "%h", e.query.Host)
	}
	return e.query.Host
}

// match judges the conditions of a Match. One that it does not know makes the block not apply, whatever the others.
func (e *evaluation) match(words []string, at string) bool {
	all := true
	for i := 0; i < len(words); i++ {
		keyword, negated := strings.CutPrefix(strings.ToLower(words[i]), "!")
		if keyword == "all" {
			all = all && !negated
			continue
		}
		keyword, argument, joined := strings.Cut(keyword, "=")
		if !joined && i+1 < len(words) {
			i++
			argument = words[i]
		}
		var value string
		switch keyword {
		case "host":
			value = e.hostname()
		case "originalhost":
			value = e.query.Host
		case "user":
			if value = e.config.Get("user"); value == "" {
				value = e.localUser
			}
		case "localuser":
			value = e.localUser
		default:
			e.warn("%s: Match %s cannot be judged without the OpenSSH client; the block does not apply", at, keyword)
			return false
		}
		all = all && matchHosts(strings.Split(argument, ","), value) != negated
	}
	return all
}

// finish fills in what no file set.
func (e *evaluation) finish() Config {
	c := e.config
	for keyword, value := range map[string]string{"user": e.localUser, "port": "22", "hostname": e.query.Host} {
		if c.Get(keyword) == "" {
			c[keyword] = []string{value}
		}
	}
	c["hostname"] = []string{e.hostname()}
	defaults := map[string][]string{
		"identityfile":          {"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"},
		"userknownhostsfile":    {"~/.ssh/known_hosts ~/.ssh/known_hosts2"},
		"globalknownhostsfile":  {"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"},
		"stricthostkeychecking": {"ask"},
	}
	for keyword, values := range defaults {
		if len(c[keyword]) == 0 {
			c[keyword] = values
		}
	}
	for _, keyword := range []string{"userknownhostsfile", "globalknownhostsfile"} {
		words := strings.Fields(c.Get(keyword))
		for i, w := range words {
			if rest, ok := strings.CutPrefix(w, "~/"); ok {
				words[i] = filepath.Join(e.home, rest)
			}
		}
		c[keyword] = []string{strings.Join(words, " ")}
	}
	return c
}
