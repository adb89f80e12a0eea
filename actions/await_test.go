package actions

import (
	"testing"
	"time"

	"pumatop/collector"
)

// TestRestartsThatOnlyTheLogShows: a full restart keeps its figures while a worker drains or hangs.
func TestRestartsThatOnlyTheLogShows(t *testing.T) {
	t.Parallel()
	const (
		called  = "[9] * phased-restart called but not available, restarting normally."
		drains  = "[9] - Gracefully shutting down workers..."
		restart = "[9] * Restarting..."
		starts  = "[9] Puma starting in cluster mode..."
	)
	for _, tc := range []struct {
		name  string
		state collector.State
		log   []string
		want  bool
	}{
		{"nothing", collector.Serving, []string{starts}, false},
		{"asked and draining", collector.Serving, []string{starts, called, drains}, true},
		{"over", collector.Serving, []string{called, drains, restart, starts}, false},
		{"workers are missing", collector.Restarting, nil, true},
	} {
		w := &waiter{now: whole(func(s *collector.Snapshot) { s.State = tc.state }), log: pastLog{read: tc.log}}
		if got := w.underWay(); got != tc.want {
			t.Errorf("%s: under way %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestWhichRestartIsOver: within the second of the deploy an image may be older than it.
func TestWhichRestartIsOver(t *testing.T) {
	t.Parallel()
	moved := recordedAt.Add(-20 * time.Second)
	for _, tc := range []struct {
		name  string
		image time.Duration // after the second of the deploy
		phase int
		log   []string
		full  bool
	}{
		{"an image from before, reloaded", -time.Hour, 1, nil, false},
		{"an image of the same second, reloaded", 0, 1, nil, false},
		{"an image of the same second", 0, 0, nil, true},
		{"an image from after", 5 * time.Second, 0, nil, true},
		{"an image from after, reloaded since", 5 * time.Second, 1, []string{"[9] - Starting phased worker restart, phase: 1"}, false},
	} {
		s := whole(func(s *collector.Snapshot) {
			s.Facts.CurrentMoved = moved.Add(300 * time.Millisecond)
			s.Stats = clusterOf(tc.phase, 1, 2)
			s.Stats.StartedAt = moved.Add(tc.image)
		})
		w := &waiter{began: recordedAt, now: s, log: pastLog{read: tc.log}}
		if got := w.inFull(s); got != tc.full {
			t.Errorf("%s: full %v, want %v", tc.name, got, tc.full)
		}
	}
}
