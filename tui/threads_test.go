package tui

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
)

// TestGroupThreads: threads at one place are one line, those in the application first, who answers us last.
func TestGroupThreads(t *testing.T) {
	t.Parallel()
	type group struct {
		count  int
		doing  string
		place  string
		stacks int
	}
	of := func(byStack bool) []group {
		var got []group
		groups := groupThreads(readThreads(busyThreads(), []string{newRelease}), byStack)
		for i := range groups {
			g := &groups[i]
			got = append(got, group{g.count, doingText(g), g.place.Place, len(g.stacks)})
		}
		return got
	}
	want := []group{
		{3, "waits for lock", "app/models/rates.rb:31", 2},
		{1, "runs", "app/models/invoice.rb:140", 1},
		{1, "waits for I/O", "app/models/rates.rb:40", 1},
		{2, "idle", "puma/thread_pool.rb:236", 1},
		{2, "sleeps", "puma/thread_pool.rb:361", 1},
		{1, "no backtrace", "<no backtrace available>", 1},
		{1, "sleeps", "activerecord-8.0.1 lib/active_record/connection_adapters/abstract/connection_pool/reaper.rb:49", 1},
		{1, "waits for I/O", "puma/cluster.rb:473", 1},
		{1, "waits for I/O", "puma/server.rb:341", 1},
		{1, "answers this", "puma/launcher.rb:241", 1},
	}
	if got := of(false); !slices.Equal(got, want) {
		t.Errorf("by place:\n got %v\nwant %v", got, want)
	}
	stacks := of(true)
	if len(stacks) != len(want)+1 || stacks[0] != (group{2, "waits for lock", "app/models/rates.rb:31", 1}) {
		t.Errorf("by stack: %v", stacks)
	}
}

// TestThreadsUnfold: enter shows a group's stacks and hides them, the cursor stays in it, and y copies what came.
func TestThreadsUnfold(t *testing.T) {
	t.Parallel()
	s := newScreen(t, 120, 40, production(), threaded)
	s.openedThreads("web4/admin", answeredBy(0, busyThreads(), nil))
	frame := func(want ...string) {
		t.Helper()
		f := s.frame()
		for _, w := range want {
			if hidden, no := strings.CutPrefix(w, "!"); no == strings.Contains(f, hidden) {
				t.Fatalf("%q in:\n%s", w, f)
			}
		}
	}
	frame("▸   3×  waits for lock", "!prices_controller")
	s.press("enter", "j", "j")
	frame("▾   3×  waits for lock", "2×  puma srv tp 001, puma srv tp 002", "→ app/models/rates.rb:31", "prices_controller.rb:12", "offers_controller.rb:12")
	if what, text := s.copied(); what != "3 threads" || !strings.Contains(text, "\n  "+newRelease+"/app/controllers/offers_controller.rb:12:in 'index'\n") {
		t.Errorf("%s: %s", what, text)
	}
	s.send(threadsMsg{s.threads.number, answeredBy(9*time.Second, busyThreads()[:8], nil)}) // the cursor's line is still there
	if g := s.threadGroup(); g == nil || g.place.Place != "app/models/rates.rb:31" {
		t.Errorf("the cursor is on %+v", g)
	}
	s.press("space")
	frame("▸   3×", "!prices_controller")
	s.press("a")
	frame("offers_controller.rb:12", "▾   2×  sleeps")
	s.press("a")
	frame("!offers_controller.rb:12")
	s.press("s")
	frame("8 in 6 stacks", "▸   2×  waits for lock")
	s.send(threadsMsg{s.threads.number, answeredBy(12*time.Second, nil, nil)})
	frame("it told of no thread")
	s.press("j", "enter", "k")
}

// TestGCWatch compares with what was when the screen was opened, and never with another process.
func TestGCWatch(t *testing.T) {
	t.Parallel()
	var w gcWatch
	at := func(after time.Duration, figures map[string]int64) { w.add(gcPoint{noon.Add(after), figures}) }
	is := func(what, key string, change int64, perSecond float64, known bool) {
		t.Helper()
		n, ok := w.change(key)
		v, also := w.perSecond(key)
		if n != change || v != perSecond || ok != known || also != known {
			t.Errorf("%s: %d and %v a second, %v %v", what, n, v, ok, also)
		}
	}
	is("nothing yet", "count", 0, 0, false)
	at(0, gcFiguresAt(0, 0))
	is("once", "minor_gc_count", 0, 0, false)
	at(5*time.Second, nil)
	at(10*time.Second, gcFiguresAt(20, 1))
	is("twice", "minor_gc_count", 20, 2, true)
	is("unheard of", "minor", 0, 0, false)
	for i := range 30 {
		at(time.Duration(20+10*i)*time.Second, gcFiguresAt(int64(20+5*i), 1))
	}
	is("a rate is of the last minute", "minor_gc_count", 165, 0.5, true)
	at(400*time.Second, gcFiguresAt(1, 0))
	is("another process", "minor_gc_count", 0, 0, false)
	if !w.anew {
		t.Error("that it is another process is not told")
	}
}

// TestThreadsOfWorkers says what Puma cannot show and what shows it, and offers no signal that kills.
func TestThreadsOfWorkers(t *testing.T) {
	t.Parallel()
	s := with(production(), "web3/puma", func(s *collector.Snapshot) {}).Targets
	for _, snap := range s {
		if snap.ID != "web3/puma" { // four workers of Puma 5.6.9, the first of which is the busiest
			continue
		}
		if says := workersThreads(snap); !strings.Contains(says, "rbspy dump --pid 4110") || !strings.Contains(says, "before, it kills") {
			t.Error(says)
		}
		newer := *snap
		newer.Stats.Puma = "8.0.2"
		if says := workersThreads(&newer); !strings.Contains(says, "kill -PWR 4110") || strings.Contains(says, "rbspy") {
			t.Error(says)
		}
		return
	}
	t.Fatal("web3 is gone")
}

// TestFlowOfThreads asks on opening, some seconds after each answer and by F5, one question at a time, and no more once the
// screen is left.
func TestFlowOfThreads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		feed := &tape{fleets: make(chan collector.Fleet)}
		asked, out := 0, 0
		answers := make(chan collector.ThreadReport)
		ask := func(ctx context.Context, of collector.TargetID) collector.ThreadReport {
			asked, out = asked+1, out+1
			if out > 1 || of != "web1/puma" {
				t.Errorf("%d questions at once, of %s", out, of)
			}
			defer func() { out-- }()
			select {
			case r := <-answers:
				return r
			case <-ctx.Done():
				return collector.ThreadReport{}
			}
		}
		x := start(t, New(ctx, Options{Feed: feed, Threads: ask, Theme: Dark}), 120, 40)
		now := func() collector.Fleet { return shifted(production(), time.Since(noon)) }
		answer := func(threads []puma.Backtrace) {
			answers <- collector.ThreadReport{At: time.Now(), Took: time.Millisecond, Threads: threads, GC: gcFiguresAt(int64(asked), 0)}
		}
		check := func(when string, want int) {
			t.Helper()
			synctest.Wait()
			if asked != want {
				t.Fatalf("%s: asked %d times, not %d", when, asked, want)
			}
		}
		feed.fleets <- now()
		x.types("/web1\r")
		x.sees("the fleet", "web1/puma")
		check("nobody looks", 0)
		x.types("b")
		x.sees("opened", "web1/puma › threads", "asking")
		check("opened", 1)
		time.Sleep(20 * time.Second)
		check("no answer yet", 1)
		x.types("\x1b[15~") // F5
		x.sees("asked for twice", "has not answered yet")
		check("asked for twice", 1)
		answer(masterThreads())
		x.sees("answered", "5 in 4 places", "puma/cluster.rb:473")
		check("answered", 1)
		x.types("\x1b[15~")
		x.sees("just answered", "answered just now")
		check("just answered", 1)
		time.Sleep(threadsSoonest)
		feed.fleets <- now()
		x.screen()
		x.types("\x1b[15~")
		x.screen()
		check("F5", 2)
		answer(masterThreads())
		x.screen()
		time.Sleep(threadsEvery)
		check("by itself", 3)
		answer(busyThreads())
		x.sees("another answer", "app/models/invoice.rb:140")
		x.types("p")
		time.Sleep(4 * threadsEvery)
		check("held", 3)
		x.types("p")
		time.Sleep(2 * threadsEvery)
		check("goes on", 4)
		x.types("b")
		x.sees("left", "web6/puma", "TARGET")
		answer(nil)
		time.Sleep(4 * threadsEvery)
		check("left", 4)
		cancel()
		x.types("q")
		if err := x.end(); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * threadsEvery) // its ticks end
	})
}
