package collector

import (
	"time"

	"pumatop/collector/puma"
)

// MemoryStep is the time between two points of what a worker took, and memoryPoints how many of them are kept: an hour.
const (
	MemoryStep   = time.Minute
	memoryPoints = 60
)

// memoryPast is what a process took, a point a step. What it has handed out is never written again.
type memoryPast struct {
	points []float32 // bytes, the oldest first; a float has seven digits of them, and takes half the room
	last   time.Duration
	shared bool
}

// grown is the past with one more point, if a step has passed since the last one. RSS and PSS are not one series: with the
// other kind it begins anew.
func (p memoryPast) grown(now puma.Count, shared bool, at time.Duration) memoryPast {
	switch {
	case !now.Known, len(p.points) > 0 && p.shared == shared && at-p.last < MemoryStep:
		return p
	case len(p.points) == 0 || p.shared != shared:
		return memoryPast{[]float32{float32(now.N)}, at, shared}
	}
	kept := p.points[max(len(p.points)-memoryPoints+1, 0):]
	points := append(make([]float32, 0, len(kept)+1), kept...)
	last := p.last + MemoryStep
	if at-last > MemoryStep { // the host was away
		last = at
	}
	return memoryPast{append(points, float32(now.N)), last, shared}
}
