package probe

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LogQuery is which part of a log is wanted.
type LogQuery struct {
	// Past is how many lines of the past come first; with 0 it begins now.
	Past int
	// Since, unless it is zero, leaves out what the journal took in before that time of the host's clock, to the
	// microsecond. A log file it does not bound: Puma's lines have no time. A journalctl older than systemd 256 takes
	// Since in place of Past and prints all that came after it; a newer one prints the last of that.
	Since time.Time
	// Times puts in front of each line when it was written, where the log knows: see CutLogTime.
	Times bool
	// Once ends with the newest line there is, in place of waiting for more.
	Once bool
}

// LogScript prints the log of a Puma, or of a unit that has none now, line by line as it was written: the file that
// Puma logs to, else what its container wrote, else the journal of its unit. It is for a stream: it ends when its stdin
// does, and with status 1 at once where there is neither file nor unit.
//
// The output has no bound, and a crash loop writes thousands of lines a second: who reads it bounds what is kept.
func LogScript(p Puma, u Unit, q LogQuery) string {
	return logWords(p, u, q) + load("script/log.sh")
}

// TurnsScript prints the lines of a log, as LogScript has it, that begin or end an image of the master, the newest
// last: of a journal those since then, of a file those near its end, if it was written to in the last three minutes. Without
// a log it prints nothing.
func TurnsScript(p Puma, u Unit, since time.Time) string {
	return logWords(p, u, LogQuery{Since: since}) + load("script/turns.sh")
}

// logWords tell a script which log it is about.
func logWords(p Puma, u Unit, q LogQuery) string {
	owner := u.Manager
	if owner == 0 {
		owner = p.UID
	}
	file := cmp.Or(p.LogPath, u.LogPath)
	return fmt.Sprintf("unit=%s scope=%s owner=%d past=%s since=%s file=%s engine=%s box=%s times=%s once=%s\n", Quote(u.Name),
		Quote(string(u.Scope)), owner, strconv.Itoa(max(q.Past, 0)), Quote(journalTime(q.Since)), Quote(file),
		Quote(p.Container.Engine), Quote(p.Container.ID), truth(q.Times), truth(q.Once))
}

// truth is a yes or no as scripts have it: a word, or none.
func truth(b bool) string {
	if b {
		return "yes"
	}
	return "''"
}

// CutLogTime takes off a line of LogScript with Times when it was written, by the host's clock: a journal puts the seconds
// since 1970 in front, with the host and the program, and a container engine the time of RFC 3339. ok is false for a line
// without: of a log file, or the second one of a message of several.
func CutLogTime(line string) (at time.Time, text string, ok bool) {
	word, rest, found := strings.Cut(line, " ")
	if !found {
		return time.Time{}, line, false
	}
	if at, err := time.Parse(time.RFC3339Nano, word); err == nil {
		return at, rest, true
	}
	seconds, fraction, found := strings.Cut(word, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	us, err2 := strconv.ParseUint(fraction, 10, 32)
	if !found || err != nil || err2 != nil || len(fraction) != 6 || s < 0 || s > 1<<40 {
		return time.Time{}, line, false
	}
	return time.Unix(s, int64(us)*1000), cutWriter(rest), true
}

// cutWriter takes "web1 puma[4242]: " off the rest of a journal's line.
func cutWriter(rest string) string {
	_, after, ok := strings.Cut(rest, " ")
	if !ok {
		return rest
	}
	writer, text, ok := strings.Cut(after, ": ")
	switch {
	case ok:
		return text
	case strings.HasSuffix(writer, ":"): // it wrote nothing
		return ""
	}
	return after
}

// journalTime is a time as journalctl takes it: systemd 247 reads the fraction too.
func journalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("@%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
