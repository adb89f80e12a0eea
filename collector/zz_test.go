package collector

import (
	"pumatop/collector/probe"
	"testing"
	"unsafe"
)

var keepIt []any

func BenchmarkZZ(b *testing.B) {
	for b.Loop() {
		s := newStore(1e9)
		tracks := make([]*tracked, 60)
		for n := range tracks {
			tracks[n] = benchTrack(n)
		}
		anHour(b, s, tracks)
		keepIt = append(keepIt, s, tracks)
	}
}
func TestSizes(t *testing.T) {
	t.Log("track", unsafe.Sizeof(track{}), "snapshot", unsafe.Sizeof(Snapshot{}), "Worker", unsafe.Sizeof(Worker{}), "kept", unsafe.Sizeof(kept{}), "usage", unsafe.Sizeof(processUsage{}), "facts", unsafe.Sizeof(probe.Puma{}), "proc", unsafe.Sizeof(probe.Process{}), "tracked", unsafe.Sizeof(tracked{}), "hist", unsafe.Sizeof(historyWatch{}), "hs", unsafe.Sizeof(HostStatus{}))
}
