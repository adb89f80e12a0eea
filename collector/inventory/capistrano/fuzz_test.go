package capistrano_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"pumatop/collector/inventory/capistrano"
	"pumatop/collector/ruby"
)

// Whatever the files say, reading ends, and every host and every gap is at a line of a file that was read.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/*/config/deploy.rb", "testdata/*/config/deploy/*.rb", "testdata/*/Capfile"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			text, _ := os.ReadFile(file)
			f.Add(string(text), "set :application, 'x'\nserver 'a', roles: :app")
		}
	}
	f.Add("load 'deploy'\nload 'config/deploy'", "load 'config/deploy'\nrole(:app) { fetch(:hosts) }\nset(:hosts) { hosts }")
	f.Fuzz(func(t *testing.T, capfile, deploy string) {
		tree := fstest.MapFS{
			"Capfile": {Data: []byte(capfile)}, "config/deploy.rb": {Data: []byte(deploy)},
			"config/deploy/production.rb": {Data: []byte(deploy)}, "config/deploy/staging.rb": {Data: []byte(capfile)},
		}
		got, err := capistrano.Read(tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range got.Gaps {
			if file, ok := tree[g.At.File]; !ok || g.At.Line < 1 || g.At.Line > strings.Count(string(file.Data), "\n")+1 || g.Why == "" {
				t.Fatalf("gap at no line: %+v", g)
			}
		}
		for name, env := range got.Config.Environments {
			for group, g := range env.Groups {
				for _, h := range g.Hosts {
					if h.Host == "" || strings.HasPrefix(h.Host, "-") || strings.ContainsAny(h.Host, " \t\n\x1b/") || h.At.Line < 1 {
						t.Fatalf("%s %s: %+v", name, group, h)
					}
				}
			}
		}
	})
}

func TestReadBounded(t *testing.T) {
	t.Parallel()
	stages := fstest.MapFS{"config/deploy.rb": {Data: []byte("10000.times { |i| 10000.times { |j| server \"web#{i}x#{j}.example.com\", roles: :app } }")}}
	for _, name := range []string{"a", "b", "c", "production"} {
		stages["config/deploy/"+name+".rb"] = &fstest.MapFile{Data: []byte("set :x, -> { fetch(:y) }\nset :y, -> { fetch(:x) }\nserver fetch(:x)")}
	}
	long := strings.Repeat("# nothing\n", ruby.MaxSize/10+1)
	for why, tree := range map[string]fstest.MapFS{
		"more work than is done":  stages,
		"longer than 1 MB":        {"config/deploy.rb": {Data: []byte(long)}},
		"it is nested too deep":   {"config/deploy/x.rb": {Data: []byte("set :a, -> { fetch(:a) }\nserver fetch(:a), roles: :app")}},
		"is not in the project":   {"Capfile": {Data: []byte("load '../../etc/hosts.rb'")}, "config/deploy/x.rb": {}},
		"which file it loads":     {"Capfile": {Data: []byte("load ENV['X']")}, "config/deploy/x.rb": {}},
		"depends on where the pr": {"config/deploy/x.rb": {Data: []byte("set :puma_state, \"#{Dir.pwd}/x\"\nserver 'a', roles: :app")}},
	} {
		got, err := capistrano.Read(tree)
		if err != nil {
			t.Fatal(err)
		}
		if text := listing(got); !strings.Contains(text, why) {
			t.Errorf("no gap says %q:\n%.500s", why, text)
		}
	}
}
