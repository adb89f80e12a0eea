//go:build lab

package remote_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pumatop/collector/remote"
)

// labConfig is the ssh_config of the lab (.ci/lab), whose fleet has to be up.
func labConfig(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PUMALAB_SSH_CONFIG"); path != "" {
		return path
	}
	return "/run/pumalab/ssh_config"
}

// labAddress is where a host of the lab is, as its configuration says.
func labAddress(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(labConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^Host ` + name + `\n\s*HostName (\S+)$`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("the lab has no %s", name)
	}
	return string(found[1])
}

// asBuilt lays all hosts down anew, once: whoever tested on them before may have set them up otherwise.
var asBuilt sync.Once

func labHost(t *testing.T, name string) *remote.Host {
	t.Helper()
	asBuilt.Do(func() {
		if os.Getenv("PUMATOP_TEST_VICTIM") != "" {
			return
		}
		var all sync.WaitGroup
		for _, h := range []string{"web1", "web2", "web3", "web4", "web5", "web6"} {
			all.Go(func() {
				lab(t, "set", h)
				lab(t, "reset", h)
			})
		}
		all.Wait()
	})
	pool := remote.NewPool(remote.Options{ConfigFile: labConfig(t)})
	t.Cleanup(pool.Close)
	h, err := pool.Host(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := h.Connect(ctx); err != nil {
		t.Fatalf("connect: %v (%s)", err, remote.Remedy(err))
	}
	return h
}

const controlSocket = "/srv/shop/shared/tmp/sockets/pumactl.sock"

// poll sends one request that needs no token and reads the status line.
func poll(ctx context.Context, h *remote.Host) (string, error) {
	c, err := h.DialUnix(ctx, controlSocket)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if _, err := io.WriteString(c, "GET /stats HTTP/1.1\r\nHost: puma\r\n\r\n"); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

// TestLabPolls is the regression test of the 44 ms trap: sshd before 10.1 leaves Nagle's algorithm on until the first
// session, so nine of ten polls on a connection without one take 44 ms.
func TestLabPolls(t *testing.T) {
	for _, name := range []string{"web1", "web2", "web3", "web4", "web5"} {
		t.Run(name, func(t *testing.T) {
			h := labHost(t, name)
			const n = 1000
			took := make([]time.Duration, 0, n)
			spent := cpuTime(t)
			for range n {
				began := time.Now()
				status, err := poll(t.Context(), h)
				if err != nil || !strings.HasPrefix(status, "HTTP/1.1 ") {
					t.Fatalf("poll: %q, %v", status, err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			t.Logf("median %v, 99th percentile %v, %v of CPU a poll", took[n/2], took[n*99/100], (cpuTime(t)-spent)/n)
			if took[n/2] > 10*time.Millisecond {
				t.Errorf("median %v: Nagle's algorithm is on", took[n/2])
			}
		})
	}
}

// cpuTime is what this process has used so far.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// lab runs a command of .ci/lab.
func lab(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "../../.ci/lab/lab", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("lab %q: %v\n%s", args, err, out)
	}
}

// TestLabDrop takes a host off the network and puts it back: the keepalive finds out, a connect fails in words, and
// the next one succeeds.
func TestLabDrop(t *testing.T) {
	const name = "web6"
	h := labHost(t, name)
	t.Cleanup(func() { lab(t, "drop", name, "off") })
	lab(t, "drop", name, "on")
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := h.Run(ctx, "true"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a script: %v", err)
	}
	h.Suspect()
	<-h.Done()
	t.Logf("found out after %v: %v", time.Since(began).Round(time.Millisecond), h.Err())
	if err := h.Err(); !errors.Is(err, remote.ErrLost) {
		t.Errorf("the host says %v", err)
	}
	err := h.Connect(t.Context())
	var dial *remote.DialError
	if !errors.As(err, &dial) || dial.Stage != "dial" || dial.Busy {
		t.Errorf("connect: %v", err)
	}
	t.Logf("connect: %v", err)
	lab(t, "drop", name, "off")
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(t.Context(), "true"); err != nil {
		t.Error(err)
	}
}

// TestLabOrphans starts a command that writes nothing from a process that is then killed: nothing is left on the host.
func TestLabOrphans(t *testing.T) {
	const name, marker = "web6", "4242421"
	if os.Getenv("PUMATOP_TEST_VICTIM") != "" {
		h := labHost(t, name)
		if _, err := h.Stream(t.Context(), watched("sleep "+marker)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("started")
		select {}
	}
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLabOrphans$")
	victim.Env = append(os.Environ(), "PUMATOP_TEST_VICTIM=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
		t.Fatalf("the victim says %q, %v", line, err)
	}
	h := labHost(t, name)
	running := func() bool {
		_, err := h.Run(t.Context(), "pgrep -x -f 'sleep "+marker+"'")
		return err == nil
	}
	if !running() {
		t.Fatal("the command does not run")
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	eventually(t, "the end of the command", func() bool { return !running() })
}

// TestLabDiagnose has the reasons that need a real sshd and another user.
func TestLabDiagnose(t *testing.T) {
	h := labHost(t, "web1")
	_, err := h.DialUnix(t.Context(), "/run/nothing.sock")
	var refused *remote.OpenError
	if !errors.As(err, &refused) || refused.Forbidden {
		t.Errorf("dial: %v", err)
	}
	for path, want := range map[string]remote.Reason{
		"/run/nothing.sock":    remote.Missing,
		"/etc/passwd":          remote.NotSocket,
		"/root/x/y.sock":       remote.DeniedDir,
		"/run/systemd/private": remote.Denied,
		"/run/systemd/notify":  remote.Stale, // a datagram socket: nobody accepts
	} {
		r, err := h.Diagnose(t.Context(), path)
		if err != nil || r.Reason != want {
			t.Errorf("%s: %+v, %v, want %s", path, r, err, want)
		}
		t.Logf("%s | %s", r, r.Remedy())
	}
}

// TestLabUnknownKey has ssh's strictness with a file that knows nobody.
func TestLabUnknownKey(t *testing.T) {
	text, err := os.ReadFile(labConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config")
	empty := filepath.Join(t.TempDir(), "known_hosts")
	lines := regexp.MustCompile(`(?m)UserKnownHostsFile .*$`).ReplaceAll(text, []byte("UserKnownHostsFile "+empty))
	if err := os.WriteFile(config, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	pool := remote.NewPool(remote.Options{ConfigFile: config})
	t.Cleanup(pool.Close)
	h, err := pool.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	err = h.Connect(t.Context())
	var unknown *remote.HostKeyUnknownError
	if !errors.As(err, &unknown) || unknown.File != empty {
		t.Errorf("got %v", err)
	}
}

// TestLabJump reaches hosts through one and two others, and through a ProxyCommand.
func TestLabJump(t *testing.T) {
	text, err := os.ReadFile(labConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	address := map[string]string{}
	var settings []string // of the lab's first host; all have the same
	for _, block := range strings.Split(string(text), "Host ")[1:] {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		address[lines[0]] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(lines[1]), "HostName"))
		settings = lines[2:]
	}
	config := filepath.Join(t.TempDir(), "config")
	lines := "Host one\n  HostName " + address["web2"] + "\n  ProxyJump web1\n" +
		"Host two\n  HostName " + address["web3"] + "\n  ProxyJump web1,web2\n" +
		"Host command\n  HostName " + address["web2"] + "\n  ProxyCommand ssh -F " + config + " -W %h:%p web1\n" +
		"Host one two command\n" + strings.Join(settings, "\n") + "\n" + string(text)
	if err := os.WriteFile(config, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := remote.NewPool(remote.Options{ConfigFile: config})
	t.Cleanup(pool.Close)
	for name, want := range map[string]string{"one": "web2", "two": "web3", "command": "web2"} {
		h, err := pool.Host(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Connect(t.Context()); err != nil {
			t.Errorf("%s: %v (%s)", name, err, remote.Remedy(err))
			continue
		}
		out, err := h.Run(t.Context(), "hostname")
		if got := strings.TrimSpace(string(out)); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %s", name, got, err, want)
		}
		began := time.Now()
		for range 100 {
			if _, err := poll(t.Context(), h); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: %v a poll", name, time.Since(began)/100)
	}
}
