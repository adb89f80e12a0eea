package actions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// TestNothingIsVerifiedUnseen takes the network away at every moment of a reload that leaves old code: whatever had been
// seen by then, it must not be called verified.
func TestNothingIsVerifiedUnseen(t *testing.T) {
	t.Parallel()
	for ms := 1000; ms < 4000; ms += 100 {
		t.Run(fmt.Sprint(ms), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(func(c *pumatest.Config) { c.Directory = pumatest.DirectoryResolved }), time.Minute, "web1")
				o.target(t, "web1/shop", collector.Serving)
				o.fleet.Host("web1").Puma(0).DeployNew(pumatest.Good)
				time.Sleep(31 * time.Second)
				run := o.runner.Start(o.plan(t, actions.Reload, false, nil, "web1/shop"))
				time.Sleep(time.Duration(ms) * time.Millisecond)
				o.fleet.Host("web1").DropNetwork()
				if v := *finish(t, run).Steps[0].Verdict; v.Word != actions.Lost && v.Word != actions.OldCode {
					t.Errorf("%s: %s", v.Word, v.Summary)
				}
			})
		})
	}
}

// TestOneActionAtATime: a second action of this program does not come to a target that the first has.
func TestOneActionAtATime(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"4.3.12", "6.6.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(func(c *pumatest.Config) { c.Version = version }), time.Minute, "web1")
				p := o.plan(t, actions.Reload, false, nil, "web1/shop", "web1/shop")
				if len(p.Steps) != 1 {
					t.Errorf("%d steps for one target", len(p.Steps))
				}
				first, second := o.runner.Start(p), o.runner.Start(p)
				words := []actions.Word{finish(t, first).Steps[0].Verdict.Word, finish(t, second).Steps[0].Verdict.Word}
				slices.Sort(words)
				if !slices.Equal(words, []actions.Word{actions.Refused, actions.Verified}) || len(o.sent()) != 1 {
					t.Errorf("%v, sent %q", words, o.sent())
				}
			})
		})
	}
}

// TestStartOfWhatRuns: what somebody else has started since the plan was made is neither reloaded nor restarted.
func TestStartOfWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, shop(func(c *pumatest.Config) { c.Stopped = true }), time.Minute, "web1")
		p := o.plan(t, actions.Reload, true, map[collector.TargetID]collector.State{"web1/shop": collector.NotRunning}, "web1/shop")
		_ = o.fleet.Host("web1").Puma(0).Systemctl("start")
		time.Sleep(time.Minute)
		before := o.target(t, "web1/shop", collector.Serving)
		v := *o.outcome(t, p).Steps[0].Verdict
		time.Sleep(time.Minute)
		after := o.target(t, "web1/shop", collector.Serving)
		if v.Word != actions.Refused || !after.Image.Same(before.Image) || after.Stats.Phase != before.Stats.Phase {
			t.Errorf("%s: %s; phase %s, before %s", v.Word, v.Summary, after.Stats.Phase, before.Stats.Phase)
		}
	})
}

// TestBatchEndsWithTheFirstBad: what waits for a turn within a batch is left alone too.
func TestBatchEndsWithTheFirstBad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, names, ids := row(4)
		o := watchOver(t, fleet, time.Minute, names...)
		plan := o.paced(t, actions.Pace{Batch: actions.Size{N: 4}, MaxUnavailable: actions.Size{N: 1}}, ids)
		for _, name := range names {
			fleet.Deploy(name, pumatest.Broken)
		}
		var words []actions.Word
		for _, s := range finish(t, o.runner.Start(plan)).Steps {
			words = append(words, s.Verdict.Word)
		}
		slices.Sort(words)
		if want := []actions.Word{actions.CrashLoop, actions.Untouched, actions.Untouched, actions.Untouched}; !slices.Equal(words, want) {
			t.Errorf("%v, want %v", words, want)
		}
	})
}

// TestWitnessGoesOn: after a crash loop, ours or somebody else's, the reload that heals it is noticed.
func TestWitnessGoesOn(t *testing.T) {
	t.Parallel()
	for _, ours := range []bool{true, false} {
		t.Run(fmt.Sprint("ours ", ours), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(nil), time.Minute, "web1")
				w := actions.NewWitness(o.runner)
				o.attend(t, w)
				o.target(t, "web1/shop", collector.Serving)
				time.Sleep(10 * time.Second)
				p := o.fleet.Host("web1").Puma(0)
				p.DeployNew(pumatest.Broken)
				if ours {
					o.outcome(t, o.plan(t, actions.Reload, false, nil, "web1/shop"))
				} else {
					_ = p.Systemctl("reload")
				}
				time.Sleep(2 * time.Minute)
				p.DeployNew(pumatest.Good)
				_ = p.Systemctl("reload")
				time.Sleep(2 * time.Minute)
				if v := noticed(t, w, "web1/shop"); v.Word != actions.Verified || v.Action != actions.Reload {
					t.Errorf("%s: %s", v.Word, v.Summary)
				}
			})
		})
	}
}

// TestEndsAreNoRestarts: a master that died was not restarted by a colleague, and a start after an hour took no hour.
func TestEndsAreNoRestarts(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.12.6", "4.3.12", "6.6.1"} {
		for _, tc := range []struct {
			name string
			do   func(*pumatest.Puma)
			want actions.Word // empty for nothing
			says string
		}{
			{"the master is killed", func(p *pumatest.Puma) { p.Signal("KILL") }, actions.RestartedInstead, "the master ended and systemd started it again"},
			{"every worker is killed", func(p *pumatest.Puma) { p.Kill(0); p.Kill(1); p.Kill(2) }, "", ""},
			{"stopped, and started after an hour", func(p *pumatest.Puma) {
				_ = p.Systemctl("stop")
				time.Sleep(time.Hour)
				_ = p.Systemctl("start")
			}, actions.Verified, ""},
		} {
			t.Run(version+", "+tc.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					o := watchOver(t, shop(func(c *pumatest.Config) { c.Version = version }), 3*time.Minute, "web1")
					w := actions.NewWitness(o.runner)
					o.attend(t, w)
					o.target(t, "web1/shop", collector.Serving)
					time.Sleep(40 * time.Second)
					tc.do(o.fleet.Host("web1").Puma(0))
					time.Sleep(4 * time.Minute)
					steps := w.Run().Progress().Steps
					if len(steps) == 0 && tc.want == "" {
						return
					}
					if len(steps) != 1 || steps[0].Verdict == nil {
						t.Fatalf("%d noticed", len(steps))
					}
					v := *steps[0].Verdict
					if v.Word != tc.want || !strings.Contains(v.Reason, tc.says) || v.Cost.Seconds > 60 {
						t.Errorf("%s after %.0f s: %s; %s", v.Word, v.Cost.Seconds, v.Summary, v.Reason)
					}
				})
			})
		}
	}
}

// TestNothingIsSentIntoADrain: while workers drain for a full restart the figures show a whole target, or a smaller one.
func TestNothingIsSentIntoADrain(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{time.Second, 8 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(nil), time.Minute, "web1")
				s := o.target(t, "web1/shop", collector.Serving)
				puma := o.fleet.Host("web1").Puma(0)
				puma.Request(2, 20*time.Second)
				time.Sleep(time.Second)
				puma.Signal("USR2")
				time.Sleep(after)
				now, _ := o.collector.Fleet().Target(s.ID)
				now.State = collector.Serving // as it is to a program that has not seen it whole
				p := actions.NewPlan(actions.Intent{Kind: actions.Restart}, []collector.Snapshot{now}, time.Now())
				v := *o.outcome(t, p).Steps[0].Verdict
				if v.Word != actions.Refused || !strings.Contains(v.Summary, "its log says: - Gracefully shutting down workers") || len(o.sent()) != 0 {
					t.Errorf("%s: %s, sent %q", v.Word, v.Summary, o.sent())
				}
			})
		})
	}
}
