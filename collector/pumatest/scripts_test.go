package pumatest

import (
	"bufio"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/remote"
)

// connect reaches one host of its own through a pool.
func connect(t *testing.T, h *Host) *remote.Host {
	t.Helper()
	pool := remote.NewPool(FleetOf(h).Options())
	t.Cleanup(pool.Close)
	r, err := pool.Host(h.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSamplerMeasuresMemoryAndQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 5, Config{Workers: 2, Uptime: time.Hour, Load: Load{Rate: 600, Service: 50 * time.Millisecond}})
		p := h.Puma(0)
		stream, err := connect(t, h).Stream(t.Context(), probe.SampleScript())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stream.Close() }()
		time.Sleep(time.Minute)
		if _, err := stream.Stdin.Write(probe.AppendSampleRequest(nil, []int{1, p.PID(), p.Worker(0)}, true, true)); err != nil {
			t.Fatal(err)
		}
		sample, err := probe.NewSampleReader(stream.Stdout).Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(sample.Processes) != 2 {
			t.Errorf("sampled %d processes, want the two that live", len(sample.Processes))
		}
		worker := sample.Processes[p.Worker(0)]
		if worker.RSS.N < 50*mega || worker.PSS.N >= worker.RSS.N || worker.CPU < time.Minute {
			t.Errorf("worker: %+v", worker)
		}
		// 600 requests a second need 30 threads of 50 ms; there are 10, and Puma 6 leaves the rest to the kernel.
		if q := sample.Queues["unix://"+p.site.socket()]; q != listenBacklog {
			t.Errorf("%d connections wait in the kernel, want its limit", q)
		}
	})
}

// TestLogSince is by the host's clock, whatever ours says.
func TestLogSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 5, Config{Workers: 2, Uptime: time.Hour})
		h.skew = time.Hour
		p := h.Puma(0)
		follow := func(past int, since time.Time) string {
			t.Helper()
			unit := probe.Unit{Name: "shop.service", Scope: probe.SystemScope}
			stream, err := connect(t, h).Stream(t.Context(), probe.LogScript(probe.Puma{}, unit, probe.LogQuery{Past: past, Since: since}))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = stream.Close() }()
			lines := bufio.NewScanner(stream.Stdout)
			if !lines.Scan() {
				t.Fatal("the log ended", lines.Err())
			}
			return lines.Text()
		}
		host := func() time.Time { return time.Now().Add(time.Hour) }
		before := host()
		p.Signal("USR1")
		time.Sleep(time.Minute)
		after := host()
		if line := follow(1000, before); !strings.Contains(line, "Starting phased worker restart, phase: 1") {
			t.Errorf("the first line since the request is %q", line)
		}
		if line := follow(1, before); strings.Contains(line, "Starting phased worker restart") {
			t.Errorf("one line of the past is %q", line)
		}
		go func() {
			time.Sleep(time.Second)
			p.Signal("USR1")
		}()
		if line := follow(1000, after); strings.Contains(line, "phase: 1") {
			t.Errorf("the first line since the restart is %q", line)
		}
	})
}

func TestLogIsFollowedAsItGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 5, Config{Workers: 2, Uptime: time.Hour})
		p := h.Puma(0)
		stream, err := connect(t, h).Stream(t.Context(), probe.LogScript(probe.Puma{}, probe.Unit{Name: "shop.service", Scope: probe.SystemScope}, probe.LogQuery{Past: 1}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stream.Close() }()
		lines := bufio.NewScanner(stream.Stdout)
		next := func() string {
			if !lines.Scan() {
				t.Fatal("the log ended", lines.Err())
			}
			return lines.Text()
		}
		if line := next(); !strings.Contains(line, "booted in") {
			t.Errorf("the last line of the past is %q", line)
		}
		p.DeployNew(Broken)
		p.Signal("USR1")
		want := []string{"Starting phased worker restart, phase: 1", "Changing to /srv/shop/current", "Stopping", "TERM sent",
			"! Unable to start worker", `key not found: "PAYMENT_API_KEY"`, "config/initializers/payment.rb:4"}
		for _, text := range want {
			if line := next(); !strings.Contains(line, text) {
				t.Errorf("line %q, want %q in it", line, text)
			}
		}
	})
}
