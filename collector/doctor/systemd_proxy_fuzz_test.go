package doctor_test

import (
	"strings"
	"testing"

	"pumatop/collector/doctor"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// FuzzUnitsAndProxies gives the checks whatever a host may say: none of them fails itself, and what they find is complete.
func FuzzUnitsAndProxies(f *testing.F) {
	f.Add("ExecReload={ path=/bin/kill ; argv[]=/bin/sh -c kill -USR2 `cat x` ; ignore_errors=no }\nTriggeredBy=x.socket\nNotifyAccess=main\nTimeoutStopUSec=1d 2min",
		"[Service]\nExecStart=/bin/sh -lc \\\n 'cd x && puma'\nExecReload=\n", "upstream a { server unix:/srv/shop/current/p.sock; }\nlocation / { proxy_pass http://a; }",
		"nginx", "unix:///srv/shop/current/p.sock", "/srv/shop/current", true)
	f.Add("NeedDaemonReload=yes\nListen=[::]:1 (Stream)", "[Install]\n", "listen a\nserver s 127.0.0.1:1 check\noption httpchk", "haproxy", "tcp://0.0.0.0:1", "", false)
	f.Add("LoadState=not-found", "", "ProxyPass / unix:/srv/shop/shared/a.sock|http://x/ retry=5", "apache", "unix:///srv/shop/shared/b.sock", "/srv/shop/current", false)
	f.Add("Restart=no", "x", "reverse_proxy :1 {\nfail_duration 5s\n}", "caddy", "tcp://[::1]:1", "/current", true)
	f.Fuzz(func(t *testing.T, show, unit, text, kind, listener, link string, wrapped bool) {
		const name = "puma.service"
		p := probe.Puma{PID: 1, Listeners: []string{listener}, CurrentLink: link, Current: "/srv/shop/releases/1", Release: "/srv/shop/releases/1"}
		p.Unit = probe.Unit{Name: name, Scope: probe.SystemScope, Active: "active", Type: "notify", MainPID: 1, Watchdog: 5e9, Fragment: "/etc/systemd/system/" + name}
		if wrapped {
			p.Unit.MainPID, p.Unit.PrivateTmp, p.Unit.BootTime, p.Phased.Answer = 2, true, 9e9, puma.No
		}
		h := &doctor.Host{
			Files: map[string]doctor.File{p.Unit.Fragment: {Text: unit}, "conf": {Text: text}},
			Units: map[doctor.UnitKey]map[string]string{{Name: name}: properties(show), {Name: "x.socket"}: properties(show)}, Proxies: map[string][]string{kind: {"conf"}},
		}
		checks, err := doctor.Choose(doctor.Checks(), areas, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := doctor.Examine(checks, []*doctor.Target{{Name: "a", Puma: p, Host: h, Slowest: 7e9}})
		for _, c := range r.Checks {
			if strings.Contains(c.Reason, "the check itself failed") {
				t.Errorf("%s: %s", c.ID, c.Reason)
			}
		}
		for _, f := range r.Findings {
			if f.Says == "" || f.Remedy == "" || f.Consequence == "" || len(f.Evidence) == 0 {
				t.Errorf("%+v", f)
			}
		}
	})
}
