package main

import (
	"context"
	"fmt"
	"time"
)

// expense is what a process took for its polls.
type expense struct {
	wall, cpu time.Duration
	polls     int
}

// cores is how many of them it kept busy.
func (e expense) cores() float64 { return e.cpu.Seconds() / e.wall.Seconds() }

// aPoll is the CPU time of one poll in milliseconds.
func (e expense) aPoll() float64 { return ms(e.cpu) / float64(max(e.polls, 1)) }

func (e expense) String() string {
	return fmt.Sprintf("%.2f cores, %.2f ms a poll (%.0f/s)", e.cores(), e.aPoll(), float64(e.polls)/e.wall.Seconds())
}

// spend measures what a process takes for a while. It is over early, with an error, where ended is closed.
func spend(ctx context.Context, pid int, length time.Duration, ended <-chan struct{}) (e expense, err error) {
	used, err := cpu(pid)
	if err != nil {
		return e, err
	}
	began := time.Now()
	select {
	case <-time.After(length):
	case <-ended:
		return e, errEnded
	case <-ctx.Done():
		return e, context.Cause(ctx)
	}
	e.wall = time.Since(began)
	e.cpu, err = cpu(pid)
	e.cpu -= used
	return e, err
}
