package actions_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// everyVersion are the simulated Pumas that the ways are tried on.
func everyVersion() []string { return []string{"3.12.6", "4.3.12", "5.6.9", "6.6.1", "8.0.2"} }

// TestEveryWay does every action by every way on every version, with and without a control app, and holds what the
// verdict says of it.
func TestEveryWay(t *testing.T) {
	t.Parallel()
	for _, version := range everyVersion() {
		for _, tc := range []struct {
			name    string
			in      actions.Intent
			config  func(*pumatest.Config)
			deploy  pumatest.Mode
			want    actions.Word
			says    string
			blindly bool // possible without a control app too
		}{
			{"reload by systemd", actions.Intent{Kind: actions.Reload, Via: actions.ViaSystemd}, nil, pumatest.Good, actions.Verified, "3 of 3 workers replaced", true},
			{"reload by signal", actions.Intent{Kind: actions.Reload, Via: actions.ViaSignal}, nil, pumatest.Good, actions.Verified, "3 of 3 workers replaced", true},
			{"restart by control", actions.Intent{Kind: actions.Restart, Via: actions.ViaControl}, nil, pumatest.Good, actions.Verified, "3 of 3 workers replaced", false},
			{"restart by systemd", actions.Intent{Kind: actions.Restart, Via: actions.ViaSystemd}, nil, pumatest.Good, actions.Verified, "3 of 3 workers replaced", true},
			{"restart by signal", actions.Intent{Kind: actions.Restart, Via: actions.ViaSignal}, nil, pumatest.Good, actions.Verified, "3 of 3 workers replaced", true},
			{"restart of a preloading cluster", actions.Intent{Kind: actions.Restart}, preloads, pumatest.Good, actions.Verified, "3 of 3 workers replaced", true},
			{"restart of single mode", actions.Intent{Kind: actions.Restart}, single, pumatest.Good, actions.Verified, "a new process image serves", true},
			{"reload into a broken release by systemd", actions.Intent{Kind: actions.Reload, Via: actions.ViaSystemd}, nil, pumatest.Broken, actions.CrashLoop, "capacity", true},
			{"restart into a broken release", actions.Intent{Kind: actions.Restart}, nil, pumatest.Broken, actions.CrashLoop, "capacity", true},
			{"restart of a preloading cluster into one", actions.Intent{Kind: actions.Restart}, preloads, pumatest.Broken, actions.CrashLoop, "the master", true},
			{"restart of single mode into one", actions.Intent{Kind: actions.Restart}, single, pumatest.Broken, actions.CrashLoop, "the master", true},
			{"one more", actions.Intent{Kind: actions.AddWorker}, nil, "", actions.Verified, "3→4 workers", false},
			{"one less", actions.Intent{Kind: actions.RemoveWorker}, nil, "", actions.Verified, "3→2 workers", false},
			{"one more by systemd", actions.Intent{Kind: actions.AddWorker, Via: actions.ViaSystemd}, nil, "", actions.Verified, "3→4 workers", false},
			{"recycle", actions.Intent{Kind: actions.Recycle, Worker: 1}, nil, "", actions.Verified, "worker 1 replaced", false},
			{"garbage", actions.Intent{Kind: actions.Collect}, nil, "", actions.Verified, "major collections", false},
			{"stop", stop(actions.AnyWay), nil, "", actions.Verified, "no process left", true},
			{"stop by signal", stop(actions.ViaSignal), nil, "", actions.RestartedInstead, "started anew", false},
		} {
			for _, control := range []bool{true, false} {
				if !control && !tc.blindly {
					continue
				}
				name := version + ", " + tc.name
				if !control {
					name += ", without a control app"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						o := watchOver(t, shop(func(c *pumatest.Config) {
							c.Version, c.NoControl, c.RestartSec = version, !control, time.Second
							if tc.config != nil {
								tc.config(c)
							}
						}), 3*time.Minute, "web1")
						v := o.does(t, tc.in, control, tc.deploy)
						all := strings.Join(append([]string{v.Summary, v.Reason, v.Remedy}, v.Evidence...), "\n")
						if v.Word != tc.want || !strings.Contains(all, tc.says) {
							t.Errorf("%s, want %s, %q:\n%s\n%s", v.Word, tc.want, tc.says, all, strings.Join(v.Log, "\n"))
						}
					})
				})
			}
		}
	}
}

func preloads(c *pumatest.Config) { c.Preload = pumatest.PreloadConfig }
func single(c *pumatest.Config)   { c.Workers = 0 }

func stop(via actions.Via) actions.Intent {
	return actions.Intent{Kind: actions.Stop, Via: via, Policy: actions.Policy{AllowStop: true}}
}

// does deploys, plans from what is then known, and returns the verdict.
func (o *ops) does(t *testing.T, in actions.Intent, control bool, deploy pumatest.Mode) actions.Verdict {
	t.Helper()
	state := collector.Serving
	if !control {
		state = collector.NoControl
	}
	o.target(t, "web1/shop", state)
	if deploy != "" {
		o.fleet.Host("web1").Puma(0).DeployNew(deploy)
	}
	time.Sleep(31 * time.Second) // the host is looked at every half a minute
	s := o.target(t, "web1/shop", state)
	p := actions.NewPlan(in, []collector.Snapshot{s}, time.Now())
	return *o.outcome(t, p).Steps[0].Verdict
}

// TestOutOfABlindLoop reloads a target without figures out of its crash loop, whose processes change all the time.
func TestOutOfABlindLoop(t *testing.T) {
	t.Parallel()
	for _, version := range everyVersion() {
		for _, in := range []actions.Intent{{Kind: actions.Reload}, {Kind: actions.Restart, Via: actions.ViaSignal}} {
			t.Run(version+" "+string(in.Kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					o := watchOver(t, shop(func(c *pumatest.Config) { c.Version, c.NoControl = version, true }), 3*time.Minute, "web1")
					if v := o.does(t, actions.Intent{Kind: actions.Reload}, false, pumatest.Broken); v.Word != actions.CrashLoop {
						t.Fatalf("%s: %s", v.Word, v.Summary)
					}
					v := o.does(t, in, false, pumatest.Good)
					if v.Word != actions.Verified || !strings.Contains(v.Summary, "3 of 3 workers") {
						t.Errorf("%s: %s\n%s\n%s", v.Word, v.Summary, strings.Join(v.Evidence, "\n"), strings.Join(v.Log, "\n"))
					}
				})
			})
		}
	}
}

// TestRefork replaces every worker but worker 0, where Puma can.
func TestRefork(t *testing.T) {
	t.Parallel()
	for version, request := range map[string]string{"5.6.4": "kill -URG", "6.6.1": "GET /refork", "8.0.2": "GET /refork"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(func(c *pumatest.Config) { c.Version, c.ForkWorker = version, true }), time.Minute, "web1")
				before := o.target(t, "web1/shop", collector.Serving)
				p := actions.NewPlan(actions.Intent{Kind: actions.Refork}, []collector.Snapshot{before}, time.Now())
				v := *o.outcome(t, p).Steps[0].Verdict
				after := o.target(t, "web1/shop", collector.Serving)
				if v.Word != actions.Verified || !strings.HasPrefix(p.Steps[0].Request, request) {
					t.Errorf("%s: %s by %s\n%s", v.Word, v.Summary, p.Steps[0].Request, strings.Join(v.Evidence, "\n"))
				}
				for i, w := range after.Stats.Workers {
					if same := w.PID == before.Stats.Workers[i].PID; same != (w.Index == 0) || w.Phase != 1 {
						t.Errorf("worker %d: pid %d, before %d, phase %d", w.Index, w.PID, before.Stats.Workers[i].PID, w.Phase)
					}
				}
			})
		})
	}
}

// TestWhatIsRefusedByTheHost is told in its words, and nothing is watched.
func TestWhatIsRefusedByTheHost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		in     actions.Intent
		config func(*pumatest.Config)
		says   string
	}{
		{"systemd", actions.Intent{Kind: actions.Reload, Via: actions.ViaSystemd}, func(c *pumatest.Config) { c.Denied = true }, "systemd answered"},
		{"ExecReload that freezes", actions.Intent{Kind: actions.Reload, Via: actions.ViaSystemd}, func(c *pumatest.Config) { c.ExecReload = "/bin/kill -TSTP $MAINPID" }, "reloads nothing"},
		{"somebody else's process", actions.Intent{Kind: actions.Reload, Via: actions.ViaSignal}, func(c *pumatest.Config) { c.ForeignUser = true }, "may not signal"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(tc.config), time.Minute, "web1")
				p := actions.NewPlan(tc.in, []collector.Snapshot{o.target(t, "web1/shop", collector.Serving)}, time.Now())
				text := ""
				if len(p.Refused) == 1 {
					text = p.Refused[0].Reason
				} else if v := o.outcome(t, p).Steps[0].Verdict; v.Word == actions.Refused {
					text = v.Summary
				}
				if !strings.Contains(text, tc.says) {
					t.Errorf("%q does not say %q", text, tc.says)
				}
			})
		})
	}
}
