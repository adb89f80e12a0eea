//go:build lab

package main

import (
	"bytes"
	"context"
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

// hostFile is what the lab notes of a host: its unit, its settings.
func hostFile(t *testing.T, host, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(sshConfig(t)), "hosts", host, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

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
	return pumatopWith(t, nil, args...)
}

// pumatopWith is pumatop with more in its environment.
func pumatopWith(t *testing.T, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := pumatopCommand(ctx, t, args...)
	cmd.Env = append(cmd.Env, env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("pumatop %s: %v, %v", strings.Join(args, " "), err, ctx.Err())
	}
	return result{out.String(), errOut.String(), cmd.ProcessState.ExitCode(), time.Now()}
}

// pumatopCommand is the program with a state directory of the test's own: what it records is not this login's.
func pumatopCommand(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, program(t), append([]string{"-F", sshConfig(t)}, args...)...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+stateHome(t))
	return cmd
}

// stateHomes are the state directories by test.
var stateHomes sync.Map

func stateHome(t *testing.T) string {
	t.Helper()
	if dir, found := stateHomes.Load(t); found {
		return dir.(string)
	}
	dir, _ := stateHomes.LoadOrStore(t, t.TempDir())
	return dir.(string)
}

// background is a run of the program that goes on while the test does something else.
type background struct {
	t      *testing.T
	cmd    *exec.Cmd
	cancel context.CancelFunc
	out    bytes.Buffer
	said   *cue
}

// inBackground starts the program and returns once it has written a text to stderr.
func inBackground(t *testing.T, text string, args ...string) *background {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	b := &background{t: t, cancel: cancel, said: &cue{text: text, seen: make(chan struct{})}}
	b.cmd = pumatopCommand(ctx, t, args...)
	b.cmd.Stdout, b.cmd.Stderr = &b.out, b.said
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.said.seen:
	case <-ctx.Done():
		t.Fatalf("pumatop %s did not say %q: %s", strings.Join(args, " "), text, b.said.all.String())
	}
	return b
}

// result waits for the end.
func (b *background) result() result {
	b.t.Helper()
	defer b.cancel()
	_ = b.cmd.Wait() // the caller looks at the exit code
	return result{b.out.String(), b.said.all.String(), b.cmd.ProcessState.ExitCode(), time.Now()}
}

// cue is a writer that tells when a text has been written.
type cue struct {
	text string
	seen chan struct{}
	all  bytes.Buffer
}

// Write keeps p, as os/exec's one goroutine gives it.
func (c *cue) Write(p []byte) (int, error) {
	before := strings.Contains(c.all.String(), c.text)
	c.all.Write(p)
	if !before && strings.Contains(c.all.String(), c.text) {
		close(c.seen)
	}
	return len(p), nil
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
