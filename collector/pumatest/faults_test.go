package pumatest

import (
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/remote"
)

func TestForwardingCanBeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour})
		r := connect(t, h)
		h.RefuseForwarding(true)
		if _, err := h.dialUnix(h.Puma(0).site.control()); err == nil {
			t.Error("a channel was opened")
		}
		if _, err := r.Run(t.Context(), probe.Script(probe.Want{})); err != nil {
			t.Error("commands do not run:", err)
		}
		c, err := r.DialUnix(t.Context(), h.Puma(0).site.control())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		if notes := r.Notes(); len(notes) != 1 || notes[0] != "the server forbids forwarding: polls go through a relay (ruby) in one session" {
			t.Errorf("notes %q", notes)
		}
		if _, err := r.DialUnix(t.Context(), "/run/none.sock"); remote.Remedy(err) == "" {
			t.Errorf("a socket that is not there: %v", err)
		}
	})
}

func TestLatencyDelaysEveryRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour})
		h.SetLatency(40 * time.Millisecond)
		r := connect(t, h)
		var begin time.Time
		for range 2 { // the first has to wait for a session
			begin = time.Now()
			c, err := r.DialUnix(t.Context(), h.Puma(0).site.control())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
		}
		if took := time.Since(begin); took != 80*time.Millisecond {
			t.Errorf("a channel took %v to open, want one round trip", took)
		}
	})
}

func TestDroppedNetworkEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour})
		r := connect(t, h)
		h.DropNetwork()
		begin := time.Now()
		select {
		case <-r.Done():
		case <-time.After(time.Minute):
			t.Fatal("nobody noticed within a minute")
		}
		h.Restore()
		if err := r.Connect(t.Context()); err != nil {
			t.Errorf("not reached %v after it was lost: %v", time.Since(begin), err)
		}
	})
}

func TestControlSocketOfADeadPumaIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHost("web1", 1, Config{Workers: 2, Uptime: time.Hour, RestartSec: time.Hour})
		r := connect(t, h)
		h.Puma(0).Signal("KILL")
		if c, err := r.DialUnix(t.Context(), h.Puma(0).site.control()); err == nil {
			_ = c.Close()
			t.Error("a channel was opened to a dead process")
		}
		out, err := r.Run(t.Context(), probe.Script(probe.Want{StatePaths: []string{h.Puma(0).site.stateFile()}}))
		if err != nil {
			t.Fatal(err)
		}
		found, err := probe.Parse(out)
		if err != nil || len(found.Pumas) != 0 || len(found.Idle) != 1 || found.Idle[0].Sub != "auto-restart" {
			t.Errorf("found %d Pumas, idle %+v, %v", len(found.Pumas), found.Idle, err)
		}
	})
}
