package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// simulate runs f on the demo's fleet, in virtual time.
func simulate(t *testing.T, f func(t *testing.T, fleet *pumatest.Fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, pumatest.NewFleet(1, pumatest.DefaultHosts, pumatest.DefaultWorkers))
	})
}

// sessionOn are the options of a session on targets of a simulated fleet.
func sessionOn(t *testing.T, fleet *pumatest.Fleet, targets ...string) sessionOptions {
	t.Helper()
	hosts, err := parseTargets(targets)
	if err != nil {
		t.Fatal(err)
	}
	return sessionOptions{remote: fleet.Options(), targets: hosts, interval: collector.DefaultInterval, timeout: demoTimeout}
}

// codeFrom is the exit code that a command's error stands for.
func codeFrom(t *testing.T, err error) int {
	t.Helper()
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.code
	}
	t.Fatalf("the command failed: %v", err)
	return -1
}

// TestReloadReachesEveryVerdict reloads each weak spot of the demo's fleet, headless and in JSON.
func TestReloadReachesEveryVerdict(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		target    string
		orRestart bool
		verdict   actions.Word
		exit      int
		contains  string // in the document
	}{
		{"web1.shop", false, actions.Verified, 0, `"phase_after": 5`},
		{"web2.shop", false, actions.CrashLoop, 6, `key not found: \"PAYMENT_API_KEY\"`},
		{"web3.shop", false, actions.Refused, 3, "--or-restart starts it"},
		{"web3.shop", true, actions.Verified, 0, `"via": "systemd"`},
		{"api1.shop", false, actions.Refused, 7, "would be a full restart"},
		{"api1.shop", true, actions.Verified, 0, `"image_changed": true`},
		{"pay1.shop", false, actions.RestartedInstead, 7, `"image_changed": true`},
		{"tools1.shop/admin", false, actions.Refused, 7, "single mode"},
		{"tools1.shop/reports", false, actions.Verified, 0, `"in_flight"`},
		{"media1.shop", false, actions.TimedOut, 4, "boots"},
		{"search1.shop", false, actions.Stuck, 6, "no answer from the control socket"},
		{"cms1.shop/cms", false, actions.OldCode, 8, "set directory"},
		{"edge1.shop/edge", false, actions.Lost, 5, "not known"},
		{"nohost.shop", false, actions.Refused, 5, "the name is not known"},
	} {
		name := tc.target
		if tc.orRestart {
			name += " or restart"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
				var out, steps bytes.Buffer
				err := runAct(t.Context(), streams{strings.NewReader(""), &out, &steps}, sessionOn(t, fleet, tc.target),
					headless(actions.Intent{Kind: actions.Reload, OrRestart: tc.orRestart}, jsonFormat))
				if code := codeFrom(t, err); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
				var doc actionDocument
				if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
					t.Fatal(err)
				}
				if len(doc.Targets) != 1 || doc.Targets[0].Verdict != string(tc.verdict) || doc.Targets[0].Exit != tc.exit {
					t.Errorf("want one target with %s:\n%s", tc.verdict, &out)
				}
				if len(doc.Targets) == 1 && len(doc.Targets[0].Evidence) == 0 {
					t.Errorf("a verdict without evidence:\n%s", &out)
				}
				if !strings.Contains(out.String(), tc.contains) {
					t.Errorf("%q is not in\n%s\nsteps:\n%s", tc.contains, &out, &steps)
				}
			})
		})
	}
}

// TestRefusedTargetHoldsUpTheRollout: what can be seen to end badly does not begin.
func TestRefusedTargetHoldsUpTheRollout(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		var out bytes.Buffer
		err := runAct(t.Context(), streams{strings.NewReader(""), &out, &bytes.Buffer{}}, sessionOn(t, fleet, "web1.shop", "api1.shop"),
			headless(actions.Intent{Kind: actions.Reload}, textFormat))
		if code := codeFrom(t, err); code != actions.ExitNotPhased {
			t.Errorf("exit %d, want %d", code, actions.ExitNotPhased)
		}
		if !strings.Contains(out.String(), "web1.shop/shop  untouched  left out: api1.shop/api is refused") {
			t.Errorf("web1 is not said to be untouched:\n%s", &out)
		}
	})
}

// TestStatusDocument holds the JSON to what scripts rely on: every name of it, with figures that agree.
func TestStatusDocument(t *testing.T) {
	t.Parallel()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		var out bytes.Buffer
		err := runStatus(t.Context(), streams{strings.NewReader(""), &out, &bytes.Buffer{}},
			sessionOn(t, fleet, "web1.shop", "api1.shop", "tools1.shop/admin", "web3.shop", "nohost.shop"), statusOptions{format: "json", timeout: time.Minute})
		if code := codeFrom(t, err); code != actions.ExitUnreachable {
			t.Errorf("exit %d, want %d", code, actions.ExitUnreachable)
		}
		var doc struct {
			At      time.Time
			Totals  map[string]any
			Targets []map[string]any
		}
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		byID := map[string]map[string]any{}
		for _, target := range doc.Targets {
			byID[target["id"].(string)] = target
			for _, field := range []string{"id", "host", "app", "state", "error", "puma", "mode", "pid", "phase", "phased", "phased_evidence",
				"workers", "booted_workers", "old_workers", "started_at", "unit", "container", "release", "threads", "backlog", "listen_queue",
				"requests_per_second", "rss_bytes", "worker_status"} {
				if _, has := target[field]; !has {
					t.Errorf("%s has no %q", target["id"], field)
				}
			}
		}
		for id, want := range map[string]map[string]any{
			"web1.shop/shop":    {"state": "serving", "puma": "6.6.1", "mode": "cluster", "phased": "yes", "workers": 4.0, "booted_workers": 4.0, "error": nil},
			"api1.shop/api":     {"state": "serving", "puma": "7.2.1", "mode": "cluster", "phased": "no"},
			"tools1.shop/admin": {"state": "serving", "mode": "single", "phased": "no", "workers": nil, "phase": nil},
			"web3.shop/shop":    {"state": "not-running", "phased": "unknown", "workers": nil, "pid": nil},
			"nohost.shop":       {"state": "unreachable", "app": nil},
		} {
			for field, value := range want {
				if got := byID[id][field]; got != value {
					t.Errorf("%s: %s is %v, want %v", id, field, got, value)
				}
			}
		}
		worker := byID["web1.shop/shop"]["worker_status"].([]any)[0].(map[string]any)
		for _, field := range []string{"index", "pid", "phase", "booted", "last_checkin", "last_status", "in_use", "requests_per_second",
			"rss_bytes", "cpu_percent", "release"} {
			if _, has := worker[field]; !has {
				t.Errorf("a worker has no %q", field)
			}
		}
	})
}

// TestReloadBesideAnother is refused while the other makes progress, and where it ends before that is known: nothing
// is queued behind somebody else's restart.
func TestReloadBesideAnother(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		workers int
		says    string
	}{
		{"that goes on", 6, "a restart is in flight and makes progress"},
		{"that ends meanwhile", 1, "another restart was in flight when this one was asked for, and has just ended"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := pumatest.NewFleet(1, 1, tc.workers)
				web1 := fleet.Host("web1.shop").Puma(0)
				web1.Signal("USR1")
				var out bytes.Buffer
				err := runAct(t.Context(), streams{strings.NewReader(""), &out, &bytes.Buffer{}}, sessionOn(t, fleet, "web1.shop"),
					headless(actions.Intent{Kind: actions.Reload}, textFormat))
				if code := codeFrom(t, err); code != actions.ExitUnhealthy || !strings.Contains(out.String(), tc.says) {
					t.Errorf("exit %d, %s", code, &out)
				}
			})
		})
	}
}

// headless are the options of a deed that nobody is asked about.
func headless(in actions.Intent, f format) actOptions {
	return actOptions{consent: consent{yes: true}, intent: in, format: f}
}

// simulateWith is simulate for what needs no more than sessions on the fleet's targets.
func simulateWith(t *testing.T, f func(t *testing.T, on func(targets ...string) sessionOptions)) {
	t.Helper()
	simulate(t, func(t *testing.T, fleet *pumatest.Fleet) {
		f(t, func(targets ...string) sessionOptions { return sessionOn(t, fleet, targets...) })
	})
}

// simulateRestart runs f on a fleet of one healthy target, which restart restarts phased.
func simulateRestart(t *testing.T, f func(t *testing.T, so sessionOptions, restart func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.NewFleet(1, 1, 3)
		f(t, sessionOn(t, fleet, "web1.shop"), func() { fleet.Host("web1.shop").Puma(0).Signal("USR1") })
	})
}
