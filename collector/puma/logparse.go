package puma

import (
	"regexp"
	"strconv"
	"strings"

	"pumatop/collector/clean"
)

// maxLogLine is how much of a line is read: a log of an application may have lines of megabytes.
const maxLogLine = 4096

// LogText is a line of Puma's log as it may be shown: sanitised, and without the token of a control request that Puma
// wrote into it.
func LogText(line string) string { return clean.Line(redact(line)) }

// ParseLogLine reads one line of Puma 3.12 to 8.0. A line of a journal must come without its time and unit, as
// journalctl -o cat gives it.
func ParseLogLine(s string) LogLine {
	if len(s) > maxLogLine {
		s = s[:maxLogLine]
	}
	s = strings.TrimRight(clean.Line(redact(s)), " ")
	pid, text := cutWriter(s)
	l := parsePhrase(text)
	l.PID, l.Text = pid, text
	l.Hot, l.Phased, l.Refork = orUnknown(l.Hot), orUnknown(l.Phased), orUnknown(l.Refork)
	return l
}

func orUnknown(a Answer) Answer {
	if a == "" {
		return Unknown
	}
	return a
}

// cutWriter takes "[4242] " off a line.
func cutWriter(s string) (pid int, text string) {
	number, text, ok := strings.Cut(strings.TrimPrefix(s, "["), "] ")
	n, err := strconv.ParseUint(number, 10, 31)
	if !ok || err != nil || s[0] != '[' {
		return 0, s
	}
	return int(n), text
}

// parsePhrase finds the line among Puma's phrases. The cheap test comes first: applications log much more than Puma.
func parsePhrase(text string) LogLine {
	if text == "" || !strings.ContainsRune("*-+!=PUE", rune(text[0])) {
		return LogLine{}
	}
	for _, p := range plainPhrases {
		if p.whole && text == p.text || !p.whole && strings.HasPrefix(text, p.text) {
			l := p.line
			if p.line.Kind == LogLoadFailed {
				l.Reason = strings.TrimPrefix(text, p.text)
			}
			return l
		}
	}
	for _, p := range phrases {
		if m := p.pattern.FindStringSubmatch(text); m != nil {
			return p.read(m)
		}
	}
	return LogLine{}
}

// plainPhrases have no figures in them.
var plainPhrases = [...]struct {
	text  string
	whole bool
	line  LogLine
}{
	{"Puma starting in cluster mode...", true, LogLine{Kind: LogStarting, Mode: Cluster}},
	{"Puma starting in single mode...", true, LogLine{Kind: LogStarting, Mode: Single}},
	{"* Phased restart available", true, LogLine{Kind: LogRestarts, Hot: Yes, Phased: Yes}},
	{"* Preloading application", true, LogLine{Kind: LogPreloading, Phased: No}},
	{"* Listening on ", false, LogLine{Kind: LogListening}},
	{"* Inherited ", false, LogLine{Kind: LogListening}},
	{"* Activated ", false, LogLine{Kind: LogListening}},
	{"* Starting control server on ", false, LogLine{Kind: LogControl}},
	{"Use Ctrl-C to stop", true, LogLine{Kind: LogReady}},
	{"+ Changing to ", false, LogLine{Kind: LogDirectory}},
	{"* phased-restart called but not available, restarting normally.", true, LogLine{Kind: LogNotPhased, Phased: No}},
	{"* refork called but not available.", true, LogLine{Kind: LogNoRefork, Refork: No}},
	{"- Gracefully shutting down workers...", true, LogLine{Kind: LogShuttingDown}},
	{"- Gracefully stopping, waiting for requests to finish", true, LogLine{Kind: LogShuttingDown}},
	{"* Restarting...", true, LogLine{Kind: LogRestarting}},
	{"! Unable to start worker", true, LogLine{Kind: LogWorkerFailed}},
	{"Early termination of worker", true, LogLine{Kind: LogWorkerEnded}},
	{"! Unable to load application: ", false, LogLine{Kind: LogLoadFailed}},
	{"! Detected parent died, dying", true, LogLine{Kind: LogParentDied}},
	{"=== puma shutdown: ", false, LogLine{Kind: LogStopped}},
	{"- Goodbye!", true, LogLine{Kind: LogStopped}},
	{"* Stopping immediately!", true, LogLine{Kind: LogStopped}},
	{"- Idle timeout reached", true, LogLine{Kind: LogStopped}},
	{"- All workers reached idle timeout", true, LogLine{Kind: LogStopped}},
}

// phrases have figures in them; "pid:" is of Puma up to 5.0.
var phrases = [...]struct {
	pattern *regexp.Regexp
	read    func(m []string) LogLine
}{
	{regexp.MustCompile(`^\* (?:Puma version:|Version) (\d[\w.]*)[ ,]`), func(m []string) LogLine {
		v, _ := ParseVersion(m[1])
		return LogLine{Kind: LogVersion, Version: v}
	}},
	{regexp.MustCompile(`^\*  +(?:Master )?PID: (\d+)$`), func(m []string) LogLine {
		return LogLine{Kind: LogMasterPID, Subject: number31(m[1])}
	}},
	{regexp.MustCompile(`^\* +Restarts: \((.)\) hot \((.)\) phased(?: \((.)\) refork)?$`), func(m []string) LogLine {
		return LogLine{Kind: LogRestarts, Hot: tick(m[1]), Phased: tick(m[2]), Refork: tick(m[3])}
	}},
	{regexp.MustCompile(`^- Worker (\d+) \((?:pid|PID): (\d+)\) booted(?: in ([\d.]+)s)?, phase: (\d+)$`), func(m []string) LogLine {
		seconds, _ := strconv.ParseFloat(m[3], 64)
		return LogLine{Kind: LogWorkerBooted, Index: number31(m[1]), Subject: number31(m[2]), Seconds: seconds, Phase: number31(m[4])}
	}},
	{regexp.MustCompile(`^- Worker (\d+) \((?:pid|PID): (\d+)\) terminating$`), func(m []string) LogLine {
		return LogLine{Kind: LogWorkerCulled, Index: number31(m[1]), Subject: number31(m[2])}
	}},
	{regexp.MustCompile(`^- Starting (phased worker restart|worker refork), phase: (\d+)$`), func(m []string) LogLine {
		if m[1] == "worker refork" {
			return LogLine{Kind: LogReforkStarted, Phase: number31(m[2])}
		}
		return LogLine{Kind: LogPhasedStarted, Phase: number31(m[2])}
	}},
	{regexp.MustCompile(`^- Stopping (\d+) for (?:phased upgrade|refork)\.\.\.$`), func(m []string) LogLine {
		return LogLine{Kind: LogStopping, Subject: number31(m[1])}
	}},
	{regexp.MustCompile(`^- (TERM|KILL) sent to (\d+)\.\.\.$`), func(m []string) LogLine {
		if m[1] == "KILL" {
			return LogLine{Kind: LogKillSent, Subject: number31(m[2])}
		}
		return LogLine{Kind: LogTermSent, Subject: number31(m[2])}
	}},
	{regexp.MustCompile(`^! Terminating timed out worker(?: \((.*)\))?: (\d+)$`), func(m []string) LogLine {
		if strings.Contains(m[1], "failed to boot") {
			return LogLine{Kind: LogWorkerBootLimit, Subject: number31(m[2])}
		}
		return LogLine{Kind: LogWorkerTimedOut, Subject: number31(m[2])}
	}},
}

// tick reads the marks of the line that says which restarts are possible.
func tick(s string) Answer {
	switch s {
	case "✔":
		return Yes
	case "✖":
		return No
	}
	return Unknown
}

// number31 reads digits that a pattern has found; one too large to be a pid or a phase is 0.
func number31(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
