// Package crew runs short work in goroutines that are used again. A new goroutine begins with a small stack, which is copied
// each time it has to grow: work that is done a thousand times a second spends more on that than on starting.
package crew

import (
	"sync"
	"sync/atomic"
)

// most is how many goroutines wait for work; what there is more of at once has goroutines of its own.
const most = 32

// Crew is a number of goroutines, who stay until Close.
type Crew struct {
	work  chan func()
	over  chan struct{}
	close sync.Once
	spare atomic.Int32 // goroutines that wait
}

// New has nobody in it yet.
func New() *Crew { return &Crew{work: make(chan func()), over: make(chan struct{})} }

// Go runs f in a goroutine, and returns at once. A panic in f is not recovered. After Close it goes on to run what it is
// given.
func (c *Crew) Go(f func()) {
	select {
	case c.work <- f:
	default:
		go c.serve(f)
	}
}

// Close lets those go who wait, and those who work when they have done.
func (c *Crew) Close() { c.close.Do(func() { close(c.over) }) }

func (c *Crew) serve(f func()) {
	for {
		f()
		if c.spare.Add(1) > most {
			c.spare.Add(-1)
			return
		}
		select {
		case f = <-c.work:
			c.spare.Add(-1)
		case <-c.over:
			c.spare.Add(-1)
			return
		}
	}
}
