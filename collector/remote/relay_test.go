package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pumatop/collector/remote"
)

var relayPrograms = []string{"ruby", "python3", "perl", "curl", "socat"}

// streams reports whether a relay with a program carries connections, rather than one exchange after the other.
func streams(program string) bool { return program != "curl" && program != "socat" }

// eachRelay runs a test with every relay that this machine can run, through a command that is a shell. CI has all.
func eachRelay(t *testing.T, test func(t *testing.T, program string, h *remote.Host)) {
	for _, program := range relayPrograms {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(program); err != nil {
				t.Skip("this machine has none")
			}
			test(t, program, relayedHost(t, program))
		})
	}
}

func relayedHost(t testing.TB, programs ...string) *remote.Host {
	t.Helper()
	pool := remote.NewPool(remote.Options{Relays: programs})
	t.Cleanup(pool.Close)
	h, err := pool.HostBy("box", remote.HostOptions{Command: []string{"/bin/sh"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// listen serves every connection to a new listener with serve, which closes it.
func listen(t testing.TB, network, addr string, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l
}

// socketIn is a short path: a socket's name has 107 bytes.
func socketIn(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "relay")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, name)
}

const pollText = "GET /stats?token=f00d&%\"x\\ HTTP/1.0\r\nHost: localhost\r\n\r\n"

// everyByte is a body that no text protocol carries as it is.
func everyByte() []byte {
	var b []byte
	for i := range 100 * 256 {
		b = append(b, byte(i*7))
	}
	return b
}

// echo answers with the request line that came and every byte there is, and hangs on to the connection as a forked worker
// does where hold is set.
func echo(hold <-chan struct{}) func(net.Conn) {
	return func(c net.Conn) {
		defer func() { _ = c.Close() }()
		var request []byte
		buf := make([]byte, 4096)
		for !bytes.Contains(request, []byte("\r\n\r\n")) {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			request = append(request, buf[:n]...)
		}
		line, _, _ := bytes.Cut(request, []byte("\r\n"))
		body := slices.Concat(line, []byte("\n"), everyByte())
		_, _ = fmt.Fprintf(c, "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if hold != nil {
			<-hold
		}
	}
}

// exchange has one exchange on a connection and returns what came.
func exchange(c net.Conn, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, pollText); err != nil {
		return nil, err
	}
	return io.ReadAll(c)
}

func TestRelayCarriesEveryByte(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		name := "a pumactl $(x) é.sock"
		if program == "socat" {
			name = "pumactl.sock"
		}
		path := socketIn(t, name)
		listen(t, "unix", path, echo(nil))
		tcp := listen(t, "tcp", "127.0.0.1:0", echo(nil)).Addr().String()
		want := slices.Concat([]byte("GET /stats?token=f00d&%\"x\\ HTTP/1.0\n"), everyByte())
		dials := map[string]func() (net.Conn, error){
			"unix": func() (net.Conn, error) { return h.DialUnix(t.Context(), path) },
			"tcp":  func() (net.Conn, error) { return h.DialTCP(t.Context(), tcp) },
		}
		if runtime.GOOS == "linux" {
			abstract := "pumatop-test-" + filepath.Base(filepath.Dir(path))
			listen(t, "unix", "@"+abstract, echo(nil))
			dials["abstract"] = func() (net.Conn, error) { return h.DialAbstract(t.Context(), abstract) }
		}
		for network, dial := range dials {
			for range 3 {
				got, err := exchange(dial())
				_, body, _ := bytes.Cut(got, []byte("\r\n\r\n"))
				if err != nil || !bytes.Equal(body, want) {
					t.Errorf("%s: %d bytes of %d, beginning with %.60q: %v", network, len(body), len(want), body, err)
				}
			}
		}
		if notes := h.Notes(); len(notes) != 1 || notes[0] != "polls go through a relay ("+program+") in one process" {
			t.Errorf("notes %q", notes)
		}
	})
}

func TestRelayRefuses(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		stale, file := socketIn(t, "stale.sock"), socketIn(t, "file")
		l := listen(t, "unix", stale, echo(nil))
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		_ = l.Close()
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		// What only the exchange finds out, as with the shell, the next dial knows.
		_, _ = exchange(h.DialUnix(t.Context(), stale))
		for path, want := range map[string]remote.Reason{
			"/run/pumatop/none.sock": remote.Missing, file: remote.NotSocket, stale: remote.Stale,
		} {
			_, err := h.DialUnix(t.Context(), path)
			var refused *remote.RefusedError
			var open *remote.OpenError
			if !errors.As(err, &refused) || refused.Refusal.Reason != want || !errors.As(err, &open) {
				t.Errorf("%s: %v, want %s", path, err, want)
			}
			if again := h.Explain(t.Context(), path, err); again != err {
				t.Errorf("%s is looked at again: %v", path, again)
			}
		}
		if _, err := exchange(h.DialTCP(t.Context(), "127.0.0.1:1")); err == nil || err.Error() != "box: nobody listens at 127.0.0.1:1" {
			t.Errorf("tcp: %v", err)
		}
	})
}

// A control socket that accepts and says nothing costs its caller the time he has, and the others nothing: at once with
// what carries streams, after the exchange's own limit with the shell.
func TestRelayOfHungSockets(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		path, hungPath := socketIn(t, "pumactl.sock"), socketIn(t, "hung.sock")
		listen(t, "unix", path, echo(nil))
		came, gone := make(chan struct{}, 100), make(chan struct{}, 100)
		listen(t, "unix", hungPath, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			came <- struct{}{}
			_, _ = io.Copy(io.Discard, c)
			gone <- struct{}{}
		})
		if _, err := exchange(h.DialUnix(t.Context(), path)); err != nil { // its start is not part of the limits below
			t.Fatal(err)
		}
		n := 20
		if !streams(program) {
			n = 1
		}
		var hung sync.WaitGroup
		for range n {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c, err := h.DialUnix(ctx, hungPath)
			if err != nil {
				t.Fatal(err)
			}
			hung.Go(func() {
				stop := context.AfterFunc(ctx, func() { _ = c.Close() })
				defer stop()
				_, _ = io.WriteString(c, pollText)
				if got, err := io.ReadAll(c); len(got) > 0 || err == nil {
					t.Errorf("hung: %q, %v", got, err)
				}
			})
		}
		for range n {
			<-came
		}
		if shown := showing(t, "token=f00d"); len(shown) > 0 {
			t.Errorf("the token is in %q", shown)
		}
		if _, err := exchange(h.DialUnix(t.Context(), path)); err != nil {
			t.Errorf("another: %v", err)
		}
		hung.Wait()
		for range n {
			<-gone // the host's side lets go of it
		}
	})
}

// showing are the processes whose arguments or environment have a text in them.
func showing(t *testing.T, text string) (files []string) {
	t.Helper()
	for _, name := range []string{"cmdline", "environ"} {
		all, err := filepath.Glob("/proc/[0-9]*/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range all {
			if content, err := os.ReadFile(file); err == nil && bytes.Contains(content, []byte(text)) {
				files = append(files, file)
			}
		}
	}
	return files
}

// An answer without end is cut, and so is the host's side of it.
func TestRelayOfEndlessAnswers(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		path := socketIn(t, "pumactl.sock")
		gone := make(chan struct{})
		listen(t, "unix", path, func(c net.Conn) {
			defer close(gone)
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
			for {
				if _, err := c.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		})
		got, err := exchange(h.DialUnix(t.Context(), path))
		if len(got) > 1<<20+64<<10 || err == nil || !strings.HasSuffix(err.Error(), "pumactl.sock: the answer is too long") {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		<-gone
	})
}

// Puma forks a worker while a control connection is open, and that keeps it open. An answer that says how long it is
// comes at once nevertheless, except with socat.
func TestRelayOfAnswersThatStayOpen(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		path := socketIn(t, "pumactl.sock")
		hold := make(chan struct{})
		defer close(hold)
		listen(t, "unix", path, echo(hold))
		c, err := h.DialUnix(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		began := time.Now()
		_, _ = io.WriteString(c, pollText)
		head := make([]byte, 100)
		if _, err := io.ReadFull(c, head); err != nil {
			t.Fatal(err)
		}
		if program != "socat" && time.Since(began) > 2*time.Second {
			t.Errorf("it took %s", time.Since(began))
		}
	})
}

// What is no plain request needs a stream: TLS, say.
func TestRelayOfTheShellTakesRequestsAlone(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		path := socketIn(t, "pumactl.sock")
		listen(t, "unix", path, func(c net.Conn) {
			buf := make([]byte, 5)
			_, _ = io.ReadFull(c, buf)
			_, _ = c.Write(append(buf, '!'))
			_ = c.Close()
		})
		c, err := h.DialUnix(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_, err = io.WriteString(c, "he")
		var relay *remote.RelayError
		if !streams(program) {
			if !errors.As(err, &relay) || remote.Remedy(err) == "" {
				t.Errorf("%v", err)
			}
			return
		}
		_, _ = io.WriteString(c, "llo")
		if got, err := io.ReadAll(c); string(got) != "hello!" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		big, _ := h.DialUnix(t.Context(), path)
		if _, err := big.Write(make([]byte, 9<<10)); err == nil {
			t.Error("a request of 9 KiB was taken")
		}
		_ = big.Close()
	})
}

// A host dies with its stdin: the relay, and what it holds.
func TestRelayEndsWithItsStdin(t *testing.T) {
	t.Parallel()
	eachRelay(t, func(t *testing.T, program string, h *remote.Host) {
		if !streams(program) {
			return // an exchange ends by its limit, see TestRelayOfHungSockets
		}
		path := socketIn(t, "pumactl.sock")
		gone := make(chan struct{})
		listen(t, "unix", path, func(c net.Conn) {
			_, _ = io.Copy(io.Discard, c)
			close(gone)
		})
		c, err := h.DialUnix(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, pollText)
		_ = h.Close()
		<-gone
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, remote.ErrLost) {
			t.Errorf("says %v", err)
		}
	})
}

// A host that has nothing says what would do.
func TestNothingToRelayWith(t *testing.T) {
	t.Parallel()
	h := relayedHost(t, "awk")
	_, err := h.DialUnix(t.Context(), "/run/puma.sock")
	var relay *remote.RelayError
	if !errors.As(err, &relay) || err.Error() != "box: the host has no ruby, python3, perl, curl or socat to relay with" ||
		!strings.HasPrefix(remote.Remedy(err), "install one of ruby") {
		t.Errorf("%v (%s)", err, remote.Remedy(err))
	}
}
