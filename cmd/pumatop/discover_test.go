package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What a clone has of other tools is read within the clone: a link out of it would make hosts of the operator's own files,
// and look their lines up as names.
func TestDiscoverStaysInside(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "token")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "hosts")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ansible.cfg"), []byte("[defaults]\ninventory = hosts\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	imports, _ := discover(dir)
	for _, in := range imports {
		for name, env := range in.Config.Environments {
			for _, g := range env.Groups {
				for _, h := range g.Hosts {
					t.Errorf("%s has the host %s", name, strings.Repeat("*", len(h.Host)))
				}
			}
		}
	}
	if err := os.Remove(filepath.Join(dir, "hosts")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "inner"), []byte("[web]\nweb1.invalid\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("inner", filepath.Join(dir, "hosts")); err != nil {
		t.Fatal(err)
	}
	if imports, err := discover(dir); err != nil || len(imports) != 1 || len(imports[0].Config.Environments) != 1 {
		t.Errorf("a link within the clone: %v, %v", imports, err)
	}
	if err := os.Remove(filepath.Join(dir, "hosts")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "hosts"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := openProject(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	f, err := p.Open("hosts") // as one that was put there since somebody looked
	if err != nil {
		return
	}
	defer f.Close()
	if text, err := f.Read(make([]byte, 1)); text > 0 || err == nil {
		t.Errorf("a pipe is read: %d, %v", text, err)
	}
}
