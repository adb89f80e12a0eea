package collector

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// patient is a host whose first connection waits for a person.
type patient struct {
	scripted
	waiting atomic.Bool
}

func (h *patient) Waiting() string {
	if h.waiting.Load() {
		return "waits for an answer: password"
	}
	return ""
}

func (h *patient) Connect(ctx context.Context) error {
	h.attempt++
	h.done = make(chan struct{})
	time.Sleep(time.Second)
	h.waiting.Store(true)
	defer h.waiting.Store(false)
	select {
	case <-time.After(time.Hour):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestPersonIsWaitedFor: an attempt that waits for an answer is not cut off, and the fleet says what it waits for.
func TestPersonIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &patient{}
		h.stream = func(context.Context) (io.ReadWriteCloser, error) { return nil, errors.New("no shell") }
		c := New([]Source{{Host: h}}, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { defer close(over); _ = c.Run(ctx) }()
		for _, want := range []struct {
			after   time.Duration
			waiting string
			up      bool
		}{
			{0, "", false}, {3 * time.Second, "waits for an answer: password", false},
			{time.Minute, "waits for an answer: password", false}, {time.Hour, "", true},
		} {
			time.Sleep(want.after)
			synctest.Wait()
			hosts := c.Fleet().Hosts
			if len(hosts) != 1 || hosts[0].Waiting != want.waiting || hosts[0].Connected != want.up || hosts[0].Err != "" && !want.up {
				t.Errorf("after %s more: %+v", want.after, hosts)
			}
		}
		cancel()
		<-over
		if h.attempt != 1 {
			t.Errorf("%d attempts", h.attempt)
		}
	})
}
