package collector_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
)

// TestWatchEndsWithItsTarget: another host that takes the name has a Puma of the same name, with another image and other
// workers, which to a watch of the first would be a restart that has come to its end.
func TestWatchEndsWithItsTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, change := range map[string]func(*garden){
			"another host": func(g *garden) { g.SetSources(g.sources(t, shop1)) },
			"none":         func(g *garden) { g.SetSources(nil) },
		} {
			g := newGarden(t, shop1)
			await(t, g.Collector, shop1+"/shop", time.Minute, is(collector.Serving))
			w, err := g.Watch(shop1 + "/shop")
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			time.Sleep(10 * time.Second)
			change(g)
			changed := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for {
				s, err := w.Next(ctx)
				if err != nil {
					if !errors.Is(err, collector.ErrUnwatched) || !w.Over() {
						t.Errorf("%s: %v", name, err)
					}
					break
				}
				if s.At.After(changed) {
					t.Errorf("%s: a snapshot of %s later", name, s.At.Sub(changed))
				}
			}
		}
	})
}
