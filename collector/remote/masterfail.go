package remote

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

const (
	verdictMost    = 20      // lines of a host key's warning, which has 15
	knownHostsMost = 4 << 20 // bytes of a known_hosts file that is looked into
)

// Sentences of OpenSSH's, of all versions since 7. Those that are final come first wherever they stand, because a
// jump host's refusal is followed by the complaint that it hung up.
var (
	sayDenied     = regexp.MustCompile(`^(?:(\S+)@(\S+): )?Permission denied(?: \(([^)]*)\))?\.?$`)
	sayTooMany    = regexp.MustCompile(`^.*Too many authentication failures.*$`)
	sayChanged    = regexp.MustCompile(`REMOTE HOST IDENTIFICATION HAS CHANGED|HOST IDENTIFICATION HAS CHANGED`)
	sayRevoked    = regexp.MustCompile(`REVOKED HOST KEY DETECTED|[Hh]ost key .*revoked`)
	sayOffending  = regexp.MustCompile(`^Offending (\S+) key in (.+):(\d+)$`)
	sayKeyType    = regexp.MustCompile(`^The fingerprint for the (\S+) key sent by the remote host is`)
	sayKeyIs      = regexp.MustCompile(`^(SHA256:[A-Za-z0-9+/]+)\.?$`)
	sayNotKnown   = regexp.MustCompile(`^No (\S+) host key is known for (\S+) and you have requested strict checking`)
	sayVerify     = regexp.MustCompile(`^Host key verification failed`)
	sayCert       = regexp.MustCompile(`^(?:Error: )?Certificate (?:invalid|.*refused).*$|^key_cert_check_authority.*$`)
	sayNegotiate  = regexp.MustCompile(`^Unable to negotiate with .*: no matching (.+) found\. Their offer: (.*)$`)
	sayConfig     = regexp.MustCompile(`Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions on|^command-line: line|: line \d+: `)
	sayResolve    = regexp.MustCompile(`Could not resolve hostname (\S+): (.+)$`)
	sayDial       = regexp.MustCompile(`^ssh: connect to host (\S+) port (\d+): (.+)$`)
	sayForward    = regexp.MustCompile(`^channel \d+: open failed: (.+)$`)
	sayBanner     = regexp.MustCompile(`^(?:ssh_exchange_identification|kex_exchange_identification): (.+)$|^.*timed out during banner exchange|^Connection to .* timed out`)
	sayAfter      = regexp.MustCompile(`^(?:ssh_exchange_identification|kex_exchange_identification): |^Connection (?:closed|reset) by UNKNOWN port 65535`)
	sayThroughOne = regexp.MustCompile(`UNKNOWN port 65535`)
)

// masterFailure is what an ssh that ended before it had logged in amounts to, by what it said. Whatever cannot be told
// apart is a failed dial, which is tried again.
func masterFailure(ep *endpoint, text string) error {
	lines := clean.Lines(text)
	for _, judge := range []func(*endpoint, []string) error{saidHostKey, saidRefused, saidUnusable, saidUnreached} {
		if err := judge(ep, lines); err != nil {
			return err
		}
	}
	said := lastWords(text)
	if said == "" {
		said = "ssh ended without a word"
	}
	return masterDialError(ep, "handshake", said)
}

// find is the first line that says it, with its parts.
func find(lines []string, say *regexp.Regexp) []string {
	for _, l := range lines {
		if m := say.FindStringSubmatch(strings.TrimSpace(l)); m != nil {
			return m
		}
	}
	return nil
}

// keyVerdict is what an ssh said that ended for a host key: that is its last word, and what goes before it is bounded, since
// a jump host's banner may stand above. nil where it ended for something else. A jump host's ssh is followed by the
// complaint that it hung up.
func keyVerdict(lines []string) []string {
	end := len(lines)
	for end > 0 && (strings.TrimSpace(lines[end-1]) == "" || sayAfter.MatchString(lines[end-1])) {
		end--
	}
	if end == 0 || !sayVerify.MatchString(lines[end-1]) {
		return nil
	}
	return lines[max(0, end-verdictMost):end]
}

func saidHostKey(ep *endpoint, lines []string) error {
	if lines = keyVerdict(lines); lines == nil {
		return nil
	}
	keyType, fingerprint := "", ""
	if m := find(lines, sayKeyType); m != nil { // the fingerprint stands in the line below
		keyType = m[1]
	}
	if m := find(lines, sayKeyIs); m != nil {
		fingerprint = m[1]
	}
	file, line := "", 0
	if m := find(lines, sayOffending); m != nil {
		if file = m[2]; !ep.onWay(func(e *endpoint) bool {
			return slices.Contains(e.userKnownHosts, file) || slices.Contains(e.globalKnownHosts, file)
		}) {
			file = "" // foreign words
		}
		line, _ = strconv.Atoi(m[3])
		keyType = cmp.Or(keyType, m[1])
	}
	switch {
	case find(lines, sayRevoked) != nil:
		return &HostKeyRevokedError{Host: ep.name, Type: keyName(keyType), Fingerprint: fingerprint, File: file, Line: line}
	case find(lines, sayChanged) != nil:
		e := &HostKeyChangedError{Host: ep.name, Name: ep.knownName(), Type: keyName(keyType), Fingerprint: fingerprint}
		if file != "" {
			e.Known = []KnownKey{knownAt(file, line, keyName(keyType))}
		}
		return e
	}
	if m := find(lines, sayCert); m != nil {
		return &HostCertificateError{Host: ep.name, Reason: clean.Short(m[0], 200)}
	}
	unknown := &HostKeyUnknownError{Host: ep.name, Type: keyName(keyType), Fingerprint: fingerprint}
	if m := find(lines, sayNotKnown); m != nil {
		unknown.Type = keyName(m[1])
	}
	if len(ep.userKnownHosts) > 0 {
		unknown.File = ep.userKnownHosts[0]
	}
	return unknown
}

// knownAt is the key on a line of a known_hosts file, whose fingerprint ssh does not say.
func knownAt(file string, line int, keyType string) KnownKey {
	known := KnownKey{File: file, Line: line, Type: keyType, Fingerprint: "(unreadable)"}
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Size() > knownHostsMost {
		return known
	}
	text, _ := os.ReadFile(file)
	number := 0
	for l := range bytes.Lines(text) {
		if number++; number == line {
			if _, _, key, _, _, err := ssh.ParseKnownHosts(l); err == nil {
				known.Type, known.Fingerprint = key.Type(), ssh.FingerprintSHA256(key)
			}
		}
	}
	return known
}

// keyName is a type of key as known_hosts writes it; ssh's sentences have another word.
func keyName(word string) string {
	switch word {
	case "ED25519":
		return "ssh-ed25519"
	case "RSA":
		return "ssh-rsa"
	case "ECDSA":
		return "ecdsa"
	case "":
		return "a key"
	}
	return word
}

// knownName is the host as known_hosts writes it.
func (e *endpoint) knownName() string {
	host, port := e.keyName()
	if port == "" || port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}

func saidRefused(ep *endpoint, lines []string) error {
	m := find(lines, sayDenied)
	many := find(lines, sayTooMany)
	if m == nil && many == nil {
		return nil
	}
	e := &AuthError{Host: ep.name, User: ep.user, Err: syscall.EACCES}
	if m == nil {
		e.Said = clean.Short(many[0], 200)
		return e
	}
	if e.Said = clean.Short(m[0], 200); ep.mute != "" {
		e.Said, e.mute = e.Said+"; "+ep.mute, true
	}
	if m[3] != "" {
		e.Methods = strings.Split(m[3], ",")
	}
	if m[1] != "" && ep.hops > 0 {
		e.User = m[1] // maybe a jump host's; the sentence names it
	}
	return e
}

func saidUnusable(ep *endpoint, lines []string) error {
	if m := find(lines, sayNegotiate); m != nil {
		return &AlgorithmError{Host: ep.name, What: clean.Short(m[1], 60), Server: strings.Split(clean.Short(m[2], 300), ",")}
	}
	for _, l := range lines {
		if sayConfig.MatchString(l) {
			return &ConfigError{Host: ep.name, Text: clean.Short(l, 300)}
		}
	}
	return nil
}

func saidUnreached(ep *endpoint, lines []string) error {
	if m := find(lines, sayResolve); m != nil {
		return masterDialError(ep, "resolve", unresolved(ep.name, &net.DNSError{Name: m[1], Err: m[2], IsNotFound: strings.HasSuffix(m[2], "not known")}))
	}
	if m := find(lines, sayDial); m != nil {
		return masterDialError(ep, "dial", fmt.Sprintf("%s (%s)", lowered(m[3]), placeOf(ep.name, net.JoinHostPort(m[1], m[2]))))
	}
	if m := find(lines, sayForward); m != nil {
		return masterDialError(ep, "dial", fmt.Sprintf("%s (%s, from the host before it)", lowered(strings.TrimPrefix(m[1], "connect failed: ")), placeOf(ep.name, ep.addr())))
	}
	m := find(lines, sayBanner)
	switch {
	case m == nil:
		return nil
	case find(lines, sayThroughOne) != nil:
		return masterDialError(ep, "proxy", "the way there ended: "+firstWords(lines))
	case strings.Contains(m[0], "closed by") || strings.Contains(m[0], "reset by"):
		return &DialError{Host: ep.name, Addr: ep.addr(), Stage: "handshake", Busy: true, Err: syscall.ECONNRESET}
	}
	return masterDialError(ep, "handshake", fmt.Sprintf("SSH handshake (%s): %s", placeOf(ep.name, ep.addr()), m[0]))
}

// masterDialError keeps the cause that the words stand for, where it has a number.
func masterDialError(ep *endpoint, stage, text string) error {
	var cause error = syscall.EIO
	for _, no := range []syscall.Errno{
		syscall.ECONNREFUSED, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ECONNRESET,
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(no.Error())) {
			cause = no
		}
	}
	return &DialError{Host: ep.name, Addr: ep.addr(), Stage: stage, Err: &quiet{clean.Short(text, 300), cause}}
}

// lastWords is the last line that ssh said.
func lastWords(text string) string {
	lines := clean.Lines(text)
	for i := len(lines) - 1; i >= 0; i-- {
		if l := strings.TrimSpace(lines[i]); l != "" && !strings.HasPrefix(l, "Warning: Permanently added") {
			return clean.Short(l, 200)
		}
	}
	return ""
}

// firstWords is the first line, which is the cause where others follow from it.
func firstWords(lines []string) string {
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			return clean.Short(l, 200)
		}
	}
	return ""
}
