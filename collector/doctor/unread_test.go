package doctor

import (
	"strings"
	"testing"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// version is one that is certainly read.
func version(s string) puma.Version {
	v, ok := puma.ParseVersion(s)
	if !ok {
		panic(s)
	}
	return v
}

// TestLocksThatWereCutOff: a gem that was read is there, and one that was not is not known to be missing.
func TestLocksThatWereCutOff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		gem               string
		cut               bool
		connections, kind Result
	}{
		{"sequel", false, Found, Found},
		{"sequel", true, Found, Unknown},
		{"rack", false, OK, Found},
		{"rack", true, Unknown, Unknown},
		{"sd_notify", true, Unknown, OK},
	} {
		target := &Target{
			Puma: probe.Puma{PID: 7, Version: version("6.0.0"), ConfigPath: "/c", Unit: probe.Unit{Name: "shop.service", Scope: probe.SystemScope, Type: "notify"}},
			Host: &Host{Files: map[string]File{"/c": {Path: "/c", Text: "workers 2\npreload_app!\n"}},
				Masters: map[int]Master{7: {Cwd: "/r", Lock: "/r/Gemfile.lock", LockCut: tc.cut, Gems: map[string]string{tc.gem: "5.0"}}}},
			Stats: puma.Stats{Mode: puma.Cluster},
		}
		if a := one("puma.connections", target); a.Result != tc.connections {
			t.Errorf("%s, cut off %t: %+v", tc.gem, tc.cut, a)
		}
		if a := one("systemd.type", target); a.Result != tc.kind {
			t.Errorf("%s, cut off %t: %+v", tc.gem, tc.cut, a)
		}
	}
}

// TestProcessesThatAreHidden: a proxy of which nothing was seen may run where the login sees no processes but its own.
func TestProcessesThatAreHidden(t *testing.T) {
	t.Parallel()
	h, err := ParseHost([]byte("\npumatop-doctor 1\nhidden\nend\n"))
	if err != nil {
		t.Fatal(err)
	}
	target := &Target{Host: h, Puma: probe.Puma{PID: 7, Listeners: []string{"unix:///srv/shop/puma.sock"}}}
	for _, c := range Examine(proxyChecks(), []*Target{target}).Checks {
		if c.Result != Unknown || !strings.Contains(c.Reason, "does not see the processes of others") {
			t.Errorf("%+v", c)
		}
	}
	h.Files["/n"] = File{Path: "/n", Text: "http { server { location / { proxy_pass http://unix:/other.sock; } } }\n"}
	h.Proxies["nginx"] = []string{"/n"}
	if a := one("nginx.upstream", target); a.Result != Unknown {
		t.Errorf("%+v", a)
	}
}
