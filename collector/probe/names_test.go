package probe

import (
	"slices"
	"strings"
	"testing"
	"time"
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

// Of the containers of one role that are drained each keeps its name until it has gone, whatever the order in which they
// are seen; the next deploy has the names again.
func TestDrainedContainersKeepTheirNames(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	made := func(id string, hours int) Puma {
		c := Container{ID: id, Engine: "docker", Service: "shop", Role: "web", Created: at.Add(time.Duration(hours) * time.Hour)}
		return Puma{PID: 1, Box: id, Container: c, Release: id}
	}
	a, b, c, d := made("a", 1), made("b", 2), made("c", 3), made("d", 4)
	n := new(Names)
	for _, look := range []struct {
		pumas []Puma
		want  string
	}{
		{[]Puma{a}, "shop-web"},
		{[]Puma{b, a}, "shop-web shop-web-old"},
		{[]Puma{b, c, a}, "shop-web-old-2 shop-web shop-web-old"},
		{[]Puma{a, b, c}, "shop-web-old shop-web-old-2 shop-web"},
		{[]Puma{b, c}, "shop-web-old-2 shop-web"},
		{[]Puma{c}, "shop-web"},
		{[]Puma{c, d}, "shop-web-old shop-web"},
	} {
		h := Host{Pumas: slices.Clone(look.pumas)}
		markOlder(h.Pumas)
		n.Apply(&h)
		if got := apps(h); got != look.want {
			t.Errorf("names are %q, want %q", got, look.want)
		}
	}
}

// Containers of two engines have nothing to do with each other, though they have one name.
func TestContainersOfTwoEngines(t *testing.T) {
	t.Parallel()
	docker := Puma{PID: 1, Container: Container{ID: "a", Engine: "docker", Name: "shop", Created: time.Unix(1, 0)}}
	podman := Puma{PID: 2, Container: Container{ID: "b", Engine: "podman", Name: "shop", Created: time.Unix(2, 0)}}
	n := new(Names)
	for _, pumas := range [][]Puma{{docker, podman}, {podman, docker}} {
		h := Host{Pumas: pumas}
		markOlder(h.Pumas)
		n.Apply(&h)
		for _, p := range h.Pumas {
			if want := map[string]string{"docker": "shop", "podman": "shop-2"}[p.Container.Engine]; p.App != want || p.Container.Older {
				t.Errorf("%s's is %s, older %t", p.Container.Engine, p.App, p.Container.Older)
			}
		}
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
