package actions_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/actions"
	"pumatop/collector"
	"pumatop/collector/probe"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote"
)

// TestVerifiedIsTrue lets other people and accidents interfere with reloads at random, and looks at the host by itself
// whenever the verdict is verified: every worker has to be alive and booted, and run what current points to.
func TestVerifiedIsTrue(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	words := map[actions.Word]int{}
	t.Cleanup(func() {
		for _, w := range []actions.Word{actions.Verified, actions.RestartedInstead, actions.OldCode} {
			if words[w] == 0 {
				t.Errorf("no reload ended with %s: the test has nothing to find there: %v", w, words)
			}
		}
	})
	for seed := range uint64(80) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				word := interfered(t, seed)
				mu.Lock()
				words[word]++
				mu.Unlock()
			})
		})
	}
}

// interfered reloads a Puma to which things happen meanwhile.
func interfered(t *testing.T, seed uint64) actions.Word {
	dice := rand.New(rand.NewPCG(seed, 7))
	versions := []string{"3.12.6", "4.3.12", "5.0.4", "5.6.9", "6.6.1", "7.2.1", "8.0.2"}
	c := pumatest.Config{
		App: "shop", Version: versions[dice.IntN(len(versions))], Workers: 1 + dice.IntN(4), Uptime: time.Hour,
		Releases: []pumatest.Release{{Name: "1", Boot: time.Duration(dice.IntN(3000)) * time.Millisecond}},
		Load:     pumatest.Load{Rate: 20}, ShutdownTimeout: 8 * time.Second,
	}
	if dice.IntN(4) == 0 {
		c.Load.Long = 20 * time.Second
	}
	fleet := pumatest.FleetOf(pumatest.NewHost("web1", seed, c))
	o := watchOver(t, fleet, 2*time.Minute, "web1")
	in, renews := something(dice)
	p := actions.NewPlan(in, []collector.Snapshot{o.target(t, "web1/shop", collector.Serving)}, time.Now())
	if len(p.Steps) == 0 { // one worker cannot be one less
		return actions.Refused
	}
	run := o.runner.Start(p)
	over := make(chan struct{})
	happened := make(chan accident, 1)
	go func() { happened <- interfere(fleet.Host("web1"), dice, over) }()
	v := *finish(t, run).Steps[0].Verdict
	ended := time.Now()
	close(over)
	last := <-happened
	// What happens after the last look cannot be in the verdict.
	anotherLess := in.Kind == actions.RemoveWorker && slices.Contains(last.all, "TTOU") // Puma 3 gets to it seconds later
	if v.Word == actions.Verified && ended.Sub(last.at) > 2*time.Second && !anotherLess {
		if wrong := lookAt(t, o, !renews || strings.Contains(v.Summary, "release not seen")); wrong != "" {
			t.Errorf("Puma %s, %d workers, %s by %q, %q: verified, but %s\n%s\n%s", c.Version, c.Workers, in.Kind, in.Via, last.all, wrong, v.Summary, strings.Join(v.Evidence, "\n"))
		}
	}
	if v.Word == actions.RestartedInstead && !last.restarts && in.Kind != actions.Restart {
		t.Errorf("Puma %s, %q: restarted instead, and nothing restarted it: %s\n%s", c.Version, last.all, v.Summary, strings.Join(v.Evidence, "\n"))
	}
	return v.Word
}

// something to do, and whether it brings in new code.
func something(dice *rand.Rand) (in actions.Intent, renews bool) {
	in.Kind = actions.Reload
	if c := dice.IntN(12); c < 6 {
		in.Kind = []actions.Kind{actions.Restart, actions.Restart, actions.Restart, actions.AddWorker, actions.RemoveWorker, actions.Recycle}[c]
	}
	if renews = in.Kind == actions.Reload || in.Kind == actions.Restart; renews {
		in.Via = []actions.Via{actions.AnyWay, actions.ViaSystemd, actions.ViaSignal}[dice.IntN(3)]
	}
	return in, renews
}

// accident is what happened to a Puma while it was reloaded.
type accident struct {
	at       time.Time // of the last
	all      []string
	restarts bool // one of them ended the image
}

// interfere does up to three things to a Puma at random moments.
func interfere(h *pumatest.Host, dice *rand.Rand, over <-chan struct{}) (a accident) {
	p := h.Puma(0)
	things := []struct {
		name string
		do   func()
	}{
		{"kill worker 0", func() { p.Kill(0) }},
		{"kill worker 1", func() { p.Kill(1) }},
		{"USR1", func() { p.Signal("USR1") }},
		{"TTIN", func() { p.Signal("TTIN") }},
		{"TTOU", func() { p.Signal("TTOU") }},
		{"deploy", func() { p.DeployNew(pumatest.Good) }},
		{"deploy broken", func() { p.DeployNew(pumatest.Broken) }},
		{"USR2", func() { p.Signal("USR2") }},
		{"kill master", func() { p.Signal("KILL") }},
		{"off the network", h.DropNetwork},
		{"back", h.Restore},
		{"freeze", p.Freeze},
		{"thaw", p.Thaw},
	}
	for range dice.IntN(4) {
		select {
		case <-over:
			return a
		case <-time.After(time.Duration(dice.IntN(9000)) * time.Millisecond):
		}
		thing := things[dice.IntN(len(things))]
		thing.do()
		a.at, a.all = time.Now(), append(a.all, thing.name)
		a.restarts = a.restarts || thing.name == "USR2" || thing.name == "kill master"
	}
	<-over
	return a
}

// lookAt reads the host over a connection of its own and says what is not as a verified reload leaves it.
func lookAt(t *testing.T, o *ops, blind bool) (wrong string) {
	t.Helper()
	o.fleet.Host("web1").Restore()
	pool := remote.NewPool(o.fleet.Options())
	defer pool.Close()
	host, err := pool.Host("web1")
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := host.Run(t.Context(), probe.Script(probe.Want{}))
	if err != nil {
		t.Fatal(err)
	}
	found, err := probe.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Pumas) != 1 {
		return fmt.Sprintf("%d Pumas run", len(found.Pumas))
	}
	facts := found.Pumas[0]
	dial := func(ctx context.Context) (net.Conn, error) { return host.DialUnix(ctx, facts.Control.Name) }
	stats, err := puma.NewClient(dial, facts.Token).Stats(t.Context())
	if err != nil {
		return err.Error()
	}
	runs := map[int]string{}
	for _, w := range facts.Workers {
		runs[w.PID] = w.Release
	}
	for _, w := range stats.Workers {
		release, alive := runs[w.PID]
		switch {
		case !w.Booted:
			return fmt.Sprintf("worker %d has not booted", w.Index)
		case !alive:
			return fmt.Sprintf("worker %d, pid %d, is dead", w.Index, w.PID)
		case !blind && release != facts.Current:
			return fmt.Sprintf("worker %d runs %s, current is %s", w.Index, release, facts.Current)
		}
	}
	return ""
}

var _ actions.Fleet = (*collector.Collector)(nil)
