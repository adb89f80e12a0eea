package main

import (
	"context"
	"fmt"
	"time"
)

// benchIdle measures what a pumatop costs that stands open on a few hosts while nobody presses a key.
func benchIdle(ctx context.Context, o options) error {
	v, err := begin(o)
	if err != nil {
		return err
	}
	defer v.end()
	if _, err := v.asked(ctx, o.scene.live(), time.Minute); err != nil {
		return err
	}
	time.Sleep(settling)
	before, frames := busy(), v.screen.drawn()
	e, err := spend(ctx, v.pid(), time.Duration(o.minutes*float64(time.Minute)), v.screen.ended)
	if err != nil {
		return err
	}
	fmt.Printf("%d hosts of %d workers every %s\n", o.scene.hosts, o.scene.workers, o.scene.interval)
	line("CPU while nobody presses a key", fmt.Sprintf("%.2f %% of a core", 100*e.cores()), "< 1 %", e.cores() < 0.01)
	fmt.Printf("%.1f frames a second\n", float64(v.screen.drawn()-frames)/e.wall.Seconds())
	fmt.Printf("before: %s; after: %s\n", before, busy())
	return nil
}
