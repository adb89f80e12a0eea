package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pumatop/collector"
)

func TestEventFilter(t *testing.T) {
	t.Parallel()
	events := []collector.Event{
		{Target: "web1/puma", Kind: collector.PhaseChanged, Text: "phase 3→4"},
		{Target: "web1/puma", Kind: collector.WorkerDied, Text: "worker 2 left outside a restart"},
		{Target: "web10/admin", Kind: collector.StateChanged, State: collector.CrashLoop, Text: "crash loop: worker 0"},
		{Target: "web10", Kind: collector.HostBack, Text: "connected again"},
		{Target: "web1/puma", Kind: collector.ActionEvent, Text: "phased restart asked"},
		{Target: "web1/puma", Kind: collector.ActionEvent, Observed: true, Text: "a restart was noticed"},
		{Target: "web1/puma", Kind: collector.ActionEvent, Verdict: "verified", Text: "verified: 2 of 2 workers"},
	}
	groups := map[string][]string{"web10": {"Jobs"}}
	for text, want := range map[string]string{
		"":                         "0123456",
		"web10":                    "23",
		"WORKER":                   "126",
		"worker !verified":         "12",
		"kind:died":                "1",
		"kind:worker-died":         "1",
		"kind:action":              "456",
		"kind:noticed ":            "5",
		"kind:verdict":             "6",
		"kind:ver":                 "6", // still being typed
		"!kind:action !kind:phase": "123",
		"kind!=action":             "0123",
		"host=web1":                "01456",
		"target:web1/":             "01456",
		"app:admin":                "2",
		"app!=admin":               "01456",
		"group:jobs":               "23",
		"!group:jobs":              "01456",
		"is:problem":               "12",
		"!is:problem web10":        "3",
		`"0/admin"`:                "2",
		"busy>80":                  "0123456",
		"kind:":                    "0123456",
		"kind:what ":               "0123456",
	} {
		f, _, err := ParseEvents(text)
		var got strings.Builder
		for i := range events {
			if f.Match(&events[i], groups[events[i].Host()]) {
				fmt.Fprint(&got, i)
			}
		}
		if got.String() != want {
			t.Errorf("%q leaves %s, want %s (%v)", text, got.String(), want, err)
		}
	}
}

func TestEventFilterErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"web busy>80": "an event has no busy · use kind, target, host, app, group, is:problem or a text",
		"kind:dead ":  "there is no kind dead · use asked",
		"kind:deid ":  "there is no kind deid · died may be meant",
		"kind>3":      "an event has no kind",
		"is:slow":     "an event has no is",
		`we"b`:        "a quote in the middle of a word · quote all of it",
	} {
		_, _, err := ParseEvents(text)
		var wrong *FilterError
		if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Problem+" · "+wrong.Remedy(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, hint, err := ParseEvents("web kind:"); err != nil || !strings.HasPrefix(hint, "asked, verdict") || !strings.HasSuffix(hint, "…") || len(hint) > 80 {
		t.Errorf("%q, %v", hint, err)
	}
	if _, hint, _ := ParseEvents("web kind:re"); hint != "replaced, restart, removed, release" {
		t.Errorf("%q", hint)
	}
}

func FuzzParseEvents(f *testing.F) {
	for _, text := range []string{"web kind:died", `!"a b" group:x`, "is:problem host!=x", "kind:", `"`} {
		f.Add(text)
	}
	e := collector.Event{Target: "web1/puma", Kind: collector.WorkerDied, Text: "worker 2 left"}
	f.Fuzz(func(t *testing.T, text string) {
		filter, _, err := ParseEvents(text)
		_ = filter.Match(&e, nil)
		var wrong *FilterError
		if err != nil && (!errors.As(err, &wrong) || wrong.Remedy() == "" || wrong.Column < 1) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
