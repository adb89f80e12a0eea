package doctor

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// says is a check that finds what a target's group has, with the severity that its silence names.
func says(id string, s Severity) Check {
	return Check{ID: id, Severity: s, Consequence: "so", Link: "there", run: func(t *Target) Answer {
		switch t.Name {
		case "fine/shop":
			return ok()
		case "dark/shop":
			return unknown("it is dark")
		case "odd/shop":
			panic("odd")
		}
		return found(strings.Join(t.Groups, " "), "mend it", Evidence{File: "/x", Line: 1})
	}}
}

func examinedTogether() Report {
	targets := []*Target{{Name: "web1/shop", Groups: []string{"a"}}, {Name: "fine/shop"}, {Name: "web2/shop", Groups: []string{"b"}},
		{Name: "dark/shop"}, {Name: "odd/shop"}, {Name: "web3/shop", Groups: []string{"a"}}}
	return Examine([]Check{says("b.late", Risks), says("a.early", Advice), says("a.risk", Risks), says("c.block", Blocks)}, targets)
}

// What is the same on several targets is one finding; the worst come first.
func TestExamine(t *testing.T) {
	t.Parallel()
	r := examinedTogether()
	var got []string
	for _, f := range r.Findings {
		got = append(got, string(f.Severity)+" "+f.ID+" "+f.Says+" "+strings.Join(f.Targets, ","))
		if f.Consequence != "so" || f.Link != "there" || f.Remedy != "mend it" || len(f.Evidence) != 1 {
			t.Errorf("%+v", f)
		}
	}
	want := []string{"blocks c.block a web1/shop,web3/shop", "blocks c.block b web2/shop", "risks a.risk a web1/shop,web3/shop", "risks a.risk b web2/shop",
		"risks b.late a web1/shop,web3/shop", "risks b.late b web2/shop", "advice a.early a web1/shop,web3/shop", "advice a.early b web2/shop"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(r.Checks) != 24 || r.Checks[3] != (Checked{"b.late", "dark/shop", Unknown, "it is dark"}) || r.Checks[1] != (Checked{"b.late", "fine/shop", OK, ""}) {
		t.Errorf("%+v", r.Checks)
	}
	if c := r.Checks[4]; c.Result != Unknown || c.Reason != "the check itself failed: odd" {
		t.Errorf("%+v", c)
	}
}

func TestPartsOfAReport(t *testing.T) {
	t.Parallel()
	r := examinedTogether()
	if got := r.From(Risks); len(got.Findings) != 6 || len(r.Findings) != 8 || len(got.Checks) != 24 {
		t.Errorf("%d findings from risks up, %d before", len(got.Findings), len(r.Findings))
	}
	if got := r.About("web2/shop"); len(got.Findings) != 4 || len(got.Checks) != 4 {
		t.Errorf("%d findings, %d checks", len(got.Findings), len(got.Checks))
	}
	if worst, ok := r.Worst(); worst != Blocks || !ok {
		t.Error(worst, ok)
	}
	if _, ok := (Report{}).Worst(); ok {
		t.Error("nothing is worst of none")
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	checks := []Check{{ID: "puma.preload"}, {ID: "puma.token"}, {ID: "host.clock"}}
	for _, tc := range []struct {
		only, skip []string
		want       string
	}{
		{nil, nil, "puma.preload puma.token host.clock"},
		{[]string{"puma"}, nil, "puma.preload puma.token"},
		{[]string{"host", "puma.token"}, nil, "puma.token host.clock"},
		{nil, []string{"puma.token"}, "puma.preload host.clock"},
		{[]string{"puma"}, []string{"puma.token"}, "puma.preload"},
	} {
		chosen, err := Choose(checks, tc.only, tc.skip)
		var got []string
		for _, c := range chosen {
			got = append(got, c.ID)
		}
		if strings.Join(got, " ") != tc.want || err != nil {
			t.Errorf("%v without %v: %v, %v", tc.only, tc.skip, got, err)
		}
	}
	_, err := Choose(checks, []string{"nginx"}, []string{"pum"})
	var e *UnknownNameError
	if !errors.As(err, &e) || e.Name != "nginx" || !strings.Contains(e.Remedy(), "puma, systemd") {
		t.Errorf("%v", err)
	}
}

// Every check has what a person asks of it, and no two have one id.
func TestChecksAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Checks() {
		if seen[c.ID] || c.Area() == c.ID || c.Asks == "" || c.Consequence == "" || !strings.HasPrefix(c.Link, "https://") || !slices.Contains(Severities(), c.Severity) {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
	for _, id := range []string{"puma.preload", "puma.single-mode", "puma.directory", "puma.control-app", "puma.socket-mode"} {
		if !seen[id] {
			t.Errorf("no %s", id)
		}
	}
}

// Of a target whose host was not asked, everything that nobody saw is unknown, with the reason; nothing is found.
func TestNothingIsGuessed(t *testing.T) {
	t.Parallel()
	target := &Target{Name: "web1/shop", Silent: "web1 runs no commands"}
	r := Examine(append(pumaChecks(), hostChecks()...), []*Target{target})
	if len(r.Findings) > 0 {
		t.Errorf("%+v", r.Findings)
	}
	for _, c := range r.Checks {
		if c.Result == OK && c.Reason == "" || c.Result == Unknown && c.Reason == "" {
			t.Errorf("%+v", c)
		}
	}
}

// one runs a single check.
func one(id string, t *Target) Answer {
	for _, c := range Checks() {
		if c.ID == id {
			return c.answer(t)
		}
	}
	return Answer{}
}

func TestChecksOfHosts(t *testing.T) {
	t.Parallel()
	unit := probe.Unit{Name: "shop.service", Scope: probe.SystemScope}
	host := func(change func(*Host)) *Target {
		h := &Host{Login: "deploy", Clock: time.Unix(1e9, 0), Somaxconn: puma.Of(4096), Free: map[string]puma.Count{"/var/log": puma.Of(50 << 30)}, May: map[string]Permit{}}
		change(h)
		return &Target{Host: h, Puma: probe.Puma{PID: 1, Unit: unit}}
	}
	may := func(name string, allowed puma.Answer) *Target {
		return host(func(h *Host) {
			p := Permit{allowed, Evidence{Command: "x", Text: "no"}}
			h.May[name], h.UnitMay = p, map[UnitKey]map[string]Permit{{Name: "shop.service"}: {name: p}}
		})
	}
	for _, tc := range []struct {
		id     string
		target *Target
		want   string
	}{
		{"host.forward", may("forward", puma.Yes), "ok"},
		{"host.forward", may("forward", puma.No), "finding its sshd forwards no sockets"},
		{"host.forward", may("x", puma.No), "unknown it was not tried"},
		{"host.commands", may("commands", puma.No), "finding deploy may run no commands"},
		{"host.commands", &Target{Silent: "restricted"}, "unknown restricted"},
		{"host.journal", may("journal", puma.No), "finding deploy may not read the journal"},
		{"host.journal", may("journal", puma.Unknown), "unknown x: no"},
		{"host.systemctl", may("systemctl", puma.No), "finding systemctl does not answer deploy"},
		{"host.clock", host(func(h *Host) { h.Ahead = time.Second }), "ok"},
		{"host.clock", host(func(h *Host) { h.Ahead, h.Within = 5*time.Second, 4*time.Second }), "ok"},
		{"host.clock", host(func(h *Host) { h.Ahead, h.Within = -90*time.Second, time.Second }), "finding its clock is 1m30s behind ours"},
		{"host.clock", host(func(h *Host) { h.Clock = time.Time{} }), "unknown its clock was not read"},
		{"host.disk", host(func(*Host) {}), "ok"},
		{"host.disk", host(func(h *Host) { h.Free = nil }), "unknown df told nothing"},
		{"host.somaxconn", host(func(h *Host) { h.Somaxconn = puma.Count{} }), "unknown /proc/sys/net/core/somaxconn was not read"},
	} {
		a := one(tc.id, tc.target)
		if got := strings.TrimSpace(string(a.Result) + " " + a.Reason + a.Says); got != tc.want {
			t.Errorf("%s: %q, not %q", tc.id, got, tc.want)
		}
		if a.Result == Found && (len(a.Evidence) == 0 || a.Remedy == "") {
			t.Errorf("%s: %+v", tc.id, a)
		}
	}
	if a := one("host.disk", host(func(h *Host) { h.Free["/var/log"] = puma.Of(500 << 20) })); a.Severity != Advice {
		t.Errorf("%+v", a)
	}
}

// TestRoomForLogs: a target is judged by where its own log is and the system's, and not by where others of its host write.
func TestRoomForLogs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		log  string
		free map[string]int64 // in MB; -1 could not be read
		want string
	}{
		"the journal":          {"", map[string]int64{"/var/log": 5000}, "ok"},
		"its own":              {"/data/log/puma.log", map[string]int64{"/var/log": 5000, "/data/log": 5000}, "ok"},
		"its own is full":      {"/data/log/puma.log", map[string]int64{"/var/log": 5000, "/data/log": 100}, "finding 100 MB are free for logs in /data/log"},
		"another's is full":    {"/data/log/puma.log", map[string]int64{"/var/log": 5000, "/data/log": 5000, "/other/log": 1}, "ok"},
		"its own is not known": {"/data/log/puma.log", map[string]int64{"/var/log": 5000, "/other/log": 5000}, "unknown how much is free in /data/log could not be read"},
		"only another's known": {"", map[string]int64{"/other/log": 5000}, "unknown df told nothing"},
		"the system's is full": {"/data/log/puma.log", map[string]int64{"/var/log": 100}, "finding 100 MB are free for logs in /var/log"},
	} {
		target := &Target{Host: &Host{Free: map[string]puma.Count{}}, Puma: probe.Puma{PID: 1, LogPath: tc.log}}
		for dir, mb := range tc.free {
			target.Host.Free[dir] = puma.Of(mb << 20)
		}
		a := one("host.disk", target)
		if got := strings.TrimSpace(string(a.Result) + " " + a.Reason + a.Says); got != tc.want {
			t.Errorf("%s: %q, not %q", name, got, tc.want)
		}
		if strings.Contains(a.Remedy, "vacuum") != (a.Result == Found && strings.HasSuffix(a.Says, "/var/log")) {
			t.Errorf("%s: %s", name, a.Remedy)
		}
	}
	if a := one("host.disk", &Target{Host: &Host{Free: map[string]puma.Count{"/var/log": puma.Of(50 << 30)}}, Puma: probe.Puma{PID: 1, Box: "0123"}}); a.Result != Unknown {
		t.Errorf("%+v of a container", a)
	}
}

// TestBacklogs: the listener that asks for most decides, and where not all of them are known, what the kernel gave each.
func TestBacklogs(t *testing.T) {
	t.Parallel()
	const most = "finding the kernel lets 4096 connections wait, and Puma asks for 8192"
	for _, tc := range []struct {
		text, start string
		limit       int64
		given       map[string]puma.Count
		want        string
	}{
		{"workers 2\n", "", 4096, nil, "ok"},
		{"workers 2\n", "", 128, nil, "finding the kernel lets 128 connections wait, and Puma asks for 1024"},
		{"bind 'unix:///s?backlog=8192'\n", "", 4096, nil, most},
		{"bind 'unix:///s?backlog=8192'\nbind 'tcp://0.0.0.0:80?backlog=512'\n", "", 4096, nil, most},
		{"bind 'tcp://0.0.0.0:80?backlog=512'\nbind 'unix:///s?backlog=8192'\n", "", 4096, nil, most},
		{"bind 'tcp://0.0.0.0:80?backlog=64'\nbind 'unix:///s'\n", "", 128, nil, "finding the kernel lets 128 connections wait, and Puma asks for 1024"},
		{"bind 'tcp://0.0.0.0:80?backlog=64'\n", "", 128, nil, "ok"},
		{"port ENV.fetch('PORT', 3000)\n", "", 4096, nil, "ok"},
		{"bind ENV['BIND']\n", "", 4096, nil, "unknown how many may wait at /s was not read, and line 1 of /c depends on what only running it tells: bind ENV['BIND']"},
		{"bind ENV['BIND']\n", "", 4096, map[string]puma.Count{"/s": puma.Of(1024)}, "unknown how many may wait at [::]:80 was not read, and line 1 of /c depends on what only running it tells: bind ENV['BIND']"},
		{"bind ENV['BIND']\n", "", 4096, map[string]puma.Count{"/s": puma.Of(1024), "*:80": puma.Of(1024)}, "ok"},
		{"bind ENV['BIND']\n", "", 4096, map[string]puma.Count{"/s": puma.Of(1024), "[::]:80": puma.Of(4096)}, "unknown line 1 of /c depends on what only running it tells: bind ENV['BIND']"},
		{"bind 'unix:///s?backlog=64' if x\n", "", 4096, map[string]puma.Count{"/s": puma.Of(64), "[::]:80": puma.Of(64)}, "ok"},
		{"", "", 4096, nil, "unknown no puma.rb was found"},
		{"bind 'unix:///s?backlog=8192'\n", "puma -b unix:///s", 4096, nil, "unknown how many may wait at /s was not read, and the command line binds, and not /c"},
	} {
		target := &Target{Host: &Host{Somaxconn: puma.Of(tc.limit), Backlogs: tc.given, Files: map[string]File{}},
			Puma: probe.Puma{PID: 1, Listeners: []string{"unix:///s", "tcp://[::]:80"}, Unit: probe.Unit{ExecStart: tc.start}}}
		if tc.text != "" {
			target.Puma.ConfigPath, target.Host.Files["/c"] = "/c", File{Path: "/c", Text: tc.text}
		} else {
			target.Puma.Listeners = nil
		}
		if a := one("host.somaxconn", target); strings.TrimSpace(string(a.Result)+" "+a.Reason+a.Says) != tc.want {
			t.Errorf("%q, %v: %+v, not %q", tc.text, tc.given, a, tc.want)
		}
	}
}

// Several versions of one application's Puma are one finding of all that have it.
func TestVersionsInAGroup(t *testing.T) {
	t.Parallel()
	target := func(name, app, version string) *Target {
		v, _ := puma.ParseVersion(version)
		return &Target{Name: name, Puma: probe.Puma{PID: 1, App: app, Version: v}}
	}
	all := []*Target{target("web1/shop", "shop", "6.6.0"), target("web2/shop", "shop", "8.0.2"), target("web1/admin", "admin", "5.6.9")}
	for i, x := range all {
		x.Peers = append(slices.Clone(all[:i]), all[i+1:]...)
	}
	checks, _ := Choose(Checks(), []string{"puma.versions"}, nil)
	r := Examine(checks, all)
	if len(r.Findings) != 1 || !reflect.DeepEqual(r.Findings[0].Targets, []string{"web1/shop", "web2/shop"}) || r.Findings[0].Says != "one application runs on Puma 6.6.0 and 8.0.2" {
		t.Errorf("%+v", r.Findings)
	}
}

// A phased restart that did not get to where the link leads is seen in the processes, whatever the configuration says.
func TestWorkersThatStayBehind(t *testing.T) {
	t.Parallel()
	moved := time.Unix(1_000_000, 0)
	behind := func(change func(*Target)) Answer {
		x := &Target{
			Host:  &Host{Files: map[string]File{"/c": {Path: "/c", Text: "directory '/srv/shop/current'\n"}}},
			Stats: puma.Stats{Mode: puma.Cluster, Phase: puma.Of(1)},
			Puma: probe.Puma{PID: 1, ConfigPath: "/c", CurrentLink: "/srv/shop/current", Current: "/srv/shop/releases/2", Release: "/srv/shop/releases/1", CurrentMoved: moved,
				Workers: []probe.Process{{PID: 2, Started: moved.Add(time.Minute), Release: "/srv/shop/releases/1"}}},
		}
		change(x)
		return one("puma.directory", x)
	}
	if a := behind(func(*Target) {}); a.Result != Found || !strings.Contains(a.Says, "run in another release") {
		t.Errorf("%+v", a)
	}
	for name, change := range map[string]func(*Target){
		"no phased restart":     func(t *Target) { t.Stats.Phase = puma.Of(0) },
		"a worker from before":  func(t *Target) { t.Puma.Workers[0].Started = moved.Add(-time.Minute) },
		"in the new release":    func(t *Target) { t.Puma.Release = "/srv/shop/releases/2" },
		"a worker is there":     func(t *Target) { t.Puma.Workers[0].Release = "/srv/shop/releases/2" },
		"no workers":            func(t *Target) { t.Puma.Workers = nil },
		"not known when it was": func(t *Target) { t.Puma.CurrentMoved = time.Time{} },
	} {
		if a := behind(change); a.Result != OK {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// A unit that does not run is examined by the configuration that it would read.
func TestStoppedTargets(t *testing.T) {
	t.Parallel()
	unit := probe.Unit{Name: "shop.service", Scope: probe.SystemScope, WorkingDirectory: "/srv/shop/current", ExecStart: "/usr/bin/bundle exec puma -e staging"}
	script := Reading{Idle: []probe.Unit{unit}}.Script()
	for _, name := range []string{"/srv/shop/current/config/puma/staging.rb", "/srv/shop/current/config/puma.rb"} {
		if !strings.Contains(script, "\nruby '/srv/shop/current' '"+name+"'\n") {
			t.Errorf("%s is not asked for", name)
		}
	}
	x := &Target{Puma: probe.Puma{Unit: unit}, Host: &Host{Files: map[string]File{
		"/srv/shop/current/config/puma/staging.rb": {Err: "no such file"},
		"/srv/shop/current/config/puma.rb":         {Path: "/srv/shop/current/config/puma.rb", Text: "workers 0\npreload_app!\n"},
	}}}
	if a := one("puma.single-mode", x); a.Result != Found || a.Evidence[0].Line != 1 || strings.Contains(a.Remedy, "restart") {
		t.Errorf("%+v", a)
	}
	if a := one("puma.preload", x); a.Result != Found || a.Evidence[0].Line != 2 {
		t.Errorf("%+v", a)
	}
	if a := one("puma.state-path", x); a.Result != Found {
		t.Errorf("%+v", a)
	}
}

// What a path may hold, a shell must not read.
func TestArgumentsAreQuoted(t *testing.T) {
	t.Parallel()
	p := probe.Puma{PID: 7, ConfigPath: "/srv/it's $(x)/puma.rb", StatePath: "/srv/a\nb", Unit: probe.Unit{Name: "a b.service", Scope: probe.SystemScope}}
	script := Reading{Pumas: []probe.Puma{p, {PID: 8, Box: "0123"}}}.Script()
	if !strings.Contains(script, "\nunit 'system' '' 'a b.service'\n") || strings.Contains(script, "a\nb") || strings.Contains(script, "'8'") {
		t.Error(script[strings.Index(script, "doctor() {"):])
	}
	p.StatePath = ""
	if script := (Reading{Pumas: []probe.Puma{p}}).Script(); !strings.Contains(script, `'/srv/it'\''s $(x)/puma.rb'`) {
		t.Error(script[strings.Index(script, "doctor() {"):])
	}
}
