package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// place is a machine of its own: a home, a project in it and a system.
type place struct {
	t       *testing.T
	dir     string
	environ map[string]string
}

func newPlace(t *testing.T) place {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := place{t, dir, map[string]string{"HOME": filepath.Join(dir, "home")}}
	p.mkdir("home/shop/app/models")
	return p
}

func (p place) path(name string) string { return filepath.Join(p.dir, name) }

func (p place) mkdir(name string) {
	p.t.Helper()
	if err := os.MkdirAll(p.path(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
}

// file writes one, with the permissions that a careful umask leaves.
func (p place) file(name, text string) {
	p.t.Helper()
	p.mkdir(filepath.Dir(name))
	if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p place) chmod(name string, mode os.FileMode) {
	p.t.Helper()
	if err := os.Chmod(p.path(name), mode); err != nil {
		p.t.Fatal(err)
	}
}

// options are those of somebody who works in a directory of the project.
func (p place) options() Options {
	return Options{Dir: p.path("home/shop/app"), System: p.path("etc/config.yml"), Lists: words(), Getenv: func(name string) string { return p.environ[name] }}
}

func (p place) load() Loaded {
	p.t.Helper()
	l, err := Load(p.options())
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

// fails is what is said of the configuration, and what to do.
func (p place) fails() (text, remedy string) {
	p.t.Helper()
	_, err := Load(p.options())
	var wrong Errors
	if !errors.As(err, &wrong) {
		p.t.Fatalf("%v, want Errors", err)
	}
	return strings.ReplaceAll(wrong.Error(), p.dir, ""), strings.ReplaceAll(wrong.Remedy(), p.dir, "")
}

// TestLayers: values of the project lie over the user's and those over the system's; maps are laid over one another key
// by key, lists and token sources whole, and each value knows where it comes from.
func TestLayers(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.file("etc/config.yml", "interval: 5s\ntheme: dark\ncolumns: [target, state]\ntoken: {env: TOKEN}\nthresholds: {memory: {warning: 500, critical: 900}}\n")
	p.file("home/.config/pumatop/config.yml", "interval: 3s\ncolumns: [busy]\ntoken: {command: [pass, show, puma]}\n"+
		"environments:\n  production:\n    protected: true\n    groups: {web: {hosts: [a, b], app: shop}}\n")
	p.file("home/shop/.pumatop.yml", "interval: 1s\nthresholds: {memory: {warning: 600}}\n"+
		"environments:\n  production:\n    protected: false\n    groups: {web: {batch: 2}, jobs: {hosts: [j]}}\n  staging:\n")
	trustIt(t, p)
	l := p.load()
	warning, critical := 600.0, 900.0
	got := l.Config
	for _, e := range got.Environments {
		for _, g := range e.Groups {
			for i := range g.Hosts {
				g.Hosts[i].At = Origin{}
			}
		}
	}
	want := Config{
		Interval: time.Second, Theme: "dark", Columns: []string{"busy"}, Reach: Reach{Token: Token{Command: []string{"pass", "show", "puma"}}},
		Thresholds: Thresholds{Memory: Limits{&warning, &critical}},
		Environments: map[string]Environment{"staging": {}, "production": {Protected: true, Groups: map[string]Group{
			"web":  {Hosts: []Host{{Host: "a"}, {Host: "b"}}, Reach: Reach{App: "shop"}, Pace: Pace{Batch: "2"}},
			"jobs": {Hosts: []Host{{Host: "j"}}},
		}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	for keys, want := range map[string]string{
		"interval": "~/shop/.pumatop.yml:1", "theme": "/etc/config.yml:2", "columns": "~/.config/pumatop/config.yml:2",
		"token.command": "~/.config/pumatop/config.yml:3", "thresholds.memory.critical": "/etc/config.yml:5",
		"environments.production.protected": "~/.config/pumatop/config.yml:6", "environments.production.groups.web.batch": "~/shop/.pumatop.yml:6",
		"environments.production.groups.web.hosts[1].host": "~/.config/pumatop/config.yml:7",
	} {
		if at, ok := l.Origin(strings.Split(keys, ".")...); !ok || strings.TrimPrefix(at.String(), p.dir) != want {
			t.Errorf("%s is of %s, want %s", keys, at, want)
		}
	}
	if _, ok := l.Origin("sort"); ok {
		t.Error("nobody wrote sort")
	}
}

// TestSearch: the project's file is looked for from the working directory upward, as far as home; /tmp is nobody's project.
func TestSearch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		make func(place)
		want string // the app that counts
	}{
		{"nothing", func(place) {}, ""},
		{"here", func(p place) {
			p.file("home/shop/app/.pumatop.yml", "app: here")
			p.file("home/shop/.pumatop.yml", "app: above")
		}, "here"},
		{"above", func(p place) { p.file("home/shop/.pumatop.yml", "app: above") }, "above"},
		{"by its other name", func(p place) { p.file("home/shop/.pumatop.yaml", "app: other") }, "other"},
		{"at home", func(p place) { p.file("home/.pumatop.yml", "app: home") }, "home"},
		{"not above home", func(p place) { p.file(".pumatop.yml", "app: beyond") }, ""},
		{"not where everybody writes", func(p place) {
			p.file("home/shop/.pumatop.yml", "app: theirs")
			p.chmod("home/shop", 0o777|os.ModeSticky)
		}, ""},
		{"by --config, in place of all", func(p place) {
			p.file("home/shop/.pumatop.yml", "app: project")
			p.file("home/shop/app/other.yml", "via: signal")
			p.environ[Variable] = "other.yml"
		}, ""},
		{"none at all", func(p place) { p.file("home/shop/.pumatop.yml", "app: project"); p.environ[Variable] = os.DevNull }, ""},
		{"another place for the user's", func(p place) {
			p.file("xdg/pumatop/config.yml", "app: xdg")
			p.file("home/.config/pumatop/config.yml", "app: user")
			p.environ["XDG_CONFIG_HOME"] = p.path("xdg")
		}, "xdg"},
		{"no place for the user's", func(p place) {
			p.file("home/.config/pumatop/config.yml", "app: user")
			p.environ["XDG_CONFIG_HOME"] = "relative"
		}, "user"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			tc.make(p)
			if l := p.load(); l.Config.App != tc.want {
				t.Errorf("app is %q, want %q", l.Config.App, tc.want)
			}
		})
	}
}

// TestRefused: a file that somebody else can have written does not count, and it is said what ends that.
func TestRefused(t *testing.T) {
	t.Parallel()
	const project = "home/shop/.pumatop.yml"
	for _, tc := range []struct {
		name         string
		make         func(place)
		want, remedy string
	}{
		{"everybody writes", func(p place) { p.chmod(project, 0o666) }, "may be written by others: it does not count", "chmod go-w /home/shop/.pumatop.yml"},
		{"the group writes", func(p place) { p.chmod(project, 0o664) }, "may be written by others: it does not count", "chmod g-w /home/shop/.pumatop.yml"},
		{"others write", func(p place) { p.chmod(project, 0o606) }, "may be written by others: it does not count", "chmod o-w /home/shop/.pumatop.yml"},
		{"its directory", func(p place) { p.chmod("home/shop", 0o775) }, "its directory may be written by others: it does not count", "chmod g-w /home/shop"},
		{"what it is a link to", func(p place) {
			p.file("open/real.yml", "app: a")
			p.chmod("open", 0o777)
			if err := errors.Join(os.Remove(p.path(project)), os.Symlink(p.path("open/real.yml"), p.path(project))); err != nil {
				p.t.Fatal(err)
			}
		}, "its directory may be written by others: it does not count", "chmod go-w /open"},
		{"a directory", func(p place) {
			if err := errors.Join(os.Remove(p.path(project)), os.Mkdir(p.path(project), 0o700)); err != nil {
				p.t.Fatal(err)
			}
		}, "this is no file: a configuration has to be one", ""},
		{"two of them", func(p place) { p.file("home/shop/.pumatop.yaml", "app: b") }, "there is a .pumatop.yml beside it: one of them is enough", ""},
		{"one that is not there", func(p place) { p.environ[Variable] = p.path("gone.yml") }, "cannot be read: no such file or directory", "--config or PUMATOP_CONFIG names it: /dev/null is no configuration"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.file(project, "app: a")
			tc.make(p)
			text, remedy := p.fails()
			if !strings.HasSuffix(text, ": "+tc.want) || tc.remedy != "" && remedy != tc.remedy {
				t.Errorf("%s\n%s\nwant %s\n%s", text, remedy, tc.want, tc.remedy)
			}
		})
	}
}

// TestPaths: a path of this machine is one from the file that names it.
func TestPaths(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.file("home/.config/pumatop/config.yml", "ssh_config: ssh\ntoken: {file: ~/token}\n")
	p.file("home/shop/.pumatop.yml", "ssh: {identity: [keys/deploy]}\n")
	c := p.load().Config
	for got, want := range map[string]string{c.SSHConfig: "home/.config/pumatop/ssh", c.Token.File: "home/token", c.SSH.Identity[0]: "home/shop/keys/deploy"} {
		if got != p.path(want) {
			t.Errorf("%s, want %s", got, p.path(want))
		}
	}
}

// TestWrite: what is shown has where each value comes from, and loaded it comes to the same.
func TestWrite(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.file("home/.config/pumatop/config.yml", "interval: 3s\nfilter: '!canary'\nssh_config: ssh\n")
	p.file("home/shop/app/.pumatop.yml", "x-a: &a {app: shop}\nenvironments:\n  eu:\n    groups:\n      web:\n        <<: *a\n        hosts: ['web[1-2]', {host: c, name: 'd, e'}]\n")
	l := p.load()
	var b strings.Builder
	if err := l.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `interval: 3s                                      # ~/.config/pumatop/config.yml:1
filter: '!canary'                                 # ~/.config/pumatop/config.yml:2
ssh_config: HOME/.config/pumatop/ssh
environments:
  eu:
    groups:
      web:
        hosts:
          - "web[1-2]"                            # .pumatop.yml:7
          - {host: c, name: "d, e"}               # .pumatop.yml:7
        app: shop                                 # .pumatop.yml:1
`
	got := strings.ReplaceAll(b.String(), p.path("home"), "HOME")
	got = strings.Replace(got, "ssh # ~/.config/pumatop/config.yml:3", "ssh", 1)
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	p.file("shown.yml", b.String())
	p.environ[Variable] = p.path("shown.yml")
	again := p.load()
	if a, b := l.Settings(), again.Settings(); len(a) != len(b) || len(a) != 5 {
		t.Errorf("%v comes back as %v", a, b)
	} else {
		for i := range a {
			if a[i].Key != b[i].Key || a[i].Value != b[i].Value {
				t.Errorf("%v comes back as %v", a[i], b[i])
			}
		}
	}
}
