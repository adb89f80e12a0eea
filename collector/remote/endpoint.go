package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/remote/sshconfig"
)

const (
	connectLimit   = 10 * time.Second // of a connect, handshake included, where ConnectTimeout says nothing
	keepaliveEvery = 10 * time.Second // silence after which the server is asked for a sign of life
	keepaliveLimit = 5 * time.Second  // for that sign
	suspectLimit   = 3 * time.Second  // for that sign where something has just timed out
)

// endpoint is a host after the configuration: everything that decides how it is reached and trusted.
type endpoint struct {
	name             string // as the user wrote it, for errors
	user, host, port string
	network          string // tcp, tcp4, tcp6
	bind             string
	bindInterface    string
	attempts         int // ConnectionAttempts
	keyAlias         string

	jumps []address // ProxyJump: the hosts on the way, the first one first
	proxy string    // ProxyCommand, expanded
	depth int       // how many hosts are reached through this one

	connectLimit                   time.Duration
	keepaliveEvery, keepaliveLimit time.Duration
	tcpKeepAlive                   bool
	rekeyAfter                     uint64 // bytes; 0 is the library's choice

	publicKey      bool // PubkeyAuthentication
	identities     []string
	certificates   []string
	identitiesOnly bool
	agent          string // path of the agent's socket, empty without one
	asking         asking
	notes          []string

	rsaSize                          int // RequiredRSASize
	trustLocalhost                   bool
	keysCommand                      *keysCommand
	strict                           string
	hashKnownHosts                   bool
	userKnownHosts, globalKnownHosts []string

	// openSSH hands everything over to an ssh of OpenSSH's, which is asked for query; see master.
	openSSH         bool
	query           sshconfig.Query
	hops            int         // hosts on the way that ssh knows of
	firstHop        string      // the address of the first of them
	way             []*endpoint // those hosts, as far as pumatop knows them
	detaches, batch bool
	mute            string // why its questions are not passed on, empty where they are
	gssapi          bool   // the configuration would log in by Kerberos

	// nil where the library's own choice stands.
	hostKeyAlgorithms, caSignatures, publicKeyAlgorithms []string
	keyExchanges, ciphers, macs                          []string
}

func (e *endpoint) addr() string { return net.JoinHostPort(e.host, e.port) }

// place is the sshd that handshakes are counted at: an address, as seen from the last host on the way.
func (e *endpoint) place() string {
	if e.firstHop != "" { // whoever is behind it, an ssh of its own logs in there
		return e.firstHop
	}
	if n := len(e.jumps); n > 0 {
		return e.addr() + " from " + e.jumps[n-1].text
	}
	return e.addr()
}

// keyName is the host's name in known_hosts, and the port that belongs to it: an alias has none.
func (e *endpoint) keyName() (host, port string) {
	if e.keyAlias != "" {
		return e.keyAlias, ""
	}
	return e.host, e.port
}

// key tells connections apart: two names share one where every part that decides on the login, or on what the server is
// trusted for, is the same. A second key to the same login may have a forced command, so the keys are part of it.
func (e *endpoint) key() string {
	via := make([]string, 0, len(e.jumps))
	for _, j := range e.jumps {
		via = append(via, j.text)
	}
	if e.openSSH { // who is reached, and how, is in the name alone
		return strings.Join(append([]string{string(OpenSSH), e.query.Host, joinJumps(e.jumps)}, e.query.Options()...), "\x00")
	}
	parts := []string{
		e.proxy, e.user, e.addr(), e.network, e.bind, e.bindInterface, e.keyAlias, e.agent, e.strict, e.keysCommand.key(e),
		fmt.Sprint(e.publicKey, e.identitiesOnly, e.trustLocalhost, e.asking.batch, e.rsaSize),
	}
	for _, list := range [][]string{
		via, e.query.Set, e.identities, e.certificates, e.userKnownHosts, e.globalKnownHosts, e.asking.methods,
		e.hostKeyAlgorithms, e.caSignatures, e.publicKeyAlgorithms, e.keyExchanges, e.ciphers, e.macs,
	} {
		parts = append(parts, strings.Join(list, "\x01"))
	}
	return strings.Join(parts, "\x00")
}

// acceptNew reports whether a key of an unknown host is taken on trust. ssh's "no" goes on with a changed key, too;
// pumatop never does.
func (e *endpoint) acceptNew() bool {
	switch e.strict {
	case "accept-new", "no", "off", "false":
		return true
	}
	return false
}

// mayAgree reports whether a person may decide on a key of an unknown host.
func (e *endpoint) mayAgree() bool { return e.strict == "ask" || e.strict == "" }

// refuseUnsupported finds what the configuration wants and pumatop's own SSH cannot do. To ignore it would reach or
// trust the wrong machine.
func refuseUnsupported(name string, c sshconfig.Config) error {
	for _, keyword := range []string{"RevokedHostKeys", "PKCS11Provider"} {
		if key := strings.ToLower(keyword); c.Set(key) {
			return &UnsupportedError{Host: name, Keyword: keyword, Value: c.Get(key)}
		}
	}
	if c.Set("proxycommand") && c.Yes("proxyusefdpass") {
		return &UnsupportedError{Host: name, Keyword: "ProxyUseFdpass", Value: "yes"}
	}
	return nil
}

// newEndpoint reads a configuration for pumatop's own SSH. defaults are ssh's own, without any file.
func newEndpoint(a address, c, defaults sshconfig.Config) (*endpoint, error) {
	if err := refuseUnsupported(a.text, c); err != nil {
		return nil, err
	}
	e, err := readEndpoint(a, c)
	if err != nil {
		return nil, err
	}
	e.gssapi = c.Yes("gssapiauthentication")
	if e.keysCommand, err = readKeysCommand(a, c); err != nil {
		return nil, err
	}
	if bytes, _, _ := strings.Cut(c.Get("rekeylimit"), " "); bytes != "" {
		e.rekeyAfter = uint64(number(bytes, 0))
	}
	if err := e.readAlgorithms(c, defaults); err != nil {
		return nil, err
	}
	if err := e.readWay(a, c); err != nil {
		return nil, err
	}
	e.readKeys(a, c)
	return e, nil
}

// readEndpoint reads what every transport needs.
func readEndpoint(a address, c sshconfig.Config) (*endpoint, error) {
	e := &endpoint{
		name: a.text, user: c.Get("user"), host: c.Get("hostname"), port: c.Get("port"),
		network: "tcp", keyAlias: c.Get("hostkeyalias"), bind: c.Get("bindaddress"), bindInterface: c.Get("bindinterface"),
		connectLimit:   cmp.Or(c.Seconds("connecttimeout"), connectLimit),
		keepaliveEvery: keepaliveEvery, keepaliveLimit: keepaliveLimit,
		tcpKeepAlive:   c.Get("tcpkeepalive") != "no",
		publicKey:      c.Get("pubkeyauthentication") != "no" && c.Get("pubkeyauthentication") != "false",
		identitiesOnly: c.Yes("identitiesonly"),
		rsaSize:        number(c.Get("requiredrsasize"), 1024),
		attempts:       number(c.Get("connectionattempts"), 1),
		trustLocalhost: c.Yes("nohostauthenticationforlocalhost"),
		strict:         c.Get("stricthostkeychecking"),
		hashKnownHosts: c.Yes("hashknownhosts"),
	}
	if e.host == "" {
		e.host = a.host
	}
	if e.port == "" {
		e.port = "22"
	}
	for _, s := range []string{e.host, e.user} {
		if why := objection(s); why != "" {
			return nil, &ConfigError{Host: a.text, Text: "HostName or User: " + why}
		}
	}
	switch c.Get("addressfamily") {
	case "inet":
		e.network = "tcp4"
	case "inet6":
		e.network = "tcp6"
	}
	if every := c.Seconds("serveraliveinterval"); every > 0 {
		count, err := strconv.Atoi(c.Get("serveralivecountmax"))
		if err != nil || count < 1 {
			count = 3
		}
		e.keepaliveEvery, e.keepaliveLimit = every, every*time.Duration(count)
	}
	if reason := c.Get("refuseconnection"); c.Set("refuseconnection") {
		return nil, &ConfigError{Host: a.text, Text: clean.Line("RefuseConnection: " + reason), Fix: "the configuration says why"}
	}
	return e, nil
}

// number reads what ssh prints as one; anything else is the given value.
func number(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// readWay takes over what stands between here and the host. ssh -G prints only the first of the two that is set.
func (e *endpoint) readWay(a address, c sshconfig.Config) (err error) {
	if c.Set("proxyjump") {
		e.jumps, err = parseJumps(a.text, c.Get("proxyjump"))
		return err
	}
	if c.Set("proxycommand") {
		e.proxy, err = c.ExpandTokens(c.Get("proxycommand"), a.host, nil)
		if err != nil {
			return &ConfigError{Host: a.text, Text: clean.Line("ProxyCommand: " + err.Error())}
		}
	}
	return nil
}

// limit bounds an attempt.
func (e *endpoint) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := e.connectLimit
	if e.attempts > 1 {
		limit += time.Duration(min(e.attempts, 100)-1) * (e.connectLimit + attemptPause)
	}
	return context.WithTimeoutCause(ctx, limit, tooSlow(limit))
}

func tooSlow(limit time.Duration) error {
	return fmt.Errorf("no answer within %s: %w", limit, os.ErrDeadlineExceeded)
}

func (e *endpoint) readKeys(a address, c sshconfig.Config) {
	expand := func(values []string) []string {
		var paths []string
		for _, v := range values {
			p, err := c.Expand(v, a.host)
			if err != nil {
				e.notes = append(e.notes, clean.Line(err.Error()))
				continue
			}
			paths = append(paths, p)
		}
		return paths
	}
	e.identities = expand(c.All("identityfile"))
	e.certificates = expand(c.All("certificatefile"))
	e.userKnownHosts = existingPaths(expand(c.All("userknownhostsfile")))
	e.globalKnownHosts = existingPaths(expand(c.All("globalknownhostsfile")))
	e.agent = agentSocket(c)
	var note string
	if e.asking, note = readAsking(c); note != "" {
		e.notes = append(e.notes, note)
	}
}

// agentSocket is the agent's socket: IdentityAgent is a path, "none", "SSH_AUTH_SOCK" or a variable ($NAME).
func agentSocket(c sshconfig.Config) string {
	v := c.Get("identityagent")
	switch {
	case v == "none":
		return ""
	case v == "" || v == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK")
	case strings.HasPrefix(v, "$") && !strings.HasPrefix(v, "${"):
		return os.Getenv(v[1:])
	}
	path, err := c.Expand(v, c.Get("hostname"))
	if err != nil {
		return v
	}
	return path
}

// existingPaths takes lists of files apart. ssh -G prints file names with spaces as it prints several files, so the
// longest run of words that is a file is one.
func existingPaths(values []string) []string {
	var paths []string
	for _, value := range values {
		words := strings.Fields(value)
		for len(words) > 0 {
			n := 1
			for m := len(words); m > 1; m-- {
				if _, err := os.Stat(strings.Join(words[:m], " ")); err == nil {
					n = m
					break
				}
			}
			paths = append(paths, strings.Join(words[:n], " "))
			words = words[n:]
		}
	}
	return paths
}

// query is how ssh is asked for the host. The user of the pool's options is not for jump hosts, as with ssh's -l.
func (h *Host) query() sshconfig.Query {
	q := h.pool.jumpQuery(h.address)
	q.Further = h.depth > 0
	named := slices.ContainsFunc(h.options.Set, func(line string) bool { return strings.EqualFold(settingName(line), "User") })
	if q.Set = h.options.Set; q.User == "" && !named && h.depth == 0 {
		q.User = h.pool.options.User
	}
	return q
}

// jumpQuery is how ssh is asked for a host on the way.
func (p *Pool) jumpQuery(a address) sshconfig.Query {
	return sshconfig.Query{Host: a.host, User: a.user, Port: a.port, File: p.options.ConfigFile, Further: true}
}

// configuration is what the endpoint of a is made from, with ssh's defaults beside it, and what has to be said about it.
func (p *Pool) configuration(ctx context.Context, a address, q sshconfig.Query) (c, defaults sshconfig.Config, notes []string, err error) {
	if p.options.Resolve != nil {
		c, err = p.options.Resolve(ctx, q)
		return c, nil, nil, err
	}
	client, missing := p.ask()
	if missing == nil {
		if c, err = client.Ask(ctx, q); err == nil {
			defaults = client.Defaults(ctx)
		}
	} else {
		c, notes, err = sshconfig.Evaluate(ctx, q)
		notes = append(notes, "there is no ssh here to ask: pumatop has read the ssh configuration itself")
	}
	var refused *sshconfig.Error
	if errors.As(err, &refused) {
		err = &ConfigError{Host: a.text, Text: refused.Text, TimedOut: refused.TimedOut}
		if strings.HasPrefix(refused.Text, "command-line") {
			err = &ConfigError{Host: a.text, Text: refused.Text, Fix: "mend the ssh options that the host is given"}
		}
	}
	return c, defaults, notes, err
}
