package puma

import (
	"regexp"
	"strings"

	"pumatop/collector/clean"
)

// BootError is why an application does not boot, in its own words rather than Puma's.
type BootError struct {
	// Message is the first line of the exception's message. It is empty in cluster mode of Puma 5.3.2 to 5.6, whose
	// log does not have it.
	Message string
	// Class is the exception's class, empty where the log does not have it: in cluster mode from 5.3.2 on.
	Class string
	// Where is the first frame that is the application's own rather than a gem's or Ruby's: "config.ru:2", relative to
	// the release where the path shows one. It is empty where there is none.
	Where string
}

// maxMessage is how much of an exception's message is kept.
const maxMessage = 300

// told ranks how much of the error the log has.
func (e BootError) told() int {
	switch {
	case e.Message != "" && e.Where != "":
		return 3
	case e.Message != "":
		return 2
	case e.Where != "":
		return 1
	}
	return 0
}

// FindBootError returns the last failed boot that lines, oldest first, tell of; one of which the log has more goes
// before a later one of which it has less, since the newest is often cut off. How much there is depends on the version:
// Puma 6 and later give message and trace of each failed worker, 5.3.2 to 5.6 only the first frame, and before that Ruby
// itself prints an uncaught exception, though not of every worker. Single mode and preload have class and message in
// every version. A failed boot of which the log has nothing yet but that it failed is not found.
func FindBootError(lines []string) (BootError, bool) {
	var found BootError
	for i, raw := range lines {
		l := ParseLogLine(raw)
		var e BootError
		switch {
		case l.Kind == LogWorkerFailed:
			e = failedWorker(l.PID, lines[i+1:])
		case l.Kind == LogLoadFailed:
			e = failedLoad(l.Reason, lines[i+1:])
		default:
			thread := i > 0 && strings.HasPrefix(lines[i-1], "#<Thread:")
			if e = uncaught(l.Text, lines[i+1:]); e == (BootError{}) || thread {
				continue
			}
		}
		if e.told() >= found.told() {
			found = e
		}
	}
	return found, found != BootError{}
}

var (
	// frame is one line of a Ruby backtrace, as the exception has it or as Ruby prints it.
	frame = regexp.MustCompile(`^\s*(?:from )?(\S.*?):(\d+):in [` + "`" + `'].*$`)
	// uncaughtLine is the first line that Ruby prints of an exception that nobody rescued.
	uncaughtLine = regexp.MustCompile(`^(\S.*?):(\d+):in [` + "`" + `'].*?': (.*) \(([A-Z]\w*(?:::[A-Z]\w*)*)\)$`)
	// located is a message that begins with a place of its own, as a SyntaxError's does.
	located = regexp.MustCompile(`^(/\S+|\S+\.r[bu]):(\d+): (.+)$`)
	// prefixed is a class before its message.
	prefixed = regexp.MustCompile(`^([A-Z]\w*(?:::[A-Z]\w*)*): (.*)$`)
)

// maxTrace bounds how far a backtrace is followed.
const maxTrace = 500

// failedWorker reads what follows "! Unable to start worker" of the worker pid: its message, which may have several
// lines, then its trace, of which only the first line has the pid.
func failedWorker(pid int, lines []string) BootError {
	var e BootError
	for i, raw := range lines[:min(len(lines), maxTrace)] {
		l := ParseLogLine(raw)
		if l.PID != pid && l.PID != 0 || l.Kind == LogWorkerEnded {
			break
		}
		if frame.MatchString(l.Text) {
			e.Where = firstOwn(append([]string{l.Text}, lines[i+1:]...))
			break
		}
		if e.Message == "" {
			e.Message = strings.TrimSpace(l.Text)
		}
	}
	return e.placed()
}

// failedLoad reads "Class: message", the rest of the line "! Unable to load application", and the trace that follows.
func failedLoad(reason string, lines []string) BootError {
	e := BootError{Message: reason}
	if m := prefixed.FindStringSubmatch(reason); m != nil {
		e.Class, e.Message = m[1], m[2]
	}
	for i, raw := range lines[:min(len(lines), maxTrace)] {
		l := ParseLogLine(raw)
		if l.Kind != LogOther {
			break
		}
		if m := uncaughtLine.FindStringSubmatch(l.Text); m != nil {
			e.Where = firstOwn(append([]string{l.Text}, lines[i+1:]...))
			break
		}
	}
	return e.placed()
}

// uncaught reads Ruby's own trace if Puma's code stands in it: any thread of an application may end in one.
func uncaught(text string, lines []string) BootError {
	m := uncaughtLine.FindStringSubmatch(text)
	if m == nil {
		return BootError{}
	}
	trace := []string{text}
	ours := false
	for _, line := range lines[:min(len(lines), maxTrace)] {
		if !frame.MatchString(line) || !strings.HasPrefix(strings.TrimSpace(line), "from ") {
			break
		}
		trace = append(trace, line)
		ours = ours || strings.Contains(line, "lib/puma/")
	}
	if !ours {
		return BootError{}
	}
	return BootError{Class: m[4], Message: m[3], Where: firstOwn(trace)}.placed()
}

// placed cuts the message to size, and takes a place at its beginning as the place.
func (e BootError) placed() BootError {
	if m := located.FindStringSubmatch(e.Message); m != nil {
		e.Where, e.Message = shortPath(m[1])+":"+m[2], m[3]
	}
	e.Message = clean.Short(e.Message, maxMessage)
	return e
}

// firstOwn is the first frame of a trace that is the application's.
func firstOwn(trace []string) string {
	for _, line := range trace[:min(len(trace), maxTrace)] {
		m := frame.FindStringSubmatch(clean.Line(line))
		if m == nil {
			break
		}
		if isOwn(m[1]) {
			return shortPath(m[1]) + ":" + m[2]
		}
	}
	return ""
}

// isOwn reports whether a file is the application's: not in a gem, not in Ruby's library, not Puma's.
func isOwn(file string) bool {
	for _, foreign := range [...]string{"/gems/", "/lib/ruby/", "/lib/puma/", "/bin/puma", "/bundler/", "/rubygems/", "<internal:", "(eval"} {
		if strings.Contains(file, foreign) {
			return false
		}
	}
	return true
}

// shortPath cuts the directory of the release off.
func shortPath(file string) string {
	if i := strings.Index(file, "/releases/"); i >= 0 {
		if _, rest, ok := strings.Cut(file[i+len("/releases/"):], "/"); ok {
			return clean.Short(rest, maxMessage)
		}
	}
	if _, rest, ok := strings.Cut(file, "/current/"); ok {
		return clean.Short(rest, maxMessage)
	}
	return clean.Short(file, maxMessage)
}
