package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// exposedBy is what writePrometheus prints of a fleet, read back.
func exposedBy(t *testing.T, f collector.Fleet) (exposed, string) {
	t.Helper()
	var out bytes.Buffer
	if err := writePrometheus(&out, f); err != nil {
		t.Fatal(err)
	}
	x, err := parseExposition(out.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return x, out.String()
}

// TestPrometheusOfATarget holds every family, its name and its labels: dashboards and alerts rely on them.
func TestPrometheusOfATarget(t *testing.T) {
	t.Parallel()
	full := served("web1", func(s *collector.Snapshot) {
		s.Groups, s.Latency, s.Phased.Answer, s.Boots.Failed = []string{"web", "canary"}, 1500*time.Microsecond, puma.Yes, 0
		s.Stats.StartedAt, s.Stats.BootedWorkers, s.Stats.OldWorkers, s.Stats.Ruby = s.At.Add(-time.Hour), puma.Of(2), puma.Of(0), "ruby 3.3.8"
		s.OwnFacts().Current = "/srv/shop/releases/20261129"
		w := &s.Workers[0]
		w.Pool = puma.Pool{Backlog: puma.FigureOf(1), Running: puma.FigureOf(5), PoolCapacity: puma.FigureOf(2), MaxThreads: puma.FigureOf(5), RequestsCount: puma.Of(12345678)}
		w.CPU, w.Memory = collector.Rate{PerSecond: 42, Known: true}, puma.Of(262144000)
	})
	x, text := exposedBy(t, collector.Fleet{At: full.At, Targets: []*collector.Snapshot{full}, Hosts: []collector.HostStatus{{Name: "web1", Connected: true, Pumas: 1}}})
	const on, worker = `{target="web1/shop",host="web1",app="shop",group="web,canary"`, `{target="web1/shop",host="web1",app="shop",group="web,canary",worker="0"`
	for _, want := range []string{
		`pumatop_build_info{version="dev"} 1`,
		`pumatop_snapshot_timestamp_seconds 1795867200`,
		`pumatop_host_connected{host="web1"} 1`,
		`pumatop_host_targets{host="web1"} 1`,
		`pumatop_target_up` + on + `} 1`,
		`pumatop_target_state` + on + `,state="serving"} 1`,
		`pumatop_target_state` + on + `,state="crash-loop"} 0`,
		`pumatop_target_info` + on + `,puma="6.6.1",ruby="ruby 3.3.8",mode="cluster"} 1`,
		`pumatop_target_release_info` + on + `,release="20261128",running="yes",current="no"} 1`,
		`pumatop_target_release_info` + on + `,release="20261129",running="no",current="yes"} 1`,
		`pumatop_target_phased` + on + `,phased="yes"} 1`,
		`pumatop_target_phased` + on + `,phased="unknown"} 0`,
		`pumatop_target_start_time_seconds` + on + `} 1795863600`,
		`pumatop_target_sample_age_seconds` + on + `} 3`,
		`pumatop_target_poll_duration_seconds` + on + `} 0.0015`,
		`pumatop_target_phase` + on + `} 3`,
		`pumatop_target_workers` + on + `} 2`,
		`pumatop_target_workers_booted` + on + `} 2`,
		`pumatop_target_workers_old` + on + `} 0`,
		`pumatop_target_failed_boots` + on + `} 0`,
		`pumatop_target_threads_busy` + on + `} 3`,
		`pumatop_target_threads_max` + on + `} 10`,
		`pumatop_target_backlog` + on + `} 0`,
		`pumatop_target_listen_queue` + on + `} 0`,
		`pumatop_target_memory_bytes` + on + `,kind="pss"} 629145600`,
		`pumatop_worker_booted` + worker + `} 1`,
		`pumatop_worker_phase` + worker + `} 3`,
		`pumatop_worker_start_time_seconds` + worker + `} 1795863600`,
		`pumatop_worker_sample_age_seconds` + worker + `} 2`,
		`pumatop_worker_requests_total` + worker + `} 12345678`,
		`pumatop_worker_threads_busy` + worker + `} 3`,
		`pumatop_worker_threads_running` + worker + `} 5`,
		`pumatop_worker_threads_max` + worker + `} 5`,
		`pumatop_worker_backlog` + worker + `} 1`,
		`pumatop_worker_memory_bytes` + worker + `,kind="pss"} 262144000`,
		`pumatop_worker_cpu_ratio` + worker + `} 0.42`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("not there: %s\n%s", want, text)
		}
		name, _, _ := strings.Cut(want, " ")
		name, _, _ = strings.Cut(name, "{")
		delete(x.values, name)
	}
	for name := range x.values {
		t.Errorf("%s is in no test", name)
	}
}

// TestPrometheusLeavesOut what is not known, instead of a 0 that would be believed.
func TestPrometheusLeavesOut(t *testing.T) {
	t.Parallel()
	gone := served("web2", in(collector.Unreachable, "the connection ended", ""))
	bare := served("web3", func(s *collector.Snapshot) {
		s.Load, s.Latency, s.Stats.Phase, s.OwnFacts().Current = collector.Load{}, 0, puma.Count{}, ""
		s.Workers[1].Index, s.Workers[1].StartedAt = 0, s.Workers[0].StartedAt+puma.Moment(time.Minute) // a replacement beside what it replaces
		s.Workers[1].Memory, s.Workers[1].Booted = puma.Count{}, false
		s.Workers[0].Memory = puma.Count{}
	})
	x, text := exposedBy(t, collector.Fleet{At: bare.At, Targets: []*collector.Snapshot{gone, bare}, Hosts: []collector.HostStatus{
		{Name: "web2", Pumas: 1}, {Name: "web3", Connected: true, Pumas: 1}, {Name: "web4", Connected: true, Asked: true}, {Name: "web5", Asked: true, Err: "refused"}}})
	for _, name := range []string{"phase", "threads_busy", "threads_max", "backlog", "listen_queue", "memory_bytes", "poll_duration_seconds"} {
		if got := x.values["pumatop_target_"+name]; got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, name := range []string{"memory_bytes", "cpu_ratio", "requests_total", "backlog"} {
		if got := x.values["pumatop_worker_"+name]; got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	const of3 = `target="web3/shop",host="web3",app="shop"`
	for family, want := range map[string]map[string]float64{
		"pumatop_target_up": {`{target="web2/shop",host="web2",app="shop"}`: 0, "{" + of3 + "}": 1, `{target="web4",host="web4"}`: 0,
			`{target="web5",host="web5"}`: 0},
		"pumatop_target_workers":      {"{" + of3 + "}": 2},
		"pumatop_host_targets":        {`{host="web2"}`: 1, `{host="web3"}`: 1, `{host="web4"}`: 0},
		"pumatop_worker_booted":       {"{" + of3 + `,worker="0"}`: 0},
		"pumatop_target_release_info": {"{" + of3 + `,release="20261128",running="yes",current="unknown"}`: 1},
	} {
		if len(x.values[family]) != len(want) {
			t.Errorf("%s: %v, want %v\n%s", family, x.values[family], want, text)
		}
		for labels, v := range want {
			if got, found := x.values[family][labels]; !found || got != v {
				t.Errorf("%s%s is %v, want %v", family, labels, got, v)
			}
		}
	}
	if v := x.values["pumatop_target_state"][`{target="web4",host="web4",state="not-running"}`]; v != 1 {
		t.Errorf("web4 has no state:\n%s", text)
	}
}

// TestPrometheusOfAFleet: every state of the demo's fleet is read back, with hostile names beside them.
func TestPrometheusOfAFleet(t *testing.T) {
	t.Parallel()
	simulateWith(t, func(t *testing.T, on func(...string) sessionOptions) {
		var out bytes.Buffer
		err := runStatus(t.Context(), streams{strings.NewReader(""), &out, &out}, on("web1.shop", "web2.shop", "web3.shop", "api1.shop", "tools1.shop", "cms1.shop", "nohost.shop"),
			statusOptions{format: "prometheus", timeout: time.Minute})
		if code := codeFrom(t, err); code != 5 {
			t.Errorf("exit %d", code)
		}
		x, err := parseExposition(out.String())
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		states := map[string]float64{}
		for labels, v := range x.values["pumatop_target_state"] {
			target, _, _ := strings.Cut(labels, ",")
			states[target] += v
		}
		if len(states) != 9 {
			t.Errorf("%d targets: %v", len(states), states)
		}
		for target, n := range states {
			if n != 1 {
				t.Errorf("%s is in %v states", target, n)
			}
		}
		if got := len(x.values["pumatop_worker_requests_total"]); got < 16 || x.kinds["pumatop_worker_requests_total"] != counter {
			t.Errorf("%d workers count requests, as a %s", got, x.kinds["pumatop_worker_requests_total"])
		}
	})
}
