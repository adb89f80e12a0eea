package puma

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// State is what a state file (state_path) says. Puma never deletes it, so it is also what some dead process said:
// only a pid whose process title is a Puma's makes it true.
type State struct {
	// PID is the master's, or the one process's of single mode.
	PID int
	// ControlURL is as written, empty where there is no control app; see [ParseAddress].
	ControlURL string
	Token      Token
	// RunningFrom is where Puma was started, links resolved (from 5.0). A phased restart does not renew it.
	RunningFrom string
}

// ErrPartialState is returned for a state file caught while Puma writes it, which truncates and then writes: a
// full restart makes it so for a moment. Read it again.
var ErrPartialState = errors.New("the state file is empty or not whole")

// maxState bounds a state file; a real one has four lines.
const maxState = 64 << 10

// ParseState reads a state file of Puma 3.12 to 8.0 line by line rather than as YAML: from 5.6 on Puma writes it
// without a YAML library and leaves a token like 123e45 unquoted. Unknown keys are passed over. No error shows any of
// its text.
func ParseState(b []byte) (State, error) {
	if len(b) > maxState {
		return State{}, errors.New("parse state file: it is too long to be one")
	}
	if len(bytes.TrimSpace(b)) == 0 || b[len(b)-1] != '\n' {
		return State{}, ErrPartialState
	}
	fields := stateFields(string(b))
	text, ok := fields["pid"]
	if !ok {
		return State{}, ErrPartialState
	}
	pid, err := strconv.ParseUint(text, 10, 31)
	if err != nil || pid == 0 {
		return State{}, errors.New("parse state file: pid is not a process id")
	}
	if !isWholeState(fields) {
		return State{}, ErrPartialState
	}
	s := State{
		PID: int(pid), ControlURL: fields["control_url"], Token: NewToken(fields["control_auth_token"]),
		RunningFrom: fields["running_from"],
	}
	if strings.ContainsFunc(s.ControlURL+s.RunningFrom, isControl) {
		return State{}, fmt.Errorf("parse state file of pid %d: control characters in a path", s.PID)
	}
	return s, nil
}

// isWholeState reports whether the last key of a complete file is there: running_from from 5.0 on, the token in 3.12
// and 4, where its key stands even without a value.
func isWholeState(fields map[string]string) bool {
	_, directory := fields["running_from"]
	_, token := fields["control_auth_token"]
	return directory || token
}

// stateFields splits a flat YAML mapping. A line that begins with a space continues the one before, as the YAML
// library of Puma up to 5.5 folds long values.
func stateFields(text string) map[string]string {
	fields := map[string]string{}
	last := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "" || line == "---" || strings.HasPrefix(line, "#"):
		case line[0] == ' ' && last != "":
			fields[last] = unfold(fields[last], line)
		default:
			key, value, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			last = strings.TrimSpace(key)
			fields[last] = strings.TrimSpace(value)
		}
	}
	for key, value := range fields {
		fields[key] = unquote(value)
	}
	return fields
}

// unfold joins a folded YAML value: in double quotes a backslash hides the line break, elsewhere it is one space.
func unfold(value, line string) string {
	line = strings.TrimSpace(line)
	if head, ok := strings.CutSuffix(value, `\`); ok {
		return head + strings.TrimPrefix(line, `\`)
	}
	return value + " " + line
}

// unquote takes one pair of quotes off. Puma itself escapes nothing in them; the YAML library does, and of what it
// escapes only quotes and backslashes can be in a token or a path.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] {
		return s
	}
	inner := s[1 : len(s)-1]
	switch s[0] {
	case '\'':
		return strings.ReplaceAll(inner, "''", "'")
	case '"':
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(inner)
	}
	return s
}
