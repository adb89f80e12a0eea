package sshconfig_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// corpus are configurations for the evaluator. Each is judged here by hand, and by the real ssh in openssh_test.go.
type evaluated struct {
	name   string
	config string // @DIR is the directory it lies in
	query  sshconfig.Query
	want   map[string]string // values joined by |
	warns  string            // part of a warning; such a case is not asked of ssh
}

func corpus() []evaluated {
	return []evaluated{
		{name: "nothing", query: sshconfig.Query{Host: "web1"}, want: map[string]string{"hostname": "web1", "port": "22"}},
		{name: "plain", config: "Host web1\n  HostName 10.0.0.1\n  Port 2222\n  User deploy\n",
			query: sshconfig.Query{Host: "web1"},
			want:  map[string]string{"hostname": "10.0.0.1", "port": "2222", "user": "deploy"}},
		{name: "first value stands", config: "Host web1\nUser a\nHost *\nUser b\nPort 23\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"user": "a", "port": "23"}},
		{name: "before any block", config: "User a\nHost web1\nUser b\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"user": "a"}},
		{name: "the command line stands above", config: "User a\nPort 23\n",
			query: sshconfig.Query{Host: "web1", User: "z", Port: "24"}, want: map[string]string{"user": "z", "port": "24"}},
		{name: "patterns", config: "Host web? !web2\nPort 1\nHost w*b2\nPort 2\nHost *\nPort 3\n",
			query: sshconfig.Query{Host: "web2"}, want: map[string]string{"port": "2"}},
		{name: "a question mark is one character", config: "Host web?\nPort 1\n",
			query: sshconfig.Query{Host: "web"}, want: map[string]string{"port": "22"}},
		{name: "only negated", config: "Host !web2\nPort 1\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "22"}},
		{name: "spelling", config: "hOsT=web1\n\tPORT = 2222 # why\n  user\t\"dep loy\"\n#Port 1\n\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "2222", "user": "dep loy"}},
		{name: "keys accumulate", config: "Host web1\nIdentityFile ~/a\nHost *\nIdentityFile \"~/b c\"\nIdentityFile ~/a\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"identityfile": "~/a|~/b c"}},
		{name: "HostName by token", config: "HostName %h.example\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"hostname": "web1.example"}},
		{name: "times", config: "ConnectTimeout 1m30s\nServerAliveInterval 2h\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"connecttimeout": "90", "serveraliveinterval": "7200"}},
		{name: "match all", config: "Host web2\nPort 1\nMatch all\nPort 2\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "2"}},
		{name: "match host sees HostName", config: "Host web1\nHostName a.internal\nMatch host *.internal\nPort 2\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "2"}},
		{name: "match originalhost", config: "Host web1\nHostName a.internal\nMatch originalhost web*,!web2\nPort 2\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "2"}},
		{name: "match host and user", config: "Match host web1 user deploy\nPort 2\nMatch host prod user nobody\nPort 3\n",
			query: sshconfig.Query{Host: "web1", User: "deploy"}, want: map[string]string{"port": "2"}},
		{name: "every condition counts", config: "Match host web1 user root2\nPort 2\n",
			query: sshconfig.Query{Host: "web1", User: "deploy"}, want: map[string]string{"port": "22"}},
		{name: "negated condition", config: "Match !host web2 host *\nPort 2\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "2"}},
		{name: "match localuser", config: "Match localuser nobody-here\nPort 2\nMatch !localuser nobody-here\nPort 3\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "3"}},
		{name: "include", config: "Host web1\nInclude @DIR/more*.conf\nPort 9\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"user": "included", "port": "9"}},
		{name: "include where the block does not apply", config: "Host web2\nInclude @DIR/more.conf\nHost *\nPort 9\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "9"}},
		{name: "blocks end with their file", config: "Include @DIR/more.conf\nUser late\nPort 5\n",
			query: sshconfig.Query{Host: "web9"}, want: map[string]string{"user": "late", "port": "5"}},
		{name: "jump", config: "ProxyJump a,b\nProxyCommand nc %h %p\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"proxyjump": "a,b"}},
		{name: "command", config: "ProxyCommand sh -c \"nc '%h' %p\" # not a comment\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"proxycommand": "sh -c \"nc '%h' %p\" # not a comment"}},
		{name: "known hosts", config: "UserKnownHostsFile /a /b\nHostKeyAlias shop\nGlobalKnownHostsFile none\n",
			query: sshconfig.Query{Host: "web1"},
			want:  map[string]string{"userknownhostsfile": "/a|/b", "hostkeyalias": "shop", "globalknownhostsfile": "none"}},
		{name: "unknown condition", config: "Match version OpenSSH_10*\nPort 2\nMatch moonphase x host *\nPort 3\nHost *\nPort 4\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "4"},
			warns: "Match version is not known to pumatop; the block does not apply"},
		{name: "a condition it knows does not save a block", config: "Match host web1 moonphase full\nPort 2\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"port": "22"}, warns: "Match moonphase is not known"},
		{name: "changed lists", config: "Ciphers ^aes256-ctr\nMACs hmac-sha2-256\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"ciphers": "^aes256-ctr", "macs": "hmac-sha2-256"}},
		{name: "unknown keywords are kept", config: "TrustTheMoon yes\n",
			query: sshconfig.Query{Host: "web1"}, want: map[string]string{"trustthemoon": "yes"}},
		{name: "a token of all that makes a connection", config: "UserKnownHostsFile /k/%C\n", query: sshconfig.Query{Host: "web1"},
			want: map[string]string{}},
	}
}

// write lays down a case's files and returns its query.
func (c evaluated) write(t *testing.T) sshconfig.Query {
	t.Helper()
	dir := t.TempDir()
	q := c.query
	q.File = filepath.Join(dir, "config")
	for name, text := range map[string]string{
		"config":    strings.ReplaceAll(c.config, "@DIR", dir),
		"more.conf": "Host web1\nUser included\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	for _, c := range corpus() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, warnings, err := sshconfig.Evaluate(t.Context(), c.write(t))
			if err != nil {
				t.Fatal(err)
			}
			for keyword, want := range c.want {
				if value := strings.Join(got[keyword], "|"); value != want {
					t.Errorf("%s is %q, want %q", keyword, value, want)
				}
			}
			if all := strings.Join(warnings, "\n"); !strings.Contains(all, c.warns) || (all == "") != (c.warns == "") {
				t.Errorf("warns %q, want %q", all, c.warns)
			}
		})
	}
}

func TestEvaluateDefaults(t *testing.T) {
	t.Parallel()
	got, _, err := sshconfig.Evaluate(t.Context(), sshconfig.Query{Host: "web1", File: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(got.All("identityfile"), "~/.ssh/id_ed25519") || got.Get("stricthostkeychecking") != "ask" ||
		!strings.HasSuffix(got.Get("userknownhostsfile"), "/.ssh/known_hosts") || got.Get("user") == "" {
		t.Errorf("got %v", got)
	}
}

func TestEvaluateFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, want string }{
		"open quote":                 {"Host \"web1\n", "config: line 1: a quote is not closed"},
		"no value":                   {"# x\nPort\n", "config: line 2: Port has no value"},
		"bad value in another block": {"Host web2\nPort x\n", "config: line 2: port: \"x\" is none"},
		"circle":                     {"Include @DIR/config\n", "more than 16 files include each other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := evaluated{config: c.config, query: sshconfig.Query{Host: "web1"}}.write(t)
			_, _, err := sshconfig.Evaluate(t.Context(), q)
			var refused *sshconfig.Error
			if !errors.As(err, &refused) || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	_, _, err := sshconfig.Evaluate(t.Context(), sshconfig.Query{Host: "web1", File: "/nonexistent/config"})
	if !strings.Contains(err.Error(), "/nonexistent/config: no such file") {
		t.Errorf("got %v", err)
	}
}

func FuzzEvaluate(f *testing.F) {
	for _, c := range corpus() {
		f.Add([]byte(c.config))
	}
	f.Add([]byte("Host \"\nMatch\nMatch host\nMatch !\nPort =\nCiphers \"\"\nInclude [\nConnectTimeout 99999999999999999999w"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, word := range []string{"include", "match", "canonical"} {
			if strings.Contains(strings.ToLower(string(text)), word) {
				return // reads other files, runs commands, asks the network
			}
		}
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, _, err := sshconfig.Evaluate(t.Context(), sshconfig.Query{Host: "web1", File: path})
		if err == nil && (c.Get("hostname") == "" || c.Get("port") == "") {
			t.Errorf("got %v", c)
		}
	})
}
