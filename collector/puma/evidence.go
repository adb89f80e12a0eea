package puma

import (
	"fmt"
	"strings"

	"pumatop/collector/clean"
)

// maxEvidence is how much of a quoted line an evidence keeps.
const maxEvidence = 120

// image is what the log says of one execution of a master, as far as that matters for a phased restart.
type image struct {
	mode Mode
	// owner is the pid, from the bracket or from a line of its own; 0 in single mode up to 5.0, where none is said.
	owner   int
	version Version
	// says is the line that tells, quoted, and where it stands; answer is what it tells.
	says   string
	answer Answer
	// began is the newest line that says that a phased restart has begun.
	began LogLine
	// open is whether it came as far as its sockets: up to 5.0 what its banner does not have by then will not come.
	open bool
	// over is whether the image has ended or ends.
	over bool
}

// PhasedFromLog reads the last start of pid in lines, oldest first, as Puma wrote them: which restarts it says are
// possible, that a phased restart asked of it became a full one, or that one has begun. ok is false where the lines do
// not tell of the image that runs now: none of that pid, one of another version than v (a zero v is not compared), or
// one that has ended since.
func PhasedFromLog(lines []string, v Version, pid int) (p Phased, ok bool) {
	var last *image
	for _, line := range lines {
		if _, text := cutWriter(line); last != nil && strings.HasPrefix(text, "- Worker ") {
			continue // most of a start: workers that have booted, which tell nothing here
		}
		l := ParseLogLine(line)
		if l.PID != 0 && l.PID != pid {
			continue
		}
		if l.Kind == LogStarting {
			last = &image{mode: l.Mode, owner: l.PID, answer: Unknown}
			continue
		}
		if last == nil {
			last = &image{owner: l.PID, answer: Unknown}
		}
		last.read(l)
	}
	if last == nil {
		return Phased{}, false
	}
	return last.phased(v, pid)
}

// read takes one more line of the image's.
func (i *image) read(l LogLine) {
	switch l.Kind {
	case LogVersion:
		i.version = l.Version
	case LogMasterPID:
		i.owner = l.Subject
	case LogRestarts, LogPreloading:
		if i.answer == Unknown { // from 5.1 on both lines come, and the first says more
			i.conclude(l, l.Phased, "the start-up log")
		}
	case LogNotPhased:
		i.conclude(l, No, "the log")
	case LogPhasedStarted:
		i.began = l
	case LogListening, LogControl, LogReady:
		i.open = true
	case LogRestarting, LogStopped, LogLoadFailed:
		i.over = true
	}
}

func (i *image) phased(v Version, pid int) (Phased, bool) {
	if i.answer == Unknown && i.began.Kind != LogOther && tellsPhased(v) {
		i.conclude(i.began, Yes, "the log")
	}
	switch {
	case i.over, i.owner != 0 && i.owner != pid:
		return Phased{}, false
	case !v.IsZero() && !i.version.IsZero() && !v.Same(i.version):
		return Phased{}, false
	case i.mode == Single:
		return Phased{Answer: No, Evidence: `"Puma starting in single mode..." in the start-up log`, From: FromLog}, true
	case i.owner != pid:
		return Phased{}, false
	case i.answer != Unknown:
		return Phased{Answer: i.answer, Evidence: i.says, From: FromLog}, true
	case i.open && !i.version.IsZero() && !i.version.AtLeast(5, 1, 0):
		return Phased{Answer: No, Evidence: `no "Phased restart available" in the start-up log`, From: FromLog}, true
	}
	return Phased{}, false
}

func (i *image) conclude(l LogLine, a Answer, where string) {
	i.answer, i.says = a, fmt.Sprintf(`"%s" in %s`, quoted(l.Text), where)
	if l.PID != 0 {
		i.owner = l.PID
	}
}

// tellsPhased reports whether "Starting phased worker restart" proves one: from 6.0 to 6.6.0 a refork begins with the
// same line, and is possible where a phased restart is not.
func tellsPhased(v Version) bool {
	return v.AtLeast(6, 6, 1) || !v.IsZero() && !v.AtLeast(6, 0, 0)
}

// quoted is a log line without the sign it begins with.
func quoted(line string) string {
	return clean.Short(strings.TrimLeft(line, "*- "), maxEvidence)
}
