package actions

import (
	"testing"

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
