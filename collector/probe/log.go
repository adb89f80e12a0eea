package probe

import (
	"cmp"
	"fmt"
	"strconv"
)

// LogScript follows the log of a Puma, or of a unit that has none now, line by line as it was written: the file that
// Puma logs to, else the journal of its unit. past is how many lines of the past come first; with 0 it begins now. It
// is for a stream: it ends when its stdin does, and with status 1 at once where there is neither file nor unit.
//
// The output has no bound, and a crash loop writes thousands of lines a second: who reads it bounds what is kept.
func LogScript(p Puma, u Unit, past int) string {
	owner := u.Manager
	if owner == 0 {
		owner = p.UID
	}
	file := cmp.Or(p.LogPath, u.LogPath)
	return fmt.Sprintf("unit=%s scope=%s owner=%d past=%s file=%s\n",
		quote(u.Name), quote(string(u.Scope)), owner, strconv.Itoa(max(past, 0)), quote(file)) + load("script/log.sh")
}
