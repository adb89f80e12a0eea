package actions_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote"
)

// ownToken stands for the one that Puma makes up at each start.
const ownToken = "its own"

// forwardingOnly is a host whose login may run no commands: its control socket is all that is known of its Puma.
func forwardingOnly(t *testing.T, c pumatest.Config) *ops {
	t.Helper()
	c.App, c.Uptime = "shop", time.Hour
	token := c.Token
	if token == "" {
		token = "s3cret"
		c.Token = token
	}
	if token == ownToken {
		c.Token = ""
	}
	if c.Releases == nil {
		c.Releases = []pumatest.Release{{Name: "1", Boot: time.Second}}
	}
	host := pumatest.NewHost("web1", 1, c)
	host.RefuseCommands(true)
	if token == ownToken {
		token = host.Puma(0).Token()
	}
	return watchOverNamed(t, pumatest.FleetOf(host), actions.Options{Timeout: 2 * time.Minute}, []collector.Control{{
		App: "puma", Address: puma.Address{Network: puma.Unix, Name: "/srv/shop/shared/tmp/sockets/pumactl.sock"},
		Token: puma.NewToken(token), Fallback: true,
	}}, "web1")
}

// forwarded waits for the figures of its one target.
func (o *ops) forwarded(t *testing.T) collector.Snapshot {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if s, ok := o.collector.Fleet().Target("web1/puma"); ok && s.State == collector.Serving {
			return s
		}
	}
	t.Fatalf("%+v", o.collector.Fleet().Hosts)
	return collector.Snapshot{}
}

// TestActionsWithForwardingAlone: what the figures prove is proved, what they cannot is not begun, and nothing is said of
// releases.
func TestActionsWithForwardingAlone(t *testing.T) {
	t.Parallel()
	broken := func(p *pumatest.Puma) { p.DeployNew(pumatest.Broken) }
	for _, tc := range []struct {
		name      string
		config    pumatest.Config
		kind      actions.Kind
		orRestart bool
		prepare   func(*pumatest.Puma)
		want      actions.Word
		says      string // in the verdict, or in the refusal of the plan
	}{
		{name: "reload, Puma 3", config: pumatest.Config{Version: "3.12.6", Workers: 3}, kind: actions.Reload, want: actions.Verified, says: "release not seen"},
		{name: "reload, Puma 5", config: pumatest.Config{Version: "5.6.9", Workers: 3}, kind: actions.Reload, want: actions.Verified, says: "release not seen"},
		{name: "reload, Puma 8", config: pumatest.Config{Version: "8.0.2", Workers: 3}, kind: actions.Reload, want: actions.Verified, says: "3 of 3 workers replaced"},
		{name: "reload that becomes a full restart", config: pumatest.Config{Version: "6.6.1", Workers: 3, Preload: pumatest.PreloadConfig},
			kind: actions.Reload, want: actions.RestartedInstead, says: "another image of the master"},
		{name: "reload that becomes a full restart, Puma 3", config: pumatest.Config{Version: "3.12.6", Workers: 3, Preload: pumatest.PreloadConfig},
			kind: actions.Reload, want: actions.RestartedInstead, says: "every worker is another"},
		{name: "reload into what does not boot", config: pumatest.Config{Version: "6.6.1", Workers: 3}, kind: actions.Reload, prepare: broken,
			want: actions.CrashLoop, says: "none booted"},
		{name: "restart", config: pumatest.Config{Version: "6.6.1", Workers: 3}, kind: actions.Restart, want: actions.Verified, says: "another image of the master"},
		{name: "restart, Puma 3", config: pumatest.Config{Version: "3.12.6", Workers: 3}, kind: actions.Restart, want: actions.Verified, says: "every worker is another"},
		{name: "reload that becomes a full restart, with a new token", config: pumatest.Config{Version: "6.6.1", Workers: 3, Token: ownToken, Preload: pumatest.PreloadConfig},
			kind: actions.Reload, want: actions.Lost, says: "another token is asked for there: it restarted in full and made a new one, or another Puma has the address; which is not seen"},
		{name: "restart, with a new token", config: pumatest.Config{Version: "6.6.1", Workers: 3, Token: ownToken}, kind: actions.Restart, want: actions.Lost,
			says: "the control app refuses the token that it took before the request"},
		{name: "reload, with a token of its own", config: pumatest.Config{Version: "6.6.1", Workers: 3, Token: ownToken}, kind: actions.Reload,
			want: actions.Verified, says: "3 of 3 workers replaced"},
		{name: "restart, single mode", config: pumatest.Config{Version: "6.6.1"}, kind: actions.Restart, want: actions.Verified, says: "a new process image serves"},
		{name: "restart, single mode, Puma 3", config: pumatest.Config{Version: "3.12.6"}, kind: actions.Restart, want: actions.Refused,
			says: "a full restart could not be proved"},
		{name: "reload, single mode", config: pumatest.Config{Version: "6.6.1"}, kind: actions.Reload, want: actions.Refused, says: "single mode"},
		{name: "stop", config: pumatest.Config{Version: "6.6.1", Workers: 3}, kind: actions.Stop, want: actions.Refused, says: "that it has stopped could not be proved"},
		{name: "one worker more", config: pumatest.Config{Version: "6.6.1", Workers: 3}, kind: actions.AddWorker, want: actions.Refused,
			says: "neither its unit nor its process is seen"},
		{name: "start", config: pumatest.Config{Version: "6.6.1", Workers: 3}, kind: actions.Start, want: actions.Refused, says: "it runs already"},
		{name: "data_only", config: pumatest.Config{Version: "8.0.2", Workers: 3, DataOnly: true}, kind: actions.Reload, want: actions.Refused,
			says: "Puma answered: the control app is data_only: it gives figures and takes no commands\n" +
				"use --via systemd or --via signal, or take data_only out of activate_control_app"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := forwardingOnly(t, tc.config)
				s := o.forwarded(t)
				if tc.prepare != nil {
					tc.prepare(o.fleet.Host("web1").Puma(0))
				}
				plan := actions.NewPlan(actions.Intent{Kind: tc.kind, OrRestart: tc.orRestart, Policy: actions.Policy{AllowStop: true}},
					[]collector.Snapshot{s}, time.Now())
				if len(plan.Refused) > 0 {
					if r := plan.Refused[0]; tc.want != actions.Refused || !strings.Contains(r.Reason, tc.says) {
						t.Errorf("refused: %s; %s", r.Reason, r.Remedy)
					}
					return
				}
				v := *o.outcome(t, plan).Steps[0].Verdict
				all := strings.Join(append([]string{v.Summary, v.Reason, v.Remedy}, v.Evidence...), "\n")
				said := v.Summary + "\n" + v.Remedy + "\n" + all
				if v.Word != tc.want || !strings.Contains(said, tc.says) {
					t.Errorf("%s, want %s and %q\n%s", v.Word, tc.want, tc.says, all)
				}
			})
		})
	}
}

// TestFiguresGoOnWithDataOnly: a refused command changes nothing of what is seen.
func TestFiguresGoOnWithDataOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := forwardingOnly(t, pumatest.Config{Version: "8.0.2", Workers: 2, DataOnly: true})
		s := o.forwarded(t)
		o.outcome(t, actions.NewPlan(actions.Intent{Kind: actions.Reload}, []collector.Snapshot{s}, time.Now()))
		time.Sleep(10 * time.Second)
		if s := o.forwarded(t); !s.Fresh() && s.Age(time.Now()) > 3*time.Second || s.Load.Max != puma.Of(10) {
			t.Errorf("%s, %s old, %s threads", s.State, s.Age(time.Now()), s.Load.Max)
		}
	})
}

// TestHostReplacedMeanwhile: what another host's Puma of the same name does is no verdict on the one that was asked.
func TestHostReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, observed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			config := pumatest.Config{Workers: 3, Uptime: time.Hour, Releases: []pumatest.Release{{Name: "1", Boot: 20 * time.Second}}}
			o := watchOver(t, pumatest.FleetOf(pumatest.NewHost("web1", 1, config)), 0, "web1")
			config.Uptime = time.Minute
			other := remote.NewPool(pumatest.FleetOf(pumatest.NewHost("web1", 7, config)).Options())
			defer other.Close()
			h, err := other.Host("web1")
			if err != nil {
				t.Fatal(err)
			}
			p := o.plan(t, actions.Reload, false, nil, "web1/shop")
			var run *actions.Run
			if observed {
				run = o.runner.Await([]collector.Snapshot{p.Steps[0].Before}, actions.AwaitOptions{Within: 2 * time.Minute, Since: time.Second})
			} else {
				run = o.runner.Start(p)
			}
			for run.Progress().Steps[0].State != actions.Watching {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(5 * time.Second)
			o.collector.SetSources([]collector.Source{{Host: machine{h, o.wire}}})
			if v := *finish(t, run).Steps[0].Verdict; v.Word != actions.Lost || !strings.Contains(v.Summary, "no longer watched") {
				t.Errorf("observed %v: verdict %s: %s", observed, v.Word, v.Summary)
			}
			o.end()
			o.runner.Wait()
			time.Sleep(time.Minute)
		})
	}
}
