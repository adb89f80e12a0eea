package pumatest

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
	"pumatop/collector/remote/sshtest"
)

// login opens an SSH connection to a simulated host, as any client would.
func loginTo(t *testing.T, h *Host) *ssh.Client {
	t.Helper()
	c, err := h.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, channels, requests, err := ssh.NewClientConn(c, h.Name(), &ssh.ClientConfig{
		User: login, Auth: []ssh.AuthMethod{ssh.PublicKeys(sshtest.NewKey())}, HostKeyCallback: ssh.FixedHostKey(h.HostKey()),
	})
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(conn, channels, requests)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// script runs a script the way collector/remote hands one over.
func script(t *testing.T, client *ssh.Client, text string) (string, error) {
	t.Helper()
	s, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out bytes.Buffer
	s.Stdout = &out
	s.Stdin = strings.NewReader("{ echo mark\n" + text + "exit; } # mark\n")
	err = s.Run("exec /bin/sh -s")
	return strings.TrimPrefix(out.String(), "mark\n"), err
}

// controlOf is a client of a Puma's control socket, each request over a channel of its own.
func controlOf(client *ssh.Client, p *Puma) *puma.Client {
	var token string
	p.t.do(func() { token = p.token })
	dial := func(ctx context.Context) (net.Conn, error) { return client.DialContext(ctx, "unix", p.site.control()) }
	return puma.NewClient(dial, puma.NewToken(token))
}

func TestHostAnswersProbeAndStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 3, Uptime: time.Hour, Phase: 2, Load: Load{Rate: 60, Swing: 0.5}})
		client := loginTo(t, h)
		out, err := script(t, client, probe.Script(probe.Want{}))
		if err != nil {
			t.Fatal(err)
		}
		report, err := probe.Decode([]byte(out))
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Units) != 1 || len(report.Processes) != 4 {
			t.Fatalf("found %d units and %d processes, want 1 and 4", len(report.Units), len(report.Processes))
		}
		p := h.Puma(0)
		stats, err := controlOf(client, p).Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !stats.AllServing() || stats.Phase != puma.Of(2) || len(stats.Workers) != 3 || stats.Puma != "6.6.1" {
			t.Errorf("stats = %+v", stats)
		}
		for i, w := range stats.Workers {
			if w.PID != p.Worker(i) || w.Pool.RequestsCount.N < 1000 {
				t.Errorf("worker %d: pid %d of %d, %v requests in an hour", i, w.PID, p.Worker(i), w.Pool.RequestsCount)
			}
		}
		if _, err := script(t, client, "uname -a\n"); err == nil {
			t.Error("an unknown command succeeded")
		}
	})
}
