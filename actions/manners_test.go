package actions

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pumatop/collector"
)

// manner is one with its place.
func manner(at string, via Via, p Pace) Manner {
	m := Manner{Via: via, Pace: p}
	m.From.Via, m.From.Batch, m.From.Canary, m.From.MaxUnavailable, m.From.Pause = at, at, at, at, at
	return m
}

func TestManners(t *testing.T) {
	t.Parallel()
	size := func(n int) Size { return Size{N: n} }
	share := func(n int) Size { return Size{Percent: n} }
	web := manner("f:3", ViaSystemd, Pace{Batch: size(4), Canary: 2, MaxUnavailable: share(50), Pause: 10 * time.Second})
	api := manner("f:9", AnyWay, Pace{Batch: share(25), Canary: 1, MaxUnavailable: size(3), Pause: time.Minute})
	slow := manner("f:20", ViaSignal, Pace{})
	slow.From.Batch = ""
	none := manner("f:1", AnyWay, Pace{Batch: size(2), NoCanary: true})
	for _, tc := range []struct {
		name    string
		asked   Intent
		manners Manners
		pace    Pace
		taken   string
		ways    string
	}{
		{name: "nothing said", asked: Intent{Pace: Pace{Batch: size(2)}}, pace: Pace{Batch: size(2)}, ways: "control control control control"},
		{name: "one group", manners: Manners{"web1": web, "web2": web, "web3": web, "web4": web},
			pace:  Pace{Batch: size(4), Canary: 2, MaxUnavailable: share(50), Pause: 10 * time.Second},
			taken: "batch 4 (f:3); canary 2 (f:3); max unavailable 50% (f:3); pause 10s (f:3); way systemd (f:3)", ways: "systemd systemd systemd systemd"},
		{name: "the tightest of two", manners: Manners{"web1": web, "web2": web, "web3": api, "web4": api},
			pace:  Pace{Batch: share(25), Canary: 1, MaxUnavailable: share(50), Pause: time.Minute},
			taken: "batch 25% (f:9); canary 1 (f:9); max unavailable 50% (f:3); pause 1m0s (f:9); way systemd for web1, web2 (f:3)", ways: "systemd systemd control control"},
		{name: "one of which nothing is said", manners: Manners{"web1": web, "web2": slow, "web3": web},
			pace:  Pace{Canary: 2, MaxUnavailable: share(50), Pause: 10 * time.Second},
			taken: "canary 2 (f:3); max unavailable 50% (f:3); pause 10s (f:3); way systemd for web1, web3 (f:3); way signal for web2 (f:20)",
			ways:  "systemd signal systemd control"},
		{name: "those who take no part", manners: Manners{"web9": api}, ways: "control control control control"},
		{name: "what was asked for", asked: Intent{Via: ViaControl, Pace: Pace{Batch: size(1), NoCanary: true, Pause: time.Second}},
			manners: Manners{"web1": web, "web2": web, "web3": web, "web4": web},
			pace:    Pace{Batch: size(1), NoCanary: true, MaxUnavailable: share(50), Pause: time.Second}, taken: "max unavailable 50% (f:3)", ways: "control control control control"},
		{name: "no canary", manners: Manners{"web1": none, "web2": none, "web3": none, "web4": none}, pace: Pace{Batch: size(2)}, taken: "batch 2 (f:1)",
			ways: "control control control control"},
		{name: "a batch has a canary", manners: Manners{"web1": manner("f:1", AnyWay, Pace{Batch: size(2)}), "web2": manner("f:1", AnyWay, Pace{Batch: size(2)}),
			"web3": manner("f:1", AnyWay, Pace{Batch: size(2)}), "web4": manner("f:1", AnyWay, Pace{Batch: size(2)})},
			pace: Pace{Batch: size(2), Canary: 1}, taken: "batch 2 (f:1)", ways: "control control control control"},
	} {
		var targets []collector.Snapshot
		for i := 1; i <= 4; i++ {
			targets = append(targets, whole(func(s *collector.Snapshot) {
				s.Host = fmt.Sprintf("web%d", i)
				s.ID = collector.TargetID(s.Host + "/puma")
			}))
		}
		in := tc.asked
		in.Kind, in.Manners = Reload, tc.manners
		p := NewPlan(in, targets, recordedAt)
		var ways, taken []string
		for _, s := range p.Steps {
			ways = append(ways, string(s.Via))
		}
		for _, k := range p.Intent.Taken {
			taken = append(taken, k.String())
		}
		if p.Intent.Pace != tc.pace || strings.Join(taken, "; ") != tc.taken || strings.Join(ways, " ") != tc.ways {
			t.Errorf("%s: %+v, taken %q, ways %q; %v", tc.name, p.Intent.Pace, taken, ways, p.Refused)
		}
		if again := NewPlan(p.Intent, targets, recordedAt); fmt.Sprint(again.Intent.Pace, again.Intent.Taken) != fmt.Sprint(p.Intent.Pace, p.Intent.Taken) {
			t.Errorf("%s: planned again it is %+v, %v", tc.name, again.Intent.Pace, again.Intent.Taken)
		}
	}
}

// What the operator changes on the sheet is no longer the configuration's.
func TestMannersAreLeft(t *testing.T) {
	t.Parallel()
	in := Intent{Kind: Reload, Manners: Manners{"web1": manner("f:3", ViaSystemd, Pace{Batch: Size{N: 4}, Pause: time.Minute})}}
	targets := []collector.Snapshot{whole(func(*collector.Snapshot) {})}
	p := NewPlan(in, targets, recordedAt)
	in = p.Intent
	in.Pace.Batch, in.Via = Size{N: 2}, ViaControl
	if got := fmt.Sprint(NewPlan(in, targets, recordedAt).Intent.Taken); got != "[pause 1m0s (f:3)]" {
		t.Error(got)
	}
}

// A host that joins the plan while its sheet is open has its manner in it, and what the operator has changed stands.
func TestMannersOfOneThatJoins(t *testing.T) {
	t.Parallel()
	in := Intent{Kind: Reload, Manners: Manners{"web1": manner("f:3", AnyWay, Pace{Batch: Size{N: 4}, Pause: time.Second}),
		"web2": manner("f:9", AnyWay, Pace{Batch: Size{N: 1}, Pause: time.Minute})}}
	on := func(host string) collector.Snapshot {
		return whole(func(s *collector.Snapshot) { s.Host, s.ID = host, collector.TargetID(host+"/puma") })
	}
	p := NewPlan(in, []collector.Snapshot{on("web1")}, recordedAt)
	both := NewPlan(p.Intent, []collector.Snapshot{on("web1"), on("web2")}, recordedAt).Intent
	if both.Pace.Batch != (Size{N: 1}) || both.Pace.Pause != time.Minute {
		t.Errorf("both: %+v", both.Pace)
	}
	if again := NewPlan(both, []collector.Snapshot{on("web1")}, recordedAt).Intent; again.Pace != both.Pace {
		t.Errorf("without the second: %+v", again.Pace)
	}
	p.Intent.Pace.Batch = Size{N: 2}
	if changed := NewPlan(p.Intent, []collector.Snapshot{on("web1"), on("web2")}, recordedAt).Intent.Pace; changed.Batch != (Size{N: 2}) || changed.Canary != 1 || changed.Pause != time.Minute {
		t.Errorf("changed: %+v", changed)
	}
}

// A plan has no way from the configuration that its step does not take: only systemd starts what does not run.
func TestMannersOfAWayNotTaken(t *testing.T) {
	t.Parallel()
	down := whole(func(s *collector.Snapshot) {
		f := s.OwnFacts()
		s.State, f.PID, f.Unit.Active = collector.NotRunning, 0, "inactive"
		s.Probed = recordedAt
	})
	in := Intent{Kind: Start, Manners: Manners{down.Host: manner("f:3", ViaSignal, Pace{})}}
	p := NewPlan(in, []collector.Snapshot{down}, recordedAt)
	if len(p.Steps) != 1 || p.Steps[0].Via == ViaSignal {
		t.Fatalf("%+v", p)
	}
	for _, k := range p.Intent.Taken {
		if k.What == takenWay {
			t.Errorf("it goes by %s, and has the %s", p.Steps[0].Via, k)
		}
	}
}
