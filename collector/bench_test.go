package collector

import (
	"fmt"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// BenchmarkFleet is what one frame costs the collector: 1,000 targets of 16 workers.
func BenchmarkFleet(b *testing.B) {
	s := newStore(DefaultInterval)
	tracks := manyTracks()
	for _, k := range tracks {
		s.put(HostStatus{Name: k.host}, []*Snapshot{k.snapshot(after(0), DefaultInterval)}, nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		if f := s.now(); f.Totals.Serving != len(tracks) {
			b.Fatalf("%d serve", f.Totals.Serving)
		}
	}
}

// BenchmarkSnapshots is one poll's share of the collector's work, for 1,000 targets of 16 workers.
func BenchmarkSnapshots(b *testing.B) {
	tracks := manyTracks()
	at := 0.0
	b.ReportAllocs()
	for b.Loop() {
		at += 2
		for _, k := range tracks {
			k.answer(k.stats, after(at), time.Millisecond)
			if s := k.snapshot(after(at), DefaultInterval); s.State != Serving {
				b.Fatal(s.State, s.Reason)
			}
		}
	}
}

func manyTracks() []*track {
	var tracks []*track
	for i := range 1000 {
		k := newTrack(fmt.Sprintf("web%d", i), "puma")
		k.up(true, nil, time.Time{})
		k.probe(facts(1), after(-1), after(-1), 0)
		var workers []puma.Worker
		for index := range 16 {
			w := reporting(100+index, after(0), 1000)
			w.Index, w.Pool.MaxThreads, w.Pool.PoolCapacity = index, puma.FigureOf(5), puma.FigureOf(3)
			workers = append(workers, w)
		}
		k.answer(cluster(workers...), after(0), time.Millisecond)
		tracks = append(tracks, k)
	}
	return tracks
}

// BenchmarkFleetEvents is a fleet of few targets once all events that are kept are there.
func BenchmarkFleetEvents(b *testing.B) {
	s := newStore(DefaultInterval)
	s.put(HostStatus{Name: "h"}, []*Snapshot{snapshotOf("a", Serving)}, make([]Event, keptEvents))
	b.ReportAllocs()
	for b.Loop() {
		s.now()
	}
}
