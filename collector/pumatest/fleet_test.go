package pumatest

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
	"pumatop/collector/remote"
)

// TestFleetIsReachedLikeRealHosts goes the whole way: pool, login with a key, host key check, probe, control socket.
func TestFleetIsReachedLikeRealHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFleet(1, 12, 3)
		pool := remote.NewPool(f.Options())
		defer pool.Close()
		running := 0
		for _, name := range f.Names() {
			h, err := pool.Host(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			out, err := h.Run(t.Context(), probe.Script(probe.Want{}))
			if err != nil {
				t.Fatal(err)
			}
			found, err := probe.Parse(out)
			if err != nil {
				t.Fatal(err)
			}
			if len(found.Pumas)+len(found.Idle) != len(f.Host(name).pumas) {
				t.Errorf("%s: found %d Pumas and %d idle units, want %d in all", name, len(found.Pumas), len(found.Idle), len(f.Host(name).pumas))
			}
			for _, p := range found.Pumas {
				running++
				dial := func(ctx context.Context) (net.Conn, error) { return h.DialUnix(ctx, p.Control.Name) }
				stats, err := puma.NewClient(dial, p.Token).Stats(t.Context())
				if err != nil || !stats.AllServing() {
					t.Errorf("%s/%s: %v, %+v", name, p.App, err, stats)
				}
			}
		}
		if running != 13 {
			t.Errorf("%d Pumas answer, want 13", running)
		}
		if _, err := pool.Host("web99.shop"); err != nil {
			t.Fatal(err)
		}
		stranger, _ := pool.Host("web99.shop")
		if err := stranger.Connect(t.Context()); err == nil {
			t.Error("a host that does not exist answers")
		}
	})
}
