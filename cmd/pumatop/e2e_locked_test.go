//go:build lab

package main

import (
	"testing"
	"time"
)

// TestReachThroughRelay has servers that run commands and forward nothing: what the host has of programs relays.
func TestReachThroughRelay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, host, refused string
		settings            []string
	}{
		{"unix sockets", "web4", "AllowStreamLocalForwarding no", nil},
		{"everything", "web3", "DisableForwarding yes", nil},
		{"tcp, and unix sockets with it", "web5", "AllowTcpForwarding no", nil},
		{"a control app on tcp", "web4", "AllowTcpForwarding no", []string{"CONTROL_URL=tcp://127.0.0.1:9293"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			layDown(t, tt.host, tt.settings...)
			sshd(t, tt.host, nil, tt.refused)
			acts(t, "restart", tt.host, "verified", 0, "--via", "control")
			p := onScreen(t, 150, 40, tt.host)
			p.sees(30*time.Second, "● "+row(tt.host+"/puma", "0/"))
			works(t, tt.host, "pumatop relay")
			p.press("Enter")
			p.sees(10*time.Second, "forward")
			p.kill()
			rests(t, tt.host)
		})
	}
}

// TestReachAbstract has a control app on an abstract socket, which no server forwards to.
func TestReachAbstract(t *testing.T) {
	t.Parallel()
	layDown(t, "web3", "CONTROL_URL=unix://@pumactl")
	if d := target(t, 0, "web3"); d.State != "serving" || number(d.Threads.Max) != 6 {
		t.Errorf("%+v", d)
	}
	reload(t, "web3", "verified", 0, "--via", "control")
}
