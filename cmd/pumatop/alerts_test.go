package main

import (
	"strings"
	"testing"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// TestAlertSequences: which terminal gets which sequence, by its environment, and through which multiplexer.
func TestAlertSequences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		env      map[string]string
		a        alerting
		notify   string
		progress bool
	}{
		{"off", nil, alerting{desktop: "off", progress: "auto"}, "", false},
		{"iTerm2", map[string]string{"TERM_PROGRAM": "iTerm.app"}, alerting{desktop: "auto", progress: "auto"}, "\x1b]9;text\x07", false},
		{"GNOME", map[string]string{"VTE_VERSION": "7402"}, alerting{desktop: "auto", progress: "auto"}, "\x1b]777;notify;pumatop;text\x1b\\", false},
		{"foot", map[string]string{"TERM": "foot-extra"}, alerting{desktop: "auto", progress: "on"}, "\x1b]777;notify;pumatop;text\x1b\\", true},
		{"Windows Terminal", map[string]string{"WT_SESSION": "1"}, alerting{desktop: "osc9", progress: "auto"}, "\x1b]9;text\x07", true},
		{"tmux in ghostty", map[string]string{"TERM_PROGRAM": "ghostty", "TMUX": "/tmp/tmux"}, alerting{desktop: "osc9", progress: "auto"}, "\x1bPtmux;\x1b\x1b]9;text\x07\x1b\\", false},
		{"screen", map[string]string{"STY": "1.pts"}, alerting{desktop: "osc9", progress: "off"}, "\x1bP\x1b]9;text\x07\x1b\\", false},
	} {
		alerts := c.a.alerts(func(name string) string { return c.env[name] }, limitsBy(nil))
		got := ""
		if alerts.Notify != nil {
			got = alerts.Notify("text")
		}
		if got != c.notify || alerts.Progress != c.progress || (alerts.Alarms != nil) != (c.notify != "") {
			t.Errorf("%s: %q, progress %v, alarms %v", c.name, got, alerts.Progress, alerts.Alarms != nil)
		}
	}
	for _, a := range []alerting{{desktop: "loud", progress: "auto"}, {desktop: "off", progress: "maybe"}} {
		if a.check() == nil {
			t.Errorf("%+v is taken", a)
		}
	}
}

// TestAlarmsOf: what check calls critical, by target.
func TestAlarmsOf(t *testing.T) {
	t.Parallel()
	loop := collector.Snapshot{ID: "web2/shop", State: collector.CrashLoop, Reason: "worker 1 does not boot"}
	busy := collector.Snapshot{ID: "web1/shop", State: collector.Serving}
	busy.Load.Backlog = puma.Of(900)
	by := limitsBy(nil)
	l := by["backlog"]
	l.critical = from(100)
	by["backlog"] = l
	got := alarmsOf(collector.Fleet{Targets: []*collector.Snapshot{&loop, &busy}}, by)
	if len(got) == 0 || !strings.Contains(got["web2/shop"], "worker 1 does not boot") {
		t.Errorf("%q", got)
	}
}
