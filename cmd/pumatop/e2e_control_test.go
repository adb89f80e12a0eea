//go:build lab

package main

import (
	"strings"
	"testing"
)

// TestReachControl has control apps at every kind of address that Puma knows, with every kind of token, and reloads or
// restarts through each of them.
func TestReachControl(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, host, url, token string }{
		{"tcp", "web5", "tcp://127.0.0.1:9293", ""},
		{"tcp on every address", "web4", "tcp://0.0.0.0:9293", ""},
		{"relative", "web5", "unix://tmp/pumactl.sock", ""},
		{"abstract", "web3", "unix://@pumactl", ""},
		{"fixed token", "web4", "", "0123456789abcdef"},
		{"no token", "web3", "", "none"},
		{"no token on tcp", "web4", "tcp://127.0.0.1:9293", "none"},
		{"auto", "web2", "auto", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			settings := []string{tt.host}
			if tt.url != "" {
				settings = append(settings, "CONTROL_URL="+tt.url)
			}
			if tt.token != "" {
				settings = append(settings, "TOKEN="+tt.token)
			}
			layDown(t, tt.host, settings[1:]...)
			state := lab(t, "root", tt.host, "cat", "/srv/shop/shared/tmp/pids/puma.state")
			says(t, state, "control_url: "+strings.Replace(tt.url, "auto", "unix:///tmp/puma-status-", 1))
			if d := target(t, 0, tt.host); d.State != "serving" || number(d.Threads.Max) < 5 {
				t.Errorf("%+v", d)
			}
			acts(t, "restart", tt.host, "verified", 0, "--via", "control")
		})
	}
}

// TestReachDataOnly has a control app that gives figures and takes no commands: what it refuses goes by systemd.
func TestReachDataOnly(t *testing.T) {
	t.Parallel()
	layDown(t, "web3", "DATA_ONLY=true")
	if d := target(t, 0, "web3"); d.State != "serving" || number(d.Threads.Max) != 6 {
		t.Errorf("%+v", d)
	}
	v := reload(t, "web3", "refused", 3, "--via", "control")
	says(t, v.Summary+v.Reason+v.Remedy, "data_only", "--via systemd")
	reload(t, "web3", "verified", 0, "--via", "systemd")
}
