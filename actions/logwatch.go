package actions

import (
	"fmt"
	"strings"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// Log takes a line of the target's log from after the request. Until a restart out of a crash loop has begun, the
// lines are still those of the loop before it: the log itself says when that is, or a while after the polls have. Of
// somebody else's restart the log is read from before it was noticed.
func (t *Trial) Log(line string) {
	p := puma.ParseLogLine(line)
	if p.Kind == puma.LogWorkerBooted {
		if t.bootPhases == nil {
			t.bootPhases = map[int]int{}
		}
		t.bootPhases[p.Subject] = p.Phase
	}
	switch {
	case t.step.Observed:
		if t.begins(p) || p.Kind == puma.LogNotPhased {
			t.log.restart(p)
		}
		if !t.log.begun && !t.step.UnderWay { // of a crash loop under way its beginning is far up the log
			return
		}
	case t.mayLoop() && !t.log.begun:
		t.log.begun = t.begins(p) || t.step.blind() && p.Kind == puma.LogNotPhased || !t.began.IsZero() && t.now.At.Sub(t.began) > logLag
		if !t.log.begun {
			return
		}
	}
	t.log.add(line)
}

// mayLoop reports whether what the target did before the request may be a crash loop: without figures nobody knows.
func (t *Trial) mayLoop() bool {
	return t.step.Remedy || t.step.blind() && (t.kind == Reload || t.kind == Restart)
}

// logLag is how much later than a poll a line of the log may arrive.
const logLag = 2 * time.Second

// begins reports whether a line is the first of what was asked.
func (t *Trial) begins(l puma.LogLine) bool {
	switch l.Kind {
	case puma.LogPhasedStarted, puma.LogReforkStarted:
		if t.step.blind() && !t.timed() {
			return t.laterThanBefore(l.Phase)
		}
		return int64(l.Phase) > t.before.Stats.Phase.N
	case puma.LogRestarting, puma.LogStarting:
		return true
	}
	return false
}

// timed reports that every line that is read is of this restart or later: we asked for it ourselves, or the lines come
// from a journal, by their time. In a log file they may be of any restart.
func (t *Trial) timed() bool { return !t.step.Observed || !t.step.UnderWay && hasJournal(t.before) }

// laterThanBefore reports a phase that is above the one in which the workers from before booted, as the log itself says.
func (t *Trial) laterThanBefore(phase int) bool {
	for pid := range t.before.Stats.PIDs() {
		if was, known := t.bootPhases[pid]; known && phase > was {
			return true
		}
	}
	return false
}

// hasJournal reports whether what a target logs is in the journal of its unit.
func hasJournal(s collector.Snapshot) bool {
	return s.Facts().LogPath == "" && s.Facts().Unit.LogPath == ""
}

// logWatch keeps the ends of a log: a crash loop writes thousands of lines a second.
type logWatch struct {
	first, last []string
	left        int          // lines between the two that were not kept
	begun       bool         // out of a crash loop, or of somebody else's restart: the lines are of this one
	newest      puma.LogKind // the beginning that was read last
	failedBoot  bool
	stopping    int          // the pid whose turn it is
	fellBack    string       // Puma's own line that it restarts in full
	culled      map[int]bool // pids that a TTOU took away; Puma 4 names each at every look
	killed      map[int]bool
	booted      map[int]bool // pids whose boot was logged
	indexes     map[int]bool // at which they did
	ended       int          // workers since the last boot that ended before they had booted
	phased      bool         // a phased restart or a refork has begun
	phase       int          // ... which counts so many
	image       bool         // another image has begun
	ready       bool         // ... and serves, in single mode
	noRefork    bool
}

// logEnds is how many lines are kept from each end.
const logEnds = 200

func (l *logWatch) add(line string) {
	switch {
	case len(l.first) < logEnds:
		l.first = append(l.first, line)
	case len(l.last) < logEnds:
		l.last = append(l.last, line)
	default:
		l.last = append(l.last[1:], line)
		l.left++
	}
	switch p := puma.ParseLogLine(line); p.Kind {
	case puma.LogWorkerFailed:
		l.failedBoot = true
	case puma.LogLoadFailed: // a stop while it loads is none of the application's errors
		l.failedBoot = l.failedBoot || !strings.HasPrefix(p.Reason, "SignalException: SIGTERM")
	case puma.LogNotPhased:
		l.fellBack = line
	case puma.LogStopping:
		l.stopping = p.Subject
	case puma.LogWorkerCulled:
		mark(&l.culled, p.Subject)
	case puma.LogKillSent:
		mark(&l.killed, p.Subject)
	case puma.LogWorkerBooted, puma.LogWorkerEnded:
		l.boot(p)
	case puma.LogPhasedStarted, puma.LogReforkStarted:
		l.phased, l.phase = true, p.Phase
	case puma.LogRestarting, puma.LogStarting:
		l.image, l.ready = true, false
	case puma.LogReady:
		l.ready = true
	case puma.LogNoRefork:
		l.noRefork = true
	}
}

// boot takes the end of a boot.
func (l *logWatch) boot(p puma.LogLine) {
	if p.Kind == puma.LogWorkerEnded {
		l.ended++
		return
	}
	mark(&l.booted, p.Subject)
	mark(&l.indexes, p.Index)
	l.ended = 0
}

// looping reports that what was begun last does not boot, as far as lines alone can tell: workers have ended since the
// last that booted, and one of them said why.
func (l *logWatch) looping() bool { return l.ended >= 2 || l.ended == 1 && l.failedBoot }

func mark(set *map[int]bool, pid int) {
	if *set == nil {
		*set = map[int]bool{}
	}
	(*set)[pid] = true
}

// restart forgets what was logged before the newest beginning of a restart: in lines from before somebody looked there
// are older ones. Puma says why it restarts in full before it does, which is therefore kept.
func (l *logWatch) restart(p puma.LogLine) {
	why := ""
	if l.newest == puma.LogNotPhased || l.newest == puma.LogRestarting && p.Kind == puma.LogStarting {
		why = l.fellBack
	}
	*l = logWatch{begun: true, newest: p.Kind, fellBack: why}
}

// all is every line that was kept, with a note where some are missing.
func (l *logWatch) all() []string {
	out := append([]string{}, l.first...)
	if l.left > 0 {
		out = append(out, fmt.Sprintf("… %d lines not kept …", l.left))
	}
	return append(out, l.last...)
}
