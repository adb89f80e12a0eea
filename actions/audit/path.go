package audit

import (
	"errors"
	"path/filepath"
)

// Path is where the file is: $XDG_STATE_HOME/pumatop/audit.jsonl, else below ~/.local/state, on a Mac too. As the XDG
// specification wants it, a path that is not absolute counts as not set.
func Path(getenv func(string) string) (string, error) {
	const dir, name = "pumatop", "audit.jsonl"
	if state := getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, dir, name), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", dir, name), nil
	}
	return "", &Error{doing: finding, Err: errors.New("neither HOME nor XDG_STATE_HOME names a directory")}
}

// older is the file that the audit becomes when it has grown too large.
func older(path string) string { return path + ".1" }
