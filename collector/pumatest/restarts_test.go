package pumatest

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/puma"
)

func recordedConfig(version string) Config {
	return Config{
		Version: version, Workers: 2, MinThreads: 1, MaxThreads: 3,
		Releases: []Release{{Name: "20261121190000", Boot: recordedBoot}},
	}
}

// pids counts the process ids that were at each index while the Puma was watched.
func (w *watcher) pids() map[int]int {
	seen := map[int]map[int]bool{}
	for _, o := range w.list {
		for _, worker := range o.stats.Workers {
			if seen[worker.Index] == nil {
				seen[worker.Index] = map[int]bool{}
			}
			seen[worker.Index][worker.PID] = true
		}
	}
	counts := map[int]int{}
	for index, pids := range seen {
		counts[index] = len(pids)
	}
	return counts
}

// TestCrashLoopsAtThePaceOfTheVersion, and only where the release is broken: the other worker goes on.
func TestCrashLoopsAtThePaceOfTheVersion(t *testing.T) {
	for version, tries := range map[string][2]int{"8.0.2": {1250, 2500}, "5.0.4": {1250, 2500}, "4.3.12": {3, 3}, "3.12.6": {1000, 2500}} {
		synctest.Test(t, func(t *testing.T) {
			s := scenario{next: Release{Failure: broken}, do: asked("phased-restart"), length: 25 * time.Second}
			w, _ := s.run(t, version, 2)
			counts := w.pids()
			if n := counts[0]; n < tries[0] || n > tries[1] || counts[1] != 1 {
				t.Errorf("%s: pids by index %v, want %v at index 0 in 25 s", version, counts, tries)
			}
		})
	}
}

// TestCrashLoopIsCuredByAnotherReload, not by the deploy alone: the master stays in the broken release.
func TestCrashLoopIsCuredByAnotherReload(t *testing.T) {
	for _, version := range []string{"8.0.2", "5.6.9", "4.3.12", "3.12.6"} {
		synctest.Test(t, func(t *testing.T) {
			s := scenario{next: Release{Failure: broken}, do: asked("phased-restart"), length: 20 * time.Second}
			_, p := s.run(t, version, 2)
			p.Deploy(Release{Name: "20261121200000", Boot: recordedBoot})
			time.Sleep(33 * time.Second)
			if got := p.truth(); got.booted != 1 || got.current != 0 {
				t.Errorf("%s: after a deploy alone %+v", version, got)
			}
			asked("phased-restart")(p)
			time.Sleep(15 * time.Second)
			if got, want := p.truth(), (truth{image: 1, alive: 2, booted: 2, current: 2}); got != want || p.phase != 2 {
				t.Errorf("%s: after another reload %+v in phase %d, want %+v in 2", version, got, p.phase, want)
			}
		})
	}
}

// TestFullRestartIntoABrokenRelease comes back without a worker, and loops at every index in every version.
func TestFullRestartIntoABrokenRelease(t *testing.T) {
	for _, version := range []string{"8.0.2", "6.6.1", "4.3.12"} {
		synctest.Test(t, func(t *testing.T) {
			s := scenario{next: Release{Failure: broken}, do: asked("restart"), length: 10 * time.Second}
			w, p := s.run(t, version, 2)
			if got := p.truth(); got.image != 2 || got.booted != 0 || p.control != true {
				t.Errorf("%s: %+v", version, got)
			}
			if counts := w.pids(); counts[0] < 100 || counts[1] < 100 {
				t.Errorf("%s: pids by index %v", version, counts)
			}
		})
	}
}

// TestBrokenPreloadEndsTheMaster, and systemd starts it again until that was too often.
func TestBrokenPreloadEndsTheMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := recordedConfig("6.6.1")
		c.Preload, c.RestartSec, c.Uptime = PreloadConfig, time.Second, time.Hour
		p := NewPuma(c, 1)
		pid, stamp := p.PID(), p.stamp
		p.DeployNew(Broken)
		p.Signal("USR1")
		time.Sleep(900 * time.Millisecond)
		if p.PID() != 0 || p.unit.sub != "auto-restart" {
			t.Errorf("pid %d, unit %+v after its boot has failed", p.PID(), p.unit)
		}
		if p.stamp != stamp {
			t.Error("the state file was written by an image that never came up")
		}
		time.Sleep(20 * time.Second)
		p.t.do(func() {})
		if p.unit.active != "failed" || p.unit.result != "start-limit-hit" || p.unit.restarts < 4 || p.pid != 0 || pid == 0 {
			t.Errorf("unit %+v, want it given up", p.unit)
		}
		text := ""
		for _, e := range p.log.entries {
			text += e.Text + "\n"
		}
		if !strings.Contains(text, `! Unable to load application: KeyError: key not found: "PAYMENT_API_KEY"`) {
			t.Error("the exception is not in the log")
		}
	})
}

// TestFullRestartChangesWhatTellsImagesApart: started_at, the state file and its token; not the pid.
func TestFullRestartChangesWhatTellsImagesApart(t *testing.T) {
	for _, version := range []string{"8.0.2", "4.3.12", "3.12.6"} {
		synctest.Test(t, func(t *testing.T) {
			c := recordedConfig(version)
			c.Uptime = time.Hour
			p := NewPuma(c, 1)
			pid, stamp, token, began := p.PID(), p.stamp, p.token, p.began
			p.Signal("USR1")
			time.Sleep(40 * time.Second)
			if p.t.do(func() {}); p.stamp != stamp || p.token != token || p.phase != 1 {
				t.Errorf("%s: a phased restart wrote the state file again, or was none", version)
			}
			p.Signal("TTIN")
			time.Sleep(10 * time.Second)
			p.Signal("USR2")
			time.Sleep(10 * time.Second)
			p.t.do(func() {})
			if p.PID() != pid || p.stamp == stamp || p.token == token || p.began.Equal(began) || p.phase != 0 || len(p.workers) != 2 {
				t.Errorf("%s: pid %d to %d, stamp %q, phase %d, %d workers", version, pid, p.PID(), p.stamp, p.phase, len(p.workers))
			}
		})
	}
}

// TestWorkersComeAndGo with signals, at the pace of the version.
func TestWorkersComeAndGo(t *testing.T) {
	for version, slow := range map[string]time.Duration{"8.0.2": 0, "4.3.12": 5 * time.Second, "3.12.6": 0} {
		synctest.Test(t, func(t *testing.T) {
			c := recordedConfig(version)
			c.Uptime = time.Hour
			p := NewPuma(c, 1)
			before := p.Worker(0)
			p.Kill(0)
			time.Sleep(100*time.Millisecond + slow)
			if now := p.Worker(0); now == 0 || now == before {
				t.Errorf("%s: a killed worker was not replaced: %d after %d", version, now, before)
			}
			p.Signal("TTIN")
			time.Sleep(20 * time.Second)
			if p.Worker(2) == 0 {
				t.Errorf("%s: TTIN made no worker", version)
			}
			p.Signal("TTOU")
			time.Sleep(20 * time.Second)
			if p.Worker(2) != 0 || p.Worker(1) == 0 {
				t.Errorf("%s: TTOU did not send the youngest away", version)
			}
		})
	}
}

// TestHangingBootIsKilled at the end of worker_boot_timeout, and tried again.
func TestHangingBootIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := recordedConfig("6.6.1")
		c.Uptime = time.Hour
		p := NewPuma(c, 1)
		p.DeployNew(Hanging)
		p.Signal("USR1")
		time.Sleep(59 * time.Second)
		first := p.Worker(0)
		time.Sleep(2 * time.Second)
		if second := p.Worker(0); first == 0 || second == 0 || second == first {
			t.Errorf("pid %d, then %d", first, second)
		}
		if !slices.ContainsFunc(p.log.entries, func(e entry) bool {
			return strings.Contains(e.Text, "! Terminating timed out worker (Worker 0 failed to boot within 60 seconds)")
		}) {
			t.Error("the log does not say so")
		}
	})
}

// TestWhereRequestsWait: up to Puma 6 in the kernel, where /stats does not see them, from 7 on in the workers.
func TestWhereRequestsWait(t *testing.T) {
	for version, kernel := range map[string]bool{"8.0.2": false, "7.0.4": false, "6.6.1": true, "5.6.9": true} {
		synctest.Test(t, func(t *testing.T) {
			c := recordedConfig(version)
			c.MinThreads, c.Uptime = 3, time.Hour
			p := NewPuma(c, 1)
			p.Request(9, 8*time.Second)
			time.Sleep(5 * time.Second)
			var s puma.Stats
			queue := 0
			p.t.do(func() {
				s, _ = puma.Decode([]byte(p.stats()))
				queue = p.listenQueue()
			})
			backlog := s.Workers[0].Pool.Backlog.Count().Plus(s.Workers[1].Pool.Backlog.Count())
			for _, w := range s.Workers {
				if w.Pool.InUse() != puma.Of(3) {
					t.Errorf("%s: %v of 3 threads in use", version, w.Pool.InUse())
				}
			}
			if kernel != (queue == 3) || kernel != (backlog.N == 0) {
				t.Errorf("%s: %d in the kernel, backlog %v", version, queue, backlog)
			}
			time.Sleep(20 * time.Second)
			p.t.do(func() { s, _ = puma.Decode([]byte(p.stats())) })
			if got := s.Workers[0].Pool.RequestsCount.N + s.Workers[1].Pool.RequestsCount.N; got != 9 {
				t.Errorf("%s: %d requests counted of 9", version, got)
			}
		})
	}
}
