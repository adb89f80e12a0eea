package remote

import (
	"embed"
	"strings"
)

//go:embed relay
var relayFiles embed.FS

// relayPrograms are what a relay can be, best first: what a Puma host has for sure, then what carries several exchanges
// at once, then the shell with a command for each. curl knows where an answer ends, socat waits for the connection to,
// which a worker that is forked meanwhile holds open.
var relayPrograms = []string{"ruby", "python3", "perl", "curl", "socat"}

// relayScript finds the first of the programs that a host has and becomes a relay. It is constant: requests come on its
// stdin.
func relayScript(programs []string) string {
	if len(programs) == 0 {
		programs = relayPrograms
	}
	var b strings.Builder
	b.WriteString("programs=" + quote(strings.Join(programs, " ")) + "\n")
	for _, p := range []struct{ variable, file string }{
		{"in_ruby", "relay.rb"}, {"in_python", "relay.py"}, {"in_perl", "relay.pl"}, {"in_shell", "relay.sh"},
	} {
		b.WriteString(p.variable + "=" + quote(relayFile(p.file)) + "\n")
	}
	b.WriteString(relayFile("find.sh"))
	return b.String()
}

func relayFile(name string) string {
	text, err := relayFiles.ReadFile("relay/" + name)
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(text)
}
