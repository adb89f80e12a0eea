package collector

import (
	"testing"
	"time"

	"pumatop/collector/puma"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func after(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

// unbooted, booted and serving are workers at three points of their boot.
func unbooted(index, pid int) puma.Worker { return puma.Worker{Index: index, PID: pid} }
func booted(index, pid int) puma.Worker   { return puma.Worker{Index: index, PID: pid, Booted: true} }
func serving(index, pid int) puma.Worker {
	return puma.Worker{Index: index, PID: pid, Booted: true, CheckedIn: true}
}

func cluster(workers ...puma.Worker) puma.Stats {
	return puma.Stats{Mode: puma.Cluster, Phase: puma.Of(0), Workers: workers}
}

func TestBootsThatFail(t *testing.T) {
	t.Parallel()
	observe := func(polls ...puma.Stats) func(*BootWatch) {
		return func(b *BootWatch) {
			for i, s := range polls {
				b.Observe(s, after(float64(i)))
			}
		}
	}
	for _, tc := range []struct {
		name    string
		happens func(*BootWatch)
		want    Boots
	}{
		{"a boot that succeeds", observe(cluster(unbooted(0, 1)), cluster(booted(0, 1)), cluster(serving(0, 1))), Boots{Index: -1}},
		{"one pid replaced unbooted", observe(cluster(unbooted(0, 1)), cluster(unbooted(0, 2))), Boots{Index: 0, Failed: 1, Since: after(1)}},
		{"the third boots", observe(cluster(unbooted(0, 1)), cluster(unbooted(0, 2)), cluster(booted(0, 3))), Boots{Index: -1}},
		{"every poll another", observe(cluster(unbooted(0, 1)), cluster(unbooted(0, 2)), cluster(unbooted(0, 3))), Boots{Index: 0, Failed: 2, Since: after(1)}},
		{"gone from the list", observe(cluster(unbooted(0, 1)), cluster()), Boots{Index: 0, Failed: 1, Since: after(1)}},
		{"gone and back", observe(cluster(unbooted(0, 1)), cluster(), cluster(unbooted(0, 2)), cluster()), Boots{Index: 0, Failed: 2, Since: after(1)}},
		{"a null pid says nothing", observe(cluster(unbooted(0, 0)), cluster(unbooted(0, 0)), cluster(unbooted(0, 7))), Boots{Index: -1}},
		{"a booted worker killed", observe(cluster(serving(0, 1)), cluster(unbooted(0, 2)), cluster(booted(0, 2))), Boots{Index: -1}},
		{"the worst index is named", observe(cluster(unbooted(0, 1), unbooted(1, 2)), cluster(booted(0, 1), unbooted(1, 3))), Boots{Index: 1, Failed: 1, Since: after(1)}},
		{"of equals the lowest", observe(cluster(unbooted(2, 1), unbooted(1, 2)), cluster(unbooted(2, 3), unbooted(1, 4))), Boots{Index: 1, Failed: 1, Since: after(1)}},
		{"dead and listed, counted once", func(b *BootWatch) { // Puma 4 replaces it ten seconds later
			b.Observe(cluster(unbooted(0, 1)), after(0))
			b.Dead(1, after(1))
			b.Dead(1, after(2))
			b.Observe(cluster(unbooted(0, 1)), after(3))
			b.Observe(cluster(unbooted(0, 2)), after(10))
		}, Boots{Index: 0, Failed: 1, Since: after(1)}},
		{"dead twice", func(b *BootWatch) {
			b.Observe(cluster(unbooted(0, 1)), after(0))
			b.Dead(1, after(1))
			b.Observe(cluster(unbooted(0, 2)), after(10))
			b.Dead(2, after(11))
		}, Boots{Index: 0, Failed: 2, Since: after(1)}},
		{"a dead pid nobody boots", func(b *BootWatch) {
			b.Observe(cluster(booted(0, 1)), after(0))
			b.Dead(1, after(1))
		}, Boots{Index: -1}},
		{"masters", func(b *BootWatch) { b.MasterLeft(1, after(1)); b.MasterLeft(2, after(5)) }, Boots{Index: -1, Failed: 3, Since: after(1)}},
		{"a master that boots", func(b *BootWatch) {
			b.MasterLeft(2, after(1))
			b.Observe(cluster(serving(0, 1)), after(2))
		}, Boots{Index: -1}},
		{"single mode that answers", func(b *BootWatch) {
			b.MasterLeft(2, after(1))
			b.Observe(puma.Stats{Mode: puma.Single}, after(2))
		}, Boots{Index: -1}},
		{"an index taken away is forgotten", func(b *BootWatch) {
			b.Observe(cluster(serving(0, 1), unbooted(1, 2)), after(0))
			b.Observe(cluster(serving(0, 1), unbooted(1, 3)), after(1))
			b.Observe(cluster(serving(0, 1)), after(2))
			b.Observe(cluster(serving(0, 1)), after(17))
		}, Boots{Index: -1}},
		{"an index of which no poll saw a pid is not", func(b *BootWatch) {
			b.Observe(cluster(serving(0, 1), unbooted(1, 2)), after(0))
			b.Observe(cluster(serving(0, 1), unbooted(1, 3)), after(1))
			b.Observe(cluster(serving(0, 1)), after(2))
			b.Observe(cluster(serving(0, 1)), after(16))
		}, Boots{Index: 1, Failed: 2, Since: after(1)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var b BootWatch
			tc.happens(&b)
			if got := b.Boots(); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if got := b.Boots(); got.Looping() != (tc.want.Failed >= 2) {
				t.Errorf("looping %v after %d", got.Looping(), got.Failed)
			}
		})
	}
}
