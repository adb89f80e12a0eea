package config

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// words are the lists of these tests; those of the program belong to other packages.
func words() map[string][]string {
	return map[string][]string{
		"columns": {"target", "state", "busy", "host"}, "themes": {"auto", "dark", "light"}, "colors": {"good", "bad", "selection"}, "keys": {"reload", "restart", "quit"},
	}
}

// decodeText is one file by itself.
func decodeText(text string) (Config, Errors) {
	v, problems := parse(source{Project, "/home/ann/shop/.pumatop.yml", ".pumatop.yml"}, []byte(text))
	if problems != nil {
		return Config{}, problems
	}
	d := decoder{lists: words(), home: "/home/ann"}
	c := d.config(v)
	return c, d.problems
}

// TestSmall is the configuration that a reader is to guess.
func TestSmall(t *testing.T) {
	t.Parallel()
	c, problems := decodeText(`
environments:
  production:
    protected: true
    groups:
      web: { hosts: ["web[01-12].example.com"], app: shop }
`)
	at := Origin{Project, "/home/ann/shop/.pumatop.yml", ".pumatop.yml", 6, 22}
	want := Config{Environments: map[string]Environment{"production": {Protected: true, Groups: map[string]Group{
		"web": {Hosts: []Host{{Host: "web[01-12].example.com", At: at}}, Reach: Reach{App: "shop"}},
	}}}}
	if problems != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("%+v, %v\nwant %+v", c, problems, want)
	}
}

// TestForms shows the forms that values may have.
func TestForms(t *testing.T) {
	t.Parallel()
	c, problems := decodeText(`
x-web: &web { app: shop, via: signal, batch: 2 }
interval: 1m
color: 256
mouse: false
colors: { good: '#0Af', bad: 208, selection: bright-black }
ssh: { port: 0x16, identity: [key, ~/key, /key, "%d/key"], options: { ServerAliveInterval: 5, StrictHostKeyChecking: no } }
token: { file: ~/token }
thresholds: { memory: { warning: 1.5e3 }, backlog: }
<<: [*web, { batch: 25%, canary: 1 }]
via: systemd
`)
	if problems != nil {
		t.Fatal(problems)
	}
	warning, mouse, canary := 1500.0, false, 1
	want := Config{
		Interval: time.Minute, Color: "256", Looks: Looks{Colors: map[string]string{"good": "#0Af", "bad": "208", "selection": "bright-black"}}, Mouse: &mouse, Pace: Pace{Batch: "2", Canary: &canary},
		Thresholds: Thresholds{Memory: Limits{Warning: &warning}},
		Reach: Reach{App: "shop", Via: "systemd", Token: Token{File: "/home/ann/token"}, SSH: SSH{
			Port: 22, Identity: []string{"/home/ann/shop/key", "/home/ann/key", "/key", "%d/key"},
			Options: map[string]string{"ServerAliveInterval": "5", "StrictHostKeyChecking": "no"}}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v\nwant %+v", c, want)
	}
}

// broken are configurations with all that is said of each. Only what the schema cannot know has schemaTakesIt.
var broken = []struct {
	name, text    string
	want          string
	schemaTakesIt bool
}{
	{"a slip", "protcted: true", `.pumatop.yml:1: unknown key "protcted" · did you mean protected?`, false},
	{"a slip below", "environments:\n  production:\n    gruops: {}", `.pumatop.yml:3: unknown key "gruops" · did you mean groups?`, false},
	{"turned around", "raed_only: true", `.pumatop.yml:1: unknown key "raed_only" · did you mean read_only?`, false},
	{"like nothing", "kubernetes: true", `.pumatop.yml:1: unknown key "kubernetes"`, false},
	{"misplaced", "hosts: [a]", `.pumatop.yml:1: "hosts" does not stand here · it belongs to a group`, false},
	{"misplaced below", "environments: {a: {theme: dark}}", `.pumatop.yml:1: "theme" does not stand here · it belongs to the top of the file`, false},
	{"twice", "app: a\nvia: signal\napp: b", `.pumatop.yml:3: "app" is there twice, first in line 1`, true},
	{"yes", "protected: yes", `.pumatop.yml:1: protected has to be true or false, not "yes"`, false},
	{"a number for a truth", "read_only: 1", `.pumatop.yml:1: read_only has to be true or false, not "1"`, false},
	{"a truth for a text", "app: true", `.pumatop.yml:1: app has to be a text, not true: write it in quotes`, false},
	{"a number for a text", "unit: 12", `.pumatop.yml:1: unit has to be a text, not 12: write it in quotes`, false},
	{"a text for a list", "columns: state", `.pumatop.yml:1: columns has to be a list, as [a, b], not "state"`, false},
	{"a command line", "command: docker exec -i web sh", `.pumatop.yml:1: command has to be a list, as [a, b], not "docker exec -i web sh"`, false},
	{"a text for a mapping", "ssh: deploy", `.pumatop.yml:1: ssh has to be a mapping, not "deploy"`, false},
	{"a list for a mapping", "environments:\n  - production", `.pumatop.yml:2: environments has to be a mapping, not a list`, false},
	{"a mapping for a list", "environments: {a: {groups: {web: {hosts: {a: b}}}}}", `.pumatop.yml:1: hosts has to be a list, as [a, b], not a mapping`, false},
	{"a list for a text", "app: [a]", `.pumatop.yml:1: app has to be a text, not a list`, false},
	{"a list among the hosts", "environments: {a: {groups: {web: {hosts: [[a]]}}}}", `.pumatop.yml:1: hosts has to be a list of texts or mappings, and one of them is a list`, false},
	{"a list for the file", "- a", `.pumatop.yml:1: the configuration has to be a mapping, not a list`, false},
	{"a text for the file", "production", `.pumatop.yml:1: the configuration has to be a mapping, not "production"`, false},
	{"nothing", "theme:", `.pumatop.yml:1: theme is empty: give it a value, or leave it out`, false},
	{"a tag", "filter: !canary", `.pumatop.yml:1: filter begins with a ! for YAML: write it in quotes`, true},
	{"no unit of time", "interval: 5", `.pumatop.yml:1: interval has to be a duration, as 2s or 1m30s, not "5"`, false},
	{"too often", "interval: 10ms", `.pumatop.yml:1: interval has to be 250ms to 1m, not 10ms`, true},
	{"too seldom", "environments: {a: {interval: 2h}}", `.pumatop.yml:1: interval has to be 250ms to 1m, not 2h`, true},
	{"longer than time", "pause: 99999999h", `.pumatop.yml:1: pause has to be a duration, as 2s or 1m30s, not "99999999h"`, true},
	{"a pause back in time", "pause: -1s", `.pumatop.yml:1: pause has to be 0s to 24h, not -1s`, false},
	{"a port by its name", "ssh: {port: ssh}", `.pumatop.yml:1: port has to be a number, not "ssh"`, false},
	{"no port", "ssh: {port: 70000}", `.pumatop.yml:1: port has to be 1 to 65535, not 70000`, false},
	{"half a target", "canary: 1.5", `.pumatop.yml:1: canary has to be a number, not "1.5"`, false},
	{"fewer than none", "canary: -1", `.pumatop.yml:1: canary has to be 0 or more, not -1`, false},
	{"more than all", "batch: 101%", `.pumatop.yml:1: batch has to be a number or a share, as 2 or 25%, not "101%"`, false},
	{"none at a time", "max_unavailable: 0", `.pumatop.yml:1: max_unavailable has to be a number or a share, as 2 or 25%, not "0"`, false},
	{"no number", "thresholds: {memory: {warning: .nan}}", `.pumatop.yml:1: warning has to be 0 or more, not .nan`, false},
	{"no end", "thresholds: {memory: {critical: .inf}}", `.pumatop.yml:1: critical has to be 0 or more, not .inf`, false},
	{"the wrong way around", "thresholds: {backlog: {warning: 9, critical: 3}}", `.pumatop.yml:1: the warning of backlog lies above its critical: 9 is reached after 3`, true},
	{"a slip in a word", "via: sistemd", `.pumatop.yml:1: via has to be control, systemd or signal, not "sistemd" · did you mean systemd?`, false},
	{"another word", "transport: carrier-pigeon", `.pumatop.yml:1: transport has to be auto, native or openssh, not "carrier-pigeon"`, false},
	{"no column", "columns: [target, buzy]", `.pumatop.yml:1: there is no column "buzy" · did you mean busy?`, false},
	{"no column to sort by", "sort: -sate", `.pumatop.yml:1: there is no column "sate" · did you mean state?`, false},
	{"no theme", "theme: solarized", `.pumatop.yml:1: there is no theme "solarized"`, false},
	{"no token", "colors: {goood: red}", `.pumatop.yml:1: there is no color "goood" · did you mean good?`, false},
	{"no colour", "colors:\n  good: greenish", `.pumatop.yml:2: good has to be a colour, as '#3a9afc', 208 or bright-red, not "greenish"`, false},
	{"half a colour", "colors: {good: '#12345'}", `.pumatop.yml:1: good has to be a colour, as '#3a9afc', 208 or bright-red, not "#12345"`, false},
	{"too high a colour", "colors: {good: 256}", `.pumatop.yml:1: good has to be a colour, as '#3a9afc', 208 or bright-red, not "256"`, false},
	{"a colour for a comment", "colors:\n  good: #3a9afc", `.pumatop.yml:2: good is empty: a # begins a comment, so a colour stands in quotes, as '#3a9afc'`, false},
	{"a colour for colours", "colors: red", `.pumatop.yml:1: colors has to be a mapping, not "red"`, false},
	{"another motion", "motion: none", `.pumatop.yml:1: motion has to be full or reduced, not "none"`, false},
	{"no key", "keys: {relaod: x}", `.pumatop.yml:1: there is no key "relaod" · did you mean reload?`, false},
	{"no environment", "environments: {eu west: {}}", `.pumatop.yml:1: "eu west" cannot be a name of environments: use letters, digits, dots, - and _`, false},
	{"no group", "environments: {a: {groups: {'@web': {}}}}", `.pumatop.yml:1: "@web" cannot be a name of groups: use letters, digits, dots, - and _`, false},
	{"no host", "environments: {a: {groups: {web: {hosts: [{name: a}]}}}}", `.pumatop.yml:1: an entry of hosts has no host`, false},
	{"an option for a host", "environments: {a: {groups: {web: {hosts: [-oProxyCommand=id]}}}}", `.pumatop.yml:1: host cannot be "-oProxyCommand=id": that is no host`, false},
	{"a command for a host", "environments: {a: {groups: {web: {hosts: [web1, $(id)]}}}}", `.pumatop.yml:1: host cannot be "$(id)": that is no host`, false},
	{"another one", "environments: {a: {groups: {web: {hosts: [{host: 'web1;id'}]}}}}", `.pumatop.yml:1: host cannot be "web1;id": that is no host`, false},
	{"no text for a host", "environments: {a: {groups: {web: {hosts: ['']}}}}", `.pumatop.yml:1: host cannot be "": that is no host`, false},
	{"an option for a user", "ssh: {user: -oProxyCommand=id}", `.pumatop.yml:1: user cannot be "-oProxyCommand=id": there is something in it that a shell could act on`, false},
	{"a command for a user", "become: $(id)", `.pumatop.yml:1: become cannot be "$(id)": there is something in it that a shell could act on`, false},
	{"a command for a unit", "unit: puma; reboot", `.pumatop.yml:1: unit cannot be "puma; reboot": there is something in it that a shell could act on`, false},
	{"a command on the way", "ssh: {proxy_jump: 'a`id`'}", ".pumatop.yml:1: proxy_jump cannot be \"a`id`\": there is something in it that a shell could act on", false},
	{"two options in one", "ssh: {options: {'Port=1 -o ProxyCommand': id}}", `.pumatop.yml:1: "Port=1 -o ProxyCommand" is no keyword of ssh_config`, false},
	{"no control app", "socket: /run/puma.sock", `.pumatop.yml:1: socket has to be unix:///path, tcp://127.0.0.1:PORT or ssl://127.0.0.1:PORT, not "/run/puma.sock"`, false},
	{"a path from nowhere", "state: tmp/puma.state", `.pumatop.yml:1: state has to be a path from the root, /srv/…, not "tmp/puma.state"`, false},
	{"two tokens", "token: {env: A, file: b}", `.pumatop.yml:1: token has 2 sources: leave one of env, file and command`, true},
	{"an escape", `app: "\e[2Jshop"`, `.pumatop.yml:1: "shop" has line breaks or characters that a terminal would act on`, true},
	{"an escape for a key", `"\e]0;x\a": 1`, `.pumatop.yml:1: the key "" has line breaks or characters that a terminal would act on`, false},
	{"two lines", "environment: |\n  a\n  b", `.pumatop.yml:1: "a b" has line breaks or characters that a terminal would act on`, true},
	{"turned text", "app: \"sh\u202eop\"", `.pumatop.yml:1: "shop" has line breaks or characters that a terminal would act on`, true},
	{"a tab", "app:\n\tname: x", `.pumatop.yml:2: this is no YAML: found character that cannot start any token`, true},
	{"an open bracket", "columns: [a, b", `.pumatop.yml:1: this is no YAML: did not find expected ',' or ']'`, true},
	{"no text", "app: \xff\xfe", `.pumatop.yml: this is no YAML: invalid leading UTF-8 octet`, true},
	{"two documents", "app: a\n---\napp: b", `.pumatop.yml:2: a second document begins here: a configuration is one`, true},
	{"no anchor", "app: *shop", `.pumatop.yml: this is no YAML: unknown anchor 'shop' referenced`, true},
	{"itself", "x-a: &a {b: *a}", `.pumatop.yml:1: *a stands within itself`, true},
	{"a merge of a text", "<<: shop", `.pumatop.yml:1: << takes a mapping, or a list of them`, true},
	{"a list for a key", "[a]: b", `.pumatop.yml:1: a key has to be a word`, true},
	{"several", "protcted: true\ninterval: 5\nvia: x", `.pumatop.yml:1: unknown key "protcted" · did you mean protected?
.pumatop.yml:2: interval has to be a duration, as 2s or 1m30s, not "5"
.pumatop.yml:3: via has to be control, systemd or signal, not "x"`, false},
}

// TestBroken: everything that is wrong with a file is said, with its line and what was probably meant.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, tc := range broken {
		if _, problems := decodeText(tc.text); problems.Error() != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, problems.Error(), tc.want)
		}
	}
}

// TestBounds: what is too large, too deep or writes itself out too often ends early, and a screenful of errors is enough.
func TestBounds(t *testing.T) {
	t.Parallel()
	laughs := "x-0: &a0 [ha, ha]\n"
	for i := range 40 {
		n, m := string(rune('a'+i%26))+string(rune('a'+i/26)), "0"
		if i > 0 {
			m = string(rune('a'+(i-1)%26)) + string(rune('a'+(i-1)/26))
		}
		laughs += "x-" + n + ": &a" + n + " [*a" + m + ", *a" + m + "]\n"
	}
	for _, tc := range []struct{ name, text, want string }{
		{"a billion laughs", laughs, "more than 100000 values: this is no configuration"},
		{"a thousand brackets", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "more than 32 levels deep: this is no configuration"},
		{"a million brackets", strings.Repeat("[", 1<<20), "exceeded max depth"},
		{"two megabytes", "app: " + strings.Repeat("x", 2<<20), "larger than 1 MB"},
		{"a thousand errors", strings.Repeat("? [a]\n", 1000), "and 980 more"},
	} {
		_, problems := decodeText(tc.text)
		if text := problems.Error(); !strings.Contains(text, tc.want) || len(text) > 4000 {
			t.Errorf("%s: %.300s, want %s", tc.name, text, tc.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"protcted", "protected"}, {"Hosts", "hosts"}, {"host", "hosts"}, {"readonly", "read_only"}, {"colour", "color"},
		{"x", ""}, {"kubernetes", ""}, {"", ""}, {strings.Repeat("hosts", 20), ""},
	} {
		if got := Nearest(tc.text, []string{"protected", "hosts", "read_only", "color"}); got != tc.want {
			t.Errorf("%q is near %q, want %q", tc.text, got, tc.want)
		}
	}
}

// FuzzDecode: no bytes make it panic, run away, or say something that a terminal would act on.
func FuzzDecode(f *testing.F) {
	for _, tc := range broken {
		f.Add(tc.text)
	}
	f.Add(Example())
	f.Fuzz(func(t *testing.T, text string) {
		c, problems := decodeText(text)
		if strings.ContainsAny(problems.Error(), "\x1b\r\x07\u202e") {
			t.Errorf("%q is said of %q", problems.Error(), text)
		}
		if problems == nil && c.Interval < 0 {
			t.Errorf("%q has an interval of %s", text, c.Interval)
		}
	})
}
