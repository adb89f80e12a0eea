package probe

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// Whatever the script prints, Encode prints the same report: a simulated host cannot say what a real one could not.
func TestEncodeRecordings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("recordings: %v, %v", files, err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		r, err := Decode(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(r.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, r) {
			t.Errorf("%s: decoded and encoded it is\n%+v, was\n%+v", name, again, r)
		}
	}
}

func TestEncodeSimulated(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)
	h, err := Parse(simulated(at).Encode())
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Pumas) != 1 || len(h.Idle) != 1 {
		t.Fatalf("found %d Pumas, %d idle units", len(h.Pumas), len(h.Idle))
	}
	p := h.Pumas[0]
	equal(t, "clock", h.Clock, at)
	equal(t, "app", p.App, "shop")
	equal(t, "workers", len(p.Workers), 2)
	equal(t, "second worker's release", p.Workers[1].Release, "/srv/shop/releases/1")
	equal(t, "started", p.Started, at.Add(-3000*time.Second))
	equal(t, "first worker's start", p.Workers[0].Started, at.Add(-10*time.Millisecond))
	equal(t, "second worker's start", p.Workers[1].Started, time.Time{})
	equal(t, "moved", p.CurrentMoved, at.Add(-time.Hour))
	equal(t, "current", p.Current, "/srv/shop/releases/2")
	equal(t, "control", p.Control, puma.Address{Network: puma.Unix, Name: "/srv/shop/shared/tmp/sockets/pumactl.sock"})
	equal(t, "idle", h.Idle[0].App(), "blog")
	equal(t, "its lingering", h.Idle[0].Lingering, puma.No)
	equal(t, "running revision", p.RunningRevision, "abc")
	equal(t, "first worker's revision", p.Workers[0].Revision, "abc")
	equal(t, "second worker's revision", p.Workers[1].Revision, "")
}

// simulated is a host as pumatest would make it up.
func simulated(at time.Time) Report {
	unit := func(name, state string, pid string) RawUnit {
		return RawUnit{Scope: SystemScope, Properties: map[string]string{
			"Id": name, "LoadState": "loaded", "ActiveState": state, "MainPID": pid,
			"ExecStart": "{ path=/usr/bin/puma ; argv[]=/usr/bin/puma -C /srv/x.rb ; ignore_errors=no ; start_time=[n/a] }",
		}}
	}
	blog := unit("blog.service", "inactive", "0")
	blog.Scope, blog.Manager = UserScope, "1500"
	return Report{
		Clock: at, Ticks: 400_000, TickRate: 100, Login: "uid=1500(deploy) gid=1500(deploy) groups=1500(deploy),999(systemd-journal)",
		Units:     []RawUnit{unit("shop.service", "active", "40"), blog},
		Revisions: map[string]string{"/srv/shop/releases/2": "abc"}, Lingers: map[string]bool{"0": true, "1500": false},
		Processes: []RawProcess{
			{
				PID: 40, Created: 100_000, Title: "puma 6.6.0 (unix:///srv/shop/puma.sock) [shop]", Cwd: "/srv/shop/releases/2", UID: 1500,
				User: "deploy", Cgroup: []string{"0::/system.slice/shop.service"},
				States: []StateFile{{
					From: "config", Verdict: "read", Stamp: "1 2", Path: "/srv/shop/shared/tmp/pids/puma.state",
					Text: []string{
						"---", "pid: 40", "control_url: unix:///srv/shop/shared/tmp/sockets/pumactl.sock",
						"control_auth_token: secret", `running_from: "/srv/shop/releases/1"`,
					},
				}},
				Links: []CurrentLink{{
					From: "unit", Named: "/srv/shop/current", Link: "/srv/shop/current", Target: "/srv/shop/releases/2",
					Moved: at.Add(-time.Hour), Revision: "abc",
				}},
				Journal: []string{},
			},
			{PID: 42, Title: "puma: cluster worker 1: 40 [shop]", Cwd: "/srv/shop/releases/1"},
			{PID: 41, Title: "puma: cluster worker 0: 40 [shop]", Cwd: "/srv/shop/releases/2", Created: 399_999},
		},
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, name := range files {
		f.Add(read(f, strings.TrimSuffix(filepath.Base(name), ".txt")))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		h, err := Parse(out)
		if err != nil {
			return
		}
		names := map[string]bool{}
		for _, p := range h.Pumas {
			if names[p.App] {
				t.Errorf("two targets are called %q", p.App)
			}
			names[p.App] = true
			c := p.Container
			safe(t, c.Engine, c.ID, c.Name, c.Image, c.Service, c.Role, c.Destination, c.Version, c.Host, c.Policy, c.User)
			safe(t, p.App, p.User, p.Tag, p.Release, p.Current, p.CurrentLink, p.CurrentFrom, p.StatePath, p.StateStamp,
				p.ConfigPath, p.LogPath, p.Revision, p.RunningRevision, p.Login, p.Unit.LogPath, p.Phased.Evidence, p.Unit.Name, p.Unit.ExecStart, p.Unit.Status,
				p.Control.String(), strings.Join(p.Listeners, ","))
			for _, w := range p.Workers {
				safe(t, w.Release, w.Revision)
			}
			for _, n := range p.Notes {
				safe(t, n.Text, n.Remedy)
			}
		}
		for _, u := range h.Idle {
			if names[u.App()] {
				t.Errorf("two targets are called %q", u.App())
			}
			names[u.App()] = true
			safe(t, u.Name, u.Active, u.Sub, u.Result, u.ExecStart, u.ExecReload)
		}
		for _, n := range h.Notes {
			safe(t, n.Text, n.Remedy)
		}
		r, _ := Decode(out)
		if _, err := Decode(r.Encode()); err != nil {
			t.Errorf("what was decoded cannot be decoded again: %v", err)
		}
	})
}

// safe fails on text that a terminal would act on.
func safe(t *testing.T, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e }) {
			t.Errorf("%q is not safe to draw", s)
		}
	}
}
