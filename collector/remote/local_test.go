package remote_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pumatop/collector/remote"
)

func localHost(t *testing.T) *remote.Host {
	t.Helper()
	pool := remote.NewPool(remote.Options{})
	t.Cleanup(pool.Close)
	h, err := pool.Host(remote.Local)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(t.Context(), "true"); !errors.Is(err, remote.ErrLost) {
		t.Errorf("before Connect: %v", err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func TestLocalRun(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	for _, c := range []struct{ script, out, err string }{
		{"echo out; echo err >&2", "out\n", ""},
		{"cat; echo 'stdin is empty'", "stdin is empty\n", ""},
		{"read x; echo \"[$x]\"", "[]\n", ""},
		{"echo one\nexit 3", "one\n", "local: script ended with status 3"},
		{"echo 'bad\tluck' >&2; exit 1", "", "local: script ended with status 1: bad     luck"},
		{"kill -9 $$", "", "local: script ended by signal killed"},
		{"# only a comment", "", ""},
		{"cat <<'END'\n$(id)\nEND", "$(id)\n", ""},
		{"false", "", "local: script ended with status 1"},
		{"sleep 30 & echo started", "started\n", ""}, // a job that keeps stdout open
	} {
		out, err := h.Run(t.Context(), c.script)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if string(out) != c.out || text != c.err {
			t.Errorf("%q: got %q, %q", c.script, out, text)
		}
	}
	if _, err := h.Run(t.Context(), "yes"); !errors.Is(err, remote.ErrOutput) {
		t.Errorf("endless output: %v", err)
	}
}

// The end of a script's context is the end of everything that it started.
func TestLocalRunEndsWithContext(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := h.Run(ctx, "sleep 600 & echo $! >'"+pidFile+".new'; mv '"+pidFile+".new' '"+pidFile+"'; wait")
		failed <- err
	}()
	pid := waitForPID(t, pidFile)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	waitForDeath(t, pid)
}

// waitForPID reads a file as soon as it is there.
func waitForPID(t *testing.T, path string) (pid int) {
	t.Helper()
	eventually(t, "the script's pid", func() bool {
		text, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(string(text), &pid)
		return err == nil
	})
	return pid
}

func waitForDeath(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "the end of the process", func() bool {
		if syscall.Kill(pid, 0) != nil {
			return true
		}
		// A zombie that nobody has reaped yet is dead enough.
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err == nil && strings.Contains(string(stat), ") Z ")
	})
}

// eventually waits for what another process does; nothing tells when.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s does not come", what)
		}
	}
}

func TestLocalStream(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	s, err := h.Stream(t.Context(), "while read -r line; do echo \"got $line\"; done; echo end; exit 4")
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(s.Stdout)
	for _, word := range []string{"one", "two"} {
		if _, err := io.WriteString(s.Stdin, word+"\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := out.ReadString('\n'); line != "got "+word+"\n" || err != nil {
			t.Errorf("got %q, %v", line, err)
		}
	}
	if err := s.Stdin.(io.Closer).Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(out); string(rest) != "end\n" || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
	var exit *remote.ExitError
	if err := s.Err(); !errors.As(err, &exit) || exit.Status != 4 {
		t.Errorf("ended with %v", err)
	}
}

// watched is a script that runs a command until it ends by itself or until the stream does, as every script for a
// stream has to: sshd kills nobody, and a command that writes nothing would outlive its connection.
func watched(command string) string {
	return "exec 3<&0\n" + command + " </dev/null 3<&- &\np=$!\n{ cat <&3; kill $p; } >/dev/null 2>&1 &\nw=$!\n" +
		"exec 3<&-\nwait $p\ns=$?\nkill $w 2>/dev/null\nexit $s\n"
}

// A stream's stdin ends with it, whatever ended that, and so does a command that writes nothing.
func TestStreamEndsItsStdin(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(cancel context.CancelFunc, h *remote.Host, s *remote.Stream){
		"by Close":           func(_ context.CancelFunc, _ *remote.Host, s *remote.Stream) { _ = s.Close() },
		"with its context":   func(cancel context.CancelFunc, _ *remote.Host, _ *remote.Stream) { cancel() },
		"with its host":      func(_ context.CancelFunc, h *remote.Host, _ *remote.Stream) { _ = h.Close() },
		"with its own stdin": func(_ context.CancelFunc, _ *remote.Host, s *remote.Stream) { _ = s.Stdin.(io.Closer).Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := localHost(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			pidFile := filepath.Join(t.TempDir(), "pid")
			s, err := h.Stream(ctx, watched("sh -c 'echo $$ >"+pidFile+"; exec sleep 600'"))
			if err != nil {
				t.Fatal(err)
			}
			pid := waitForPID(t, pidFile)
			end(cancel, h, s)
			waitForDeath(t, pid)
		})
	}
}

// A command that ends by itself ends the stream with its own status.
func TestStreamEndsWithItsCommand(t *testing.T) {
	t.Parallel()
	s, err := localHost(t).Stream(t.Context(), watched("sh -c 'echo done; exit 5'"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(s.Stdout)
	var exit *remote.ExitError
	if string(out) != "done\n" || err != nil || !errors.As(s.Err(), &exit) || exit.Status != 5 {
		t.Errorf("got %q, %v, %v", out, err, s.Err())
	}
	_ = s.Close()
}

func TestLocalDial(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	path := filepath.Join(t.TempDir(), "s")
	_, err := h.DialUnix(t.Context(), path)
	var refused *remote.OpenError
	if want := "local: no connection to " + path + ": no such file or directory"; !errors.As(err, &refused) || err.Error() != want {
		t.Errorf("says %v, want %s", err, want)
	}
	for network, dial := range map[string]func(context.Context, string) (net.Conn, error){
		"unix": h.DialUnix, "tcp": h.DialTCP,
	} {
		at := path
		if network == "tcp" {
			at = "127.0.0.1:0"
		}
		l, err := net.Listen(network, at)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			c, err := l.Accept()
			if err == nil {
				_, _ = io.WriteString(c, "hello")
				_ = c.Close()
			}
		}()
		c, err := dial(t.Context(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(c); string(got) != "hello" || err != nil {
			t.Errorf("%s: got %q, %v", network, got, err)
		}
		_ = c.Close()
		_ = l.Close()
	}
}

func TestLocalClose(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	done := h.Done()
	select {
	case <-done:
		t.Fatal("done before the end")
	default:
	}
	if err := h.Err(); err != nil {
		t.Fatal(err)
	}
	h.Suspect() // nothing to suspect
	_ = h.Close()
	<-done
	if _, err := h.Run(t.Context(), "true"); !errors.Is(err, remote.ErrLost) {
		t.Errorf("after Close: %v", err)
	}
}

// The script that looks for the reason of a refusal, run on real files: this is what OpenSSH does not tell.
func TestDiagnose(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write(t, path("file"), nil)
	listen := func(name string) *net.UnixListener {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path(name), Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	_ = listen("stale.sock").Close()
	live := listen("it's live.sock")
	go func() {
		for {
			c, err := live.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
			_ = c.Close()
		}
	}()
	for _, c := range []struct {
		path string
		want remote.Reason
		text string
	}{
		{path("none.sock"), remote.Missing, "no control socket at " + path("none.sock")},
		{path("no/dir/x.sock"), remote.Missing, ""},
		{path("file"), remote.NotSocket, path("file") + " is not a socket"},
		{dir, remote.NotSocket, ""},
		{path("stale.sock"), remote.Stale, "nobody listens at " + path("stale.sock")},
		{path("it's live.sock"), remote.Forbidden, ""},
		{"/run/" + strings.Repeat("x", 108), remote.Invalid, ""},
		{"relative.sock", remote.Missing, ""},
		{"/run/$(touch " + path("injected") + ").sock", remote.Missing, ""},
	} {
		r, err := h.Diagnose(t.Context(), c.path)
		if r.Reason != c.want || err != nil {
			t.Errorf("%s: got %+v, %v, want %s", c.path, r, err, c.want)
		}
		if c.text != "" && r.String() != c.text || r.String() == "" || r.Remedy() == "" {
			t.Errorf("%s: says %q", c.path, r)
		}
	}
	if _, err := os.Stat(path("injected")); err == nil {
		t.Error("the path was run as a command")
	}
}
