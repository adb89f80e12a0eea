package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// cutOff is the fleet without any network: nothing has answered for a minute and a half.
func cutOff(f collector.Fleet) collector.Fleet {
	targets := make([]collector.Snapshot, len(f.Targets))
	for i, t := range f.Targets {
		targets[i] = *t
		s := &targets[i]
		s.State, s.Linked, s.Stage, s.Retry = collector.Unreachable, false, "link", noon.Add(7*time.Second)
		s.Reason, s.Remedy = "no answer from 10.0.3.13:22 for 60 s", "is the host up?"
		if !s.Answered.IsZero() {
			s.Answered = noon.Add(-94 * time.Second)
		}
	}
	f = fleetOf(targets...)
	for i := range f.Hosts {
		h := &f.Hosts[i]
		h.Connected, h.Err, h.Stage, h.Retry = false, "no answer from 10.0.3.13:22 for 60 s", "link", noon.Add(7*time.Second)
	}
	f.Totals.Load = collector.Load{}
	return f
}

// bare is a fleet with a Puma that has no control app.
func bare() collector.Fleet {
	return with(production(), "web1/puma", func(s *collector.Snapshot) {
		s.State, s.Reason, s.Remedy = collector.NoControl, "/srv/shop/shared/config/puma.rb has no activate_control_app", "add to it, then restart Puma in full"
		s.Answered, s.Load, s.Stats, s.Workers, s.History = time.Time{}, collector.Load{}, puma.Stats{}, nil, collector.History{}
		s.Latency, s.OwnFacts().Control = 0, puma.Address{}
		e := &s.OwnFacts().Enable
		e.File = "/srv/shop/shared/config/puma.rb"
		e.Lines = []string{`state_path "/srv/shop/shared/tmp/pids/puma.state"`, `activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock"`}
	})
}

// atEase is a fleet in which nothing needs a person.
func atEase() collector.Fleet {
	return fleetOf(sample{"web1", "puma", collector.Serving, "6.6.1", 2, []int{2, 2}, 5, 0, 0, 96.4, newRelease, newRelease, puma.Yes, false}.snapshot(),
		sample{"web2", "puma", collector.Serving, "6.6.1", 2, []int{1, 2}, 5, 0, 0, 90.1, newRelease, newRelease, puma.Yes, false}.snapshot())
}

func firstScenes() []scene {
	return []scene{
		{name: "outage", fleet: cutOff(production())},
		{name: "no-control", fleet: bare(), play: func(s *screen) { s.press("/", "w", "e", "b", "1", "enter", "enter") }},
		{name: "no-problems", fleet: atEase(), play: func(s *screen) { s.press("x") }},
		{name: "no-match", fleet: production(), play: func(s *screen) {
			s.press("x", "/")
			s.send(tea.PasteMsg{Content: "web busy>70 !puma"})
			s.press("enter")
		}},
		{name: "nobody", fleet: collector.Fleet{At: noon, Interval: 2 * time.Second}},
	}
}

// That no host answers is said once, with since when, and not by each of them.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 160, 40, cutOff(production()))
	s.says(t, "✖ no host answers since 19:30:06 (1m34s): is this machine's network up?  next try in 7s  F5 tries now")
	if n := strings.Count(s.frame(), "10.0.3.13"); n != 1 {
		t.Errorf("its cause is said %d times:\n%s", n, s.frame())
	}
	never := cutOff(production())
	for i := range never.Targets {
		never.Targets[i].Answered = time.Time{}
	}
	newScreen(t, 160, 40, never).says(t, "✖ no host has answered: is this machine's network up?")
	for name, change := range map[string]func(*collector.Fleet){
		"one that answers":            func(f *collector.Fleet) { f.Hosts[2].Connected, f.Hosts[2].Err = true, "" },
		"one that refuses the login":  func(f *collector.Fleet) { f.Hosts[1].Stage = "auth" },
		"one that was not asked yet":  func(f *collector.Fleet) { f.Hosts[1].Err, f.Hosts[1].Stage = "", "" },
		"one that waits for a person": func(f *collector.Fleet) { f.Hosts[0].Waiting = "waits for an answer: passphrase" },
		"one host alone":              func(f *collector.Fleet) { f.Hosts = f.Hosts[:1] },
	} {
		f := cutOff(production())
		change(&f)
		if s := newScreen(t, 160, 40, f); s.outage != nil || strings.Contains(s.frame(), "network up") {
			t.Errorf("with %s it is the network's fault", name)
		}
	}
	s.send(fleetMsg{fleet: production()})
	if strings.Contains(s.frame(), "network") {
		t.Error("it does not end")
	}
}

// An empty fleet screen says why it is empty, and what to press.
func TestEmptyScreens(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, atEase())
	s.press("x")
	s.says(t, "✔ nothing needs a person", "esc or x shows all 2")
	s.press("/", "w", "e", "b", "9")
	s.says(t, "nothing matches web9", "only what needs a person is shown: x shows the rest")
	s = newScreen(t, 120, 40, production())
	s.press("/")
	s.send(tea.PasteMsg{Content: `web "admin" busy>200`})
	s.says(t, `nothing matches web "admin" busy>200`, "web alone leaves 6 of 6", `"admin" alone leaves 1 of 6`, "busy>200 alone leaves 0 of 6")
	newScreen(t, 120, 40, collector.Fleet{At: noon, Interval: time.Second}, func(o *Options) { o.Reload = func() tea.Msg { return nil } }).
		says(t, "no host is watched", "the configuration names none for production", ":reload-config", "pumatop web1 web2")
	newScreen(t, 120, 40, collector.Fleet{}).says(t, "waiting for the first figures")
}

// A Puma without a control app has the very lines on its screen that give it one, each on a line of its own.
func TestEnableLines(t *testing.T) {
	t.Parallel()
	open := func(opts ...func(*Options)) *screen {
		s := newScreen(t, 100, 40, bare(), opts...)
		s.press("/", "w", "e", "b", "1", "enter", "enter")
		return s
	}
	s := open()
	s.says(t, "add to the end of /srv/shop/shared/config/puma.rb", "then restart it in full, with R here or systemctl --user restart puma.service", "a phased restart")
	for _, l := range bare().Targets {
		for _, text := range l.Facts().Enable.Lines {
			if !strings.Contains(s.frame()+"\n", "\n     "+text+"\n") {
				t.Errorf("%s is not on a line of its own:\n%s", text, s.frame())
			}
		}
	}
	if _, text := s.copied(); !strings.Contains(text, "\n    state_path \"/srv/shop/shared/tmp/pids/puma.state\"\n    activate_control_app ") {
		t.Errorf("what is copied:\n%s", text)
	}
	if s = open(func(o *Options) { o.ReadOnly = true }); strings.Contains(s.frame(), "R here") {
		t.Error("read-only is told to press R")
	}
}

// A terminal that is too small says how large it has to be, how large it is, and what is worst.
func TestTooSmall(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 38, 6, troubled())
	s.says(t, "needs 40×8, better 80×24", "this terminal is 38×6", "✖ web2/puma crash loop", "q quits")
	s.send(fleetMsg{fleet: cutOff(production())})
	s.says(t, "no host answers")
}
