package remote_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// configured is a pool that reads configuration files, and reaches one server at every address.
func configured(t *testing.T, s *sshtest.Server, ssh, config string) (p *remote.Pool, addrs *[]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, []byte(config))
	addrs = &[]string{}
	p = remote.NewPool(remote.Options{
		ConfigFile: path, SSH: ssh, KnownHosts: []byte(s.KnownHosts("*")),
		Dial: func(ctx context.Context, _, addr string) (net.Conn, error) {
			*addrs = append(*addrs, addr)
			return s.Dial(ctx)
		},
	})
	t.Cleanup(p.Close)
	return p, addrs
}

// fakeSSH is the test's own program under the name of ssh, which runs a script: see TestMain.
func fakeSSH(t *testing.T, script string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "script"), []byte(script+"\n"))
	if err := os.Symlink(self, filepath.Join(dir, "ssh")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "ssh")
}

// Without an ssh to ask the files are read all the same, and what was not understood is said.
func TestWithoutSSH(t *testing.T) {
	t.Parallel()
	s := sshtest.New(sshtest.Options{})
	p, addrs := configured(t, s, "/nonexistent/ssh", "Host web1\nHostName 10.0.0.1\nPort 2222\nMatch version x\nPort 1\n")
	h, err := p.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(*addrs, []string{"10.0.0.1:2222"}) {
		t.Errorf("dialled %q", *addrs)
	}
	if notes := strings.Join(h.Notes(), "\n"); !strings.Contains(notes, "Match version") || !strings.Contains(notes, "no ssh here") {
		t.Errorf("notes are %q", notes)
	}
}

// The installed client's answer counts: a stand-in that says something else than the file proves it.
func TestSSHIsTheAuthority(t *testing.T) {
	t.Parallel()
	ssh := fakeSSH(t, "printf 'hostname 10.9.9.9\\nport 2022\\nuser deploy\\n'")
	p, addrs := configured(t, sshtest.New(sshtest.Options{}), ssh, "Host web1\nHostName 10.0.0.1\n")
	h, err := p.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(*addrs, []string{"10.9.9.9:2022"}) || len(h.Notes()) != 0 {
		t.Errorf("dialled %q, notes %q", *addrs, h.Notes())
	}
}

func TestBrokenConfiguration(t *testing.T) {
	t.Parallel()
	ssh := fakeSSH(t, "echo '/c: line 3: Bad configuration option: tag' >&2; exit 255")
	p, _ := configured(t, sshtest.New(sshtest.Options{}), ssh, "")
	h, err := p.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	err = h.Connect(t.Context())
	var config *remote.ConfigError
	if !errors.As(err, &config) || err.Error() != "web1: /c: line 3: Bad configuration option: tag" {
		t.Errorf("got %v", err)
	}
	if want := "mend the ssh configuration; `ssh -G web1` shows the same error"; remote.Remedy(err) != want {
		t.Errorf("advises %q", remote.Remedy(err))
	}
}
