package actions_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote"
)

// wire sees what goes to the control sockets, and can keep an answer back.
type wire struct {
	mu       sync.Mutex
	commands []string // "web1.shop phased-restart", in order
	swallow  bool     // the answers to commands are lost
	scripts  []string // systemctl scripts, by host
}

// sent are the commands that reached a control socket.
func (w *wire) sent() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.commands)
}

func (w *wire) swallowAnswers() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.swallow = true
}

// tapped is a connection to a control socket with the wire in between.
type tapped struct {
	net.Conn
	wire    *wire
	host    string
	swallow bool
}

func (c *tapped) Write(b []byte) (int, error) {
	path, _, _ := strings.Cut(strings.TrimPrefix(string(b), "GET /"), "?")
	if path != "stats" {
		c.wire.mu.Lock()
		c.wire.commands = append(c.wire.commands, c.host+" "+path)
		c.swallow = c.wire.swallow
		c.wire.mu.Unlock()
	}
	return c.Conn.Write(b)
}

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.swallow {
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// machine is a host of the simulated fleet as the collector asks for it.
type machine struct {
	*remote.Host
	wire *wire
}

func (m machine) DialUnix(ctx context.Context, path string) (net.Conn, error) {
	c, err := m.Host.DialUnix(ctx, path)
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: c, wire: m.wire, host: m.Name()}, nil
}

func (m machine) Run(ctx context.Context, script string) ([]byte, error) {
	if strings.Contains(script, "reload-or-restart") {
		m.wire.mu.Lock()
		m.wire.scripts = append(m.wire.scripts, m.Name())
		m.wire.mu.Unlock()
	}
	return m.Host.Run(ctx, script)
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

// ops is pumatop without a screen, on a simulated fleet: it ends with its test, and synctest fails a test that leaves a
// goroutine behind.
type ops struct {
	*wire
	fleet     *pumatest.Fleet
	collector *collector.Collector
	runner    *actions.Runner
	pool      *remote.Pool
	end       context.CancelFunc
}

func watchOver(t *testing.T, fleet *pumatest.Fleet, timeout time.Duration, names ...string) *ops {
	t.Helper()
	return watchOverWith(t, fleet, actions.Options{Timeout: timeout}, names...)
}

func watchOverWith(t *testing.T, fleet *pumatest.Fleet, options actions.Options, names ...string) *ops {
	t.Helper()
	return watchOverNamed(t, fleet, options, nil, names...)
}

// watchOverNamed knows control apps besides, for hosts that show none.
func watchOverNamed(t *testing.T, fleet *pumatest.Fleet, options actions.Options, controls []collector.Control, names ...string) *ops {
	t.Helper()
	o := &ops{wire: &wire{}, fleet: fleet, pool: remote.NewPool(fleet.Options())}
	var sources []collector.Source
	for _, name := range names {
		h, err := o.pool.Host(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, collector.Source{Host: machine{h, o.wire}, Controls: controls})
	}
	var ctx context.Context
	ctx, o.end = context.WithCancel(t.Context())
	o.collector = collector.New(sources, collector.Options{})
	o.runner = actions.NewRunner(ctx, o.collector, options)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = o.collector.Run(ctx)
	}()
	t.Cleanup(func() {
		o.end()
		o.runner.Wait()
		<-over
		o.pool.Close()
	})
	return o
}

// target waits until a target is in a state, and returns it.
func (o *ops) target(t *testing.T, id collector.TargetID, state collector.State) collector.Snapshot {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if s, ok := o.collector.Fleet().Target(id); ok && s.State == state && (s.State != collector.Serving || s.Probed.Before(s.Answered)) {
			return s
		}
	}
	s, _ := o.collector.Fleet().Target(id)
	t.Fatalf("%s is %s (%s), want %s", id, s.State, s.Reason, state)
	return s
}

// plan plans for targets that are waited for.
func (o *ops) plan(t *testing.T, kind actions.Kind, orRestart bool, states map[collector.TargetID]collector.State, ids ...collector.TargetID) actions.Plan {
	t.Helper()
	var targets []collector.Snapshot
	for _, id := range ids {
		state := states[id]
		if state == "" {
			state = collector.Serving
		}
		targets = append(targets, o.target(t, id, state))
	}
	return actions.NewPlan(actions.Intent{Kind: kind, OrRestart: orRestart}, targets, time.Now())
}

// outcome runs a plan to its end.
func (o *ops) outcome(t *testing.T, p actions.Plan) actions.Progress {
	t.Helper()
	if len(p.Refused) > 0 {
		t.Fatalf("refused: %+v", p.Refused)
	}
	run := o.runner.Start(p)
	return finish(t, run)
}

func finish(t *testing.T, run *actions.Run) actions.Progress {
	t.Helper()
	var last actions.Progress
	for version := 0; ; version = last.Version {
		next, err := run.Next(context.Background(), version)
		if err == io.EOF {
			return last
		}
		if err != nil {
			t.Fatal(err)
		}
		if next.Version <= last.Version {
			t.Fatalf("version %d after %d", next.Version, last.Version)
		}
		if last = next; last.Done {
			return last // a lost target may be awaited for longer
		}
	}
}
