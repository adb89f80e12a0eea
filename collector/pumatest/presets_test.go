package pumatest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// state is what is really so, not what can be observed.
type truth struct {
	image, alive, booted, old, current int
	frozen                             bool
}

func (p *Puma) truth() (s truth) {
	p.t.do(func() {
		s.image, s.frozen = p.image, p.frozen != nil
		for _, w := range p.workers {
			if w.alive {
				s.alive++
			}
			if w.booted && w.alive {
				s.booted++
			}
			if w.phase != p.phase {
				s.old++
			}
			if w.release == p.site.current {
				s.current++
			}
		}
	})
	return s
}

// TestEveryVerdictIsOneKeyAway asks every target of the demo for a phased restart, and looks at what became of it.
func TestEveryVerdictIsOneKeyAway(t *testing.T) {
	const n = DefaultWorkers
	tests := []struct {
		name, host string
		puma       int
		phased     puma.Answer
		wait       time.Duration
		want       truth
	}{
		{"verified", "web1.shop", 0, puma.Yes, 30 * time.Second, truth{image: 1, alive: n, booted: n, current: n}},
		{"crash loop", "web2.shop", 0, puma.Yes, 10 * time.Second, truth{image: 1, alive: n, booted: n - 1, old: n - 1, current: 1}},
		{"known to preload", "api1.shop", 0, puma.No, 30 * time.Second, truth{image: 2, alive: n, booted: n, current: n}},
		{"restarted instead", "pay1.shop", 0, puma.Unknown, 30 * time.Second, truth{image: 2, alive: n, booted: n, current: n}},
		{"single mode", "tools1.shop", 0, puma.No, 30 * time.Second, truth{image: 2}},
		{"killed at the end of its drain", "tools1.shop", 1, puma.Yes, time.Minute, truth{image: 1, alive: n, booted: n, current: n}},
		{"still at it after five minutes", "media1.shop", 0, puma.Yes, 5 * time.Minute, truth{image: 1, alive: n, booted: n - 1, current: n}},
		{"stuck", "search1.shop", 0, puma.Yes, time.Minute, truth{image: 1, alive: n - 1, booted: n - 1, old: n - 1, current: n - 1, frozen: true}},
		{"old code", "cms1.shop", 0, puma.Yes, time.Minute, truth{image: 1, alive: n, booted: n}},
		{"the pace of Puma 4", "cms1.shop", 1, puma.Yes, 2 * time.Minute, truth{image: 1, alive: n, booted: n, current: n}},
		{"lost", "edge1.shop", 0, puma.Yes, time.Minute, truth{image: 1, alive: n, booted: n, current: n}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := NewFleet(3, DefaultHosts, n)
				h := f.Host(tt.host)
				p := h.Puma(tt.puma)
				var report probe.Report
				h.t.do(func() { report = h.report(nil) })
				found, err := probe.Parse(report.Encode())
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range found.Pumas {
					if one.PID == p.PID() && one.Phased.Answer != tt.phased {
						t.Errorf("phased %s, want %s: %s", one.Phased.Answer, tt.phased, one.Phased.Evidence)
					}
				}
				asked("phased-restart")(p)
				time.Sleep(tt.wait)
				if got := p.truth(); got != tt.want {
					t.Errorf("became %+v, want %+v", got, tt.want)
				}
				if killed := p.Lost() >= n; killed != (tt.name == "killed at the end of its drain") {
					t.Errorf("%d requests were cut off", p.Lost())
				}
				if lost := h.dropped; lost != (tt.name == "lost") {
					t.Errorf("off the network: %v", lost)
				}
			})
		})
	}
}

func TestSomeTargetsAreNotRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFleet(3, DefaultHosts, 2)
		shop, status := f.Host("web3.shop").Puma(0), f.Host("edge1.shop").Puma(1)
		if shop.PID() != 0 || status.PID() != 0 {
			t.Fatal("they run")
		}
		if err := shop.Systemctl("reload-or-restart"); err != nil {
			t.Error(err)
		}
		if err := status.Systemctl("reload-or-restart"); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		if status.PID() != 0 {
			t.Error("systemd started a unit whose condition is not met")
		}
		if got, want := shop.truth(), (truth{image: 1, alive: 2, booted: 2, current: 2}); got != want {
			t.Errorf("started, it became %+v, want %+v", got, want)
		}
	})
}

// TestCrashLoopOfTheDemoCanBeCured: after a while a mended release waits, and another reload brings it in.
func TestCrashLoopOfTheDemoCanBeCured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewFleet(3, DefaultHosts, 3).Host("web2.shop").Puma(0)
		broken := p.Current()
		asked("phased-restart")(p)
		time.Sleep(70 * time.Second)
		if p.Current() == broken || p.truth().booted != 2 {
			t.Errorf("current %s after %s, %+v", p.Current(), broken, p.truth())
		}
		asked("phased-restart")(p)
		time.Sleep(10 * time.Second)
		if got, want := p.truth(), (truth{image: 1, alive: 3, booted: 3, current: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// TestLostHostComesBack cuts a host off in the middle of its restart: nobody reaches it until the network is back.
func TestLostHostComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewFleet(3, DefaultHosts, 2).Host("edge1.shop")
		asked("phased-restart")(h.Puma(0))
		time.Sleep(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if c, err := h.Dial(ctx); err == nil {
			_ = c.Close()
			t.Error("it can be reached while it is off the network")
		}
		time.Sleep(h.Puma(0).c.CutsOff)
		connect(t, h)
	})
}

// TestSameSeedSameHistory is what a screenshot rests on.
func TestSameSeedSameHistory(t *testing.T) {
	history := func() (out []string) {
		synctest.Test(t, func(t *testing.T) {
			f := NewFleet(9, 14, 3)
			for range 5 {
				time.Sleep(7 * time.Second)
				for _, h := range f.Hosts() {
					for _, p := range h.pumas {
						p.t.do(func() {
							if p.control {
								out = append(out, p.stats())
							}
						})
					}
				}
			}
		})
		return out
	}
	a, b := history(), history()
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d and %d bodies", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("body %d differs:\n%s\n%s", i, a[i], b[i])
		}
	}
}
