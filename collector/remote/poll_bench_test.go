package remote_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// serverVariable names the socket at which the test's own program is a server, for benchmarks that count what the
// client alone makes and keeps.
const serverVariable = "PUMATOP_TEST_SERVER"

// benchedAnswer is as long as that of a Puma with 16 workers.
var benchedAnswer = "HTTP/1.0 200 OK\r\nContent-Length: 4096\r\n\r\n" + strings.Repeat("x", 4096)

// beServer says who it is and serves until its stdin ends.
func beServer(path string) {
	l, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	s := sshtest.New(sshtest.Options{
		Exec: sshtest.Shell(func(s *sshtest.Session) int { _, _ = io.Copy(s.Stdout, s.Stdin); return 0 }),
		DialUnix: func(string) (net.Conn, error) {
			client, server := sshtest.Pipe()
			go func() {
				if _, err := bufio.NewReader(server).ReadString('\n'); err == nil {
					_, _ = io.WriteString(server, benchedAnswer)
				}
				_ = server.Close()
			}()
			return client, nil
		},
	})
	go func() { _ = s.Serve(l) }()
	fmt.Print(s.KnownHosts("*"))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// benched is a pool all of whose hosts are one server in another process.
func benched(b *testing.B) *remote.Pool {
	b.Helper()
	path := filepath.Join(b.TempDir(), "s")
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), serverVariable+"="+path)
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := cmp.Or(inErr, outErr, cmd.Start()); err != nil {
		b.Fatal(err)
	}
	known, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	pool := remote.NewPool(remote.Options{
		Resolve: func(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
			return sshconfig.Config{"hostname": {q.Host}, "user": {"deploy"}, "port": {"22"}}, nil
		},
		Dial:       func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) },
		KnownHosts: []byte(known),
	})
	b.Cleanup(func() {
		pool.Close()
		_ = in.Close()
		_ = cmd.Wait()
	})
	return pool
}

func benchedHost(b *testing.B, p *remote.Pool, name string) *remote.Host {
	b.Helper()
	h, err := p.Host(name)
	if err == nil {
		err = h.Connect(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// BenchmarkPoll is one poll, as the collector has it, without what Puma's answer costs.
func BenchmarkPoll(b *testing.B) {
	h := benchedHost(b, benched(b), "web1")
	request := []byte("GET /stats?token=x HTTP/1.0\r\nHost: localhost\r\n\r\n")
	buf := make([]byte, 8<<10)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		c, err := h.DialUnix(ctx, "/srv/app/shared/tmp/sockets/pumactl.sock")
		if err == nil {
			_, err = c.Write(request)
		}
		if err == nil {
			_, err = io.ReadFull(c, buf[:len(benchedAnswer)])
		}
		if err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
	}
}

// BenchmarkConnected is what a host costs that is connected, with a sampler, and polled once.
func BenchmarkConnected(b *testing.B) {
	const hosts = 200
	for b.Loop() {
		p := benched(b)
		before := inUse()
		for i := range hosts {
			h := benchedHost(b, p, fmt.Sprintf("web%d", i))
			h.AtEnd(func() {})
			s, err := h.Stream(b.Context(), strings.Repeat("# as long as the sampler's script\n", 60))
			if err != nil {
				b.Fatal(err)
			}
			for range 2 {
				if _, err = io.WriteString(s.Stdin, strings.Repeat("17 ", 20)+"\n"); err == nil {
					_, err = io.ReadFull(s.Stdout, make([]byte, 61))
				}
			}
			c, errDial := h.DialUnix(b.Context(), "/srv/app/shared/tmp/sockets/pumactl.sock")
			if err = cmp.Or(err, errDial); err == nil {
				_, err = io.WriteString(c, "GET\n")
			}
			if err == nil {
				_, err = io.ReadAll(c)
			}
			if err != nil {
				b.Fatal(err)
			}
			_ = c.Close()
		}
		after := inUse()
		b.ReportMetric(float64(after.goroutines-before.goroutines)/hosts, "goroutines/host")
		b.ReportMetric(float64(after.heap-before.heap)/hosts, "heap-B/host")
		b.ReportMetric(float64(after.objects-before.objects)/hosts, "objects/host")
		b.ReportMetric(float64(after.stacks-before.stacks)/hosts, "stack-B/host")
		p.Close()
	}
}

type use struct{ goroutines, heap, objects, stacks int64 }

// inUse is what is left behind a few collections, which also make stacks smaller.
func inUse() use {
	var m runtime.MemStats
	for range 4 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return use{int64(runtime.NumGoroutine()), int64(m.HeapAlloc), int64(m.HeapObjects), int64(m.StackInuse)}
}
