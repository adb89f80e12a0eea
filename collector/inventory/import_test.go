package inventory

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pumatop/collector/clean"
	"pumatop/collector/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// told is all that an import says, host by host as they come out.
func told(t *testing.T, in Import) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "files: %s\n", strings.Join(in.Files, " "))
	for _, name := range slices.SortedFunc(maps.Keys(in.Config.Environments), Natural) {
		fmt.Fprintf(&b, "\n%s:\n", name)
		hosts, err := Hosts(in.Config, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, h := range hosts {
			fmt.Fprintf(&b, "  %s%s\n", line(Fleet{Hosts: []Host{h}})[2:], toldReach(h.Reach, h.Pace))
			fmt.Fprintf(&b, "    %s:%d\n", h.At.File, h.At.Line)
		}
	}
	if len(in.Gaps) > 0 {
		b.WriteString("\ngaps:\n")
	}
	for _, g := range in.Gaps {
		fmt.Fprintf(&b, "  %s\n", g)
	}
	return b.String()
}

func toldReach(r config.Reach, p config.Pace) string {
	var b strings.Builder
	say := func(name, value string) {
		if value != "" && value != "0" && value != "0s" && value != "[]" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	say("become", r.Become)
	say("command", fmt.Sprint(r.Command))
	say("user", r.SSH.User)
	say("port", fmt.Sprint(r.SSH.Port))
	say("identity", fmt.Sprint(r.SSH.Identity))
	say("jump", r.SSH.ProxyJump)
	for _, k := range slices.Sorted(maps.Keys(r.SSH.Options)) {
		say(k, r.SSH.Options[k])
	}
	say("batch", p.Batch)
	say("pause", p.Pause.String())
	return b.String()
}

// golden compares with a file beside the tree that was read.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
	}
}

// trees are the projects in a directory of testdata.
func trees(t *testing.T, tool string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", tool))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, filepath.Join("testdata", tool, e.Name()))
		}
	}
	return all
}

// TestAnsible: the values are those of ansible-inventory 2.14 --list, without what is encrypted.
func TestAnsible(t *testing.T) {
	t.Parallel()
	for _, dir := range trees(t, "ansible") {
		in, err := ReadAnsible(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, dir+".golden", told(t, in))
	}
}

func TestKamal(t *testing.T) {
	t.Parallel()
	for _, dir := range trees(t, "kamal") {
		in, err := ReadKamal(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, dir+".golden", told(t, in))
	}
}

// TestWritten: what is written out is a configuration that has the same hosts, reached in the same ways.
func TestWritten(t *testing.T) {
	t.Parallel()
	for tool, read := range map[string]Reader{"ansible": ReadAnsible, "kamal": ReadKamal} {
		for _, dir := range trees(t, tool) {
			in, err := read(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := Write(&text, []Import{in}); err != nil {
				t.Fatal(err)
			}
			golden(t, dir+".yml", text.String())
			file := filepath.Join(t.TempDir(), "config.yml")
			if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			loaded, err := config.Load(config.Options{Named: file, Getenv: func(name string) string {
				return map[string]string{"HOME": "/home/me"}[name]
			}})
			if err != nil {
				t.Errorf("%s: %v", dir, err)
			}
			places := regexp.MustCompile(`(?m)^    \S+:\d+\n`)
			was, is := told(t, Import{Config: in.Config}), told(t, Import{Config: loaded.Config})
			was, is = places.ReplaceAllString(was, ""), strings.ReplaceAll(places.ReplaceAllString(is, ""), "/home/me/", "~/")
			is = strings.ReplaceAll(is, filepath.Dir(file)+"/", "")
			if is != was {
				t.Errorf("%s:\n%s\nwant\n%s", dir, is, was)
			}
		}
	}
}

// severalTools is a project that has files of two.
func severalTools() fstest.MapFS {
	return fstest.MapFS{
		"config/deploy.yml":            {Data: []byte("service: shop\nservers: [ kamal1 ]\n")},
		"inventories/production/hosts": {Data: []byte("ansible1\n")},
		"inventories/staging/hosts": {Data: []byte("[web]\nweb1\nweb2 ansible_ssh_extra_args='-o ProxyCommand=\"nc %h %p\"'\nbox ansible_connection=docker\n" +
			"[all:vars]\nansible_ssh_common_args=-o ServerAliveInterval=9 -o PermitLocalCommand=yes\n")},
		"inventories/own/hosts": {Data: []byte("ansible2\n")},
	}
}

// TestMerge: the configuration's own environments stay, and those of others come without what runs commands.
func TestMerge(t *testing.T) {
	t.Parallel()
	imports, err := Discover(severalTools(), ReadKamal, ReadAnsible)
	if err != nil || len(imports) != 2 {
		t.Fatalf("%+v, %v", imports, err)
	}
	own := config.Config{Environments: map[string]config.Environment{"own": {Groups: map[string]config.Group{"web": {Hosts: entries(1, "own1")}}}}}
	cfg := Merge(own, imports)
	for name, want := range map[string]string{
		"own":        "own: own1/*@web",
		"production": "production: kamal1/shop-web@web",
		"staging":    "staging: web1/*@web web2/*@web box/*@web",
	} {
		f, err := Resolve(cfg, []string{name}, nil)
		if err != nil || line(f) != want {
			t.Errorf("%s: %s, %v, want %s", name, line(f), err, want)
		}
	}
	if len(own.Environments) != 1 {
		t.Errorf("the configuration has become %+v", own)
	}
	if got := fmt.Sprint(Shadowed(own.Environments, imports)); got != "[Ansible's own is left out: the configuration has one Ansible's production is left out: Kamal has one]" {
		t.Error(got)
	}
	if in, ok := Imported(own, imports, "production"); !ok || in.Tool != "Kamal" {
		t.Errorf("production is of %q", in.Tool)
	}
	if _, ok := Imported(own, imports, "own"); ok {
		t.Error("an environment of the configuration is another tool's")
	}
}

// TestWithheld: what a clone could harm with is no setting, and its hosts are not to be reached.
func TestWithheld(t *testing.T) {
	t.Parallel()
	imports, err := Discover(severalTools(), ReadAnsible)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Merge(config.Config{}, imports)
	f, err := Resolve(cfg, []string{"staging"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"not trusted: ssh.options.PermitLocalCommand (inventories/staging/hosts:2, of another tool)",
		"not trusted: ssh.options.PermitLocalCommand (inventories/staging/hosts:3, of another tool), ssh.options.ProxyCommand (inventories/staging/hosts:3, of another tool)",
		"not trusted: command (inventories/staging/hosts:4, of another tool)",
	} {
		r := f.Hosts[i].Reach
		if err := r.NeedsTrust(); err == nil || err.Error() != want || r.Command != nil || r.SSH.Options["ProxyCommand"] != "" {
			t.Errorf("%s: %v\nwant %s", f.Hosts[i].Name, err, want)
		}
	}
	if got := f.Hosts[0].Reach.SSH.Options["ServerAliveInterval"]; got != "9" {
		t.Errorf("what is harmless is %q", got)
	}
}

// TestDiscoverNothing: what only looks like an inventory is none, and a directory for everybody is nobody's.
func TestDiscoverNothing(t *testing.T) {
	t.Parallel()
	for name, project := range map[string]fstest.MapFS{
		"nothing":          {},
		"a table of hosts": {"hosts": {Data: []byte("127.0.0.1 localhost\n::1 localhost\n")}},
		"another YAML":     {"hosts.yml": {Data: []byte("- a\n- b\n")}},
		"no servers":       {"config/deploy.yml": {Data: []byte("service: x\n")}},
		"for everybody":    {".": {Mode: fs.ModeDir | 0o777}, "config/deploy.yml": {Data: []byte("servers: [a]\n")}},
	} {
		if in, err := Discover(project, ReadKamal, ReadAnsible); err != nil || len(in) != 0 {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
	}
}

func FuzzAnsibleINI(f *testing.F) {
	for _, dir := range []string{"ini/hosts", "odd/inventory/production.ini"} {
		text, err := os.ReadFile(filepath.Join("testdata/ansible", dir))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		holds(t, ReadAnsible, fstest.MapFS{"hosts.ini": {Data: []byte(text)}})
	})
}

func FuzzAnsibleYAML(f *testing.F) {
	for _, file := range []string{"yaml/hosts.yml", "stages/inventories/staging/hosts.yml"} {
		text, err := os.ReadFile(filepath.Join("testdata/ansible", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("all: &a\n  children: {x: *a}\n")
	f.Fuzz(func(t *testing.T, text string) {
		holds(t, ReadAnsible, fstest.MapFS{"hosts.yml": {Data: []byte(text)}})
	})
}

func FuzzKamal(f *testing.F) {
	for _, dir := range []string{"simple", "destinations", "erb"} {
		text, err := os.ReadFile(filepath.Join("testdata/kamal", dir, "config/deploy.yml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		holds(t, ReadKamal, fstest.MapFS{"config/deploy.yml": {Data: []byte(text)}, "config/deploy.x.yml": {Data: []byte(text)}})
	})
}

// holds reads a project and sees that what comes of it can be opened, written and loaded again.
func holds(t *testing.T, read Reader, project fs.FS) {
	in, err := read(project)
	if err != nil {
		return
	}
	for _, g := range in.Gaps {
		if clean.Line(g.String()) != g.String() {
			t.Errorf("%q", g)
		}
	}
	for name := range in.Config.Environments {
		if _, err := Hosts(in.Config, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var text bytes.Buffer
	if err := Write(&text, []Import{in}); err != nil {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "c.yml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(config.Options{Named: file, Getenv: func(string) string { return "" }}); err != nil {
		t.Errorf("%v\n%s", err, text.String())
	}
}
