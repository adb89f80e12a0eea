package config

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHostile is what a file in a stranger's clone can try, and what counts of it before it is trusted.
func TestHostile(t *testing.T) {
	t.Parallel()
	const web = "environments: {a: {groups: {web: {hosts: [h], "
	for _, tc := range []struct {
		name, text string
		withheld   string // the key; empty is what counts
		level      string // whose hosts are not reached: top, a, web or h
	}{
		{"a command for a host", web + "command: [sh, -c, evil]}}}}", "environments.a.groups.web.command", "web"},
		{"a command for every host", "command: [sh]", "command", "top"},
		{"a command for one entry", "environments: {a: {groups: {web: {hosts: [{host: h, command: [sh]}]}}}}", "environments.a.groups.web.hosts[0].command", "h"},
		{"a command by an anchor", "x-e: &e {command: [sh]}\nenvironments: {a: {<<: *e}}", "environments.a.command", "a"},
		{"a command that prints a token", "environments: {a: {token: {command: [sh]}}}", "environments.a.token.command", "a"},
		{"a file of yours, sent to a host of theirs", "token: {file: ~/.ssh/id_ed25519}", "token.file", "top"},
		{"a variable of yours", "token: {env: AWS_SECRET_ACCESS_KEY}", "token.env", "top"},
		{"an ssh configuration of theirs", "ssh_config: ./ssh_config", "ssh_config", "top"},
		{"the token, sent elsewhere", web + "socket: 'tcp://evil.example.com:80'}}}}", "environments.a.groups.web.socket", "web"},
		{"the same, in disguise", "socket: 'tcp://127.0.0.1:80@evil.example.com'", "socket", "top"},
		{"and another one", "socket: 'tcp://127.0.0.1.evil.example.com:80'", "socket", "top"},
		{"a proxy command", "ssh: {options: {ProxyCommand: evil}}", "ssh.options.ProxyCommand", "top"},
		{"in other letters", "ssh: {options: {pROXYcOMMAND: evil}}", "ssh.options.pROXYcOMMAND", "top"},
		{"one for host keys", "ssh: {options: {KnownHostsCommand: evil}}", "ssh.options.KnownHostsCommand", "top"},
		{"one for here", "ssh: {options: {LocalCommand: evil}}", "ssh.options.LocalCommand", "top"},
		{"one by Match", "ssh: {options: {Match: exec evil}}", "ssh.options.Match", "top"},
		{"one by Include", "ssh: {options: {Include: /tmp/evil}}", "ssh.options.Include", "top"},
		{"a library", "ssh: {options: {PKCS11Provider: /tmp/evil.so}}", "ssh.options.PKCS11Provider", "top"},
		{"no check of host keys", "ssh: {options: {StrictHostKeyChecking: no}}", "ssh.options.StrictHostKeyChecking", "top"},
		{"other host keys", "ssh: {options: {UserKnownHostsFile: ./known_hosts}}", "ssh.options.UserKnownHostsFile", "top"},
		{"another host under this name", "ssh: {options: {HostName: evil.example.com}}", "ssh.options.HostName", "top"},
		{"another host's key under this name", "ssh: {options: {HostKeyAlias: evil}}", "ssh.options.HostKeyAlias", "top"},
		{"your agent", "ssh: {options: {ForwardAgent: yes}}", "ssh.options.ForwardAgent", "top"},
		{"variables of yours", "ssh: {options: {SendEnv: '*'}}", "ssh.options.SendEnv", "top"},
		{"a weaker cipher", "ssh: {options: {Ciphers: 3des-cbc}}", "ssh.options.Ciphers", "top"},
		{"a command as a user's name", "ssh: {options: {User: '$(evil)'}}", "ssh.options.User", "top"},
		{"a secret as a user's name", "ssh: {options: {user: '${AWS_SECRET_ACCESS_KEY}'}}", "ssh.options.user", "top"},
		{"a user by name", "ssh: {options: {User: 'deploy', ipqos: 'lowdelay throughput'}}", "", ""},
		{"what does no harm", "ssh: {options: {ServerAliveInterval: 5, connecttimeout: 3}, user: deploy, port: 2222, proxy_jump: jump, identity: [k]}", "", ""},
		{"a control app on the host itself", "socket: 'tcp://127.0.0.1:9293'", "", ""},
		{"a socket on the host", "socket: 'unix:///run/puma.sock'\nbecome: shop\nunit: shop.service\nvia: signal", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.file("home/shop/.pumatop.yml", tc.text)
			l := p.load()
			var keys []string
			for _, w := range l.Withheld {
				keys = append(keys, w.Key)
			}
			if got := strings.Join(keys, " "); got != tc.withheld {
				t.Errorf("withheld is %q, want %q", got, tc.withheld)
			}
			if got := untrustedLevels(l.Config); got != tc.level {
				t.Errorf("not trusted is %q, want %q", got, tc.level)
			}
			if tc.withheld == "" {
				return
			}
			if _, _, counts := l.Text(strings.Split(tc.withheld, ".")...); counts {
				t.Error("it counts all the same")
			}
			trustIt(t, p)
			if l := p.load(); len(l.Withheld) > 0 || untrustedLevels(l.Config) != "" {
				t.Errorf("trusted, and withheld is %v", l.Withheld)
			}
		})
	}
}

// trustIt does as pumatop config trust.
func trustIt(t *testing.T, p place) {
	t.Helper()
	file, ok := p.load().Project()
	if !ok {
		t.Fatal("there is no project's file")
	}
	if err := Trust(p.options(), file); err != nil {
		t.Fatal(err)
	}
}

// untrustedLevels names the levels that are not trusted.
func untrustedLevels(c Config) string {
	var out []string
	add := func(name string, r Reach) {
		if r.NeedsTrust() != nil {
			out = append(out, name)
		}
	}
	add("top", c.Reach)
	for name, e := range c.Environments {
		add(name, e.Reach)
		for name, g := range e.Groups {
			add(name, g.Reach)
			for _, h := range g.Hosts {
				add(h.Host, h.Reach)
			}
		}
	}
	return strings.Join(out, " ")
}

// TestBorrowedToken: a token of the operator's configuration does not go where a project's file says, until it is trusted.
func TestBorrowedToken(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.file("home/.config/pumatop/config.yml", "environments: {a: {token: {env: TOKEN}, groups: {web: {hosts: [mine]}}}}")
	p.file("home/shop/.pumatop.yml", "environments: {a: {protected: true, groups: {web: {hosts: [theirs]}, jobs: {app: jobs}}}}")
	l := p.load()
	if got := untrustedLevels(l.Config); got != "web" {
		t.Errorf("not trusted is %q, want web", got)
	}
	err := l.Config.Environments["a"].Groups["web"].NeedsTrust()
	if want := "not trusted: environments.a.groups.web.hosts (~/shop/.pumatop.yml:1)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	lent := newPlace(t)
	lent.file("home/shop/.pumatop.yml", "environments: {a: {groups: {web: {hosts: [theirs]}}}}")
	o := lent.options()
	o.Token = "PUMATOP_CONTROL_TOKEN"
	if l, err := Load(o); err != nil || untrustedLevels(l.Config) != "web" {
		t.Errorf("a token of the environment goes to %+v, %v", l.Config, err)
	}
	trustIt(t, p)
	if l := p.load(); untrustedLevels(l.Config) != "" || l.Config.Environments["a"].Groups["web"].Hosts[0].Host != "theirs" {
		t.Errorf("trusted, and it is %+v", l.Config)
	}
}

// TestTrust: trust is of one path with one content, kept for nobody else to read, and can be taken back.
func TestTrust(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	const text = "command: [sh]\n"
	p.file("home/shop/.pumatop.yml", text)
	trustIt(t, p)
	info, err := os.Stat(p.path("home/.local/state/pumatop/trusted.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	trusted := func() bool { return len(p.load().Withheld) == 0 && len(p.load().Config.Command) == 1 }
	if !trusted() {
		t.Error("it is not trusted")
	}
	p.file("home/shop/.pumatop.yml", text+"# pulled\n")
	if trusted() {
		t.Error("it was changed, and is trusted")
	}
	p.file("home/shop/.pumatop.yml", text)
	if !trusted() {
		t.Error("it is what it was, and is not trusted")
	}
	p.file("home/shop/app/.pumatop.yml", text)
	if trusted() {
		t.Error("the same text elsewhere is trusted")
	}
	if err := os.Remove(p.path("home/shop/app/.pumatop.yml")); err != nil {
		t.Fatal(err)
	}
	file, _ := p.load().Project()
	if err := Distrust(p.options(), file); err != nil || trusted() {
		t.Errorf("it is trusted still, %v", err)
	}
	p.chmod("home/.local/state/pumatop/trusted.json", 0o666)
	if _, err := Load(p.options()); err == nil || !strings.Contains(err.Error(), "may be written by others") {
		t.Errorf("everybody may trust for us: %v", err)
	}
	p.file("home/.local/state/pumatop/trusted.json", "{")
	p.chmod("home/.local/state/pumatop/trusted.json", 0o600)
	if text, remedy := p.fails(); !strings.HasPrefix(text, "/home/.local/state/pumatop/trusted.json: what is trusted cannot be read") || !strings.HasPrefix(remedy, "remove it") {
		t.Errorf("%s\n%s", text, remedy)
	}
}

// TestOtherUsersFile: a file of another user's does not count; root's does.
func TestOtherUsersFile(t *testing.T) {
	t.Parallel()
	for owner, refused := range map[int]bool{os.Getuid(): false, 0: false, os.Getuid() + 1: true} {
		wrong := writable(Origin{}, "/srv/f", ownedBy{owner})
		if (wrong != nil) != refused || refused && (!strings.Contains(wrong.Text, "belongs to user") || !strings.Contains(wrong.Fix, "chown ")) {
			t.Errorf("of user %d: %v", owner, wrong)
		}
	}
}

// ownedBy is a file of a user's.
type ownedBy struct{ user int }

func (ownedBy) Name() string       { return "f" }
func (ownedBy) Size() int64        { return 0 }
func (ownedBy) Mode() fs.FileMode  { return 0o644 }
func (ownedBy) ModTime() time.Time { return time.Time{} }
func (ownedBy) IsDir() bool        { return false }
func (o ownedBy) Sys() any         { return &syscall.Stat_t{Uid: uint32(o.user)} }

// TestWatch: a change, a file that comes or goes, and trust are each told once; a broken file is an error, once.
func TestWatch(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	const user, project = "home/.config/pumatop/config.yml", "home/shop/.pumatop.yml"
	p.file(user, "app: a")
	w := Watch(p.options(), p.load())
	remove := func(name string) {
		if err := os.Remove(p.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name   string
		do     func()
		app    string
		broken bool
	}{
		{"nothing", func() {}, "", false},
		{"changed", func() { p.file(user, "app: longer") }, "longer", false},
		{"come", func() { p.file(project, "app: project\ncommand: [sh]") }, "project", false},
		{"trusted", func() { trustIt(t, p) }, "project", false},
		{"broken", func() { p.file(project, "ap: project") }, "", true},
		{"mended", func() { p.file(project, "app: mended") }, "mended", false},
		{"shut off", func() { p.chmod(project, 0o666) }, "", true},
		{"nearer", func() { p.chmod(project, 0o644); p.file("home/shop/app/.pumatop.yaml", "app: near") }, "near", false},
		{"gone", func() { remove("home/shop/app/.pumatop.yaml"); remove(project) }, "longer", false},
		{"all gone", func() { remove(user) }, "", false},
	} {
		step.do()
		l, ok, err := w.Changed()
		told := step.name != "nothing" && !step.broken
		if ok != told || (err != nil) != step.broken || l.Config.App != step.app && ok {
			t.Errorf("%s: %t, %v, app %q", step.name, ok, err, l.Config.App)
		}
		if _, ok, err := w.Changed(); ok || err != nil {
			t.Errorf("%s is told twice: %v", step.name, err)
		}
	}
}
