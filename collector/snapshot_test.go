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
		"6.4.3": {Facts: probe.Puma{Version: probed}},
		"8.0.2": {Facts: probe.Puma{Version: probed}, Stats: puma.Stats{Puma: "8.0.2"}},
	} {
		if got := s.Version(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
