package remote_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// hung is a control socket that accepts and says nothing.
func hung(string) (net.Conn, error) {
	client, server := sshtest.Pipe()
	go func() {
		_, _ = io.Copy(io.Discard, server)
		_ = server.Close()
	}()
	return client, nil
}

// A dead path answers nothing and closes nothing. Polls return at their own limit, the keepalive finds out after 10 s
// of silence and 5 s of waiting, and nothing is left behind: the bubble fails if a goroutine is.
func TestDeadPath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: script(nil), DialUnix: puma})
		h := f.connected(t, "web1")
		if _, err := ask(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		f.SetDeaf(true)
		began := time.Now()
		var polls sync.WaitGroup
		for range 100 {
			polls.Go(func() {
				took, err := within(t, 1500*time.Millisecond, func(ctx context.Context) error {
					_, err := ask(ctx, h)
					return err
				})
				if !errors.Is(err, context.DeadlineExceeded) || took != 1500*time.Millisecond {
					t.Errorf("poll: %v after %v", err, took)
				}
			})
		}
		polls.Wait()
		<-h.Done()
		if took := time.Since(began).Round(time.Second); took != 15*time.Second {
			t.Errorf("found out after %v", took)
		}
		if err := h.Err(); !errors.Is(err, remote.ErrLost) || err.Error() != "connection lost: nothing heard for 5s" {
			t.Errorf("says %v", err)
		}
		if _, err := ask(t.Context(), h); !errors.Is(err, remote.ErrLost) {
			t.Errorf("a poll afterwards: %v", err)
		}
	})
}

func TestSuspect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: script(nil), DialUnix: hung})
		h := f.connected(t, "web1")
		// Puma is hung, the link is fine: it stays.
		_, err := within(t, time.Second, func(ctx context.Context) error { _, err := ask(ctx, h); return err })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		h.Suspect()
		time.Sleep(4 * time.Second)
		if err := h.Err(); err != nil {
			t.Fatalf("a live link was closed: %v", err)
		}
		f.SetDeaf(true)
		began := time.Now()
		h.Suspect()
		<-h.Done()
		if took := time.Since(began).Round(100 * time.Millisecond); took != 3*time.Second {
			t.Errorf("found out after %v", took)
		}
	})
}

// A keepalive that is under way when something times out has no more than the shorter limit from then on.
func TestSuspectDuringKeepalive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.config["serveraliveinterval"] = []string{"30"}
		f.config["serveralivecountmax"] = []string{"2"}
		h := f.connected(t, "web1")
		f.SetDeaf(true)
		began := time.Now()
		time.Sleep(40 * time.Second) // asked at 30 s, with 60 s to answer
		h.Suspect()
		<-h.Done()
		if took := time.Since(began).Round(time.Second); took != 43*time.Second {
			t.Errorf("found out after %v", took)
		}
	})
}

// A busy stream is a sign of life: no keepalive is needed, and none is missed when its answer stands in a queue behind
// ten thousand log lines.
func TestAnyByteIsLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			for range 120 {
				time.Sleep(time.Second)
				_, _ = io.WriteString(s.Stdout, "line\n")
			}
			return 0
		})})
		h := f.connected(t, "web1")
		s, err := h.Stream(t.Context(), "journalctl -f")
		if err != nil {
			t.Fatal(err)
		}
		f.Ignore(true)
		h.Suspect()
		out, err := io.ReadAll(s.Stdout)
		if len(out) != 120*5 || err != nil || s.Err() != nil {
			t.Errorf("%d bytes, %v, %v", len(out), err, s.Err())
		}
		_ = s.Close()
	})
}

// A crash ends every blocked call at once, each with ErrLost, and the host can be connected again.
func TestKillAndReconnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{DialUnix: hung, Exec: sshtest.Shell(func(s *sshtest.Session) int {
			<-s.Context.Done()
			return 0
		})})
		h := f.connected(t, "web1")
		began := time.Now()
		stream, err := h.Stream(t.Context(), "tail -f")
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]func() error{
			"poll":   func() error { _, err := ask(t.Context(), h); return err },
			"run":    func() error { _, err := h.Run(t.Context(), "sleep 9"); return err },
			"stream": func() error { _, err := io.ReadAll(stream.Stdout); return err },
			"ending": stream.Err,
		}
		var blocked sync.WaitGroup
		for name, call := range calls {
			blocked.Go(func() {
				if err := call(); !errors.Is(err, remote.ErrLost) {
					t.Errorf("%s returned %v", name, err)
				}
			})
		}
		synctest.Wait()
		f.Kill()
		blocked.Wait()
		<-h.Done()
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if err := h.Err(); !errors.Is(err, remote.ErrLost) || err.Error() != "connection lost: the server ended it" {
			t.Errorf("says %v", err)
		}
		// x/crypto 0.52 span for ever on a request to a closed connection; here it would never return.
		h.Suspect()
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if h.Err() != nil || f.Logins() != 2 {
			t.Errorf("%v after %d logins", h.Err(), f.Logins())
		}
		_ = stream.Close()
	})
}

// Six scripts run on a connection at once; the seventh waits, and only as long as its caller.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			select {
			case <-s.Context.Done():
			case <-time.After(10 * time.Second):
			}
			return 0
		})})
		h := f.connected(t, "web1")
		for range 6 {
			if _, err := h.Stream(t.Context(), "sleep"); err != nil {
				t.Fatal(err)
			}
		}
		took, err := within(t, time.Second, func(ctx context.Context) error {
			_, err := h.Run(ctx, "x")
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
			t.Errorf("the seventh: %v after %v", err, took)
		}
	})
}

// A connection that ends under many callers leaves none of them behind, whatever they were about to do: x/crypto has a
// gap there, see openChannel.
func TestLossUnderCallers(t *testing.T) {
	t.Parallel()
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, sshtest.Options{Exec: script(map[string]string{"x": "y"}), DialUnix: puma})
			h := f.connected(t, "web1")
			var all sync.WaitGroup
			for range 30 {
				all.Go(func() {
					for {
						if _, err := ask(t.Context(), h); err != nil {
							return
						}
					}
				})
			}
			all.Go(func() {
				for range 20 {
					_, _ = h.Run(t.Context(), "x")
				}
				f.Kill()
			})
			all.Wait()
			if !errors.Is(h.Err(), remote.ErrLost) {
				t.Errorf("the host says %v", h.Err())
			}
		})
	}
}

// The places come back however a session ends.
func TestSessionsComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			if s.Command == "quick\n" {
				return 0
			}
			<-s.Context.Done()
			return 0
		})})
		h := f.connected(t, "web1")
		for range 10 {
			if _, err := h.Run(t.Context(), "quick"); err != nil {
				t.Fatal(err)
			}
			_, err := within(t, time.Second, func(ctx context.Context) error { _, err := h.Run(ctx, "slow"); return err })
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			s, err := h.Stream(t.Context(), "slow")
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			_ = s.Close()
			ctx, cancel := context.WithCancel(t.Context())
			if _, err = h.Stream(ctx, "slow"); err != nil {
				t.Fatal(err)
			}
			cancel()
		}
	})
}

func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shell := sshtest.Shell(func(s *sshtest.Session) int {
			_, _ = io.Copy(s.Stdout, s.Stdin) // a shell that reads requests and answers
			_, _ = io.WriteString(s.Stderr, "stdin ended\n")
			return 7
		})
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int {
			_, _ = io.WriteString(s.Stdout, "Last login: yesterday\n")
			return shell(s)
		}})
		s, err := f.connected(t, "web1").Stream(t.Context(), "cat")
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64)
		for _, request := range []string{"17 18\n", "17\n"} {
			if _, err := io.WriteString(s.Stdin, request); err != nil {
				t.Fatal(err)
			}
			if n, err := s.Stdout.Read(buf); string(buf[:n]) != request || err != nil {
				t.Errorf("asked %q, got %q, %v", request, buf[:n], err)
			}
		}
		// Close ends a read that is under way.
		var reading sync.WaitGroup
		reading.Go(func() {
			if _, err := s.Stdout.Read(buf); !errors.Is(err, net.ErrClosed) {
				t.Errorf("read after close: %v", err)
			}
		})
		synctest.Wait()
		_ = s.Close()
		reading.Wait()
	})
}

// TestStreamTellsItsEndAgain: what the script has complained of is read from the connection once.
func TestStreamTellsItsEndAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: script(nil)})
		s, err := f.connected(t, "web1").Stream(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				var exit *remote.ExitError
				if err := s.Err(); !errors.As(err, &exit) || exit.Stderr != "no such script" {
					t.Errorf("%v", err)
				}
			})
		}
		both.Wait()
		_ = s.Close()
	})
}

// The end of its context is the end of a stream, also on a host that no longer answers.
func TestStreamEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			<-s.Context.Done()
			return 0
		})})
		h := f.connected(t, "web1")
		took, err := within(t, 2*time.Second, func(ctx context.Context) error {
			s, err := h.Stream(ctx, "tail -f")
			if err != nil {
				return err
			}
			f.SetDeaf(true)
			_, err = io.ReadAll(s.Stdout)
			return err
		})
		if !errors.Is(err, net.ErrClosed) || took != 2*time.Second {
			t.Errorf("got %v after %v", err, took)
		}
	})
}

// A login whose start-up files never end gets 30 s.
func TestStreamStartIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{Exec: func(s *sshtest.Session) int {
			<-s.Context.Done()
			return 0
		}})
		h := f.connected(t, "web1")
		began := time.Now()
		_, err := h.Stream(t.Context(), "x")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}
