package collector_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/remote"
)

// machine is a host of the simulated fleet as the collector asks for it.
type machine struct {
	*remote.Host
	attempts *atomic.Int32 // to connect, all hosts together
}

func (m machine) Connect(ctx context.Context) error {
	if m.attempts != nil {
		m.attempts.Add(1)
	}
	return m.Host.Connect(ctx)
}

func (m machine) Stream(ctx context.Context, script string) (io.ReadWriteCloser, error) {
	s, err := m.Host.Stream(ctx, script)
	if err != nil {
		return nil, err
	}
	return duplex{s}, nil
}

// Explain: the simulated hosts refuse a socket for one reason only.
func (m machine) Explain(_ context.Context, path string, _ error) error {
	return fmt.Errorf("%w: %s", collector.ErrNoListener, path)
}

type duplex struct{ s *remote.Stream }

func (d duplex) Read(p []byte) (int, error)  { return d.s.Stdout.Read(p) }
func (d duplex) Write(p []byte) (int, error) { return d.s.Stdin.Write(p) }
func (d duplex) Close() error                { return d.s.Close() }

// collect collects from hosts until the test ends, when synctest looks for goroutines that stayed.
func collect(t *testing.T, options remote.Options, attempts *atomic.Int32, hosts ...string) *collector.Collector {
	t.Helper()
	return collectNamed(t, options, attempts, nil, hosts...)
}

// collectNamed knows control apps besides, for hosts that show none.
func collectNamed(t *testing.T, options remote.Options, attempts *atomic.Int32, controls []collector.Control, hosts ...string) *collector.Collector {
	t.Helper()
	pool := remote.NewPool(options)
	var sources []collector.Source
	for _, name := range hosts {
		h, err := pool.Host(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, collector.Source{Host: machine{h, attempts}, Controls: controls})
	}
	c := collector.New(sources, collector.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
		pool.Close()
	})
	return c
}

// await waits until a target is as it should be.
func await(t *testing.T, c *collector.Collector, id collector.TargetID, within time.Duration, so func(collector.Snapshot) bool) collector.Snapshot {
	t.Helper()
	var s collector.Snapshot
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		s, _ = c.Fleet().Target(id)
		if so(s) {
			return s
		}
	}
	t.Fatalf("after %s %s is %s: %s", within, id, s.State, s.Reason)
	return s
}

func is(state collector.State) func(collector.Snapshot) bool {
	return func(s collector.Snapshot) bool { return s.State == state }
}

// texts are the events of a target, or a host.
func texts(c *collector.Collector, id collector.TargetID) string {
	var out []string
	for _, e := range c.Fleet().Events {
		if e.Target == id {
			out = append(out, e.Text)
		}
	}
	return strings.Join(out, "\n")
}
