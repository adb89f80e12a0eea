package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
)

// interrupts is ctrl-c. It ends the program, but where a command has something to end in order: there only the second
// one does, and the third is left to the system.
type interrupts struct {
	mu     sync.Mutex
	first  func()
	end    context.CancelFunc
	ch     chan os.Signal
	closed chan struct{}
}

// watchInterrupts returns a context that ends with a ctrl-c that nothing else was made of.
func watchInterrupts(ctx context.Context) (context.Context, *interrupts) {
	ctx, end := context.WithCancel(ctx)
	i := &interrupts{end: end, ch: make(chan os.Signal, 2), closed: make(chan struct{})}
	signal.Notify(i.ch, os.Interrupt)
	go func() {
		for {
			select {
			case <-i.ch:
				i.interrupt()
			case <-i.closed:
				return
			}
		}
	}()
	return ctx, i
}

// close gives ctrl-c back to the system.
func (i *interrupts) close() {
	signal.Stop(i.ch)
	close(i.closed)
	i.end()
}

// take has f called for the next ctrl-c instead of the end, until release. Without a terminal's keys, as in a test,
// nothing is taken.
func (i *interrupts) take(f func()) (release func()) {
	if i == nil {
		return func() {}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.first = f
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.first = nil
	}
}

func (i *interrupts) interrupt() {
	i.mu.Lock()
	f := i.first
	i.first = nil
	i.mu.Unlock()
	if f != nil {
		f()
		return
	}
	if i.ch != nil {
		signal.Stop(i.ch)
	}
	i.end()
}
