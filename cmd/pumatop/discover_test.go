package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"pumatop/collector/config"
	"pumatop/collector/inventory"
)

// What a clone has of other tools is read within the clone: a link out of it would make hosts of the operator's own files,
// and look their lines up as names.
func TestDiscoverStaysInside(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	secret, hosts := filepath.Join(outside, "token"), filepath.Join(dir, "hosts")
	must(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600), os.Symlink(secret, hosts),
		os.WriteFile(filepath.Join(dir, "ansible.cfg"), []byte("[defaults]\ninventory = hosts\n"), 0o600))
	imports, _ := discover(dir)
	if n := len(hostsOf(imports)); n > 0 {
		t.Errorf("%d hosts come from a file outside", n)
	}
	must(t, os.Remove(hosts), os.WriteFile(filepath.Join(dir, "inner"), []byte("[web]\nweb1.invalid\n"), 0o600), os.Symlink("inner", hosts))
	if imports, err := discover(dir); err != nil || len(hostsOf(imports)) != 1 {
		t.Errorf("a link within the clone: %v, %v", imports, err)
	}
	must(t, os.Remove(hosts), syscall.Mkfifo(hosts, 0o600))
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

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// hostsOf are the hosts of all environments.
func hostsOf(imports []inventory.Import) (hosts []config.Host) {
	for _, in := range imports {
		for _, env := range in.Config.Environments {
			for _, g := range env.Groups {
				hosts = append(hosts, g.Hosts...)
			}
		}
	}
	return hosts
}
