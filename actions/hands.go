package actions

import (
	"sync"
	"time"

	"pumatop/collector"
)

// hands tells which targets an action or a trial has, so that no second action comes to one, and what an action does is
// not taken for somebody else's.
type hands struct {
	mu     sync.Mutex
	holds  map[collector.TargetID]int
	claims map[collector.TargetID]bool
	left   map[collector.TargetID]time.Time
}

// claim takes a target for an action; it fails where another action has it.
func (h *hands) claim(id collector.TargetID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claims[id] {
		return false
	}
	if h.claims == nil {
		h.claims = map[collector.TargetID]bool{}
	}
	h.claims[id] = true
	h.hold(id)
	return true
}

// release ends a claim.
func (h *hands) release(id collector.TargetID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.claims, id)
	h.holds[id]--
	h.left[id] = time.Now()
}

// take holds a target for a trial, which keeps no action away.
func (h *hands) take(id collector.TargetID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hold(id)
}

func (h *hands) hold(id collector.TargetID) {
	if h.holds == nil {
		h.holds, h.left = map[collector.TargetID]int{}, map[collector.TargetID]time.Time{}
	}
	h.holds[id]++
}

func (h *hands) leave(id collector.TargetID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holds[id]--
	h.left[id] = time.Now()
}

// on reports whether a target is held, and when it was last left; zero for never.
func (h *hands) on(id collector.TargetID) (held bool, left time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.holds[id] > 0, h.left[id]
}
