package doctor

import (
	"strings"
	"testing"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestProxyThatIsNotFound: a proxy that runs with its configuration where nobody looks is no proxy that is not there.
func TestProxyThatIsNotFound(t *testing.T) {
	t.Parallel()
	target := &Target{Puma: probe.Puma{PID: 7, Listeners: []string{"unix:///srv/shop/puma.sock"}}, Host: &Host{Serving: map[string]bool{"nginx": true}}}
	r := Examine(proxyChecks(), []*Target{target})
	for _, c := range r.Checks {
		if want := map[bool]Result{true: Unknown, false: OK}[strings.HasPrefix(c.ID, "nginx.")]; c.Result != want {
			t.Errorf("%s: %s, %s", c.ID, c.Result, c.Reason)
		}
	}
}

// TestRemediesRunNothingForeign: what a host calls its users is a word in what is to be pasted.
func TestRemediesRunNothingForeign(t *testing.T) {
	t.Parallel()
	no := Permit{Allowed: puma.No}
	target := &Target{
		Puma: probe.Puma{PID: 7, User: "x;reboot", Login: "x;reboot", Unit: probe.Unit{Name: "shop.service", Scope: "user"}},
		Host: &Host{Login: "x;reboot", May: map[string]Permit{"forward": no, "commands": no},
			UnitMay: map[UnitKey]map[string]Permit{{Name: "shop.service", User: true}: {"journal": no, "systemctl": no}}},
	}
	seen := 0
	for _, f := range Examine(hostChecks(), []*Target{target}).Findings {
		for line := range strings.Lines(f.Remedy) {
			if command, _, _ := strings.Cut(line, "#"); strings.Contains(command, "reboot") {
				seen++
				if !strings.Contains(command, "'x;reboot'") {
					t.Errorf("%s: %s", f.ID, line)
				}
			}
		}
	}
	if seen < 4 {
		t.Errorf("%d remedies name the user", seen)
	}
}
