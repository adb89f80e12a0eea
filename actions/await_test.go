package actions

import (
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
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
		w := &waiter{look: newLookout(), now: whole(func(s *collector.Snapshot) { s.State = tc.state }), log: pastLog{read: tc.log}}
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
			s.OwnFacts().CurrentMoved = moved.Add(300 * time.Millisecond)
			s.Stats = clusterOf(tc.phase, 1, 2)
			s.Stats.StartedAt = moved.Add(tc.image)
		})
		w := &waiter{look: newLookout(), began: recordedAt, now: s, log: pastLog{read: tc.log}}
		if got := w.inFull(s); got != tc.full {
			t.Errorf("%s: full %v, want %v", tc.name, got, tc.full)
		}
		s.Stats.Mode = puma.Single
		if got := w.inFull(s); got != (tc.image >= 0) {
			t.Errorf("%s, in single mode: full %v", tc.name, got)
		}
	}
}

// TestBlindWaitForCurrent: a process that runs the release has not therefore booted, and one look is not two.
func TestBlindWaitForCurrent(t *testing.T) {
	t.Parallel()
	look := func(age time.Duration) collector.Snapshot {
		return whole(func(s *collector.Snapshot) {
			s.State, s.OwnFacts().Current = collector.NoControl, "/r/2"
			s.OwnFacts().Workers = nil
			s.Workers = nil
			for i := range 2 {
				s.OwnFacts().Workers = append(s.Facts().Workers, probe.Process{PID: i + 1, Index: i, Release: "/r/2", Started: recordedAt.Add(-age)})
				s.Workers = append(s.Workers, collector.Worker{Worker: &puma.Worker{Index: i, PID: i + 1}, Release: "/r/2"})
			}
		})
	}
	booted := []string{"[9] - Worker 0 (PID: 1) booted in 0.1s, phase: 1", "[9] - Worker 1 (PID: 2) booted in 0.1s, phase: 1"}
	for _, tc := range []struct {
		name string
		age  time.Duration
		log  []string
		want bool
	}{
		{"just created, and nothing says that they have booted", time.Second, nil, false},
		{"one of them has booted", time.Second, booted[:1], false},
		{"the log says so", time.Second, booted, true},
		{"older than a boot may take", time.Hour, nil, true},
	} {
		w := &waiter{look: newLookout(), began: recordedAt.Add(-time.Second), o: AwaitOptions{Current: true}}
		if got := w.newBlindly(look(tc.age), readPast(tc.log)); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	w := &waiter{look: newLookout(), began: recordedAt.Add(-time.Second), o: AwaitOptions{Current: true}}
	s := look(time.Hour)
	for i := range 20 {
		s.At = s.At.Add(time.Second)
		if i == 15 {
			s.Probed = s.At
		}
		if _, over := w.confirm(s, logWatch{}); over != (i >= 15) {
			t.Fatalf("snapshot %d: over %v, its look is from %s", i, over, s.Probed)
		}
		if i == 15 {
			return
		}
	}
}
