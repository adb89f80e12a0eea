package crew

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestGo runs everything, however much there is at once.
func TestGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New()
		defer c.Close()
		var done atomic.Int32
		for range 10 {
			for range 3 * most {
				c.Go(func() {
					time.Sleep(time.Second)
					done.Add(1)
				})
			}
			time.Sleep(2 * time.Second)
		}
		if done.Load() != 30*most {
			t.Errorf("%d of %d done", done.Load(), 30*most)
		}
	})
}

// TestSpare: so many wait for work and no more, and none for ever.
func TestSpare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New()
		for range 3 * most {
			c.Go(func() { time.Sleep(time.Second) })
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if c.spare.Load() != most {
			t.Errorf("%d wait, want %d", c.spare.Load(), most)
		}
		for range most / 2 {
			c.Go(func() { time.Sleep(time.Second) })
		}
		synctest.Wait()
		if c.spare.Load() != most/2 {
			t.Errorf("%d wait while half of them work", c.spare.Load())
		}
		c.Close()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if c.spare.Load() != 0 {
			t.Errorf("%d wait at the end", c.spare.Load())
		}
		done := false
		c.Go(func() { done = true })
		synctest.Wait()
		if !done {
			t.Error("what comes after the end is not done")
		}
	})
}

// deep needs more stack than a goroutine begins with.
func deep(n int) byte {
	var room [512]byte
	room[n%len(room)] = byte(n)
	if n > 0 {
		room[0] += deep(n - 1)
	}
	return room[n%len(room)] + room[0]
}

// BenchmarkGo is work that goes some kilobytes deep, with a crew and with a goroutine for each.
func BenchmarkGo(b *testing.B) {
	for _, bc := range []struct {
		name string
		run  func(func())
	}{{"crew", New().Go}, {"goroutines", func(f func()) { go f() }}} {
		b.Run(bc.name, func(b *testing.B) {
			done := make(chan byte)
			for b.Loop() {
				bc.run(func() { done <- deep(10) })
				<-done
			}
		})
	}
}
