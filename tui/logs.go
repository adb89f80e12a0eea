package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
)

// LogStream is the logs of targets as one; *collector.Logs is one.
type LogStream interface {
	// Next blocks until there are lines, and returns them in the order of time. io.EOF means that there will be no more.
	Next(ctx context.Context) ([]collector.LogLine, error)
}

// logPast is how many lines of each log are read when its screen is opened.
const logPast = 500

// logBeat is how long lines are gathered: a crash loop writes thousands a second.
const logBeat = 50 * time.Millisecond

// logs is the screen of logs.
type logs struct {
	logbook
	number int // of the stream, so that lines of an older one go nowhere
	of     []collector.TargetID
	stream LogStream
	stop   context.CancelFunc
	ended  string // why there will be no more
	// on is the number of the line that the cursor is on; held is whether it stays there while others come.
	on     int
	held   bool
	seen   int // how many lines there were when it was held
	aim    aim
	search string
}

// logsOpenedMsg is a stream that has begun.
type logsOpenedMsg struct {
	number int
	stream LogStream
	stop   context.CancelFunc
}

// logLinesMsg is what a stream yields.
type logLinesMsg struct {
	number int
	lines  []collector.LogLine
	err    error
}

// openStream begins to read logs.
func openStream(ctx context.Context, open func(context.Context, []collector.TargetID, int, time.Time) LogStream, l *logs) tea.Cmd {
	of, number, past, since := l.of, l.number, logPast, time.Time{}
	if !l.aim.at.IsZero() {
		past, since = aimPast, l.aim.at.Add(-aimBefore)
	}
	return func() tea.Msg {
		ctx, stop := context.WithCancel(ctx)
		return logsOpenedMsg{number: number, stream: open(ctx, of, past, since), stop: stop}
	}
}

// nextLines waits for lines, and for those that come right behind them.
func nextLines(ctx context.Context, stream LogStream, number int) tea.Cmd {
	return func() tea.Msg {
		lines, err := stream.Next(ctx)
		if err != nil {
			return logLinesMsg{number: number, err: err}
		}
		return tea.Tick(logBeat, func(time.Time) tea.Msg { return logLinesMsg{number: number, lines: lines} })()
	}
}

// stopStream ends the reading.
func stopStream(stop context.CancelFunc) tea.Cmd {
	if stop == nil {
		return nil
	}
	return func() tea.Msg {
		stop()
		return nil
	}
}

// openLogs shows the logs of what an action would be about.
func (m *Model) openLogs() tea.Cmd {
	var of []collector.TargetID
	for _, s := range m.subjects() {
		of = append(of, s.ID)
	}
	return m.showLogs(of)
}

// openAllLogs shows the logs of all targets that the fleet shows.
func (m *Model) openAllLogs() tea.Cmd {
	var of []collector.TargetID
	for _, r := range m.projected.rows {
		if r.target != nil {
			of = append(of, r.id)
		}
	}
	return m.showLogs(of)
}

func (m *Model) showLogs(of []collector.TargetID) tea.Cmd { return m.showLogsAt(of, time.Time{}) }

// showLogsAt shows logs, with the cursor on the line that is nearest to a moment; without one it follows.
func (m *Model) showLogsAt(of []collector.TargetID, at time.Time) tea.Cmd {
	stop := stopStream(m.logs.stop)
	m.logs = logs{number: m.logs.number + 1, of: of, aim: aim{at: at, moment: m.when(at)}}
	m.visit(logsScreen)
	return tea.Batch(stop, m.openStream(&m.logs))
}

// closeLogs undoes what narrows the logs, and then leaves them.
func (m *Model) closeLogs() tea.Cmd {
	switch {
	case m.logs.search != "":
		m.logs.search = ""
		return nil
	case m.logs.problems:
		m.toggleLogProblems()
		return nil
	}
	return m.leaveLogs()
}

func (m *Model) leaveLogs() tea.Cmd {
	stop := stopStream(m.logs.stop)
	m.logs = logs{number: m.logs.number + 1}
	if !m.goBack() {
		m.screen = fleetScreen
		if m.open != "" {
			m.screen = targetScreen
		}
	}
	m.reproject()
	return stop
}

func (m *Model) onLogsOpened(msg logsOpenedMsg) tea.Cmd {
	if msg.number != m.logs.number {
		return stopStream(msg.stop) // left before it had begun
	}
	m.logs.stream, m.logs.stop = msg.stream, msg.stop
	return tea.Batch(m.nextLines(msg.stream, msg.number), m.logs.awaitAim())
}

func (m *Model) onLogLines(msg logLinesMsg) tea.Cmd {
	l := &m.logs
	switch {
	case msg.number != l.number:
		m.unchanged = true
		return nil
	case errors.Is(msg.err, io.EOF):
		l.ended = "the logs have ended"
		return nil
	case msg.err != nil:
		l.ended = msg.err.Error()
		return nil
	}
	l.add(msg.lines)
	l.takeAim(false)
	return m.nextLines(l.stream, l.number)
}

// cursor is where the cursor is: on the newest line, unless it is held.
func (l *logs) cursor() int {
	if !l.held {
		return max(l.len()-1, 0)
	}
	return l.place(l.on)
}

// move moves the cursor. At the newest line it follows again.
func (l *logs) move(n int) {
	if l.len() == 0 {
		return
	}
	l.stand(min(max(l.cursor()+n, 0), l.len()-1))
}

// stand puts the cursor on the i-th line that is shown.
func (l *logs) stand(i int) {
	if !l.held {
		l.seen = l.first + len(l.lines)
	}
	l.on, _ = l.at(i)
	l.held, l.aim = i < l.len()-1, aim{}
}

// newer is how many lines have come since the cursor was held.
func (l *logs) newer() int { return l.first + len(l.lines) - l.seen }

// toggleLogProblems shows warnings and errors alone, or all again; the cursor stays at the moment where it is.
func (m *Model) toggleLogProblems() {
	l := &m.logs
	if l.len() > 0 {
		l.on, _ = l.at(l.cursor())
	}
	l.problems = !l.problems
}

// searchLogs takes the text that is looked for as it is typed: the cursor goes to its newest line.
func (m *Model) searchLogs(text string) {
	m.logs.search = strings.ToLower(strings.TrimSpace(text))
	if m.logs.search != "" {
		m.logs.seek(m.logs.cursor(), -1)
	}
}

// seek puts the cursor on the nearest line that has what is looked for; it is false where there is none.
func (l *logs) seek(from, step int) bool {
	number := l.find(l.search, from, step)
	if number < 0 {
		return false
	}
	l.stand(l.place(number))
	return true
}

// nextFound goes on to the next line that has what is looked for, up or down.
func (m *Model) nextFound(step int) tea.Cmd {
	l := &m.logs
	if !l.seek(l.cursor()+step, step) {
		return m.say("no other line has " + l.search)
	}
	return nil
}

// toFirstError goes to the first error since the newest restart.
func (m *Model) toFirstError() tea.Cmd {
	number := m.logs.firstError()
	if number < 0 {
		return m.say("no error since the newest restart, as far as these lines tell")
	}
	m.logs.stand(m.logs.place(number))
	return nil
}

// openSearch opens the line for what is looked for.
func (m *Model) openSearch() tea.Cmd {
	m.overlay, m.typing = filterOverlay, input{text: m.logs.search}
	return nil
}
