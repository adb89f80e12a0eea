package remote

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/wildcard"
)

// readAlgorithms takes over the lists that the user changed. Those that he did not are old defaults of his ssh.
func (e *endpoint) readAlgorithms(c, defaults sshconfig.Config) error {
	supported, insecure := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	e.keyExchanges, e.ciphers, e.macs = supported.KeyExchanges, supported.Ciphers, supported.MACs
	for _, list := range []struct {
		keyword         string
		target          *[]string
		known, insecure []string
	}{
		{"KexAlgorithms", &e.keyExchanges, supported.KeyExchanges, insecure.KeyExchanges},
		{"Ciphers", &e.ciphers, supported.Ciphers, insecure.Ciphers},
		{"MACs", &e.macs, supported.MACs, insecure.MACs},
		{"HostKeyAlgorithms", &e.hostKeyAlgorithms, supported.HostKeys, insecure.HostKeys},
		{"PubkeyAcceptedAlgorithms", &e.publicKeyAlgorithms, supported.PublicKeyAuths, insecure.PublicKeyAuths},
		{"CASignatureAlgorithms", &e.caSignatures, supported.HostKeys, insecure.HostKeys},
	} {
		key := strings.ToLower(list.keyword)
		if !c.Set(key) || !c.Changed(defaults, key) {
			continue
		}
		*list.target = algorithms(c.Get(key), list.known, list.insecure)
		if len(*list.target) == 0 {
			return &UnsupportedError{Host: e.name, Keyword: list.keyword, Value: c.Get(key)}
		}
	}
	return nil
}

// algorithms are those of a list that the library has. ssh -G prints a whole list; what was read without an ssh may
// change the default: by more (+), by less (-), in its order (^).
func algorithms(value string, known, insecure []string) []string {
	all := slices.Concat(known, insecure)
	names := strings.Split(strings.TrimLeft(value, "+-^"), ",")
	var named []string
	for _, n := range names {
		for _, a := range all {
			if wildcard.List([]string{n}, a) && !slices.Contains(named, a) {
				named = append(named, a)
			}
		}
	}
	without := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(a string) bool { return slices.Contains(named, a) })
	}
	switch value[0] {
	case '+':
		return append(without(known), named...)
	case '-':
		return without(known)
	case '^':
		return append(named, without(known)...)
	}
	return named
}

// restrict are the elements of list that are allowed, in list's order.
func restrict(list, allowed []string) []string {
	var kept []string
	for _, s := range list {
		if slices.Contains(allowed, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
