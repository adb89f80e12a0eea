package inventory

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pumatop/collector/config"
)

// entries are hosts of a group, on lines that follow each other.
func entries(line int, hosts ...string) []config.Host {
	var list []config.Host
	for i, h := range hosts {
		list = append(list, config.Host{Host: h, At: config.Origin{File: ".pumatop.yml", Line: line + i}})
	}
	return list
}

// shop is a configuration with two environments.
func shop() config.Config {
	return config.Config{Environments: map[string]config.Environment{
		"production": {
			Protected: true,
			Reach:     config.Reach{App: "shop"},
			Groups: map[string]config.Group{
				"web": {Hosts: entries(10, "deploy@web[01-03].example.com:2222"), Pace: config.Pace{Batch: "2"}},
				"db":  {Hosts: []config.Host{{Host: "10.0.0.7", Name: "db", At: config.Origin{File: ".pumatop.yml", Line: 20}}}},
			},
		},
		"staging": {Groups: map[string]config.Group{"web": {Hosts: entries(30, "staging1.example.com/shop")}, "canary": {Hosts: entries(31, "c1")}}},
	}}
}

// line is a fleet in one: its environment, and its hosts with what is wanted of them and their groups.
func line(f Fleet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", f.Name)
	for _, h := range f.Hosts {
		fmt.Fprintf(&b, " %s", h.Address)
		if h.Name != shown(h.Address) {
			fmt.Fprintf(&b, "=%s", h.Name)
		}
		for _, w := range append(h.Apps, h.StatePaths...) {
			fmt.Fprintf(&b, "/%s", strings.TrimPrefix(w, "/"))
		}
		if h.All {
			b.WriteString("/*")
		}
		for _, g := range h.Groups {
			fmt.Fprintf(&b, "@%s", g)
		}
	}
	return b.String()
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const web = " deploy@web01.example.com:2222/shop@web deploy@web02.example.com:2222/shop@web deploy@web03.example.com:2222/shop@web"
	for _, tc := range []struct {
		name  string
		args  []string
		input string
		want  string
	}{
		{"an environment", []string{"production"}, "", "production: 10.0.0.7=db/shop@db" + web},
		{"a group of it", []string{"production", "@web"}, "", "production:" + web},
		{"a group that one environment has", []string{"@canary"}, "", "staging: c1/*@canary"},
		{"all of the one that something else is of", []string{"@canary", "@all"}, "", "staging: c1/*@canary staging1.example.com/shop@web"},
		{"a host by its address without user and port", []string{"web02.example.com"}, "", "production: deploy@web02.example.com:2222/shop@web"},
		{"as it is shown", []string{"web02.example.com:2222"}, "", "production: deploy@web02.example.com:2222/shop@web"},
		{"by its name", []string{"db"}, "", "production: 10.0.0.7=db/shop@db"},
		{"by its address, although it has a name", []string{"10.0.0.7"}, "", "production: 10.0.0.7=db/shop@db"},
		{"with another login", []string{"root@web02.example.com"}, "", "production: root@web02.example.com:2222/shop@web"},
		{"with another login and by its name", []string{"root@db:22"}, "", "production: root@10.0.0.7:22=db/shop@db"},
		{"with another app", []string{"db/admin", "db"}, "", "production: 10.0.0.7=db/admin/shop@db"},
		{"with a state file", []string{"db:/srv/x/puma.state"}, "", "production: 10.0.0.7=db/srv/x/puma.state@db"},
		{"a range of them, less one", []string{"web[01-03].example.com!web02.example.com"}, "",
			"production: deploy@web01.example.com:2222/shop@web deploy@web03.example.com:2222/shop@web"},
		{"less one, as an argument of its own", []string{"production", "!@web"}, "", "production: 10.0.0.7=db/shop@db"},
		{"a group less one", []string{"production", "@web!web0[1-2].example.com"}, "", "production: deploy@web03.example.com:2222/shop@web"},
		{"a group's other app", []string{"production", "@web/admin&web01.example.com"}, "", "production: deploy@web01.example.com:2222/admin@web"},
		{"a host that no configuration has", []string{"root@other:22"}, "", ": root@other:22/*"},
		{"beside one that it has", []string{"other", "db"}, "", "production: other/* 10.0.0.7=db/shop@db"},
		{"a host of one environment beside its name", []string{"production", "other"}, "", "production: other/*"},
		{"names from the standard input", []string{"-"}, "# ours\nweb01.example.com\r\n\n  db # the old one\nweb02.example.com,web03.example.com\n",
			"production: deploy@web01.example.com:2222/shop@web 10.0.0.7=db/shop@db deploy@web02.example.com:2222/shop@web deploy@web03.example.com:2222/shop@web"},
		{"and less some", []string{"-", "!db"}, "db\nc7\n", "production: c7/*"},
	} {
		got, err := Resolve(shop(), tc.args, strings.NewReader(tc.input))
		if err != nil || line(got) != tc.want {
			t.Errorf("%s: %s, %v\nwant %s", tc.name, line(got), err, tc.want)
		}
	}
}

// TestResolveNothing: without arguments it is the configuration's environment, or its only one.
func TestResolveNothing(t *testing.T) {
	t.Parallel()
	cfg := shop()
	cfg.Environment = "staging"
	one := shop()
	delete(one.Environments, "production")
	for _, tc := range []struct {
		cfg  config.Config
		args []string
		want string
	}{
		{cfg, nil, "staging: c1/*@canary staging1.example.com/shop@web"},
		{one, nil, "staging: c1/*@canary staging1.example.com/shop@web"},
		{cfg, []string{"@web"}, "staging: staging1.example.com/shop@web"},
		{cfg, []string{"!@web"}, "staging: c1/*@canary"},
		{one, []string{"web1"}, ": web1/*"},
	} {
		got, err := Resolve(tc.cfg, tc.args, nil)
		if err != nil || line(got) != tc.want {
			t.Errorf("%q: %s, %v, want %s", tc.args, line(got), err, tc.want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	unknown := shop()
	unknown.Environment = "prodution"
	for _, tc := range []struct {
		cfg          config.Config
		args         []string
		want, remedy string
	}{
		{config.Config{}, nil, "no target named", "name hosts as ssh knows them, web1 web2, or have a configuration name them: pumatop config example · to see it without any: pumatop demo"},
		{shop(), nil, "no environment named", "there are production and staging: pumatop production, or environment: production in the configuration"},
		{unknown, nil, `there is no environment "prodution"`, "did you mean production?"},
		{shop(), []string{"prodcution"}, `there is no environment "prodcution"`, "did you mean production?"},
		{shop(), []string{"production/shop"}, `there is no host "production"`, "did you mean production @all/shop?"},
		{shop(), []string{"production", "staging"}, "production and staging are two environments",
			"open one environment at a time: what is done to one is not meant for the other"},
		{shop(), []string{"production", "c1"}, `"c1" is of staging and "production" of production`,
			"open one environment at a time: what is done to one is not meant for the other"},
		{shop(), []string{"db", "c1"}, `"db" is of production and "c1" of staging`,
			"open one environment at a time: what is done to one is not meant for the other"},
		{shop(), []string{"@web"}, `"@web" is in production and staging`, "name the environment, too: pumatop production @web"},
		{shop(), []string{"@wbe"}, `there is no group "wbe"`, "did you mean @web?"},
		{shop(), []string{"@workers"}, `there is no group "workers"`, "there are @canary, @db and @web"},
		{shop(), []string{"production", "@canary"}, `there is no group "canary" in production`, "staging has it: pumatop staging @canary"},
		{config.Config{}, []string{"@web"}, `there is no group "web"`, "no configuration has any group; pumatop config example shows how to write one"},
		{config.Config{}, []string{"!web1"}, "no target named", "name hosts as ssh knows them, web1 web2, or have a configuration name them: pumatop config example · to see it without any: pumatop demo"},
		{shop(), []string{"production", "!@all"}, "no host of production is left over", "pumatop --help shows what may stand as TARGET"},
		{shop(), []string{"x!x"}, "no host is left over", "pumatop --help shows what may stand as TARGET"},
		{shop(), []string{"-"}, "the standard input names no host", "pumatop --help shows what may stand as TARGET"},
		{shop(), []string{"web1", "--help"}, `cannot read target "--help": it names no host`, targetHint},
	} {
		_, err := Resolve(tc.cfg, tc.args, strings.NewReader("# none\n"))
		var remedy interface{ Remedy() string }
		if err == nil || err.Error() != tc.want || !errors.As(err, &remedy) || remedy.Remedy() != tc.remedy {
			t.Errorf("%q: %v\nwant %s", tc.args, err, tc.want)
			if remedy != nil {
				t.Errorf("%s\nwant %s", remedy.Remedy(), tc.remedy)
			}
		}
	}
}

// TestStandardInput: a line that names nothing is named itself, and there is an end to how much is read.
func TestStandardInput(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"web1\n\nweb[1-\n":               `standard input:3: cannot read target "web[1-": column 4: the bracket is not closed`,
		"web1\nweb2/a/b # a\n":           `standard input:2: cannot read target "web2/a/b": column 5: an app has no / in its name`,
		"-oProxyCommand=x\n":             `standard input:1: cannot read target "-oProxyCommand=x": it names no host`,
		strings.Repeat("web1\n", 10_001): `"the standard input" stands for more than 10000 hosts`,
		strings.Repeat("#", 1<<20+1):     `the standard input is longer than 1 MB`,
	} {
		if _, err := Resolve(config.Config{}, []string{"-"}, strings.NewReader(input)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", input, err, want)
		}
	}
}

// filled sets every field of a struct, so that none is forgotten where structs are laid over one another.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i))
		}
	case reflect.String:
		v.SetString("outer")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("Outer"), reflect.ValueOf("outer"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	default:
		panic(v.Kind())
	}
}

func TestInherit(t *testing.T) {
	t.Parallel()
	var outer config.Reach
	filled(reflect.ValueOf(&outer).Elem())
	if got := inherit(config.Reach{}, outer); !reflect.DeepEqual(got, outer) {
		t.Errorf("an empty level has %+v", got)
	}
	if got := inherit(outer, config.Reach{}); !reflect.DeepEqual(got, outer) {
		t.Errorf("beneath nothing it is %+v", got)
	}
	var pace config.Pace
	filled(reflect.ValueOf(&pace).Elem())
	if got := inheritPace(config.Pace{}, pace); !reflect.DeepEqual(got, pace) {
		t.Errorf("an empty pace has %+v", got)
	}
	inner := config.Reach{App: "inner", Token: config.Token{Env: "INNER"}, SSH: config.SSH{Port: 22, Options: map[string]string{"outer": "inner", "LogLevel": "ERROR"}}}
	want := outer
	want.App, want.Token, want.SSH.Port, want.SSH.Options = "inner", inner.Token, 22, inner.SSH.Options
	if got := inherit(inner, outer); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// TestHosts: what is said further in counts, what an address says itself above all.
func TestHosts(t *testing.T) {
	t.Parallel()
	cfg := config.Config{
		Reach: config.Reach{Become: "top", Transport: "native", SSH: config.SSH{User: "top", Port: 2222}},
		Pace:  config.Pace{Batch: "1", Pause: time.Second},
		Environments: map[string]config.Environment{"p": {
			Reach: config.Reach{Become: "environment", State: "/environment.state"},
			Groups: map[string]config.Group{"web": {
				Reach: config.Reach{App: "group", SSH: config.SSH{User: "group"}},
				Pace:  config.Pace{Batch: "25%"},
				Hosts: []config.Host{
					{Host: "web[1-2]", Name: "w[01-02]", Reach: config.Reach{SSH: config.SSH{Port: 22}}},
					{Host: "own@web3:23/own"},
					{Host: "web4", Reach: config.Reach{App: "entry", State: "/entry.state"}},
				},
			}},
		}},
	}
	got, err := Hosts(cfg, "p")
	if err != nil {
		t.Fatal(err)
	}
	reach := config.Reach{Become: "environment", Transport: "native", App: "group", State: "/environment.state", SSH: config.SSH{User: "group", Port: 22}}
	pace := config.Pace{Batch: "25%", Pause: time.Second}
	own := reach
	own.SSH = config.SSH{}
	entry := reach
	entry.App, entry.State, entry.SSH.Port = "entry", "/entry.state", 2222
	groups := []string{"web"}
	want := []Host{
		{Address: "web1", Name: "w01", Apps: []string{"group"}, Groups: groups, Reach: reach, Pace: pace},
		{Address: "web2", Name: "w02", Apps: []string{"group"}, Groups: groups, Reach: reach, Pace: pace},
		{Address: "own@web3:23", Name: "web3:23", Apps: []string{"own"}, Groups: groups, Reach: own, Pace: pace},
		{Address: "web4", Name: "web4", StatePaths: []string{"/entry.state"}, Groups: groups, Reach: entry, Pace: pace},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	f, err := Resolve(cfg, []string{"own@elsewhere"}, nil)
	if err != nil || f.Hosts[0].Reach.Become != "top" || f.Hosts[0].Reach.SSH.User != "" || f.Hosts[0].Pace != cfg.Pace {
		t.Errorf("what no environment has is %+v, %v", f, err)
	}
}

// TestTwoGroups: a machine in two groups is one, with the Pumas of both, and cannot be reached in two ways.
func TestTwoGroups(t *testing.T) {
	t.Parallel()
	one := 1
	of := func(a, b config.Group) config.Config {
		return config.Config{Environments: map[string]config.Environment{"p": {Groups: map[string]config.Group{"admin": a, "web": b}}}}
	}
	at := func(line int, h config.Host) []config.Host {
		h.At = config.Origin{File: "c.yml", Line: line}
		return []config.Host{h}
	}
	got, err := Hosts(of(
		config.Group{Hosts: at(3, config.Host{Host: "web1"}), Reach: config.Reach{App: "admin"}},
		config.Group{Hosts: at(5, config.Host{Host: "web1", Name: "w"}), Reach: config.Reach{App: "shop"}}), "p")
	if f := (Fleet{Hosts: got}); err != nil || line(f) != ": web1=w/admin/shop@admin@web" {
		t.Errorf("%s, %v", line(f), err)
	}
	for _, tc := range []struct {
		a, b config.Group
		want string
	}{
		{config.Group{Hosts: at(3, config.Host{Host: "web1"})}, config.Group{Hosts: at(5, config.Host{Host: "web[1-2]"}), Reach: config.Reach{Become: "x"}},
			"c.yml:5: web1 has another become in group web than in admin (c.yml:3)"},
		{config.Group{Hosts: at(3, config.Host{Host: "web1"})}, config.Group{Hosts: at(5, config.Host{Host: "web1", Reach: config.Reach{SSH: config.SSH{Port: 1}}})},
			"c.yml:5: web1 has another ssh.port in group web than in admin (c.yml:3)"},
		{config.Group{Hosts: at(3, config.Host{Host: "web1"}), Pace: config.Pace{Canary: &one}}, config.Group{Hosts: at(5, config.Host{Host: "web1"})},
			"c.yml:5: web1 has another canary in group web than in admin (c.yml:3)"},
		{config.Group{Hosts: at(3, config.Host{Host: "web1", Name: "a"})}, config.Group{Hosts: at(5, config.Host{Host: "web1", Name: "b"})},
			"c.yml:5: a has another name in group web than in admin (c.yml:3)"},
		{config.Group{Hosts: at(3, config.Host{Host: "web1", Name: "a"})}, config.Group{Hosts: at(5, config.Host{Host: "web2", Name: "a"})},
			`c.yml:5: the name "a" is another host's, too (c.yml:3)`},
		{config.Group{Hosts: at(3, config.Host{Host: "web[1-2]", Name: "a"})}, config.Group{}, `c.yml:3: the name "a" has not as many ranges as the hosts of its entry`},
		{config.Group{Hosts: at(3, config.Host{Host: "web1", Name: "a/b"})}, config.Group{}, `c.yml:3: the name "a/b" cannot be written as a TARGET`},
		{config.Group{Hosts: at(3, config.Host{Host: "@web"})}, config.Group{}, `c.yml:3: cannot read target "@web": column 1: a group cannot be part of another`},
		{config.Group{Hosts: at(3, config.Host{Host: "!web"})}, config.Group{}, `c.yml:3: cannot read target "!web": nothing stands before the !`},
		{config.Group{Hosts: at(3, config.Host{Host: "web[1-"})}, config.Group{}, `c.yml:3: cannot read target "web[1-": column 4: the bracket is not closed`},
		{config.Group{Hosts: at(3, config.Host{Host: "web[1-10001]"})}, config.Group{}, `c.yml:3: "web[1-10001]" stands for more than 10000 hosts`},
	} {
		_, err := Hosts(of(tc.a, tc.b), "p")
		var remedy interface{ Remedy() string }
		if err == nil || err.Error() != tc.want || !errors.As(err, &remedy) || remedy.Remedy() == "" {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

// TestOneNameForOneHost: capitals and a dot at the end lead around no environment.
func TestOneNameForOneHost(t *testing.T) {
	t.Parallel()
	h, err := Hosts(shop(), "production")
	if err != nil || len(h) == 0 {
		t.Fatal(h, err)
	}
	for _, name := range []string{strings.ToUpper(h[0].Name), h[0].Name + ".", "other@" + strings.ToUpper(bareHost(h[0].Address))} {
		f, err := Resolve(shop(), []string{name}, nil)
		if err != nil || f.Name != "production" {
			t.Errorf("%s is of %q: %v", name, f.Name, err)
		}
	}
}
