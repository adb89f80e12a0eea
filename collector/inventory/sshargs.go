package inventory

import (
	"cmp"
	"strconv"
	"strings"

	"pumatop/collector/config"
)

// sshArguments takes over what a tool gives ssh on its command line. It returns the arguments that it does not know.
// What ssh says first counts.
func sshArguments(args []string, to *config.SSH) (unknown []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if len(arg) < 2 || arg[0] != '-' {
			unknown = append(unknown, arg)
			continue
		}
		letter, value := arg[1], arg[2:]
		if strings.IndexByte("oJilpFLRDSbcmeEBIOQWw", letter) >= 0 && value == "" && i+1 < len(args) {
			i++
			value = args[i]
		}
		if !sshArgument(letter, value, to) {
			unknown = append(unknown, "-"+string(letter)+" "+value)
		}
	}
	return unknown
}

func sshArgument(letter byte, value string, to *config.SSH) bool {
	switch letter {
	case 'o':
		keyword, text, ok := strings.Cut(value, "=")
		if !ok {
			keyword, text, ok = strings.Cut(strings.TrimSpace(value), " ")
		}
		return ok && sshOption(strings.TrimSpace(keyword), strings.Trim(strings.TrimSpace(text), `"`), to)
	case 'J':
		return sshOption("ProxyJump", value, to)
	case 'i':
		return sshOption("IdentityFile", value, to)
	case 'l':
		return sshOption("User", value, to)
	case 'p':
		return sshOption("Port", value, to)
	case '4':
		return sshOption("AddressFamily", "inet", to)
	case '6':
		return sshOption("AddressFamily", "inet6", to)
	case 'A', 'a', 'C', 'q', 'v', 'T', 't', 'x', 'X', 'n', 'k', 'K': // nothing that decides on the way
		return true
	}
	return false
}

// sshOption takes over one keyword. What is about sharing connections and about sessions, pumatop has its own of.
func sshOption(keyword, value string, to *config.SSH) bool {
	switch strings.ToLower(keyword) {
	case "":
		return false
	case "user":
		to.User = cmp.Or(to.User, value)
	case "port":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 65535 {
			return false
		}
		to.Port = cmp.Or(to.Port, n)
	case "identityfile":
		to.Identity = append(to.Identity, value)
	case "proxyjump":
		to.ProxyJump = cmp.Or(to.ProxyJump, value)
	case "controlmaster", "controlpath", "controlpersist", "forwardagent", "loglevel", "compression", "requesttty", "batchmode":
	default:
		if to.Options == nil {
			to.Options = map[string]string{}
		}
		if !hasKeyword(to.Options, keyword) {
			to.Options[keyword] = value
		}
	}
	return true
}
