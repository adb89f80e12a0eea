package collector

import (
	"slices"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// polled is a snapshot of an answer.
func polled(at float64, s puma.Stats) Snapshot {
	return Snapshot{ID: "web1/puma", Host: "web1", App: "puma", At: after(at), Answered: after(at), Stats: s, State: Serving, Since: noon, Linked: true}
}

// phased moves workers to a phase.
func phased(phase int, workers ...puma.Worker) puma.Stats {
	s := cluster(workers...)
	s.Phase = puma.Of(phase)
	for i := range s.Workers {
		s.Workers[i].Phase = phase
	}
	return s
}

func TestChanges(t *testing.T) {
	t.Parallel()
	with := func(s Snapshot, change func(*Snapshot)) Snapshot { change(&s); return s }
	two := cluster(serving(0, 1), serving(1, 2))
	facts := func(version, current string, releases ...string) probe.Puma {
		v, _ := puma.ParseVersion(version)
		p := probe.Puma{PID: 9, Version: v, Current: current}
		for i, r := range releases {
			p.Workers = append(p.Workers, probe.Process{PID: i + 1, Index: i, Release: r})
		}
		return p
	}
	for _, tc := range []struct {
		name        string
		before, now Snapshot
		want        []string
	}{
		{"nothing", polled(0, two), polled(2, two), nil},
		{"the first answer", Snapshot{State: Connecting}, polled(2, two), nil},
		{"a phase", polled(0, phased(3, serving(0, 1))), polled(2, phased(4, serving(0, 1))), []string{"phase: phase 3→4"}},
		{"a worker that died, its successor boots", polled(0, two), polled(2, cluster(unbooted(0, 7), serving(1, 2))),
			[]string{"worker-died: worker 0 left outside a restart, pid 1→7"}},
		{"replaced within a restart", polled(0, phased(1, serving(0, 1))), polled(2, phased(2, booted(0, 7))),
			[]string{"phase: phase 1→2", "worker-replaced: worker 0 replaced, pid 1→7, phase 2"}},
		{"left, the new one boots", polled(0, phased(1, serving(0, 1))), polled(2, phased(2, unbooted(0, 7))),
			[]string{"phase: phase 1→2", "worker-replaced: worker 0 left, pid 1; pid 7 boots in phase 2"}},
		{"the new one has booted", polled(0, phased(2, unbooted(0, 7))), polled(2, phased(2, booted(0, 7))), []string{"worker-replaced: worker 0 booted, pid 7, phase 2"}},
		{"a boot that failed", polled(0, cluster(unbooted(0, 1))), polled(2, cluster(unbooted(0, 7))),
			[]string{"worker-died: worker 0 did not boot, pid 1, tried again as 7"}},
		{"and again, in a loop", polled(0, cluster(unbooted(0, 1))), with(polled(2, cluster(unbooted(0, 7))), func(s *Snapshot) { s.Boots.Failed = 2 }), nil},
		{"not listed for a moment, in a loop", polled(0, cluster(unbooted(0, 1))), with(polled(2, cluster(unbooted(1, 7))), func(s *Snapshot) { s.Boots.Failed = 2 }), nil},
		{"a pid that is not known yet", polled(0, two), polled(2, cluster(unbooted(0, 0), serving(1, 2))), nil},
		{"one more", polled(0, two), polled(2, cluster(serving(0, 1), serving(1, 2), unbooted(2, 3))), []string{"worker-count: worker 2 appeared, pid 3"}},
		{"one more without a pid yet", polled(0, two), polled(2, cluster(serving(0, 1), serving(1, 2), unbooted(2, 0))), []string{"worker-count: worker 2 appeared"}},
		{"one less", polled(0, two), polled(2, cluster(serving(0, 1))), []string{"worker-count: worker 1 is gone, pid 2"}},
		{"another image: its workers are not compared", polled(0, two), with(polled(2, cluster(serving(0, 7))), func(s *Snapshot) { s.Restarts, s.statsOf = 1, 1 }),
			[]string{"restart: full restart seen: another image of the master"}},
		{"another image, seen by a probe", polled(0, two), with(polled(0, two), func(s *Snapshot) { s.At, s.Restarts = after(2), 1 }),
			[]string{"restart: full restart seen: another image of the master"}},
		{"a poll that failed shows old workers", polled(0, two), with(polled(0, cluster()), func(s *Snapshot) { s.At = after(2) }), nil},
		{"version", with(polled(0, two), func(s *Snapshot) { *s.OwnFacts() = facts("6.6.1", "") }), with(polled(2, two), func(s *Snapshot) { *s.OwnFacts() = facts("7.2.1", "") }),
			[]string{"version: Puma 6.6.1→7.2.1"}},
		{"current and releases", with(polled(0, two), func(s *Snapshot) { *s.OwnFacts() = facts("6.6.1", "/r/1", "/r/1", "/r/1") }),
			with(polled(2, two), func(s *Snapshot) { *s.OwnFacts() = facts("6.6.1", "/r/2", "/r/1", "/r/2") }),
			[]string{"release: current moved to 2", "release: workers run 1 and 2, before 1"}},
		{"releases that may no longer be read", with(polled(0, two), func(s *Snapshot) { *s.OwnFacts() = facts("6.6.1", "/r/1", "/r/1") }),
			with(polled(2, two), func(s *Snapshot) { *s.OwnFacts() = facts("6.6.1", "", "") }), nil},
		{"no process", with(polled(0, two), func(s *Snapshot) { *s.OwnFacts() = facts("6.6.1", "/r/1") }), polled(2, two), nil},
		{"a state", polled(0, two), with(polled(0, two), func(s *Snapshot) { s.At, s.State, s.Reason = after(9), Stale, "no answer" }), []string{"state: stale: no answer"}},
		{"and back", with(polled(0, two), func(s *Snapshot) { s.State = Stale; s.Since = after(5) }), polled(15, two), []string{"state: serving again after 10s of stale"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range changes(&tc.before, &tc.now) {
				got = append(got, string(e.Kind)+": "+e.Text)
				if e.Target != "web1/puma" || !e.At.Equal(tc.now.At) {
					t.Errorf("%+v", e)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("\n got %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestSameImage: only what is known of both can tell them apart.
func TestSameImage(t *testing.T) {
	t.Parallel()
	whole := Image{PID: 1, StartedAt: noon, Stamp: "a"}
	for _, tc := range []struct {
		name string
		b    Image
		want bool
	}{
		{"itself", whole, true},
		{"nothing known", Image{}, true},
		{"another pid", Image{PID: 2}, false},
		{"another start", Image{PID: 1, StartedAt: noon.Add(time.Second)}, false},
		{"another stamp", Image{PID: 1, StartedAt: noon, Stamp: "b"}, false},
	} {
		if whole.Same(tc.b) != tc.want || tc.b.Same(whole) != tc.want {
			t.Errorf("%s: want %v", tc.name, tc.want)
		}
	}
}
