package tui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
)

// logText is a log of web2 around a release that does not boot, with lines of web1 between.
func logText() []collector.LogLine {
	var lines []collector.LogLine
	add := func(after time.Duration, id collector.TargetID, text string) {
		lines = append(lines, collector.LogLine{Target: id, At: noon.Add(after - time.Minute), Seen: noon, Text: text})
	}
	const one, two = "web1/puma", "web2/puma"
	add(0, one, "I, [2026-11-21T19:30:40.100000 #4101]  INFO -- : Completed 200 OK in 12ms (Views: 0.3ms | ActiveRecord: 1.1ms)")
	add(time.Second, two, "[61] - Worker 1 (PID: 88) booted in 1.12s, phase: 2")
	add(2*time.Second, two, "ERROR -- : an old one, from before the restart")
	add(5*time.Second, two, "[61] - Starting phased worker restart, phase: 3")
	add(5*time.Second+20*time.Millisecond, two, "[61] + Changing to /srv/shop/current")
	add(6*time.Second, one, "W, [2026-11-21T19:30:46.100000 #4101]  WARN -- : cache is cold for GET /orders")
	add(7*time.Second, two, "[150] ! Unable to start worker")
	add(7*time.Second+time.Millisecond, two, "[150] key not found: \"PAYMENT_API_KEY\" (KeyError)")
	add(7*time.Second+time.Millisecond, two, "[150]     config/initializers/payment.rb:4:in 'fetch'")
	add(8*time.Second, one, "I, [2026-11-21T19:30:48.000000 #4102]  INFO -- : Completed 200 OK in 9ms")
	return lines
}

// logged can follow logs, of which nothing comes by itself.
func logged(o *Options) {
	o.Logs = func(context.Context, []collector.TargetID, int, time.Time) LogStream { return quietLogs{} }
}

type quietLogs struct{}

func (quietLogs) Next(ctx context.Context) ([]collector.LogLine, error) {
	<-ctx.Done()
	return nil, io.EOF
}

// openedLogs marks two targets, opens their logs and lets lines come.
func (s *screen) openedLogs(lines ...collector.LogLine) {
	s.press("j", "space", "space", "l")
	s.send(logsOpenedMsg{number: s.logs.number, stream: quietLogs{}, stop: func() {}})
	s.send(logLinesMsg{number: s.logs.number, lines: lines})
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production(), logged)
	s.openedLogs(logText()...)
	s.says(t, "› logs of 2 targets", "following", "10 lines · 4 to look at", "✖ [150] ! Unable to start worker", "→ [61] - Starting phased worker restart", "· [61] - Worker 1")
	s.press("k", "k")
	s.says(t, "held · G follows", "KeyError")
	s.send(logLinesMsg{number: s.logs.number, lines: []collector.LogLine{{Target: "web1/puma", At: noon, Text: "one more"}}})
	s.says(t, "held · 1 newer below, G follows")
	s.press("G")
	s.says(t, "following", "one more")
}

// E goes to the first error since the restart began, not to one from before it, nor to the last.
func TestFirstError(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production(), logged)
	s.openedLogs(logText()...)
	s.press("E")
	if _, l := s.logs.at(s.logs.cursor()); !strings.Contains(l.Text, "Unable to start worker") {
		t.Errorf("the cursor is on %q", l.Text)
	}
	s = newScreen(t, 120, 24, production(), logged)
	s.openedLogs(logText()[3:6]...)
	s.press("E")
	s.says(t, "no error since the newest restart")
}

func TestLogSearch(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production(), logged)
	s.openedLogs(logText()...)
	on := func(want string) {
		t.Helper()
		if _, l := s.logs.at(s.logs.cursor()); !strings.Contains(l.Text, want) {
			t.Errorf("the cursor is on %q, want %q", l.Text, want)
		}
	}
	s.press("/")
	for _, r := range "completed" {
		s.press(string(r))
	}
	on("in 9ms")
	s.press("enter")
	s.says(t, "looking for completed")
	s.press("n")
	on("in 12ms")
	s.press("n")
	s.says(t, "no other line has completed")
	s.press("N")
	on("in 9ms")
	s.press("esc")
	if s.screen != logsScreen || s.logs.search != "" {
		t.Error("esc does more than end the search")
	}
}

func TestLogProblems(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production(), logged)
	s.openedLogs(logText()...)
	s.press("x")
	if n := s.logs.len(); n != 4 {
		t.Errorf("%d lines to look at, want 4", n)
	}
	s.says(t, "warnings and errors only", "cache is cold")
	if strings.Contains(s.frame(), "Completed") {
		t.Error("a line without a problem is shown")
	}
	s.press("esc", "esc")
	if s.screen != fleetScreen {
		t.Error("esc does not lead back")
	}
}

// What comes for logs that have been left goes nowhere, and a stream that begins too late is ended.
func TestLogsLeft(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production(), logged)
	s.openedLogs(logText()...)
	number, stopped := s.logs.number, 0
	s.logs.stop = func() { stopped++ }
	for _, msg := range run(s.press("l")) {
		s.send(msg)
	}
	if s.screen != fleetScreen || stopped != 1 {
		t.Errorf("on screen %d, stopped %d times", s.screen, stopped)
	}
	if cmd := s.send(logLinesMsg{number: number, lines: logText()}); cmd != nil || len(s.logs.lines) != 0 {
		t.Error("lines of old logs were taken")
	}
	run(s.send(logsOpenedMsg{number: number, stream: quietLogs{}, stop: func() { stopped++ }}))
	if stopped != 2 {
		t.Error("a stream that began too late goes on")
	}
}

// The book is bounded; the cursor stays on its line while older ones go, and on the oldest once its own has gone.
func TestLogsAreBounded(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 24, production(), logged)
	s.openedLogs()
	feed := func(from, n int) {
		lines := make([]collector.LogLine, n)
		for i := range lines {
			lines[i] = collector.LogLine{Target: "web1/puma", At: noon, Text: fmt.Sprintf("line %d", from+i)}
			if (from+i)%1000 == 0 {
				lines[i].Text += " ERROR"
			}
		}
		s.send(logLinesMsg{number: s.logs.number, lines: lines})
	}
	feed(0, maxLogLines)
	s.press("g")
	for range 50_000 {
		s.logs.move(1)
	}
	feed(maxLogLines, 10_000)
	if _, l := s.logs.at(s.logs.cursor()); l.Text != "line 50000 ERROR" {
		t.Errorf("the cursor is on %q", l.Text)
	}
	feed(maxLogLines+10_000, maxLogLines)
	if n := len(s.logs.lines); n > maxLogLines {
		t.Errorf("%d lines are kept", n)
	}
	if s.logs.cursor() != 0 {
		t.Errorf("the cursor is at %d, not at the oldest line there is", s.logs.cursor())
	}
	s.press("x")
	for i := range s.logs.len() {
		if _, l := s.logs.at(i); !strings.HasSuffix(l.Text, "ERROR") {
			t.Fatalf("%q is shown among problems", l.Text)
		}
	}
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want logLevel
	}{
		{"[1] - Worker 0 (PID: 2) booted in 0.1s, phase: 0", pumaLine},
		{"[1] * Restarting...", turnLine},
		{"[1] - Starting phased worker restart, phase: 3", turnLine},
		{"[1] ! Unable to start worker", errorLine},
		{"NoMethodError: undefined method 'x' for nil", errorLine},
		{"RuntimeError (boom):", errorLine},
		{`{"level":"error","message":"no"}`, errorLine},
		{"F, [2026-11-21 #1] FATAL -- : gone", errorLine},
		{"W, [2026-11-21 #1]  WARN -- : soon gone", warnLine},
		{"ErrorsController#show rendered", plainLine},
		{"GET /errors 200", plainLine},
		{"", plainLine},
	}
	for _, test := range tests {
		if got := levelOf(test.text); got != test.want {
			t.Errorf("%q is %d, want %d", test.text, got, test.want)
		}
	}
}

func FuzzIndexFold(f *testing.F) {
	f.Add("Completed 200 OK", "ok")
	f.Fuzz(func(t *testing.T, s, text string) {
		text = strings.ToLower(text)
		if i := indexFold(s, text); i >= 0 && !strings.EqualFold(s[i:i+len(text)], text) {
			t.Errorf("%q in %q at %d", text, s, i)
		}
	})
}

// BenchmarkLogs is a batch of lines into a full book, and a frame of it.
func BenchmarkLogs(b *testing.B) {
	s := newScreen(b, 200, 60, production(), logged)
	lines := make([]collector.LogLine, maxLogLines)
	for i := range lines {
		lines[i] = logText()[i%10]
	}
	s.openedLogs(lines...)
	batch := lines[:100]
	b.Run("lines", func(b *testing.B) {
		for b.Loop() {
			s.logs.add(batch)
		}
	})
	b.Run("frame", func(b *testing.B) {
		for b.Loop() {
			s.dirty = true
			s.View()
		}
	})
	b.Run("search", func(b *testing.B) {
		for b.Loop() {
			s.logs.find("no such text", s.logs.len()-1, -1)
		}
	})
}
