package inventory

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	all, err := filepath.Glob(filepath.Join("testdata", tool, "*", "."))
	if err != nil || len(all) == 0 {
		t.Fatal(err, "no trees")
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
		golden(t, filepath.Clean(dir)+".golden", told(t, in))
	}
}

func TestKamal(t *testing.T) {
	t.Parallel()
	for _, dir := range trees(t, "kamal") {
		in, err := ReadKamal(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Clean(dir)+".golden", told(t, in))
	}
}
