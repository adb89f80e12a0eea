//go:build lab

package main

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestCheckOnTheLab has `check` come to each of its results on real hosts, for each of the reasons that need one: load,
// a restart, a release that does not boot, a network that is down, a Puma without a control app.
func TestCheckOnTheLab(t *testing.T) {
	t.Parallel()
	take(t, "web3", "web4")
	of := func(severity string, exit int, contains string, args ...string) {
		t.Helper()
		r := pumatop(t, append([]string{"check"}, args...)...)
		first, _, _ := strings.Cut(r.out, "\n")
		if r.exit != exit || !strings.HasPrefix(first, "PUMATOP "+severity+" - ") || !strings.Contains(r.out, contains) || r.err != "" {
			t.Errorf("check %s: exit %d, want %d, %s and %q\n%s%s", strings.Join(args, " "), r.exit, exit, severity, contains, r.out, r.err)
		}
		if _, data, found := strings.Cut(first, " | "); !found || len(strings.Fields(data)) != 10 {
			t.Errorf("performance data of %s", first)
		}
	}
	lab(t, "reset", "web4")
	of("OK", 0, "releases=1;", "web4")                                           // which has just booted: a look from before tells nothing of its release
	both := []string{"--versions", "none", "--releases", "none", "web3", "web4"} // each host has its own
	of("OK", 0, "2 targets serving", both...)
	of("WARNING", 1, "versions 2 (4.3", "web3", "web4")
	of("WARNING", 1, "warning from 1MB", append([]string{"--memory", "1"}, both...)...)
	of("CRITICAL", 2, "critical from 2MB", append([]string{"--memory", "1,2"}, both...)...)
	of("WARNING", 1, "listen queue 0, warning outside 1:", append([]string{"--listen-queue", "1:"}, both...)...)

	load := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { load <- labCommand(ctx, "load", "web4", "12", "4000", "20").Run() }()
	poll(t, 20*time.Second, "web4 to be busy", func() bool {
		return strings.Contains(pumatop(t, "check", "web4").out, "CRITICAL web4/puma: utilisation 100%, critical from 90%")
	})
	of("CRITICAL", 2, "utilisation=100%;75;90;0;100", "web4")
	cancel()
	<-load

	lab(t, "deploy", "web3", "slow")
	onUnit(t, "web3", "reload puma --no-block")
	poll(t, 20*time.Second, "web3 to restart without an alarm", func() bool {
		r := pumatop(t, "check", "web3")
		if r.exit != 0 {
			t.Errorf("a restart that makes progress is an alarm: %s", r.out)
		}
		return strings.HasPrefix(r.out, "PUMATOP OK - 0 of 1 targets serving | ")
	})
	poll(t, 2*time.Minute, "web3 to have restarted", func() bool {
		return strings.HasPrefix(pumatop(t, "check", "web3").out, "PUMATOP OK - 1 target serving")
	})

	lab(t, "deploy", "web3", "broken")
	onUnit(t, "web3", "reload puma --no-block")
	poll(t, 60*time.Second, "web3 to be known to crash-loop", func() bool {
		return strings.HasPrefix(pumatop(t, "check", "web3").out, "PUMATOP CRITICAL - web3/puma: crash loop")
	})

	lab(t, "drop", "web4", "on")
	of("CRITICAL", 2, "web4: ", "web4")
	of("UNKNOWN", 3, "web4: ", "--unreachable", "unknown", "web4")
	lab(t, "drop", "web4", "off")
}

// TestCheckWithoutControlApp: what a Puma does not tell is UNKNOWN, not well.
func TestCheckWithoutControlApp(t *testing.T) {
	t.Parallel()
	take(t, "web4", "CONTROL=off")
	r := pumatop(t, "check", "web4")
	if r.exit != 3 || !strings.HasPrefix(r.out, "PUMATOP UNKNOWN - web4/puma: no control app") {
		t.Errorf("exit %d\n%s%s", r.exit, r.out, r.err)
	}
}

// TestPromtoolTakesTheMetrics: Prometheus's own tool finds no fault in the figures of real hosts, nor in those of a simulated
// fleet whose every state they tell. It is Debian's, from the package prometheus.
func TestPromtoolTakesTheMetrics(t *testing.T) {
	t.Parallel()
	take(t, "web3", "web4")
	r := pumatop(t, "status", "-o", "prometheus", "web3", "web4", "nohost")
	if r.exit != 5 || !strings.Contains(r.out, `pumatop_target_up{target="web3/puma",host="web3",app="puma"} 1`) ||
		!strings.Contains(r.out, `pumatop_target_up{target="nohost",host="nohost"} 0`) {
		t.Errorf("exit %d\n%s%s", r.exit, r.out, r.err)
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatalf("promtool is needed, from Debian's prometheus: %v", err)
	}
	for name, text := range map[string]string{"the lab": r.out, "a hostile name": strings.ReplaceAll(r.out, "web3", labelled("we\"b\\3\n{}"))} {
		cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
		cmd.Stdin = strings.NewReader(text)
		if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s: %v\n%s\n%s", name, err, said, text)
		}
	}
}

// labelled is a text as it stands in a label.
func labelled(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(labelText([]label{{"x", s}}), `{x="`), `"}`)
}

// TestWatchOnTheLab follows a reload in lines: the worker processes that it names are those of the host.
func TestWatchOnTheLab(t *testing.T) {
	t.Parallel()
	take(t, "web3")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := pumatopCommand(ctx, t, "status", "--watch", "-o", "jsonl", "-i", "500ms", "web3")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	type line struct {
		Event, Target, State string
		Changed              []string
		Phase                *int
		WorkerStatus         []struct{ PID, Phase int } `json:"worker_status"`
	}
	dec, last, asked := json.NewDecoder(out), line{}, false
	for !asked || last.State != "serving" || last.Phase == nil || *last.Phase != 1 {
		var next line
		if err := dec.Decode(&next); err != nil {
			t.Fatalf("after %+v: %v", last, err)
		}
		last = next
		if !asked {
			asked = true
			lab(t, "deploy", "web3")
			onUnit(t, "web3", "reload puma --no-block")
		}
	}
	_ = out.Close() // as head does
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitClosedPipe {
		t.Errorf("it ends with %v", err)
	}
	told := map[int]bool{}
	for _, w := range last.WorkerStatus {
		told[w.PID] = w.Phase == 1
	}
	for pid := range lookAt(t, "web3").workers {
		if !told[pid] {
			t.Errorf("worker %d of the host is not told of: %+v", pid, last.WorkerStatus)
		}
	}
}
