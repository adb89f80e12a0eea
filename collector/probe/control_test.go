package probe

import (
	"strings"
	"testing"

	"pumatop/collector/puma"
)

// state of pid 40 with the given control URL.
func stateText(url string) []string {
	return []string{"---", "pid: 40", "control_url: " + url, "control_auth_token: secret", `running_from: "/srv/shop"`}
}

// controlCase is a way to a control app, or to none.
type controlCase struct {
	what  string
	add   RawProcess
	want  puma.Address
	token bool
	note  string
}

func controlCases() []controlCase {
	unix := func(name string) puma.Address { return puma.Address{Network: puma.Unix, Name: name} }
	literal := TextFile{Verdict: "read", Path: "/srv/shop/config/puma.rb", Lines: []string{
		`activate_control_app "unix:///srv/shop/ctl.sock", { auth_token: "literal" }`,
	}}
	return []controlCase{
		{"state file", RawProcess{
			States: []StateFile{{From: "config", Verdict: "read", Path: "/p.state", Text: stateText("unix:///srv/ctl.sock")}},
			Socket: "open", SocketPath: "/srv/ctl.sock",
		}, unix("/srv/ctl.sock"), true, ""},
		{"a stale one first", RawProcess{States: []StateFile{
			{From: "config", Verdict: "other:7", Path: "/old.state"},
			{From: "usual", Verdict: "read", Path: "/p.state", Text: stateText("unix:///srv/ctl.sock")},
		}}, unix("/srv/ctl.sock"), true, "state file /old.state is of process 7, not of this Puma"},
		{"caught while it is written", RawProcess{States: []StateFile{
			{From: "config", Verdict: "read", Path: "/p.state", Text: nil},
		}}, puma.Address{}, false, "state file /p.state is being written"},
		{"relative path", RawProcess{States: []StateFile{
			{From: "config", Verdict: "read", Path: "/p.state", Text: stateText("unix://tmp/ctl.sock?umask=0117")},
		}}, unix("/srv/shop/tmp/ctl.sock"), true, ""},
		{"denied", RawProcess{States: []StateFile{{From: "config", Verdict: "denied", Path: "/p.state"}}},
			puma.Address{}, false, "state file /p.state: permission denied"},
		{"named and missing", RawProcess{States: []StateFile{{From: "option", Verdict: "missing", Path: "/p.state"}}},
			puma.Address{}, false, "state file /p.state: no such file, though the command line names it"},
		{"socket of somebody else's", RawProcess{
			States: []StateFile{{From: "config", Verdict: "read", Path: "/p.state", Text: stateText("unix:///srv/ctl.sock")}},
			Socket: "denied", SocketPath: "/srv/ctl.sock",
		}, unix("/srv/ctl.sock"), true, "control socket /srv/ctl.sock: permission denied"},
		{"abstract", RawProcess{States: []StateFile{
			{From: "config", Verdict: "read", Path: "/p.state", Text: stateText("unix://@ctl")},
		}}, puma.Address{Network: puma.Abstract, Name: "ctl"}, true, ""},
		{"TLS", RawProcess{States: []StateFile{
			{From: "config", Verdict: "read", Path: "/p.state", Text: stateText("ssl://127.0.0.1:9293?key=k&cert=c")},
		}}, puma.Address{Network: puma.SSL, Name: "127.0.0.1:9293"}, true, ""},
		{"no state file: the socket that is no bind", RawProcess{
			Listens: []Listen{{"unix", "/srv/shop/puma.sock"}, {"unix", "/srv/shop/ctl.sock"}, {"tcp", "00000000:0BB8"}}, Config: literal,
		}, unix("/srv/shop/ctl.sock"), true, ""},
		{"no state file: on TCP", RawProcess{
			Listens: []Listen{{"unix", "/srv/shop/puma.sock"}, {"tcp", "0100007F:240D"}, {"tcp", "00000000:0BB8"}},
		}, puma.Address{Network: puma.TCP, Name: "127.0.0.1:9229"}, false, "no state file was found, and so no token"},
		{"no state file, two sockets: no guess", RawProcess{
			Listens: []Listen{{"unix", "/srv/shop/one.sock"}, {"unix", "/srv/shop/two.sock"}},
		}, puma.Address{}, false, "no state file and no control socket were found"},
		{"nothing but the configuration", RawProcess{Config: literal}, unix("/srv/shop/ctl.sock"), true, ""},
		{"no control app", RawProcess{States: []StateFile{
			{From: "config", Verdict: "read", Path: "/p.state", Text: []string{"---", "pid: 40", `running_from: "/srv/shop"`}},
		}}, puma.Address{}, false, "it was started without activate_control_app"},
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	for _, test := range controlCases() {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			raw := test.add
			raw.PID, raw.UID, raw.User = 40, 1500, "deploy"
			raw.Title, raw.Cwd = "puma 6.6.0 (unix:///srv/shop/puma.sock?umask=0111,tcp://0.0.0.0:3000) [shop]", "/srv/shop"
			p := Report{Login: "uid=1500(deploy)", Processes: []RawProcess{raw}}.Host().Pumas[0]
			equal(t, "control", p.Control, test.want)
			equal(t, "a token", p.Token.IsSet(), test.token)
			found := test.note == "" && len(p.Notes) == 0
			for _, n := range p.Notes {
				found = found || test.note != "" && strings.HasPrefix(n.Text, test.note)
			}
			if !found {
				t.Errorf("notes are %q, want %q", p.Notes, test.note)
			}
		})
	}
}

// A Puma that /proc hides is known by the state file that the caller named, and by nothing else.
func TestHiddenPuma(t *testing.T) {
	t.Parallel()
	raw := RawProcess{
		PID: 40, Seen: "hidden", Socket: "open", SocketPath: "/srv/ctl.sock",
		States: []StateFile{{From: "want", Verdict: "read", Stamp: "1 2", Path: "/srv/shop/tmp/puma.state", Text: stateText("unix:///srv/ctl.sock")}},
	}
	tests := []struct {
		seen, socket string
		found        bool
	}{
		{"hidden", "open", true},
		{"hidden", "denied", true},
		{"other", "open", true}, // JRuby gives itself no title
		{"other", "missing", false},
		{"gone", "open", false},
	}
	for _, test := range tests {
		raw.Seen, raw.Socket = test.seen, test.socket
		h := Report{Login: "uid=1000(me)", Processes: []RawProcess{raw}}.Host()
		if got := len(h.Pumas) == 1; got != test.found {
			t.Errorf("%s, socket %s: found %v, want %v", test.seen, test.socket, got, test.found)
			continue
		}
		if !test.found {
			if len(h.Notes) != 1 {
				t.Errorf("%s, socket %s: notes are %q", test.seen, test.socket, h.Notes)
			}
			continue
		}
		p := h.Pumas[0]
		if p.PID != 40 || p.Control.Name != "/srv/ctl.sock" || !p.Token.IsSet() || p.App != "shop" || p.StateStamp == "" {
			t.Errorf("%s: found %+v", test.seen, p)
		}
	}
}

func TestListeners(t *testing.T) {
	t.Parallel()
	binds := []string{
		"unix:///srv/shop/puma.sock?umask=0111", "unix://tmp/puma%20one.sock", "unix://@shop", "tcp://0.0.0.0:3000",
		"tcp://[::]:3000", "ssl://0.0.0.0:3443?key=k&cert=c", "nonsense",
	}
	want := "unix:///srv/shop/puma.sock unix:///srv/shop/tmp/puma one.sock unix://@shop tcp://0.0.0.0:3000 tcp://[::]:3000 ssl://0.0.0.0:3443"
	equal(t, "listeners", strings.Join(listeners(binds, "/srv/shop"), " "), want)
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	r := Report{
		Login: "uid=1500(deploy)",
		Complaints: []Complaint{
			{"no-proc", "Darwin"}, {"manager", "user 1500: Failed to connect to bus"}, {"new", "in a later script"},
		},
		Lingers: map[string]bool{"1500": false},
	}
	h := r.Host()
	if len(h.Notes) != 2 || !strings.Contains(h.Notes[0].Text, "Darwin") || !strings.Contains(h.Notes[1].Text, "Failed to connect") {
		t.Errorf("notes are %q", h.Notes)
	}
	raw := RawProcess{
		PID: 40, UID: 1500, Title: "puma 6.6.0 () [shop]", Cwd: "/srv/shop",
		Cgroup:  []string{"0::/user.slice/user-1500.slice/user@1500.service/app.slice/shop.service"},
		Listens: []Listen{{"unix", "/srv/shop/ctl.sock"}}, Journal: []string{},
	}
	r.Processes = []RawProcess{raw}
	var got []string
	for _, n := range r.Host().Pumas[0].Notes {
		got = append(got, n.Remedy)
	}
	joined := strings.Join(got, "; ")
	for _, want := range []string{"loginctl enable-linger 1500", "add deploy to the group systemd-journal"} {
		if !strings.Contains(joined, want) {
			t.Errorf("remedies are %q, want %q among them", joined, want)
		}
	}
}
