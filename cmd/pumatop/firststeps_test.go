package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pumatop/collector/config"
	"pumatop/collector/inventory"
)

// TestFirstSteps: who types nothing is told what can be typed, with hosts of their own; what else goes wrong stays as it is.
func TestFirstSteps(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("Host web1 web2\nHost db*\nHost web3\nHost web4 web5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nothing := usageFrom(&inventory.NothingError{})
	f := &flags{sshConfig: file}
	for _, want := range []string{"no .pumatop.yml is here or above", "by your ssh configuration: web1, web2, web3 and 2 more", "pumatop local ", "pumatop demo ", "config example > .pumatop.yml"} {
		if got := remedyOf(f.firstSteps(nothing)); !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
	f = &flags{sshConfig: "none", loaded: config.Loaded{Files: []config.File{{Name: "~/.config/pumatop/config.yml", Exists: true}}}}
	if got := remedyOf(f.firstSteps(nothing)); !strings.Contains(got, "which hosts: ~/.config/pumatop/config.yml names no environment\n") || strings.Contains(got, "web3") {
		t.Errorf("with a configuration:\n%s", got)
	}
	for _, other := range []error{errors.New("no target named"), usageFrom(&inventory.NothingError{Text: "no host is left over"}), usagef("a", "b")} {
		if got := f.firstSteps(other); !errors.Is(got, other) {
			t.Errorf("%v became %v", other, got)
		}
	}
}
