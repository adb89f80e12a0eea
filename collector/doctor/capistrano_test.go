package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestCapistrano examines whole projects. The listing beside each has every check with its result.
func TestCapistrano(t *testing.T) {
	t.Parallel()
	trees, err := filepath.Glob("testdata/capistrano/*/Capfile")
	if err != nil || len(trees) < 12 {
		t.Fatalf("%d trees, %v", len(trees), err)
	}
	for _, tree := range trees {
		dir := filepath.Dir(tree)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			got := examined(&Target{Name: "project", Project: LocalProject(os.DirFS(dir), "shop")})
			golden := dir + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// examined is every Capistrano check of a target as text.
func examined(t *Target) string {
	var b strings.Builder
	checks := capistranoChecks()
	for i := range checks {
		a := checks[i].run(t)
		fmt.Fprintf(&b, "%s: %s", checks[i].ID, a.Result)
		if a.Reason != "" {
			b.WriteString(", " + a.Reason)
		}
		b.WriteString("\n")
		if a.Result != Found {
			continue
		}
		b.WriteString("  " + a.Says + "\n")
		for _, e := range a.Evidence {
			fmt.Fprintf(&b, "  seen %s:%d %s%s\n", e.File, e.Line, e.Command, e.Text)
		}
		for line := range strings.Lines(a.Remedy) {
			b.WriteString("  > " + line)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// running is a target that runs what testdata/capistrano/clean71 deploys, but for what change does to it.
func running(change func(*probe.Puma)) *Target {
	p := probe.Puma{PID: 4242, Release: "/srv/shop/releases/20261101000000", Unit: probe.Unit{Name: "shop_puma_production.service", Scope: probe.UserScope},
		Listeners: []string{"unix:///srv/shop/shared/tmp/sockets/puma.sock"}, Phased: puma.Phased{Answer: puma.Yes}}
	change(&p)
	return &Target{Name: "web1/shop", Puma: p}
}

// TestCapistranoAgainstTargets: what runs decides, too.
func TestCapistranoAgainstTargets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, tree, id string
		change         func(*probe.Puma)
		want           Result
		says, remedy   string
	}{
		{"the unit that runs", "clean71", "capistrano.systemctl-user", func(*probe.Puma) {}, OK, "", ""},
		{"a system unit and a gem for user units", "clean71", "capistrano.systemctl-user", func(p *probe.Puma) { p.Unit.Scope = probe.SystemScope },
			Found, "a deploy asks for a user unit, and web1/shop runs in a system unit", "# config/deploy.rb\nset :puma_systemctl_user, :system"},
		{"a user unit and an own line with sudo", "own", "capistrano.systemctl-user", func(*probe.Puma) {},
			Found, "a deploy asks for a system unit, and web1/shop runs in a user unit",
			"# lib/capistrano/tasks/puma.rake, line 4, in place of: sudo \"systemctl reload puma-#{fetch(:application)}\"   # TODO: what if it is down?\n" +
				"execute \"systemctl --user reload puma-#{fetch(:application)}\"   # TODO: what if it is down?"},
		{"another application on the host", "clean71", "capistrano.systemctl-user", func(p *probe.Puma) {
			p.Unit, p.Release = probe.Unit{Name: "blog.service", Scope: probe.SystemScope}, "/srv/blog/releases/1"
		}, Unknown, "", ""},
		{"a release that is there", "clean71", "capistrano.keep-releases", func(*probe.Puma) {}, OK, "", ""},
		{"a worker in a deleted release", "clean71", "capistrano.keep-releases", func(p *probe.Puma) {
			p.Workers = []probe.Process{{PID: 4243, Release: "/srv/shop/releases/20260101000000 (deleted)"}}
		}, Found, "web1/shop runs in a release that has been deleted, with 5 kept",
			"# config/deploy.rb, line 5, in place of: set :keep_releases, 5\nset :keep_releases, 10"},
		{"a socket in shared", "stock71", "capistrano.linked-dirs", func(*probe.Puma) {}, OK, "", ""},
		{"a socket in the release", "stock71", "capistrano.linked-dirs", func(p *probe.Puma) {
			p.Listeners = []string{"unix:///srv/shop/current/tmp/sockets/puma.sock"}
		}, Found, "the socket is in tmp/sockets of each release, which is no linked directory",
			"# config/deploy.rb\nappend :linked_dirs, \"tmp/pids\", \"tmp/sockets\""},
		{"a socket in a linked directory of the release", "clean71", "capistrano.linked-dirs", func(p *probe.Puma) {
			p.Listeners = []string{"unix:///srv/shop/current/tmp/sockets/puma.sock"}
		}, OK, "", ""},
		{"no phased restart there", "stock71", "capistrano.reload", func(p *probe.Puma) { p.Phased.Answer = puma.No }, Found,
			"a deploy restarts Puma in full: puma:smart_restart; on web1/shop a phased restart is not possible yet, see puma.preload and puma.single-mode",
			"# config/deploy.rb\nset :puma_phased_restart, true"},
		{"user units with lingering off", "guarded", "capistrano.lingering", func(*probe.Puma) {}, Found, "puma_enable_lingering is off, and Puma runs in a user unit",
			"# config/deploy.rb, line 3, in place of: set :puma_enable_lingering, false\nset :puma_enable_lingering, true\n# once, on the operator's machine\nbundle exec cap production puma:enable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			project := LocalProject(os.DirFS("testdata/capistrano/"+test.tree), "shop")
			a := answered(t, test.id, &Target{Name: "project", Project: project, Peers: []*Target{running(test.change)}})
			if a.Result != test.want || a.Says != test.says || a.Remedy != test.remedy {
				t.Errorf("%s %q\n%s\nreason %q, want %s %q\n%s", a.Result, a.Says, a.Remedy, a.Reason, test.want, test.says, test.remedy)
			}
		})
	}
}

func answered(t *testing.T, id string, target *Target) Answer {
	t.Helper()
	for _, c := range capistranoChecks() {
		if c.ID == id {
			return c.run(target)
		}
	}
	t.Fatalf("no check %s", id)
	return Answer{}
}

// TestNoProject: elsewhere there is nothing to look at, and nothing is found.
func TestNoProject(t *testing.T) {
	t.Parallel()
	if p := LocalProject(fstest.MapFS{"config/puma.rb": {Data: []byte("workers 2\n")}}, "shop"); p != nil {
		t.Errorf("a project: %+v", p.Files)
	}
	for _, c := range capistranoChecks() {
		if a := c.run(&Target{Name: "web1/shop"}); a.Result != OK || a.Reason == "" {
			t.Errorf("%s: %+v", c.ID, a)
		}
	}
}

// FuzzCapistrano: whatever the files say, the checks end and say nothing that a terminal would act on.
func FuzzCapistrano(f *testing.F) {
	for _, tree := range []string{"twice71", "own", "cleared", "mixed"} {
		for _, name := range []string{"Capfile", "config/deploy.rb"} {
			text, err := os.ReadFile(filepath.Join("testdata/capistrano", tree, name))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text), string(text))
		}
	}
	f.Add("install_plugin Capistrano::Puma::Systemd", "namespace :deploy do task :restart do invoke 'deploy:restart' end end\nafter :publishing, :restart\nset :linked_dirs, [\"\x1b[31m\"]")
	f.Fuzz(func(t *testing.T, capfile, deploy string) {
		project := LocalProject(fstest.MapFS{"Capfile": {Data: []byte(capfile)}, "config/deploy.rb": {Data: []byte(deploy)},
			"Gemfile.lock": {Data: []byte("    capistrano3-puma (7.1.0)\n")}}, "shop")
		got := examined(&Target{Name: "project", Project: project, Peers: []*Target{running(func(*probe.Puma) {})}})
		if strings.ContainsAny(got, "\x1b\x00\x07") {
			t.Errorf("%q", got)
		}
	})
}
