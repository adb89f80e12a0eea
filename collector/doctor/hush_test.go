package doctor

import (
	"fmt"
	"strings"
	"testing"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestHushed: nothing secret of a command line is told, and nothing else is left out.
func TestHushed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"puma -C config/puma.rb -t 5:5":                         "puma -C config/puma.rb -t 5:5",
		"puma --control-token abracadabra -C x":                 "puma --control-token [hidden] -C x",
		"kill -TSTP 7":                                          "kill -TSTP 7",
		"puma --control-token='abra cadabra' -C x":              "puma --control-token=[hidden] -C x",
		"pumactl -T abracadabra -S state phased-restart":        "pumactl -T [hidden] -S state phased-restart",
		"pumactl -Tabracadabra stop":                            "pumactl -T[hidden] stop",
		"env SECRET_KEY_BASE=abracadabra RAILS_ENV=test puma":   "env SECRET_KEY_BASE=[hidden] RAILS_ENV=test puma",
		"sh -c 'REDIS=redis://u:abracadabra@h/1 exec puma -w2'": "sh -c 'REDIS=redis://[hidden]@h/1 exec puma -w2'",
		"": "",
	} {
		if got := hushed(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// TestSecretsOfCommandLines: whatever a check says of a unit, it says no secret of its commands, and no remedy writes back what
// stands for one.
func TestSecretsOfCommandLines(t *testing.T) {
	t.Parallel()
	const start = "/bin/sh -lc env API_TOKEN=abracadabra bundle exec puma --preload --control-token abracadabra -S /s"
	unit := probe.Unit{Name: "shop.service", Scope: probe.SystemScope, Type: "simple", Active: "active", ExecStart: start, MainPID: 8, Fragment: "/u",
		ExecReload: "/bin/sh -c pumactl -T abracadabra restart"}
	file := "[Service]\nExecStart=/bin/sh -lc 'env API_TOKEN=abracadabra bundle exec puma --preload --control-token abracadabra'\nExecReload=/x -T abracadabra\n"
	said := 0
	for _, files := range []map[string]File{nil, {"/u": {Path: "/u", Text: file}}} {
		for _, reload := range []string{"", unit.ExecReload, "/bin/custom -T abracadabra", "/bin/kill -USR1 $MAINPID"} {
			for _, phased := range []puma.Answer{puma.Yes, puma.No} {
				u := unit
				u.ExecReload = reload
				target := &Target{Host: &Host{Files: files}, Puma: probe.Puma{PID: 7, Unit: u, Version: version("6.6.0"), Phased: puma.Phased{Answer: phased, From: puma.FromConfig}},
					Stats: puma.Stats{Mode: puma.Cluster}}
				r := Examine(append(pumaChecks(), systemdChecks()...), []*Target{target})
				if text := fmt.Sprintf("%+v", r); strings.Contains(text, "abracadabra") {
					t.Errorf("a secret is told: %s", text)
				}
				for _, f := range r.Findings {
					said += strings.Count(fmt.Sprint(f.Evidence), hidden)
					for line := range strings.Lines(f.Remedy) {
						if strings.Contains(line, hidden) && !strings.HasPrefix(line, "#") {
							t.Errorf("%s writes back %s", f.ID, line)
						}
					}
				}
			}
		}
	}
	if said < 4 {
		t.Errorf("%d lines have something hidden", said)
	}
}

// TestLinesThatAreNotWhole: one that was shortened, or has lost its secrets, is not to be pasted.
func TestLinesThatAreNotWhole(t *testing.T) {
	t.Parallel()
	for line, whole := range map[string]bool{"server unix:/x;": true, "server " + strings.Repeat("x", 20) + "…": false, "before_fork { x '[hidden]' }": false} {
		if got := pasted(line); (got == line) != whole || !whole && !strings.HasPrefix(got, "# ") {
			t.Errorf("%s: %s", line, got)
		}
	}
	long := "server unix:/srv/shop/puma.sock weight=1 " + strings.Repeat("max_conns=10 ", 30) + "fail_timeout=10s max_fails=1 backup=no"
	h := &Host{Files: map[string]File{"/n": {Path: "/n", Text: "http {\nupstream a {\n" + long + ";\n}\nserver { location / { proxy_pass http://a; } }\n}\n"}},
		Proxies: map[string][]string{"nginx": {"/n"}}, Serving: map[string]bool{"nginx": true}}
	a := proxiedBy(h, "nginx.fail-timeout")
	for line := range strings.Lines(a.Remedy) {
		if a.Result != Found || strings.Contains(line, "…") && !strings.HasPrefix(line, "#") {
			t.Errorf("%s: %s", a.Result, line)
		}
	}
}
