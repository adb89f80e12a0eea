package main

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
)

// logsOf prints the logs of two shops of which one has just been restarted, and one that does not answer.
func logsOf(t *testing.T, o logsOptions) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	fleet := shops(2, "a", "bb", "c")
	fleet.Host("c").DropNetwork()
	fleet.Host("bb").Puma(0).Signal("USR1")
	time.Sleep(time.Minute)
	o.timeout, o.color = statusTimeout, "none"
	err := runLogs(t.Context(), streams{strings.NewReader(""), &out, &errs}, sessionOn(t, fleet, "a", "bb", "c"), o)
	return out.String(), errs.String(), codeFrom(t, err)
}

func TestLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out, errs, code := logsOf(t, logsOptions{lines: 2, format: textFormat})
		line := regexp.MustCompile(`^ [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\.\d{3}  (a/shop |bb/shop)  \[\d+\] - `)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines, want two of each:\n%s", len(lines), out)
		}
		for i, l := range lines {
			m := line.FindStringSubmatch(l)
			if want := []string{"a/shop ", "a/shop ", "bb/shop", "bb/shop"}[i]; m == nil || m[1] != want {
				t.Errorf("line %d is %q, want one of %s", i, l, want)
			}
		}
		if !strings.Contains(errs, "pumatop: c: ") || code != 5 {
			t.Errorf("exit code %d, stderr %q", code, errs)
		}
	})
}

func TestLogsInLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out, _, _ := logsOf(t, logsOptions{lines: 1, format: linesFormat})
		var l logObject
		if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &l); err != nil {
			t.Fatal(err)
		}
		if l.Target != "a/shop" || l.Kind != "line" || l.At == nil || !strings.Contains(l.Text, "booted in") {
			t.Errorf("the first line is %+v", l)
		}
	})
}

// Followed logs end with ctrl-c alone.
func TestLogsFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		fleet := shops(1, "a")
		time.AfterFunc(30*time.Second, func() { fleet.Host("a").Puma(0).Signal("USR1") })
		var out bytes.Buffer
		o := logsOptions{follow: true, format: textFormat, timeout: statusTimeout, color: "none"}
		err := runLogs(ctx, streams{strings.NewReader(""), &out, &out}, sessionOn(t, fleet, "a"), o)
		if code := codeFrom(t, err); code != 130 || !strings.Contains(out.String(), "Starting phased worker restart, phase: 1") {
			t.Errorf("exit code %d:\n%s", code, &out)
		}
	})
}

// A line without a time is told by when it was seen, once it cannot be one of the past.
func TestLogTimes(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 28, 12, 0, 0, 0, time.Local)
	p := logPrinter{begun: begun}
	tests := []struct {
		line collector.LogLine
		want string
	}{
		{collector.LogLine{At: begun.Add(1500 * time.Millisecond)}, "Nov 28 12:00:01.500"},
		{collector.LogLine{Seen: begun.Add(time.Second)}, "–"},
		{collector.LogLine{Seen: begun.Add(time.Minute)}, "~Nov 28 12:01:00.000"},
	}
	for _, test := range tests {
		if got := p.when(test.line); got != test.want {
			t.Errorf("%+v is %q, want %q", test.line, got, test.want)
		}
	}
}

// What is asked of the hosts is what was said: how many lines, since when, and whether to go on.
func TestLogsQuery(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	if q := (logsOptions{lines: 7}).query(now); q.Past != 7 || !q.Since.IsZero() || !q.Once {
		t.Errorf("seven lines are asked for as %+v", q)
	}
	if q := (logsOptions{since: 10 * time.Minute, follow: true}).query(now); !q.Since.Equal(now.Add(-10*time.Minute)) || q.Once {
		t.Errorf("the last ten minutes and on are asked for as %+v", q)
	}
}
