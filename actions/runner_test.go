package actions_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// TestEveryVerdictThroughTheRealCode reaches each verdict once, through pool, SSH, probe, control socket and runner.
func TestEveryVerdictThroughTheRealCode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		target    collector.TargetID
		kind      actions.Kind
		orRestart bool
		state     collector.State // before
		timeout   time.Duration
		want      actions.Word
		exit      int
		says      []string // in summary, reason, remedy and evidence
	}{
		{target: "web1.shop/shop", kind: actions.Reload, want: actions.Verified, exit: 0,
			says: []string{"3 of 3 workers replaced", "runs 19991231", "the master is the same image"}},
		{target: "web2.shop/shop", kind: actions.Reload, want: actions.CrashLoop, exit: 6,
			says: []string{"none booted; capacity 2 of 3", `key not found: "PAYMENT_API_KEY"`, "still serve"}},
		{target: "web3.shop/shop", kind: actions.Reload, orRestart: true, state: collector.NotRunning, want: actions.Verified, exit: 0,
			says: []string{"3 workers booted", "3 of 3 workers serve"}},
		{target: "api1.shop/api", kind: actions.Restart, want: actions.Verified, exit: 0,
			says: []string{"3 of 3 workers replaced", "another image of the master"}},
		{target: "pay1.shop/payments", kind: actions.Reload, want: actions.RestartedInstead, exit: 7,
			says: []string{"Puma restarted in full where a phased restart was asked"}},
		{target: "tools1.shop/admin", kind: actions.Restart, want: actions.Verified, exit: 0,
			says: []string{"a new process image serves"}},
		{target: "tools1.shop/reports", kind: actions.Reload, want: actions.Verified, exit: 0,
			says: []string{"killed at the end of its drain", "worker_shutdown_timeout (8s)"}},
		{target: "media1.shop/media", kind: actions.Reload, timeout: time.Minute, want: actions.TimedOut, exit: 4,
			says: []string{"of 3 workers replaced after 60 s", "what Puma has begun goes on"}},
		{target: "search1.shop/search", kind: actions.Reload, want: actions.Stuck, exit: 6,
			says: []string{"no answer from the control socket for 30 s"}},
		{target: "cms1.shop/cms", kind: actions.Reload, want: actions.OldCode, exit: 8,
			says: []string{`set directory "/srv/cms/current" in /srv/cms/shared/config/puma.rb`}},
		{target: "cms1.shop/blog", kind: actions.Reload, want: actions.Verified, exit: 0, says: []string{"3 of 3 workers replaced"}},
		{target: "edge1.shop/edge", kind: actions.Reload, timeout: time.Minute, want: actions.Lost, exit: 5,
			says: []string{"what became of it is not known", "do not ask again"}},
		{target: "edge1.shop/status", kind: actions.Reload, orRestart: true, state: collector.NotRunning, want: actions.NotRunning, exit: 3,
			says: []string{"unit status.service is inactive"}},
	} {
		t.Run(string(tc.target), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				host, _, _ := strings.Cut(string(tc.target), "/")
				o := watchOver(t, pumatest.NewFleet(3, pumatest.DefaultHosts, 3), tc.timeout, host)
				p := o.plan(t, tc.kind, tc.orRestart, map[collector.TargetID]collector.State{tc.target: tc.state}, tc.target)
				end := o.outcome(t, p)
				v := *end.Steps[0].Verdict
				all := strings.Join(append([]string{v.Summary, v.Reason, v.Remedy}, v.Evidence...), "\n")
				if v.Word != tc.want || v.Exit != tc.exit {
					t.Fatalf("verdict %s (%d), want %s (%d)\n%s", v.Word, v.Exit, tc.want, tc.exit, all)
				}
				for _, words := range tc.says {
					if !strings.Contains(all, words) {
						t.Errorf("it does not say %q:\n%s", words, all)
					}
				}
				if n := len(o.sent()) + len(o.scripts); n != 1 {
					t.Errorf("%d requests were sent, want 1: %q %q", n, o.sent(), o.scripts)
				}
				if !slices.ContainsFunc(o.collector.Fleet().Events, func(e collector.Event) bool {
					return e.Kind == collector.ActionEvent && strings.HasPrefix(e.Text, tc.want.String()) &&
						e.Verdict == string(tc.want) && !e.Observed && e.Problem() == !tc.want.Good()
				}) {
					t.Error("the fleet's time line does not tell the verdict")
				}
			})
		})
	}
}

// TestNothingIsSentToWhatHasChanged: between plan and request somebody else is faster.
func TestNothingIsSentToWhatHasChanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*pumatest.Puma){
		"another phase":  func(p *pumatest.Puma) { p.Signal("USR1"); time.Sleep(20 * time.Second) },
		"another image":  func(p *pumatest.Puma) { p.Signal("USR2"); time.Sleep(20 * time.Second) },
		"a worker left":  func(p *pumatest.Puma) { p.Kill(0); time.Sleep(time.Second) },
		"a restart runs": func(p *pumatest.Puma) { p.Signal("USR1"); time.Sleep(50 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, pumatest.NewFleet(3, 1, 3), 0, "web1.shop")
				p := o.plan(t, actions.Reload, false, nil, "web1.shop/shop")
				change(o.fleet.Host("web1.shop").Puma(0))
				v := *o.outcome(t, p).Steps[0].Verdict
				if v.Word != actions.Refused || v.Exit != actions.ExitUnhealthy {
					t.Errorf("verdict %s (%d): %s", v.Word, v.Exit, v.Summary)
				}
				if len(o.sent()) != 0 {
					t.Errorf("sent %q", o.sent())
				}
			})
		})
	}
}

// TestLostAnswerIsWatchedNotRepeated: Puma took the request, its answer got lost.
func TestLostAnswerIsWatchedNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, pumatest.NewFleet(3, 1, 3), 0, "web1.shop")
		p := o.plan(t, actions.Reload, false, nil, "web1.shop/shop")
		o.swallowAnswers()
		v := *o.outcome(t, p).Steps[0].Verdict
		if v.Word != actions.Verified {
			t.Errorf("verdict %s: %s", v.Word, v.Summary)
		}
		if !strings.Contains(strings.Join(v.Evidence, "\n"), "the answer to the request was lost") {
			t.Errorf("the evidence is silent about it: %q", v.Evidence)
		}
		if got := o.sent(); len(got) != 1 {
			t.Errorf("sent %q, want one request", got)
		}
	})
}

// TestRolloutStopsAtTheFirstBadVerdict and leaves the rest as it is.
func TestRolloutStopsAtTheFirstBadVerdict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, pumatest.NewFleet(3, pumatest.DefaultHosts, 2), 0, "web1.shop", "web2.shop", "media1.shop")
		p := o.plan(t, actions.Reload, false, nil, "web1.shop/shop", "web2.shop/shop", "media1.shop/media")
		untouched := o.fleet.Host("media1.shop").Puma(0)
		pids := [2]int{untouched.Worker(0), untouched.Worker(1)}
		end := o.outcome(t, p)
		var words []actions.Word
		for _, s := range end.Steps {
			words = append(words, s.Verdict.Word)
		}
		if want := []actions.Word{actions.Verified, actions.CrashLoop, actions.Untouched}; !slices.Equal(words, want) {
			t.Errorf("verdicts %v, want %v", words, want)
		}
		if want := "left out: web2.shop/shop ended with crash loop"; end.Stopped != want || end.Steps[2].Verdict.Summary != want {
			t.Errorf("stopped %q, the last %q, want %q", end.Stopped, end.Steps[2].Verdict.Summary, want)
		}
		if now := [2]int{untouched.Worker(0), untouched.Worker(1)}; now != pids {
			t.Errorf("pids %v became %v", pids, now)
		}
		if got := o.sent(); len(got) != 2 {
			t.Errorf("sent %q", got)
		}
	})
}

// TestStopLeavesOutWhatHasNotBegun: what Puma has accepted is seen to its end.
func TestStopLeavesOutWhatHasNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, pumatest.NewFleet(3, pumatest.DefaultHosts, 2), 0, "web1.shop", "media1.shop")
		run := o.runner.Start(o.plan(t, actions.Reload, false, nil, "web1.shop/shop", "media1.shop/media"))
		for run.Progress().Steps[0].State != actions.Watching {
			time.Sleep(10 * time.Millisecond)
		}
		run.Stop()
		run.Stop()
		end := finish(t, run)
		if a, b := end.Steps[0].Verdict, end.Steps[1].Verdict; a.Word != actions.Verified || b.Word != actions.Untouched || b.Summary != "stopped before its turn" {
			t.Errorf("verdicts %s and %s (%s)", a.Word, b.Word, b.Summary)
		}
		if end.Stopped != "stopped before its turn" {
			t.Errorf("stopped %q", end.Stopped)
		}
	})
}

// TestEndOfTheProgramInTheMiddle: nobody waits any longer, which is no verdict on Puma.
func TestEndOfTheProgramInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, pumatest.NewFleet(3, pumatest.DefaultHosts, 2), 0, "web1.shop", "media1.shop")
		run := o.runner.Start(o.plan(t, actions.Reload, false, nil, "media1.shop/media", "web1.shop/shop"))
		for run.Progress().Steps[0].State != actions.Watching {
			time.Sleep(10 * time.Millisecond)
		}
		o.end()
		end := finish(t, run)
		if v := end.Steps[0].Verdict; v.Word != actions.Interrupted || v.Exit != actions.ExitInterrupted || !strings.Contains(v.Summary, "pumatop ended while it watched") {
			t.Errorf("verdict %s (%d): %s", v.Word, v.Exit, v.Summary)
		}
		if v := end.Steps[1].Verdict; v.Word != actions.Untouched {
			t.Errorf("the next ended with %s", v.Word)
		}
	})
}

// TestRefusedStart: systemd says no, in its own words, and nothing is watched for minutes.
func TestRefusedStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{Workers: 2, Stopped: true, Denied: true}))
		o := watchOver(t, fleet, 0, "web1")
		p := o.plan(t, actions.Reload, true, map[collector.TargetID]collector.State{"web1/shop": collector.NotRunning}, "web1/shop")
		began := time.Now()
		v := *o.outcome(t, p).Steps[0].Verdict
		if v.Word != actions.Refused || v.Exit != actions.ExitUnhealthy || !strings.Contains(v.Summary, "systemd answered") ||
			!strings.Contains(v.Summary, "Interactive authentication required") {
			t.Errorf("verdict %s (%d): %s", v.Word, v.Exit, v.Summary)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// TestLostAndBack: the host goes away in the middle and is back before the deadline; it is judged by what is found.
func TestLostAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
			Workers: 3, Uptime: time.Hour, CutsOff: 40 * time.Second, Releases: []pumatest.Release{{Name: "1", Boot: 3 * time.Second}}}))
		o := watchOver(t, fleet, 0, "web1")
		v := *o.outcome(t, o.plan(t, actions.Reload, false, nil, "web1/shop")).Steps[0].Verdict
		if v.Word != actions.Verified || len(v.Cost.Killed) != 0 {
			t.Errorf("verdict %s: %s, killed %v", v.Word, v.Summary, v.Cost.Killed)
		}
		if v.Cost.Seconds < 40 {
			t.Errorf("done after %.1f s, seen while the host was away", v.Cost.Seconds)
		}
	})
}

// TestReloadOutOfACrashLoop: the loop before is not blamed on the reload that ends it.
func TestReloadOutOfACrashLoop(t *testing.T) {
	t.Parallel()
	for _, kind := range []actions.Kind{actions.Reload, actions.Restart} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, pumatest.NewFleet(3, pumatest.DefaultHosts, 3), 0, "web2.shop")
				const id = "web2.shop/shop"
				if v := o.outcome(t, o.plan(t, actions.Reload, false, nil, id)).Steps[0].Verdict; v.Word != actions.CrashLoop {
					t.Fatalf("verdict %s", v.Word)
				}
				o.fleet.Deploy("web2.shop", pumatest.Good)
				time.Sleep(35 * time.Second)
				p := o.plan(t, kind, false, map[collector.TargetID]collector.State{id: collector.CrashLoop}, id)
				if !p.Steps[0].Remedy {
					t.Error("the plan does not know that it is the remedy")
				}
				v := *o.outcome(t, p).Steps[0].Verdict
				if v.Word != actions.Verified {
					t.Errorf("verdict %s: %s\n%s", v.Word, v.Summary, strings.Join(v.Evidence, "\n"))
				}
			})
		})
	}
}

// TestMasterKilledDuringAReload: systemd starts it anew, which is no phased restart and not Puma's choice either.
func TestMasterKilledDuringAReload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet := pumatest.FleetOf(pumatest.NewHost("web1", 1, pumatest.Config{
			Workers: 3, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 5 * time.Second}}}))
		o := watchOver(t, fleet, 0, "web1")
		run := o.runner.Start(o.plan(t, actions.Reload, false, nil, "web1/shop"))
		for run.Progress().Steps[0].Replaced == 0 {
			time.Sleep(100 * time.Millisecond)
		}
		fleet.Host("web1").Puma(0).Signal("KILL")
		v := *finish(t, run).Steps[0].Verdict
		if v.Word != actions.RestartedInstead || v.Reason != "the master ended and was started anew where a phased restart was asked" {
			t.Errorf("verdict %s: %s; %s\n%s", v.Word, v.Summary, v.Reason, strings.Join(v.Evidence, "\n"))
		}
	})
}
