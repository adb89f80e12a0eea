package capistrano_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pumatop/collector/config"
	"pumatop/collector/inventory"
	"pumatop/collector/inventory/capistrano"
)

var update = flag.Bool("update", false, "write the golden listings anew")

// TestRead reads whole projects. The listing beside each says what is understood of it, and what is not.
func TestRead(t *testing.T) {
	t.Parallel()
	trees, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(trees) < 8 {
		t.Fatalf("%d trees, %v", len(trees), err)
	}
	for _, tree := range trees {
		dir := strings.TrimSuffix(tree, ".golden")
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			got, err := capistrano.Read(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			golden := dir + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(listing(got)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if listing(got) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", listing(got), want)
			}
		})
	}
}

// listing is an import as text.
func listing(im inventory.Import) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", im.Tool, strings.Join(im.Files, ", "))
	if im.Config.Environment != "" {
		fmt.Fprintf(&b, "opens %s\n", im.Config.Environment)
	}
	for _, name := range slices.Sorted(maps.Keys(im.Config.Environments)) {
		env := im.Config.Environments[name]
		fmt.Fprintf(&b, "\n%s", name)
		if env.Protected {
			b.WriteString(" (protected)")
		}
		fmt.Fprintf(&b, "%s\n", reach(env.Reach))
		for _, group := range slices.Sorted(maps.Keys(env.Groups)) {
			fmt.Fprintf(&b, "  %s\n", group)
			for _, h := range env.Groups[group].Hosts {
				fmt.Fprintf(&b, "    %s%s  <- %s:%d\n", h.Host, reach(h.Reach), h.At.File, h.At.Line)
			}
		}
	}
	for _, g := range im.Gaps {
		fmt.Fprintf(&b, "\n%s:%d:%d: %s\n  %s\n", g.At.File, g.At.Line, g.At.Column, g.Text, g.Why)
	}
	return b.String()
}

// reach are the fields that are set.
func reach(r config.Reach) string {
	var b strings.Builder
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case f.IsZero():
			case f.Kind() == reflect.Struct:
				walk(f)
			default:
				fmt.Fprintf(&b, " %s=%v", v.Type().Field(i).Tag.Get("yaml"), f.Interface())
			}
		}
	}
	walk(reflect.ValueOf(r))
	return b.String()
}

func TestReadNothing(t *testing.T) {
	t.Parallel()
	for name, tree := range map[string]fstest.MapFS{
		"no Capistrano":   {"Gemfile": {}},
		"a Capfile alone": {"Capfile": {Data: []byte("require 'capistrano/setup'")}},
		"Mina":            {"config/deploy.rb": {Data: []byte("require 'mina/rails'\nset :domain, 'web1.example.com'\nset :user, 'deploy'")}},
	} {
		if got, err := capistrano.Read(tree); err != nil || len(got.Config.Environments) != 0 || len(got.Gaps) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
