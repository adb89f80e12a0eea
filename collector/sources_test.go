package collector_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote"
)

// garden is a collector whose sources change, on a simulated fleet.
type garden struct {
	*collector.Collector
	fleet    *pumatest.Fleet
	pool     *remote.Pool
	attempts *atomic.Int32

	mu   sync.Mutex
	free []string // whose hosts were let go of
}

func (g *garden) released() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(slices.Values(g.free))
}

func newGarden(t *testing.T, names ...string) *garden {
	t.Helper()
	fleet := pumatest.NewFleet(3, pumatest.DefaultHosts, 3)
	g := &garden{fleet: fleet, pool: remote.NewPool(fleet.Options()), attempts: &atomic.Int32{}}
	g.Collector = collector.New(g.sources(t, names...), collector.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = g.Run(ctx)
	}()
	synctest.Wait()
	t.Cleanup(func() {
		cancel()
		<-over
		g.pool.Close()
	})
	return g
}

// sources are new hosts of the names.
func (g *garden) sources(t *testing.T, names ...string) []collector.Source {
	t.Helper()
	var out []collector.Source
	for _, name := range names {
		h, err := g.pool.Host(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, collector.Source{Host: machine{h, g.attempts}, Release: func() {
			g.mu.Lock()
			g.free = append(g.free, name)
			g.mu.Unlock()
			_ = h.Close()
		}})
	}
	return out
}

func (g *garden) hosts() []string {
	var out []string
	for _, h := range g.Fleet().Hosts {
		out = append(out, h.Name)
	}
	return out
}

const shop1, shop2, cms = "web1.shop", "web2.shop", "cms1.shop"

func TestSourceIsAdded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGarden(t)
		kept := g.sources(t, shop1)
		g.SetSources(kept)
		await(t, g.Collector, shop1+"/shop", time.Minute, is(collector.Serving))
		before := g.attempts.Load()
		g.SetSources(append(kept, g.sources(t, shop2)...))
		await(t, g.Collector, shop2+"/shop", time.Minute, is(collector.Serving))
		if n := g.attempts.Load() - before; n != 1 {
			t.Errorf("%d attempts to connect for one new host", n)
		}
		if s, _ := g.Fleet().Target(shop1 + "/shop"); s.State != collector.Serving || len(g.released()) != 0 {
			t.Errorf("the one that stays is %s; released: %q", s.State, g.released())
		}
		if got := texts(g.Collector, shop2); got != "watched from now on" {
			t.Errorf("events: %q", got)
		}
	})
}

// What is gone leaves the fleet with its targets, its connection and its goroutines; the others stay as they are.
func TestSourceIsRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGarden(t)
		all := g.sources(t, shop1, cms)
		g.SetSources(all)
		await(t, g.Collector, shop1+"/shop", time.Minute, is(collector.Serving))
		await(t, g.Collector, cms+"/blog", time.Minute, is(collector.Serving))
		before := g.attempts.Load()
		g.SetSources(all[:1])
		time.Sleep(time.Second)
		if got := g.hosts(); !slices.Equal(got, []string{shop1}) || !slices.Equal(g.released(), []string{cms}) {
			t.Errorf("hosts %q, released %q", got, g.released())
		}
		for _, s := range g.Fleet().Targets {
			if s.Host != shop1 {
				t.Errorf("%s is still there", s.ID)
			}
		}
		if got := texts(g.Collector, cms); got != "watched from now on\nno longer watched: blog, cms" {
			t.Errorf("events: %q", got)
		}
		if _, err := g.Ask(t.Context(), cms+"/blog"); err == nil {
			t.Error("a target that is gone can be asked")
		}
		if n := g.attempts.Load(); n != before {
			t.Errorf("%d new attempts to connect", n-before)
		}
	})
}

// Another Host of the same name is connected anew, and its targets begin with nothing.
func TestSourceIsChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGarden(t, shop1)
		first := await(t, g.Collector, shop1+"/shop", time.Minute, is(collector.Serving))
		time.Sleep(time.Minute)
		g.SetSources(g.sources(t, shop1))
		s := await(t, g.Collector, shop1+"/shop", time.Minute, func(s collector.Snapshot) bool {
			return s.State == collector.Serving && s.Since.After(first.Since)
		})
		if ago := s.At.Sub(s.History.Since()); ago > 10*time.Second {
			t.Errorf("a history of %s", ago)
		}
		if got := texts(g.Collector, shop1); !strings.Contains(got, "its settings have changed: it is connected anew") || len(g.released()) != 1 {
			t.Errorf("events: %q, released %q", got, g.released())
		}
	})
}

// Other wishes of the same Host change its targets and leave its connection alone.
func TestSourceAsksForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGarden(t)
		all := g.sources(t, cms)
		g.SetSources(all)
		await(t, g.Collector, cms+"/cms", time.Minute, is(collector.Serving))
		since := await(t, g.Collector, cms+"/blog", time.Minute, is(collector.Serving)).Since
		all[0].Apps = []string{"blog"}
		g.SetSources(all)
		time.Sleep(time.Second)
		s, _ := g.Fleet().Target(cms + "/blog")
		if n := len(g.Fleet().Targets); n != 1 || !s.Since.Equal(since) || g.attempts.Load() != 1 {
			t.Errorf("%d targets, since %s, %d attempts", n, s.Since, g.attempts.Load())
		}
		if got := texts(g.Collector, cms+"/cms"); got != "no longer watched" {
			t.Errorf("events: %q", got)
		}
		all[0].Apps = []string{"cms"}
		g.SetSources(all)
		await(t, g.Collector, cms+"/cms", 10*time.Second, is(collector.Serving))
	})
}

// A host that does not answer is let go of at once, and may come back before that is over.
func TestSourceGoesWhileItConnects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGarden(t)
		g.fleet.Host(shop1).DropNetwork()
		g.SetSources(g.sources(t, shop1))
		time.Sleep(100 * time.Millisecond)
		g.SetSources(nil)
		g.SetSources(g.sources(t, shop1))
		g.SetSources(nil)
		time.Sleep(100 * time.Millisecond)
		if got := g.hosts(); len(got) != 0 || len(g.released()) != 2 {
			t.Fatalf("hosts %q, released %q", got, g.released())
		}
		g.fleet.Host(shop1).Restore()
		g.SetSources(g.sources(t, shop1))
		await(t, g.Collector, shop1+"/shop", time.Minute, is(collector.Serving))
		if got := g.hosts(); !slices.Equal(got, []string{shop1}) {
			t.Errorf("hosts %q", got)
		}
	})
}

// Before Run there is nothing to end, and the newest sources are those that it begins with.
func TestSourcesBeforeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(3, pumatest.DefaultHosts, 3)
		g := &garden{fleet: fleet, pool: remote.NewPool(fleet.Options()), attempts: &atomic.Int32{}}
		defer g.pool.Close()
		g.Collector = collector.New(g.sources(t, shop1, shop2), collector.Options{})
		g.SetSources(g.sources(t, shop2))
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			_ = g.Run(ctx)
		}()
		await(t, g.Collector, shop2+"/shop", time.Minute, is(collector.Serving))
		cancel()
		<-over
		if !slices.Equal(g.released(), []string{shop1, shop2}) || len(g.hosts()) != 1 {
			t.Errorf("released %q, hosts %q", g.released(), g.hosts())
		}
	})
}
