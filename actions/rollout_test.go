package actions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/pumatest"
)

// row is so many hosts with a shop each, web1 to webN, whose releases take a second to boot.
func row(n int) (fleet *pumatest.Fleet, names []string, ids []collector.TargetID) {
	var hosts []*pumatest.Host
	for i := range n {
		name := fmt.Sprintf("web%d", i+1)
		hosts = append(hosts, pumatest.NewHost(name, uint64(i), pumatest.Config{App: "shop", Version: "6.6.1", Workers: 2, Uptime: time.Hour,
			Releases: []pumatest.Release{{Name: "20261121191110", Boot: time.Second}}}))
		names, ids = append(names, name), append(ids, collector.TargetID(name+"/shop"))
	}
	return pumatest.FleetOf(hosts...), names, ids
}

// paced plans a reload of all targets at a pace.
func (o *ops) paced(t *testing.T, pace actions.Pace, ids []collector.TargetID) actions.Plan {
	t.Helper()
	p := o.plan(t, actions.Reload, false, nil, ids...)
	p.Intent.Pace = pace
	return p
}

// TestBatchesRunSideBySide: the canary alone, then two at a time, with a pause between batches.
func TestBatchesRunSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, names, ids := row(5)
		o := watchOver(t, fleet, time.Minute, names...)
		run := o.runner.Start(o.paced(t, actions.Pace{Canary: 1, Batch: actions.Size{N: 2}, Pause: 10 * time.Second}, ids))
		most, paused, batches := 0, 0, map[int]bool{}
		for version := 0; ; {
			p, err := run.Next(t.Context(), version)
			if errors.Is(err, io.EOF) {
				break
			}
			version = p.Version
			batches[p.Batch] = true
			n := 0
			for _, s := range p.Steps {
				if s.State == actions.Watching {
					n++
				}
			}
			most = max(most, n)
			if !p.PausedUntil.IsZero() && n == 0 {
				paused++
			}
			if p.Steps[0].State != actions.Judged && p.Steps[1].State != actions.Waiting {
				t.Fatal("the canary was not alone")
			}
		}
		p := run.Progress()
		for _, s := range p.Steps {
			if s.Verdict.Word != actions.Verified || s.Verdict.Cost.PerWorker < 1 {
				t.Errorf("%s: %s %s, %.1f s a worker", s.Target, s.Verdict.Word, s.Verdict.Summary, s.Verdict.Cost.PerWorker)
			}
		}
		if most != 2 || paused != 2 || len(batches) != 3 {
			t.Errorf("%d at a time, %d pauses, batches %v", most, paused, batches)
		}
	})
}

// TestBadCanary leaves the rest alone, and a bad verdict within a batch ends the rollout after that batch.
func TestBadCanary(t *testing.T) {
	t.Parallel()
	for broken, want := range map[string][]actions.Word{
		"web1": {actions.CrashLoop, actions.Untouched, actions.Untouched, actions.Untouched},
		"web2": {actions.Verified, actions.CrashLoop, actions.Verified, actions.Untouched},
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet, names, ids := row(4)
				o := watchOver(t, fleet, time.Minute, names...)
				plan := o.paced(t, actions.Pace{Canary: 1, Batch: actions.Size{N: 2}}, ids)
				fleet.Deploy(broken, pumatest.Broken)
				p := finish(t, o.runner.Start(plan))
				var words []actions.Word
				for _, s := range p.Steps {
					words = append(words, s.Verdict.Word)
				}
				if !slices.Equal(words, want) || !strings.Contains(p.Stopped, broken+"/shop ended with crash loop") {
					t.Errorf("%v, stopped: %s", words, p.Stopped)
				}
			})
		})
	}
}

// TestUnavailableTargets: while others of the rollout do not serve, fewer are taken at a time, or none.
func TestUnavailableTargets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		down int // how many of the last targets are down
		most int
		left int
	}{{0, 2, 0}, {1, 1, 0}, {2, 0, 2}} {
		t.Run(fmt.Sprint(tc.down), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet, names, ids := row(4)
				o := watchOver(t, fleet, time.Minute, names...)
				plan := o.paced(t, actions.Pace{Batch: actions.Size{N: 2}, MaxUnavailable: actions.Size{N: 2}}, ids)
				for _, name := range names[len(names)-tc.down:] {
					_ = fleet.Host(name).Puma(0).Systemctl("stop")
				}
				time.Sleep(40 * time.Second)
				run := o.runner.Start(plan)
				most := 0
				for version := 0; ; {
					p, err := run.Next(t.Context(), version)
					if err != nil {
						break
					}
					version = p.Version
					n := 0
					for _, s := range p.Steps[:2] {
						if s.State == actions.Watching || s.State == actions.Asking {
							n++
						}
					}
					most = max(most, n)
				}
				left := 0
				for _, s := range run.Progress().Steps[:2] {
					if s.Verdict.Word == actions.Untouched {
						left++
					}
				}
				if most != tc.most || left != tc.left {
					t.Errorf("%d at a time, %d left out: %s", most, left, run.Progress().Stopped)
				}
			})
		})
	}
}

// TestStopInAPause leaves out what has not begun, at once.
func TestStopInAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, names, ids := row(2)
		o := watchOver(t, fleet, time.Minute, names...)
		run := o.runner.Start(o.paced(t, actions.Pace{Pause: time.Hour}, ids))
		var stopped time.Time
		for version := 0; ; {
			p, err := run.Next(context.Background(), version)
			if err != nil {
				break
			}
			version = p.Version
			if !p.PausedUntil.IsZero() && stopped.IsZero() {
				stopped = time.Now()
				run.Stop()
			}
		}
		p := run.Progress()
		if p.Steps[1].Verdict.Word != actions.Untouched || time.Since(stopped) > time.Second {
			t.Errorf("%s, %s after the stop", p.Steps[1].Verdict.Word, time.Since(stopped))
		}
	})
}

// until waits for a progress that is as wanted.
func until(t *testing.T, run *actions.Run, wanted func(actions.Progress) bool) actions.Progress {
	t.Helper()
	for p := run.Progress(); ; {
		if wanted(p) {
			return p
		}
		var err error
		if p, err = run.Next(t.Context(), p.Version); err != nil {
			t.Fatalf("%v: %+v", err, p)
		}
	}
}

// records is an audit in memory, which may refuse.
type records struct {
	mu     sync.Mutex
	all    []actions.Record
	refuse error
}

func (r *records) Write(e actions.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return r.refuse
	}
	r.all = append(r.all, e)
	return nil
}

// TestLostAndFound: a target that was lost is judged when it is back, and the audit is amended.
func TestLostAndFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, names, ids := row(1)
		audit := &records{}
		o := watchOverWith(t, fleet, actions.Options{Timeout: 20 * time.Second, Audit: audit, Signature: actions.Record{User: "ana"}}, names...)
		run := o.runner.Start(o.plan(t, actions.Reload, false, nil, ids...))
		until(t, run, func(p actions.Progress) bool { return p.Steps[0].State == actions.Watching })
		fleet.Host("web1").DropNetwork()
		if p := finish(t, run); p.Steps[0].Verdict.Word != actions.Lost || p.Awaited != 1 {
			t.Fatalf("%s, %d awaited", p.Steps[0].Verdict.Word, p.Awaited)
		}
		time.Sleep(5 * time.Minute)
		fleet.Host("web1").Restore()
		p := until(t, run, func(p actions.Progress) bool { return p.Awaited == 0 })
		if v := p.Steps[0].Verdict; v.Word != actions.Verified || p.Awaited != 0 || !p.Done {
			t.Errorf("%s: %s, %d awaited", v.Word, v.Summary, p.Awaited)
		}
		var got []string
		for _, e := range audit.all {
			got = append(got, string(e.Event)+" "+e.Verdict)
			if e.ID != audit.all[0].ID || e.User != "ana" || e.Target != "web1/shop" || e.Request != "GET /phased-restart" {
				t.Errorf("%+v", e)
			}
		}
		if want := []string{"asked ", "ended lost", "amended verified"}; !slices.Equal(got, want) {
			t.Errorf("the audit has %q, want %q", got, want)
		}
	})
}

// TestNothingIsDoneUnrecorded: a full disk refuses the action.
func TestNothingIsDoneUnrecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fleet, names, ids := row(2)
		o := watchOverWith(t, fleet, actions.Options{Audit: &records{refuse: errors.New("write the audit: no space left on device")}}, names...)
		p := finish(t, o.runner.Start(o.plan(t, actions.Reload, false, nil, ids...)))
		v := p.Steps[0].Verdict
		if v.Word != actions.Refused || !strings.Contains(v.Summary, "no space left on device") || p.Steps[1].Verdict.Word != actions.Untouched {
			t.Errorf("%s: %s; %s", v.Word, v.Summary, p.Steps[1].Verdict.Word)
		}
		if sent := o.sent(); len(sent) != 0 {
			t.Errorf("sent: %q", sent)
		}
	})
}
