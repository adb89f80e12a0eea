package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// ErrNoLog means that nothing is known of where a target logs to.
var ErrNoLog = errors.New("neither a unit nor a log file is known of it")

// logResume is how many lines a log that broke off may go back for, to where it was.
const logResume = 10_000

// errLogEnded is the end of a log that should go on.
var errLogEnded = errors.New("its log broke off")

// readLog hands on the lines of a target's log until ctx ends, hand does not want more, or there is nothing to come.
func (c *Collector) readLog(ctx context.Context, id TargetID, q probe.LogQuery, hand func(LogLine) bool) error {
	r := logReader{c: c, id: id, query: q, hand: hand}
	for {
		err := r.read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case q.Once || errors.Is(err, ErrNoLog):
			return err
		case !r.say("the log broke off: %v", err):
			return nil
		}
		if !r.again(ctx) {
			return nil
		}
	}
}

// logReader reads one target's log, again and again.
type logReader struct {
	c     *Collector
	id    TargetID
	query probe.LogQuery
	hand  func(LogLine) bool
	// last is when the newest line was written, by the host's clock; broken whether it was said that the log broke off.
	last   time.Time
	broken bool
	// count is how many lines have that time, and skip how many of them come once more: a log that broke off is read again
	// from that time on, since others may have it too.
	count, skip int
	// begun is whether a line has come: until then what was asked for still is.
	begun bool
	// timed is whether the log says when its lines were written.
	timed bool
}

// say adds a line of pumatop's own. What it says of a break it says once.
func (r *logReader) say(format string, args ...any) bool {
	if r.broken {
		return true
	}
	r.broken = true
	now := time.Now()
	return r.hand(LogLine{Target: r.id, At: now, Seen: now, Ours: true, Text: fmt.Sprintf(format, args...)})
}

// again waits before the next try, and has it begin where the log broke off: a journal right there, a file with its
// next line. Where no line has come at all it begins as it was to begin.
func (r *logReader) again(ctx context.Context) bool {
	select {
	case <-time.After(logRetry):
	case <-ctx.Done():
		return false
	}
	r.goBack()
	return true
}

// goBack has the next read begin where the one before ended.
func (r *logReader) goBack() {
	if !r.begun {
		return
	}
	r.query.Past = 0
	if !r.last.IsZero() {
		r.query.Past, r.query.Since = logResume, r.last
		r.count, r.skip = 0, r.count
	}
}

// read reads what one command on the host prints.
func (r *logReader) read(ctx context.Context) error {
	a, err := r.c.actorOf(r.id)
	if err != nil {
		return err
	}
	s, found := r.c.store.target(r.id)
	switch {
	case !found:
		return fmt.Errorf("read the log of %s: no such target", r.id)
	case !hasLog(s.Facts()):
		return fmt.Errorf("read the log of %s: %w", r.id, ErrNoLog)
	}
	r.timed = s.Facts().LogPath == "" && s.Facts().Unit.LogPath == ""
	q := r.query
	if !r.begun && !q.Since.IsZero() {
		q.Since = q.Since.Add(s.Offset)
	}
	stream, err := a.host.Stream(ctx, probe.LogScript(*s.Facts(), s.Facts().Unit, q))
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", r.id, err)
	}
	for line := range readLines(ctx, stream) {
		if !r.take(line, s.Offset) {
			return nil
		}
	}
	if r.query.Once {
		return nil
	}
	return errLogEnded
}

func hasLog(p *probe.Puma) bool {
	return p.LogPath != "" || p.Unit.LogPath != "" || p.Container.ID != "" || p.Unit.Name != ""
}

// take hands one line on. A line without a time that follows one with a time is the rest of its message.
func (r *logReader) take(line string, offset time.Duration) bool {
	known := r.begun
	r.begun = true
	at, text, ok := time.Time{}, line, false
	if r.timed { // what an application writes in front of its lines is not when Puma's file got them
		at, text, ok = probe.CutLogTime(line)
	}
	if ok && at.After(r.last) {
		r.last, r.count, r.skip = at, 0, 0
	}
	if !ok {
		at = r.last
	}
	if at.Equal(r.last) {
		if r.count++; r.skip > 0 {
			r.skip--
			return true // it came before the log broke off
		}
	}
	if r.broken {
		r.broken = false
		now := time.Now()
		if !r.hand(LogLine{Target: r.id, At: now, Seen: now, Ours: true, Text: "the log goes on" + r.gap(known)}) {
			return false
		}
	}
	if !at.IsZero() && offset.Abs() > apart {
		at = at.Add(-offset)
	}
	return r.hand(LogLine{Target: r.id, At: at, Seen: time.Now(), Text: puma.LogText(text)})
}

// gap says whether lines may be missing, of a log of which some are known.
func (r *logReader) gap(known bool) string {
	if known && r.last.IsZero() {
		return ", lines from between may be missing"
	}
	return ""
}
