package doctor

import (
	"regexp"
	"strings"

	"pumatop/collector/clean"
)

// hidden stands for what is secret, here and in the script.
const hidden = "[hidden]"

// What is secret in a command line: a token behind its flag, variables that are named for one, the password of a URL.
var (
	secretFlag     = regexp.MustCompile(`((?:^|\s)(?:--(?:control-)?token|-T)(?:=|\s+))("[^"]*"|'[^']*'|[^\s;]+)`)
	secretLetter   = regexp.MustCompile(`(pumactl\s(?:[^;]*\s)?-T)([^\s;=]+)`)
	secretVariable = regexp.MustCompile(`(\b[A-Z0-9_]*(?:TOKEN|SECRET|PASS|KEY)[A-Z0-9_]*=)("[^"]*"|'[^']*'|[^\s;]+)`)
	secretURL      = regexp.MustCompile(`(://)[^/@\s"']*:[^/@\s"']*@`)
)

// hushed is a command line without what is secret in it. The script leaves that on its host; what the probe found it has as
// it was.
func hushed(s string) string {
	s = secretFlag.ReplaceAllString(s, "$1"+hidden)
	s = secretLetter.ReplaceAllString(s, "$1"+hidden)
	s = secretVariable.ReplaceAllString(s, "$1"+hidden)
	return secretURL.ReplaceAllString(s, "$1"+hidden+"@")
}

// started is the command that starts the target's unit, as evidence.
func (t *Target) started() Evidence {
	v := unitView{Unit: t.Puma.Unit, target: t}
	return Evidence{Command: v.systemctl("cat " + word(v.Name)), Text: "ExecStart=" + clean.Short(hushed(v.ExecStart), maxEvidence)}
}

// pasted is a line of a remedy that goes back to where it was read. One that is not whole, since it was shortened or has secrets
// that were left on the host, is a comment: written back it would break what is there.
func pasted(line string) string {
	if !strings.Contains(line, hidden) && !strings.HasSuffix(line, "…") {
		return line
	}
	return "# as far as it may be shown: " + line
}
