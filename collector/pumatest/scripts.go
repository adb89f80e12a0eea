package pumatest

import (
	"strings"

	"pumatop/collector/probe"
	"pumatop/collector/remote/sshtest"
)

// run answers a script: the probe's own ones, by their text, and systemctl. Everything else is not found, like a
// command that the host does not have.
func (h *Host) run(s *sshtest.Session) int {
	if wanted, ok := probed(s.Command); ok {
		var out []byte
		h.t.do(func() { out = h.report(wanted).Encode() })
		_, _ = s.Stdout.Write(out)
		return 0
	}
	return notFound
}

// notFound is what a shell exits with where there is no such command.
const notFound = 127

// probed recognises the probe's script and reads the state files that it was asked for.
func probed(script string) (wanted []string, ok bool) {
	const end = " </dev/null 2>/dev/null\n"
	body := strings.TrimSuffix(probe.Script(probe.Want{}), end)
	rest, ok := strings.CutPrefix(script, body)
	if !ok {
		return nil, false
	}
	rest, _, _ = strings.Cut(rest, end)
	for i, part := range strings.Split(rest, "'") {
		if i%2 == 1 {
			wanted = append(wanted, part)
		}
	}
	return wanted, true
}
