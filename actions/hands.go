package actions

import (
	"sync"
	"time"

	"pumatop/collector"
)

// hands tells which targets an action or a trial has, so that what it does is not taken for somebody else's.
type hands struct {
	mu    sync.Mutex
	holds map[collector.TargetID]int
	left  map[collector.TargetID]time.Time
}

func (h *hands) take(id collector.TargetID) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
