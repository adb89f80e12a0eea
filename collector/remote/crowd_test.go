package remote_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote/sshconfig"
)

// Hosts that accept a connection and say nothing, more than handshakes are allowed at once, hold up nobody.
func TestMuteHostsHoldUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"web1"}
		for i := range 100 {
			names = append(names, fmt.Sprintf("mute%d", i))
		}
		n := newNetwork(t, names...)
		var all sync.WaitGroup
		defer all.Wait()
		for _, name := range names[1:] {
			n.servers[name].Hold(true)
			h := n.host(t, name)
			all.Go(func() {
				if err := h.Connect(t.Context()); err == nil {
					t.Errorf("%s is connected", name)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		if err := n.host(t, "web1").Connect(t.Context()); err != nil || time.Since(began) > time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

// Many hosts behind one jump host are one login there, and no more than four handshakes anywhere.
func TestCrowdBehindOneJump(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"bastion"}
		for i := range 100 {
			names = append(names, fmt.Sprintf("web%d", i))
		}
		n := newNetwork(t, names...)
		var all sync.WaitGroup
		for _, name := range names[1:] {
			n.config[name], n.reach[name] = sshconfig.Config{"proxyjump": {"bastion"}}, false
		}
		for _, name := range names[1:] {
			h := n.host(t, name)
			all.Go(func() {
				if err := h.Connect(t.Context()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		for _, name := range names {
			if s := n.servers[name]; s.Logins() != 1 || s.Crowd() > 4 {
				t.Errorf("%s has had %d logins, %d of them at once", name, s.Logins(), s.Crowd())
			}
		}
	})
}
