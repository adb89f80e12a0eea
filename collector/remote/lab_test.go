//go:build lab

package remote_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"slices"
	"strings"
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

func labHost(t *testing.T, name string) *remote.Host {
	t.Helper()
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
			for range n {
				began := time.Now()
				status, err := poll(t.Context(), h)
				if err != nil || !strings.HasPrefix(status, "HTTP/1.1 ") {
					t.Fatalf("poll: %q, %v", status, err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			t.Logf("median %v, 99th percentile %v", took[n/2], took[n*99/100])
			if took[n/2] > 10*time.Millisecond {
				t.Errorf("median %v: Nagle's algorithm is on", took[n/2])
			}
		})
	}
}
