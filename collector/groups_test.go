package collector_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote"
)

// TestGroupsComeWithEverySnapshot and with what is said of a host that has no target.
func TestGroupsComeWithEverySnapshot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(1, 1, 2)
		groups := map[string][]string{"web1.shop": {"web", "eu"}, "nohost.shop": {"web"}}
		pool := remote.NewPool(fleet.Options())
		var sources []collector.Source
		for name, in := range groups {
			host, err := pool.Host(name)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, collector.Source{Host: machine{host, nil}, Groups: in})
		}
		c := collector.New(sources, collector.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		time.Sleep(10 * time.Second)
		f := c.Fleet()
		stop()
		<-done
		pool.Close()
		if len(f.Targets) != 1 || !slices.Equal(f.Targets[0].Groups, groups["web1.shop"]) {
			t.Errorf("targets %+v", f.Targets)
		}
		for _, h := range f.Hosts {
			if !slices.Equal(h.Groups, groups[h.Name]) {
				t.Errorf("%s is in %q", h.Name, h.Groups)
			}
		}
	})
}
