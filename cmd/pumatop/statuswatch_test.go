package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
)

// looks are two looks at a fleet, a minute apart.
func looks() []statusView {
	first, second := served("web1"), served("web1", in(collector.Restarting, "1 of 2 workers replaced", ""))
	return []statusView{
		viewOf(collector.Fleet{At: first.At, Targets: []*collector.Snapshot{first}}, lens{header: true}),
		viewOf(collector.Fleet{At: first.At.Add(time.Minute), Targets: []*collector.Snapshot{second}}, lens{header: true}),
	}
}

// plain is a format that writes the fleet's states, a line each.
func plain(name string) statusFormat {
	return statusFormat{name: name, write: func(w io.Writer, v statusView) error {
		out := csv.NewWriter(w)
		if v.header {
			_ = out.Write([]string{"target", "state"})
		}
		for _, t := range v.fleet.Targets {
			_ = out.Write([]string{string(t.ID), string(t.State)})
		}
		out.Flush()
		return out.Error()
	}}
}

// bare is r without headings.
func bare(r repeat) repeat {
	return func(w io.Writer, v statusView) error {
		v.header = false
		return r(w, v)
	}
}

func TestRepeatedOutput(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		r    repeat
		want string
	}{
		{"csv has a time and one header", timedCSV(plain("csv")),
			"time,target,state\n2026-11-28T12:00:00Z,web1/shop,serving\n2026-11-28T12:01:00Z,web1/shop,restarting\n"},
		{"and none without", bare(timedCSV(plain("csv"))), "2026-11-28T12:00:00Z,web1/shop,serving\n2026-11-28T12:01:00Z,web1/shop,restarting\n"},
		{"a pipe gets a block a time", blocks(plain("table")), "AT\ntarget,state\nweb1/shop,serving\n\nAT\ntarget,state\nweb1/shop,restarting\n"},
		{"a terminal is drawn over", redrawn(plain("table"), func() (int, int) { return 12, 20 }, 2*time.Second),
			"\x1b[H\x1b[J\x1b[Hevery 2s · …\x1b[K\n\x1b[K\ntarget,state\x1b[K\nweb1/shop,s…\x1b[K\n\x1b[J" +
				"\x1b[Hevery 2s · …\x1b[K\n\x1b[K\ntarget,state\x1b[K\nweb1/shop,r…\x1b[K\n\x1b[J"},
		{"as far as it is high", redrawn(plain("table"), func() (int, int) { return 80, 4 }, 2*time.Second),
			"\x1b[H\x1b[J" + strings.Repeat("\x1b[Hevery 2s · AT\x1b[K\n\x1b[K\nand 2 more lines: a taller terminal, --filter, or pumatop without status\x1b[K\n\x1b[J", 2)},
	} {
		var out bytes.Buffer
		for _, v := range looks() {
			if err := tc.r(&out, v); err != nil {
				t.Fatal(err)
			}
		}
		got := out.String()
		for _, v := range looks() {
			got = strings.ReplaceAll(got, v.fleet.At.Local().Format(time.DateTime), "AT")
		}
		if got != tc.want {
			t.Errorf("%s:\n%q\nwant\n%q", tc.name, got, tc.want)
		}
	}
}

// TestWatchEndsWithCtrlC, with 130, whatever it prints, and prints until then.
func TestWatchEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	for format, marks := range map[string]string{"table": "TARGET", "wide": "TARGET", "csv": "Z,web1.shop/shop,", "json": `"totals"`, "jsonl": `"event":"target"`} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			simulateWith(t, func(t *testing.T, on func(...string) sessionOptions) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var out bytes.Buffer
				err := runStatus(ctx, streams{strings.NewReader(""), &out, &out}, on("web1.shop"), statusOptions{format: format, timeout: statusTimeout, watch: true, interval: 5 * time.Second})
				if code := codeFrom(t, err); code != 130 {
					t.Errorf("exit %d", code)
				}
				n := strings.Count(out.String(), marks)
				if format == "csv" && strings.Count(out.String(), "time,target,") != 1 {
					t.Errorf("not one header:\n%s", &out)
				}
				if format == "jsonl" && n != 1 || format != "jsonl" && (n < 11 || n > 13) {
					t.Errorf("%d of %s in a minute:\n%s", n, marks, &out)
				}
			})
		})
	}
}

// TestWatchTellsARestart follows a phased restart to its end, a line for each change.
func TestWatchTellsARestart(t *testing.T) {
	t.Parallel()
	simulateRestart(t, func(t *testing.T, so sessionOptions, restart func()) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		var out bytes.Buffer
		time.AfterFunc(20*time.Second, restart)
		err := runStatus(ctx, streams{strings.NewReader(""), &out, &out}, so, statusOptions{format: "jsonl", timeout: statusTimeout, watch: true, interval: 2 * time.Second})
		if code := codeFrom(t, err); code != 130 {
			t.Errorf("exit %d", code)
		}
		events := strings.Split(summary(t, out.String()), "; ")
		if events[0] != "target web1.shop/shop []" || len(events) < 5 || len(events) > 40 {
			t.Fatalf("%d events: %v", len(events), events)
		}
		if states := strings.Count(strings.Join(events, ";"), "[state "); states != 2 || !strings.HasPrefix(events[1], "change web1.shop/shop [state phase ") {
			t.Errorf("%d changes of state: %v", states, events)
		}
		if last := out.String()[strings.LastIndex(strings.TrimSpace(out.String()), "\n")+1:]; !strings.Contains(last, `"state":"serving"`) {
			t.Errorf("it ends with %s", last)
		}
	})
}
