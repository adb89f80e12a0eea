package sshtest

import (
	"bufio"
	"io"
	"strings"
)

// Shell turns run into an Exec hook that understands how collector/remote hands a script to `/bin/sh -s`: framed by a
// first line that prints a marker and a last line that ends the shell. run gets the script between them as
// Session.Command, and as Stdin what the client sends after it. A shell through sudo is one of the user that it names,
// who is Session.User then. Any other command ends with status 127, `true` with 0.
func Shell(run func(*Session) int) func(*Session) int {
	return func(s *Session) int {
		inner := *s
		user, other := strings.CutPrefix(s.Command, "exec sudo -n -u '")
		switch {
		case s.Command == "true":
			return 0
		case other && strings.HasSuffix(user, "' -- /bin/sh -s"):
			inner.User = strings.TrimSuffix(user, "' -- /bin/sh -s")
		case s.Command != "exec /bin/sh -s":
			return 127
		}
		in := bufio.NewReader(s.Stdin)
		script, marker, ok := readFrame(in)
		if !ok {
			return 2
		}
		if _, err := io.WriteString(s.Stdout, marker+"\n"); err != nil {
			return 1
		}
		inner.Command, inner.Stdin = script, in
		return run(&inner)
	}
}

// readFrame reads a script up to the line that ends with its marker.
func readFrame(in *bufio.Reader) (script, marker string, ok bool) {
	first, err := in.ReadString('\n')
	if err != nil {
		return "", "", false
	}
	fields := strings.Fields(first)
	if len(fields) < 3 || fields[0] != "{" || fields[1] != "echo" {
		return "", "", false
	}
	marker = fields[2]
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", "", false
		}
		if strings.HasSuffix(line, "# "+marker+"\n") {
			return b.String(), marker, true
		}
		b.WriteString(line)
	}
}
