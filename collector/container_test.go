package collector

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// boxes is a host with containers: what a probe of it prints, and the addresses that answer.
type boxes struct {
	scripted
	mu      sync.Mutex
	running []box
	blind   string // what no look inside is had of: "inspect" or "exec"
	own     string // an address of the host's own that answers
	dialled map[string]int
}

// box is a container with a Puma of two workers, whose pids are those of every other.
type box struct {
	id, version, address string
	made                 time.Time
	loopback             bool
}

func (b box) report() probe.RawContainer {
	control := "tcp://0.0.0.0:9293"
	if b.loopback {
		control = "tcp://127.0.0.1:9293"
	}
	inner := probe.Report{Clock: time.Now(), Login: "uid=1000(rails)", Processes: []probe.RawProcess{
		{PID: 1, Title: "puma 6.6.0 (tcp://0.0.0.0:3000) [rails]", Cwd: "/rails", UID: 1000, User: "rails", States: []probe.StateFile{{
			From: "config", Verdict: "read", Stamp: "1 2 " + b.id, Path: "/rails/tmp/pids/puma.state",
			Text: []string{"---", "pid: 1", "control_url: " + control, "control_auth_token: literal", `running_from: "/rails"`},
		}}},
		{PID: 12, Title: "puma: cluster worker 0: 1 [rails]", Cwd: "/rails"},
		{PID: 16, Title: "puma: cluster worker 1: 1 [rails]", Cwd: "/rails"},
	}}
	return probe.RawContainer{
		ID: b.id, Engine: "docker", Inside: strings.Split(string(inner.Encode()), "\n"),
		Properties: []string{
			fmt.Sprintf("name=%q", "/shop-web-"+b.version), `service="shop"`, `role="web"`, fmt.Sprintf("env=%q", "KAMAL_VERSION="+b.version),
			fmt.Sprintf("created=%q", b.made.Format(time.RFC3339Nano)), fmt.Sprintf("address=%q", b.address), `network="kamal"`,
		},
	}
}

func (h *boxes) set(running ...box) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = running
}

func (h *boxes) Run(context.Context, string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := probe.Report{Clock: time.Now(), Login: "uid=1500(deploy)"}
	for i, b := range h.running {
		for j, pid := range []int{1, 12, 16} {
			title := "puma 6.6.0 (tcp://0.0.0.0:3000) [rails]"
			if j > 0 {
				title = fmt.Sprintf("puma: cluster worker %d: 1 [rails]", j-1)
			}
			r.Processes = append(r.Processes, probe.RawProcess{PID: 1000*(i+1) + pid, Title: title, Inner: pid, Box: b.id})
		}
		switch report := b.report(); h.blind {
		case "inspect":
		case "exec":
			report.Inside = nil
			r.Containers = append(r.Containers, report)
		default:
			r.Containers = append(r.Containers, report)
		}
	}
	return r.Encode(), nil
}

func (h *boxes) DialTCP(_ context.Context, addr string) (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.running {
		if net.JoinHostPort(b.address, "9293") == addr || h.own == addr {
			h.dialled[addr]++
			ours, theirs := net.Pipe()
			go answer(theirs, b)
			return ours, nil
		}
	}
	return nil, ErrNoListener
}

// answer is the control app of a container.
func answer(c net.Conn, b box) {
	defer c.Close()
	_, _ = c.Read(make([]byte, 4096))
	worker := func(index, pid int) string {
		at := b.made.UTC().Format(time.RFC3339)
		return fmt.Sprintf(`{"started_at":%q,"pid":%d,"index":%d,"phase":0,"booted":true,"last_checkin":%q,"last_status":{"backlog":0,"running":3,`+
			`"pool_capacity":3,"max_threads":3,"requests_count":0}}`, at, pid, index, at)
	}
	body := fmt.Sprintf(`{"started_at":%q,"workers":2,"phase":0,"booted_workers":2,"old_workers":0,"worker_status":[%s,%s]}`,
		b.made.UTC().Format(time.RFC3339), worker(0, 12), worker(1, 16))
	_, _ = fmt.Fprintf(c, "HTTP/1.0 200 OK\r\ncontent-length: %d\r\n\r\n%s", len(body), body)
}

// TestDeployOfContainers is what Kamal does: a second container boots beside the first, which is then drained and ended.
// The target stays the one that was made last, and the other is a row of its own for as long as it runs.
func TestDeployOfContainers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &boxes{dialled: map[string]int{}}
		h.connect = func(int) error { return nil }
		h.stream = func(context.Context) (io.ReadWriteCloser, error) { return nil, io.EOF }
		first := box{id: strings.Repeat("a", 64), version: "1111", address: "172.18.0.2", made: time.Now().Add(-time.Hour)}
		h.set(first)
		c := New([]Source{{Host: h}}, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- c.Run(ctx) }()
		defer func() { cancel(); <-over }()
		rows := func() string {
			var out []string
			for _, s := range c.Fleet().Targets {
				out = append(out, fmt.Sprintf("%s %s %s", s.App, s.State, strings.Join(s.Releases(), " ")))
			}
			return strings.Join(out, ", ")
		}
		look := func(want string) {
			t.Helper()
			c.Refresh()
			time.Sleep(3 * time.Second)
			if got := rows(); got != want {
				t.Errorf("the fleet is %s, want %s", got, want)
			}
		}
		look("shop-web serving 1111")
		second := box{id: strings.Repeat("b", 64), version: "2222", address: "172.18.0.3", made: time.Now()}
		h.set(first, second)
		look("shop-web serving 2222, shop-web-old serving 1111")
		h.mu.Lock()
		dialled := maps.Clone(h.dialled)
		h.mu.Unlock()
		if dialled["172.18.0.2:9293"] == 0 || dialled["172.18.0.3:9293"] == 0 {
			t.Errorf("dialled %v", dialled)
		}
		s, _ := c.Fleet().Target("web1/shop-web")
		if s.Restarts != 1 || s.Facts().Container.ID != second.id {
			t.Errorf("%d restarts, container %s", s.Restarts, s.Facts().Container.ID)
		}
		h.set(second)
		look("shop-web serving 2222")
		saysOf(t, c, "another container has taken its place: shop-web-2222, before shop-web-1111", "workers run 2222, before 1111")
		h.set()
		c.Refresh()
		time.Sleep(3 * time.Second)
		s, _ = c.Fleet().Target("web1/shop-web")
		if s.State != NotRunning || s.Reason != "container shop-web-2222 has stopped, or is gone" || !strings.Contains(s.Remedy, "kamal app boot") {
			t.Errorf("%s: %s: %s", s.State, s.Reason, s.Remedy)
		}
	})
}

// TestContainerThatCannotBeLookedInto: an engine that does not answer in time, or an exec that does not, is no end of a
// container whose process is there.
func TestContainerThatCannotBeLookedInto(t *testing.T) {
	t.Parallel()
	for _, blind := range []string{"inspect", "exec"} {
		t.Run(blind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &boxes{dialled: map[string]int{}}
				h.connect = func(int) error { return nil }
				h.stream = func(context.Context) (io.ReadWriteCloser, error) { return nil, io.EOF }
				h.set(box{id: strings.Repeat("a", 64), version: "1111", address: "172.18.0.2", made: time.Now().Add(-time.Hour)})
				c := New([]Source{{Host: h}}, Options{})
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan error)
				go func() { over <- c.Run(ctx) }()
				defer func() { cancel(); <-over }()
				time.Sleep(5 * time.Second)
				seen, _ := c.Fleet().Target("web1/shop-web")
				h.mu.Lock()
				h.blind = blind
				h.mu.Unlock()
				time.Sleep(2 * time.Minute)
				f := c.Fleet()
				s, _ := f.Target("web1/shop-web")
				if len(f.Targets) != 1 || s.State != Serving || s.Facts().PID != 1 || !s.Probed.Equal(seen.Probed) && s.Probed.Sub(seen.Probed) > 30*time.Second {
					t.Errorf("%d targets, %s (%s), master %d, probed %s after the last look inside", len(f.Targets), s.State, s.Reason, s.Facts().PID, s.Probed.Sub(seen.Probed))
				}
				h.set()
				time.Sleep(time.Minute)
				if s, _ := c.Fleet().Target("web1/shop-web"); s.State != NotRunning {
					t.Errorf("after its end it is %s", s.State)
				}
			})
		})
	}
}

// TestContainerStartedAgain is no full restart of Puma's: the host says who started it.
func TestContainerStartedAgain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	before := Snapshot{facts: &probe.Puma{Container: probe.Container{ID: "a", Engine: "docker", Name: "shop-web", Started: at, Restarts: puma.Of(1)}}}
	for _, tc := range []struct {
		name    string
		started time.Time
		count   int64
		want    string
	}{
		{"by docker", at.Add(time.Hour), 2, "container shop-web ended and docker has started it again, 2 restarts so far"},
		{"by a person", at.Add(time.Hour), 0, "container shop-web was started again"},
		{"not seen yet", at, 1, "another image of the master"},
	} {
		now := before
		now.Restarts++
		f := now.OwnFacts()
		f.Container.Started, f.Container.Restarts = tc.started, puma.Of(tc.count)
		if got := changes(&before, &now); len(got) != 1 || got[0].Text != tc.want || got[0].Kind != ImageChanged {
			t.Errorf("%s: %+v, want %q", tc.name, got, tc.want)
		}
	}
}

// TestHostsOwnAddressBesideAContainer: what listens on the host's loopback is another Puma than the one that has the same
// address inside its container.
func TestHostsOwnAddressBesideAContainer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &boxes{own: "127.0.0.1:9293", dialled: map[string]int{}}
		h.connect = func(int) error { return nil }
		h.stream = func(context.Context) (io.ReadWriteCloser, error) { return nil, io.EOF }
		h.set(box{id: strings.Repeat("a", 64), version: "1111", address: "172.18.0.2", made: time.Now(), loopback: true})
		address := puma.Address{Network: puma.TCP, Name: "127.0.0.1:9293"}
		c := New([]Source{{Host: h, Controls: []Control{{App: "admin", Address: address}}}}, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- c.Run(ctx) }()
		defer func() { cancel(); <-over }()
		time.Sleep(2 * time.Minute)
		if s, ok := c.Fleet().Target("web1/admin"); !ok || s.State != Serving || !s.Unseen {
			t.Errorf("the host's own is %s: %s", s.State, s.Reason)
		}
		if s, ok := c.Fleet().Target("web1/shop-web"); !ok || s.State != NoControl {
			t.Errorf("the container's is %s: %s", s.State, s.Reason)
		}
	})
}

// saysOf expects events of the target.
func saysOf(t *testing.T, c *Collector, wants ...string) {
	t.Helper()
	var texts []string
	for _, e := range c.Fleet().Events {
		if e.Target == "web1/shop-web" {
			texts = append(texts, e.Text)
		}
	}
	for _, want := range wants {
		if !slices.Contains(texts, want) {
			t.Errorf("it does not say %q:\n%s", want, strings.Join(texts, "\n"))
		}
	}
}

// TestMemoryOfContainers: the kernel's figures are by the host's pids, Puma's by those of the container. Another process
// of the host must not lend its memory to a worker of the same number.
func TestMemoryOfContainers(t *testing.T) {
	t.Parallel()
	k := newTrack("web1", "shop-web")
	k.up(true, nil, time.Time{})
	f := facts(1)
	f.PID, f.Listeners = 1, []string{"tcp://0.0.0.0:3000"}
	f.Workers = []probe.Process{{PID: 12}, {PID: 16, Index: 1}}
	f.Container = probe.Container{ID: "a", Engine: "docker", PIDs: map[int]int{1: 1001, 12: 1012, 16: 1016}}
	k.probe(f, after(-1), after(-1), 0)
	s := puma.Stats{Mode: puma.Cluster, StartedAt: after(-60), Phase: puma.Of(0)}
	for i, pid := range []int{12, 16, 20} { // no probe has seen the last one
		s.Workers = append(s.Workers, puma.Worker{Index: i, PID: pid, Booted: true, CheckedIn: true})
	}
	k.answer(s, after(0), time.Millisecond)
	asked := map[int]bool{}
	k.pids(asked)
	if got := fmt.Sprint(slices.Sorted(maps.Keys(asked))); got != "[1001 1012 1016]" {
		t.Errorf("asked of the kernel: %s", got)
	}
	usage := map[int]probe.Usage{
		1: {RSS: puma.Of(1)}, 12: {RSS: puma.Of(2)}, 20: {RSS: puma.Of(3)}, // the host's own
		1001: {RSS: puma.Of(100)}, 1012: {RSS: puma.Of(200)},
	}
	k.sample(probe.Sample{Processes: usage, Queues: map[string]int64{"tcp://0.0.0.0:3000": 7}}, map[int]bool{1001: true, 1012: true, 1016: true}, after(0))
	snap := k.snapshot(after(0), DefaultInterval)
	for i, want := range []puma.Count{puma.Of(200), {}, {}} {
		if got := snap.Workers[i].Memory; got != want {
			t.Errorf("worker %d has %v, want %v", i, got, want)
		}
	}
	if snap.Load.Memory.Known || snap.Load.ListenQueue.Known {
		t.Errorf("load is %+v", snap.Load)
	}
	if fmt.Sprint(k.dead) != "[16]" {
		t.Errorf("dead are %v", k.dead)
	}
}

// TestControlAppInside says how it could be reached where the inside of its container alone reaches it.
func TestControlAppInside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &boxes{dialled: map[string]int{}}
		h.connect = func(int) error { return nil }
		h.stream = func(context.Context) (io.ReadWriteCloser, error) { return nil, io.EOF }
		h.set(box{id: strings.Repeat("a", 64), version: "1111", address: "172.18.0.2", made: time.Now(), loopback: true})
		c := New([]Source{{Host: h}}, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- c.Run(ctx) }()
		time.Sleep(5 * time.Second)
		s, _ := c.Fleet().Target("web1/shop-web")
		if s.State != NoControl || !strings.HasSuffix(s.Reason, "the control app listens on tcp://127.0.0.1:9293 inside container shop-web-1111, reached by docker exec only: "+
			"this way to the host leads to no relay there") ||
			!strings.HasPrefix(s.Remedy, "let activate_control_app listen on tcp://0.0.0.0:PORT") {
			t.Errorf("%s: %s: %s", s.State, s.Reason, s.Remedy)
		}
		cancel()
		<-over
	})
}
