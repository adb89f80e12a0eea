package remote_test

import (
	"context"
	"errors"
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

// answering answers each connection with what it was sent, once, as a control app does.
func answering(t *testing.T, l net.Listener) {
	t.Helper()
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := make([]byte, 100)
				n, _ := c.Read(b)
				_, _ = c.Write(append([]byte("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n"), b[:min(n, 5)]...))
			}()
		}
	}()
}

// TestDialInside goes through a shell that a command leads to: here the machine's own, as if it were a container's.
func TestDialInside(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	var lc net.ListenConfig
	tcp, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	answering(t, tcp)
	dir, err := os.MkdirTemp("", "p") // short: a socket's path has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "it's a socket")
	unix, err := lc.Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	answering(t, unix)
	enter := []string{"env", "WHERE=it's inside", "/bin/sh", "-s"}
	for _, at := range [][2]string{{"tcp", tcp.Addr().String()}, {"unix", socket}, {"unix", socket}} {
		c, err := h.DialInside(t.Context(), enter, at[0], at[1])
		if err != nil {
			t.Fatalf("%s: %v", at[0], err)
		}
		if _, err := c.Write([]byte("HELLO")); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(c)
		if err != nil || !strings.HasSuffix(string(b), "\r\n\r\nHELLO") {
			t.Errorf("%s answers %q, %v", at[0], b, err)
		}
		_ = c.Close()
	}
	c, err := h.DialInside(t.Context(), enter, "unix", filepath.Join(dir, "none"))
	if err == nil { // a relay that has no streams says it with the answer
		_, _ = c.Write([]byte("HELLO"))
		_, err = io.ReadAll(c)
	}
	if !errors.Is(err, syscall.ENOENT) {
		t.Errorf("a socket that is not there: %v", err)
	}
}

// TestDialInsideOfNothing ends at once where the command does: the container has stopped.
func TestDialInsideOfNothing(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := h.DialInside(ctx, []string{"sh", "-c", "echo Error: No such container: it >&2; exit 1"}, "tcp", "127.0.0.1:1")
	if err == nil || ctx.Err() != nil {
		t.Errorf("dialled: %v", err)
	}
	var lost *remote.RelayError
	if errors.As(err, &lost) && lost.Remedy() == "" {
		t.Error("no remedy")
	}
}
