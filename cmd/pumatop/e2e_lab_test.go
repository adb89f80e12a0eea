//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests of the files e2e_*_test.go run the program against the lab: real hosts with systemd, sshd, nginx and Puma,
// which .ci/lab/lab brings up. They read its JSON by the names that the documentation gives, not by the program's
// types, and fail where there is no lab.

// lab runs a command of the lab's script and returns what it printed.
func lab(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := labCommand(ctx, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(string(exit.Stderr))
		}
		t.Fatalf("lab %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}

func labCommand(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "../../.ci/lab/lab", args...)
}

// sshConfig is the file that reaches the lab's hosts by name.
func sshConfig(t *testing.T) string { return lab(t, "ssh-config") }

// take has hosts for this test alone, over all processes that test on this lab, and lays each down anew: a good
// release, every worker booted, phase 0. Hosts are locked by name in order, so that no two tests wait for each other.
// KEY=VALUE among them are settings beside those of the fleet file.
func take(t *testing.T, hosts ...string) {
	t.Helper()
	dir := filepath.Dir(sshConfig(t))
	more := slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return !strings.Contains(h, "=") })
	hosts = slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return strings.Contains(h, "=") })
	for _, h := range slices.Sorted(slices.Values(hosts)) {
		file, err := os.OpenFile(filepath.Join(dir, "hosts", h, "test.lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatalf("lock %s: %v (is the lab up?)", h, err)
		}
		t.Cleanup(func() { _ = file.Close() })
		if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatalf("lock %s: %v", h, err)
		}
	}
	each(t, hosts, func(h string) {
		lab(t, append([]string{"set", h}, more...)...)
		lab(t, "reset", h)
		if delay := os.Getenv("PUMATOP_LAB_DELAY"); delay != "" {
			lab(t, "delay", h, delay)
		}
	})
	// what a test did to a host must not reach those that only look at it
	t.Cleanup(func() {
		for _, h := range hosts {
			_ = labCommand(context.Background(), "drop", h, "off").Run()
		}
	})
}

// each does f for all hosts at a time.
func each(t *testing.T, hosts []string, f func(host string)) {
	t.Helper()
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() { f(h) })
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// result is how a run of the program ended.
type result struct {
	out, err string
	exit     int
	ended    time.Time
}

// pumatop runs the program on the lab, without a terminal.
func pumatop(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t), append([]string{"-F", sshConfig(t)}, args...)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("pumatop %s: %v, %v", strings.Join(args, " "), err, ctx.Err())
	}
	return result{out.String(), errOut.String(), cmd.ProcessState.ExitCode(), time.Now()}
}

// program is the path of the binary under test: PUMATOP_BINARY, else this test binary as main_test.go has it.
func program(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PUMATOP_BINARY"); path != "" {
		return path
	}
	path, err := exec.LookPath("pumatop")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// statusDoc is the JSON of `pumatop status`, as far as the tests read it.
type statusDoc struct {
	Targets []targetDoc `json:"targets"`
}

type targetDoc struct {
	ID             string `json:"id"`
	Host           string `json:"host"`
	App            string `json:"app"`
	State          string `json:"state"`
	Error          string `json:"error"`
	Puma           string `json:"puma"`
	Mode           string `json:"mode"`
	PID            int    `json:"pid"`
	Phase          *int   `json:"phase"`
	Phased         string `json:"phased"`
	PhasedEvidence string `json:"phased_evidence"`
	Workers        *int   `json:"workers"`
	BootedWorkers  *int   `json:"booted_workers"`
	OldWorkers     *int   `json:"old_workers"`
	StartedAt      string `json:"started_at"`
	Unit           struct {
		Name   string `json:"name"`
		Scope  string `json:"scope"`
		Active string `json:"active"`
	} `json:"unit"`
	Release struct {
		Current string   `json:"current"`
		Running []string `json:"running"`
	} `json:"release"`
	Threads struct {
		InUse *int `json:"in_use"`
		Max   *int `json:"max"`
	} `json:"threads"`
	RSSBytes     *int64      `json:"rss_bytes"`
	WorkerStatus []workerDoc `json:"worker_status"`
}

type workerDoc struct {
	Index    int    `json:"index"`
	PID      *int   `json:"pid"`
	Booted   bool   `json:"booted"`
	InUse    *int   `json:"in_use"`
	RSSBytes *int64 `json:"rss_bytes"`
	Release  string `json:"release"`
}

// status asks for one snapshot and holds its exit code.
func status(t *testing.T, exit int, targets ...string) statusDoc {
	t.Helper()
	r := pumatop(t, append([]string{"status", "-o", "json"}, targets...)...)
	if r.exit != exit {
		t.Errorf("status %q exits with %d, want %d: %s%s", targets, r.exit, exit, r.err, pumatop(t, append([]string{"status"}, targets...)...).out)
	}
	return decode[statusDoc](t, r.out)
}

// target is the snapshot of a host that has one target.
func target(t *testing.T, exit int, host string) targetDoc {
	t.Helper()
	doc := status(t, exit, host)
	if len(doc.Targets) != 1 {
		t.Fatalf("%s has %d targets", host, len(doc.Targets))
	}
	return doc.Targets[0]
}

// reloadDoc is the JSON of `pumatop reload`.
type reloadDoc struct {
	Targets []verdictDoc `json:"targets"`
}

type verdictDoc struct {
	ID           string `json:"id"`
	Action       string `json:"action"`
	Via          string `json:"via"`
	Verdict      string `json:"verdict"`
	Exit         int    `json:"exit"`
	Reason       string `json:"reason"`
	Summary      string `json:"summary"`
	PhaseBefore  *int   `json:"phase_before"`
	PhaseAfter   *int   `json:"phase_after"`
	ImageChanged bool   `json:"image_changed"`
	Workers      []struct {
		Index   int      `json:"index"`
		OldPID  *int     `json:"old_pid"`
		NewPID  *int     `json:"new_pid"`
		Seconds *float64 `json:"seconds"`
	} `json:"workers"`
	Release struct {
		Before  string `json:"before"`
		After   string `json:"after"`
		Current string `json:"current"`
	} `json:"release"`
	Cost struct {
		Seconds        float64     `json:"seconds"`
		LowestCapacity int         `json:"lowest_capacity"`
		HighestQueue   *int        `json:"highest_queue"`
		Killed         []killedDoc `json:"killed"`
	} `json:"cost"`
	Evidence []string `json:"evidence"`
	Log      []string `json:"log"`
}

type killedDoc struct {
	Index    int  `json:"index"`
	PID      int  `json:"pid"`
	InFlight *int `json:"in_flight"`
}

// reload reloads one host, holds verdict and exit code, and returns the verdict.
func reload(t *testing.T, host, verdict string, exit int, flags ...string) verdictDoc {
	t.Helper()
	v, _ := timedReload(t, host, verdict, exit, flags...)
	return v
}

// timedReload is reload with the moment at which the program had ended.
func timedReload(t *testing.T, host, verdict string, exit int, flags ...string) (verdictDoc, time.Time) {
	t.Helper()
	v, r := anyReload(t, host, flags...)
	if v.Verdict != verdict || v.Exit != exit || r.exit != exit {
		t.Fatalf("reload %s is %s (%d), exit %d, want %s, %d:\n%s%s", host, v.Verdict, v.Exit, r.exit, verdict, exit, r.out, r.err)
	}
	if len(v.Evidence) == 0 && v.Verdict != "timed-out" || v.Summary == "" {
		t.Errorf("reload %s: %s without evidence", host, v.Verdict)
	}
	return v, r.ended
}

// anyReload reloads one host and takes whatever verdict comes.
func anyReload(t *testing.T, host string, flags ...string) (verdictDoc, result) {
	t.Helper()
	r := pumatop(t, append([]string{"reload", "--yes", "-o", "json", host}, flags...)...)
	doc := decode[reloadDoc](t, r.out)
	if len(doc.Targets) != 1 {
		t.Fatalf("reload %s gives %d verdicts, exit %d:\n%s%s", host, len(doc.Targets), r.exit, r.out, r.err)
	}
	return doc.Targets[0], r
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var doc T
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("decode: %v\n%s", err, text)
	}
	return doc
}

// pids are the workers' pids on a host, sorted.
func (d targetDoc) pids() []int {
	var pids []int
	for _, w := range d.WorkerStatus {
		if w.PID != nil {
			pids = append(pids, *w.PID)
		}
	}
	slices.Sort(pids)
	return pids
}

// number is a count of the JSON, -1 where it is null.
func number(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// current is the release that a host's link points to.
func current(t *testing.T, host string) string {
	t.Helper()
	return lab(t, "root", host, "readlink", "-f", "/srv/shop/current")
}

// poll asks until ok says so, for at most limit; it is for what no event tells.
func poll(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}
