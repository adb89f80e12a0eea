package main

import (
	"math"
	"slices"
	"sync"
	"time"
)

// beat counts the polls of one host as they come.
type beat struct {
	mu    sync.Mutex
	polls int // since the start
	last  time.Time
	gaps  []time.Duration // since the last reset
}

func (b *beat) strike() {
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.polls++
	if !b.last.IsZero() {
		b.gaps = append(b.gaps, now.Sub(b.last))
	}
	b.last = now
}

func (b *beat) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last, b.gaps = time.Time{}, nil
}

// near reports whether a pause is within a tenth of the interval.
func near(d, interval time.Duration) bool {
	return math.Abs(float64(d-interval)) <= float64(interval)/10
}

// counts are what the fleet has seen of its visitor.
type counts struct {
	// Asked is how many hosts have been polled at least once, and Polls how many polls there were in all.
	Asked, Polls int
	// Even is how many of the Healthy hosts are polled at the interval, within a tenth, on average; Gaps is how many
	// pauses there were between polls of these, EvenGaps how many of them came within a tenth, and Worst the longest.
	Healthy, Even  int
	Gaps, EvenGaps int
	Worst          time.Duration
	// SlowGap is the median pause between polls of slow hosts.
	SlowGap time.Duration
	// Crowd is how many logins were under way at once at one SSH server, at the most, and Logins how many there were.
	Crowd, Logins int
	// JumpCrowd and JumpLogins are the same of the jump host, JumpChannels how many connections it has passed on.
	JumpCrowd, JumpLogins, JumpChannels int
}

func (s *server) report() counts {
	c := counts{JumpCrowd: s.jump.Crowd(), JumpLogins: s.jump.Logins(), JumpChannels: s.jump.Opens()}
	var slowGaps []time.Duration
	for _, h := range s.hosts {
		c.Crowd = max(c.Crowd, h.Server().Crowd())
		c.Logins += h.Server().Logins()
		h.beat.mu.Lock()
		c.Polls += h.beat.polls
		if h.beat.polls > 0 {
			c.Asked++
		}
		switch h.kind {
		case healthy:
			c.add(h.beat.gaps, s.scene.interval)
		case slow:
			slowGaps = append(slowGaps, h.beat.gaps...)
		case deaf, mute, fading:
		}
		h.beat.mu.Unlock()
	}
	if len(slowGaps) > 0 {
		slices.Sort(slowGaps)
		c.SlowGap = slowGaps[len(slowGaps)/2]
	}
	return c
}

// add takes the pauses between the polls of one healthy host.
func (c *counts) add(gaps []time.Duration, interval time.Duration) {
	c.Healthy++
	var sum time.Duration
	for _, g := range gaps {
		sum += g
		c.Worst = max(c.Worst, g)
		if near(g, interval) {
			c.EvenGaps++
		}
	}
	c.Gaps += len(gaps)
	if len(gaps) > 0 && near(sum/time.Duration(len(gaps)), interval) {
		c.Even++
	}
}
