package sshconfig_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// TestHosts lists what a person could type, of files with all that is no such name.
func TestHosts(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("FLEET", "fleet")
	ran := filepath.Join(home, "ran")
	files := map[string]string{
		".ssh/config": "Include conf.d/*.conf ~/more ${FLEET}.conf gone %h.conf fifo\n" +
			"Host web1 web2 # two\nHost=\"db1\" *.example.com web? !web9 -oProxyCommand=x \"e\x1bvil\" \"two words\"\n" +
			"Match host secret exec \"touch " + ran + "\"\n  Include matched\nHOST web1 last\nHost \"open\nHost\n",
		".ssh/conf.d/a.conf": "Host a\nInclude config\n",
		".ssh/conf.d/b.conf": "Host b\nInclude conf.d/a.conf\n",
		".ssh/conf.d/c.txt":  "Host not-conf\n",
		"more":               "Host more\n",
		".ssh/fleet.conf":    "Host fleet1\n",
		".ssh/matched":       "Host matched\n",
		"loose":              "Host loose\n",
		"named":              "Host named\nInclude conf.d/b.conf ~/loose\n",
	}
	for name, text := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(home, "loose"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(home, ".ssh/fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"":                              "a b more fleet1 web1 web2 db1 matched last",
		filepath.Join(home, "named"):    "named b a web1 web2 db1 matched last more fleet1",
		"none":                          "",
		filepath.Join(home, "not here"): "",
		home:                            "",
	} {
		got := sshconfig.Hosts(file)
		wanted := strings.Fields(want)
		if file != "" { // the system's file may add to the user's, and the order of includes is held there
			slices.Sort(got)
			slices.Sort(wanted)
		} else {
			got = got[:min(len(got), len(wanted))]
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("Hosts(%q) = %q, want %q", file, got, wanted)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command of a Match was run")
	}
}
