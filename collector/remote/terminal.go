package remote

import (
	"errors"
	"os/exec"
)

// ErrNoTerminal means that nothing here can open a terminal on the host.
var ErrNoTerminal = errors.New("no ssh is installed on this machine, which is what opens terminals")

// Terminal is the command of this machine that runs a line of sh on the host with the terminal it is given: ssh with the
// options of the host's own, or what leads there in its place. A command that is a shell on the host cannot be handed a
// line: it then starts as it is, and whole is false.
func (h *Host) Terminal(line string) (argv []string, whole bool, err error) {
	switch {
	case len(h.options.Command) > 0:
		return h.options.Command, false, nil
	case h.address.text == Local:
		return append(becomeTerminal(h.options.Become), "/bin/sh", "-c", line), true, nil
	}
	path, err := exec.LookPath("ssh")
	if err != nil {
		return nil, false, ErrNoTerminal
	}
	if h.options.Become != "" {
		line = "exec sudo -n -u " + quote(h.options.Become) + " -- /bin/sh -c " + quote(line)
	}
	argv = append([]string{path}, h.query().Options()...)
	return append(argv, "-t", "--", h.address.host, "exec /bin/sh -c "+quote(line)), true, nil
}

// becomeTerminal is what stands in front of a command of this machine to run it as somebody else.
func becomeTerminal(user string) []string {
	if user == "" {
		return nil
	}
	return []string{"sudo", "-n", "-u", user, "--"}
}
