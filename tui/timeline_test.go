package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
)

// eventful is a fleet in which everything has happened that events tell of.
func eventful() collector.Fleet {
	f := looped()
	add := func(before time.Duration, id collector.TargetID, kind collector.EventKind, text string, more ...func(*collector.Event)) {
		e := collector.Event{At: noon.Add(-before), Target: id, Kind: kind, Text: text}
		for _, each := range more {
			each(&e)
		}
		f.Events = append(f.Events, e)
	}
	state := func(s collector.State) func(*collector.Event) {
		return func(e *collector.Event) { e.State = s }
	}
	verdict := func(word string) func(*collector.Event) {
		return func(e *collector.Event) { e.Verdict = word }
	}
	others := func(e *collector.Event) { e.Observed = true }
	f.Events = nil
	add(26*time.Hour, "web3", collector.HostLost, "no answer from 10.0.3.13:22 for 10 s")
	add(26*time.Hour-20*time.Second, "web3", collector.HostBack, "connected again")
	add(3*time.Hour, "configuration", collector.ConfigRead, "read again: 1 host added")
	add(3*time.Hour, "web6", collector.HostAdded, "watched from now on")
	add(42*time.Minute, "web1/puma", collector.ReleaseChanged, "current moved to 20261121194902")
	add(41*time.Minute, "web1/puma", collector.ActionEvent, "phased restart asked, phase 1")
	add(41*time.Minute-2*time.Second, "web1/puma", collector.PhaseChanged, "phase 1→2")
	add(41*time.Minute-3*time.Second, "web1/puma", collector.WorkerReplaced, "worker 0 replaced, pid 61→4110, phase 2")
	add(41*time.Minute-5*time.Second, "web1/puma", collector.ActionEvent, "verified: 2 of 2 workers replaced in 3.1s, runs 20261121194902", verdict("verified"))
	add(30*time.Minute, "web5/puma", collector.ActionEvent, "a full restart was noticed that was not asked for here", others)
	add(30*time.Minute, "web5/puma", collector.ImageChanged, "full restart seen: another image of the master")
	add(29*time.Minute, "web5/puma", collector.ActionEvent, "old code, not asked for here: 2 workers run 20261101000000", verdict("old-code"), others)
	add(14*time.Minute, "web6/puma", collector.StateChanged, "not running: unit puma.service is inactive", state(collector.NotRunning))
	add(10*time.Minute, "web4/admin", collector.VersionChanged, "Puma 7.2.1→8.0.2")
	add(9*time.Minute, "web3/puma", collector.WorkerCount, "worker 3 appeared, pid 4113")
	add(8*time.Minute, "web3/puma", collector.WorkerDied, "worker 1 left outside a restart, pid 4090→4111")
	add(18*time.Second, "web2/puma", collector.ActionEvent, "phased restart asked, phase 3")
	add(18*time.Second, "web2/puma", collector.StateChanged, "restarting", state(collector.Restarting))
	add(9*time.Second, "web2/puma", collector.StateChanged, "crash loop: worker 0: at least 36 pids in 9s, none booted", state(collector.CrashLoop))
	add(time.Second, "web2/puma", collector.ActionEvent, "crash loop: worker 0: at least 36 failed boots in 9 s, none booted; this release does not boot · RuntimeError · config.ru:4", verdict("crash-loop"))
	add(0, "configuration", collector.ConfigRead, "the configuration is broken, nothing changes: .pumatop.yml:3: unknown key host", func(e *collector.Event) { e.Failed = true })
	return f
}

func timelineScenes() []scene {
	return []scene{
		{name: "events", fleet: eventful(), opts: logged, play: func(s *screen) { s.press("e", "k") }},
		{name: "events-target", fleet: eventful(), opts: logged, play: func(s *screen) { s.press("j", "j", "enter", "e") }},
		{name: "events-problems", fleet: eventful(), opts: logged, play: func(s *screen) {
			s.press("e", "x", "/")
			s.send(tea.PasteMsg{Content: "host:web2 kind:ver"})
		}},
		{name: "events-misread", fleet: eventful(), opts: logged, play: func(s *screen) {
			s.press("e", "/")
			s.send(tea.PasteMsg{Content: "web busy>80"})
		}},
		{name: "events-none", fleet: eventful(), opts: logged, play: func(s *screen) { s.press("e", "/", "z", "z", "enter") }},
		{name: "logs-then", fleet: eventful(), opts: logged, play: func(s *screen) {
			s.press("e", "k", "k", "l")
			s.aimed(logText()...)
		}},
	}
}

// aimed lets lines come to logs that were opened for a moment.
func (s *screen) aimed(lines ...collector.LogLine) {
	s.send(logsOpenedMsg{number: s.logs.number, stream: quietLogs{}, stop: func() {}})
	s.send(logLinesMsg{number: s.logs.number, lines: lines})
}

// more is the fleet with more events at its end.
func more(f collector.Fleet, texts ...string) collector.Fleet {
	for _, text := range texts {
		f.Events = append(f.Events[:len(f.Events):len(f.Events)], collector.Event{At: f.At, Target: "web1/puma", Kind: collector.PhaseChanged, Text: text})
	}
	f.At = f.At.Add(time.Second)
	return f
}

// Events are followed until the cursor goes up, and again from G on; meanwhile it stays on its event, whatever comes and goes.
func TestTimelineFollows(t *testing.T) {
	t.Parallel()
	f := eventful()
	s := newScreen(t, 120, 24, f)
	s.press("e")
	s.says(t, "› events", "following", "21 events", "▲ config", "the configuration is broken")
	f = more(f, "one more")
	s.send(fleetMsg{fleet: f})
	s.says(t, "following", "22 events", "one more")
	s.press("k", "k")
	s.says(t, "held · G follows", "crash loop, asked for here")
	f = more(f, "and another", "and a third")
	f.Events, f.Earlier = f.Events[4:], 4
	s.send(fleetMsg{fleet: f})
	s.says(t, "held · 2 newer below, G follows", "20 events, older ones dropped", "crash loop, asked for here")
	f.Events, f.Earlier = f.Events[19:], 23
	s.send(fleetMsg{fleet: f})
	s.says(t, "1 event,", "and a third", "another phase") // what the cursor was on is gone: it is on the one after it
	s.press("G")
	s.says(t, "following")
	s.send(fleetMsg{fleet: collector.Fleet{At: f.At.Add(time.Second), Interval: f.Interval}})
	s.says(t, "nothing has happened since pumatop looks")
}

func TestTimelineFilter(t *testing.T) {
	t.Parallel()
	f := eventful()
	for i := range f.Hosts {
		if f.Hosts[i].Name == "web5" {
			f.Hosts[i].Groups = []string{"jobs"}
		}
	}
	for _, test := range []struct {
		keys  []string
		typed string
		want  int
	}{
		{nil, "", 21},
		{[]string{"x"}, "", 7},
		{nil, "group:jobs", 3},
		{nil, "kind:verdict !verified", 2},
		{[]string{"x"}, "web3", 2},
		{nil, "host=web3 kind:died", 1},
	} {
		s := newScreen(t, 160, 60, f)
		s.press("e")
		s.press(test.keys...)
		s.press("/")
		s.send(tea.PasteMsg{Content: test.typed})
		s.press("enter")
		if got := len(s.timelineFound()); got != test.want {
			t.Errorf("%v %q: %d events, want %d:\n%s", test.keys, test.typed, got, test.want, s.frame())
		}
		// What comes later goes through the same filter.
		s.send(fleetMsg{fleet: more(f, "web1 says")})
		if got := len(s.timelineFound()) - test.want; got != 0 && test.typed+strings.Join(test.keys, "") != "" {
			t.Errorf("%v %q: %d more events", test.keys, test.typed, got)
		}
	}
}

// Esc undoes the filter, then the problems, then goes back to where the events were opened.
func TestTimelineBack(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, eventful(), logged)
	s.press("j", "j", "enter") // web1
	s.press("e", "x", "/", "w", "e", "b", "enter")
	s.says(t, "events of web1/puma", "no event matches web")
	s.press("esc")
	s.says(t, "nothing has gone wrong in")
	s.press("esc")
	s.says(t, "verified: 2 of 2 workers")
	s.press("esc")
	if s.Model.screen != targetScreen || s.open != "web1/puma" {
		t.Fatalf("esc leads to screen %d of %s", s.Model.screen, s.open)
	}
	s.press("esc", "e", "k", "enter")
	s.says(t, "› web2/puma")
	s.press("l")
	s.says(t, "› logs web2/puma")
	for _, want := range []screenID{targetScreen, eventsScreen, fleetScreen} {
		if s.press("esc"); s.Model.screen != want {
			t.Fatalf("esc leads to screen %d, want %d", s.Model.screen, want)
		}
	}
	if s.open != "" || len(s.trail) != 0 {
		t.Errorf("%q is open, the trail is %v", s.open, s.trail)
	}
}

// What an event is about is opened where it is there, and else said to be gone.
func TestTimelineSubjects(t *testing.T) {
	t.Parallel()
	f := eventful()
	f.Events = []collector.Event{
		{At: noon, Target: "web9/puma", Kind: collector.HostRemoved, Text: "no longer watched"},
		{At: noon, Target: "configuration", Kind: collector.ConfigRead, Text: "read"},
		{At: noon, Target: "web3", Kind: collector.HostBack, Text: "connected again"},
		{At: noon, Target: "web1/puma", Kind: collector.PhaseChanged, Text: "phase 1→2"},
	}
	s := newScreen(t, 120, 40, f, logged)
	s.press("e", "enter")
	s.says(t, "› web1/puma")
	s.press("esc", "k", "enter")
	s.says(t, "› web3/puma") // the only one of its host
	s.press("esc", "k", "enter")
	s.says(t, "the configuration is no target")
	s.press("k", "l")
	s.says(t, "web9/puma is not in the fleet any more")
}

// The log opens at the moment of the event, and says so where it does not reach back that far, or has no times.
func TestLogThen(t *testing.T) {
	t.Parallel()
	line := func(before time.Duration, text string) collector.LogLine {
		return collector.LogLine{Target: "web2/puma", At: noon.Add(-before), Seen: noon, Text: text}
	}
	for name, test := range map[string]struct {
		lines []collector.LogLine
		late  bool // nothing comes after the moment
		says  []string
		not   string
	}{
		"in the middle": {[]collector.LogLine{line(60*time.Second, "far"), line(9*time.Second, "near"), line(2*time.Second, "later"), line(time.Second, "last")}, false,
			[]string{"at 19:31:31; G follows", "▌19:31:31    near"}, "following"},
		"the nearer one": {[]collector.LogLine{line(40*time.Second, "far"), line(5*time.Second, "near")}, false, []string{"at 19:31:31", "▌19:31:35    near"}, ""},
		"begins later":   {[]collector.LogLine{line(-time.Hour, "rotated")}, false, []string{"no line from before 19:31:31: this one is 1h", "▌20:31:40    rotated"}, ""},
		"ends before":    {[]collector.LogLine{line(time.Minute, "old"), line(40*time.Second, "newest")}, true, []string{"nearest to 19:31:31, by 31s", "▌19:31:00    newest"}, ""},
		"no times":       {[]collector.LogLine{{Target: "web2/puma", Seen: noon, Text: "[61] * phase"}}, true, []string{"this log has no times: 19:31:31 cannot be found in it"}, ""},
		"nothing":        {nil, true, []string{"following", "reading"}, "nearest"},
	} {
		s := newScreen(t, 120, 24, eventful(), logged)
		var past int
		var since time.Time
		s.opts.Logs = func(_ context.Context, _ []collector.TargetID, n int, at time.Time) LogStream {
			past, since = n, at
			return quietLogs{}
		}
		s.openStream = func(l *logs) tea.Cmd { return openStream(t.Context(), s.opts.Logs, l) }
		cmd := s.press("e", "k", "k", "l")
		openedBy(cmd)
		if past != aimPast || !since.Equal(noon.Add(-9*time.Second-aimBefore)) {
			t.Errorf("%s: %d lines since %s", name, past, since)
		}
		s.aimed(test.lines...)
		if test.late {
			s.says(t, "following")
			s.send(aimEndMsg{number: s.logs.number - 1}) // of logs that were left
			s.says(t, "following")
			s.send(aimEndMsg{number: s.logs.number})
		}
		for _, want := range test.says {
			if !strings.Contains(s.frame(), want) {
				t.Errorf("%s: %q is not there:\n%s", name, want, s.frame())
			}
		}
		if test.not != "" && strings.Contains(s.frame(), test.not) {
			t.Errorf("%s: %q is there:\n%s", name, test.not, s.frame())
		}
		s.send(logLinesMsg{number: s.logs.number, lines: []collector.LogLine{line(-2*time.Hour, "newer")}})
		s.press("G")
		s.says(t, "following", "newer")
	}
}

// openedBy runs the commands of a batch that return at once.
func openedBy(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if batch, ok := cmd().(tea.BatchMsg); ok {
		for _, each := range batch {
			openedBy(each)
		}
	}
}

// BenchmarkTimeline is a frame over all events that are kept, and a fleet that brings one more.
func BenchmarkTimeline(b *testing.B) {
	f := many(1000, 1)
	for i := range 5000 {
		f.Events = append(f.Events, collector.Event{At: noon, Target: f.Targets[i%1000].ID, Kind: collector.WorkerReplaced, Text: fmt.Sprintf("worker %d replaced", i)})
	}
	s := newScreen(b, 200, 60, f)
	s.press("e", "/")
	s.send(tea.PasteMsg{Content: "group:web !phase"})
	s.press("enter", "esc")
	b.Run("frame", func(b *testing.B) {
		for b.Loop() {
			s.dirty = true
			s.View()
		}
	})
	b.Run("filter", func(b *testing.B) {
		for b.Loop() {
			s.filterTimeline("web host!=web1 !phase")
			s.timelineFound()
		}
	})
}
