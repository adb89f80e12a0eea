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
	used, err := cpu(v.pid())
	if err != nil {
		return err
	}
	began, before, frames := time.Now(), busy(), v.screen.drawn()
	select {
	case <-time.After(time.Duration(o.minutes * float64(time.Minute))):
	case <-v.screen.ended:
		return errEnded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	after, err := cpu(v.pid())
	if err != nil {
		return err
	}
	took := time.Since(began).Seconds()
	cores := (after - used).Seconds() / took
	fmt.Printf("%d hosts of %d workers every %s\n", o.scene.hosts, o.scene.workers, o.scene.interval)
	line("CPU while nobody presses a key", fmt.Sprintf("%.2f %% of a core", 100*cores), "< 1 %", cores < 0.01)
	fmt.Printf("%.1f frames a second\n", float64(v.screen.drawn()-frames)/took)
	fmt.Printf("before: %s; after: %s\n", before, busy())
	return nil
}
