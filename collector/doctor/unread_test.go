package doctor

import (
	"strings"
	"testing"

	"pumatop/collector/doctor/proxy"
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

// proxiedBy is what a check says of a Puma on a host whose proxies were read.
func proxiedBy(h *Host, id string) Answer {
	return one(id, &Target{Host: h, Puma: probe.Puma{PID: 7, Listeners: []string{"unix:///srv/shop/puma.sock"}}})
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

// TestSocketsOfPeers: a path that a Puma of another host listens on is none of this host's; one of this host's is left alone.
func TestSocketsOfPeers(t *testing.T) {
	t.Parallel()
	const wanted = "/srv/shop/shared/tmp/sockets/puma.sock"
	peer := func(machine, socket string, h *Host) *Target {
		return &Target{Name: machine + "/shop", Machine: machine, Host: h, Puma: probe.Puma{PID: 7, Listeners: []string{"unix://" + socket}}}
	}
	h := &Host{Files: map[string]File{"/n": {Path: "/n", Text: "http { server { location / { proxy_pass http://unix:" + wanted + ":; } } }\n"}},
		Proxies: map[string][]string{"nginx": {"/n"}}, Serving: map[string]bool{"nginx": true}}
	for name, tc := range map[string]struct {
		peer *Target
		want Result
	}{
		"none":                            {nil, Found},
		"of another host":                 {peer("web2", wanted, &Host{}), Found},
		"of another host, not read":       {peer("web2", wanted, nil), Found},
		"of this host":                    {peer("web1", wanted, h), OK},
		"of this host, not examined":      {peer("web1", wanted, nil), OK},
		"of this host, on another socket": {peer("web1", "/srv/shop/shared/third.sock", h), Found},
	} {
		target := peer("web1", "/srv/shop/shared/other.sock", h)
		if tc.peer != nil {
			target.Peers = []*Target{tc.peer}
		}
		if a := one("nginx.socket", target); a.Result != tc.want {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestLoopbacks: who listens on one loopback address is not reached at another.
func TestLoopbacks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		listens, connects string
		want              bool
	}{
		{"127.0.0.1:80", "127.0.0.1", true},
		{"127.0.0.1:80", "localhost", true},
		{"127.0.0.1:81", "localhost", false},
		{"127.0.0.1:80", "::1", false},
		{"127.0.0.1:80", "127.0.0.2", false},
		{"127.0.0.1:80", "0.0.0.0", true},
		{"127.0.0.2:80", "0.0.0.0", false},
		{"[::1]:80", "127.0.0.1", false},
		{"[::1]:80", "localhost", true},
		{"0.0.0.0:80", "127.0.0.2", true},
		{"0.0.0.0:80", "::1", false},
		{"[::]:80", "127.0.0.1", true},
		{"localhost:80", "127.0.0.1", true},
		{"10.0.0.5:80", "10.0.0.5", true},
		{"10.0.0.5:80", "10.0.0.6", false},
		{"0.0.0.0:80", "10.0.0.6", false},
	} {
		if got := sameAddress(proxy.Address{Host: tc.connects, Port: "80"}, tc.listens); got != tc.want {
			t.Errorf("%s from %s: %t", tc.listens, tc.connects, got)
		}
	}
}

// TestDirectoriesOfUsersUnits: what a remedy has Puma bind is in the directory that the same remedy makes.
func TestDirectoriesOfUsersUnits(t *testing.T) {
	t.Parallel()
	for scope, want := range map[probe.Scope]string{probe.SystemScope: "/run/shop/puma.sock", probe.UserScope: "/run/user/1500/shop/puma.sock"} {
		target := &Target{Puma: probe.Puma{PID: 7, Listeners: []string{"unix:///tmp/puma.sock"},
			Unit: probe.Unit{Name: "shop.service", Scope: scope, Manager: 1500, PrivateTmp: true}}}
		if a := one("systemd.private-tmp", target); a.Result != Found || !strings.Contains(a.Remedy, "unix://"+want+"\"") || !strings.Contains(a.Remedy, "\nRuntimeDirectory=shop\n") {
			t.Errorf("%+v", a)
		}
	}
}

// TestIncludesThatWereNotRead: settings that a file may have which was not read are not known to be well; those of the server's own
// line are.
func TestIncludesThatWereNotRead(t *testing.T) {
	t.Parallel()
	h := &Host{Proxies: map[string][]string{"nginx": {"/n"}}, Serving: map[string]bool{"nginx": true}, Files: map[string]File{
		"/n":           {Path: "/n", Text: "http {\nupstream a {\nserver unix:/srv/shop/puma.sock fail_timeout=0;\n}\nserver {\nlocation / {\ninclude /closed.conf;\nproxy_pass http://a;\n}\n}\n}\n"},
		"/closed.conf": {Path: "/closed.conf", Err: "permission denied"},
	}}
	if a := proxiedBy(h, "nginx.timeouts"); a.Result != Unknown || !strings.Contains(a.Reason, "/n:7: /closed.conf: permission denied") {
		t.Errorf("%+v", a)
	}
	if a := proxiedBy(h, "nginx.fail-timeout"); a.Result != OK {
		t.Errorf("%+v", a)
	}
}

// TestDefectsThatMayTouch: a defect of this version that bears on what was not read is not known to be harmless.
func TestDefectsThatMayTouch(t *testing.T) {
	t.Parallel()
	unit := probe.Unit{Name: "shop.service", Scope: probe.SystemScope}
	for _, tc := range []struct {
		version, text string
		shown         map[string]string
		want          Result
	}{
		{"8.0.0", "workers 2\n", map[string]string{"TriggeredBy": ""}, OK},
		{"8.0.0", "", map[string]string{"TriggeredBy": ""}, Unknown}, // prune_bundler
		{"8.0.0", "prune_bundler\n", map[string]string{"TriggeredBy": ""}, Found},
		{"5.2.0", "state_permission 0600\n", nil, Found},
		{"5.2.0", "workers 2\n", nil, Unknown}, // a socket of systemd's
		{"5.2.0", "workers 2\n", map[string]string{"TriggeredBy": ""}, OK},
		{"8.0.2", "", nil, OK},
	} {
		target := &Target{Puma: probe.Puma{PID: 7, Version: version(tc.version), Unit: unit},
			Host: &Host{Files: map[string]File{}, Units: map[UnitKey]map[string]string{}}, Stats: puma.Stats{Mode: puma.Cluster}}
		if tc.text != "" {
			target.Puma.ConfigPath, target.Host.Files["/c"] = "/c", File{Path: "/c", Text: tc.text}
		}
		if tc.shown != nil {
			target.Host.Units[UnitKey{Name: "shop.service"}] = tc.shown
		}
		if a := one("puma.known-defects", target); a.Result != tc.want {
			t.Errorf("%s, %q, %v: %+v", tc.version, tc.text, tc.shown, a)
		}
	}
}
