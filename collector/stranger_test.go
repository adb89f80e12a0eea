package collector

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// plain is a host that shows one Puma without a control app, of two workers; at every address the same control app answers.
type plain struct {
	scripted
	workers [2]int
}

func (h *plain) Run(context.Context, string) ([]byte, error) {
	r := probe.Report{Clock: time.Now(), Login: "uid=1500(deploy)", Processes: []probe.RawProcess{
		{PID: 100, Title: "puma 6.6.0 (tcp://0.0.0.0:3000) [shop]", Cwd: "/srv/shop/releases/1", UID: 1500, User: "deploy"},
	}}
	for i, pid := range h.workers {
		r.Processes = append(r.Processes, probe.RawProcess{PID: pid, Title: fmt.Sprintf("puma: cluster worker %d: 100 [shop]", i), Cwd: "/srv/shop/releases/1"})
	}
	return r.Encode(), nil
}

func (h *plain) DialTCP(context.Context, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go answer(theirs, box{made: time.Now().Add(-time.Hour)})
	return ours, nil
}

// TestNamedAddressOfAnotherPuma: what answers at the operator's address is taken for the figures of the Puma that the host
// shows only if its workers are that one's.
func TestNamedAddressOfAnotherPuma(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		workers [2]int
		state   State
	}{{"its own", [2]int{12, 16}, Serving}, {"another's", [2]int{101, 102}, Unreachable}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := &plain{workers: c.workers}
				h.connect = func(int) error { return nil }
				h.stream = func(context.Context) (io.ReadWriteCloser, error) { return nil, io.EOF }
				named := Control{App: "puma", Address: puma.Address{Network: puma.TCP, Name: "127.0.0.1:9293"}, Fallback: true}
				collector := New([]Source{{Host: h, Controls: []Control{named}}}, Options{})
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan error)
				go func() { over <- collector.Run(ctx) }()
				defer func() { cancel(); <-over }()
				time.Sleep(time.Minute)
				f := collector.Fleet()
				if len(f.Targets) != 1 || f.Targets[0].State != c.state || f.Targets[0].Load.Max.Known != (c.state == Serving) {
					t.Fatalf("%d targets, %s: %s", len(f.Targets), f.Targets[0].State, f.Targets[0].Reason)
				}
				if s := f.Targets[0]; c.state != Serving && (!strings.Contains(s.Reason, "another Puma answers at tcp://127.0.0.1:9293") || s.Remedy == "") {
					t.Errorf("it says %q, %q", s.Reason, s.Remedy)
				}
			})
		})
	}
}
