package main

import (
	"slices"
	"testing"
	"time"

	"pumatop/collector"
)

// TestJustExecuted: only what serves, is young and has a worker without release is looked at again.
func TestJustExecuted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	known, unknown := collector.Worker{Release: "/srv/shop/releases/2"}, collector.Worker{}
	target := func(id string, age time.Duration, workers ...collector.Worker) *collector.Snapshot {
		return &collector.Snapshot{ID: collector.TargetID(id), At: now, State: collector.Serving, Image: collector.Image{StartedAt: now.Add(-age)}, Workers: workers}
	}
	restarting, dateless, ahead := target("restarting", 0, unknown), target("dateless", 0, unknown), target("ahead", young, unknown)
	restarting.State, dateless.Image.StartedAt, ahead.Offset = collector.Restarting, time.Time{}, time.Second
	got := justExecuted(collector.Fleet{Targets: []*collector.Snapshot{
		target("none", young), target("one", young, known, unknown), target("known", 0, known), target("old", young+1, unknown), restarting, dateless, ahead,
	}})
	if want := []collector.TargetID{"none", "one"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
