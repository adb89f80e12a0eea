package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pumatop/actions"
	"pumatop/collector/puma"
)

// TestFurnish: what each setting of a host comes to. What flags say counts before it.
func TestFurnish(t *testing.T) {
	t.Parallel()
	f, _ := withFile(t, `
become: puma
environments:
  shop:
    transport: native
    ssh: { options: { ServerAliveInterval: 5 } }
    groups:
      web:
        hosts: [root@web1, { host: "web2:2222", unit: front }]
        ssh: { user: deploy, port: 22022, identity: ["/keys/a b"], proxy_jump: bastion }
        via: systemd
        batch: 25%
      box: { hosts: [box], command: [docker, exec, -i, "{host}", sh], app: shop, socket: "tcp://127.0.0.1:9293", token: { env: TOKEN } }
      any: { hosts: [any], token: { file: /token }, become: root }
`)
	f.reach.become = []string{"any=admin"}
	hosts, err := f.again(nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]wanted{}
	for _, w := range hosts {
		got[w.name] = w
	}
	for _, tt := range []struct{ name, is, want string }{
		{"the login of a name counts", fmt.Sprintf("%q", got["web1"].options.Set),
			`["Port=22022" "IdentityFile=\"/keys/a b\"" "ProxyJump=bastion" "ServerAliveInterval=5"]`},
		{"its port, too", fmt.Sprintf("%q", got["web2:2222"].options.Set),
			`["User=deploy" "IdentityFile=\"/keys/a b\"" "ProxyJump=bastion" "ServerAliveInterval=5"]`},
		{"transport", string(got["web1"].options.Transport), "native"},
		{"unit", fmt.Sprint(got["web1"].units, got["web2:2222"].units), "[] [front]"},
		{"become", got["web1"].options.Become + " " + got["any"].options.Become, "puma admin"},
		{"command", fmt.Sprintf("%q", got["box"].options.Command), `["docker" "exec" "-i" "box" "sh"]`},
		{"apps", fmt.Sprint(got["box"].apps, got["box"].all, got["web1"].all), "[shop] false true"},
		{"groups", fmt.Sprint(got["web1"].from.Groups, got["box"].from.Groups), "[web] [box]"},
		{"control", fmt.Sprintf("%s %s %v %v", got["box"].controls[0].App, got["box"].controls[0].Address, got["box"].controls[0].Fallback, got["box"].controls[0].From != nil),
			"shop tcp://127.0.0.1:9293 false true"},
		{"token alone", fmt.Sprint(len(got["any"].controls), got["any"].controls[0].Address.IsZero(), got["any"].controls[0].From != nil), "1 true true"},
	} {
		if tt.is != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.is, tt.want)
		}
	}
	m := f.manners(hosts)["web1"]
	if m.Via != actions.ViaSystemd || m.Pace.Batch != (actions.Size{Percent: 25}) || !strings.HasSuffix(m.From.Via, ":11") || !strings.HasSuffix(m.From.Batch, ":12") {
		t.Errorf("%+v", m)
	}
}

// TestTokenSources: a token from each of its places, and what is said where there is none. None of it is ever shown.
func TestTokenSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	sh := func(line string) string { return `command: [sh, -c, "` + line + `"]` }
	for _, tt := range []struct{ name, source, token, note, err string }{
		{"env", "env: TOKEN", "s3cret", "", ""},
		{"env that is not set", "env: NO_TOKEN", "", "", "the variable NO_TOKEN is not set"},
		{"file", "file: " + file("own", " s3cret \nmore\n", 0o600), "s3cret", "", ""},
		{"open file", "file: " + file("open", "s3cret", 0o644), "s3cret", "is open to others (0644): chmod 600 it", ""},
		{"empty file", "file: " + file("empty", "\ns3cret\n", 0o600), "", "", "there is no token in "},
		{"no file", "file: " + dir + "/none", "", "", "no such file or directory"},
		{"directory", "file: " + dir, "", "", "is no regular file"},
		{"pipe", "file: " + pipe, "", "", "is no regular file"},
		{"device", "file: /dev/zero", "", "", "is no regular file"},
		{"command", sh("echo s3cret; echo more"), "s3cret", "", ""},
		{"command without output", sh("echo locked >&2"), "", "", "sh printed no token: locked"},
		{"command that fails", sh("echo s3cret; echo not s3cret, $(tty 2>&1) >&2; exit 3"), "", "", "sh: exit status 3: not …, not a tty"},
		{"no command", "command: [/nonexistent/vault]", "", "", "/nonexistent/vault: "},
		{"too much", sh("yes s3cret | head -c 100000"), "", "", "sh printed no token"},
	} {
		f, _ := withFile(t, "environments: { shop: { groups: { web: { hosts: [web1], token: { "+tt.source+" } } } } }\n")
		hosts, err := f.again(nil)
		if err != nil {
			t.Fatal(err)
		}
		getenv := func(name string) string { return map[string]string{"TOKEN": "s3cret"}[name] }
		token, note, err := f.tokens.source(hosts[0].from.Reach.Token, getenv)(t.Context(), puma.Token{})
		text := fmt.Sprint(err)
		if err == nil {
			text = ""
		}
		if token != puma.NewToken(tt.token) || !strings.HasSuffix(note, tt.note) || (note == "") != (tt.note == "") || !strings.Contains(text, tt.err) || (text == "") != (tt.err == "") {
			t.Errorf("%s: set %v, note %q, error %q", tt.name, token.IsSet(), note, text)
		}
		if strings.Contains(note+text, "s3cret") {
			t.Errorf("%s: the token is shown", tt.name)
		}
	}
}

// A token's file that belongs to somebody else is read, and said: whoever that is can put another token there.
func TestTokenFileOfAnother(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode  os.FileMode
		owner int
		want  string
	}{
		{0o600, os.Getuid(), ""},
		{0o600, 0, ""},
		{0o640, os.Getuid(), "the token in f is open to others (0640): chmod 600 it"},
		{0o600, 4711, "the token in f is user 4711's to change"},
	} {
		if got := tokenFileNote("f", tt.mode, tt.owner); got != tt.want {
			t.Errorf("%04o of %d: %q, want %q", tt.mode, tt.owner, got, tt.want)
		}
	}
}

// A command that does not end is ended with what it has started, and its output is no token.
func TestTokenCommandLimit(t *testing.T) {
	t.Parallel()
	pid := filepath.Join(t.TempDir(), "pid")
	k := &tokens{limit: 200 * time.Millisecond}
	token, err := k.ofCommand(t.Context(), []string{"sh", "-c", "echo s3cret; sleep 1000 & echo $! >" + pid + "; wait"}, puma.Token{})
	if err == nil || token.IsSet() || !strings.HasPrefix(err.Error(), "sh did not end within 200ms") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("set %v, %v", token.IsSet(), err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for range 500 { // until init, or whoever stands in for it, has taken it
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("what the command has started goes on")
}

// A command runs once for all that have it, and once more for each token that was refused.
func TestTokenCommandRunsOnce(t *testing.T) {
	t.Parallel()
	count := filepath.Join(t.TempDir(), "count")
	k := &tokens{}
	argv := []string{"sh", "-c", "echo x >>" + count + "; wc -l <" + count}
	var last puma.Token
	for _, step := range []struct {
		refused puma.Token
		want    string
	}{{puma.Token{}, "1"}, {puma.Token{}, "1"}, {puma.NewToken("1"), "2"}, {puma.NewToken("1"), "2"}, {puma.NewToken("2"), "3"}} {
		token, err := k.ofCommand(t.Context(), argv, step.refused)
		if err != nil || token != puma.NewToken(step.want) {
			t.Errorf("not the token of run %s: %v", step.want, err)
		}
		last = token
	}
	if !last.IsSet() {
		t.Error("no token")
	}
}
