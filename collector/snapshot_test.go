package collector

import (
	"testing"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// The figures are newer than the probe: after an upgrade they tell the version of the image that answers.
func TestSnapshotVersion(t *testing.T) {
	t.Parallel()
	probed, _ := puma.ParseVersion("6.4.3")
	for want, s := range map[string]Snapshot{
		"":      {},
		"6.4.3": {facts: &probe.Puma{Version: probed}},
		"8.0.2": {facts: &probe.Puma{Version: probed}, Stats: puma.Stats{Puma: "8.0.2"}},
	} {
		if got := s.Version(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestFactsAreShared: a thousand targets have a snapshot each second, and a probe twice a minute.
func TestFactsAreShared(t *testing.T) {
	t.Parallel()
	if (&Snapshot{}).Facts().PID != 0 {
		t.Error("a snapshot of nothing has facts")
	}
	k := found()
	first, second := k.snapshot(after(1), DefaultInterval), k.snapshot(after(2), DefaultInterval)
	if first.Facts() != second.Facts() {
		t.Error("two snapshots between two probes have facts of their own")
	}
	changed := *second
	changed.OwnFacts().PID++
	if second.Facts() != first.Facts() || changed.Facts().PID != second.Facts().PID+1 {
		t.Errorf("process %d in the changed copy, %d in the other", changed.Facts().PID, second.Facts().PID)
	}
}
