package remote_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// TestAtEnd: whoever asked is told once, of the connection that stood when it asked, and finds out why it ended.
func TestAtEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(f *fleet, h *remote.Host){
		"lost":             func(f *fleet, _ *remote.Host) { f.Kill() },
		"silent":           func(f *fleet, h *remote.Host) { f.SetDeaf(true); h.Suspect() },
		"the pool's close": func(f *fleet, _ *remote.Host) { go f.pool.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{})
				h := f.connected(t, "web1")
				var told, again atomic.Int64
				h.AtEnd(func() {
					if told.Add(1); !errors.Is(h.Err(), remote.ErrLost) {
						t.Errorf("told, while it is %v", h.Err())
					}
				})
				h.AtEnd(func() { again.Add(1) })
				time.Sleep(time.Minute)
				synctest.Wait()
				if told.Load() != 0 || again.Load() != 0 {
					t.Fatal("told of an end while the connection stands")
				}
				end(f, h)
				<-h.Done()
				synctest.Wait()
				if told.Load() != 1 || again.Load() != 1 {
					t.Errorf("told %d and %d times", told.Load(), again.Load())
				}
				late := make(chan struct{})
				h.AtEnd(func() { close(late) })
				<-late
			})
		})
	}
}

// TestAtEndOfNone is at once: there is no connection yet, or none any more.
func TestAtEndOfNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		h := f.host(t, "web1")
		told := make(chan struct{}, 1)
		tell := func() { told <- struct{}{} }
		h.AtEnd(tell)
		<-told
		if err := h.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.AtEnd(tell)
		synctest.Wait()
		if len(told) > 0 {
			t.Error("told of an end that is of the connection before")
		}
		_ = h.Close()
		<-told
		h.AtEnd(tell)
		<-told
	})
}

// TestAtEndOfLocal: this machine ends when its host is closed.
func TestAtEndOfLocal(t *testing.T) {
	t.Parallel()
	h := localHost(t)
	told := make(chan error, 1)
	h.AtEnd(func() { told <- h.Err() })
	if len(told) > 0 {
		t.Error("told too early")
	}
	_ = h.Close()
	if err := <-told; !errors.Is(err, remote.ErrLost) {
		t.Errorf("ended by %v", err)
	}
}
