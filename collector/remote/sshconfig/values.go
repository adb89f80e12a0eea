package sshconfig

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// kind is how a keyword's value is written.
type kind uint8

const (
	kindWord  kind = iota + 1
	kindWords      // several words
	kindRest       // a command: the rest of the line
	kindJump       // ProxyJump: the rest of the line up to a blank
	kindFlag       // yes or no
	kindState      // one of states
	kindCount      // a number
	kindSpan       // a time
	kindPort
	kindRekey
)

// kinds are the keywords that decide how a host is reached and trusted. Others are kept as they are written.
var kinds = map[string]kind{
	"user": kindWord, "hostname": kindWord, "bindaddress": kindWord, "bindinterface": kindWord, "hostkeyalias": kindWord, "identityagent": kindWord,
	"identityfile": kindWord, "certificatefile": kindWord, "preferredauthentications": kindWord, "tag": kindWord, "ignoreunknown": kindWord,
	"ciphers": kindWord, "macs": kindWord, "kexalgorithms": kindWord, "hostkeyalgorithms": kindWord, "casignaturealgorithms": kindWord,
	"pubkeyacceptedalgorithms": kindWord, "hostbasedacceptedalgorithms": kindWord, "pkcs11provider": kindWord, "revokedhostkeys": kindWord,
	"refuseconnection":   kindWord,
	"userknownhostsfile": kindWords, "globalknownhostsfile": kindWords, "canonicaldomains": kindWords, "canonicalizepermittedcnames": kindWords,
	"proxycommand": kindRest, "knownhostscommand": kindRest, "localcommand": kindRest, "remotecommand": kindRest, "proxyjump": kindJump,
	"batchmode": kindFlag, "identitiesonly": kindFlag, "hashknownhosts": kindFlag, "tcpkeepalive": kindFlag, "passwordauthentication": kindFlag,
	"kbdinteractiveauthentication": kindFlag, "nohostauthenticationforlocalhost": kindFlag, "proxyusefdpass": kindFlag,
	"hostbasedauthentication": kindFlag, "gssapiauthentication": kindFlag, "gssapikeyexchange": kindFlag, "canonicalizefallbacklocal": kindFlag,
	"forkafterauthentication": kindFlag,
	"stricthostkeychecking":   kindState, "verifyhostkeydns": kindState, "pubkeyauthentication": kindState, "canonicalizehostname": kindState,
	"addressfamily":      kindState,
	"connectionattempts": kindCount, "serveralivecountmax": kindCount, "numberofpasswordprompts": kindCount, "requiredrsasize": kindCount,
	"canonicalizemaxdots": kindCount,
	"connecttimeout":      kindSpan, "serveraliveinterval": kindSpan,
	"port": kindPort, "rekeylimit": kindRekey,
}

// states are the words of keywords that have more than two, and what `ssh -G` prints for each.
var states = map[string]map[string]string{
	"stricthostkeychecking": {"yes": "true", "true": "true", "no": "false", "false": "false", "off": "false", "ask": "ask", "accept-new": "accept-new"},
	"verifyhostkeydns":      {"yes": "true", "true": "true", "no": "false", "false": "false", "ask": "ask"},
	"pubkeyauthentication":  {"yes": "true", "true": "true", "no": "false", "false": "false", "unbound": "unbound", "host-bound": "host-bound"},
	"canonicalizehostname":  {"yes": "true", "true": "true", "no": "false", "false": "false", "always": "always"},
	"addressfamily":         {"inet": "inet", "inet6": "inet6", "any": "any"},
}

// renamed is today's name of a keyword.
func renamed(keyword string) string {
	switch keyword {
	case "challengeresponseauthentication", "skeyauthentication", "tisauthentication":
		return "kbdinteractiveauthentication"
	case "pubkeyacceptedkeytypes":
		return "pubkeyacceptedalgorithms"
	case "hostbasedkeytypes":
		return "hostbasedacceptedalgorithms"
	case "dsaauthentication":
		return "pubkeyauthentication"
	case "identityfile2":
		return "identityfile"
	case "keepalive":
		return "tcpkeepalive"
	case "smartcarddevice":
		return "pkcs11provider"
	}
	return keyword
}

// obsolete reports whether ssh itself only remembers a keyword.
func obsolete(keyword string) bool {
	return slices.Contains([]string{
		"protocol", "cipher", "fallbacktorsh", "globalknownhostsfile2", "rhostsauthentication", "userknownhostsfile2", "useroaming",
		"usersh", "useprivilegedport", "rsaauthentication", "rhostsrsaauthentication", "compressionlevel", "afstokenpassing",
		"kerberosauthentication", "kerberostgtpassing",
	}, keyword)
}

// read turns the words of a value into what `ssh -G` prints.
func read(keyword string, values []string) (string, error) {
	k, known := kinds[keyword]
	value := values[0]
	switch {
	case value == "" && known:
		return "", fmt.Errorf("%s has no value", keyword)
	case !known || k == kindWords:
		if len(values) > 1 && slices.Contains(values, "none") && strings.HasSuffix(keyword, "knownhostsfile") {
			return "", fmt.Errorf("%s: none has to stand alone", keyword)
		}
		return strings.Join(values, " "), nil
	case k == kindRekey:
		return readRekey(values)
	case len(values) > 1:
		return "", fmt.Errorf("%s has more than one value", keyword)
	}
	return readWord(keyword, value, k)
}

// readWord is read for a single word.
func readWord(keyword, value string, k kind) (string, error) {
	switch k {
	case kindFlag, kindState:
		if s, ok := wordsOf(keyword)[strings.ToLower(value)]; ok {
			return s, nil
		}
		return "", fmt.Errorf("%s cannot be %q", keyword, value)
	case kindCount:
		if n, err := strconv.ParseInt(value, 10, 32); err == nil {
			return strconv.FormatInt(n, 10), nil
		}
		return "", fmt.Errorf("%s: %q is no number", keyword, value)
	case kindSpan:
		return readSpan(keyword, value)
	case kindPort:
		return readPort(value)
	case kindJump:
		return readJump(value)
	}
	return value, nil
}

// wordsOf are the words that a keyword takes, and what `ssh -G` prints for each.
func wordsOf(keyword string) map[string]string {
	if s, ok := states[keyword]; ok {
		return s
	}
	return map[string]string{"yes": "yes", "true": "yes", "no": "no", "false": "no"}
}

func readSpan(keyword, value string) (string, error) {
	s := seconds(value)
	if _, err := strconv.Atoi(s); err != nil && value != "none" {
		return "", fmt.Errorf("%s: %q is no time", keyword, value)
	}
	return s, nil
}

func readPort(value string) (string, error) {
	n, err := net.LookupPort("tcp", value)
	if err != nil || n < 1 {
		return "", fmt.Errorf("port: %q is none", value)
	}
	return strconv.Itoa(n), nil
}

// readJump takes the last hop's ssh:// away, as ssh prints it.
func readJump(value string) (string, error) {
	hops := strings.Split(value, ",")
	for i, hop := range hops {
		if hop == "" {
			return "", errors.New("proxyjump has an empty hop")
		}
		if after, ok := strings.CutPrefix(hop, "ssh://"); ok && i == len(hops)-1 {
			hops[i] = strings.TrimSuffix(after, "/")
		}
	}
	return strings.Join(hops, ","), nil
}

// unset stands for the second part of a RekeyLimit, which a later line may set on its own.
const unset = "-"

// readRekey turns "1G 1h" into bytes and seconds.
func readRekey(values []string) (string, error) {
	size := int64(0)
	if v := values[0]; v != "default" {
		digits := strings.TrimRight(v, "kKmMgG")
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || len(v)-len(digits) > 1 {
			return "", fmt.Errorf("rekeylimit: %q is no size", v)
		}
		shift := map[string]int{"": 0, "k": 10, "m": 20, "g": 30}[strings.ToLower(v[len(digits):])]
		if size = n << shift; size != 0 && size < 16 {
			return "", fmt.Errorf("rekeylimit: %q is too small", v)
		}
	}
	age := unset
	if len(values) > 1 && values[1] != "none" {
		var err error
		if age, err = readSpan("rekeylimit", values[1]); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d %s", size, age), nil
}
