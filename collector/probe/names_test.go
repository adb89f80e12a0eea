package probe

import (
	"strings"
	"testing"
)

func apps(h Host) string {
	var out []string
	for _, p := range h.Pumas {
		out = append(out, p.App)
	}
	for _, u := range h.Idle {
		out = append(out, u.App())
	}
	return strings.Join(out, " ")
}

func TestNames(t *testing.T) {
	t.Parallel()
	system := Unit{Name: "puma.service", Scope: SystemScope, MainPID: 10}
	user := Unit{Name: "puma.service", Scope: UserScope, Manager: 1500, MainPID: 20}
	tests := []struct {
		what string
		host Host
		want string
	}{
		{"a unit's", Host{Pumas: []Puma{{PID: 10, Unit: system}}}, "puma"},
		{"an idle unit's", Host{Idle: []Unit{system}}, "puma"},
		{"the system's unit has the plain name, wherever it stands", Host{Pumas: []Puma{{PID: 20, Unit: user}, {PID: 10, Unit: system}}}, "puma-2 puma"},
		{"running and idle", Host{Pumas: []Puma{{PID: 20, Unit: user}}, Idle: []Unit{system}}, "puma-2 puma"},
		{"Capistrano's directory", Host{Pumas: []Puma{{PID: 1, Release: "/srv/shop/releases/20261121"}}}, "shop"},
		{"below a release", Host{Pumas: []Puma{{PID: 1, Release: "/srv/shop/releases/20261121/backend"}}}, "shop"},
		{"a plain directory", Host{Pumas: []Puma{{PID: 1, Release: "/home/me/blog"}}}, "blog"},
		{"only a state file", Host{Pumas: []Puma{{PID: 1, StatePath: "/srv/shop/shared/tmp/pids/puma.state"}}}, "shop"},
		{"only a state file in a plain directory", Host{Pumas: []Puma{{PID: 1, StatePath: "/opt/blog/tmp/puma.state"}}}, "blog"},
		{"nothing", Host{Pumas: []Puma{{PID: 1}}}, "puma"},
		{"two of one directory, by their sockets", Host{Pumas: []Puma{
			{PID: 1, Release: "/srv/shop/releases/1", Listeners: []string{"tcp://0.0.0.0:3001"}},
			{PID: 2, Release: "/srv/shop/releases/1", Listeners: []string{"tcp://0.0.0.0:3000"}},
		}}, "shop-2 shop"},
		{"two that nothing tells apart", Host{Pumas: []Puma{{PID: 1}, {PID: 2}}}, "puma puma-2"},
		{"one beside the unit's own", Host{Pumas: []Puma{{PID: 9, Unit: system}, {PID: 10, Unit: system}}}, "puma-2 puma"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			new(Names).Apply(&test.host)
			equal(t, "names", apps(test.host), test.want)
		})
	}
}

// A target keeps its name while it is down, under another pid, and when the one goes whose name it would have had.
func TestNamesAreKept(t *testing.T) {
	t.Parallel()
	n := new(Names)
	unit := Unit{Name: "puma.service", Scope: SystemScope, MainPID: 10}
	one := Puma{PID: 1, Release: "/srv/shop/releases/1", Listeners: []string{"unix:///srv/shop/a.sock"}}
	two := Puma{PID: 2, Release: "/srv/shop/releases/1", Listeners: []string{"unix:///srv/shop/b.sock"}}
	later := func(p Puma) Puma {
		p.PID += 100
		p.Release = "/srv/shop/releases/2"
		p.StatePath = "/srv/shop/x.state"
		return p
	}
	looks := []struct {
		host Host
		want string
	}{
		{Host{Pumas: []Puma{one, two, {PID: 10, Unit: unit}}}, "shop shop-2 puma"},
		{Host{Pumas: []Puma{two}, Idle: []Unit{{Name: "puma.service", Scope: SystemScope}}}, "shop-2 puma"},
		{Host{Pumas: []Puma{later(two)}}, "shop-2"},
		{Host{Pumas: []Puma{later(one)}}, "shop"},
	}
	for i, look := range looks {
		n.Apply(&look.host)
		if got := apps(look.host); got != look.want {
			t.Errorf("look %d: names are %q, want %q", i+1, got, look.want)
		}
	}
}
