package tui

import (
	"math"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// A request that waits is a warning; one that has waited for two polls is a state.
func TestBacklogToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		load    collector.Load
		history []float64
		figure  token
		want    token
	}{
		{"unknown", collector.Load{}, nil, tFigure, tDim},
		{"none", collector.Load{Backlog: puma.Of(0)}, []float64{3, 0}, tFigure, tFigure},
		{"old figures", collector.Load{Backlog: puma.Of(5)}, []float64{5, 5}, tDim, tDim},
		{"the first poll", collector.Load{Backlog: puma.Of(5)}, []float64{5}, tFigure, tWarn},
		{"since this poll", collector.Load{Backlog: puma.Of(5)}, []float64{0, 5}, tFigure, tWarn},
		{"unknown before", collector.Load{Backlog: puma.Of(5)}, []float64{math.NaN(), 5}, tFigure, tWarn},
		{"for two polls", collector.Load{Backlog: puma.Of(5)}, []float64{1, 5}, tFigure, tBad},
		{"in the kernel alone", collector.Load{ListenQueue: puma.Of(2)}, []float64{2, 2}, tFigure, tBad},
	} {
		if got := backlogToken(&c.load, c.history, c.figure); got != c.want {
			t.Errorf("%s: token %d, want %d", c.name, got, c.want)
		}
	}
}

// A chart of nothing but unknowns is left out: an empty one would look like nought.
func TestChartsOfTheUnknownAreLeftOut(t *testing.T) {
	t.Parallel()
	f := with(production(), "web3/puma", func(s *collector.Snapshot) {
		s.History = collector.HistoryOf(2*time.Second, noon, collector.Load{InUse: puma.Of(1), Max: puma.Of(2), Backlog: puma.Of(0)})
	})
	for l := range strings.Lines(opened(t, 200, 60, f, "web3/puma").frame()) {
		if !strings.Contains(l, "utilisation ") {
			continue
		}
		if !strings.Contains(l, "backlog ") || strings.Contains(l, "memory") {
			t.Errorf("the charts are %s", l)
		}
		return
	}
	t.Error("there are no charts")
}
