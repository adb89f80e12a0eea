package query

import (
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// property is one by its name.
func property(t *testing.T, name string) *Property {
	t.Helper()
	for _, p := range Properties() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("nothing is called %s", name)
	return nil
}

func TestPropertiesHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	blank := &collector.Snapshot{State: collector.Serving}
	for _, p := range Properties() {
		if seen[p.Name] || p.Name == "" || len(p.Name) > 18 {
			t.Errorf("%q", p.Name)
		}
		seen[p.Name] = true
		if v := p.Cell(blank); v != "" && !p.Live {
			t.Errorf("of what is not known %s is %q", p.Name, v)
		}
	}
}

func TestPropertyCells(t *testing.T) {
	t.Parallel()
	config := func(change func(*puma.Settings)) func(*collector.Snapshot) {
		return func(s *collector.Snapshot) {
			own := s.OwnFacts()
			own.Settings.Lines = 30
			change(&own.Settings)
		}
	}
	facts := func(change func(*probe.Puma)) func(*collector.Snapshot) {
		return func(s *collector.Snapshot) { change(s.OwnFacts()) }
	}
	control := puma.Address{Network: puma.Unix, Name: "/run/c.sock"}
	for _, tc := range []struct {
		name   string
		change func(*collector.Snapshot)
		want   string
	}{
		{"puma", nil, "6.6.1"},
		{"workers", nil, "2"},
		{"workers", func(s *collector.Snapshot) { s.Stats.Mode = puma.Single }, ""},
		{"threads", nil, ""},
		{"threads", func(s *collector.Snapshot) { s.Workers[1].Pool.MaxThreads = puma.FigureOf(5) }, "up to 5"},
		{"threads", func(s *collector.Snapshot) {
			s.Workers[1].Pool.MaxThreads = puma.FigureOf(5)
			s.OwnFacts().Settings.ThreadsMin = puma.Setting{Text: "3", Literal: true, Line: 1}
		}, "3:5"},
		{"phased", func(s *collector.Snapshot) { s.Phased = puma.Phased{Answer: puma.No, Evidence: "preload_app!"} }, "no"},
		{"phased, why", func(s *collector.Snapshot) { s.Phased = puma.Phased{Answer: puma.No, Evidence: "preload_app!"} }, "preload_app!"},
		{"phased", func(s *collector.Snapshot) { s.Phased = puma.Phased{Answer: puma.Unknown, Evidence: "not read yet"} }, ""},
		{"phased, why", func(s *collector.Snapshot) { s.Phased = puma.Phased{Answer: puma.Unknown, Evidence: "not read yet"} }, ""},
		{"preload_app", nil, ""},
		{"preload_app", config(func(*puma.Settings) {}), "not set"},
		{"preload_app", config(func(s *puma.Settings) { s.Opaque.Line = 9 }), ""},
		{"preload_app", config(func(s *puma.Settings) { s.Preload = puma.Setting{Text: "true", Literal: true, Line: 2} }), "true"},
		{"preload_app", config(func(s *puma.Settings) {
			s.Preload = puma.Setting{Text: "true", Literal: true, Conditional: true, Line: 2}
		}), "true, on a condition"},
		{"workers set", config(func(s *puma.Settings) { s.Workers = puma.Setting{Text: "2", Line: 2} }), "2, or what a variable says"},
		{"directory", config(func(s *puma.Settings) { s.Directory = puma.Setting{Line: 2} }), "computed"},
		{"directory", config(func(s *puma.Settings) { s.Directory = puma.Setting{Text: "/x\x1b[2J\n/y", Literal: true, Line: 2} }), "/x /y"},
		{"ExecReload", nil, "none"},
		{"ExecReload", facts(func(p *probe.Puma) { p.Unit = probe.Unit{} }), ""},
		{"WatchdogSec", facts(func(p *probe.Puma) { p.Unit.Watchdog = 10 * time.Second }), "10s"},
		{"release", nil, "2"},
		{"release", func(s *collector.Snapshot) { s.Workers[0].Release = "/srv/shop/releases/1" }, "1 + 2"},
		{"revision", nil, "0123456789abcdef"},
		{"control app", nil, "none"},
		{"control app", facts(func(p *probe.Puma) { p.PID = 0 }), ""},
		{"control app", facts(func(p *probe.Puma) { p.Control, p.Settings.Control.DataOnly = control, true }), "unix:///run/c.sock, data_only"},
		{"token", nil, ""},
		{"token", facts(func(p *probe.Puma) { p.Control = control }), "not read"},
		{"token", facts(func(p *probe.Puma) { p.Control, p.Token = control, puma.NewToken("hunter2") }), "yes"},
		{"token", facts(func(p *probe.Puma) { p.Control, p.Settings.Control.NoToken = control, true }), "no_token"},
		{"threads busy", nil, "4/10 40%"},
		{"threads busy", func(s *collector.Snapshot) { s.Load.Max = puma.Count{} }, ""},
		{"requests/s", nil, "96.4"},
		{"memory", func(s *collector.Snapshot) { s.Load.Shared = true }, "≤600M"},
		{"slowest request", nil, ""},
		{"slowest request", func(s *collector.Snapshot) {
			s.Workers[0].Pool.OldestRequestStart, s.Workers[1].Pool.OldestRequestStart = puma.MomentOf(noon.Add(-4*time.Second)), puma.MomentOf(noon.Add(-9*time.Second))
		}, "9s"},
		{"up", nil, "1h"},
		{"systemd restarts", facts(func(p *probe.Puma) { p.Unit.Restarts = puma.Of(3) }), "3"},
	} {
		s := target("web1/shop", "web1", "shop", tc.change).Target
		if got := property(t, tc.name).Cell(s); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestPropertiesTogether: what all have is said once, else how many have what; figures are put together as they mean
// something.
func TestPropertiesTogether(t *testing.T) {
	t.Parallel()
	var targets []*collector.Snapshot
	for _, r := range fleet()[:4] { // 6.6.1, 7.2.1 with 9 busy, 8.0.0.pre1, and 5.6.9 in single mode
		targets = append(targets, r.Target)
	}
	for _, tc := range []struct{ name, want string }{
		{"scope", "user"},
		{"mode", "3× cluster, 1× single"},
		{"ruby", "3× ruby 3.1.2, 1× –"},
		{"image", ""},
		{"state", "3× serving, 1× restarting"},
		{"threads busy", "21/40 53%"},
		{"backlog", "2"},
		{"requests/s", "289.3"},
		{"memory", "2.1G"},
		{"answers in", "3ms"},
		{"up", "50s"},
		{"slowest request", ""},
	} {
		p := property(t, tc.name)
		if got := p.Together(targets); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		if one := p.Together(targets[:1]); one != p.Cell(targets[0]) {
			t.Errorf("%s of one: %q", tc.name, one)
		}
	}
	if got := property(t, "puma").Together(nil); got != "" {
		t.Errorf("of none: %q", got)
	}
}

// TestPropertiesKeepSecrets: no property has a token.
func TestPropertiesKeepSecrets(t *testing.T) {
	t.Parallel()
	s := target("web1/shop", "web1", "shop", func(s *collector.Snapshot) {
		own := s.OwnFacts()
		own.Token, own.Settings.Lines = puma.NewToken("hunter2"), 3
		own.Settings.Control = puma.Control{Setting: puma.Setting{Text: "unix:///c?token=hunter2", Literal: true, Line: 2}, Token: own.Token}
	}).Target
	for _, p := range Properties() {
		if strings.Contains(p.Cell(s), "hunter2") {
			t.Errorf("%s has the token", p.Name)
		}
	}
}
