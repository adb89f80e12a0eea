package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"pumatop/collector/clean"
	"pumatop/collector/remote/wildcard"
)

// includeDepth is ssh's own limit of files that include files.
const includeDepth = 16

// Evaluate reads ssh's configuration files itself, for machines without an ssh to ask: the user's and the system's, or
// the one of the query. It knows what the client knows up to OpenSSH 10, canonical names and Match exec included; a
// block with a condition beyond that does not apply and leaves a warning. Values come back as `ssh -G` prints them,
// but for lists of algorithms that change the default (+, -, ^), which stay as they are written. What the files set
// beside is kept as it stands. The error is an *[Error].
func Evaluate(ctx context.Context, q Query) (Config, []string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, nil, fmt.Errorf("find out who runs pumatop: %w", err)
	}
	e := &evaluation{
		ctx: ctx, query: q, host: q.Host, home: me.HomeDir, localUser: me.Username, config: Config{}, names: systemNames{},
	}
	return e.evaluate()
}

// evaluation is the reading of the files for one host.
type evaluation struct {
	ctx             context.Context //nolint:containedctx // of one call
	query           Query
	home, localUser string
	names           names

	// host is what Host and Match host compare with: what was asked for, in the final pass the canonical name.
	host             string
	final, wantFinal bool

	config   Config
	warnings []string
	err      error // the first; nothing is read after it
}

func (e *evaluation) evaluate() (Config, []string, error) {
	e.preset("user", e.query.User)
	e.preset("port", e.query.Port)
	for _, line := range e.query.Set {
		e.option(line)
	}
	if e.err == nil {
		e.pass()
	}
	if e.err == nil {
		e.canonicalize()
	}
	if e.err == nil && e.wantFinal {
		e.config["hostname"] = []string{e.host}
		e.final = true
		e.pass()
	}
	if e.err == nil {
		e.finish()
	}
	if e.err != nil {
		return nil, nil, &Error{Host: clean.Line(e.query.Host), Text: clean.Line(e.err.Error())}
	}
	return e.config, e.warnings, nil
}

// pass reads all files once.
func (e *evaluation) pass() {
	own := filepath.Join(e.home, ".ssh")
	switch e.query.File {
	case "none":
	case "":
		e.file(filepath.Join(own, "config"), source{dir: own, optional: true, private: true, active: true})
		e.file(systemFile, source{dir: filepath.Dir(systemFile), optional: true, active: true})
	default:
		e.file(e.query.File, source{dir: own, active: true})
	}
}

// option takes a line that was given beside the files.
func (e *evaluation) option(line string) {
	const at = "command-line: line 0"
	words, ok := split(line)
	switch {
	case !ok:
		e.fail("%s: a quote is not closed", at)
	case len(words) == 0:
	case len(words) == 1:
		e.fail("%s: %s has no value", at, words[0])
	default:
		switch keyword := strings.ToLower(words[0]); keyword {
		case "host", "match", "include":
			e.fail("%s: %s stands in files alone", at, words[0])
		default:
			e.set(keyword, words[1:], at, true)
		}
	}
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

func (e *evaluation) warn(format string, args ...any) {
	if w := clean.Line(fmt.Sprintf(format, args...)); !slices.Contains(e.warnings, w) { // files are read twice
		e.warnings = append(e.warnings, w)
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
	if info, err := os.Stat(path); s.private && err == nil && !trustworthy(info) {
		e.fail("bad owner or permissions on %s: others may write it", path)
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
			applies = e.line(words, fmt.Sprintf("%s: line %d", path, number), s, applies)
		}
		if e.err != nil {
			return
		}
	}
}

// trustworthy reports whether nobody but the user and root can have written a file.
func trustworthy(info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return info.Mode().Perm()&0o022 == 0 && (!ok || owner.Uid == 0 || int(owner.Uid) == os.Getuid())
}

// line takes one line of a block that applies or does not, and returns whether the following ones do.
func (e *evaluation) line(words []string, at string, s source, applies bool) bool {
	switch keyword := strings.ToLower(words[0]); keyword {
	case "host":
		if slices.Contains(words[1:], "") {
			e.fail("%s: Host has an empty name", at)
		}
		return s.active && wildcard.List(words[1:], e.host)
	case "match":
		return s.active && e.match(words[1:], at)
	case "include":
		e.include(words[1:], at, source{dir: s.dir, depth: s.depth + 1, optional: true, private: true, active: applies})
	default:
		e.set(keyword, words[1:], at, applies)
	}
	return applies
}

func (e *evaluation) include(patterns []string, at string, s source) {
	if s.depth > includeDepth {
		e.fail("more than %d files include each other", includeDepth)
		return
	}
	for _, p := range patterns {
		if strings.Contains(p, "${") || strings.Contains(p, "%") {
			expanded, err := e.soFar().Expand(p, e.query.Host)
			if err != nil {
				e.fail("%s: %w", at, err)
				return
			}
			p = expanded
		}
		if rest, ok := strings.CutPrefix(p, "~/"); ok {
			p = filepath.Join(e.home, rest)
		}
		if !filepath.IsAbs(p) {
			p = filepath.Join(s.dir, p)
		}
		paths, err := filepath.Glob(p)
		if err != nil {
			e.fail("%s: include %s: %w", at, p, err)
			return
		}
		for _, path := range paths {
			e.file(path, s)
		}
	}
}

// set takes a value, in a block that applies, unless there is one; keys accumulate. What cannot be read is an error in
// any block.
func (e *evaluation) set(keyword string, words []string, at string, applies bool) {
	keyword = renamed(keyword)
	value, err := read(keyword, words)
	switch {
	case err != nil:
		e.fail("%s: %w", at, err)
		return
	case !applies, obsolete(keyword), e.isIgnored(keyword):
		return
	}
	switch keyword {
	case "identityfile", "certificatefile":
		if !slices.Contains(e.config[keyword], value) {
			e.config[keyword] = append(e.config[keyword], value)
		}
		return
	case "userknownhostsfile", "globalknownhostsfile":
		if e.config[keyword] == nil {
			e.config[keyword] = words
		}
		return
	}
	if keyword == "rekeylimit" && e.config[keyword] != nil {
		bytes, age, _ := strings.Cut(e.config.Get(keyword), " ")
		if _, later, _ := strings.Cut(value, " "); age == unset {
			e.config[keyword] = []string{bytes + " " + later}
		}
		return
	}
	if e.config[keyword] != nil || e.taken(keyword) {
		return
	}
	e.config[keyword] = []string{value}
}

// taken reports whether the other way to a host stands already: the two exclude each other.
func (e *evaluation) taken(keyword string) bool {
	switch keyword {
	case "proxyjump":
		return e.config["proxycommand"] != nil
	case "proxycommand":
		return e.config["proxyjump"] != nil && e.config.Get("proxyjump") != "none"
	}
	return false
}

// isIgnored reports whether IgnoreUnknown names a keyword that this evaluator has no kind for.
func (e *evaluation) isIgnored(keyword string) bool {
	_, known := kinds[keyword]
	return !known && wildcard.List(strings.Split(strings.ToLower(e.config.Get("ignoreunknown")), ","), keyword)
}

// hostname is the host's name so far, for Match host.
func (e *evaluation) hostname() string {
	name := e.config.Get("hostname")
	if name == "" {
		return e.host
	}
	expanded, err := expandHostName(name, e.host)
	if err != nil {
		e.fail("HostName: %w", err)
	}
	return expanded
}

// expandHostName replaces the two tokens that HostName knows.
func expandHostName(name, host string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		i++
		switch {
		case i < len(name) && name[i] == '%':
			b.WriteByte('%')
		case i < len(name) && name[i] == 'h':
			b.WriteString(host)
		default:
			return "", fmt.Errorf("%q has a token that it cannot have", name)
		}
	}
	return b.String(), nil
}

// soFar is what is known in the middle of the files, for tokens.
func (e *evaluation) soFar() Config {
	c := Config{}
	for k, v := range e.config {
		c[k] = v
	}
	c["hostname"] = []string{e.hostname()}
	if c.Get("user") == "" {
		c["user"] = []string{e.localUser}
	}
	if c.Get("port") == "" {
		c["port"] = []string{"22"}
	}
	return c
}

// finish fills in what no file set, and expands what `ssh -G` expands.
func (e *evaluation) finish() {
	c := e.config
	c["hostname"] = []string{e.host}
	for keyword, values := range map[string][]string{
		"user": {e.localUser}, "port": {"22"}, "stricthostkeychecking": {"ask"}, "addressfamily": {"any"}, "connecttimeout": {"none"},
		"connectionattempts": {"1"}, "serveraliveinterval": {"0"}, "serveralivecountmax": {"3"}, "numberofpasswordprompts": {"3"},
		"requiredrsasize": {"1024"}, "rekeylimit": {"0 0"}, "canonicalizemaxdots": {"1"}, "canonicalizehostname": {"false"},
		"canonicalizefallbacklocal": {"yes"}, "tcpkeepalive": {"yes"}, "pubkeyauthentication": {"true"},
		"passwordauthentication": {"yes"}, "kbdinteractiveauthentication": {"yes"},
		"identityfile":         {"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"},
		"userknownhostsfile":   {"~/.ssh/known_hosts", "~/.ssh/known_hosts2"},
		"globalknownhostsfile": {"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"},
	} {
		if len(c[keyword]) == 0 {
			c[keyword] = values
		}
	}
	c["rekeylimit"] = []string{strings.ReplaceAll(c.Get("rekeylimit"), unset, "0")}
	if c.Set("hostkeyalias") {
		c["hostkeyalias"] = []string{strings.ToLower(c.Get("hostkeyalias"))}
	}
	for i, path := range c["userknownhostsfile"] {
		c["userknownhostsfile"][i] = e.expanded("UserKnownHostsFile", path)
	}
	if agent := c.Get("identityagent"); c.Set("identityagent") && agent != "SSH_AUTH_SOCK" && (agent[0] != '$' || strings.HasPrefix(agent, "${")) {
		c["identityagent"] = []string{e.expanded("IdentityAgent", agent)}
	}
}

func (e *evaluation) expanded(keyword, value string) string {
	s, err := e.config.Expand(value, e.query.Host)
	if err != nil {
		e.fail("%s: %w", keyword, err)
	}
	return s
}
