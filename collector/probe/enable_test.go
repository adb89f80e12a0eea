package probe

import (
	"strings"
	"testing"
)

// TestEnable: the lines are for this Puma, its files beside those that it has.
func TestEnable(t *testing.T) {
	t.Parallel()
	withState := []StateFile{{From: "config", Verdict: "read", Path: "/p.state", Text: []string{"---", "pid: 40", `running_from: "/srv/shop"`}}}
	config := func(lines ...string) TextFile {
		return TextFile{Verdict: "read", Path: "/srv/shop/shared/puma.rb", Lines: lines}
	}
	for _, tc := range []struct {
		name, title, cwd string
		config           TextFile
		states           []StateFile
		text, remedy     string
	}{
		{"as Capistrano lays it out", "puma 6.6.0 (unix:///srv/shop/shared/tmp/sockets/puma.sock) [shop]", "/srv/shop/releases/1", config("workers 2"), nil,
			"no state file and no control socket were found",
			`add to /srv/shop/shared/puma.rb: state_path "/srv/shop/shared/tmp/pids/puma.state"; ` +
				`activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock", then restart Puma in full`},
		{"with a state file already", "puma 6.6.0 (unix:///run/shop/shop.sock) [shop]", "/srv/shop/releases/1", config("workers 2"), withState,
			"/srv/shop/shared/puma.rb has no activate_control_app",
			`add to /srv/shop/shared/puma.rb: activate_control_app "unix:///run/shop/shopctl.sock", then restart Puma in full`},
		{"on TCP alone", "puma 6.6.0 (tcp://0.0.0.0:3000) [shop]", "/srv/shop/releases/1", config("workers 2"), nil,
			"no state file and no control socket were found",
			`add to /srv/shop/shared/puma.rb: state_path "/srv/shop/shared/tmp/pids/puma.state"; ` +
				`activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock", then restart Puma in full`},
		{"on TCP, without releases or a configuration that was found", "puma 6.6.0 (tcp://0.0.0.0:3000) [shop]", "/srv/shop", TextFile{}, nil,
			"no state file and no control socket were found",
			`add to puma.rb: state_path "/srv/shop/tmp/pids/puma.state"; activate_control_app "unix:///srv/shop/tmp/sockets/pumactl.sock", then restart Puma in full`},
		{"under a condition", "puma 6.6.0 (unix:///run/shop/puma.sock) [shop]", "/srv/shop/releases/1",
			config(`state_path "/p.state"`, `activate_control_app "unix:///run/shop/pumactl.sock" if ENV["CONTROL"]`), withState,
			"it was started without activate_control_app, which line 2 of /srv/shop/shared/puma.rb has under a condition",
			`have the condition met, then restart Puma in full; or add to /srv/shop/shared/puma.rb: activate_control_app "unix:///run/shop/pumactl.sock", then restart Puma in full`},
		{"added after the start", "puma 6.6.0 (unix:///run/shop/puma.sock) [shop]", "/srv/shop/releases/1",
			config(`state_path "/p.state"`, `activate_control_app "unix:///run/shop/pumactl.sock"`), withState,
			"it was started without activate_control_app, which /srv/shop/shared/puma.rb has by now",
			"restart Puma in full: a phased restart does not read it again"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := Report{Login: "uid=1500(deploy) gid=1500(deploy) groups=1500(deploy)", Processes: []RawProcess{{
				PID: 40, Title: tc.title, Cwd: tc.cwd, UID: 1500, User: "deploy", Config: tc.config, States: tc.states}}}
			p := r.Host().Pumas[0]
			if len(p.Notes) == 0 || p.Notes[0] != (Note{tc.text, tc.remedy}) {
				t.Errorf("\n got %+v\nwant %q, %q", p.Notes, tc.text, tc.remedy)
			}
			if e := p.Enable; strings.Contains(tc.remedy, "add to") != (len(e.Lines) > 0 && strings.HasSuffix(tc.remedy, "add to "+e.File+": "+strings.Join(e.Lines, "; ")+", then restart Puma in full")) {
				t.Errorf("to be added: %+v", e)
			}
		})
	}
}
