package actions

import (
	"io"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
)

// watchedBy is a unit with that WatchdogSec, from before the request on.
func watchedBy(watchdog time.Duration) func(*Step) {
	return func(s *Step) {
		u := &s.Before.OwnFacts().Unit
		u.Type, u.Watchdog = "notify", watchdog
	}
}

// heard is a look at a unit whose watchdog has not heard of it for so long.
func heard(quiet time.Duration) func(*probe.Puma) {
	return func(f *probe.Puma) { f.Unit.Quiet = quiet }
}

// TestThreatened: a full restart that is done at 2.25 s and read at 2.5 s is verified when systemd's watchdog can end it no
// more. Its image is up at 2 s, so that its first ping comes half of WatchdogSec later, and a tenth of it late, between one second and five.
func TestThreatened(t *testing.T) {
	t.Parallel()
	const ten = 10 * time.Second
	for _, tc := range []struct {
		name     string
		watchdog time.Duration
		look     func(*probe.Puma)
		until    float64 // seconds; 0 for verified at once
	}{
		{"no watchdog", 0, nil, 0},
		{"none that can be", -ten, nil, 0},
		{"heard in time", ten, heard(4400 * time.Millisecond), 0},
		{"heard too long ago", ten, heard(4600 * time.Millisecond), 8},
		{"heard nobody knows when", ten, nil, 8},
		{"its manager did not answer", ten, func(f *probe.Puma) { f.Unit.Watchdog, f.Unit.Type = 0, "" }, 8},
		{"lateness is seconds at most", 100 * time.Second, heard(99 * time.Second), 57},
		{"lateness is a second at least", 4 * time.Second, heard(3 * time.Second), 5},
		{"longer than the deadline", 20 * time.Minute, heard(time.Hour), 607},
	} {
		c := try(t, Restart, watchedBy(tc.watchdog)).answers(2, image(clusterOf(0, 11, 12))).answers(2.25, image(clusterOf(0, 11, 12))).probed(2.5, "/r/2", tc.look)
		if tc.until == 0 {
			c.verdict(Verified)
			continue
		}
		says := "has outlived the time in which systemd's watchdog"
		if c.answers(tc.until-0.1, c.now.Stats); c.ended || !strings.Contains(c.trial.Waiting(), "watchdog has not heard of the new image: it may end it within 0.1 s") {
			t.Errorf("%s: ended %v, waits: %s", tc.name, c.ended, c.trial.Waiting())
		}
		// the newest answer counts, and not that time has passed
		if c.at(tc.until+0.1, func(*collector.Snapshot) {}); c.ended {
			t.Errorf("%s: ended %v without an answer", tc.name, c.ended)
		}
		c.answers(tc.until+0.2, c.now.Stats).verdict(Verified, says)
	}
}

// TestThreatenedReload: what was not asked is said at once, whatever becomes of it.
func TestThreatenedReload(t *testing.T) {
	t.Parallel()
	try(t, Reload, watchedBy(10*time.Second)).answers(2, image(clusterOf(0, 11, 12))).answers(2.25, image(clusterOf(0, 11, 12))).probed(2.5, "/r/2", heard(9*time.Second)).
		verdict(RestartedInstead)
}

// TestThreatenedAgain: each image has a first ping of its own.
func TestThreatenedAgain(t *testing.T) {
	t.Parallel()
	later := image(clusterOf(0, 21, 22))
	later.StartedAt = later.StartedAt.Add(4 * time.Second)
	c := try(t, Restart, watchedBy(10*time.Second)).answers(2, image(clusterOf(0, 11, 12))).answers(6, later).answers(6.25, later).probed(6.5, "/r/2", heard(9*time.Second))
	if c.answers(11.9, later); c.ended {
		t.Fatalf("%s at the time of the image before it", c.v.Word)
	}
	c.answers(12.1, later).verdict(Verified)
}

// TestAnotherProcess: a master that executes itself anew keeps its pid; another one means that it ended, unless it was not that
// one which was asked.
func TestAnotherProcess(t *testing.T) {
	t.Parallel()
	another := func(f *probe.Puma) { f.PID = 10 }
	for _, tc := range []struct {
		name   string
		kind   Kind
		change func(*Step)
		want   Word
	}{
		{"ended", Restart, nil, RestartedInstead},
		{"started by systemd", Restart, func(s *Step) { s.Via = ViaSystemd }, Verified},
		{"not looked at since it started", Restart, func(s *Step) { s.Before.Stats.StartedAt = recordedAt.Add(-time.Second) }, Verified},
		{"its pid was not known", Restart, func(s *Step) { s.Before.OwnFacts().PID = 0 }, Verified},
	} {
		c := try(t, tc.kind, tc.change).answers(2, image(clusterOf(0, 11, 12))).answers(2.25, image(clusterOf(0, 11, 12))).probed(2.5, "/r/2", another)
		if c.verdict(tc.want); tc.want == RestartedInstead && (!strings.HasPrefix(c.v.Reason, "the master ended and was started anew") || !strings.Contains(c.v.Remedy, "why it ended")) {
			t.Errorf("%s: %s; %s", tc.name, c.v.Reason, c.v.Remedy)
		}
	}
	c := try(t, Restart, watchedBy(time.Second)).answers(2, image(clusterOf(0, 11, 12))).silent(3, io.ErrUnexpectedEOF)
	later := image(clusterOf(0, 21, 22))
	later.StartedAt = later.StartedAt.Add(4 * time.Second)
	c.answers(6, later).answers(6.25, later).probed(6.5, "/r/2", another).verdict(RestartedInstead, "it answered, then the master ended", "watchdog (WatchdogSec 1s)")
}
