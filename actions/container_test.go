package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

// inContainer puts a target into a container of Kamal's.
func inContainer(s *collector.Snapshot) {
	f := s.OwnFacts()
	f.Unit, f.Release, f.Current = probe.Unit{}, "1111", ""
	s.OwnFacts().Container = probe.Container{ID: "0123", Engine: "docker", Name: "shop-web-1111", Service: "shop", Role: "web", Policy: "unless-stopped"}
	for i := range s.Workers {
		s.Workers[i].Release = "1111"
	}
}

const recycling = "this recycles the workers of container shop-web-1111, whose image stays 1111: it deploys nothing; a deploy is another container (kamal deploy, kamal app boot)"

// What is asked of a Puma in an image is offered as what it is.
func TestPlanInContainer(t *testing.T) {
	t.Parallel()
	silent := func(s *collector.Snapshot) { s.State, s.Reason = collector.NoControl, "inside" }
	gone := func(s *collector.Snapshot) {
		s.State, s.Reason, s.Remedy, s.OwnFacts().PID = collector.NotRunning, "container shop-web-1111 has stopped, or is gone", "kamal app start", 0
	}
	for _, tc := range []struct {
		name          string
		in            Intent
		change        func(*collector.Snapshot)
		says, request string
		warnings      []string
		refused       string
	}{
		{name: "a reload", in: Intent{Kind: Reload}, says: "phased: one worker at a time, 1 of 2 serve meanwhile", request: "GET /phased-restart", warnings: []string{recycling}},
		{name: "a full restart", in: Intent{Kind: Restart}, request: "GET /restart", warnings: []string{recycling},
			says: "full restart: the container's process executes itself anew, every worker at once, requests wait at the listening socket meanwhile"},
		{name: "one that is drained", in: Intent{Kind: Reload}, change: func(s *collector.Snapshot) { s.OwnFacts().Container.Older = true }, request: "GET /phased-restart",
			says: "phased: one worker at a time, 1 of 2 serve meanwhile", warnings: []string{recycling + "; a newer container of the same role runs beside it"}},
		{name: "out of a crash loop", in: Intent{Kind: Reload}, change: func(s *collector.Snapshot) { s.State, s.Reason = collector.CrashLoop, "no boot" },
			says: "phased: one worker at a time, 1 of 2 serve meanwhile", request: "GET /phased-restart",
			warnings: []string{"crash loop: no boot", "the image stays what it is, and so does what failed: roll back or deploy first", recycling}},
		{name: "by a signal, inside", in: Intent{Kind: Reload}, change: silent, request: "docker exec shop-web-1111 kill -USR1 9",
			says: "phased: one worker at a time, 1 of 2 serve meanwhile", warnings: []string{"no figures: what happens is read from its processes and its log, nothing is said of requests", recycling}},
		{name: "another worker", in: Intent{Kind: AddWorker}, says: "one worker more: 2→3, until the next full restart", request: "docker exec shop-web-1111 kill -TTIN 9"},
		{name: "a stop", in: Intent{Kind: Stop, Policy: Policy{AllowStop: true}}, request: "GET /stop",
			says:     "stop: requests in flight are answered, then nothing serves until somebody starts it",
			warnings: []string{"docker starts the container again by itself: its restart policy is unless-stopped"}},
		{name: "by systemd", in: Intent{Kind: Reload, Via: ViaSystemd}, refused: "it runs in container shop-web-1111, which systemd does not know"},
		{name: "a start", in: Intent{Kind: Start}, change: gone, refused: "not running: container shop-web-1111 has stopped, or is gone"},
		{name: "a reload of none", in: Intent{Kind: Reload, OrRestart: true}, change: gone, refused: "not running: container shop-web-1111 has stopped, or is gone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := NewPlan(tc.in, []collector.Snapshot{whole(func(s *collector.Snapshot) {
				inContainer(s)
				if tc.change != nil {
					tc.change(s)
				}
			})}, recordedAt)
			if tc.refused != "" {
				if len(p.Refused) != 1 || p.Refused[0].Reason != tc.refused {
					t.Errorf("refused %+v", p.Refused)
				}
				return
			}
			if len(p.Steps) != 1 {
				t.Fatalf("refused %+v", p.Refused)
			}
			if step := p.Steps[0]; step.Says != tc.says || step.Request != tc.request || !slices.Equal(step.Warnings, tc.warnings) {
				t.Errorf("it says %q, sends %q and warns of %q", step.Says, step.Request, step.Warnings)
			}
		})
	}
}

// A signal is sent where the pids are those of the plan.
func TestSignalInContainer(t *testing.T) {
	t.Parallel()
	step := Step{Kind: Reload, Via: ViaSignal, Before: whole(inContainer)}
	script := scriptOf(step)
	if want := step.Before.Facts().Container.In(signalScript(step)); script != want || !strings.Contains(script, "docker exec -i '0123' sh -s") {
		t.Errorf("the script is\n%s", script)
	}
}

// A container that has taken the place of the one before has workers of the same pids. They are not those from before,
// and what was asked was not done to them.
func TestContainerReplaced(t *testing.T) {
	t.Parallel()
	other := func(p *probe.Puma) {
		p.Container.ID, p.Container.Name, p.Release = "4567", "shop-web-2222", "2222"
	}
	for _, tc := range []struct {
		name   string
		kind   Kind
		others bool
		want   Word
		says   []string
	}{
		{"a reload of ours", Reload, false, RestartedInstead, []string{"another container: shop-web-2222, before shop-web-1111",
			"another container has taken its place, shop-web-2222: what was asked went with the one before"}},
		{"a restart of ours", Restart, false, RestartedInstead, []string{"another container has taken its place"}},
		{"a deploy of others", Restart, true, Verified, []string{"2 of 2 workers replaced", "runs 2222", "workers run 2222: the image of container shop-web-2222, which no restart changes"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := try(t, tc.kind, func(s *Step) {
				inContainer(&s.Before)
				s.Observed = tc.others
			})
			c.at(1, func(s *collector.Snapshot) { s.Probed = s.At; other(s.OwnFacts()) })
			for i := range 80 {
				at := 1.5 + float64(i)/4
				c.answers(at, image(clusterOf(0, 1, 2))).probed(at+0.1, "2222", nil)
			}
			c.verdict(tc.want, tc.says...)
		})
	}
}

// A container that its engine, or a person, has started again has workers of the same pids, too. That was not Puma.
func TestContainerStartedAgain(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		kind   Kind
		others bool
		count  int64
		want   Word
		says   []string
	}{
		{"by the engine, a reload of ours", Reload, false, 3, RestartedInstead,
			[]string{"the master ended and was started anew where a phased restart was asked", "docker inspect says whether memory ran out", "container shop-web-1111 was started again"}},
		{"by a person, a reload of ours", Reload, false, 0, RestartedInstead, []string{"the master ended and was started anew where a phased restart was asked"}},
		{"by the engine, unasked", Restart, true, 3, RestartedInstead, []string{"the master ended and docker started its container again"}},
		{"by a person, unasked", Restart, true, 0, Verified, []string{"2 of 2 workers replaced"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := try(t, tc.kind, func(s *Step) {
				inContainer(&s.Before)
				f := s.Before.OwnFacts()
				f.Container.Started, f.Container.Restarts = started, puma.Of(2)
				s.Observed = tc.others
			})
			again := func(p *probe.Puma) {
				p.Container.Started, p.Container.Restarts = started.Add(time.Hour), puma.Of(tc.count)
			}
			for i := range 80 {
				at := 1 + float64(i)/4
				c.answers(at, image(clusterOf(0, 3, 4))).probed(at+0.1, "1111", again)
			}
			c.verdict(tc.want, tc.says...)
		})
	}
}

// Another container can have the address of the one before: a restart is not verified before a look has told.
func TestContainerIsLookedAtBeforeAVerdict(t *testing.T) {
	t.Parallel()
	c := try(t, Restart, func(s *Step) { inContainer(&s.Before) })
	for i := range 100 {
		c.answers(1+float64(i)/4, image(clusterOf(0, 3, 4)))
	}
	if c.ended {
		t.Fatalf("judged without a look: %s %s", c.v.Word, c.v.Summary)
	}
	c.probed(27, "2222", func(p *probe.Puma) { p.Container.ID, p.Container.Name = "4567", "shop-web-2222" })
	for i := range 8 {
		at := 27.5 + float64(i)/4
		c.answers(at, image(clusterOf(0, 3, 4))).probed(at+0.1, "2222", nil)
	}
	c.verdict(RestartedInstead, "another container has taken its place")
}

// A verdict on a container says that nothing else was to be expected of it.
func TestVerdictInContainer(t *testing.T) {
	t.Parallel()
	c := try(t, Reload, func(s *Step) { inContainer(&s.Before) }).
		answers(1, booting(mixed(3, 2), 3)).answers(4, clusterOf(1, 3, 4)).answers(4.2, clusterOf(1, 3, 4)).probed(5, "1111", nil)
	c.verdict(Verified, "2 of 2 workers replaced in 4.0s, runs 1111", "workers run 1111: the image of container shop-web-1111, which no restart changes")
	if c.v.Release.Current != "" {
		t.Errorf("current is %q", c.v.Release.Current)
	}
}

// TestOtherContainerIsOne: the first answer of a container that took the place is of one image, not of a further one.
func TestOtherContainerIsOne(t *testing.T) {
	t.Parallel()
	c := try(t, Reload, func(s *Step) { s.Before.OwnFacts().Container.ID = "aaaaaaaaaaaa" })
	c.at(1, func(s *collector.Snapshot) { s.OwnFacts().Container.ID = "bbbbbbbbbbbb" })
	c.answers(2, image(clusterOf(0, 11, 12))).answers(2.25, image(clusterOf(0, 11, 12))).probed(2.5, "/r/2", nil).verdict(RestartedInstead)
	if slices.ContainsFunc(c.v.Evidence, func(e string) bool { return strings.Contains(e, "another image after that") }) {
		t.Errorf("%q", c.v.Evidence)
	}
}
