package probe

import (
	"strings"
	"testing"
)

// house is a report of a master that is in no unit, and of a unit that does not look like Puma's.
func house(cgroup ...string) Report {
	return Report{
		Login:     "uid=1500(deploy) gid=1500(deploy)",
		Processes: []RawProcess{{PID: 48, Title: "puma 6.6.0 (tcp://127.0.0.1:3000) [shop]", UID: 1500, Cgroup: cgroup}},
		Units: []RawUnit{{Scope: SystemScope, Properties: map[string]string{
			"Id": "front.service", "LoadState": "loaded", "ActiveState": "active", "ExecStart": "{ path=/usr/bin/su ; argv[]=su deploy -c /srv/start ; }"}}},
	}
}

func TestWantedUnit(t *testing.T) {
	t.Parallel()
	const session = "0::/user.slice/user-1500.slice/session-3.scope"
	for _, c := range []struct {
		name   string
		report Report
		wanted []string
		unit   string // of the master
		idle   int
	}{
		{"not wanted", house(session), nil, "", 0},
		{"of the master in no unit", house(session), []string{"front"}, "front.service", 0},
		{"another", house(session), []string{"back"}, "", 0},
		{"the master has one", house("0::/system.slice/shop.service"), []string{"front.service"}, "shop.service", 1},
		{"no master", Report{Units: house().Units}, []string{"front"}, "", 1},
		{"not known to systemd", Report{Units: []RawUnit{{Properties: map[string]string{"Id": "front.service", "LoadState": "not-found"}}}}, []string{"front"}, "", 0},
	} {
		h, err := Want{Units: c.wanted}.Parse(c.report.Encode())
		if err != nil {
			t.Fatal(err)
		}
		unit := ""
		for _, p := range h.Pumas {
			unit = p.Unit.Name
		}
		if unit != c.unit || len(h.Idle) != c.idle {
			t.Errorf("%s: the master is in %q, %d idle", c.name, unit, len(h.Idle))
		}
	}
	two := house(session)
	two.Processes = append(two.Processes, RawProcess{PID: 49, Title: "puma 6.6.0 (tcp://127.0.0.1:3001) [blog]", UID: 1500, Cgroup: []string{session}})
	h, err := Want{Units: []string{"front"}}.Parse(two.Encode())
	if err != nil || len(h.Pumas) != 2 || h.Pumas[0].Unit.Name+h.Pumas[1].Unit.Name != "" {
		t.Errorf("of two masters it is neither's for certain: %+v, %v", h.Pumas, err)
	}
}

// A name goes to the host as data, and what cannot be a unit's name does not go at all.
func TestScriptWantsUnit(t *testing.T) {
	t.Parallel()
	for name, command := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := fakeEngine(t)
			e.script(t, "systemctl", `printf '%s\n' "$*" >>"$FAKE/calls"
printf 'Id=odd\\x2dname@1.service\nLoadState=loaded\nActiveState=inactive\n'
`)
			want := Want{Units: []string{`odd\x2dname@1`, "template@", "a b", "$(touch pwned)", "-x", "it's", "*", "", "x;y"}}
			cmd := shell(t, command, Script(want))
			cmd.Env = append(e.env(), "HOME=/nonexistent")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			h, err := want.Parse(out)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, u := range h.Idle {
				found = found || u.Name == `odd\x2dname@1.service`
			}
			for _, p := range h.Pumas { // other tests' masters are in no unit
				found = found || p.Unit.Name == `odd\x2dname@1.service`
			}
			calls := e.calls(t)
			if !found || !strings.Contains(calls, ` -- odd\x2dname@1.service`) || strings.Contains(calls, "template@") || strings.Contains(calls, "pwned") {
				t.Errorf("idle %+v, asked with %q", h.Idle, calls)
			}
		})
	}
}
