package remote_test

import (
	"context"
	"errors"
	"io"
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// TestFloodedBeforeItRuns: a session may be asked more than x/crypto keeps before its command has been answered. The
// command runs all the same, and whatever it is held up by, the end of the connection is told.
func TestFloodedBeforeItRuns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 17, 300} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, sshtest.Options{Exec: script(map[string]string{"": "out"}), Opened: func(c ssh.Channel) { flood(c, n) }})
			h := f.connected(t, "web1")
			took, err := within(t, 20*time.Second, func(ctx context.Context) error { _, err := h.Run(ctx, ""); return err })
			if took > 2*time.Second || err != nil {
				t.Errorf("asked %d times: %v after %v", n, err, took)
			}
			f.Kill()
			select {
			case <-h.Done():
			case <-time.After(time.Minute):
				t.Fatalf("asked %d times: the end is not told", n)
			}
		})
	}
}

// TestFloodedWhileItIsDoubted: who waits for a sign of life goes on to take what the server asks. Behind that may stand the
// sign itself, and the answers to all polls.
func TestFloodedWhileItIsDoubted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{DialUnix: puma, Forwarded: func(c ssh.Channel) { flood(c, 200) }, Exec: script(nil)})
		h := f.connected(t, "web1")
		f.Ignore(true)
		h.Suspect()
		for range 5 {
			took, err := within(t, 30*time.Second, func(ctx context.Context) error { _, err := ask(ctx, h); return err })
			if took > 2*time.Second || err != nil {
				t.Errorf("a poll took %v: %v", took, err)
			}
		}
	})
}

// TestAskedWhileItIsDoubted: a server that leaves our questions unanswered has answers to its own all the same.
func TestAskedWhileItIsDoubted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make(chan time.Duration, 1)
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			for range 10 {
				time.Sleep(time.Second)
				_, _ = io.WriteString(s.Stdout, "line\n")
			}
			began := time.Now()
			_, _ = s.Stdout.(ssh.Channel).SendRequest("keepalive@openssh.com", true, nil)
			took <- time.Since(began)
			return 0
		})})
		h := f.connected(t, "web1")
		s, err := h.Stream(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		f.Ignore(true)
		h.Suspect()
		_, _ = io.Copy(io.Discard, s.Stdout)
		if after := <-took; after > time.Second {
			t.Errorf("answered after %v", after)
		}
	})
}

// held is a connection that reads nothing while it is locked, and then a lot at once.
type held struct {
	net.Conn
	sync.RWMutex
	once atomic.Bool
}

func (h *held) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	h.RLock()
	defer h.RUnlock()
	if err == nil && h.once.CompareAndSwap(true, false) {
		more, errMore := h.Conn.Read(p[n:])
		return n + more, errMore
	}
	return n, err
}

// astray makes a channel of the server's one that the client does not know.
func astray(c ssh.Channel) {
	to := reflect.ValueOf(c).Elem().FieldByName("remoteId")
	*(*uint32)(unsafe.Pointer(to.UnsafeAddr())) = 1 << 20
}

// TestSenselessServer: x/crypto gives up a server that sends what makes no sense, and waits for ever to be rid of what came
// behind. It is not waited for. Nor are its goroutines, which no bubble would let be.
func TestSenselessServer(t *testing.T) {
	t.Parallel()
	var h *held
	f := newFleet(t, sshtest.Options{Exec: script(nil), DialUnix: hung, Forwarded: func(c ssh.Channel) {
		astray(c)
		h.Lock()
		defer h.Unlock()
		h.once.Store(true)
		for range 500 {
			_, _ = c.Write([]byte("x"))
		}
	}})
	f.wrap = func(c net.Conn) net.Conn { h = &held{Conn: c}; return h }
	host := f.connected(t, "web1")
	if took, err := within(t, time.Minute, func(ctx context.Context) error { _, err := ask(ctx, host); return err }); took > 5*time.Second {
		t.Errorf("a poll: %v after %v", err, took)
	}
	select {
	case <-host.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the end is not told")
	}
	if err := host.Err(); !errors.Is(err, remote.ErrLost) || err.Error() != "connection lost: what the server sent makes no sense" {
		t.Errorf("ended by %v", err)
	}
}

// stalled is a connection whose writes hang once it is full, until it is closed.
type stalled struct {
	net.Conn
	full   atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (s *stalled) Write(p []byte) (int, error) {
	if s.full.Load() {
		<-s.closed
		return 0, net.ErrClosed
	}
	return s.Conn.Write(p)
}

func (s *stalled) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Conn.Close()
}

// TestEndWhileWriting: a server may end its side while x/crypto hangs in a write to it, and then reads no further. In a
// bubble no time would pass, as x/crypto waits for a lock.
func TestEndWhileWriting(t *testing.T) {
	t.Parallel()
	var s *stalled
	upstream, puma := sshtest.Pipe()
	f := newFleet(t, sshtest.Options{Exec: script(nil), DialUnix: func(string) (net.Conn, error) { return upstream, nil }})
	f.wrap = func(c net.Conn) net.Conn { s = &stalled{Conn: c, closed: make(chan struct{})}; return s }
	h := f.connected(t, "web1")
	c, err := h.DialUnix(t.Context(), "/run/puma.sock")
	if err != nil {
		t.Fatal(err)
	}
	s.full.Store(true)
	_ = puma.Close()
	time.Sleep(100 * time.Millisecond)
	f.Kill()
	select {
	case <-h.Done():
	case <-time.After(5 * time.Second):
		t.Error("the end is not told")
	}
	_, _ = c.Close(), s.Close()
}

// TestGivenUpByCrypto: where x/crypto ends a connection by itself, as it does for a server that disconnects, its channels end
// before the wire does. That is no answer of a Puma's, nor a login without a shell.
func TestGivenUpByCrypto(t *testing.T) {
	t.Parallel()
	senseless := func(c ssh.Channel) {
		astray(c)
		_, _ = c.Write([]byte("x"))
	}
	early := false
	for name, ask := range map[string]func(ctx context.Context, h *remote.Host) error{
		"poll":   func(ctx context.Context, h *remote.Host) error { _, err := ask(ctx, h); return err },
		"run":    func(ctx context.Context, h *remote.Host) error { _, err := h.Run(ctx, ""); return err },
		"stream": func(ctx context.Context, h *remote.Host) error { _, err := h.Stream(ctx, ""); return err },
		"exec":   func(ctx context.Context, h *remote.Host) error { early = true; _, err := h.Run(ctx, ""); return err },
	} {
		for range 20 {
			early = false
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{DialUnix: hung, Forwarded: senseless, Exec: func(s *sshtest.Session) int {
					if s.Command != "true" {
						senseless(s.Stdout.(ssh.Channel))
					}
					return 0
				}, Opened: func(c ssh.Channel) {
					if early {
						senseless(c)
					}
				}})
				h := f.connected(t, "web1")
				took, err := within(t, time.Minute, func(ctx context.Context) error { return ask(ctx, h) })
				if !errors.Is(err, remote.ErrLost) || took > time.Second {
					t.Errorf("%s: %v after %v", name, err, took)
				}
			})
		}
	}
}

// TestCloseWhileAnEndIsJudged does not wait for what becomes of that. In a bubble who waits for a lock waits for ever.
func TestCloseWhileAnEndIsJudged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		upstream, puma := sshtest.Pipe()
		f := newFleet(t, sshtest.Options{Exec: script(nil), DialUnix: func(string) (net.Conn, error) { return upstream, nil }})
		c, err := f.connected(t, "web1").DialUnix(t.Context(), "/run/puma.sock")
		if err != nil {
			t.Fatal(err)
		}
		read := make(chan error, 1)
		go func() {
			_, err := c.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		_ = puma.Close()
		synctest.Wait()
		began := time.Now()
		if _ = c.Close(); time.Since(began) != 0 {
			t.Errorf("closed after %v", time.Since(began))
		}
		<-read
	})
}
