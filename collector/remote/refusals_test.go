package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// TestRefusalOnTheWayStands lets three hundred hosts come to a bastion one after the other, as their configurations are
// read. A refused login there is made once, and once more each time that they are tried again, until it is mended.
func TestRefusalOnTheWayStands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Bool
		var read atomic.Int64
		bastion := sshtest.New(sshtest.Options{
			Authorize: func(string, ssh.PublicKey) bool { return open.Load() },
			DialTCP:   func(string) (net.Conn, error) { return nil, errors.New("nothing there") },
		})
		pool := remote.NewPool(remote.Options{
			Resolve: func(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
				c := sshconfig.Config{"hostname": {q.Host}, "port": {"22"}, "user": {"deploy"}, "stricthostkeychecking": {"yes"}}
				if q.Host != "bastion" {
					time.Sleep(time.Duration(read.Add(1)/4%75) * 40 * time.Millisecond) // four `ssh -G` at a time
					c["proxyjump"] = []string{"bastion"}
				}
				return c, nil
			},
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				time.Sleep(20 * time.Millisecond)
				return bastion.Dial(ctx)
			},
			KnownHosts: []byte(bastion.KnownHosts("*")),
			Signers:    []ssh.Signer{sshtest.NewKey()},
		})
		defer pool.Close()
		var hosts []*remote.Host
		for i := range 300 {
			h, err := pool.Host(fmt.Sprintf("web%d", i))
			if err != nil {
				t.Fatal(err)
			}
			hosts = append(hosts, h)
		}
		refused := func(hosts ...*remote.Host) int { return refusedOnTheWay(t.Context(), hosts) }
		for try := 1; try <= 3; try++ {
			if n := refused(hosts...); n != len(hosts) || bastion.Tries("publickey") != try {
				t.Errorf("try %d: %d are refused, with %d logins", try, n, bastion.Tries("publickey"))
			}
		}
		// Another one later is told so, until one of those who know tries again.
		late, err := pool.Host("late")
		if err != nil {
			t.Fatal(err)
		}
		open.Store(true)
		if refused(late) != 1 || bastion.Logins() != 0 {
			t.Error("it has logged in again for one more host")
		}
		time.Sleep(time.Minute)
		if refused(hosts[0]) != 0 || refused(late) != 0 || bastion.Logins() == 0 {
			t.Error("it is refused without being asked")
		}
	})
}

// A refusal for want of a known key ends when the key is known.
func TestRefusalEndsWithItsCause(t *testing.T) {
	t.Parallel()
	known := filepath.Join(t.TempDir(), "known_hosts")
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, sshtest.Options{})
		f.open(t, "nobody")
		f.config["hostname"], f.config["userknownhostsfile"] = []string{"web.example"}, []string{known}
		var unknown *remote.HostKeyUnknownError
		for _, name := range []string{"a", "b"} {
			if err := f.host(t, name).Connect(t.Context()); !errors.As(err, &unknown) || f.dials.Load() != 1 {
				t.Fatalf("%s: %v, with %d connections", name, err, f.dials.Load())
			}
		}
		if err := os.WriteFile(known, []byte(f.KnownHosts("web.example")), 0o600); err != nil {
			t.Fatal(err)
		}
		f.connected(t, "c")
	})
}

// Nothing stands for ever: who comes long after may have been let in meanwhile.
func TestRefusalGrowsOld(t *testing.T) {
	t.Parallel()
	identity := writeKey(t, t.TempDir(), "id", false)
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Bool
		f := newFleet(t, sshtest.Options{Authorize: func(string, ssh.PublicKey) bool { return open.Load() }})
		f.config["hostname"], f.config["identityfile"] = []string{"web.example"}, []string{identity.path}
		if err := f.host(t, "a").Connect(t.Context()); err == nil {
			t.Fatal("it is let in")
		}
		open.Store(true)
		if err := f.host(t, "b").Connect(t.Context()); err == nil || f.dials.Load() != 1 {
			t.Errorf("%v, with %d connections", err, f.dials.Load())
		}
		time.Sleep(6 * time.Minute)
		f.connected(t, "c")
	})
}

// refusedOnTheWay connects all hosts at once and counts those whose login at a jump host was refused.
func refusedOnTheWay(ctx context.Context, hosts []*remote.Host) int {
	var all sync.WaitGroup
	var count atomic.Int64
	for _, h := range hosts {
		all.Go(func() {
			var jump *remote.JumpError
			var auth *remote.AuthError
			if err := h.Connect(ctx); errors.As(err, &jump) && errors.As(err, &auth) {
				count.Add(1)
			}
		})
	}
	all.Wait()
	return int(count.Load())
}
