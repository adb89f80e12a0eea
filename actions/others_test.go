package actions_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// shop is a host with one Puma of three workers whose releases boot in half a second.
func shop(change func(*pumatest.Config)) *pumatest.Fleet {
	c := pumatest.Config{App: "shop", Version: "6.6.1", Workers: 3, Uptime: time.Hour, Load: pumatest.Load{Rate: 10},
		Releases: []pumatest.Release{{Name: "20261121191110", Boot: 500 * time.Millisecond}}}
	if change != nil {
		change(&c)
	}
	return pumatest.FleetOf(pumatest.NewHost("web1", 1, c))
}

// somebody is what other people do to a Puma, and what pumatop has to make of it.
type somebody struct {
	name   string
	config func(*pumatest.Config)
	does   func(*pumatest.Puma)
	want   actions.Word
	action actions.Kind
	says   string
	// unseen means that looking back finds nothing: a Puma without a control app does not say when its workers started,
	// and without a deploy they run what they ran before.
	unseen bool
}

func somebodies() []somebody {
	deploy := func(mode pumatest.Mode) func(*pumatest.Puma) {
		return func(p *pumatest.Puma) {
			p.DeployNew(mode)
			time.Sleep(2 * time.Second)
			_ = p.Systemctl("reload")
		}
	}
	return []somebody{
		{"a phased restart", nil, deploy(pumatest.Good), actions.Verified, actions.Reload, "runs 2000", false},
		{"a phased restart of an old Puma", func(c *pumatest.Config) { c.Version = "4.3.12" }, deploy(pumatest.Good), actions.Verified, actions.Reload, "runs 2000", false},
		{"a release that does not boot", nil, deploy(pumatest.Broken), actions.CrashLoop, actions.Reload, "PAYMENT_API_KEY", false},
		{"a reload that became a full restart", func(c *pumatest.Config) { c.Preload = pumatest.PreloadConfig }, deploy(pumatest.Good),
			actions.RestartedInstead, actions.Reload, "every worker at once", false},
		{"a reload of single mode", func(c *pumatest.Config) { c.Workers = 0 }, deploy(pumatest.Good), actions.RestartedInstead, actions.Reload, "not available", false},
		{"a full restart", nil, func(p *pumatest.Puma) { p.Signal("USR2") }, actions.Verified, actions.Restart, "another image", false},
		{"a restart by systemd", nil, func(p *pumatest.Puma) { _ = p.Systemctl("restart") }, actions.Verified, actions.Restart, "another", false},
		{"a directory that was resolved", func(c *pumatest.Config) { c.Directory = pumatest.DirectoryResolved }, deploy(pumatest.Good),
			actions.OldCode, actions.Reload, "current is 2000", false},
	}
}

// blind are those of them that can be seen of a Puma without a control app.
func blind() (out []somebody) {
	for _, s := range somebodies() {
		if s.name == "a reload of single mode" || s.name == "a release that does not boot" {
			continue // their processes look as before, or are gone between two looks
		}
		s.name += ", without a control app"
		s.unseen = s.action == actions.Restart
		config := s.config
		s.config = func(c *pumatest.Config) {
			if c.NoControl = true; config != nil {
				config(c)
			}
		}
		out = append(out, s)
	}
	return out
}

// TestRestartsOfOthersAreNoticed: the witness sees what somebody else does between two polls, and judges it.
func TestRestartsOfOthersAreNoticed(t *testing.T) {
	t.Parallel()
	for _, tc := range append(somebodies(), blind()...) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(tc.config), 3*time.Minute, "web1")
				w := actions.NewWitness(o.runner)
				o.attend(t, w)
				o.known(t, "web1/shop")
				time.Sleep(40 * time.Second) // without figures a target is only looked at
				tc.does(o.fleet.Host("web1").Puma(0))
				v := noticed(t, w, "web1/shop")
				if v.Word != tc.want || !v.Observed || v.Via != "" {
					t.Fatalf("%s by %q, observed %v: %s %s", v.Word, v.Via, v.Observed, v.Summary, strings.Join(v.Evidence, "\n"))
				}
				var words []string
				for _, e := range o.collector.Fleet().Events {
					if e.Kind == collector.ActionEvent && e.Observed {
						words = append(words, e.Word()+" "+e.Verdict)
					}
				}
				if got := strings.Join(words, ", "); got != "noticed , verdict "+string(tc.want) {
					t.Errorf("the time line has %q", got)
				}
				if all := v.Summary + v.Reason + strings.Join(v.Evidence, "\n"); !strings.Contains(all, tc.says) {
					t.Errorf("it does not say %q:\n%s", tc.says, all)
				}
			})
		})
	}
}

// attend shows every fleet to a witness, as the screen's feed does.
func (o *ops) attend(t *testing.T, w *actions.Witness) {
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			f, err := o.collector.Next(ctx)
			if err != nil {
				return
			}
			w.Observe(f)
		}
	}()
	t.Cleanup(func() { cancel(); <-over })
}

// noticed waits for the verdict on what a witness noticed.
func noticed(t *testing.T, w *actions.Witness, id collector.TargetID) actions.Verdict {
	t.Helper()
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		for _, s := range w.Run().Progress().Steps {
			if s.Target == id && s.Verdict != nil {
				return *s.Verdict
			}
		}
	}
	t.Fatalf("nothing was judged: %+v", w.Run().Progress())
	return actions.Verdict{}
}

// TestNothingIsNoticed where nobody restarts anything, and where we do it ourselves.
func TestNothingIsNoticed(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(t *testing.T, o *ops){
		"nothing":          func(*testing.T, *ops) {},
		"a worker dies":    func(_ *testing.T, o *ops) { o.fleet.Host("web1").Puma(0).Kill(1) },
		"a worker is more": func(_ *testing.T, o *ops) { o.fleet.Host("web1").Puma(0).Signal("TTIN") },
		"a deploy":         func(_ *testing.T, o *ops) { o.fleet.Host("web1").Puma(0).DeployNew(pumatest.Good) },
		"the network goes and comes": func(_ *testing.T, o *ops) {
			o.fleet.Host("web1").DropNetwork()
			time.Sleep(time.Minute)
			o.fleet.Host("web1").Restore()
		},
		"our own reload":  func(t *testing.T, o *ops) { o.outcome(t, o.plan(t, actions.Reload, false, nil, "web1/shop")) },
		"our own restart": func(t *testing.T, o *ops) { o.outcome(t, o.plan(t, actions.Restart, false, nil, "web1/shop")) },
		"our own crash loop": func(t *testing.T, o *ops) {
			o.fleet.Host("web1").Puma(0).DeployNew(pumatest.Broken)
			o.outcome(t, o.plan(t, actions.Reload, false, nil, "web1/shop"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(nil), 3*time.Minute, "web1")
				w := actions.NewWitness(o.runner)
				o.attend(t, w)
				o.target(t, "web1/shop", collector.Serving)
				time.Sleep(10 * time.Second)
				do(t, o)
				time.Sleep(2 * time.Minute)
				if steps := w.Run().Progress().Steps; len(steps) != 0 {
					t.Errorf("noticed: %+v", steps)
				}
			})
		})
	}
}

// TestWaitGivesOneVerdict: begun before the restart of somebody else, in the middle of it, or after it, a wait says the same.
func TestWaitGivesOneVerdict(t *testing.T) {
	t.Parallel()
	for _, tc := range append(somebodies(), blind()...) {
		for _, when := range []struct {
			name  string
			after time.Duration // the wait begins, from the restart on
		}{{"before", -5 * time.Second}, {"in the middle", 2700 * time.Millisecond}, {"after", 40 * time.Second}} {
			if tc.unseen && when.name != "before" {
				continue
			}
			t.Run(tc.name+", "+when.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fleet := shop(tc.config)
					o := watchOver(t, fleet, 3*time.Minute, "web1")
					done := make(chan struct{})
					go func() {
						defer close(done)
						time.Sleep(max(-when.after, 0))
						tc.does(fleet.Host("web1").Puma(0))
					}()
					time.Sleep(max(when.after, 0))
					run := o.runner.Await([]collector.Snapshot{o.known(t, "web1/shop")}, actions.AwaitOptions{Within: 30 * time.Second})
					v := *finish(t, run).Steps[0].Verdict
					<-done
					if v.Word != tc.want {
						t.Errorf("%s, want %s: %s; %s\n%s", v.Word, tc.want, v.Summary, v.Reason, strings.Join(v.Evidence, "\n"))
					}
					if n := len(o.sent()) + len(o.scripts); n != 0 {
						t.Errorf("%d requests were sent", n)
					}
				})
			})
		}
	}
}

// known waits until a target has been asked, whatever it is doing.
func (o *ops) known(t *testing.T, id collector.TargetID) collector.Snapshot {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if s, ok := o.collector.Fleet().Target(id); ok && s.State != collector.Connecting {
			return s
		}
	}
	t.Fatalf("%s is not known", id)
	return collector.Snapshot{}
}

// TestWaitForNothing ends with what is the case.
func TestWaitForNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		config func(*pumatest.Config)
		does   func(*pumatest.Host)
		want   actions.Word
		says   string
	}{
		{"nobody restarts it", nil, nil, actions.TimedOut, "no restart began within 30s"},
		{"nobody reloads after a deploy", nil, func(h *pumatest.Host) { h.Puma(0).DeployNew(pumatest.Good) }, actions.OldCode, "nobody has reloaded it since the deploy"},
		{"it does not run", func(c *pumatest.Config) { c.Stopped = true }, nil, actions.NotRunning, "is inactive"},
		{"it cannot be reached", nil, (*pumatest.Host).DropNetwork, actions.Lost, "could not be seen"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := watchOver(t, shop(tc.config), 3*time.Minute, "web1")
				s := o.known(t, "web1/shop")
				time.Sleep(20 * time.Minute) // long after the deploy that it runs
				if tc.does != nil {
					tc.does(o.fleet.Host("web1"))
				}
				v := *finish(t, o.runner.Await([]collector.Snapshot{s}, actions.AwaitOptions{Within: 30 * time.Second})).Steps[0].Verdict
				if all := v.Summary + v.Reason + v.Remedy; v.Word != tc.want || !strings.Contains(all, tc.says) {
					t.Errorf("%s: %s, want %s: %s", v.Word, all, tc.want, tc.says)
				}
			})
		})
	}
}

// TestWaitForCurrent ends when every worker runs what was deployed, whoever did it and however long ago.
func TestWaitForCurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := watchOver(t, shop(nil), 3*time.Minute, "web1")
		s := o.known(t, "web1/shop")
		time.Sleep(20 * time.Minute)
		wait := actions.AwaitOptions{Within: 30 * time.Second, Current: true}
		if v := *finish(t, o.runner.Await([]collector.Snapshot{s}, wait)).Steps[0].Verdict; v.Word != actions.Verified {
			t.Errorf("it runs current: %s, %s", v.Word, v.Summary)
		}
		release := o.fleet.Host("web1").Puma(0).DeployNew(pumatest.Good)
		go func() {
			time.Sleep(2 * time.Minute)
			_ = o.fleet.Host("web1").Puma(0).Systemctl("reload")
		}()
		began := time.Now()
		v := *finish(t, o.runner.Await([]collector.Snapshot{s}, wait)).Steps[0].Verdict
		if v.Word != actions.Verified || !strings.HasSuffix(v.Release.After[0], release.Name) || time.Since(began) < 2*time.Minute {
			t.Errorf("%s after %s: %s", v.Word, time.Since(began), v.Summary)
		}
	})
}
