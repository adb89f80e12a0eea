package actions_test

import (
	"fmt"
	"math/rand/v2"
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

// TestOthersAreJudgedTruly lets other people and accidents at a Puma at random, with and without a control app, while a
// witness or a wait looks on. What they call verified has to be a restart that somebody made, and whole.
func TestOthersAreJudgedTruly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := crowdOf(seed)
				c.watch(t)
			})
		})
	}
}

// crowd is a Puma and what happens to it.
type crowd struct {
	dice   *rand.Rand
	config pumatest.Config
	waits  bool // a wait looks on, else a witness
	o      *ops

	mu       sync.Mutex
	acted    []time.Time
	names    []string
	restarts int
}

func crowdOf(seed uint64) *crowd {
	dice := rand.New(rand.NewPCG(seed, 99))
	versions := []string{"3.12.6", "4.3.12", "5.0.4", "5.6.9", "6.6.1", "7.2.1", "8.0.2"}
	c := &crowd{dice: dice, waits: seed%2 == 0, config: pumatest.Config{
		App: "shop", Version: versions[dice.IntN(len(versions))], Workers: 1 + dice.IntN(4), Uptime: time.Hour,
		Releases: []pumatest.Release{{Name: "1", Boot: time.Duration(dice.IntN(3000)) * time.Millisecond}},
		Load:     pumatest.Load{Rate: 20}, ShutdownTimeout: 8 * time.Second, NoControl: seed%3 == 0,
	}}
	c.config.ForkWorker = dice.IntN(4) == 0 && c.config.Version >= "5"
	return c
}

// act does one thing, and notes it before and after.
func (c *crowd) act() {
	h := c.o.fleet.Host("web1")
	p := h.Puma(0)
	things := []struct {
		name     string
		restarts bool
		do       func()
	}{
		{"kill worker 0", false, func() { p.Kill(0) }},
		{"kill worker 1", false, func() { p.Kill(1) }},
		{"USR1", true, func() { p.Signal("USR1") }},
		{"reload", true, func() { _ = p.Systemctl("reload") }},
		{"deploy, reload", true, func() {
			p.DeployNew(pumatest.Good)
			time.Sleep(time.Second)
			_ = p.Systemctl("reload")
		}},
		{"TTIN", false, func() { p.Signal("TTIN") }},
		{"TTOU", false, func() { p.Signal("TTOU") }},
		{"deploy", false, func() { p.DeployNew(pumatest.Good) }},
		{"deploy broken", false, func() { p.DeployNew(pumatest.Broken) }},
		{"USR2", true, func() { p.Signal("USR2") }},
		{"URG", true, func() { p.Signal("URG") }},
		{"restart", true, func() { _ = p.Systemctl("restart") }},
		{"kill master", false, func() { p.Signal("KILL") }},
		{"off the network", false, h.DropNetwork},
		{"back", false, h.Restore},
		{"freeze", false, p.Freeze},
		{"thaw", false, p.Thaw},
	}
	thing := things[c.dice.IntN(len(things))]
	c.note(thing.name, thing.restarts)
	thing.do()
	c.note(".", false)
}

func (c *crowd) note(name string, restarts bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if restarts {
		c.restarts++
	}
	c.names, c.acted = append(c.names, name), append(c.acted, time.Now())
}

// past is what has happened by now, and whether all of it is two seconds ago.
func (c *crowd) past() (names []string, restarts int, quiet bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.names), c.restarts,
		!slices.ContainsFunc(c.acted, func(at time.Time) bool { return time.Since(at) < 2*time.Second })
}

// watch lets things happen and looks at what is said of them.
func (c *crowd) watch(t *testing.T) {
	c.o = watchOver(t, pumatest.FleetOf(pumatest.NewHost("web1", c.dice.Uint64(), c.config)), 2*time.Minute, "web1")
	w := actions.NewWitness(c.o.runner)
	c.o.attend(t, w)
	s := c.o.known(t, "web1/shop")
	time.Sleep(time.Duration(20+c.dice.IntN(1200)) * time.Second)
	gap, over, done := []int{1000, 4000, 12000, 40000}[c.dice.IntN(4)], make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for range 1 + c.dice.IntN(5) {
			select {
			case <-over:
				return
			case <-time.After(time.Duration(c.dice.IntN(gap)) * time.Millisecond):
				c.act()
			}
		}
	}()
	if c.waits {
		time.Sleep(7 * time.Second)
		s, _ = c.o.collector.Fleet().Target(s.ID)
		v := *finish(t, c.o.runner.Await([]collector.Snapshot{s}, actions.AwaitOptions{Within: 30 * time.Second})).Steps[0].Verdict
		c.check(t, "wait", v)
	} else {
		c.listen(t, w)
	}
	close(over)
	<-done
}

// listen checks every verdict of a witness as it comes.
func (c *crowd) listen(t *testing.T, w *actions.Witness) {
	told := map[time.Time]bool{}
	for end := time.Now().Add(4 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, step := range w.Run().Progress().Steps {
			if step.Verdict != nil && !told[step.Verdict.At] {
				told[step.Verdict.At] = true
				c.check(t, "witness", *step.Verdict)
			}
		}
	}
}

// check looks at the host where something was called verified and nothing has happened for two seconds.
func (c *crowd) check(t *testing.T, who string, v actions.Verdict) {
	t.Helper()
	if v.Word != actions.Verified {
		return
	}
	names, restarts, quiet := c.past()
	wrong := ""
	switch {
	case restarts == 0:
		wrong = "nobody restarted it"
	case !quiet:
	case c.config.NoControl:
		wrong = c.lookBlindly(names)
	default:
		wrong = lookAt(t, c.o, v.Action == actions.Refork)
	}
	if wrong != "" {
		t.Errorf("%s, Puma %s, %d workers, fork_worker %v, control app %v, %q: verified %s, but %s\n%s\n%s", who, c.config.Version, c.config.Workers,
			c.config.ForkWorker, !c.config.NoControl, names, v.Action, wrong, v.Summary, strings.Join(v.Evidence, "\n"))
	}
}

// lookBlindly has the host looked at again and counts.
func (c *crowd) lookBlindly(names []string) string {
	c.o.fleet.Host("web1").Restore()
	began := time.Now()
	c.o.collector.Probe("web1/shop")
	s := collector.Snapshot{}
	for range 400 {
		time.Sleep(10 * time.Millisecond)
		if s, _ = c.o.collector.Fleet().Target("web1/shop"); s.Probed.After(began) {
			break
		}
	}
	if !s.Probed.After(began) {
		return ""
	}
	less := 0
	for _, name := range names {
		if name == "TTOU" {
			less++
		}
	}
	if n := len(s.Facts().Workers); n < c.config.Workers-less {
		return fmt.Sprintf("%d workers are there", n)
	}
	for _, p := range s.Facts().Workers {
		if p.Release != s.Facts().Current {
			return fmt.Sprintf("worker %d runs %s, current is %s", p.Index, p.Release, s.Facts().Current)
		}
	}
	return ""
}
