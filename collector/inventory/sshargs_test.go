package inventory

import (
	"fmt"
	"reflect"
	"testing"

	"pumatop/collector/config"
)

func TestSSHArguments(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-o User=a -l b -p 22 -o Port=23":                                 "{a 22 [] j map[]} []",
		"-i k1 -o IdentityFile=k2 -oServerAliveInterval=5":                "{ 0 [k1 k2] j map[ServerAliveInterval:5]} []",
		"-J x@y:22,z -o ProxyJump=w":                                      "{ 0 [] x@y:22,z map[]} []",
		`-o ProxyCommand="ssh -W %h:%p -q me@gate -p 2222"`:               "{ 0 [] me@gate:2222 map[]} []",
		`-o ProxyCommand="ssh -q gate -l me -W %h:%p"`:                    "{ 0 [] me@gate map[]} []",
		`-o ProxyCommand="ssh -F x -W %h:%p gate"`:                        "{ 0 [] j map[ProxyCommand:ssh -F x -W %h:%p gate]} []",
		`-o ProxyCommand="ssh gate nc %h %p"`:                             "{ 0 [] j map[ProxyCommand:ssh gate nc %h %p]} []",
		`-o ProxyCommand="ssh -W %h:%p gate;id"`:                          "{ 0 [] j map[ProxyCommand:ssh -W %h:%p gate;id]} []",
		"-o ControlMaster=auto -o ControlPersist=60s -A -C -4":            "{ 0 [] j map[AddressFamily:inet]} []",
		"-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null":     "{ 0 [] j map[]} [-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null]",
		"-F /dev/null -o Port=x -o User=a;b -o Bad-Key=1 word -o Nothing": "{ 0 [] j map[]} [-F /dev/null -o Port=x -o User=a;b -o Bad-Key=1 word -o Nothing]",
	} {
		words, ok := words(args)
		var to config.SSH
		unknown := sshArguments(words, &to)
		jump := to.ProxyJump
		if jump == "" {
			jump = "j"
		}
		got := fmt.Sprintf("{%s %d %v %s %v} %v", to.User, to.Port, to.Identity, jump, to.Options, unknown)
		if !ok || got != want {
			t.Errorf("%s:\n%s\nwant\n%s", args, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                           nil,
		"a  b\tc":                    {"a", "b", "c"},
		`a="b c" 'd "e"'`:            {"a=b c", `d "e"`},
		`a\ b "c\"d\\e\f"`:           {"a b", `c"d\e\f`},
		"a # b":                      {"a"},
		"a#b":                        {"a#b"},
		`web ansible_x='-o "P q"' #`: {"web", `ansible_x=-o "P q"`},
	} {
		if got, ok := words(line); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	for _, line := range []string{"'a", `"a\"`, "x y='"} {
		if got, ok := words(line); ok {
			t.Errorf("%s: %q", line, got)
		}
	}
}
