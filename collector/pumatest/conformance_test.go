package pumatest

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// scenario is what was done to the recorded Pumas, as it is done to a simulated one.
type scenario struct {
	name string
	// mark is the recording's line that times count from.
	mark   string
	config func(*Config)
	next   Release
	do     func(*Puma)
	length time.Duration
	boot   bool // what was seen at its boot is wanted too
}

const recordedBoot = 15 * time.Millisecond

var broken = &Failure{Class: "RuntimeError", Message: "this release does not boot", Where: "config.ru:2:in `block in <main>'"}

func asked(command string) func(*Puma) {
	return func(p *Puma) {
		p.t.do(func() { p.answer("GET /" + command + "?token=" + p.token + " HTTP/1.0\r\n") })
	}
}

var scenarios = []scenario{
	{name: "phased-restart", mark: "phased-restart sent", do: asked("phased-restart"), length: 40 * time.Second},
	{name: "phased-slow-boot", mark: "phased-restart sent", next: Release{Boot: 3 * time.Second}, do: asked("phased-restart"), length: 50 * time.Second},
	{name: "phased-broken", mark: "phased-restart sent", next: Release{Failure: broken}, do: asked("phased-restart"), length: 25 * time.Second},
	{name: "hot-restart", mark: "restart sent", do: asked("restart"), length: 10 * time.Second},
	{name: "preload-phased", mark: "phased-restart sent", next: Release{Boot: time.Second},
		config: func(c *Config) { c.Preload = PreloadConfig }, do: asked("phased-restart"), length: 12 * time.Second},
	{name: "single", mark: "phased-restart sent", next: Release{Boot: time.Second},
		config: func(c *Config) { c.Workers = 0 }, do: asked("phased-restart"), length: 5 * time.Second},
	{name: "hot-drain", mark: "restart sent", do: func(p *Puma) {
		p.Request(1, 4*time.Second)
		time.Sleep(time.Second)
		asked("restart")(p)
	}, length: 15 * time.Second},
	{name: "drain-timeout", mark: "phased-restart sent", config: func(c *Config) { c.ShutdownTimeout = 5 * time.Second },
		do: func(p *Puma) {
			p.Request(1, 20*time.Second)
			time.Sleep(6 * time.Second)
			asked("phased-restart")(p)
		}, length: 30 * time.Second},
	{name: "signals", mark: "TTIN", do: func(p *Puma) { p.Signal("TTIN") }, length: 15 * time.Second},
}

// run does a scenario to a simulated Puma; times count from the request. A master on ticks is asked 1.6 s after one,
// as the recorded ones happened to be.
func (s scenario) run(t *testing.T, version string, seed uint64) (*watcher, *Puma) {
	c := Config{
		Version: version, Workers: 2, MinThreads: 1, MaxThreads: 3, Token: "token",
		Releases: []Release{{Name: "20261121190000", Boot: recordedBoot}},
	}
	if s.config != nil {
		s.config(&c)
	}
	p := NewPuma(c, seed)
	w := &watcher{}
	w.simulated(t, p, time.Now().Add(time.Hour), 11750*time.Millisecond)
	next := s.next
	next.Name = "20261121193000"
	next.Boot = max(next.Boot, recordedBoot)
	p.Deploy(next)
	if !s.boot {
		w.list = nil
	}
	w.simulated(t, p, time.Now().Add(time.Hour), 0)
	s.do(p)
	w.simulated(t, p, time.Now(), s.length)
	return w, p
}

// TestRestartsLookAsRecorded does to a simulated Puma what was done to a real one of the same version, and compares
// what can be observed: each step of the recording is a step of the simulation, in the same order, and the moments
// that matter are about the same.
func TestRestartsLookAsRecorded(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		files, err := filepath.Glob("testdata/*/" + s.name + ".jsonl")
		if err != nil || len(files) == 0 {
			t.Fatal(s.name, err)
		}
		for _, file := range files {
			version := filepath.Base(filepath.Dir(file))
			t.Run(s.name+" "+version, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					real := recorded(t, version, s.name, s.mark)
					sim, _ := s.run(t, version, 7)
					wanted := real.kinds()
					if kind := missing(wanted, sim.kinds()); kind != "" {
						t.Errorf("the recording has %q, the simulation not there\nrecorded:\n  %s\nsimulated:\n  %s",
							kind, strings.Join(wanted, "\n  "), strings.Join(sim.kinds(), "\n  "))
					}
					compareMoments(t, real, sim)
				})
			})
		}
	}
}

func compareMoments(t *testing.T, real, sim *watcher) {
	t.Helper()
	full := func(checkedIn bool) func(observation) bool {
		return func(o observation) bool {
			if o.body == "" || len(o.stats.Workers) < 2 {
				return false
			}
			for _, w := range o.stats.Workers {
				if !w.Booted || !strings.HasPrefix(o.kind, "phase") || strings.Contains(o.kind, "aB0") || checkedIn && !w.CheckedIn {
					return false
				}
			}
			return true
		}
	}
	for name, ok := range map[string]func(observation) bool{
		"no answer":              func(o observation) bool { return o.kind == gone },
		"all booted anew":        full(false),
		"all checked in anew":    full(true),
		"no old worker any more": func(o observation) bool { return o.stats.Phase.N == 1 && o.stats.OldWorkers.N == 0 },
	} {
		r, s := real.when(ok), sim.when(ok)
		if (r < 0) != (s < 0) || math.Abs((r-s).Seconds()) > 0.4+0.25*r.Seconds() {
			t.Errorf("%s: recorded after %v, simulated after %v", name, r, s)
		}
	}
	if r, s := real.lowest(), sim.lowest(); r < s {
		t.Errorf("fewest booted: recorded %d, simulated %d", r, s)
	}
}

// TestBodiesAreSpeltAsRecorded compares every character of the stats of each version but the digits.
func TestBodiesAreSpeltAsRecorded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"phased-restart", "single", "cluster-boot"} {
		files, err := filepath.Glob("testdata/*/" + name + ".jsonl")
		if err != nil || len(files) != 9 {
			t.Fatalf("%d recordings of %s: %v", len(files), name, err)
		}
		for _, file := range files {
			version := filepath.Base(filepath.Dir(file))
			synctest.Test(t, func(t *testing.T) {
				real := recorded(t, version, name, "")
				s := scenario{do: func(*Puma) {}, length: 10 * time.Second, boot: true}
				if name == "single" {
					s.config = func(c *Config) { c.Workers = 0 }
				}
				sim, _ := s.run(t, version, 3)
				for _, body := range []string{real.list[len(real.list)-1].body, firstBody(real)} {
					if !hasShape(sim, shape(body)) {
						t.Errorf("%s %s: no simulated body is spelt as\n%s\nthe first is\n%s",
							version, name, shape(body), shape(firstBody(sim)))
					}
				}
			})
		}
	}
}

func firstBody(w *watcher) string {
	for _, o := range w.list {
		if o.body != "" {
			return o.body
		}
	}
	return ""
}

func hasShape(w *watcher, want string) bool {
	for _, o := range w.list {
		if shape(o.body) == want {
			return true
		}
	}
	return false
}

// shape is a body with every number as 0.
func shape(body string) string {
	var b strings.Builder
	digits := false
	for _, r := range body {
		if r >= '0' && r <= '9' {
			if !digits {
				b.WriteByte('0')
			}
			digits = true
			continue
		}
		digits = false
		b.WriteRune(r)
	}
	return b.String()
}
