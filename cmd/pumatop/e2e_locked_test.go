//go:build lab

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// labSocket is the control socket of the lab's hosts.
const labSocket = "/srv/shop/shared/tmp/sockets/pumactl.sock"

// TestReachThroughRelay has servers that run commands and forward nothing: what the host has of programs relays. The
// token goes to its stdin, and is in no command line.
func TestReachThroughRelay(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct{ name, host, refused, url string }{
		{"unix sockets", "web4", "AllowStreamLocalForwarding no", ""},
		{"everything", "web3", "DisableForwarding yes", ""},
		{"tcp, and unix sockets with it", "web5", "AllowTcpForwarding no", ""},
		{"a control app on tcp", "web4", "AllowTcpForwarding no", "CONTROL_URL=tcp://127.0.0.1:9293"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			token := fmt.Sprintf("c0ffee%d815cafe", i)
			layDown(t, tt.host, append(strings.Fields(tt.url), "TOKEN="+token)...)
			sshd(t, tt.host, nil, tt.refused)
			end := watch(t, token)
			acts(t, "restart", tt.host, "verified", 0, "--via", "control")
			p := onScreen(t, 150, 40, tt.host)
			p.sees(30*time.Second, "● "+row(tt.host+"/puma", "0/", `\d+M `))
			works(t, tt.host, "pumatop relay")
			p.press("Enter")
			p.sees(10*time.Second, "polls go through a relay")
			p.kill()
			rests(t, tt.host)
			if seen := end(); len(seen) > 0 {
				t.Errorf("the token was in a command line")
			}
		})
	}
}

// forwardingAlone has a host let a new key in for one thing only, as a line of authorized_keys or of sshd_config says,
// and returns a configuration with that key.
func forwardingAlone(t *testing.T, host, line string, server ...string) (config string) {
	t.Helper()
	key := newKey(t)
	sshd(t, host, map[string]string{"keys": line + contents(t, key+".pub")}, append(server, "AuthorizedKeysFile /etc/ssh/lab/keys")...)
	return reachedBy(t, block(host, "IdentityFile "+key))
}

// TestReachForwardingAlone has logins that run no commands and open one socket: all figures and a reload that is proved
// by them, and whatever else the host would tell stays unseen.
func TestReachForwardingAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, host, line string
		server           []string
	}{
		{"by the key", "web1", `restrict,port-forwarding,permitopen="[` + labSocket + `]:*",command="/bin/false" `, nil},
		{"by the server", "web2", "", []string{"ForceCommand /bin/false", "PermitOpen [" + labSocket + "]:*", "PermitTTY no"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const token = "beef4711cafe0815"
			layDown(t, tt.host, "TOKEN="+token)
			config := forwardingAlone(t, tt.host, tt.line, tt.server...)
			says(t, notReached(t, "-F", config, tt.host).Error, "the login runs no commands")

			given := []string{controlTokenVariable + "=" + token}
			end := watch(t, token)
			args := []string{"-F", config, "-o", "json", tt.host, "--control", "unix://" + labSocket}
			figuresAlone(t, tt.host, pumatopWith(t, given, append([]string{"status"}, args...)...))
			reloadsUnseen(t, tt.host, func() result { return pumatopWith(t, given, append([]string{"reload", "--yes"}, args...)...) })
			args[len(args)-1] = "unix:///srv/shop/shared/tmp/sockets/puma.sock"
			r := pumatopWith(t, given, append([]string{"status"}, args...)...)
			if d := decode[statusDoc](t, r.out).Targets[0]; r.exit != 5 || !strings.Contains(d.Error, "no connection to ") {
				t.Errorf("another socket: exit %d, %s: %q", r.exit, d.State, d.Error)
			}
			if seen := end(); len(seen) > 0 {
				t.Error("the token was in a command line")
			}
		})
	}
}

// figuresAlone holds a status to what a control socket tells, and to no more.
func figuresAlone(t *testing.T, host string, r result) {
	t.Helper()
	d := decode[statusDoc](t, r.out).Targets[0]
	if r.exit != 0 || d.State != "serving" || number(d.Workers) != wantedWorkers(t, host) || number(d.Threads.Max) != 5*wantedWorkers(t, host) || number(d.Phase) != 0 {
		t.Errorf("exit %d: %+v", r.exit, d)
	}
	if d.Unit.Name != "" || d.RSSBytes != nil || len(d.Release.Running) > 0 || d.Phased != "unknown" {
		t.Errorf("more is told than can be seen: %+v", d)
	}
}

// reloadsUnseen reloads where nobody may look at the host, and looks at it.
func reloadsUnseen(t *testing.T, host string, reloads func() result) {
	t.Helper()
	before := lookAt(t, host)
	r := reloads()
	v, now := decode[reloadDoc](t, r.out).Targets[0], lookAt(t, host)
	if v.Verdict != "verified" || r.exit != 0 || !strings.Contains(v.Summary, "release not seen") || v.Release.After != "" {
		t.Errorf("exit %d: %+v", r.exit, v)
	}
	if len(before.kept(now)) > 0 || len(now.workers) != len(before.workers) || before.image != now.image || len(v.Workers) != len(now.workers) {
		t.Errorf("a false verified: %+v became %+v, %+v", before, now, v)
	}
	serves(t, now)
}
