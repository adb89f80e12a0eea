package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// TestVerdictsOfRecordedRestarts judges every restart that was recorded of a real Puma, at a fast and at a slow poll.
func TestVerdictsOfRecordedRestarts(t *testing.T) {
	t.Parallel()
	newImage := func(since time.Duration, f *probe.Puma) {
		if since > 500*time.Millisecond {
			f.StateStamp = "8 2"
		}
	}
	for _, tc := range []struct {
		scenario string
		stage    stage
		want     Word
		within   time.Duration // of the request
	}{
		{"phased-restart", stage{kind: Reload}, Verified, 40 * time.Second},
		{"phased-slow-boot", stage{kind: Reload}, Verified, 40 * time.Second},
		{"phased-broken", stage{kind: Reload, deadWhileListed: true}, CrashLoop, 25 * time.Second},
		{"phased-cured", stage{kind: Reload, remedy: true}, Verified, 20 * time.Second},
		{"fork-worker", stage{kind: Reload}, Verified, 15 * time.Second},
		{"preload-phased", stage{kind: Reload, facts: newImage}, RestartedInstead, 20 * time.Second},
		{"single", stage{kind: Reload, facts: newImage}, RestartedInstead, 20 * time.Second},
		{"hot-restart", stage{kind: Restart, facts: newImage}, Verified, 20 * time.Second},
		{"hot-drain", stage{kind: Restart, facts: newImage}, Verified, 20 * time.Second},
		{"hot-broken", stage{kind: Restart, facts: newImage}, CrashLoop, 5 * time.Second},
		{"preload-phased", stage{kind: Restart, facts: newImage}, Verified, 20 * time.Second},
	} {
		for _, version := range versions(t, tc.scenario) {
			for _, every := range []time.Duration{50 * time.Millisecond, 250 * time.Millisecond, 2 * time.Second} {
				if every == 2*time.Second && strings.HasSuffix(tc.scenario, "-broken") {
					continue // those recordings are cut after a second
				}
				t.Run(strings.Join([]string{string(tc.stage.kind), tc.scenario, version, every.String()}, " "), func(t *testing.T) {
					t.Parallel()
					st := tc.stage
					st.every = every
					v, after, ok := st.try(t, loadRecording(t, version, tc.scenario), time.Minute)
					if !ok || v.Word != tc.want {
						t.Fatalf("verdict %q after %s, want %q\nsummary %s\nevidence %s", v.Word, after, tc.want, v.Summary, strings.Join(v.Evidence, "\n         "))
					}
					if after > tc.within {
						t.Errorf("judged after %s, want within %s", after, tc.within)
					}
					if v.Exit != tc.want.Exit() {
						t.Errorf("exit %d, want %d", v.Exit, tc.want.Exit())
					}
				})
			}
		}
	}
}

// TestOldDirectoryIsOldCode: the same restarts that verify are old code where the workers run something else than
// what current points to.
func TestOldDirectoryIsOldCode(t *testing.T) {
	t.Parallel()
	for _, version := range versions(t, "phased-restart") {
		st := stage{kind: Reload, after: "/srv/shop/releases/1", current: "/srv/shop/releases/2"}
		v, _, ok := st.try(t, loadRecording(t, version, "phased-restart"), time.Minute)
		if !ok || v.Word != OldCode {
			t.Errorf("%s: verdict %q, want %q", version, v.Word, OldCode)
		}
		if !strings.Contains(v.Remedy, `"/srv/shop/current"`) || !strings.Contains(v.Remedy, "puma.rb") {
			t.Errorf("%s: the remedy names no directory and no file: %s", version, v.Remedy)
		}
	}
}

// TestCurrentMovedDuringTheRestart: then another reload is the remedy, not the configuration.
func TestCurrentMovedDuringTheRestart(t *testing.T) {
	t.Parallel()
	r := loadRecording(t, "8.0.2", "phased-slow-boot")
	st := stage{kind: Reload, after: "/srv/shop/releases/2", current: "/srv/shop/releases/3",
		facts: func(since time.Duration, f *probe.Puma) {
			if since > 0 {
				f.CurrentMoved = recordedAt.Add(r.asked + time.Second)
			}
		}}
	v, _, _ := st.try(t, r, time.Minute)
	if v.Word != OldCode || v.Remedy != "reload again" {
		t.Errorf("verdict %q, remedy %q", v.Word, v.Remedy)
	}
}

// TestUnreadableReleaseIsSaid: verified, but not for what was not seen.
func TestUnreadableReleaseIsSaid(t *testing.T) {
	t.Parallel()
	v, _, ok := stage{kind: Reload, blindTo: true}.try(t, loadRecording(t, "6.6.1", "phased-restart"), time.Minute)
	if !ok || v.Word != Verified || !strings.Contains(v.Summary, "release not seen") || len(v.Release.After) != 0 {
		t.Errorf("verdict %q, summary %q, after %q", v.Word, v.Summary, v.Release.After)
	}
}

// TestWorkerKilledAtTheEndOfItsDrain names the worker: its requests were cut though the restart verifies.
func TestWorkerKilledAtTheEndOfItsDrain(t *testing.T) {
	t.Parallel()
	for _, version := range versions(t, "drain-timeout") {
		r := loadRecording(t, version, "drain-timeout")
		v, _, ok := stage{kind: Reload, config: "worker_shutdown_timeout 5\n"}.try(t, r, time.Minute)
		if !ok || v.Word != Verified {
			t.Fatalf("%s: verdict %q", version, v.Word)
		}
		if len(v.Cost.Killed) != 1 || v.Cost.Killed[0].InFlight != puma.Of(1) {
			t.Errorf("%s: killed %+v, want one with one request in flight", version, v.Cost.Killed)
		}
		if !strings.Contains(strings.Join(v.Evidence, "\n"), "worker_shutdown_timeout (5s)") {
			t.Errorf("%s: the evidence does not say why:\n%s", version, strings.Join(v.Evidence, "\n"))
		}
	}
}

// TestNoPrefixOfARestartVerifies freezes each good restart at every change, as if the master had stopped there, and
// each bad one is never verified at all.
func TestNoPrefixOfARestartVerifies(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"phased-restart", "phased-slow-boot", "fork-worker"} {
		for _, version := range versions(t, scenario) {
			r := loadRecording(t, version, scenario)
			whole := slices.IndexFunc(r.polls, func(p recordedPoll) bool {
				return p.at > r.asked && p.err == nil && p.stats.Phase.N > 0 && p.stats.AllServing()
			})
			for cut := 1; cut < whole; cut++ {
				frozen := recording{polls: r.polls[:cut], asked: r.asked}
				if frozen.polls[cut-1].at < r.asked {
					continue
				}
				if v, _, _ := (stage{kind: Reload, every: time.Second}).try(t, frozen, 10*time.Minute); v.Word == Verified || v.Word == "" {
					t.Errorf("%s %s frozen at %s: verdict %q", version, scenario, frozen.polls[cut-1].at, v.Word)
				}
			}
		}
	}
}

// TestMasterThatDoesNotBoot: a full restart into a release that raises ends a preloading Puma, and systemd starts it
// again and again. That is a crash loop; a unit that nobody starts again is one too where the log tells of the boot.
func TestMasterThatDoesNotBoot(t *testing.T) {
	t.Parallel()
	gone := func(active, sub string, restarts func(time.Duration) int) func(time.Duration, *probe.Puma) {
		return func(since time.Duration, f *probe.Puma) {
			if since > time.Second {
				*f = probe.Puma{App: "puma", Unit: probe.Unit{Name: "puma.service", Scope: probe.SystemScope, Active: active, Sub: sub,
					Result: "exit-code", Restarts: puma.Of(restarts(since))}}
			}
		}
	}
	never := func(time.Duration) int { return 0 }
	twiceIn3s := func(since time.Duration) int { return int(since / (1500 * time.Millisecond)) }
	loadError := []string{"! Unable to load application: RuntimeError: this release does not boot"}
	for _, tc := range []struct {
		name  string
		facts func(time.Duration, *probe.Puma)
		log   []string
		want  Word
	}{
		{"systemd starts it again and again", gone("activating", "auto-restart", twiceIn3s), nil, CrashLoop},
		{"the unit stays down, the log tells why", gone("failed", "failed", never), loadError, CrashLoop},
		{"the unit stays down, nothing tells why", gone("failed", "failed", never), nil, NotRunning},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, version := range versions(t, "preload-broken") {
				v, after, ok := stage{kind: Restart, facts: tc.facts, log: tc.log}.try(t, loadRecording(t, version, "preload-broken"), time.Minute)
				if !ok || v.Word != tc.want {
					t.Errorf("%s: verdict %q after %s, want %q: %s", version, v.Word, after, tc.want, v.Summary)
				}
			}
		})
	}
}
