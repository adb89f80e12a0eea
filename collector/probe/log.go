package probe

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// LogScript follows the log of a Puma, or of a unit that has none now, line by line as it was written: the file that
// Puma logs to, else what its container wrote, else the journal of its unit. past is how many lines of the past come first; with 0 it begins now. It
// is for a stream: it ends when its stdin does, and with status 1 at once where there is neither file nor unit.
//
// since, unless it is zero, leaves out what the journal took in before that time of the host's clock, to the
// microsecond. A log file it does not bound: Puma's lines have no time. A journalctl older than systemd 256 takes since
// in place of past and prints all that came after it; a newer one prints the last of that.
//
// The output has no bound, and a crash loop writes thousands of lines a second: who reads it bounds what is kept.
func LogScript(p Puma, u Unit, past int, since time.Time) string {
	return logWords(p, u, past, since) + load("script/log.sh")
}

// TurnsScript prints the lines of a log, as LogScript has it, that begin or end an image of the master, the newest
// last: of a journal those since then, of a file those near its end. Without a log it prints nothing.
func TurnsScript(p Puma, u Unit, since time.Time) string {
	return logWords(p, u, 0, since) + load("script/turns.sh")
}

// logWords tell a script which log it is about.
func logWords(p Puma, u Unit, past int, since time.Time) string {
	owner := u.Manager
	if owner == 0 {
		owner = p.UID
	}
	file := cmp.Or(p.LogPath, u.LogPath)
	return fmt.Sprintf("unit=%s scope=%s owner=%d past=%s since=%s file=%s engine=%s box=%s\n", quote(u.Name), quote(string(u.Scope)), owner,
		strconv.Itoa(max(past, 0)), quote(journalTime(since)), quote(file),
		quote(p.Container.Engine), quote(p.Container.ID))
}

// journalTime is a time as journalctl takes it: systemd 247 reads the fraction too.
func journalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("@%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
