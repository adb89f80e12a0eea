package remote_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/collector/remote"
)

// container is a command that is a shell as long as it runs.
func container(t *testing.T) (argv []string, running string) {
	t.Helper()
	dir := t.TempDir()
	running = filepath.Join(dir, "running")
	script := filepath.Join(dir, "docker")
	text := "#!/bin/sh\n[ -e '" + running + "' ] || { printf 'Error: container \\033[1mweb\\033[0m is not running\\n' >&2; exit 1; }\nexec sh\n"
	for path, mode := range map[string]os.FileMode{running: 0o600, script: 0o700} {
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return []string{script, "exec", "-i", "web", "sh"}, running
}

// by is a host that is reached otherwise than by SSH, and connected.
func by(t *testing.T, name string, o remote.HostOptions) *remote.Host {
	t.Helper()
	pool := remote.NewPool(remote.Options{Relays: []string{"perl"}})
	t.Cleanup(pool.Close)
	h, err := pool.HostBy(name, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCommandRunsScripts(t *testing.T) {
	t.Parallel()
	argv, _ := container(t)
	h := by(t, "box", remote.HostOptions{Command: argv})
	if out, err := h.Run(t.Context(), "echo $((6 * 7)); cat"); string(out) != "42\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	var exit *remote.ExitError
	if _, err := h.Run(t.Context(), "echo no >&2; exit 3"); !errors.As(err, &exit) || exit.Error() != "box: script ended with status 3: no" || h.Err() != nil {
		t.Errorf("%v, %v", err, h.Err())
	}
}

// A command has no connection: it is up until a script finds no shell, and up again when one does.
func TestCommandThatStops(t *testing.T) {
	t.Parallel()
	argv, running := container(t)
	h := by(t, "box", remote.HostOptions{Command: argv})
	if err := os.Remove(running); err != nil {
		t.Fatal(err)
	}
	var shell *remote.NoShellError
	_, err := h.Stream(t.Context(), "cat")
	if want := "ran no shell: Error: container web is not running"; !errors.As(err, &shell) || !strings.HasSuffix(err.Error(), want) || !strings.HasPrefix(err.Error(), "box: `/") {
		t.Errorf("says %v", err)
	}
	if !strings.Contains(remote.Remedy(err), "docker exec -i web sh") {
		t.Errorf("remedy %q", remote.Remedy(err))
	}
	<-h.Done()
	if err := h.Err(); !errors.Is(err, remote.ErrLost) || !errors.As(err, &shell) {
		t.Errorf("the host says %v", err)
	}
	err = h.Connect(t.Context())
	if _, again := h.RetryAfter(err, 0); !errors.As(err, &shell) || !again {
		t.Errorf("connect: %v, again %v", err, again)
	}
	if err := os.WriteFile(running, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Error(err)
	}
}

// A command that cannot be run, one that answers nothing and one that hangs are three things.
func TestCommandThatIsNoShell(t *testing.T) {
	t.Parallel()
	pool := remote.NewPool(remote.Options{})
	defer pool.Close()
	for want, argv := range map[string][]string{
		"box: run pumatop-no-such-command: executable file not found in $PATH": {"pumatop-no-such-command"},
		"box: `true` ran no shell":              {"true"},
		"box: `echo hello` ran no shell: hello": {"echo", "hello"},
		"context deadline exceeded":             {"sleep", "60"},
	} {
		h, err := pool.HostBy("box", remote.HostOptions{Command: argv})
		if err != nil {
			t.Fatal(err)
		}
		limit := 20 * time.Second
		if argv[0] == "sleep" {
			limit = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		if err := h.Connect(ctx); err == nil || err.Error() != want || argv[0] != "sleep" && remote.Remedy(err) == "" {
			t.Errorf("%q: %v, want %s", argv, err, want)
		}
		cancel()
	}
}

// As another user on this machine and behind a command alike: scripts, streams, and sockets by who may open them.
func TestBecomeWithoutSSH(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sudo"); err != nil || os.Geteuid() != 0 {
		t.Skip("sudo, and root who may use it, are needed")
	}
	for name, command := range map[string][]string{"local": nil, "box": {"/bin/sh"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := by(t, name, remote.HostOptions{Command: command, Become: "nobody"})
			if out, err := h.Run(t.Context(), "id -un; cat"); string(out) != "nobody\n" || err != nil {
				t.Errorf("%q, %v", out, err)
			}
			s, err := h.Stream(t.Context(), "id -un; cat; exit 4")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(s.Stdin, "echoed\n")
			got := make([]byte, len("nobody\nechoed\n"))
			if _, err := io.ReadFull(s.Stdout, got); string(got) != "nobody\nechoed\n" {
				t.Errorf("%q, %v", got, err)
			}
			_ = s.Close()
			opensAs(t, h)
		})
	}
}

// opensAs tries a socket that nobody may not open, and then may.
func opensAs(t *testing.T, h *remote.Host) {
	t.Helper()
	path := socketIn(t, "pumactl.sock")
	listen(t, "unix", path, echo(nil))
	var open *remote.OpenError
	_, err := h.DialUnix(t.Context(), path)
	if !errors.As(err, &open) || open.Error() != h.Name()+": no connection to "+path+": permission denied" {
		t.Errorf("a directory of root's: %v", err)
	}
	var refused *remote.RefusedError
	if err := h.Explain(t.Context(), path, err); !errors.As(err, &refused) || refused.Refusal.Reason != remote.DeniedDir || refused.Refusal.Login != "nobody" {
		t.Errorf("explained as %v", err)
	}
	for _, p := range []string{filepath.Dir(path), path} {
		if err := os.Chmod(p, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := exchange(h.DialUnix(t.Context(), path)); err != nil {
		t.Error(err)
	}
}

// sudo's words are the error's.
func TestBecomeNobodyThere(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sudo"); err != nil {
		t.Skip("sudo is needed")
	}
	pool := remote.NewPool(remote.Options{})
	defer pool.Close()
	for name, command := range map[string][]string{"local": nil, "box": {"/bin/sh"}} {
		h, err := pool.HostBy(name, remote.HostOptions{Command: command, Become: "pumatop-nobody"})
		if err != nil {
			t.Fatal(err)
		}
		var become *remote.BecomeError
		if err := h.Connect(t.Context()); !errors.As(err, &become) || !strings.Contains(become.Said, "pumatop-nobody") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
