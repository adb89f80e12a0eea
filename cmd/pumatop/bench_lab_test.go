//go:build lab

package main

import (
	"cmp"
	"context"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"pumatop/collector/puma"
	"pumatop/collector/remote"
)

// BenchmarkPoll polls one host of the lab (PUMATOP_BENCH_HOST, else web1) as the program does: one request over a fresh
// channel of the connection that is up. Beside the time of a poll it reports our CPU time. .ci/bench-poll sets it
// against ssh.
func BenchmarkPoll(b *testing.B) {
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	pool := remote.NewPool(remote.Options{ConfigFile: cmp.Or(os.Getenv("PUMALAB_SSH_CONFIG"), "/run/pumalab/ssh_config")})
	defer pool.Close()
	host, err := pool.Host(cmp.Or(os.Getenv("PUMATOP_BENCH_HOST"), "web1"))
	if err != nil {
		b.Fatal(err)
	}
	if err := host.Connect(ctx); err != nil {
		b.Fatal(err)
	}
	text, err := host.Run(ctx, "cat /srv/shop/shared/tmp/pids/puma.state")
	if err != nil {
		b.Fatal(err)
	}
	state, err := puma.ParseState(text)
	if err != nil {
		b.Fatal(err)
	}
	address, err := puma.ParseAddress(state.ControlURL, state.RunningFrom)
	if err != nil {
		b.Fatal(err)
	}
	client := puma.NewClient(func(ctx context.Context) (net.Conn, error) { return host.DialUnix(ctx, address.Name) }, state.Token)
	before := cpu(b)
	for b.Loop() {
		if _, err := client.Stats(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/poll")
}

// cpu is the CPU time of this process so far, user and system.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
