//go:build lab

package doctor

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestLab reads a host of the lab that is as it should be, and finds nothing above advice but the open control socket.
func TestLab(t *testing.T) {
	config := os.Getenv("PUMALAB_SSH_CONFIG")
	if config == "" {
		t.Fatal("PUMALAB_SSH_CONFIG is not set")
	}
	ask := func(host, script string) []byte {
		cmd := exec.CommandContext(t.Context(), "ssh", "-F", config, host, "sh -s")
		cmd.Stdin = strings.NewReader(script)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(host, err)
		}
		return out
	}
	for _, name := range []string{"web1", "web2"} {
		found, err := probe.Want{}.Parse(ask(name, probe.Script(probe.Want{})))
		if err != nil || len(found.Pumas) != 1 {
			t.Fatal(name, err, len(found.Pumas))
		}
		asked := time.Now()
		host, err := ParseHost(ask(name, Reading{Pumas: found.Pumas, Idle: found.Idle}.Script()))
		if err != nil {
			t.Fatal(name, err)
		}
		host.Between(asked, time.Now())
		p := found.Pumas[0]
		target := &Target{Name: name + "/" + p.App, Puma: p, Host: host, Stats: puma.Stats{Mode: puma.Cluster, Handles: puma.Of(len(p.Workers))}}
		r := Examine(append(pumaChecks(), hostChecks()...), []*Target{target})
		t.Log(outline(r))
		var above []string
		for _, f := range r.From(Security).Findings {
			above = append(above, f.ID)
		}
		if got := strings.Join(above, " "); got != "puma.socket-mode" {
			t.Errorf("%s: %s", name, got)
		}
		whole(t, name, host, p)
	}
}

// whole holds that every part of the script told something.
func whole(t *testing.T, name string, host *Host, p probe.Puma) {
	t.Helper()
	m := host.Masters[p.PID]
	if m.Cwd != p.Release || !host.Somaxconn.Known || host.Units[UnitKey{Name: "puma.service"}]["Type"] == "" ||
		len(host.Proxies["nginx"]) != 1 || host.Files["/etc/nginx/sites-enabled/shop"].Text == "" || m.Booted.IsZero() {
		t.Errorf("%s: %+v\n%+v", name, m, host.Proxies)
	}
}
