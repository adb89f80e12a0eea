package remote

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// loopback is the name of this machine's own interface.
func loopback(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Name
		}
	}
	t.Fatal("this machine has no loopback interface")
	return ""
}

func TestBindInterface(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	host, port, _ := net.SplitHostPort(l.Addr().String())
	p := NewPool(Options{})
	t.Cleanup(p.Close)
	ep := &endpoint{host: host, port: port, network: "tcp", bindInterface: loopback(t), tcpKeepAlive: true}
	c, err := p.direct(t.Context(), ep)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if from := c.LocalAddr().(*net.TCPAddr); !from.IP.IsLoopback() {
		t.Errorf("connected from %s", from)
	}
	ep.bindInterface = "nothere0"
	if _, err := p.direct(t.Context(), ep); err == nil || !strings.Contains(err.Error(), "BindInterface nothere0") {
		t.Errorf("got %v", err)
	}
}

func TestConnectionAttempts(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		name                  string
		attempts, fail, dials int
		silent                bool
		took                  time.Duration
	}{
		{name: "one", attempts: 1, fail: 9, dials: 1},
		{name: "three", attempts: 3, fail: 9, dials: 3, took: 2 * time.Second},
		{name: "until it works", attempts: 5, fail: 2, dials: 3, took: 2 * time.Second},
		{name: "each has the whole limit", attempts: 3, fail: 9, dials: 3, silent: true, took: 17 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dials := 0
				p := NewPool(Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
					if dials++; dials > c.fail {
						return &net.TCPConn{}, nil
					}
					if c.silent {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return nil, refused
				}})
				defer p.Close()
				ep := &endpoint{attempts: c.attempts, connectLimit: 5 * time.Second}
				limited, cancel := ep.limit(t.Context())
				defer cancel()
				began := time.Now()
				_, err := p.direct(limited, ep)
				if took := time.Since(began); dials != c.dials || took != c.took || (err == nil) != (c.dials > c.fail) {
					t.Errorf("%d dials in %v: %v", dials, took, err)
				}
				if c.silent == errors.Is(err, refused) && err != nil {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
