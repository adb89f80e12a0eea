package collector

import (
	"cmp"
	"context"
	"io"
	"sync"
	"time"

	"pumatop/collector/probe"
)

// LogLine is one line of a target's log.
type LogLine struct {
	Target TargetID
	// At is when it was written, by the host's clock, or by ours where the two are far apart. It is zero where the log does not
	// say: Puma's own files have no times.
	At time.Time
	// Seen is when pumatop got it.
	Seen time.Time
	// Text is sanitised and has no token in it. Ours says that pumatop wrote it, of a log that broke off or came back.
	Text string
	Ours bool
}

// apart is how far a host's clock may be from ours before its times are set right: what is known of the difference is
// good to a second, and clocks that are kept in time are better than that.
const apart = 2 * time.Second

// maxLogQueue bounds the lines of one target that wait for those of the others: a host is held back beyond it.
const maxLogQueue = 1024

// How long the lines of one log wait for older ones of another that has none: right after the start, when logins and past
// lines take their time, and later.
const firstLogWait, logWait = 2 * time.Second, 250 * time.Millisecond

// logRetry is the pause before a log that broke off is asked for again.
const logRetry = time.Second

// Logs are the logs of several targets as one, in the order of time as far as their lines have one. Lines of one target
// keep their order.
type Logs struct {
	begun   time.Time
	sources []*logSource
	news    chan struct{}
	wg      sync.WaitGroup
}

// logSource is the log of one target.
type logSource struct {
	mu    sync.Mutex
	lines []LogLine
	room  chan struct{} // has a place where lines were taken
	ended bool
	err   error
}

// Logs begins to read the logs of targets, until ctx ends. It returns at once; a log that cannot be read ends with an error
// of its own, see Errors, and one that breaks off is taken up again where it was, as far as its lines have times, unless the
// query is for what there is at once. The query's Since is by our clock.
func (c *Collector) Logs(ctx context.Context, ids []TargetID, q probe.LogQuery) *Logs {
	l := &Logs{begun: time.Now(), news: make(chan struct{}, 1)}
	q.Times = true
	for _, id := range ids {
		s := &logSource{room: make(chan struct{}, 1)}
		l.sources = append(l.sources, s)
		l.wg.Go(func() {
			defer c.guard()
			s.end(c.readLog(ctx, id, q, func(line LogLine) bool { return l.add(ctx, s, line) }))
			l.wake()
		})
	}
	return l
}

// Errors are why logs ended, one for each that did not end by itself.
func (l *Logs) Errors() []error {
	var out []error
	for _, s := range l.sources {
		s.mu.Lock()
		if s.err != nil {
			out = append(out, s.err)
		}
		s.mu.Unlock()
	}
	return out
}

// Next blocks until there are lines and returns them in order. Its error is io.EOF once all logs have ended, else that of
// ctx.
func (l *Logs) Next(ctx context.Context) ([]LogLine, error) {
	for {
		lines, wait, over := l.take(time.Now())
		switch {
		case len(lines) > 0:
			return lines, nil
		case over:
			return nil, io.EOF
		}
		timer := time.NewTimer(wait)
		select {
		case <-l.news:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// take takes the lines that no older one can come before any more, or that have waited long enough. wait is how long until
// there may be others, over whether there never will be.
func (l *Logs) take(now time.Time) (lines []LogLine, wait time.Duration, over bool) {
	patience := logWait
	if now.Sub(l.begun) < firstLogWait {
		patience = firstLogWait
	}
	for _, s := range l.sources {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	over = true
	for {
		var first *logSource
		waiting := false
		for _, s := range l.sources {
			over = over && s.ended && len(s.lines) == 0
			switch {
			case len(s.lines) == 0:
				waiting = waiting || !s.ended
			case first == nil || s.lines[0].before(first.lines[0]):
				first = s
			}
		}
		if first == nil {
			return lines, time.Hour, over && len(lines) == 0
		}
		if waited := now.Sub(first.lines[0].Seen); waiting && waited < patience {
			return lines, patience - waited, false
		}
		lines = append(lines, first.pop())
	}
}

// before orders lines: those whose time nobody knows come first, as they came.
func (a LogLine) before(b LogLine) bool {
	return cmp.Or(a.At.Compare(b.At), a.Seen.Compare(b.Seen)) < 0
}

func (s *logSource) pop() LogLine {
	line := s.lines[0]
	s.lines = s.lines[1:]
	select {
	case s.room <- struct{}{}:
	default:
	}
	return line
}

func (s *logSource) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.err = true, err
}

// add hands a line over and waits where too many do already. It is false once ctx has ended.
func (l *Logs) add(ctx context.Context, s *logSource, line LogLine) bool {
	for {
		s.mu.Lock()
		full := len(s.lines) >= maxLogQueue
		if !full {
			s.lines = append(s.lines, line)
		}
		s.mu.Unlock()
		if !full {
			l.wake()
			return true
		}
		select {
		case <-s.room:
		case <-ctx.Done():
			return false
		}
	}
}

func (l *Logs) wake() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}
