package collector

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// replay folds a recording of a real Puma, a poll every two seconds or so, and hands each snapshot out. The probe that
// found it came a second before.
func replay(t *testing.T, version, scenario string, each func(at time.Duration, s Snapshot)) *track {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "actions", "testdata", "recordings", version, scenario+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	k := found()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			T      float64
			Mark   string
			Status *int
			Body   string
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		at := time.Duration(l.T * float64(time.Second))
		switch {
		case l.Mark != "":
			continue
		case l.Status != nil && *l.Status == 200:
			s, err := puma.Decode([]byte(l.Body))
			if err != nil {
				t.Fatal(err)
			}
			k.answer(s, noon.Add(at), time.Millisecond)
		default:
			k.fail(errors.New("no answer"), noon.Add(at))
		}
		each(at, *k.snapshot(noon.Add(at), DefaultInterval))
	}
	return k
}

// found is a track after its first probe.
func found() *track {
	k := newTrack("web1", "puma")
	k.up(true, nil, time.Time{})
	k.probe(facts(1), after(-1), after(-1), 0)
	return k
}

// facts are of one image of a master.
func facts(image int) probe.Puma {
	return probe.Puma{PID: 9, StateStamp: fmt.Sprint(image), Control: puma.Address{Network: "unix", Name: "/c"}, Release: "/r/1",
		Phased: puma.Phased{Answer: puma.Yes, Evidence: "seen in the log"}, Listeners: []string{"unix:///s"},
		Unit: probe.Unit{Name: "puma.service", Scope: probe.SystemScope, Active: "active", Sub: "running", Restarts: puma.Of(0)}}
}

// recorded are the versions of a scenario.
func recorded(t *testing.T, scenario string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "actions", "testdata", "recordings", "*", scenario+".jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recording of %s: %v", scenario, err)
	}
	var out []string
	for _, f := range files {
		out = append(out, filepath.Base(filepath.Dir(f)))
	}
	return out
}

// TestRecordedPhasedRestarts go from serving over restarting to serving, keep the image and what is known of it, and
// are never taken for anything worse.
func TestRecordedPhasedRestarts(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"phased-restart", "phased-slow-boot", "fork-worker"} {
		for _, version := range recorded(t, scenario) {
			t.Run(scenario+" "+version, func(t *testing.T) {
				t.Parallel()
				var states []State
				var last Snapshot
				replay(t, version, scenario, func(at time.Duration, s Snapshot) {
					if len(states) == 0 || states[len(states)-1] != s.State {
						states = append(states, s.State)
					}
					if s.State != Serving && s.State != Restarting && s.State != Connecting {
						t.Errorf("at %s %s: %s", at, s.State, s.Reason)
					}
					if s.State == Restarting && s.Reason == "" {
						t.Errorf("at %s it does not say what it waits for", at)
					}
					last = s
				})
				if last.State != Serving || last.Restarts != 0 || last.Phased.Answer != puma.Yes || last.Stats.Phase.N < 1 {
					t.Errorf("in the end %s, phase %s, %d restarts, phased %s", last.State, last.Stats.Phase, last.Restarts, last.Phased.Answer)
				}
			})
		}
	}
}

// TestRecordedFullRestarts are told from phased ones, once each, also where Puma has no started_at.
func TestRecordedFullRestarts(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"hot-restart", "preload-phased"} {
		for _, version := range recorded(t, scenario) {
			t.Run(scenario+" "+version, func(t *testing.T) {
				t.Parallel()
				var last Snapshot
				replay(t, version, scenario, func(_ time.Duration, s Snapshot) { last = s })
				if last.State != Serving || last.Restarts != 1 || last.Phased.Answer == puma.Yes {
					t.Errorf("in the end %s, %d restarts, phased %s", last.State, last.Restarts, last.Phased.Answer)
				}
			})
		}
	}
}

// TestRecordedCrashLoops are called so from 3.12 on, but for 4.x, whose loop needs the kernel's word.
func TestRecordedCrashLoops(t *testing.T) {
	t.Parallel()
	for _, version := range recorded(t, "phased-broken") {
		loops, serving := false, 0
		replay(t, version, "phased-broken", func(_ time.Duration, s Snapshot) {
			if s.State == CrashLoop {
				loops, serving = true, s.Stats.Booted()
			}
		})
		switch {
		case !loops && !strings.HasPrefix(version, "4."):
			t.Errorf("%s: no crash loop was seen", version)
		case loops && serving == 0:
			t.Errorf("%s: the others are not seen to serve", version)
		}
	}
}

// TestFactsBelongToTheirImage: what a probe read of the image before is not held against the next.
func TestFactsBelongToTheirImage(t *testing.T) {
	t.Parallel()
	image := func(started float64, pid int) puma.Stats {
		s := cluster(serving(0, pid))
		s.StartedAt = after(started)
		return s
	}
	k := found()
	k.answer(image(-3600, 1), after(0), 0)
	if s := k.snapshot(after(0), DefaultInterval); s.Phased.Answer != puma.Yes || k.unread() != true {
		t.Errorf("at first: phased %s, unread %v (its worker has not been looked at)", s.Phased.Answer, k.unread())
	}
	k.answer(image(1, 5), after(2), 0)
	if s := k.snapshot(after(2), DefaultInterval); s.Phased.Answer != puma.Unknown || s.Image.Stamp != "" || s.Restarts != 1 || !k.unread() {
		t.Errorf("another image: phased %s, image %+v, %d restarts", s.Phased.Answer, s.Image, s.Restarts)
	}
	k.probe(facts(2), after(1.5), after(2.5), 0) // began before the image was seen
	if s := k.snapshot(after(3), DefaultInterval); s.Phased.Answer != puma.Unknown || s.Image.Stamp != "" {
		t.Errorf("a probe from before: phased %s, image %+v", s.Phased.Answer, s.Image)
	}
	k.probe(facts(2), after(3.5), after(4), 0)
	if s := k.snapshot(after(4), DefaultInterval); s.Phased.Answer != puma.Yes || s.Image.Stamp != "2" || !s.Probed.Equal(after(3.5)) {
		t.Errorf("a probe from after: phased %s, image %+v, probed %s", s.Phased.Answer, s.Image, s.Probed)
	}
}

// TestSingleModeIsNotGivenAnotherImagesProcess: pid, release and memory are of the process that answers, or missing.
func TestSingleModeIsNotGivenAnotherImagesProcess(t *testing.T) {
	t.Parallel()
	image := func(started float64) puma.Stats {
		return puma.Stats{Mode: puma.Single, StartedAt: after(started), Workers: []puma.Worker{serving(0, 0)}}
	}
	k := found()
	k.answer(image(-3600), after(0), 0)
	k.sample(probe.Sample{Processes: map[int]probe.Usage{9: {RSS: puma.Of(100)}}}, map[int]bool{9: true}, after(0))
	s := k.snapshot(after(0), DefaultInterval)
	if w := s.Workers[0]; w.PID != 9 || w.Release != "/r/1" || w.Memory != puma.Of(100) || w.Age != 0 || w.Uptime != time.Hour {
		t.Errorf("%+v", w)
	}
	if s.Phased.Answer != puma.No || s.State != Serving {
		t.Errorf("%s, phased %s", s.State, s.Phased.Answer)
	}
	k.answer(image(1), after(2), 0)
	s = k.snapshot(after(2), DefaultInterval)
	if w := s.Workers[0]; w.PID != 0 || w.Release != "" || w.Memory.Known || len(s.Releases()) != 0 {
		t.Errorf("another image, not probed yet: %+v, releases %v", w, s.Releases())
	}
}

// TestRatesEndWithTheImage: a counter that began anew may have overtaken the old one.
func TestRatesEndWithTheImage(t *testing.T) {
	t.Parallel()
	single := func(started float64, requests int64) puma.Stats {
		w := serving(0, 0)
		w.Pool.RequestsCount = puma.Of(requests)
		return puma.Stats{Mode: puma.Single, StartedAt: after(started), Workers: []puma.Worker{w}}
	}
	k := found()
	k.answer(single(-3600, 100), after(0), 0)
	k.answer(single(1, 900), after(60), 0)
	if r := k.snapshot(after(60), DefaultInterval).Load.Requests; r.Known {
		t.Errorf("%.0f requests a second over two images", r.PerSecond)
	}
}

// TestAnImageThatBeganAfterTheProbe is not the one that the probe read, though it is the first to answer.
func TestAnImageThatBeganAfterTheProbe(t *testing.T) {
	t.Parallel()
	for began, want := range map[float64]bool{-60: true, 1: false} {
		k := found()
		s := cluster(serving(0, 1))
		s.StartedAt = after(began)
		k.answer(s, after(2), 0)
		if k.named() != want {
			t.Errorf("began %+.0f s: named %v", began, k.named())
		}
	}
}

// TestAgesAreByTheHostsClock, which may be off by hours.
func TestAgesAreByTheHostsClock(t *testing.T) {
	t.Parallel()
	const off = -3 * time.Hour
	k := newTrack("web1", "puma")
	k.up(true, nil, time.Time{})
	k.probe(facts(1), after(-1), after(-1), off)
	s := cluster(serving(0, 1), booted(1, 2))
	s.Workers[0].LastCheckin, s.Workers[0].StartedAt = puma.MomentOf(after(-4).Add(off)), puma.MomentOf(after(-600).Add(off))
	s.StartedAt = after(-600).Add(off)
	k.answer(s, after(0), 0)
	got := k.snapshot(after(1), DefaultInterval)
	if w := got.Workers[0]; w.Age != 5*time.Second || w.Uptime != 601*time.Second {
		t.Errorf("age %s, uptime %s", w.Age, w.Uptime)
	}
	if w := got.Workers[1]; w.Age != -1 || w.Uptime != -1 {
		t.Errorf("unknown: age %s, uptime %s", w.Age, w.Uptime)
	}
	if !k.named() {
		t.Error("the offset makes the image younger than the probe")
	}
}

// TestDeadPids: Puma lists them, the kernel does not know them; unless it shows us nothing at all.
func TestDeadPids(t *testing.T) {
	t.Parallel()
	living := func(pids ...int) probe.Sample {
		s := probe.Sample{Processes: map[int]probe.Usage{}, Queues: map[string]int64{"unix:///s": 3, "unix:///other": 9}}
		for _, pid := range pids {
			s.Processes[pid] = probe.Usage{RSS: puma.Of(10)}
		}
		return s
	}
	asked := map[int]bool{9: true, 1: true, 2: true}
	k := found()
	k.answer(cluster(serving(0, 1), unbooted(1, 2)), after(0), 0)
	k.sample(living(9, 1), asked, after(1))
	s := k.snapshot(after(1), DefaultInterval)
	if len(s.Dead) != 1 || s.Dead[0] != 2 || s.Boots.Failed != 1 || s.Load.ListenQueue != puma.Of(3) {
		t.Errorf("dead %v, boots %+v, queue %v", s.Dead, s.Boots, s.Load.ListenQueue)
	}
	if s.Load.Memory.Known {
		t.Errorf("memory %v of a part of the processes", s.Load.Memory)
	}
	k.answer(cluster(serving(0, 1), unbooted(1, 3)), after(2), 0)
	if s := k.snapshot(after(2), DefaultInterval); len(s.Dead) != 0 {
		t.Errorf("dead %v is no longer listed", s.Dead)
	}
	k.sample(living(9, 1), asked, after(3)) // 3 was not asked for
	if s := k.snapshot(after(3), DefaultInterval); len(s.Dead) != 0 {
		t.Errorf("dead %v was not asked for", s.Dead)
	}
	k.sample(living(), asked, after(4))
	if s := k.snapshot(after(4), DefaultInterval); len(s.Dead) != 0 {
		t.Errorf("dead %v on a host that shows nothing", s.Dead)
	}
	k.answer(cluster(serving(0, 1)), after(40), 0)
	if s := k.snapshot(after(40), DefaultInterval); s.Load.ListenQueue.Known {
		t.Errorf("the listen queue of %s ago is shown as new", 36*time.Second)
	}
}

// TestWantedWorkers: a smaller list is a smaller cluster only after a while.
func TestWantedWorkers(t *testing.T) {
	t.Parallel()
	k := found()
	three, two := cluster(serving(0, 1), serving(1, 2), serving(2, 3)), cluster(serving(0, 1), serving(1, 2))
	for _, step := range []struct {
		at    float64
		s     puma.Stats
		want  int
		state State
	}{
		{0, three, 3, Serving},
		{2, two, 3, Restarting},
		{8, two, 3, Restarting},
		{10, cluster(serving(0, 1), unbooted(1, 5)), 3, Restarting},
		{12, two, 3, Restarting},
		{26, two, 3, Restarting},
		{27, two, 2, Serving},
		{29, three, 3, Serving},
	} {
		k.answer(step.s, after(step.at), 0)
		if s := k.snapshot(after(step.at), DefaultInterval); s.Wanted != step.want || s.State != step.state {
			t.Errorf("at %.0f s: wants %d and is %s, want %d and %s", step.at, s.Wanted, s.State, step.want, step.state)
		}
	}
}

// TestMastersThatLeave: the first that systemd replaces had served.
func TestMastersThatLeave(t *testing.T) {
	t.Parallel()
	restarts := func(n int) probe.Puma {
		return probe.Puma{Unit: probe.Unit{Name: "puma.service", Active: "activating", Sub: "auto-restart", Restarts: puma.Of(n)}}
	}
	k := found()
	k.answer(cluster(serving(0, 1)), after(0), 0)
	for i, want := range []int{0, 0, 1, 3} {
		k.probe(restarts([]int{0, 1, 2, 4}[i]), after(float64(5*i+5)), after(float64(5*i+5)), 0)
		if got := k.boots.Boots().Failed; got != want {
			t.Errorf("look %d: %d failed boots, want %d", i, got, want)
		}
	}
	if s := k.snapshot(after(21), DefaultInterval); s.State != CrashLoop {
		t.Errorf("%s: %s", s.State, s.Reason)
	}
}

// TestOldFiguresAreKeptWithTheirAge: a failed poll is a snapshot too.
func TestOldFiguresAreKeptWithTheirAge(t *testing.T) {
	t.Parallel()
	k := found()
	k.answer(cluster(serving(0, 1)), after(0), 0)
	first := k.snapshot(after(0), DefaultInterval)
	k.fail(errors.New("no answer"), after(2))
	s := k.snapshot(after(8), DefaultInterval)
	if s.State != Stale || s.Fresh() || s.Age(after(8)) != 8*time.Second || len(s.Workers) != 1 || s.Err == nil {
		t.Errorf("%+v", s)
	}
	if !first.Fresh() || first.State != Serving {
		t.Error("the snapshot from before has changed")
	}
	k.up(false, errors.New("gone"), after(20))
	s = k.snapshot(after(9), DefaultInterval)
	if s.State != Unreachable || s.Linked || !s.Retry.Equal(after(20)) || !s.Since.Equal(after(9)) || len(s.Workers) != 1 {
		t.Errorf("%+v", s)
	}
	if (&Snapshot{}).Age(noon) >= 0 {
		t.Error("figures that never came have an age")
	}
}

// TestTokenReadAnew: a new image has another token, and what the old one was refused says nothing of it.
func TestTokenReadAnew(t *testing.T) {
	t.Parallel()
	k := found()
	p := *k.facts
	holds := func(at time.Duration, want State) {
		t.Helper()
		k.probe(p, noon.Add(at), noon.Add(at), 0)
		if s := k.snapshot(noon.Add(at), DefaultInterval); s.State != want {
			t.Errorf("%s: %s, want %s: %s", at, s.State, want, s.Reason)
		}
	}
	k.fail(puma.ErrForbidden, noon.Add(time.Second))
	holds(2*time.Second, Restarting) // its state file may be about to be written
	holds(6*time.Second, NoControl)
	p.Token = puma.NewToken("new")
	holds(7*time.Second, Restarting)
	k.fail(puma.ErrForbidden, noon.Add(8*time.Second))
	holds(12*time.Second, NoControl)
}
