package inventory

import (
	"cmp"
	"regexp"
	"slices"
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

// own are the keywords that are not taken over: what is about sharing connections and about sessions, pumatop has of its
// own. foreign are those of who is believed, which is the operator's to say.
var (
	own     = []string{"controlmaster", "controlpath", "controlpersist", "forwardagent", "loglevel", "compression", "requesttty", "batchmode"}
	foreign = []string{"stricthostkeychecking", "userknownhostsfile", "globalknownhostsfile", "checkhostip", "verifyhostkeydns"}
)

// sshOption takes over one keyword, or reports that it cannot.
func sshOption(keyword, value string, to *config.SSH) bool {
	name := strings.ToLower(keyword)
	switch {
	case slices.Contains(own, name):
		return true
	case value == "" || slices.Contains(foreign, name):
		return false
	case name == "proxycommand" && jumpOf(value) != "":
		name, value = "proxyjump", jumpOf(value)
	}
	switch name {
	case "user", "proxyjump":
		if !wordPattern.MatchString(value) {
			return false
		}
		if name == "user" {
			to.User = cmp.Or(to.User, value)
		} else {
			to.ProxyJump = cmp.Or(to.ProxyJump, value)
		}
		return true
	case "port":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 65535 {
			return false
		}
		to.Port = cmp.Or(to.Port, n)
		return true
	case "identityfile":
		to.Identity = append(to.Identity, value)
		return true
	}
	return setOption(keyword, value, to)
}

var keywordPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

func setOption(keyword, value string, to *config.SSH) bool {
	if !keywordPattern.MatchString(keyword) {
		return false
	}
	if to.Options == nil {
		to.Options = map[string]string{}
	}
	if !hasKeyword(to.Options, keyword) {
		to.Options[keyword] = value
	}
	return true
}

// jumpOf is the host of a proxy command that is a jump and nothing else, ssh -W %h:%p user@host, else empty.
func jumpOf(command string) string {
	args, ok := words(command)
	if !ok || len(args) < 4 || args[0] != "ssh" {
		return ""
	}
	said := map[string]string{}
	for i := 1; i < len(args); i++ {
		kind := args[i]
		switch kind {
		case "-q", "-A", "-C":
			continue
		case "-W", "-p", "-l":
			i++
		default:
			kind = "host"
		}
		if i == len(args) || said[kind] != "" || kind != "-W" && !wordPattern.MatchString(args[i]) {
			return "" // another option begins with a -, which no word does
		}
		said[kind] = args[i]
	}
	if said["-W"] != "%h:%p" || said["host"] == "" {
		return ""
	}
	user, host, port := parts(said["host"])
	return join(cmp.Or(user, said["-l"]), host, cmp.Or(port, said["-p"]))
}
