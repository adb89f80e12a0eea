package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// TestStatusLines: a line when a target is first seen, one for each change, one when it goes, and none for a figure.
func TestStatusLines(t *testing.T) {
	t.Parallel()
	l := newStatusLines(true)
	host := collector.HostStatus{Name: "web2", Asked: true, Err: "refused", Remedy: "start it"}
	at := served("web1").At
	for i, step := range []struct {
		what    string
		after   time.Duration
		targets []*collector.Snapshot
		hosts   []collector.HostStatus
		want    string
	}{
		{"nothing is asked yet", 0, nil, []collector.HostStatus{{Name: "web1"}, {Name: "web2"}}, ""},
		{"one has failed", time.Second, nil, []collector.HostStatus{{Name: "web1"}, host}, "target web2 []"},
		{"one answers, its memory to come", 0, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) { s.Load.Memory = puma.Count{} })}, []collector.HostStatus{host}, ""},
		{"which it does", time.Second, []*collector.Snapshot{served("web1")}, []collector.HostStatus{host}, "target web1/shop []"},
		{"figures", time.Second, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) { s.Load.InUse, s.Load.Backlog = puma.Of(9), puma.Of(4) })}, []collector.HostStatus{host}, ""},
		{"a phased restart begins", time.Second, []*collector.Snapshot{served("web1", in(collector.Restarting, "0 of 2", ""), func(s *collector.Snapshot) { s.Stats.Phase = puma.Of(4) })},
			[]collector.HostStatus{host}, "change web1/shop [state phase]"},
		{"a worker is replaced", time.Second, []*collector.Snapshot{served("web1", in(collector.Restarting, "1 of 2", ""), func(s *collector.Snapshot) {
			s.Stats.Phase = puma.Of(4)
			s.Workers[0].PID, s.Workers[0].Worker.Phase, s.Workers[0].Release = 60, 4, "/srv/shop/releases/20261129"
		})}, []collector.HostStatus{host}, "change web1/shop [release worker_status]"},
		{"another Puma, a host found", time.Second, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) { s.Stats.Puma, s.OwnFacts().PID = "7.0.0", 41 }), served("web2")}, nil,
			"change web1/shop [state puma pid phase release worker_status]; target web2/shop []; gone web2"},
		{"the same", time.Second, []*collector.Snapshot{served("web1", func(s *collector.Snapshot) { s.Stats.Puma, s.OwnFacts().PID = "7.0.0", 41 }), served("web2")}, nil, ""},
		{"one is taken away", time.Second, []*collector.Snapshot{served("web2")}, nil, "gone web1/shop"},
	} {
		at = at.Add(step.after)
		var out bytes.Buffer
		if err := l.write(&out, viewOf(collector.Fleet{At: at, Targets: step.targets, Hosts: step.hosts}, lens{header: true})); err != nil {
			t.Fatal(err)
		}
		if got := summary(t, out.String()); got != step.want {
			t.Errorf("%d, %s: %s\nwant %s", i, step.what, got, step.want)
		}
	}
	if len(l.rows) != 1 {
		t.Errorf("it keeps %d rows of one", len(l.rows))
	}
}

// TestStatusLinesWaitNoLonger than a snapshot may take.
func TestStatusLinesWaitNoLonger(t *testing.T) {
	t.Parallel()
	l := newStatusLines(true)
	at := served("web1").At
	silent := []collector.HostStatus{{Name: "web1"}}
	for after, want := range map[time.Duration]string{0: "", statusTimeout - time.Second: "", statusTimeout: "target web1 []"} {
		l.began, l.rows = at, map[string]*lineOf{}
		var out bytes.Buffer
		if err := l.write(&out, viewOf(collector.Fleet{At: at.Add(after), Hosts: silent}, lens{header: true})); err != nil || summary(t, out.String()) != want {
			t.Errorf("after %s: %v, %s", after, err, &out)
		}
	}
}

// summary is what lines say has happened.
func summary(t *testing.T, lines string) string {
	t.Helper()
	var out []string
	for line := range strings.Lines(lines) {
		var e statusEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		text := e.Event + " " + e.Target
		if e.Event != "gone" {
			text += fmt.Sprintf(" %v", e.Changed)
			if e.ID != e.Target || e.State == "" {
				t.Errorf("a line without its target: %s", line)
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}
