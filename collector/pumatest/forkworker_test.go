package pumatest

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/puma"
)

func forkConfig(version string) Config {
	return Config{
		Version: version, Workers: 3, MinThreads: 1, MaxThreads: 3, Token: "token", ForkWorker: true,
		Releases: []Release{{Name: "20261121190000", Boot: recordedBoot}},
	}
}

// reforks asks for a refork as it was asked of the recorded Pumas: of 5.0.4 with the signal, since it has no such action.
func reforks(version string, p *Puma) {
	if version == "5.0.4" {
		p.Signal("URG")
		return
	}
	asked("refork")(p)
}

// TestForkWorkerLooksAsRecorded: a phased restart and then a refork, step by step, and what the log says.
func TestForkWorkerLooksAsRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/fork-worker.jsonl")
	if err != nil || len(files) != 7 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		version := filepath.Base(filepath.Dir(file))
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := NewPuma(forkConfig(version), 7)
				time.Sleep(11750 * time.Millisecond)
				sim := &watcher{}
				sim.simulated(t, p, time.Now().Add(time.Hour), 0)
				p.Deploy(Release{Name: "20261121193000", Boot: recordedBoot})
				asked("phased-restart")(p)
				sim.simulated(t, p, time.Now(), 16*time.Second)
				second := &watcher{first: sim.first}
				reforks(version, p)
				second.simulated(t, p, time.Now(), 6*time.Second)
				sim.list = append(sim.list, second.list...)

				wanted := whole(recorded(t, version, "fork-worker", "phased-restart sent")).kinds()
				if kind := missing(wanted, sim.kinds()); kind != "" {
					t.Errorf("the recording has %q, the simulation not there\nrecorded:\n  %s\nsimulated:\n  %s",
						kind, strings.Join(wanted, "\n  "), strings.Join(sim.kinds(), "\n  "))
				}
				mark := "refork sent"
				if version == "5.0.4" {
					mark = "URG"
				}
				compareForks(t, "phased restart", 1, recorded(t, version, "fork-worker", "phased-restart sent"), sim)
				compareForks(t, "refork", 2, recorded(t, version, "fork-worker", mark), second)
				compareLogs(t, version, p)
			})
		})
	}
}

// whole leaves out the moments between the end of a worker and the fork of the next, which are one here.
func whole(w *watcher) *watcher {
	w.list = slices.DeleteFunc(w.list, func(o observation) bool { return len(o.stats.Workers) < 3 })
	return w
}

// compareForks compares when the workers of a phase were there: all that are new, and worker 0's first check-in, which
// comes seconds after its boot.
func compareForks(t *testing.T, what string, phase int64, real, sim *watcher) {
	t.Helper()
	for name, ok := range map[string]func(observation) bool{
		"no old worker any more": func(o observation) bool { return o.stats.OldWorkers == puma.Of(0) },
		"all booted":             func(o observation) bool { return o.stats.OldWorkers == puma.Of(0) && o.stats.Booted() == 3 },
		"worker 0 checked in": func(o observation) bool {
			return o.stats.Workers[0].Phase == int(phase) && o.stats.Workers[0].CheckedIn
		},
		"all serving": func(o observation) bool { return o.stats.AllServing() },
	} {
		in := func(o observation) bool { return o.body != "" && o.stats.Phase == puma.Of(phase) && ok(o) }
		r, s := real.when(in), sim.when(in)
		if r < 0 || s < 0 || math.Abs((r-s).Seconds()) > 0.15+0.1*r.Seconds() {
			t.Errorf("%s, %s: recorded after %v, simulated after %v", what, name, r, s)
		}
	}
}

var (
	processIDs = regexp.MustCompile(`\d{3,}`)
	bootTimes  = regexp.MustCompile(`in [\d.]+s`)
	paths      = regexp.MustCompile(`/\S+/`)
)

// compareLogs compares all that the log says from the kinds of restarts on, but for pids, paths and seconds.
func compareLogs(t *testing.T, version string, p *Puma) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", version, "fork-worker.log"))
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	p.t.do(func() {
		for _, e := range p.log.entries {
			if strings.HasPrefix(e.From, "puma") {
				own = append(own, e.Text)
			}
		}
	})
	plain := func(lines []string) string {
		s := strings.TrimSpace(strings.Join(lines, "\n"))
		for _, r := range []*regexp.Regexp{processIDs, bootTimes, paths} {
			s = r.ReplaceAllString(s, "N")
		}
		return s
	}
	if got, want := plain(own), plain(strings.Split(string(text), "\n")); got != want {
		t.Errorf("logged\n%s\nrecorded\n%s", got, want)
	}
}

// TestForksRunWhatWorkerZeroLoaded, whatever `current` says: a refork brings no new code in. (As a real 8.0.2 did.)
func TestForksRunWhatWorkerZeroLoaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPuma(forkConfig("8.0.2"), 3)
		time.Sleep(10 * time.Second)
		p.Deploy(Release{Name: "20261121193000", Boot: recordedBoot})
		zero, one := p.Worker(0), p.Worker(1)
		p.Signal("URG")
		time.Sleep(time.Second)
		if got, want := p.truth(), (truth{image: 1, alive: 3, booted: 3}); got != want || p.phase != 1 {
			t.Errorf("a refork made it %+v in phase %d, want %+v in 1", got, p.phase, want)
		}
		if p.Worker(0) != zero || p.Worker(1) == one || p.Worker(1) == 0 {
			t.Errorf("workers 0 and 1 were %d and %d, are %d and %d", zero, one, p.Worker(0), p.Worker(1))
		}
		p.t.do(func() { p.signalWorker(p.at(0), "TERM") })
		time.Sleep(time.Second)
		if got := p.truth(); got.current != 1 || p.Worker(0) == zero {
			t.Errorf("after the end of worker 0: %+v", got)
		}
		// The others are no children of the new worker 0: their end is noticed late.
		p.Kill(1)
		time.Sleep(200 * time.Millisecond)
		if p.Worker(1) != 0 {
			t.Error("the master noticed the end of an orphan at once")
		}
		time.Sleep(5 * time.Second)
		if got := p.truth(); got.current != 2 {
			t.Errorf("after the end of an orphan: %+v", got)
		}
	})
}

// TestForkedWorkersHaveNoPIDYet while worker 0 boots, and a broken release leaves them so.
func TestForkedWorkersHaveNoPIDYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := forkConfig("8.0.2")
		c.Releases[0].Boot = 4 * time.Second
		p := NewPuma(c, 3)
		at := func(d time.Duration) (s puma.Stats) {
			time.Sleep(d)
			p.t.do(func() { s, _ = puma.Decode([]byte(p.stats())) })
			return s
		}
		if s := at(time.Second); len(s.Workers) != 3 || s.Workers[0].PID == 0 || s.Workers[1].PID != 0 || s.Workers[2].PID != 0 {
			t.Errorf("while worker 0 boots: %+v", s.Workers)
		}
		if s := at(5 * time.Second); !s.AllServing() || len(s.PIDs()) != 3 {
			t.Errorf("after its boot: %+v", s.Workers)
		}
		p.DeployNew(Broken)
		p.Signal("USR1")
		if s := at(20 * time.Second); s.Booted() != 2 || s.Workers[0].Phase != 1 || s.Workers[1].Phase != 0 {
			t.Errorf("in a broken release: %+v", s.Workers)
		}
		p.Signal("USR2")
		if s := at(20 * time.Second); s.Booted() != 0 || s.Workers[1].PID != 0 {
			t.Errorf("restarted into it: %+v", s.Workers)
		}
	})
}

// TestReforkIsAnswered as the version and the configuration have it.
func TestReforkIsAnswered(t *testing.T) {
	const missing, refused = "Unsupported action", `{ "error": "refork not available" }`
	for _, tt := range []struct {
		version string
		fork    bool
		workers int
		preload Preload
		want    string
		phase   int
	}{
		{"4.3.12", true, 2, NoPreload, missing, 0},
		{"5.0.2", true, 2, NoPreload, accepted, 1},
		{"5.0.2", false, 2, NoPreload, accepted, 0},
		{"5.0.3", true, 2, NoPreload, missing, 0},
		{"5.6.4", true, 2, NoPreload, missing, 0},
		{"5.6.5", true, 2, NoPreload, accepted, 1},
		{"8.0.2", true, 2, NoPreload, accepted, 1},
		{"8.0.2", true, 2, PreloadConfig, accepted, 1},
		{"8.0.2", false, 2, NoPreload, refused, 0},
		{"8.0.2", true, 0, NoPreload, refused, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := forkConfig(tt.version)
			c.ForkWorker, c.Workers, c.Preload, c.Uptime = tt.fork, tt.workers, tt.preload, time.Hour
			p := NewPuma(c, 3)
			answer := ask(t, p, "GET /refork?token=token HTTP/1.0")
			time.Sleep(20 * time.Second)
			p.t.do(func() {})
			if !strings.HasSuffix(answer, "\r\n\r\n"+tt.want) || p.phase != tt.phase || p.image != 1 {
				t.Errorf("%+v: phase %d, image %d, answered %q", tt, p.phase, p.image, answer)
			}
		})
	}
}

// TestTTOUSparesWorkerZero under fork_worker, even where it is the youngest.
func TestTTOUSparesWorkerZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPuma(forkConfig("8.0.2"), 3)
		time.Sleep(10 * time.Second)
		p.Kill(0)
		time.Sleep(time.Second)
		p.Signal("TTOU")
		time.Sleep(10 * time.Second)
		if p.Worker(0) == 0 || p.truth().alive != 2 {
			t.Errorf("worker 0 is %d, %+v", p.Worker(0), p.truth())
		}
	})
}
