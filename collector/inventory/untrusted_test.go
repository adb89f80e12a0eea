package inventory

import (
	"testing"

	"pumatop/collector/config"
)

// TestUntrustedEntries: a machine that two groups have is not trusted if one of them is not.
func TestUntrustedEntries(t *testing.T) {
	t.Parallel()
	entry := []config.Host{{Host: "web1"}}
	held := config.Reach{Untrusted: []string{"command (.pumatop.yml:7)"}}
	cfg := config.Config{Environments: map[string]config.Environment{"a": {Groups: map[string]config.Group{
		"jobs": {Hosts: entry}, "web": {Hosts: entry, Reach: held},
	}}}}
	hosts, err := Hosts(cfg, "a")
	if err != nil || len(hosts) != 1 || hosts[0].Reach.NeedsTrust() == nil {
		t.Errorf("%+v, %v", hosts, err)
	}
}
